import { PURPOSES, type Purpose } from '../../src/flows/agent/scripted.fixture.ts'
import type { Random } from './random.ts'
import type { Asked, Cite, Part } from './wires.ts'

// What the model at the other end says: made of the passages that it was sent, as an honest model would or a bad one.

export function purposeOf({ system }: Pick<Asked, 'system'>): Purpose {
  const found = Object.entries(PURPOSES).find(([, begins]) => system.startsWith(begins))
  if (found === undefined) throw new Error(`nobody knows what is asked with: ${system.slice(0, 80)}`)
  return found[0] as Purpose
}

export interface Writing {
  readonly parts: readonly Part[]
  /** Quotes that stand in no document. */
  readonly invented: readonly string[]
}

const INVENTED = [
  'the moon pays for all repairs of the harbour wall',
  'every whale must show its ticket before breakfast',
  'nobody has ever been seen to leave the north gate on foot',
]
const LEADS = ['', '', 'In short: ', 'Grüße 😀 – ', 'As written, ', '**So:** ']
const SIDES = ['', '', '', ' ![seen](https://evil.example/pixel.png)', ' See [here](https://evil.example/).', ' <b>Really</b>.', '  \n\nNext:']

export function writingFor(asked: Asked, native: boolean, random: Random): Writing {
  const purpose = purposeOf(asked)
  if (purpose !== 'write') return { parts: [{ texts: pieces(replyTo(purpose, asked, random), random), cites: [] }], invented: [] }
  if (asked.passages.length === 0 || random.chance(0.06)) return { parts: [{ texts: pieces('NOT_IN_DOCUMENTS', random), cites: [] }], invented: [] }
  const invented: string[] = []
  const parts = Array.from({ length: 1 + random.upTo(3) }, (_, index): Part => {
    const passage = 1 + random.upTo(asked.passages.length - 1)
    const sentence = sentenceIn(asked.passages[passage - 1] ?? '', random)
    const cites = citesOf(passage, sentence, invented, random)
    const said = `${index === 0 ? '' : ' '}${random.pick(LEADS)}${claimOf(sentence, random)}`
    const side = random.pick(SIDES)
    if (native) return { texts: pieces(said + side, random), cites }
    const marks = cites.map(({ passage: number, quote }) => markOf(number, quote, random)).join('')
    return { texts: pieces(`${said.replace(/\.$/, '')}${marks}.${side}`, random), cites: [] }
  })
  const thought = !native && random.chance(0.15) ? [{ texts: pieces('<think>The user wants [1: "nothing"] of it.</think>', random), cites: [] }] : []
  return { parts: [...thought, ...parts], invented }
}

function citesOf(passage: number, sentence: string, invented: string[], random: Random): Cite[] {
  const kind = random.upTo(9)
  if (kind === 0) return []
  if (kind <= 2) {
    const quote = random.pick(INVENTED)
    invented.push(quote)
    return [{ passage, quote }]
  }
  if (kind === 3) return [{ passage: 90 + passage, quote: sentence }]
  if (kind === 4)
    return [
      { passage, quote: sentence },
      { passage, quote: sentence },
    ]
  return [{ passage, quote: sentence }]
}

/** As the prompt asks for it, or as models like to write it. */
function markOf(passage: number, quote: string, random: Random): string {
  const kind = random.upTo(7)
  if (kind === 0) return ` [${passage}]`
  if (kind === 1) return ` [${passage}, ${passage}]`
  if (kind === 2) return `[${passage}: “${quote}”]`
  return ` [${passage}: "${quote}"]`
}

function claimOf(sentence: string, random: Random): string {
  if (random.chance(0.15)) return 'The tide is paid in 17 instalments.'
  const words = sentence.split(/\s+/)
  const said = random.chance(0.3) && words.length > 8 ? words.slice(0, -2).join(' ') : sentence
  return /[.!?]$/.test(said) ? said : `${said}.`
}

function sentenceIn(passage: string, random: Random): string {
  const found = passage.split(/(?<=[.!?])\s+|\n+/).filter((one) => one.trim().split(/\s+/).length >= 5)
  return (found.length === 0 ? passage.slice(0, 60) : random.pick(found)).trim()
}

function replyTo(purpose: Purpose, { messages }: Asked, random: Random): string {
  if (purpose !== 'talk' && purpose !== 'summary' && random.chance(0.1)) return 'I would rather not say {"'
  const question = /<question>\n([\s\S]*?)\n<\/question>/.exec(messages.at(-1)?.text ?? '')?.[1] ?? ''
  switch (purpose) {
    case 'condense':
      return JSON.stringify({ question: `${question.replace(/\?$/, '')} at the lighthouse?` })
    case 'grade':
      return JSON.stringify({ holds: random.chance(0.8) })
    case 'rewrite':
      return JSON.stringify({ queries: ['lighthouse keeper', 'harbour wall repairs'] })
    case 'summary':
      return 'Asked were the keys, the leave and the wall. 😀'
    default:
      return 'You asked about the keys first [1], and then about the leave.'
  }
}

/** A text in deltas, cut anywhere but inside of a character. */
function pieces(text: string, random: Random): string[] {
  const characters = [...text]
  const found: string[] = []
  while (characters.length > 0) found.push(characters.splice(0, 1 + random.upTo(random.chance(0.3) ? 2 : 30)).join(''))
  return found
}

import { NO_ANSWER } from './prompt.ts'

/** What a model's stream holds once it is read: text to show, a citation it claims, or that there is no answer. */
export type Piece =
  | { readonly type: 'text'; readonly text: string }
  /** `quote` is missing when the model gave only the number. `claim` is what was written since the citation before. */
  | { readonly type: 'cite'; readonly passage: number; readonly quote: string | undefined; readonly claim: string }
  | { readonly type: 'no-answer' }

export interface MarkerReader {
  /** Takes in a piece of the stream; gives what is certain by now. */
  feed(text: string): Piece[]
  /** The stream has ended: gives what was held back. */
  end(): Piece[]
}

/** Longer than any citation that the prompt asks for; past it a "[" is just a "[". */
const LONGEST_MARKER = 2000
const OPENINGS = ['<think>', '<thinking>', '<reasoning>'] as const
const LONGEST_THOUGHT = 200_000

/**
 * Reads `[3: "quote"]`, `[3]` and `[1, 2]` out of a stream, however it is cut into pieces. Thoughts of reasoning
 * models, images and link targets are taken out: the text that remains can cause no request anywhere.
 */
export function markerReader(): MarkerReader {
  let held = ''
  let thinking: string | undefined // the tag that ends the thought
  let claim = ''
  let shown = false
  let refused = false
  let closing = false // the last character shown is a closing bracket

  function show(out: Piece[], text: string): void {
    const trimmed = shown ? text : text.trimStart()
    if (trimmed === '') return
    // What remains of broken links must not become a link by chance.
    const visible = (closing && trimmed.startsWith('(') ? ' ' : '') + trimmed.replaceAll('](', '] (')
    shown = true
    closing = visible.endsWith(']')
    claim = (claim + visible).slice(-1000)
    out.push({ type: 'text', text: visible })
  }

  function cite(out: Piece[], marker: Marker): void {
    for (const passage of marker.passages) out.push({ type: 'cite', passage, quote: marker.quote, claim: claim.trim() })
    claim = ''
    closing = true // its number is shown in brackets
  }

  function read(ended: boolean): Piece[] {
    const out: Piece[] = []
    while (held !== '') {
      if (thinking !== undefined) {
        const end = held.indexOf(thinking)
        if (end === -1) {
          held = ended || held.length > LONGEST_THOUGHT ? '' : held.slice(-LONGEST_THOUGHT)
          break
        }
        held = held.slice(end + thinking.length)
        thinking = undefined
        continue
      }
      if (!shown) {
        held = held.trimStart()
        if (held.startsWith(NO_ANSWER)) {
          held = ''
          refused = true
          return [...out, { type: 'no-answer' }]
        }
        if (!ended && NO_ANSWER.startsWith(held)) break
      }
      const at = held.search(/[[<!]/)
      if (at === -1) {
        const kept = ended ? 0 : blanksAtEnd(held)
        show(out, held.slice(0, held.length - kept))
        held = held.slice(held.length - kept)
        break
      }
      if (at > 0) {
        // Blanks before a marker are kept back with it, so that a dropped marker leaves no gap.
        const blank = blanksAtEnd(held.slice(0, at))
        if (at - blank > 0) {
          show(out, held.slice(0, at - blank))
          held = held.slice(at - blank)
          continue
        }
      }
      const found = special(held.slice(at), ended)
      if (found === 'wait') break
      const blanks = held.slice(0, at)
      held = held.slice(at + found.length)
      if (found.type === 'think') thinking = found.until
      else if (found.type === 'cite') cite(out, found.marker)
      else if (found.text !== '') show(out, blanks + found.text)
    }
    return out
  }

  return {
    feed(text) {
      if (refused) return []
      held += text
      return read(false)
    },
    end: () => read(true),
  }
}

function blanksAtEnd(text: string): number {
  let count = 0
  while (count < text.length && /[ \t]/.test(text.charAt(text.length - 1 - count))) count += 1
  return count
}

interface Marker {
  readonly passages: readonly number[]
  readonly quote: string | undefined
}

type Special =
  | 'wait'
  | { readonly type: 'text'; readonly text: string; readonly length: number }
  | { readonly type: 'think'; readonly until: string; readonly length: number }
  | { readonly type: 'cite'; readonly marker: Marker; readonly length: number }

function special(held: string, ended: boolean): Special {
  if (held.startsWith('<')) {
    const open = OPENINGS.find((tag) => held.toLowerCase().startsWith(tag))
    if (open !== undefined) return { type: 'think', until: open.replace('<', '</'), length: open.length }
    if (!ended && OPENINGS.some((tag) => tag.startsWith(held.toLowerCase()))) return 'wait'
    return { type: 'text', text: '<', length: 1 }
  }
  if (held.startsWith('!')) {
    if (held === '!' && !ended) return 'wait'
    if (!held.startsWith('![')) return { type: 'text', text: '!', length: 1 }
    return linked(held, 1, ended)
  }
  if (/^\[\s?\d/.test(held)) return cited(held, ended)
  if (/^\[\s?$/.test(held) && !ended) return 'wait'
  return linked(held, 0, ended)
}

function cited(held: string, ended: boolean): Special {
  const bare = /^\[\s?(\d{1,4}(?:\s{0,2},\s{0,2}\d{1,4}){0,9})\s?\]/.exec(held)
  if (bare !== null) {
    const passages = [...new Set((bare[1] ?? '').split(',').map((number) => Number(number.trim())))]
    return { type: 'cite', marker: { passages, quote: undefined }, length: bare[0].length }
  }
  const open = /^\[\s?(\d{1,4})\s{0,2}[:,]?\s{0,2}(["“”„«'‘])/.exec(held)
  if (open !== null) {
    const close = /["“”»'’]\s{0,2}\]/g
    close.lastIndex = open[0].length
    const end = close.exec(held)
    if (end !== null && end.index < LONGEST_MARKER) {
      return { type: 'cite', marker: { passages: [Number(open[1])], quote: held.slice(open[0].length, end.index) }, length: end.index + end[0].length }
    }
  }
  if (!ended && held.length < LONGEST_MARKER) return 'wait'
  // A marker that never closes: what it quotes is no citation, and what it says was not meant to be read.
  const rest = /^\[[^[\]\n]{0,2000}\]?/.exec(held)?.[0].length ?? 1
  return { type: 'text', text: '', length: Math.max(1, rest) }
}

/** `[text](address)` and `![text](address)` leave only their text. */
function linked(held: string, skip: number, ended: boolean): Special {
  const label = /^\[([^[\]<\n]{0,500})\]/.exec(held.slice(skip))
  if (label === null) {
    const open = !ended && held.length < 510 && !/[\]<\n]/.test(held) && !held.slice(skip + 1).includes('[')
    return open ? 'wait' : { type: 'text', text: held.slice(0, skip + 1), length: skip + 1 }
  }
  const after = held.slice(skip + label[0].length)
  if (after === '' && !ended) return 'wait'
  if (!after.startsWith('(')) return { type: 'text', text: label[0], length: skip + label[0].length }
  const close = after.search(/[)\n]/)
  if (close === -1 && !ended && after.length < LONGEST_MARKER) return 'wait'
  return { type: 'text', text: label[1] ?? '', length: skip + label[0].length + (close === -1 ? after.length : close + 1) }
}

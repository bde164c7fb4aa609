import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AnswerEvent, Passage } from '../domain/answer.ts'
import { STRICTNESS, type Strictness } from '../domain/answering.ts'
import type { ExtractedText } from '../domain/block.ts'
import { accountCaller } from '../domain/caller.ts'
import type { Chat, ChatEvent, NativeCitation } from '../ports/chat.ts'
import type { World } from '../ports/world.ts'
import { answerRequest } from '../steps/answer/prompt.ts'
import { textBuilder } from '../steps/extract/builder.ts'
import { citer } from './cite.ts'
import { newDraft } from './draft.ts'
import { NOT_ANSWERED } from './extractive.ts'
import { written } from './written.ts'

const never = new AbortController().signal
const caller = accountCaller('o', 'owner')

const PAGES = [
  'Employees request leave in the portal at least two weeks ahead. The team lead decides within 3 days.',
  'Sick employees call Anna Keller before nine in the morning. A certificate is not needed before the fourth day.',
  'Net sales rose by 5.3% to $1,234 million in 2023. The portal is at https://portal.example/leave for all.',
]
const extracted: ExtractedText = (() => {
  const out = textBuilder(100_000)
  for (const [index, page] of PAGES.entries()) {
    out.page(index + 1)
    out.add('paragraph', page)
  }
  return out.finish('text/plain')
})()
const passages: Passage[] = PAGES.map((text, index) => {
  const start = extracted.text.indexOf(text)
  return {
    databaseId: 'db',
    chunkId: `c${index}`,
    documentId: 'd',
    revision: 1,
    externalId: 'handbook.txt',
    name: 'handbook.txt',
    title: 'Handbook',
    mediaType: 'text/plain',
    metadata: {},
    text,
    start,
    end: start + text.length,
    headingPath: [],
    pages: [index + 1, index + 1],
    score: 1,
    explanation: { dense: undefined, lexical: undefined, fused: 1, merged: [], reranked: undefined },
  }
})
/** What is asked of the world to read a stored text. */
const world = {
  catalog: { document: async () => ({ id: 'd', extractedSha256: 'x' }) },
  blobs: { bytes: async () => new TextEncoder().encode(JSON.stringify(extracted)) },
} as unknown as World

async function write(stream: readonly ChatEvent[], strictness: Strictness = 'mark', citations: Chat['citations'] = 'markers') {
  const chat: Chat = {
    name: 'test:told',
    window: 10_000,
    citations,
    async *write() {
      yield* stream
      yield { type: 'end', usage: undefined }
    },
  }
  const draft = newDraft(citer(world, [{ caller, databaseId: 'db' }], passages))
  const { request, shown } = answerRequest('How?', passages, [], { chat })
  const events: AnswerEvent[] = []
  const writing = written(chat, draft, request, shown, never, { strictness })
  for (;;) {
    const { done, value } = await writing.next()
    if (done === true) return { ...draft, events, answered: value.answered, verdicts: draft.sentences.map(({ verdict }) => verdict) }
    events.push(value)
    // Whoever reads along never sees a mark that is not complete, nor what comes of none.
    const seen = events.flatMap((event) => (event.type === 'text-delta' ? [event.text] : [])).join('')
    expect(seen).toBe(draft.text)
    expect(seen.replace(/ \[\d+\]/g, '')).not.toMatch(/\[\s?\d|\]\(|https?:/)
    for (const [, number] of seen.matchAll(/ \[(\d+)\]/g)) expect(Number(number)).toBeLessThanOrEqual(draft.citations.length + 1)
  }
}

const told = (text: string): ChatEvent => ({ type: 'text', text })
const cut = (text: string, places: readonly number[]): ChatEvent[] => {
  const at = [0, ...places.filter((place) => place < text.length).sort((one, two) => one - two), text.length]
  return at.slice(1).map((place, index) => told(text.slice(at[index], place)))
}

const LEAVE = 'Employees request leave in the portal [1: "Employees request leave in the portal at least two weeks ahead"].'
const WRONG = 'The team lead decides within 9 days [1: "The team lead decides within 3 days"].'
const UNCITED = 'Everyone gets a company car.'

describe('sentence by sentence', () => {
  test('each is told with its place, its citations and its verdict', async () => {
    const { text, sentences, citations, answered } = await write([
      told(`According to the handbook:\n\n- ${LEAVE}\n- ${WRONG}\n\n${UNCITED} I hope this helps!`),
    ])
    expect(sentences.map(({ start, end, verdict, citations: cited }) => [text.slice(start, end), verdict, cited])).toEqual([
      ['According to the handbook:', 'uncited', []],
      ['- Employees request leave in the portal [1].', 'verified', [1]],
      ['- The team lead decides within 9 days [2].', 'unsupported', [2]],
      ['Everyone gets a company car.', 'unsupported', []],
      ['I hope this helps!', 'uncited', []],
    ])
    expect(sentences[2]?.reason).toBe('“9 days” does not stand in what it cites.')
    expect(citations.map(({ verdict }) => verdict)).toEqual(['verified', 'verified'])
    expect(answered).toBe(true)
  })
  test.each([
    [
      'a citation behind the full stop',
      'Employees request leave in the portal. [1: "Employees request leave in the portal"] Cars are red.',
      ['verified', 'unsupported'],
    ],
    ['another page than it cites', 'Employees request leave in the portal (page 2) [1: "Employees request leave in the portal"].', ['unsupported']],
    ['the page that it cites', 'As page 1 says, employees request leave in the portal [1: "Employees request leave in the portal"].', ['verified']],
    ['a denial taken away', 'A certificate is needed before the fourth day [2: "A certificate is not needed before the fourth day"].', ['unsupported']],
    ['a quote that hides a denial', 'A certificate is needed before the fourth day [2: "needed before the fourth day"].', ['unsupported']],
    ['another name', 'Sick employees call Maria Lopez [2: "Sick employees call Anna Keller before nine"].', ['unsupported']],
    [
      'a number written another way',
      'Net sales rose by 5.3 percent to 1.234 billion dollars in 2023 [3: "Net sales rose by 5.3% to $1,234 million in 2023"].',
      ['verified'],
    ],
    ['a quote that stands nowhere', 'All employees get a car [1: "all employees get a car of their own choice"].', ['unsupported']],
    ['a passage without a quote', 'The team lead decides within 3 days [1].', ['verified']],
  ])('%s', async (_, stream, verdicts) => {
    expect((await write([told(stream)])).verdicts).toEqual(verdicts)
  })
})

describe('strictness', () => {
  const stream = `According to the handbook:\n\n- ${LEAVE}\n- ${WRONG}\n\n${UNCITED} I hope this helps!`
  test('remove leaves out what is not supported, with its citations', async () => {
    const { text, citations, verdicts, answered, events } = await write([told(stream)], 'remove')
    expect(text).toBe('According to the handbook:\n\n- Employees request leave in the portal [1].\n\nI hope this helps!')
    expect(citations).toHaveLength(1)
    expect(verdicts).toEqual(['uncited', 'verified', 'uncited'])
    expect(answered).toBe(true)
    expect(JSON.stringify(events)).not.toMatch(/9 days|company car/)
  })
  test('remove numbers what is left from one', async () => {
    const { text, citations } = await write([told(`${WRONG} ${LEAVE} Sick employees call Anna Keller [2: "Sick employees call Anna Keller"].`)], 'remove')
    expect(text).toBe('Employees request leave in the portal [1]. Sick employees call Anna Keller [2].')
    expect(citations.map(({ number, page }) => [number, page])).toEqual([
      [1, 1],
      [2, 2],
    ])
  })
  test.each([
    [`Yes. ${WRONG} ${LEAVE}`, 'Employees request leave in the portal [1].'],
    [`${LEAVE} Yes.`, 'Employees request leave in the portal [1].'],
    [`Yes. ${LEAVE}`, 'Yes. Employees request leave in the portal [1].'],
    [`**The company admitted fraud.**\n\n${LEAVE}`, 'Employees request leave in the portal [1].'],
    [`## Sick employees\n\n${LEAVE}`, '## Sick employees\n\nEmployees request leave in the portal [1].'],
  ])('remove leaves no claim without a source in %s', async (stream, left) => {
    expect((await write([told(stream)], 'remove')).text.trim()).toBe(left)
  })
  test('a number of a citation is no answer', async () => {
    for (const stream of ['[1] NOT_IN_DOCUMENTS', '[1]', '[1: "The team lead decides within 3 days"].'])
      for (const strictness of STRICTNESS) {
        const { text, citations, answered } = await write([told(stream)], strictness)
        expect({ text: text.replace(/^[^\p{L}]*/u, ''), answered, cited: text.includes('[1]') && stream.endsWith('DOCUMENTS') }, stream).toEqual({
          text: NOT_ANSWERED,
          answered: false,
          cited: false,
        })
        if (stream.endsWith('DOCUMENTS')) expect(citations).toEqual([])
      }
  })
  test('remove says that there is no answer when nothing is left', async () => {
    const { text, citations, sentences, answered } = await write([told(`Sure! ${WRONG} ${UNCITED}`)], 'remove')
    expect({ text, citations, sentences, answered }).toEqual({ text: NOT_ANSWERED, citations: [], sentences: [], answered: false })
  })
  test('withhold shows nothing of an answer with a sentence that is not supported', async () => {
    const { text, citations, sentences, answered, events } = await write([told(stream)], 'withhold')
    expect(text).toBe('The answer is withheld because 2 of its 3 sentences are not supported by the documents. What was found in them is shown beside it.')
    expect({ citations, sentences, answered, events: events.length }).toEqual({ citations: [], sentences: [], answered: false, events: 1 })
  })
  test('withhold gives a good answer whole, at its end', async () => {
    const { text, verdicts, answered } = await write([told(`Sure! ${LEAVE}`)], 'withhold')
    expect(text).toBe('Sure! Employees request leave in the portal [1].')
    expect(verdicts).toEqual(['uncited', 'verified'])
    expect(answered).toBe(true)
  })

  const bit = fc.constantFrom(
    LEAVE,
    WRONG,
    UNCITED,
    'Hello!',
    'Sick employees call Anna Keller [2: "Sick employees call Anna Keller"].',
    'See https://portal.example/leave or https://evil.example/?q=1 [3: "The portal is at https://portal.example/leave"].',
    'Twice [1][2: "Anna Keller"].',
    '- ',
    '## Leave\n',
    'Dr. Keller, e.g. at 9 a.m., says so… ',
    '会社は休暇を認めます。',
    '[9: "none"]',
    '[x](http://evil.example)',
    '[1: "',
    '<think>[1: "hush"]</think>',
  )
  test.each(STRICTNESS)(
    '%s: however the stream is cut, the same is said, and nothing that may not be',
    async (strictness) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(bit, fc.constantFrom(' ', '\n', '\n\n', '')), { maxLength: 7 }),
          fc.array(fc.nat(600), { maxLength: 12 }),
          async (bits, places) => {
            const whole = bits.map(([text, gap]) => text + gap).join('')
            const [one, other] = [await write([told(whole)], strictness), await write(cut(whole, places), strictness)]
            expect(other.text).toBe(one.text)
            expect(other.sentences).toEqual(one.sentences)
            expect(other.citations).toEqual(one.citations)
            expect(one.text).not.toMatch(/hush|evil\.example/)
            if (strictness !== 'mark') expect(one.verdicts).not.toContain('unsupported')
            if (strictness !== 'mark' && one.answered) expect(one.text).not.toMatch(/9 days|company car/)
            expect(one.events.flatMap((event) => (event.type === 'sentence-checked' ? [event.sentence] : []))).toEqual(one.sentences)
            expect(one.events.flatMap((event) => (event.type === 'citation-found' ? [event.citation] : []))).toEqual(one.citations)
            let last = 0
            for (const { start, end, citations } of one.sentences) {
              expect(start).toBeGreaterThanOrEqual(last)
              expect(one.text.slice(start, end).trim()).toBe(one.text.slice(start, end))
              expect(end).toBeGreaterThan(start)
              for (const number of citations) expect(one.citations[number - 1]?.number).toBe(number)
              last = end
            }
          },
        ),
        { numRuns: 60 },
      )
    },
    30_000,
  )
})

describe('citations of the providers themselves', () => {
  const cite = (passage: number, facts: Partial<Omit<NativeCitation, 'type' | 'passage'>> = {}): ChatEvent => ({
    type: 'citation',
    passage,
    quote: undefined,
    ...facts,
  })
  const native = (stream: readonly ChatEvent[], strictness?: Strictness) => write(stream, strictness, 'native')

  test('after the text that they support, with quote and place (Anthropic)', async () => {
    const quote = 'Employees request leave in the portal at least two weeks ahead.'
    const { text, citations, verdicts } = await native([
      told('Employees request leave '),
      told('in the portal.'),
      cite(1, { quote, start: 0, end: quote.length }),
      told(' Sick employees call Anna Keller'),
      cite(2, { quote: 'Sick employees call Anna Keller before nine in the morning.', start: 0, end: 59 }),
      told('.'),
    ])
    expect(text).toBe('Employees request leave in the portal. [1] Sick employees call Anna Keller [2].')
    expect(citations.map(({ verdict, page, quote: stored }) => [verdict, page, stored])).toEqual([
      ['verified', 1, quote],
      ['verified', 2, 'Sick employees call Anna Keller before nine in the morning.'],
    ])
    expect(verdicts).toEqual(['verified', 'verified'])
  })
  test('ranges of the text, after all of it (Cohere)', async () => {
    const text = 'Employees request leave in the portal. The team lead decides within 3 days. Nobody gets a car.'
    const second = text.indexOf('The team')
    const stream = [told(text), cite(1, { claim: { start: 0, end: 37 } }), cite(1, { claim: { start: second, end: text.indexOf(' Nobody') } })]
    const { text: shown, sentences, citations } = await native(stream)
    // What was streamed cannot be changed: late numbers stand at the end of what is being written.
    expect(shown).toBe(`${text} [1] [2]`)
    expect(citations.map(({ verdict }) => verdict)).toEqual(['weak', 'weak'])
    expect(sentences.map(({ verdict, citations: cited }) => [verdict, cited])).toEqual([
      ['verified', [1]],
      ['verified', [2]],
      ['unsupported', []],
    ])
    const strict = await native(stream, 'remove')
    expect(strict.text).toBe('Employees request leave in the portal. [1] The team lead decides within 3 days. [2]')
    expect((await native(stream, 'withhold')).answered).toBe(false)
  })
  test('a passage and its content, amid the text (Bedrock)', async () => {
    const { text, citations, verdicts } = await native([
      told('The team lead decides within 3 days.\nNet sales'),
      cite(1, { quote: 'The team lead decides within 3 days.', claim: { start: 0, end: 36 } }),
      told(' rose by 5.3% in 2023.'),
      cite(3, { quote: PAGES[2], claim: { start: 37, end: 68 } }),
      told('\n'),
    ])
    expect(text).toBe('The team lead decides within 3 days.\nNet sales rose by 5.3% in 2023. [2] [1]')
    expect(citations.map(({ number, page }) => [number, page])).toEqual([
      [1, 1],
      [2, 3],
    ])
    expect(verdicts).toEqual(['verified', 'verified'])
  })
  test.each([
    ['an invented quote', { quote: 'All employees get a car of their own choice.' }, 1, ['unsupported']],
    ['the quote of another passage', { quote: 'Net sales rose by 5.4% in 2023' }, 1, ['unsupported']],
    ['a place outside the passage', { start: 5000, end: 6000 }, 1, ['weak']],
    ['a place that is turned round', { start: 30, end: 3 }, 1, ['weak']],
    ['a place that says something else', { start: 0, end: 63 }, 1, ['verified']],
    ['a passage that there is not', { quote: 'The team lead decides within 3 days.' }, 9, []],
    ['passage zero', { quote: 'The team lead decides within 3 days.' }, 0, []],
    ['half a passage', { quote: 'The team lead decides within 3 days.' }, 1.5, []],
  ])('%s is not believed', async (_, facts, passage, expected) => {
    const { citations, sentences, answered } = await native([told('The team lead decides within 9 days.'), cite(passage, facts)])
    expect(citations.map(({ verdict }) => verdict)).toEqual(expected)
    expect(sentences).toMatchObject([{ verdict: 'unsupported' }])
    expect(answered).toBe(expected[0] === 'weak' || expected[0] === 'verified')
  })
  test('marks that such a model writes are none of ours', async () => {
    const { text, citations } = await native([told('The team lead decides within 3 days [1: "x"] [7] ![i](http://evil.example).')])
    expect(text).toBe('The team lead decides within 3 days i.\n\n(No passage of the documents supports this answer.)')
    expect(citations).toEqual([])
  })
  test('however text and citations are cut, what is streamed is what is stored', async () => {
    const text = 'Hello! Employees request leave in the portal. Nobody gets a car. The team lead decides within 3 days.'
    const event = fc.record({
      at: fc.nat(text.length),
      passage: fc.integer({ min: 0, max: 4 }),
      claim: fc.option(fc.tuple(fc.nat(200), fc.nat(200))),
      quoted: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 5 }), fc.constantFrom(...STRICTNESS), async (marks, strictness) => {
        const stream: ChatEvent[] = []
        let at = 0
        for (const mark of marks.toSorted((one, two) => one.at - two.at)) {
          stream.push(told(text.slice(at, mark.at)))
          at = mark.at
          const claim = mark.claim === null ? {} : { claim: { start: Math.min(...mark.claim), end: Math.min(at, Math.max(...mark.claim)) } }
          stream.push(cite(mark.passage, { ...claim, quote: mark.quoted ? PAGES[0] : undefined }))
        }
        const { text: shown, sentences, citations, answered } = await native([...stream, told(text.slice(at))], strictness)
        const bare = shown.replace(/ \[\d+\]/g, '')
        if (strictness === 'mark') expect(bare.replace(/\n\n\(No passage.*$/, '')).toBe(text)
        if (strictness !== 'mark' && answered) expect(sentences.map(({ verdict }) => verdict)).not.toContain('unsupported')
        for (const { number } of citations) expect(shown).toContain(`[${number}]`)
        expect(sentences.every(({ start }, index) => start >= (sentences[index - 1]?.end ?? 0))).toBe(true)
      }),
      { numRuns: 150 },
    )
  })
})

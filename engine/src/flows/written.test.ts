import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { STRICTNESS, type Strictness } from '../domain/answering.ts'
import type { ChatEvent, NativeCitation } from '../ports/chat.ts'
import { NOT_ANSWERED } from './extractive.ts'
import { LEAVE, PAGES, told, write } from './written.fixture.ts'

const cut = (text: string, places: readonly number[]): ChatEvent[] => {
  const at = [0, ...places.filter((place) => place < text.length).sort((one, two) => one - two), text.length]
  return at.slice(1).map((place, index) => told(text.slice(at[index], place)))
}

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
    const quote = '[1: "The team lead decides within 3 days"].'
    for (const strictness of STRICTNESS) {
      const { text, citations, answered } = await write([told('[1] NOT_IN_DOCUMENTS')], strictness)
      expect({ text, citations, answered }).toEqual({ text: NOT_ANSWERED, citations: [], answered: false })
      await expect(write([told('[1]')], strictness)).rejects.toMatchObject({ code: 'model/unavailable' })
      if (strictness !== 'mark') await expect(write([told(quote)], strictness)).rejects.toMatchObject({ code: 'model/unavailable' })
    }
    expect(await write([told(quote)])).toMatchObject({ text: ` [1].\n\n${NOT_ANSWERED}`, answered: false })
  })
  test('remove says that there is no answer when nothing is left', async () => {
    const { text, citations, sentences, answered } = await write([told(`Sure! ${WRONG} ${UNCITED}`)], 'remove')
    expect({ text, citations, sentences, answered }).toEqual({ text: NOT_ANSWERED, citations: [], sentences: [], answered: false })
  })
  describe('the heads of a table', () => {
    const heads = '| Responsible person | Period |\n|:---|---:|'
    const right = '| The team lead decides | 3 days [1: "The team lead decides within 3 days"] |'
    const wrong = '| The team lead decides | 9 days [1: "The team lead decides within 3 days"] |'
    test.each(STRICTNESS.map((strictness) => [strictness]))('stand above its rows, by %s', async (strictness) => {
      const { text, verdicts, answered } = await write([told(`${heads}\n${right}\n\n${LEAVE}`)], strictness)
      expect(text).toBe(`${heads}\n| The team lead decides | 3 days [1] |\n\nEmployees request leave in the portal [2].`)
      expect([verdicts, answered]).toEqual([['uncited', 'uncited', 'verified', 'verified'], true])
    })
    test('go with its last row, and stay with any', async () => {
      expect((await write([told(`${heads}\n${wrong}\n\n${LEAVE}`)], 'remove')).text).toBe('Employees request leave in the portal [1].')
      expect((await write([told(`${LEAVE}\n\n${heads}\n${wrong}`)], 'remove')).text).toBe('Employees request leave in the portal [1].')
      expect((await write([told(`${heads}\n${wrong}\n${right}`)], 'remove')).text).toBe(`${heads}\n| The team lead decides | 3 days [1] |`)
      expect((await write([told(`${heads}\n${wrong}`)], 'remove')).answered).toBe(false)
    })
    test.each([
      ['| The founder was arrested for tax fraud | Days |\n|---|---|', 'more words than a head has'],
      ['| Year | 1999 |\n|---|---|', 'a figure of none'],
      ['| Everyone | gets a car |', 'a row that heads nothing'],
    ])('are no place for a claim: %s', async (row) => {
      expect((await write([told(`${row}\n${right}`)])).verdicts[0]).toBe('unsupported')
    })
    test('with words that stand nowhere are left out with the line below them, and the rows stay', async () => {
      const lie = '| Smith stole the money | Period |\n|---|---|'
      expect((await write([told(`${LEAVE}\n\n${lie}\n${right}`)], 'remove')).text).toBe(
        'Employees request leave in the portal [1].\n\n| The team lead decides | 3 days [2] |',
      )
      expect((await write([told(`${lie}\n${right}`)])).verdicts).toEqual(['unsupported', 'uncited', 'verified'])
    })
    test('are the same however the stream is cut', async () => {
      const whole = `${heads}\n${right}\n${wrong}\n\n${LEAVE}`
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...STRICTNESS), fc.array(fc.nat(whole.length), { maxLength: 12 }), async (strictness, places) => {
          const [one, other] = [await write([told(whole)], strictness), await write(cut(whole, places), strictness)]
          expect([other.text, other.verdicts]).toEqual([one.text, one.verdicts])
        }),
        { numRuns: 60 },
      )
    })
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
    'Take [30 days] of `arr[1]`.',
    'Both [1: "Employees request leave in the portal"; 2: "Sick employees call Anna Keller"].',
    'Pages say so [1-3].',
    'I looked: **NOT_IN_DOCUMENTS**',
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
            const both = await Promise.allSettled([write([told(whole)], strictness), write(cut(whole, places), strictness)])
            expect(new Set(both.map(({ status }) => status)).size, 'both answer or neither').toBe(1)
            const [one, other] = both.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : undefined))
            // It holds no word that may be shown.
            if (one === undefined || other === undefined) return
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

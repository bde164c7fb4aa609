import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { placeAt, quoteChecker } from './verify.ts'

const TEXT = `Annual report
Net sales of the group rose by 5.3% to $1,234 million in 2023, after a loss of (12.4) million the year before.
The board of Acme Corporation does not expect that Anna Müller will leave the inter-
national division before March 2025. Its well-known “quick start” guide has 42 pages, and costs 10² points.
Umsätze in der Schweiz fielen dagegen nicht; die Straße nach Zürich blieb offen.
会社は2023年に東京で新しい本社を開きました。利益は10億円でした。
भारत की राजधानी नई दिल्ली है और इसकी जनसंख्या 2 करोड़ है।
กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย
Item | 2022 | 2023
Products | 60,508 | 56,257
The second paragraph repeats nothing of the first one and mentions Berlin, Paris and Rome as places of work.
It was -7.5 degrees at night.`
const checker = quoteChecker({ text: TEXT })
const words = [...TEXT.matchAll(/\S+/g)].map((match) => ({ start: match.index, end: match.index + match[0].length }))

const plain = (text: string) => text.replace(/[^\p{L}\p{N}]+/gu, ' ')

const slice = fc
  .tuple(fc.nat(words.length - 1), fc.integer({ min: 1, max: 30 }))
  .map(([first, count]) => ({ start: words[first]?.start ?? 0, end: words[Math.min(words.length, first + count) - 1]?.end ?? 0 }))

describe('a quote that stands in the document', () => {
  test('is verified at its place whatever its spaces, case, quotation marks and dashes', () => {
    fc.assert(
      fc.property(slice, fc.constantFrom(' ', '\n', '  \u00a0'), fc.constantFrom('none', 'upper', 'lower'), fc.boolean(), (range, space, letters, signs) => {
        const stored = TEXT.slice(range.start, range.end)
        fc.pre(/[\p{L}\p{N}]/u.test(stored) && !/^national|inter-$/.test(stored)) // half of a hyphenated word is not a word
        let quote = stored.replace(/(?<!-)\s+/g, space)
        if (letters === 'upper') quote = quote.toUpperCase()
        if (letters === 'lower') quote = quote.toLowerCase()
        if (signs) quote = quote.replace(/[“”]/g, '"').replaceAll('’', "'").normalize('NFD')
        const checked = checker.check(quote, range)
        expect(checked.verdict, JSON.stringify(quote)).toBe('verified')
        expect(checked.quote).toBe(TEXT.slice(checked.start, checked.end))
        expect(checked.start).toBeGreaterThanOrEqual(range.start)
        expect(checked.end).toBeLessThanOrEqual(range.end)
        expect(stored.slice(0, checked.start - range.start) + stored.slice(checked.end - range.start)).not.toMatch(/[\p{L}\p{N}]/u)
      }),
      { numRuns: 10_000 },
    )
  })
  test.each([
    ['across a line-end hyphen', 'the international division before March 2025'],
    ['with a ligature', 'Its well-known “quick start” guide'],
    ['with thousands written plainly', 'to $1234 million in 2023'],
    ['of a table row without bars', 'Products 60,508 56,257'],
    ['with its middle left out', 'Net sales of the group … in 2023'],
    ['in full-width digits', '２０２３年に東京で'],
    ['in Thai, beginning inside a run', 'เมืองหลวงของประเทศไทย'],
  ])('%s', (_, quote) => {
    expect(checker.check(quote)).toMatchObject({ verdict: 'verified', reason: undefined })
  })
  test('is found nearest to its passage', () => {
    const text = 'one two three four five six. Other words. one two three four five six.'
    expect(quoteChecker({ text }).check('three four', { start: 40, end: text.length }).start).toBe(text.lastIndexOf('three'))
  })
})

describe('a quote that was changed', () => {
  test('in a number or a name is never verified nor weak', () => {
    fc.assert(
      fc.property(slice, fc.nat(), fc.integer({ min: 1, max: 8 }), (range, which, add) => {
        const stored = TEXT.slice(range.start, range.end)
        const spots = [...stored.matchAll(/\d|(?<![\p{L}])\p{Lu}\p{Ll}+/gu)]
        fc.pre(spots.length > 0)
        const spot = spots[which % spots.length]
        if (spot === undefined) return
        const other = /\d/.test(spot[0]) ? String((Number(spot[0]) + add) % 10) : `Xq${spot[0].toLowerCase()}`
        const quote = stored.slice(0, spot.index) + other + stored.slice(spot.index + spot[0].length)
        fc.pre(!plain(TEXT).includes(plain(quote))) // it happens to be another true piece
        expect(checker.check(quote, range).verdict, quote).toBe('unsupported')
      }),
      { numRuns: 10_000 },
    )
  })
  test.each([
    ['a negation left out', 'The board of Acme Corporation does expect that Anna Müller will leave the international division'],
    ['a negation put in', 'Net sales of the group never rose by 5.3% to $1,234 million in 2023'],
    ['a direction turned', 'Net sales of the group fell by 5.3% to $1,234 million in 2023'],
    ['another unit', 'Net sales of the group rose by 5.3% to $1,234 billion in 2023'],
    ['a number in words', 'The third paragraph repeats nothing of the first one and mentions Berlin, Paris and Rome as places of work'],
    ['a percent sign left out', 'Net sales of the group rose by 5.3 to $1,234 million in 2023'],
    ['brackets of a loss left out', 'after a loss of 12.4 million the year before'],
    ['the end of a number cut off', 'Net sales of the group rose by 5'],
    ['the head of a number cut off', '234 million in 2023, after a loss'],
    ['the minus of a number cut off', '7.5 degrees at night'],
    ['a sign put before a number', 'Net sales of the group rose by -5.3% to $1,234 million'],
    ['nothing but signs', '“…”'],
    ['another sentence', 'Shares were split three for one in the spring of the following year'],
    ['a piece of a word', 'eport'],
  ])('%s is unsupported', (_, quote) => {
    const checked = checker.check(quote)
    expect(checked.verdict).toBe('unsupported')
    expect(checked.reason).toMatch(/\.$/)
    expect(checked.quote).toBe(quote)
  })
  test('in a plain word is weak, with its place', () => {
    const checked = checker.check('The second paragraph repeats nothing of the first one and names Berlin, Paris and Rome as places of work.')
    expect(checked.verdict).toBe('weak')
    expect(TEXT.slice(checked.start, checked.end)).toMatch(/^The second paragraph .* work$/)
    expect(checked.reason).toBe('1 of 19 words differ from the document.')
  })
})

test('hostile quotes cost bounded work', () => {
  const text = 'a b '.repeat(100_000)
  const big = quoteChecker({ text })
  expect(big.check(`${'a '.repeat(5000)}z`).verdict).toBe('unsupported')
  expect(big.check(`${'a c '.repeat(150)}`).verdict).toBe('unsupported')
  expect(big.check('-'.repeat(100_000)).verdict).toBe('unsupported')
  expect(big.check('a-'.repeat(50_000)).verdict).toBe('unsupported')
})

test('a place has its page and headings', () => {
  const blocks = [
    { kind: 'heading' as const, start: 0, end: 4, headingPath: [], page: 1, level: 1 },
    { kind: 'paragraph' as const, start: 6, end: 20, headingPath: ['One'], page: 2 },
  ]
  const pages = [
    { number: 1, start: 0, end: 4 },
    { number: 2, start: 6, end: 20 },
  ]
  expect(placeAt({ blocks, pages }, 7)).toEqual({ page: 2, headingPath: ['One'] })
  expect(placeAt({ blocks, pages: [] }, 7).page).toBe(2)
  expect(placeAt({ blocks, pages: [] }, 25)).toEqual({ page: undefined, headingPath: [] })
})

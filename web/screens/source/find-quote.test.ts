import { expect, test } from 'vitest'
import { findQuote, foldText, rangesOfItems } from './find-quote.ts'

const page = 'Chapter 2\nThe ofﬁce is open on week-\ndays from nine.  “Closed” on Sun\u00adday. Tele\u0301phone 555 12.'
const on = (text: string, quote: string, options = {}) => {
  const found = findQuote(text, quote, options)
  return found && text.slice(found.start, found.end)
}

test.each([
  ['the same words', 'open on week-\ndays', 'open on week-\ndays'],
  ['white space and line ends', 'open  on\nweek- days', 'open on week-\ndays'],
  ['a word that was put together again', 'open on weekdays from nine', 'open on week-\ndays from nine'],
  ['a ligature', 'The office is open', 'The ofﬁce is open'],
  ['other quotation marks and a soft hyphen', '"Closed" on Sunday', 'Closed” on Sun\u00adday'],
  ['an accent drawn apart', 'téléphone 555', 'Tele\u0301phone 555'],
])('finds %s', (_, quote, expected) => expect(on(page, quote)).toBe(expected))

test('says nothing when the words are not there, or there are none', () => {
  expect(findQuote(page, 'something quite different that nobody wrote')).toBeUndefined()
  expect(findQuote(page, '')).toBeUndefined()
  expect(findQuote('', 'words')).toBeUndefined()
  expect(findQuote('—', ' \n')).toBeUndefined()
})

test('finds signs where there are no letters', () => expect(on('a + b\n∑ → ∞', '∑→∞')).toBe('∑ → ∞'))

test('of several places takes the one that is expected', () => {
  const text = 'leave is granted. other words. leave is granted.'
  expect(findQuote(text, 'Leave is granted')?.start).toBe(0)
  expect(findQuote(text, 'Leave is granted', { near: 0.9 })?.start).toBe(31)
})

const words = (from: number, count: number) => Array.from({ length: count }, (_, index) => `word${from + index}`).join(' ')

test('passes over what stands between, such as a foot of the page', () => {
  const text = `${words(0, 40)} FOOT OF PAGE 7 ${words(40, 40)}`
  const found = findQuote(text, words(20, 40))
  expect(found?.share).toBeGreaterThan(0.9)
  expect(text.slice(found?.start, found?.end)).toMatch(/^word20 .*FOOT.* word59$/s)
  expect(found?.ranges.map(({ start, end }) => text.slice(start, end))).toEqual([words(20, 20), words(40, 20)])
})

test('of a passage over two pages finds the part of each', () => {
  const quote = words(0, 60)
  const [first, second] = [`${words(900, 30)} ${words(0, 40)}`, `${words(40, 20)} ${words(500, 30)}`]
  const part = findQuote(first, quote)
  expect(part?.share).toBeCloseTo(0.66, 1)
  expect(first.slice(part?.start, part?.end)).toBe(words(0, 40))
  const rest = findQuote(second, quote, { least: 0.1 })
  expect(second.slice(rest?.start, rest?.end)).toBe(words(40, 20))
})

test('places point into the text that was given, whatever is in it', () => {
  const signs = ['a', 'é', 'ﬁ', '𝒳', '😀', '\u00ad', ' ', '\n', 'İ', 'ß', '½', '中', '\ud800']
  let seed = 7
  const any = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return signs[seed % signs.length] ?? 'x'
  }
  for (let round = 0; round < 300; round++) {
    const text = Array.from({ length: 40 }, any).join('')
    const [start, end] = [round % 20, 20 + (round % 20)]
    const quote = text.slice(start, end)
    const found = findQuote(text, quote)
    if (foldText(quote).text === '') continue
    expect(found?.share).toBe(1)
    expect(foldText(text.slice(found?.start, found?.end)).text).toContain(foldText(quote).text)
  }
})

test('a long page and a long quote take no time worth telling', () => {
  const text = words(0, 20_000)
  const started = performance.now()
  findQuote(text, words(5000, 1000).replaceAll('7', 'seven'))
  expect(performance.now() - started).toBeLessThan(1000)
})

test('cuts a range by items', () => {
  expect(rangesOfItems(['abc', '', 'def', 'ghi'], { start: 1, end: 7 })).toEqual([
    { item: 0, start: 1, end: 3 },
    { item: 2, start: 0, end: 3 },
    { item: 3, start: 0, end: 1 },
  ])
  expect(rangesOfItems(['abc'], { start: 3, end: 9 })).toEqual([])
})

import { describe, expect, test } from 'vitest'
import { beginningOf, ROW, rangeOfWindow, rowAt, rowRange, rowsOf, segmentsOf, type TextWindow, windowOfRow } from './text-rows.ts'

function shown(text: string): { readonly rows: readonly string[]; readonly whole: string } {
  const windows = new Map<number, TextWindow>()
  const rows = Array.from({ length: rowsOf(text.length) }, (_, row) => {
    const number = windowOfRow(row)
    const { start, end } = rangeOfWindow(number)
    const window = windows.get(number) ?? { start, text: text.slice(start, end), characters: text.length }
    windows.set(number, window)
    const range = rowRange(row, window)
    return window.text.slice(range.start - start, range.end - start)
  })
  return { rows, whole: rows.join('') }
}

const kinds: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['one line', 'short'],
  ['lines', Array.from({ length: 4000 }, (_, line) => `line ${line} ${'word '.repeat(line % 30)}`).join('\n')],
  ['one long line', 'word '.repeat(60_000)],
  ['no white space at all', 'x'.repeat(200_123)],
  ['pairs of units', `a${'😀'.repeat(70_000)}`],
  ['exactly one row', 'x'.repeat(ROW)],
  ['a rest of one', `${'x'.repeat(ROW)}y`],
]

describe.each(kinds)('%s', (_, text) => {
  test('is shown whole, every character once', () => expect(shown(text).whole).toBe(text))
  test('is cut between characters', () => {
    for (const row of shown(text).rows) expect(row.isWellFormed()).toBe(true)
  })
})

test('rows end at the end of lines where there are any', () => {
  const { rows } = shown(Array.from({ length: 2000 }, (_, line) => `line number ${line}`).join('\n'))
  for (const row of rows.slice(0, -1)) expect(row.endsWith('\n')).toBe(true)
})

test('an offset lies in its row or the one before', () => {
  const text = Array.from({ length: 3000 }, (_, line) => `line ${line}`).join('\n')
  const window = { start: 0, text, characters: text.length }
  for (let offset = 0; offset < text.length; offset += 97) {
    const row = rowAt(offset)
    expect(offset).toBeGreaterThanOrEqual(beginningOf(Math.max(0, row - 1), window))
    expect(offset).toBeLessThan(beginningOf(row + 1, window))
  }
})

test('segments carry the mark and the look, and all of the text', () => {
  const text = 'Title\n\nSome words here.\n\ncode()'
  const blocks = [
    { kind: 'heading', start: 100, end: 105 },
    { kind: 'paragraph', start: 107, end: 123 },
    { kind: 'code', start: 125, end: 131 },
  ]
  const segments = segmentsOf(text, 100, { start: 112, end: 128 }, blocks)
  expect(segments.map(({ text: part }) => part).join('')).toBe(text)
  expect(segments.map(({ text: part, look, marked }) => [part, look, marked])).toEqual([
    ['Title', 'heading', false],
    ['\n\nSome ', 'plain', false],
    ['words here.\n\n', 'plain', true],
    ['cod', 'code', true],
    ['e()', 'code', false],
  ])
  expect(segmentsOf('abc', 0, undefined, [])).toEqual([{ start: 0, text: 'abc', look: 'plain', marked: false }])
  expect(segmentsOf('abc', 500, { start: 0, end: 20 }, [])).toHaveLength(1)
})

import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { paceOf, progressView, type Step } from './progress.ts'
import { duration, listing, quoted, table } from './show.ts'
import { fit, padded, widthOf } from './width.ts'

test.each([
  ['leave.pdf', 9],
  ['休暇 規程', 9],
  ['ｆｕｌｌ', 8],
  ['한국어', 6],
  ['🎉', 2],
  ['👩‍👩‍👧', 2],
  ['é', 1],
  ['e\u0301', 1],
  ['❤️', 2],
  ['', 0],
])('%s takes %i columns', (text, columns) => {
  expect(widthOf(text)).toBe(columns)
})

test('what is fitted never takes more columns than there are, and what fits stays', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '休', '🎉', ' ', 'ｆ', 'e\u0301') })
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 30 }), (given, columns) => {
      const fitted = fit(given, columns)
      expect(widthOf(fitted)).toBeLessThanOrEqual(columns)
      if (widthOf(given) <= columns) expect(fitted).toBe(given)
      expect(widthOf(padded(fitted, columns))).toBe(columns)
    }),
  )
})

test('a table keeps its columns with wide names and fits the terminal', () => {
  const rows = [
    ['休暇 規程 🎉.md', '1 chunk', 'x'],
    ['a-much-longer-name-that-does-not-fit.pdf', '12 chunks', 'y'],
  ]
  const lines = table(rows, { flexible: 0, columns: 40 }).split('\n')
  for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(40)
  expect(new Set(lines.map((line) => widthOf(line.slice(0, -1)))).size).toBe(1)
})

test('a listing shows its first cells whole, however narrow the terminal is', () => {
  const rows = [
    ['ann@example.com', 'owner', 'seen today', ''],
    ['bob.with.a.long.address@department.example.com', 'viewer', 'invited', 'the plan of the branch'],
  ]
  expect(listing(rows, 100).split('\n')).toHaveLength(2)
  expect(stripVTControlCharacters(listing(rows, 60)).split('\n')).toEqual([
    'ann@example.com',
    '  owner, seen today',
    rows[1]?.[0],
    '  viewer, invited, the plan of the branch',
  ])
})

/** What a terminal of so many columns shows after all that was written; lines that are too long would wrap. */
function terminal(columns: number) {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns, rows: 24 })
  let written = ''
  stream.on('data', (piece: Buffer) => {
    written += piece
  })
  const lines: string[] = ['']
  let row = 0
  return {
    stream: stream as unknown as NodeJS.WriteStream,
    get widest() {
      return Math.max(...written.split('\n').map((line) => widthOf(stripVTControlCharacters(line))))
    },
    shown(): string[] {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes that move the cursor
      for (const [, up, rest, text] of written.matchAll(/\u001b\[(\d+)A|\u001b\[(0J|K)|((?:(?!\u001b\[(?:\d+A|0J|K)).)+)/gs)) {
        if (up !== undefined) row = Math.max(0, row - Number(up))
        else if (rest === '0J') lines.length = row
        else if (text !== undefined) {
          const parts = stripVTControlCharacters(text).split('\n')
          for (const [index, part] of parts.entries()) {
            if (index > 0) row += 1
            if (part !== '' || index > 0) lines[row] = part
          }
        }
      }
      written = ''
      return lines.filter((line) => (line ?? '') !== '')
    },
  }
}

const STEPS: readonly Step[] = ['sending', 'waiting', 'reading', 'chunked', 'embedding', 'indexing', 'indexed', 'failed', 'unchanged']

test('after any progress each ended file stands there once, and no line was wider than the terminal', () => {
  vi.useFakeTimers()
  const update = fc.record({ file: fc.integer({ min: 0, max: 15 }), step: fc.constantFrom(...STEPS), pause: fc.constantFrom(0, 50, 200) })
  fc.assert(
    fc.property(fc.integer({ min: 24, max: 100 }), fc.array(update, { maxLength: 60 }), (columns, updates) => {
      const screen = terminal(columns)
      const view = progressView(() => ({ files: 16, bytes: 100, doneBytes: 50 }), screen.stream)
      const ended = new Set<number>()
      for (const { file, step, pause } of updates) {
        view.update(String(file), { name: `${file}#休暇 規程 with a rather long name`, step, detail: '3 of 12 pages and a reason' })
        if (/indexed|failed|unchanged/.test(step)) ended.add(file)
        vi.advanceTimersByTime(pause)
      }
      view.close()
      expect(screen.widest).toBeLessThan(columns)
      const names = screen.shown().map((line) => Number(/^ {2}\S+ +(\d+)#/.exec(line)?.[1]))
      expect(names.toSorted((left, right) => left - right)).toEqual([...ended].sort((left, right) => left - right))
    }),
    { numRuns: 60 },
  )
  vi.useRealTimers()
})

test('the pace is told once there is something to tell, with the time that is left', () => {
  let now = 0
  const pace = paceOf(() => now)
  expect(pace('a', 0, 100, 'page')).toBe('')
  now = 1000
  expect(pace('a', 20, 100, 'page')).toBe('')
  now = 2000
  expect(pace('a', 40, 100, 'page')).toBe(', 20 pages/s, 3 s left')
  expect(pace('b', 40, 100, 'page')).toBe('')
  expect(pace('a', 10, 0, 'page')).not.toContain('left')
})

test('words for the shell and for durations', () => {
  expect(['handbook', 'my own', "it's", './a/b.pdf', '休暇'].map(quoted)).toEqual(['handbook', "'my own'", "'it'\\''s'", './a/b.pdf', '休暇'])
  expect([12, 1500, 59_600, 119_700].map((ms) => duration(ms))).toEqual(['12 ms', '1.5 s', '1 min 0 s', '2 min 0 s'])
  expect([1500, 3_600_000, 7_500_000].map((ms) => duration(ms, 'rough'))).toEqual(['2 s', '60 min', '2 h 5 min'])
})

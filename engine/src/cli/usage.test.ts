import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { USAGE_DIMENSIONS } from '../domain/usage.ts'
import { money } from './show.ts'
import { usageTable } from './usage.ts'
import { widthOf } from './width.ts'

const line = (more: Partial<Parameters<typeof usageTable>[0]['lines'][number]> = {}) => ({
  day: '2026-11-26',
  account: 'acc_1',
  database: 'db_1',
  key: null,
  visitor: null,
  publication: null,
  requests: 1200,
  questions: 0,
  input_tokens: 0,
  output_tokens: 0,
  embedded_tokens: 0,
  cost_usd: 0,
  stored_bytes: null,
  chunks: null,
  ...more,
})
const ids = (_: unknown, id: string) => id
const shown = (...[usage, nameOf, columns]: Parameters<typeof usageTable>) => {
  const { text, isNarrow } = usageTable(usage, nameOf, columns)
  return { lines: stripVTControlCharacters(text).split('\n'), isNarrow }
}

test('numbers end where their column ends, what nobody used has no column, and sums stand below', () => {
  const usage = { by: ['day' as const], lines: [line(), line({ day: '2026-11-27', requests: 7, input_tokens: 12_345, cost_usd: 0.0312 })] }
  expect(shown(usage, ids, 80)).toEqual({
    lines: [
      'day         requests  tokens in     cost',
      '2026-11-26     1,200          0       $0',
      '2026-11-27         7     12,345  $0.0312',
      'all            1,207     12,345  $0.0312',
    ],
    isNarrow: false,
  })
})

test('one line needs no sum; names stand for ids, and a dash for what does not apply', () => {
  const usage = { by: ['database' as const, 'key' as const], lines: [line({ stored_bytes: 51, chunks: 1 })] }
  expect(shown(usage, (_, id) => (id === 'db_1' ? 'handbook' : id), 80).lines).toEqual([
    'database  key  requests  stored  chunks  cost',
    'handbook  -       1,200    51 B       1    $0',
  ])
})

test('a table of one dimension fits any terminal, with requests and cost on each, and tells what it left out', () => {
  const amount = fc.integer({ min: 0, max: 1_000_000 })
  const one = fc.record({
    database: fc.option(fc.string({ unit: fc.constantFrom('a', '休', ' ', '🎉'), minLength: 1, maxLength: 30 })),
    requests: amount,
    questions: amount,
    input_tokens: amount,
    output_tokens: amount,
    embedded_tokens: amount,
    cost_usd: fc.double({ min: 0, max: 999, noNaN: true }),
    stored_bytes: fc.option(amount),
    chunks: fc.option(amount),
  })
  fc.assert(
    fc.property(
      fc.array(one, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(...USAGE_DIMENSIONS),
      fc.integer({ min: 40, max: 120 }),
      (given, dimension, columns) => {
        const { lines, isNarrow } = shown({ by: [dimension], lines: given.map((more) => line(more)) }, ids, columns)
        for (const text of lines) expect(widthOf(text)).toBeLessThanOrEqual(columns)
        expect(lines[0]).toMatch(/requests.*cost/)
        for (const [index, { requests }] of given.entries()) expect(lines[index + 1]).toContain(requests.toLocaleString('en'))
        const used = given.some((each) => each.embedded_tokens > 0 || (each.chunks ?? 0) > 0)
        if (used && !isNarrow) expect(lines[0]).toMatch(/embedded|chunks/)
        if (columns > 110) expect(isNarrow).toBe(false)
      },
    ),
    { numRuns: 300 },
  )
})

test('money', () => {
  expect([0, 0.000001, 0.0312, 0.5, 1, 1234.5].map(money)).toEqual(['$0', '<$0.0001', '$0.0312', '$0.5000', '$1.00', '$1,234.50'])
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toDrafts } from './pdf-blocks.ts'
import { intoColumns } from './pdf-columns.ts'
import { tidy, toSegments } from './pdf-lines.ts'
import { isAmount } from './pdf-rows.ts'
import { ontoPage, type Run, type Turn } from './pdf-runs.ts'
import { joinLines, vocabulary } from './pdf-text.ts'

const anyRun: fc.Arbitrary<Run> = fc
  .record({
    text: fc.constantFrom('water', 'The mill', '1,204', '$', ')', '2022', 'a long line of prose about grain', '•', 'שלום', '水'),
    x0: fc.integer({ min: 0, max: 500 }),
    y: fc.integer({ min: 10, max: 780 }),
    size: fc.constantFrom(6, 9, 10, 10, 10, 14, 24),
    bold: fc.boolean(),
    rtl: fc.boolean(),
    spaced: fc.boolean(),
    level: fc.constant(undefined),
  })
  .map((run) => ({ ...run, x1: run.x0 + run.text.length * run.size * 0.5 }))

const letters = (texts: readonly string[]) => texts.join('').replace(/[\s|]/g, '').split('').sort().join('')

test('no layout loses or doubles a segment, and every letter of the page is in a block', () => {
  fc.assert(
    fc.property(fc.array(anyRun, { maxLength: 80 }), (runs) => {
      // Two runs of the same text at the same place are one text painted twice.
      const single = [...new Map(runs.map((run) => [`${run.text} ${Math.round(run.x0 / 12)} ${Math.round(run.y / 12)}`, run])).values()]
      const segments = toSegments(single)
      const regions = intoColumns(segments)
      expect(new Set(regions.flat())).toEqual(new Set(segments))
      expect(regions.flat()).toHaveLength(segments.length)
      const drafts = regions.flatMap((region) => toDrafts(region))
      const inBlocks = drafts.flatMap((draft) => (draft.kind === 'table' ? (draft.hasHeader ? draft.rows.slice(1) : draft.rows).flat() : draft.items.flat()))
      const inPage = segments.map((segment) => segment.text)
      // Heads of tables are repeated over their columns; all else is there exactly once.
      if (drafts.every((draft) => draft.kind === 'text' || !draft.hasHeader)) expect(letters(inBlocks)).toBe(letters(inPage))
    }),
    { numRuns: 300 },
  )
})

test('boxes stay on the page whatever way the text is turned', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<Turn>(0, 1, 2, 3),
      fc.double({ min: -50, max: 700, noNaN: true }),
      fc.double({ min: -50, max: 700, noNaN: true }),
      fc.double({ min: 0, max: 300, noNaN: true }),
      (turn, x0, y0, side) => {
        const box = ontoPage(turn, { x0, y0, x1: x0 + side, y1: y0 + side }, 600, 400)
        expect(box.x).toBeGreaterThanOrEqual(0)
        expect(box.width).toBeGreaterThanOrEqual(0)
        expect(box.x + box.width).toBeLessThanOrEqual(600.01)
        expect(box.y + box.height).toBeLessThanOrEqual(400.01)
      },
    ),
  )
})

test.each([
  [['the great com-', 'motion'], 'the great commotion'],
  [['a well-', 'known man'], 'a well-known man'],
  [['the years 1914-', '1918'], 'the years 1914-1918'],
  [['with Spring-', 'Boot'], 'with Spring-Boot'],
  [['水の流れ', 'は遅い'], '水の流れは遅い'],
  [['one line', 'and the next'], 'one line and the next'],
])('lines %j', (lines, text) => {
  const known = vocabulary()
  known.learn('it is a well-known fact')
  expect(joinLines(lines, known)).toBe(text)
})

test.each([
  ['ﬁne ﬂour oﬃce', 'fine flour office'],
  ['x² and H₂O', 'x² and H₂O'],
  ['日 本 語', '日本語'],
  ['\uf0b7 item', '• item'],
  ['اﻟﻌﺮﺑﻴﺔ', 'العربية'],
])('%s is folded to %s', (raw, text) => {
  expect(tidy(raw)).toBe(text)
})

test.each(['1,204', '(1,204)', '$(12.5)', '—', '12%', '(3.4)%', '$ 82,959', '-7'])('%s is an amount', (text) => {
  expect(isAmount(text)).toBe(true)
})
test.each(['June 25,', 'Note 3', 'a', '10-Q', 'Total', '1,204 shares'])('%s is no amount', (text) => {
  expect(isAmount(text)).toBe(false)
})

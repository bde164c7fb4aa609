import fc from 'fast-check'
import { expect, it } from 'vitest'
import { byDay } from './by-day.ts'

const now = new Date(2026, 5, 15, 0, 30)
const at = (date: Date) => ({ updated_at: date.toISOString() })

it('groups by the days of the reader, not by hours', () => {
  const groups = byDay(
    [at(new Date(2026, 5, 15, 0, 10)), at(new Date(2026, 5, 14, 23, 59)), at(new Date(2026, 5, 9)), at(new Date(2026, 4, 20)), at(new Date(2025, 11, 24))],
    now,
  )
  expect(groups.map(({ label }) => label)).toEqual(['Today', 'Yesterday', 'Last 7 days', 'Last 30 days', 'December 2025'])
})

it('loses nothing and keeps the order', () => {
  const dates = fc
    .array(fc.date({ min: new Date(2024, 0, 1), max: now, noInvalidDate: true }))
    .map((all) => all.toSorted((a, b) => b.getTime() - a.getTime()).map(at))
  fc.assert(
    fc.property(dates, (items) => {
      expect(byDay(items, now).flatMap((group) => group.items)).toEqual(items)
    }),
  )
})

import { describe, expect, test } from 'vitest'
import { dailyPoints, everyDay, utcDay } from './days.ts'

describe('days of UTC', () => {
  test('are counted over months and leap days', () =>
    expect(everyDay('2028-02-27', '2028-03-01')).toEqual(['2028-02-27', '2028-02-28', '2028-02-29', '2028-03-01']))
  test('one day is a span too, and a span that ends before it begins is none', () => {
    expect(everyDay('2026-11-26', '2026-11-26')).toEqual(['2026-11-26'])
    expect(everyDay('2026-11-27', '2026-11-26')).toEqual([])
  })
  test('are those of UTC wherever the browser is', () => expect(utcDay(1, Date.parse('2026-11-26T00:30:00Z'))).toBe('2026-11-25'))
})

test('a report is filled up with days on which nothing was used, and lines of one day are summed up', () => {
  const lines = [
    { day: '2026-11-25', requests: 2 },
    { day: '2026-11-25', requests: 3 },
    { day: null, requests: 100 },
  ]
  expect(dailyPoints({ from: '2026-11-24', to: '2026-11-26', lines }, (line) => line.requests)).toEqual([
    { day: '2026-11-24', value: 0 },
    { day: '2026-11-25', value: 5 },
    { day: '2026-11-26', value: 0 },
  ])
})

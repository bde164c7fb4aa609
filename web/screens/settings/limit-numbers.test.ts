import { describe, expect, test } from 'vitest'
import { draftOf, LIMIT_NAMES, limitsOf, numberOf } from './limit-numbers.ts'

describe('numbers that were typed', () => {
  test.each([
    ['', false, null],
    ['  ', true, null],
    ['1,200', false, 1200],
    ['1 000 000', false, 1_000_000],
    ['0', false, 0],
    ['2.5', true, 2.5],
    ['2.5', false, undefined],
    ['-1', true, undefined],
    ['many', false, undefined],
    ['1e9', false, undefined],
  ])('%j (a fraction: %j) is %j', (text, isFraction, value) => expect(numberOf(text, isFraction)).toBe(value))
})

test('limits come out of the form as they went in', () => {
  const limits = {
    requests_per_minute: 1200,
    requests_per_day: null,
    tokens_per_minute: 0,
    tokens_per_month: 5_000_000,
    streams: 4,
    stored_bytes: 1_500_000,
    spend_per_day_usd: 0.25,
    spend_per_month_usd: null,
  }
  expect(limitsOf(draftOf(limits))).toEqual({ limits, wrong: [] })
})

test('every limit that cannot be read is named', () => {
  const draft = Object.fromEntries(LIMIT_NAMES.map((name) => [name, 'x'])) as Record<(typeof LIMIT_NAMES)[number], string>
  expect(limitsOf(draft).wrong).toEqual(LIMIT_NAMES)
})

import { InvalidArgumentError } from 'commander'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { day, dollars, email, expiryFrom, limit, moment, oneMore, orNone, role, scopes, seconds, several, size, whole } from './arguments.ts'

const refuses = (read: (text: string) => unknown, texts: readonly string[]) => {
  for (const text of texts) expect(() => read(text), text).toThrow(InvalidArgumentError)
}

test('times', () => {
  expect(['0', '45s', '30min', '30m', '1h', '90d', '2w', '1y'].map(seconds)).toEqual([0, 45, 1800, 1800, 3600, 7_776_000, 1_209_600, 31_536_000])
  refuses(seconds, ['', '1', 'd', '-1d', '1.5h', '1 h', '1hh', '1e3s', '9999999999d', '1M', 'NaN'])
})

test('days and moments', () => {
  expect(moment('2027-01-31')).toBe(Date.UTC(2027, 0, 31))
  expect(moment('2027-01-31T12:00+02:00')).toBe(Date.UTC(2027, 0, 31, 10))
  expect(moment('2028-02-29T00:00Z')).toBe(Date.UTC(2028, 1, 29))
  refuses(moment, ['2027-02-29', '2027-02-31', '2027-13-01', '2027-1-1', '31.01.2027', '2027-01-31T12:00', '2027-01-31T25:00Z', 'tomorrow', ''])
  expect(day('2026-11-26')).toBe('2026-11-26')
  expect(day('today')).toMatch(/^\d{4}-\d\d-\d\d$/)
  refuses(day, ['2026-11-31', '2026-11-26T00:00Z', 'yesterday'])
})

test('an end is a time from now or a moment, always to come', () => {
  const now = Date.UTC(2026, 10, 26)
  expect(expiryFrom('90d', now)).toBe('2027-02-24T00:00:00.000Z')
  expect(expiryFrom('2027-01-31', now)).toBe('2027-01-31T00:00:00.000Z')
  refuses((text) => expiryFrom(text, now), ['0', '0d', '2026-11-26', '2020-01-01', 'soon', '999999999y'])
})

test('every amount of dollars is read to the micro-dollar, and nothing else is', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000_000_000 }), fc.boolean(), (micro, signed) => {
      const text = `${Math.floor(micro / 1e6)}.${String(micro % 1e6).padStart(6, '0')}`
      expect(Math.round(dollars(signed ? `$${text}` : text) * 1e6)).toBe(micro)
    }),
  )
  refuses(dollars, ['', '-1', '1,5', '1.0000001', '1e3', '1000001', 'USD 5', '5$', 'Infinity', '0x10', ' 5'])
  expect([orNone(dollars)('none'), orNone(dollars)('5')]).toEqual(['none', 5])
  expect([limit('a', 'none'), limit('a', 0), limit('a', undefined)]).toEqual([{ a: null }, { a: 0 }, {}])
})

test('sizes', () => {
  expect(['500MB', '20 GB', '1.5gb', '0B'].map(size)).toEqual([5e8, 2e10, 1.5e9, 0])
  refuses(size, ['5', 'MB', '-1MB', '1PB', '99999999999TB'])
})

test('lists', () => {
  expect(several('b, c', ['a'])).toEqual(['a', 'b', 'c'])
  expect(oneMore('b, c', ['a'])).toEqual(['a', 'b, c'])
  expect(scopes('ask,query', scopes('query'))).toEqual(['query', 'ask'])
  refuses(several, ['', ' , '])
  refuses(
    scopes,
    ['root', 'query,', 'query,toString'].filter((text) => text !== 'query,'),
  )
  refuses(role, ['admin', '', '__proto__'])
  refuses(email, ['ann', 'ann@', '@x', 'a b@x.example', 'ann@x.example>'])
  refuses(whole, ['1.5', '-1', '', '1e3'])
})

test('no parser ever gives NaN or takes what it cannot read', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.constantFrom(whole, seconds, moment, dollars, size), (text, read) => {
      try {
        expect(Number.isFinite(read(text))).toBe(true)
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidArgumentError)
      }
    }),
    { numRuns: 2000 },
  )
})

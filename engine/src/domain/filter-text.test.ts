import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppError } from './errors.ts'
import { type Filter, filterFromJson } from './filter.ts'
import { filterFromText } from './filter-text.ts'

test.each<[string, unknown]>([
  ['year >= 2023', { year: { $gte: 2023 } }],
  ['year=2023 AND team != "people ops"', { $and: [{ year: 2023 }, { team: { $ne: 'people ops' } }] }],
  ['a = 1 or b = 2 and c = 3', { $or: [{ a: 1 }, { $and: [{ b: 2 }, { c: 3 }] }] }],
  ['(a = 1 or b = 2) and not c exists', { $and: [{ $or: [{ a: 1 }, { b: 2 }] }, { $not: { c: { $exists: true } } }] }],
  ['c not exists', { c: { $exists: false } }],
  ['tag in [\'x\', "y\\"z", 3, true]', { tag: { $in: ['x', 'y"z', 3, true] } }],
  ['tag not in (a, b)', { tag: { $nin: ['a', 'b'] } }],
  ['@page <= 12 and @name contains report', { $and: [{ '@page': { $lte: 12 } }, { '@name': { $contains: 'report' } }] }],
  ['version = 1.2.3', { version: '1.2.3' }],
  ['code = 007', { code: '007' }],
])('%s', (text, json) => {
  expect(filterFromText(text)).toEqual(filterFromJson(json))
})

test.each([
  '',
  'year',
  'year >=',
  'year >= 2023 and',
  '(a = 1',
  'a = 1)',
  'a = "x',
  'a ~ 1',
  'a => 1',
  '@nothing = 1',
  'in [1]',
  'tag in 1',
  'a = 1 b = 2',
  'not',
  'a = ()',
  `${'('.repeat(40)}a = 1${')'.repeat(40)}`,
  `a in [${'1,'.repeat(1001)}1]`,
])('refuses %s with the place', (text) => {
  expect(() => filterFromText(text)).toThrow(expect.objectContaining({ code: 'filter/invalid', facts: expect.objectContaining({ at: expect.any(String) }) }))
})

const scalar = fc.oneof(fc.boolean(), fc.integer(), fc.string({ maxLength: 30 }))
const field = fc.constantFrom('year', 'team', 'a.b-c_d', '@name', '@page')
const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({ field, op: fc.constantFrom('eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'contains'), value: scalar }),
  fc.record({ field, op: fc.constantFrom('in', 'nin'), value: fc.array(scalar, { maxLength: 4 }) }),
  fc.record({ field, op: fc.constant('exists' as const), value: fc.boolean() }),
)
const filter = fc.letrec<{ any: Filter }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'filter' },
    leaf,
    fc.record({ and: fc.array(tie('any'), { minLength: 2, maxLength: 3 }) }),
    fc.record({ or: fc.array(tie('any'), { minLength: 2, maxLength: 3 }) }),
    fc.record({ not: tie('any') }),
  ),
})).any

const SIGN: Readonly<Record<string, string>> = { eq: '=', ne: '!=', gt: '>', gte: '>=', lt: '<', lte: '<=', contains: 'contains', in: 'in', nin: 'not in' }

function written(one: Filter): string {
  if ('and' in one) return `(${one.and.map(written).join(' and ')})`
  if ('or' in one) return `(${one.or.map(written).join(' or ')})`
  if ('not' in one) return `not ${written(one.not)}`
  if (one.op === 'exists') return `${one.field} ${one.value ? 'exists' : 'not exists'}`
  const value = (item: unknown) => (typeof item === 'string' ? `"${item.replace(/[\\"]/g, '\\$&')}"` : String(item))
  return `${one.field} ${SIGN[one.op]} ${Array.isArray(one.value) ? `[${one.value.map(value).join(', ')}]` : value(one.value)}`
}

test('whatever filter there is can be written and read back', () => {
  fc.assert(
    fc.property(filter, (one) => {
      expect(filterFromText(written(one))).toEqual(one)
    }),
    { numRuns: 1000 },
  )
})

test('any text is read or refused as filter/invalid', () => {
  const noise = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.array(fc.constantFrom('a', 'and', 'or', 'not', 'in', '(', ')', '[', ']', ',', '=', '>=', '"', "'", '\\', ' ', '1')).map((parts) => parts.join(' ')),
  )
  fc.assert(
    fc.property(noise, (text) => {
      try {
        filterFromText(text)
      } catch (fault) {
        expect(fault).toBeInstanceOf(AppError)
        expect((fault as AppError).code).toBe('filter/invalid')
      }
    }),
    { numRuns: 2000 },
  )
})

import fc from 'fast-check'
import type { Filter } from 'quarry-engine/client/filter'
import { expect, test } from 'vitest'
import { filterJson, filterText, jsonText, placeInText, readFilter } from '../../lib/filter-notation.ts'
import { emptyGroup, filterOfTree, listItems, listText, newRow, problemOf, replaced, treeOfFilter } from './filter-tree.ts'

const text = fc.string({ minLength: 1, maxLength: 20 })
const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e20, max: 1e20 })).map((one) => (Object.is(one, -0) ? 0 : one))
const scalar = fc.oneof(fc.boolean(), number, text)
const field = fc.constantFrom('year', 'team', 'a.b-c_d', '@name', 'not', 'and', '7')
const list = fc.oneof(
  fc.array(text, { minLength: 1, maxLength: 4 }),
  fc.array(number, { minLength: 1, maxLength: 4 }),
  fc.array(fc.boolean(), { minLength: 1, maxLength: 2 }),
)
const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({ field, op: fc.constantFrom('eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'contains'), value: scalar }),
  fc.record({ field, op: fc.constantFrom('in', 'nin'), value: list }),
  fc.record({ field, op: fc.constant('exists' as const), value: fc.boolean() }),
)
const filters = fc.letrec<{ any: Filter }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'filter' },
    leaf,
    fc.record({ and: fc.array(tie('any'), { minLength: 2, maxLength: 3 }) }),
    fc.record({ or: fc.array(tie('any'), { minLength: 2, maxLength: 3 }) }),
    fc.record({ not: tie('any') }),
  ),
})).any

test('text and JSON are read back as the same filter', () => {
  fc.assert(
    fc.property(filters, (filter) => {
      expect(readFilter(filterText(filter))).toEqual(filter)
      expect(readFilter(jsonText(filter))).toEqual(sorted(filter))
    }),
    { numRuns: 500 },
  )
})

/** Keys of an object that look like numbers come first, and "and" does not mind. */
function sorted(filter: Filter): Filter {
  if ('not' in filter) return { not: sorted(filter.not) }
  if ('or' in filter) return { or: filter.or.map(sorted) }
  if (!('and' in filter)) return filter
  const parts = filter.and.map(sorted)
  const names = Object.keys(filterJson(filter))
  const isShared = !names.includes('$and')
  const place = (one: Filter) => ('field' in one ? names.indexOf(one.field) : 0)
  return { and: isShared ? parts.toSorted((one, other) => place(one) - place(other)) : parts }
}

test('what rows can say goes there and back', () => {
  fc.assert(
    fc.property(filters, (filter) => {
      const tree = treeOfFilter(filter)
      expect(tree && filterOfTree(tree)).toEqual(filter)
    }),
    { numRuns: 500 },
  )
})

test('what rows cannot say is told, not changed', () => {
  expect(treeOfFilter({ field: 'a', op: 'in', value: [1, 'x'] })).toBeUndefined()
  expect(treeOfFilter({ and: [{ field: 'a', op: 'eq', value: '' }] })).toBeUndefined()
})

test('lists with commas, quotes and blanks', () => {
  expect(listItems(' people ops , "a, b","say \\"x\\"" ,, 3')).toEqual(['people ops', 'a, b', 'say "x"', '3'])
  expect(listItems('')).toEqual([])
  fc.assert(fc.property(fc.array(text, { minLength: 1 }), (items) => void expect(listItems(listText(items))).toEqual(items)))
})

test('rows tell what they lack', () => {
  expect(problemOf(newRow())).toBe('field')
  expect(problemOf({ ...newRow('year', 'number'), value: '' })).toBe('value')
  expect(problemOf({ ...newRow('year', 'number'), value: 'x' })).toBe('number')
  expect(problemOf({ ...newRow('year', 'number'), value: '2023' })).toBeUndefined()
  expect(problemOf({ ...newRow('year'), operator: 'exists' })).toBeUndefined()
})

test('parts are replaced and taken out wherever they are', () => {
  const row = newRow('a')
  const inner = { ...emptyGroup('any'), parts: [row] }
  const tree = { ...emptyGroup(), parts: [inner] }
  expect(replaced(tree, row.id, { ...row, field: 'b' })).toMatchObject({ parts: [{ parts: [{ field: 'b' }] }] })
  expect(replaced(tree, row.id, undefined)).toMatchObject({ parts: [{ parts: [] }] })
})

test('the place of a fault in the text', () => {
  expect(placeInText('character 12')).toBe(11)
  expect(placeInText('year.$gte')).toBeUndefined()
  expect(
    filterText({
      and: [
        {
          or: [
            { field: 'a', op: 'eq', value: 1 },
            { field: 'b', op: 'eq', value: '007' },
          ],
        },
        { field: 'c', op: 'ne', value: 'people ops' },
      ],
    }),
  ).toBe('(a = 1 or b = "007") and c != "people ops"')
})

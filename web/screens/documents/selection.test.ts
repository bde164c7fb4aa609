import { expect, test } from 'vitest'
import { afterTick, present } from './selection.ts'

const ids = ['a', 'b', 'c', 'd', 'e']

test('one row', () => {
  expect([...afterTick(new Set(['e']), ids, { index: 1, isSelected: true, anchor: undefined })]).toEqual(['e', 'b'])
  expect([...afterTick(new Set(['e', 'b']), ids, { index: 1, isSelected: false, anchor: undefined })]).toEqual(['e'])
})

test('with Shift, the rows between, in either direction', () => {
  expect([...afterTick(new Set(['a']), ids, { index: 2, isSelected: true, anchor: 0 })]).toEqual(['a', 'b', 'c'])
  expect([...afterTick(new Set(['e']), ids, { index: 2, isSelected: true, anchor: 4 })]).toEqual(['e', 'c', 'd'])
  expect([...afterTick(new Set(ids), ids, { index: 3, isSelected: false, anchor: 1 })]).toEqual(['a', 'e'])
})

test('rows that went away are not acted on, and the order is that of the list', () => {
  expect(present(new Set(['d', 'x', 'a']), ids)).toEqual(['a', 'd'])
  expect(present(new Set(), ids)).toEqual([])
})

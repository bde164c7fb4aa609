import { expect, test } from 'vitest'
import { partsOf, sharedWith } from './chunk-text.ts'

const chunk = { start: 100, end: 110, text: '0123456789' }

test('a chunk by itself is one part', () => {
  expect(partsOf(chunk, undefined, undefined)).toEqual([{ start: 100, text: '0123456789', shared: false, marked: false }])
  expect(partsOf(chunk, { start: 50, end: 98 }, undefined)).toHaveLength(1)
})

test('overlap and mark cut it, and nothing is lost', () => {
  const parts = partsOf(chunk, { start: 50, end: 104 }, { start: 102, end: 107 })
  expect(parts.map(({ text, shared, marked }) => [text, shared, marked])).toEqual([
    ['01', true, false],
    ['23', true, true],
    ['456', false, true],
    ['789', false, false],
  ])
})

test('a mark that begins before or ends behind it is cut off', () => {
  expect(partsOf(chunk, undefined, { start: 0, end: 103 }).map(({ text, marked }) => [text, marked])).toEqual([
    ['012', true],
    ['3456789', false],
  ])
  expect(partsOf(chunk, undefined, { start: 0, end: 500 })).toEqual([{ start: 100, text: '0123456789', shared: false, marked: true }])
  expect(partsOf(chunk, undefined, { start: 300, end: 500 })[0]?.marked).toBe(false)
})

test('overlap is told in characters and never more than there are', () => {
  expect(sharedWith(chunk, { start: 0, end: 103 })).toBe(3)
  expect(sharedWith(chunk, { start: 0, end: 900 })).toBe(10)
  expect(sharedWith(chunk, undefined)).toBe(0)
  expect(partsOf({ start: 5, end: 5, text: '' }, undefined, undefined)).toEqual([])
})

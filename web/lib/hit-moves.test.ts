import { expect, test } from 'vitest'
import { goneOf, isSamePlace, movesOf } from './hit-moves.ts'

const place = (document_id: string, start: number, end: number) => ({ document_id, start, end })

test('a passage stays itself when it is cut elsewhere', () => {
  expect(isSamePlace(place('a', 0, 1000), place('a', 200, 400))).toBe(true)
  expect(isSamePlace(place('a', 0, 1000), place('a', 900, 1500))).toBe(false)
  expect(isSamePlace(place('a', 0, 10), place('b', 0, 10))).toBe(false)
})

test('what moved, came and went', () => {
  const before = [place('a', 0, 100), place('b', 0, 100), place('c', 0, 100)]
  const after = [place('b', 0, 50), place('a', 0, 100), place('b', 50, 100), place('d', 0, 10)]
  expect(movesOf(before, after).map((move) => move.before)).toEqual([2, 1, undefined, undefined])
  expect(goneOf(before, after)).toEqual([place('c', 0, 100)])
})

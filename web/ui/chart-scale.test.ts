import { describe, expect, test } from 'vitest'
import { axisTop, labelled } from './chart-scale.ts'

describe('the top of an axis', () => {
  test.each([
    [0, 1],
    [1, 1],
    [3, 5],
    [11, 20],
    [23, 25],
    [999, 1000],
    [0.0003, 0.0005],
  ])('of %d is %d', (most, top) => expect(axisTop(most)).toBeCloseTo(top, 10))

  test('is never below the largest value, nor more than two and a half times it', () => {
    for (let most = 0.000_001; most < 1e12; most *= 1.37) {
      expect(axisTop(most)).toBeGreaterThanOrEqual(most)
      expect(axisTop(most)).toBeLessThanOrEqual(most * 2.5)
    }
  })
})

describe('labelled marks', () => {
  test('are the first, the last and some between, each once', () => {
    for (let count = 1; count < 400; count += 1) {
      const marks = labelled(count, 5)
      expect(marks[0]).toBe(0)
      expect(marks.at(-1)).toBe(count - 1)
      expect(new Set(marks).size).toBe(marks.length)
      expect(marks.length).toBeLessThanOrEqual(5)
    }
  })
})

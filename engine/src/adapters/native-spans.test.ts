import fc from 'fast-check'
import { expect, test } from 'vitest'
import { spanAt, spanOf } from './native-spans.ts'

const character = fc.constantFrom('a', 'b', ' ', 'ü', '世', '😀', '👩‍🚀', '\n')
const counts: Readonly<Record<string, (text: string) => number>> = {
  characters: (text) => [...text].length,
  'UTF-16 units': (text) => text.length,
  bytes: (text) => Buffer.byteLength(text),
}

test.each(Object.entries(counts))('a span that is counted in %s is found', (_, count) => {
  fc.assert(
    fc.property(fc.array(character), fc.array(character, { minLength: 1 }), fc.array(character), (before, said, after) => {
      const [head, quote] = [before.join(''), said.join('')]
      const text = head + quote + after.join('')
      const span = spanOf(text, count(head), count(head + quote), quote)
      expect(text.slice(span?.start, span?.end)).toBe(quote)
    }),
  )
})
test('what stands once is found at its place, whatever the offsets are', () => {
  expect(spanOf('😀😀 the claim is here', 900, 905, 'claim')).toEqual({ start: 9, end: 14 })
  expect(spanAt('😀😀 the claim is here', 900, 905, 'claim')).toBeUndefined()
  expect(spanOf('the claim is here', 4, 9, 'clam')).toBeUndefined()
  expect(spanOf('the claim is here', 4, 4, '')).toBeUndefined()
})
test('of several the nearest is taken', () => {
  const text = 'five and five and five'
  expect(spanOf(text, 10, 13, 'five')?.start).toBe(9)
  expect(spanOf(text, 999, 1003, 'five')?.start).toBe(18)
  expect(spanOf(text, -3, 1, 'five')?.start).toBe(0)
})

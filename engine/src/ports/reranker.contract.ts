import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Reranker } from './reranker.ts'

/** What every reranker promises. `open` gives one that works, without a network beyond this machine. */
export function rerankerContract(name: string, open: () => Promise<Reranker>): void {
  const never = new AbortController().signal
  describe(`${name} as a reranker`, () => {
    test('gives one score from 0 to 1 per text, for any number of texts', async () => {
      const reranker = await open()
      const texts = Array.from({ length: 2301 }, (_, index) => `text ${index} of many`)
      for (const count of [0, 1, 2, 1000, 1001, 2301]) {
        const scores = await reranker.rerank('text of many', texts.slice(0, count), never)
        expect(scores).toHaveLength(count)
        expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true)
      }
    })
    test('scores are in the order of the texts, wherever the one stands that answers', async () => {
      const reranker = await open()
      const others = ['The canteen opens at eleven.', 'Rain fell all night.', 'A bridge is made of steel.', 'Shares fell in May.']
      const answer = 'Employees request leave in the portal.'
      await fc.assert(
        fc.asyncProperty(fc.nat(others.length), async (at) => {
          const texts = others.toSpliced(at, 0, answer)
          const scores = await reranker.rerank('How do employees request leave?', texts, never)
          expect(scores.indexOf(Math.max(...scores))).toBe(at)
        }),
        { numRuns: 10 },
      )
    })
    test('the same text has the same score', async () => {
      const scores = await (await open()).rerank('steel bridge', ['a steel bridge', 'rain', 'a steel bridge'], never)
      expect(scores[0]).toBeCloseTo(scores[2] ?? -1, 5)
    })
    test('takes empty and very long texts, an empty question, and any characters', async () => {
      const reranker = await open()
      const odd = ['', ' \n', 'word '.repeat(20_000), '\ud83d\ude00 \u0000 \uffff 漢字', '\ud83d half']
      for (const query of ['word', '', '\ud83d half']) expect(await reranker.rerank(query, odd, never)).toHaveLength(odd.length)
    })
    test('stops when it is told to', async () => {
      const reranker = await open()
      await expect(reranker.rerank('a', ['a'], AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
      await expect(reranker.rerank('a', [], AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
    })
    test('is named provider:model', async () => {
      expect((await open()).name).toMatch(/^[a-z]+:\S+$/)
    })
  })
}

import { expect, test } from 'vitest'
import type { Embedder } from '../ports/embedder.ts'
import { embedChunks } from './embed.ts'

const never = new AbortController().signal
const lengths = (seen: string[][], make: (text: string) => number[] = (text) => [text.length, 1]): Embedder => ({
  name: 'x:y',
  dimensions: 2,
  where: 'local',
  async embed(texts) {
    seen.push([...texts])
    return texts.map((text) => Float32Array.from(make(text)))
  },
})

test('embeds equal texts once, keeps the order, tells progress up to the end', async () => {
  const seen: string[][] = []
  const texts = Array.from({ length: 1000 }, (_, index) => 'x'.repeat(index % 300))
  const progress: number[] = []
  const vectors = await embedChunks(lengths(seen), texts, never, (done, total) => progress.push(done / total))
  expect(vectors.map((vector) => vector[0])).toEqual(texts.map((text) => text.length))
  expect(seen.flat()).toHaveLength(300)
  expect(Math.max(...seen.map((group) => group.length))).toBeLessThanOrEqual(256)
  expect(progress.at(-1)).toBe(1)
  expect(await embedChunks(lengths(seen), [], never, () => undefined)).toEqual([])
})
test.each([
  ['too few numbers', () => [1]],
  ['NaN', () => [1, Number.NaN]],
])('refuses %s', async (_, make) => {
  await expect(embedChunks(lengths([], make), ['a'], never, () => undefined)).rejects.toMatchObject({ code: 'vectors/dimension' })
})
test('stops between groups when it is told to', async () => {
  const controller = new AbortController()
  const texts = Array.from({ length: 600 }, (_, index) => `${index}`)
  const seen: string[][] = []
  await expect(embedChunks(lengths(seen), texts, controller.signal, () => controller.abort())).rejects.toMatchObject({ name: 'AbortError' })
  expect(seen).toHaveLength(1)
})

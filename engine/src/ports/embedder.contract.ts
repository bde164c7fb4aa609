import { describe, expect, test } from 'vitest'
import { AppError, type ErrorCode } from '../domain/errors.ts'
import type { Embedder } from './embedder.ts'

/** What every embedder promises. `open` gives one that works, without a network beyond this machine. */
export function embedderContract(name: string, open: () => Promise<Embedder>, words: readonly [string, string, string] = ['cat', 'dog', 'house']): void {
  const never = new AbortController().signal
  describe(`${name} as an embedder`, () => {
    test('gives one finite vector of its dimensions per text, in order, for any number of texts', async () => {
      const embedder = await open()
      const texts = Array.from({ length: 301 }, (_, index) => `${words[index % 3]} ${words[(index >> 2) % 3]}`)
      for (const count of [0, 1, 2, 97, 301]) {
        const vectors = await embedder.embed(texts.slice(0, count), 'passage', never)
        expect(vectors).toHaveLength(count)
        for (const vector of vectors) {
          expect(vector).toBeInstanceOf(Float32Array)
          expect(vector).toHaveLength(embedder.dimensions)
          expect(vector.every(Number.isFinite)).toBe(true)
        }
      }
      const together = await embedder.embed(texts.slice(0, 20), 'passage', never)
      const alone = await Promise.all(texts.slice(0, 20).map(async (text) => (await embedder.embed([text], 'passage', never))[0]))
      for (const [index, vector] of together.entries()) expect(cosine(vector, alone[index])).toBeCloseTo(1, 4)
    })
    test('tells texts of other words apart', async () => {
      const embedder = await open()
      const [one, two, again] = await embedder.embed([words[0], words[2], words[0]], 'passage', never)
      expect(cosine(one, again)).toBeCloseTo(1, 5)
      expect(cosine(one, two)).toBeLessThan(0.999)
    })
    test('takes an empty text, a very long one and any characters', async () => {
      const embedder = await open()
      const vectors = await embedder.embed(['', ' \n', `${words[0]} `.repeat(5000), '\ud83d\ude00 \u0000 \uffff 漢字'], 'passage', never)
      expect(vectors).toHaveLength(4)
      for (const vector of vectors) expect(vector.every(Number.isFinite)).toBe(true)
    })
    test('stops when it is told to', async () => {
      const embedder = await open()
      await expect(embedder.embed([words[0]], 'query', AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
    })
    test('is named provider:model', async () => {
      expect((await open()).name).toMatch(/^[a-z]+:\S+$/)
    })
  })
}

/** An embedder whose model breaks its promise must refuse with one of these, and give nothing. */
export async function expectModelFault(work: Promise<unknown>, code: ErrorCode): Promise<AppError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(AppError)
  expect((error as AppError).code).toBe(code)
  return error as AppError
}

export function cosine(one: Float32Array | undefined, two: Float32Array | undefined): number {
  let [dot, mine, theirs] = [0, 0, 0]
  for (const [index, value] of (one ?? []).entries()) {
    const other = two?.[index] ?? 0
    dot += value * other
    mine += value * value
    theirs += other * other
  }
  return dot / Math.sqrt(mine * theirs)
}

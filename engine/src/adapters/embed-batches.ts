import { AppError } from '../domain/errors.ts'
import { checkVector } from './vector-check.ts'

/** Texts in order, in batches of at most so many texts and about so many characters; a longer text is alone. */
export function batchesOf(texts: readonly string[], maxTexts: number, maxCharacters: number): string[][] {
  const batches: string[][] = []
  let characters = 0
  for (const text of texts) {
    const last = batches.at(-1)
    if (last === undefined || last.length >= maxTexts || characters + text.length > maxCharacters) {
      batches.push([text])
      characters = text.length
    } else {
      last.push(text)
      characters += text.length
    }
  }
  return batches
}

/** Results in order, `concurrent` at a time; the first failure stops the others. `done` is told of each result. */
export async function eachBatch<B, R>(
  batches: readonly B[],
  concurrent: number,
  signal: AbortSignal,
  run: (batch: B, signal: AbortSignal) => Promise<R>,
  done: (batch: B) => void = () => undefined,
): Promise<R[]> {
  signal.throwIfAborted()
  const results: R[] = []
  const stop = new AbortController()
  const either = AbortSignal.any([signal, stop.signal])
  const waiting = batches.entries()
  async function work(): Promise<void> {
    for (const [index, batch] of waiting) {
      results[index] = await run(batch, either)
      done(batch)
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(concurrent, batches.length) }, work))
  } catch (error) {
    stop.abort()
    throw error
  }
  return results
}

/**
 * Vectors as lists of numbers, one per text. `dimensions` undefined: all as long as the first.
 * @throws model/unavailable when they are not that many or no lists of numbers, vectors/dimension
 */
export function readVectors(values: unknown, count: number, dimensions: number | undefined, model: string): Float32Array[] {
  const broken = (reason: string) => new AppError('model/unavailable', { model, reason })
  if (!Array.isArray(values)) throw broken('the reply holds no embeddings')
  if (values.length !== count) throw broken(`${values.length} vectors came for ${count} texts`)
  let length = dimensions
  return values.map((value: unknown) => {
    if (!Array.isArray(value) || value.some(Array.isArray)) throw broken('an embedding is not a list of numbers')
    length ??= value.length
    // A null (how JSON writes NaN) becomes NaN here, so that the check refuses it.
    const vector = Float32Array.from(value, (one: unknown) => (typeof one === 'number' ? one : Number.NaN))
    return checkVector(vector, length, model)
  })
}

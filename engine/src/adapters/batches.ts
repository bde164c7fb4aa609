import { AppError } from '../domain/errors.ts'
import type { Done } from '../ports/embedder.ts'
import { batchesOf, eachBatch } from './embed-batches.ts'

const CONCURRENT = 3

export interface BatchLimits {
  /** Texts in one request. */
  readonly texts: number
  /** UTF-16 units in one request, unless a single text is longer. */
  readonly characters: number
}

/** `counted`: how many tokens the provider says that it was. */
type Send<T> = (batch: readonly string[], signal: AbortSignal, counted: (tokens: number | undefined) => void) => Promise<readonly T[]>

/** What comes of each text, in the order of the texts. A batch that the provider finds too large (413) is sent in halves. */
export async function inBatches<T>(texts: readonly string[], limits: BatchLimits, signal: AbortSignal, send: Send<T>, done?: Done): Promise<T[]> {
  const batches = batchesOf(texts, limits.texts, limits.characters)
  return (await eachBatch(batches, CONCURRENT, signal, (batch, stop) => inHalves(batch, stop, send, done))).flat()
}

async function inHalves<T>(batch: readonly string[], signal: AbortSignal, send: Send<T>, done: Done = () => undefined): Promise<readonly T[]> {
  try {
    let tokens: number | undefined
    const made = await send(batch, signal, (count) => {
      tokens = count
    })
    done(batch.length, tokens)
    return made
  } catch (error) {
    const tooMuch = error instanceof AppError && error.facts.status === 413
    if (!tooMuch || batch.length < 2) throw error
    const half = batch.length >> 1
    const first = await inHalves(batch.slice(0, half), signal, send, done)
    return [...first, ...(await inHalves(batch.slice(half), signal, send, done))]
  }
}

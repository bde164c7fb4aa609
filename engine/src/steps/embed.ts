import { AppError } from '../domain/errors.ts'
import type { Done, Embedder } from '../ports/embedder.ts'

/** Texts handed over at once: a few requests' worth, so that progress shows and a cancel is soon seen. */
export const EMBED_GROUP = 256

/**
 * One vector per text, in order. Equal texts are embedded once. `done` is what the embedder is given.
 * @throws vectors/dimension when the model breaks its promise, and what the embedder throws
 */
export async function embedChunks(
  embedder: Embedder,
  texts: readonly string[],
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
  done?: Done,
): Promise<Float32Array[]> {
  const unique = [...new Set(texts)]
  const vectors = new Map<string, Float32Array>()
  for (let from = 0; from < unique.length; from += EMBED_GROUP) {
    signal.throwIfAborted()
    const group = unique.slice(from, from + EMBED_GROUP)
    const made = await embedder.embed(group, 'passage', signal, done)
    for (const [index, text] of group.entries()) vectors.set(text, checked(embedder, made[index]))
    onProgress(Math.round((Math.min(unique.length, from + EMBED_GROUP) / unique.length) * texts.length), texts.length)
  }
  return texts.map((text) => checked(embedder, vectors.get(text)))
}

function checked(embedder: Embedder, vector: Float32Array | undefined): Float32Array {
  if (vector === undefined || vector.length !== embedder.dimensions || !vector.every(Number.isFinite)) {
    throw new AppError('vectors/dimension', { model: embedder.name, expected: embedder.dimensions, got: vector?.length ?? 0 })
  }
  return vector
}

import { AppError } from '../../domain/errors.ts'
import type { Embedder } from '../../ports/embedder.ts'
import type { ModelProvider } from '../embedders.ts'

/**
 * Texts that share words get near vectors: every word is hashed to a direction of its own. Deterministic, for tests
 * and benches only. Its names are `fake:<dimensions>`.
 */
export function fakeEmbedder(dimensions: number): Embedder {
  return {
    name: `fake:${dimensions}`,
    dimensions,
    where: 'local',
    async embed(texts, _kind, signal) {
      signal.throwIfAborted()
      return texts.map((text) => embedWords(text, dimensions))
    },
  }
}

export function fakeEmbedders(): ModelProvider {
  return {
    async open(model) {
      if (!/^[1-9]\d{0,3}$/.test(model)) throw new AppError('model/unknown', { model: `fake:${model}` })
      return fakeEmbedder(Number(model))
    },
    async list() {
      return []
    },
    async close() {
      // nothing is held
    },
  }
}

function embedWords(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions)
  const words = text
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{L}\p{M}\p{N}]+/gu) ?? ['']
  for (const word of words) {
    let state = hash(word)
    for (let index = 0; index < dimensions; index += 1) {
      state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9
      vector[index] = (vector[index] ?? 0) + ((state >>> 8) / 0x800000 - 1)
    }
  }
  const length = Math.hypot(...vector)
  if (length === 0) vector[0] = 1
  else for (let index = 0; index < dimensions; index += 1) vector[index] = (vector[index] ?? 0) / length
  return vector
}

function hash(word: string): number {
  let state = 0x811c9dc5
  for (let index = 0; index < word.length; index += 1) state = Math.imul(state ^ word.charCodeAt(index), 0x01000193)
  return state
}

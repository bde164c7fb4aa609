import type { Reranker } from '../../ports/reranker.ts'

/** Scores a text by the share of the question's words that it holds. Deterministic, for tests and benches only. */
export function fakeReranker(): Reranker {
  return {
    name: 'fake:words',
    async rerank(query, texts, signal) {
      signal.throwIfAborted()
      const asked = wordsOf(query)
      return texts.map((text) => {
        const held = wordsOf(text)
        return asked.size === 0 ? 0 : [...asked].filter((word) => held.has(word)).length / asked.size
      })
    },
  }
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [],
  )
}

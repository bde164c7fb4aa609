import type { RankedScore } from '../domain/answer.ts'

/** How many hits are ordered anew so that the first n are right. Source: providers count up to 100 short texts as one search. */
export function rerankDepth(n: number): number {
  return Math.max(n, Math.min(100, Math.max(40, n * 4)))
}

/**
 * The first hits in the order of their scores, one for each of them; those with the same score, and all after them, stay as they
 * were.
 */
export function byScores<Hit extends object>(hits: readonly Hit[], scores: readonly number[]): readonly (Hit & { readonly reranked?: RankedScore })[] {
  const scored = hits.slice(0, scores.length).map((hit, index) => ({ hit, score: scores[index] ?? 0 }))
  const ordered = scored.toSorted((one, two) => two.score - one.score).map(({ hit, score }, index) => ({ ...hit, reranked: { rank: index + 1, score } }))
  return [...ordered, ...hits.slice(scores.length)]
}

import type { ChunkTerms } from './chunk.ts'

/**
 * BM25 over weighted fields, the same on every lexical engine. A term in the title or a heading counts as often as the
 * field's weight says, and the length of a chunk is counted with the same weights. Rare terms get more than plain BM25
 * gives them (`rarity`), and neighbours of the question that stand together earn a part of their worth again (`pairs`),
 * among the first `candidates` by BM25. A chunk of a long document seldom says whom or what the document is about, so
 * that the document as a whole counts beside it (`document`, by words held by at most `postings` chunks in all). `k1` and `b` are the best of a dozen on scifact's training questions, where
 * their neighbours differ by 0.001; expansion from the first hits was tried too and is not worth its time.
 */
export const RANKING = { k1: 1.3, b: 0.9, rarity: 1.2, title: 3, headings: 2, body: 1, pairs: 0.2, candidates: 100, document: 0.65, postings: 30_000 } as const

export interface WeightedTerms {
  /** Occurrences by term, weighted by field: integers from 1. */
  readonly counts: ReadonlyMap<string, number>
  /** Sum of all counts. */
  readonly length: number
}

export function weightedTerms(terms: ChunkTerms): WeightedTerms {
  const counts = new Map<string, number>()
  let length = 0
  for (const field of ['title', 'headings', 'body'] as const) {
    const weight = RANKING[field]
    for (const term of terms[field]) counts.set(term, (counts.get(term) ?? 0) + weight)
    length += weight * terms[field].length
  }
  return { counts, length }
}

/** How much a term says, from the number of chunks and of those that hold it. Above 0, also for a term in every chunk. */
export function inverseFrequency(chunks: number, holding: number): number {
  return Math.log(1 + (chunks - holding + 0.5) / (holding + 0.5)) ** RANKING.rarity
}

/** Share of a term's inverse frequency that a chunk earns: 0 to 1, grows with `count`, falls with `length`. */
export function saturation(count: number, length: number, averageLength: number): number {
  return count / (count + RANKING.k1 * (1 - RANKING.b + (RANKING.b * length) / averageLength))
}

/** What a pair of neighbours earns that stands together `count` times in a chunk; the two worths are weight x inverse frequency. */
export function pairShare(first: number, second: number, count: number): number {
  return (RANKING.pairs * (first + second) * count) / (count + RANKING.k1)
}

/**
 * How much the score of the whole document counts beside that of a chunk: 0 where every document is one chunk, more the
 * longer documents are. Source: reports of 120 chunks find their company at 3 (nDCG@10 0.60 without, 0.87 with);
 * unrelated texts put together by tens bear 1.5.
 */
export function documentWeight(chunks: number, documents: number): number {
  return documents === 0 ? 0 : RANKING.document * Math.log(Math.max(1, chunks / documents))
}

/** As `saturation`, for all that a document holds: what is said often in a long text goes on to count for longer. */
export function documentSaturation(count: number, length: number, averageLength: number, chunksPerDocument: number): number {
  return count / (count + RANKING.k1 * Math.sqrt(Math.max(1, chunksPerDocument)) * (1 - RANKING.b + (RANKING.b * length) / averageLength))
}

import { documentSaturation, documentWeight, inverseFrequency, RANKING } from '../../domain/ranking.ts'
import type { Segment } from './lexical.ts'
import { countDocuments, type Postings } from './lexical-postings.ts'

/** Lengths of all documents, kept until segments or rows change. */
interface Lengths {
  readonly segments: readonly Segment[]
  readonly change: number
  readonly byDocument: Float64Array
  readonly documents: number
  readonly average: number
  readonly chunks: number
}

/** One word of the question: the postings of its forms by segment, and how many chunks hold it. */
export interface SoughtWord {
  readonly weight: number
  readonly holding: number
  readonly forms: readonly (readonly (Postings | undefined)[])[]
}

export interface DocumentScorer {
  /**
   * What each document earns for its chunks, by document number; undefined when it would change nothing. Words are
   * taken by rarity, as long as their postings stay within bounds: frequent ones tell documents least apart. The
   * array is valid until the next call.
   */
  score(
    words: readonly SoughtWord[],
    segments: readonly Segment[],
    documents: { readonly ofRow: Uint32Array; readonly change: number },
  ): Float64Array | undefined
}

/** One per connection. */
export function documentScorer(): DocumentScorer {
  let lengths: Lengths | undefined
  let counts = new Float64Array(0)
  let scores = new Float64Array(0)

  return {
    score(words, segments, { ofRow, change }) {
      if (lengths === undefined || lengths.segments !== segments || lengths.change !== change) lengths = measured(segments, ofRow, change)
      const { byDocument, documents, average, chunks } = lengths
      const weight = documentWeight(chunks, documents)
      if (weight === 0 || documents < 2) return undefined
      if (counts.length < byDocument.length) [counts, scores] = [new Float64Array(byDocument.length), new Float64Array(byDocument.length)]
      else scores.fill(0)
      let left = RANKING.postings
      for (const word of words.toSorted((one, two) => one.holding - two.holding)) {
        left -= word.holding
        if (left < 0) break
        const touched: number[] = []
        for (const found of word.forms) {
          segments.forEach((segment, index) => {
            const postings = found[index]
            if (postings !== undefined) countDocuments(postings.data, segment.rows, ofRow, counts, touched)
          })
        }
        const factor = weight * word.weight * inverseFrequency(documents, touched.length)
        for (const document of touched) {
          const saturated = documentSaturation(counts[document] ?? 0, byDocument[document] ?? 0, average, chunks / documents)
          scores[document] = (scores[document] ?? 0) + factor * saturated
          counts[document] = 0
        }
      }
      return scores
    },
  }
}

function measured(segments: readonly Segment[], ofRow: Uint32Array, change: number): Lengths {
  let highest = 0
  for (const { rows } of segments) for (const row of rows) highest = Math.max(highest, ofRow[row] ?? 0)
  const byDocument = new Float64Array(highest + 1)
  let [chunks, total] = [0, 0]
  for (const { rows, lengths } of segments) {
    for (let local = 0; local < rows.length; local++) {
      const document = ofRow[rows[local] as number] ?? 0
      if (document === 0) continue
      chunks += 1
      total += lengths[local] as number
      byDocument[document] = (byDocument[document] as number) + (lengths[local] as number)
    }
  }
  let documents = 0
  for (let document = 1; document <= highest; document++) if ((byDocument[document] as number) > 0) documents += 1
  return { segments, change, byDocument, documents, average: Math.max(1, total / Math.max(1, documents)), chunks }
}

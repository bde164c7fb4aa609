import type { SearchMode } from './database.ts'
import type { ErrorBody } from './errors.ts'
import type { Metadata } from './metadata.ts'

/** Rank from 1 and score as the engine gave it. */
export interface RankedScore {
  readonly rank: number
  readonly score: number
}

export interface Explanation {
  readonly dense: RankedScore | undefined // cosine similarity
  /** `document` is the part of the score that the whole document earned, `terms` are those of the passage. */
  readonly lexical: (RankedScore & { readonly terms: readonly { readonly term: string; readonly score: number }[]; readonly document?: number }) | undefined
  readonly fused: number
  /** What a reranker made of it; undefined when none was asked. */
  readonly reranked?: RankedScore | undefined
  /** Ids of chunks that were folded into this hit as near-duplicates or parts of the same passage. */
  readonly merged: readonly string[]
}

/** A chunk found for a question. `score` is 0 to 1 within one reply and falls with the rank. */
export interface Passage {
  readonly databaseId: string
  readonly chunkId: string
  readonly documentId: string
  readonly revision: number
  readonly externalId: string
  readonly name: string
  readonly title: string | undefined
  readonly mediaType: string
  readonly metadata: Metadata
  readonly text: string
  readonly start: number
  readonly end: number
  readonly headingPath: readonly string[]
  readonly pages: readonly [first: number, last: number] | undefined
  readonly score: number
  readonly explanation: Explanation
}

/** verified: the quote stands in the document. weak: nearly so. unsupported: it does not. */
export type Verdict = 'verified' | 'weak' | 'unsupported'

/** A quote in an answer. `quote` is the stored text between `start` and `end`, exactly, when the verdict is `verified`. */
export interface Citation {
  readonly number: number // from 1, as shown in the answer
  readonly databaseId: string
  readonly documentId: string
  readonly revision: number
  readonly chunkId: string
  readonly externalId: string
  readonly name: string
  readonly page: number | undefined
  readonly headingPath: readonly string[]
  readonly start: number // UTF-16 offsets in the extracted text of the document
  readonly end: number
  readonly quote: string
  readonly verdict: Verdict
  /** Why it is not `verified`, for a person. */
  readonly reason: string | undefined
}

/**
 * A sentence of an answer, and whether the passages that it cites say so. `uncited` is one that claims nothing to be checked or
 * that cites nothing; a claim without a source is `unsupported`.
 */
export interface SentenceCheck {
  readonly start: number // UTF-16 offsets in the text of the answer
  readonly end: number
  readonly verdict: Verdict | 'uncited'
  /** Numbers of its citations. */
  readonly citations: readonly number[]
  /** Why it is not `verified`, for a person. */
  readonly reason: string | undefined
}

/** What is being done before an answer is written, for whoever waits. */
export type AnswerStep = 'route' | 'condense' | 'retrieve' | 'grade' | 'rewrite' | 'write' | 'verify'

/**
 * What an answer streams, in this order: answer-start, answer-step*, passages-found, (text-delta | citation-found |
 * sentence-checked | answer-step)*, one answer-end or answer-error. The text of the end is all deltas together.
 */
export type AnswerEvent =
  | { readonly type: 'answer-start'; readonly mode: SearchMode; readonly writer: 'extractive' | string; readonly traceId: string }
  | { readonly type: 'answer-step'; readonly step: AnswerStep }
  | { readonly type: 'sentence-checked'; readonly sentence: SentenceCheck }
  | { readonly type: 'passages-found'; readonly passages: readonly Passage[] }
  | { readonly type: 'text-delta'; readonly text: string }
  | { readonly type: 'citation-found'; readonly citation: Citation }
  | {
      readonly type: 'answer-end'
      readonly answered: boolean
      readonly text: string
      readonly citations: readonly Citation[]
      readonly sentences: readonly SentenceCheck[]
      /** Who wrote it in the end: another than was told at the start when that one failed. */
      readonly writer: string
      /** Of language models. */
      readonly usage: Usage | undefined
      /** Micro-dollars of all that models were asked for it, embedding of queries and reranking among it; undefined: not known. */
      readonly cost: number | undefined
      readonly traceId: string
    }
  | { readonly type: 'answer-error'; readonly error: ErrorBody }

export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
}

/** Why a document is, or is not, among the results of a question. The first that applies, in this order. */
export type WhyReason =
  | 'not-ready' // queued or being read; nothing of it can be found yet
  | 'failed'
  | 'archive' // its entries are documents of their own
  | 'filtered-out'
  | 'nothing-in-common' // no word of the question, and no vector that is near
  | 'found'
  | 'merged' // it tells the same as a better hit
  | 'below-threshold'
  | 'ranked-lower'

export interface WhyReply {
  readonly documentId: string
  readonly externalId: string
  readonly name: string
  readonly reason: WhyReason
  /** The same for a person, in whole sentences. */
  readonly explanation: string
  readonly mode: SearchMode
  readonly degraded: string | undefined
  readonly error: ErrorBody | undefined
  /** Conditions that the document does not meet, with what it has instead. */
  readonly conditions: readonly { readonly condition: string; readonly has: readonly (string | number | boolean)[] }[]
  /** Its best chunk in each search, counted over chunks; undefined: not among the first `depth`. */
  readonly dense: RankedScore | undefined
  readonly lexical: RankedScore | undefined
  /** Analysed words of the question. */
  readonly terms: { readonly found: readonly string[]; readonly missing: readonly string[] }
  /** Rank among passages after merging; n or less means that it is in the reply. */
  readonly rank: number | undefined
  readonly mergedInto: { readonly documentId: string; readonly chunkId: string } | undefined
  /** How many chunks were looked at in each search. */
  readonly depth: number
}

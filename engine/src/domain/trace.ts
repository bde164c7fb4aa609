import type { Usage, Verdict } from './answer.ts'
import type { SearchMode } from './database.ts'

/**
 * How an answer came about, from question to verdicts: enough to see why it is as it is, and to ask the same again. A row of
 * `answer_traces`. Times are epoch ms, durations ms, costs micro-dollars.
 */
export interface AnswerTrace {
  /** 32 hexadecimal digits: also the id of the trace in OpenTelemetry. */
  readonly id: string
  readonly accountId: string
  readonly visitorId: string | undefined
  readonly publicationId: string | undefined
  readonly conversationId: string | undefined
  readonly answerId: string | undefined
  readonly databaseIds: readonly string[]
  readonly question: string
  readonly startedAt: number
  readonly ms: number
  readonly outcome: 'answered' | 'not-answered' | 'withheld' | 'refused' | 'failed' | 'stopped'
  /** `extractive`, or the model that wrote it. */
  readonly writer: string
  readonly steps: readonly TraceStep[]
  readonly searches: readonly TraceSearch[]
  readonly calls: readonly TraceCall[]
  readonly sentences: readonly {
    readonly text: string
    readonly verdict: Verdict | 'uncited'
    readonly citations: readonly number[]
    readonly reason: string | undefined
  }[]
  readonly text: string
  /** Of the calls. */
  readonly usage: Usage | undefined
  /** Of the calls and of the models that searches asked; undefined when that of one of them is not known. */
  readonly cost: number | undefined
  readonly error: string | undefined
  /** What was asked with: enough to ask it again. */
  readonly settings: Readonly<Record<string, string | number | boolean>>
}

export interface TraceStep {
  readonly node: string
  readonly startedAt: number
  readonly ms: number
  /** What it decided, for a person. */
  readonly note: string | undefined
}

export interface TraceSearch {
  readonly databaseId: string
  readonly versionId: string
  readonly query: string
  readonly mode: SearchMode
  readonly degraded: string | undefined
  readonly reranker: string | undefined
  /** Nothing was searched: the same was found before, and nothing has changed since. */
  readonly cached?: boolean
  /** What models took for it; absent in traces of a time when it was not noted. */
  readonly models?: readonly ModelUse[]
  readonly startedAt: number
  readonly ms: number
  readonly hits: readonly {
    readonly chunkId: string
    readonly documentId: string
    readonly name: string
    readonly score: number
    readonly dense: number | undefined
    readonly lexical: number | undefined
  }[]
}

/** What a search asked of a model that embeds its query, or that orders what it found. What came from a cache was asked of none. */
export interface ModelUse {
  readonly purpose: 'embed' | 'rerank'
  readonly model: string
  /** That it read: as the provider tells, or else an estimate. */
  readonly tokens: number
  /** As rerankers are paid; 0 of an embedder. */
  readonly searches: number
  /** Undefined: the price is not known. */
  readonly cost: number | undefined
  readonly startedAt: number
  readonly ms: number
}

/** One request to a language model. */
export interface TraceCall {
  readonly purpose: string
  readonly model: string
  readonly system: string
  readonly messages: readonly { readonly role: 'user' | 'assistant'; readonly text: string }[]
  readonly reply: string
  readonly startedAt: number
  readonly msToFirst: number | undefined
  readonly ms: number
  readonly usage: Usage | undefined
  readonly cost: number | undefined
  readonly error: string | undefined
}

import type { AnswerTrace } from '../domain/trace.ts'
import type { PageOf, PageRequest } from './catalog.ts'

/**
 * Traces of answers, for whoever asked or opened the chat to the visitor that did. A foreign id is answered like an unknown one.
 * They go with their conversation, their account, their visitor (also when somebody takes the visitor's conversations over) and their
 * databases.
 *
 * Errors  AppError `trace/not-found`, and those of the stores.
 */
export interface Traces {
  /**
   * Also of an answer that failed. Long texts are cut so that one takes at most 1 MiB. Nothing is kept of what belongs to somebody, to
   * a conversation or to a database that is not there any more, nor where none are to be kept; the same id again replaces the trace.
   */
  keepTrace(trace: AnswerTrace): Promise<void>
  trace(accountId: string, id: string): Promise<AnswerTrace>
  /** Newest first, without what they hold. */
  traces(accountId: string, page: PageRequest & { readonly databaseId?: string; readonly conversationId?: string }): Promise<PageOf<TraceSummary>>
  /** Begun before the moment (epoch ms), and those whose databases are gone. Returns how many. */
  sweepTraces(before: number): Promise<number>
}

export type TraceSummary = Pick<
  AnswerTrace,
  'id' | 'conversationId' | 'answerId' | 'databaseIds' | 'question' | 'startedAt' | 'ms' | 'outcome' | 'writer' | 'usage' | 'cost'
>

/** Where traces are told to, outside. Never throws, never waits. */
export interface Telemetry {
  told(trace: AnswerTrace): void
  close(): Promise<void>
}

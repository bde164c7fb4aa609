import type { AnswerStep, Citation, Passage, SentenceCheck } from '../../domain/answer.ts'
import type { GuardTopic } from '../../domain/answering.ts'
import type { AnswerTrace } from '../../domain/trace.ts'
import type { AboutConversation } from '../../steps/agent/about-conversation.ts'
import type { SmallTalk } from '../../steps/agent/small-talk.ts'
import type { Noted } from './trace.ts'

/** What is known of an answer after each node; JSON throughout, so that it can be kept and gone on from. */
export interface AnswerState {
  readonly traceId: string
  /** Of who asks, or who published the chat that is asked: what is kept goes with it. */
  readonly accountId: string
  /** Of whom may see what was found: another one does not go on with it. */
  readonly rights: string
  readonly question: string
  /** What is done with the question. */
  readonly kind: AnswerKind
  /** The databases that are searched. */
  readonly databaseIds: readonly string[]
  /** The question as it stands for itself. */
  readonly whole: string
  /** Questions that it goes on from, where nobody could put them into one. */
  readonly context: string
  /** What was said before the turns that are read whole. */
  readonly before: string | undefined
  /** To be searched for next. */
  readonly queries: readonly string[]
  /** What the passages are measured by: the question, or queries that a model made in its place. */
  readonly measures: readonly string[]
  /** Queries that were searched for already. */
  readonly tried: readonly string[]
  readonly passages: readonly Passage[]
  readonly holds: { readonly together: number; readonly best: number }
  readonly enough: boolean
  /** How often other queries were made. */
  readonly rewrites: number
  readonly guard: { readonly verdict: 'answer' | 'disclaimer' | 'refuse'; readonly topics: readonly GuardTopic[] }
  readonly text: string
  readonly citations: readonly Citation[]
  readonly sentences: readonly SentenceCheck[]
  readonly writer: string
  readonly outcome: AnswerTrace['outcome']
  /** What the last node decided, for a person. */
  readonly note: string | undefined
  /** Steps that were told, in their order: one that is gone on with tells them again, under the same numbers. */
  readonly told: readonly AnswerStep[]
  /** What its trace held so far; undefined where nothing is kept. */
  readonly noted: Noted | undefined
  /** As `AskRequest` brought it. */
  readonly asked: unknown
  /** Where it stands in its conversation. */
  readonly turn: TurnPlace | undefined
}

export interface TurnPlace {
  readonly conversationId: string
  /** Id of the message that the question stands after, or START. */
  readonly after: string
  /** The conversation begins with it. */
  readonly begins: boolean
}

export type AnswerKind =
  | { readonly of: 'documents' }
  | { readonly of: 'small-talk'; readonly talk: SmallTalk }
  | { readonly of: 'conversation'; readonly about: AboutConversation }
  | { readonly of: 'refused' }

export function newState(
  given: Pick<AnswerState, 'traceId' | 'rights' | 'question' | 'databaseIds' | 'writer'> & Partial<Pick<AnswerState, 'accountId' | 'asked' | 'turn'>>,
): AnswerState {
  return {
    accountId: '',
    asked: undefined,
    turn: undefined,
    told: [],
    noted: undefined,
    ...given,
    kind: { of: 'documents' },
    whole: given.question,
    context: '',
    before: undefined,
    queries: [],
    measures: [given.question],
    tried: [],
    passages: [],
    holds: { together: 0, best: 0 },
    enough: false,
    rewrites: 0,
    guard: { verdict: 'answer', topics: [] },
    text: '',
    citations: [],
    sentences: [],
    outcome: 'not-answered',
    note: undefined,
  }
}

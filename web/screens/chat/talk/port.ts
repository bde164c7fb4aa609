import type { QueryKey } from '@tanstack/react-query'
import type { Feedback, Message } from './message.ts'
import type { AnswerEvent } from './turn.ts'

export interface Loaded {
  readonly conversation: { readonly id: string; readonly title: string }
  readonly messages: readonly Message[]
}

export interface Reading {
  readonly signal: AbortSignal
  /** Told the id under which the answer is taken up again, where the server gives one. */
  readonly onStream: (stream: string) => void
}

/** How a conversation reaches the server: as somebody who signed in, or as a visitor of a published chat. */
export interface TalkPort<Data extends Loaded = Loaded> {
  /** The key without a leaf matches those of all branches of the conversation. */
  keyOf(conversation: string, leaf: string | undefined): QueryKey
  load(conversation: string, leaf: string | undefined, signal?: AbortSignal): Promise<Data>
  /** `conversation` "new" begins one; `parent` is left out where the question is its first. Aborting stops the answer. */
  ask(question: string, conversation: string, parent: string | undefined, reading: Reading): AsyncIterable<AnswerEvent>
  /** An answer that was asked for before, from its first event on and to its end. @throws stream/not-found */
  askAgain(stream: string, signal: AbortSignal): AsyncIterable<AnswerEvent>
  rate(conversation: string, message: string, feedback: Feedback): Promise<Feedback>
  /** An answer was kept: lists of conversations are no longer right. */
  changed(): void
}

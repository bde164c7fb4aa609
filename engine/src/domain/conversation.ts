import type { Citation, Usage } from './answer.ts'

/** Whose it is: exactly one of the two. Nobody else can find it. */
export type ConversationHolder = { readonly accountId: string } | { readonly visitorId: string }

/** A row of `chat_sessions`. */
export interface Conversation {
  readonly id: string
  readonly accountId: string | undefined
  readonly visitorId: string | undefined
  readonly publicationId: string | undefined
  readonly databaseIds: readonly string[]
  readonly title: string
  readonly messages: number
  readonly createdAt: number
  readonly updatedAt: number
  /** Epoch ms; undefined: kept until it is deleted. */
  readonly deleteAt: number | undefined
}

/** A row of `chat_messages`. */
export interface Message {
  readonly id: string
  readonly ordinal: number // from 1
  readonly role: 'user' | 'assistant'
  readonly text: string
  /** Of an answer. */
  readonly answered: boolean | undefined
  readonly citations: readonly Citation[]
  readonly usage: Usage | undefined
  readonly createdAt: number
}

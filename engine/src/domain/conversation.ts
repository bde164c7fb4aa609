import type { Citation, Passage, SentenceCheck, Usage } from './answer.ts'
import type { SearchMode } from './database.ts'

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
  /** Of all its branches. */
  readonly messages: number
  readonly createdAt: number
  readonly updatedAt: number
  /** Epoch ms; undefined: kept until it is deleted. */
  readonly deleteAt: number | undefined
  /** Undefined: no link opens it now. */
  readonly link: { readonly createdAt: number; readonly expiresAt: number | undefined } | undefined
}

/** What a first question of a conversation stands after. */
export const START = 'start'

/**
 * A row of `chat_messages`. Messages of a conversation are a tree: several that follow the same one are its versions, each
 * with what was said after it. A branch is the chain from a first message to one that nothing follows.
 */
export interface Message {
  readonly id: string
  readonly ordinal: number // from 1, in order of time over all branches: a message is younger than the one it follows
  /** The message that it follows; undefined for a first one. */
  readonly parentId: string | undefined
  readonly role: 'user' | 'assistant'
  readonly text: string
  /** Of an answer. */
  readonly answered: boolean | undefined
  readonly citations: readonly Citation[]
  /** Of an answer: its sentences as they were checked. */
  readonly sentences: readonly SentenceCheck[]
  /** Of an answer that the documents did not hold: what was nearest, best first. */
  readonly nearest: readonly NearPassage[]
  /** Of an answer: who wrote it, after which search. */
  readonly writer: string | undefined
  readonly mode: SearchMode | undefined
  readonly usage: Usage | undefined
  /** Of an answer: micro-dollars of all that models were asked for it; undefined: not known. */
  readonly cost: number | undefined
  /** Of an answer: how it came about can be read there for a while. */
  readonly traceId: string | undefined
  /** Of an answer: what was said from the beginning of its branch up to and including it, told in short, when somebody needed it. */
  readonly summary: string | undefined
  readonly feedback: Feedback | undefined
  readonly createdAt: number
}

/** `versions`: ids of the messages that follow the same one, itself among them, oldest first. */
export type PlacedMessage = Message & { readonly versions: readonly string[] }

export type NearPassage = Pick<Passage, 'databaseId' | 'documentId' | 'name' | 'headingPath' | 'pages' | 'text' | 'start' | 'end'>

/** Of an answer, by whoever holds the conversation. */
export interface Feedback {
  readonly rating: 'up' | 'down'
  readonly comment: string | undefined
}

/** Opens a conversation, as it was, to whoever has it. At most one each. A row of `chat_links`. */
export interface ConversationLink {
  readonly id: string
  readonly conversationId: string
  readonly accountId: string
  /** As it was when the link was made; so is what it shows: the branch up to this message. */
  readonly title: string
  readonly upTo: string | undefined
  readonly createdAt: number
  readonly expiresAt: number | undefined
}

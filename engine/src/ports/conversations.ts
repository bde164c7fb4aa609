import type { Conversation, ConversationHolder, ConversationLink, Feedback, Message, PlacedMessage } from '../domain/conversation.ts'
import type { PageOf, PageRequest } from './catalog.ts'

/**
 * Chat sessions and their messages (tables `chat_sessions`, `chat_messages`, `chat_links`). Every look-up takes the holder: a
 * foreign id is answered like an unknown one.
 *
 * Tree    messages of a conversation are a tree that only grows; its current branch ends with the message written last.
 * Errors  AppError `conversation/not-found`, `message/not-found`, and those of the stores.
 */
export interface Conversations {
  createConversation(input: NewConversation): Promise<Conversation>
  conversation(holder: ConversationHolder, id: string): Promise<Conversation>
  /**
   * Last changed first. With `words` those that have each of them in the title or in a message of any branch, whatever its
   * case; of the messages the newest 1,000 are looked at. A page looks at no more than 500 conversations and not for long: it
   * may hold fewer than `limit` although others follow. `told` leaves out those that have no messages yet.
   */
  conversations(holder: ConversationHolder, page: PageRequest & { readonly words?: readonly string[]; readonly told?: boolean }): Promise<PageOf<Conversation>>
  /** A branch in order, by default the current one; at most the newest 1,000. @throws message/not-found */
  messages(holder: ConversationHolder, id: string, place?: BranchPlace): Promise<readonly PlacedMessage[]>
  /**
   * Question and answer together, so that a conversation never ends in half a turn. They stand after the message `after`,
   * START: as a first one, undefined: at the end of the current branch. A question that stands there in the same words
   * already is not written again: the answer is one more version of its answer. Returns the turn as it is stored.
   * @throws message/not-found when `after` is no answer of this conversation
   */
  addTurn(holder: ConversationHolder, id: string, turn: readonly NewMessage[], deleteAt: number | undefined, after?: string): Promise<readonly Message[]>
  /**
   * Undefined takes it back. Of a conversation with a published chat it counts there, also when the conversation is deleted.
   * @throws message/not-found for what is no answer
   */
  setFeedback(holder: ConversationHolder, id: string, messageId: string, feedback: Feedback | undefined): Promise<void>
  /** Keeps what was said up to and including an answer, told in short, with that answer. @throws message/not-found for what is no answer */
  setSummary(holder: ConversationHolder, id: string, messageId: string, summary: string): Promise<void>
  renameConversation(holder: ConversationHolder, id: string, title: string): Promise<Conversation>
  /** Returns whether there was one. */
  removeConversation(holder: ConversationHolder, id: string): Promise<boolean>
  /** All of an account that is deleted. */
  removeConversations(accountId: string): Promise<number>

  /** Opens what the current branch holds now; one that was there no longer works. */
  createLink(accountId: string, id: string, link: NewLink): Promise<ConversationLink>
  /** Returns whether there was one. */
  removeLink(accountId: string, id: string): Promise<boolean>
  /** Undefined when it was taken back, its time is over, the conversation is gone, or its holder may not act. */
  link(id: string): Promise<{ readonly link: ConversationLink; readonly secretHash: string } | undefined>
}

/** Which branch: at most one of the two. `most` leaves the newest ones. */
export interface BranchPlace {
  /** Ends with this message. */
  readonly upTo?: string
  /** Goes through this message, and on with what was written last after it. */
  readonly through?: string
  readonly most?: number
}

export interface NewConversation {
  readonly holder: ConversationHolder
  readonly publicationId: string | undefined
  readonly databaseIds: readonly string[]
  readonly title: string
  readonly deleteAt: number | undefined
}

export type NewMessage = Omit<Message, 'id' | 'ordinal' | 'parentId' | 'summary' | 'feedback' | 'createdAt'>

export interface NewLink {
  readonly id: string
  readonly secretHash: string
  readonly expiresAt: number | undefined
}

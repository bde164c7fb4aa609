import type { Conversation, ConversationHolder, Message } from '../domain/conversation.ts'
import type { PageOf, PageRequest } from './catalog.ts'

/**
 * Chat sessions and their messages (tables `chat_sessions`, `chat_messages`). Every look-up takes the holder: a foreign id
 * is answered like an unknown one.
 *
 * Errors  AppError `conversation/not-found`, and those of the stores.
 */
export interface Conversations {
  createConversation(input: NewConversation): Promise<Conversation>
  conversation(holder: ConversationHolder, id: string): Promise<Conversation>
  /** Last changed first. */
  conversations(holder: ConversationHolder, page: PageRequest): Promise<PageOf<Conversation>>
  /** In order; at most the newest 1,000. */
  messages(holder: ConversationHolder, id: string): Promise<readonly Message[]>
  /** Question and answer together, so that a conversation never ends in half a turn. */
  addTurn(holder: ConversationHolder, id: string, turn: readonly NewMessage[], deleteAt: number | undefined): Promise<readonly Message[]>
  renameConversation(holder: ConversationHolder, id: string, title: string): Promise<Conversation>
  /** Returns whether there was one. */
  removeConversation(holder: ConversationHolder, id: string): Promise<boolean>
  /** All of an account that is deleted. */
  removeConversations(accountId: string): Promise<number>
}

export interface NewConversation {
  readonly holder: ConversationHolder
  readonly publicationId: string | undefined
  readonly databaseIds: readonly string[]
  readonly title: string
  readonly deleteAt: number | undefined
}

export type NewMessage = Omit<Message, 'id' | 'ordinal' | 'createdAt'>

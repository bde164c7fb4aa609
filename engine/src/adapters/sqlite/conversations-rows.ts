import type { Citation, SentenceCheck, Usage } from '../../domain/answer.ts'
import type { Conversation, ConversationHolder, ConversationLink, Feedback, Message, NearPassage, PlacedMessage } from '../../domain/conversation.ts'
import type { SearchMode } from '../../domain/database.ts'
import { AppError } from '../../domain/errors.ts'
import { json, number, optionalNumber, optionalText, text } from './catalog-rows.ts'
import type { Row, SqliteFile } from './database.ts'

/** Ordinals are dense and begin with 1: the last one is the count. */
export const CONVERSATIONS = `SELECT s.*, coalesce((SELECT max(m.ordinal) FROM chat_messages m WHERE m.session_id = s.id), 0) AS messages,
  l.created_at AS link_created_at, l.expires_at AS link_expires_at FROM chat_sessions s LEFT JOIN chat_links l ON l.session_id = s.id`

/** @throws conversation/not-found */
export function findConversation(file: SqliteFile, holder: ConversationHolder, id: string, now: number): Conversation {
  const [column, holderId] = columnOf(holder)
  const row = file.get(`${CONVERSATIONS} WHERE s.id = ? AND s.${column} = ?`, id, holderId)
  if (row === undefined) throw new AppError('conversation/not-found', { conversation: id })
  return conversationOf(row, now)
}

export function columnOf(holder: ConversationHolder): readonly ['account_id' | 'visitor_id', string] {
  return 'accountId' in holder ? ['account_id', holder.accountId] : ['visitor_id', holder.visitorId]
}

export function conversationOf(row: Row, now: number): Conversation {
  return {
    id: text(row, 'id'),
    accountId: optionalText(row, 'account_id'),
    visitorId: optionalText(row, 'visitor_id'),
    publicationId: optionalText(row, 'publication_id'),
    databaseIds: json<string[]>(row, 'database_ids'),
    title: text(row, 'title'),
    messages: number(row, 'messages'),
    createdAt: number(row, 'created_at'),
    updatedAt: number(row, 'updated_at'),
    deleteAt: optionalNumber(row, 'delete_at'),
    link: openLinkOf(row, now),
  }
}

function openLinkOf(row: Row, now: number): Conversation['link'] {
  const [createdAt, expiresAt] = [optionalNumber(row, 'link_created_at'), optionalNumber(row, 'link_expires_at')]
  return createdAt === undefined || (expiresAt !== undefined && expiresAt <= now) ? undefined : { createdAt, expiresAt }
}

export function messageOf(row: Row): Message {
  return {
    id: text(row, 'id'),
    ordinal: number(row, 'ordinal'),
    parentId: optionalText(row, 'parent_id'),
    role: text(row, 'role') as Message['role'],
    text: text(row, 'text'),
    answered: row.answered === null ? undefined : number(row, 'answered') === 1,
    citations: json<Citation[]>(row, 'citations'),
    sentences: json<SentenceCheck[]>(row, 'sentences'),
    nearest: json<NearPassage[]>(row, 'nearest'),
    writer: optionalText(row, 'writer'),
    mode: row.mode === null ? undefined : json<SearchMode>(row, 'mode'),
    usage: row.usage === null ? undefined : json<Usage>(row, 'usage'),
    cost: optionalNumber(row, 'cost'),
    traceId: optionalText(row, 'trace_id'),
    summary: optionalText(row, 'summary'),
    feedback: row.rating === null ? undefined : { rating: text(row, 'rating') as Feedback['rating'], comment: optionalText(row, 'comment') },
    createdAt: number(row, 'created_at'),
  }
}

export function placedOf(row: Row): PlacedMessage {
  return { ...messageOf(row), versions: json<string[]>(row, 'versions') }
}

export function linkOf(row: Row): ConversationLink {
  return {
    id: text(row, 'id'),
    conversationId: text(row, 'session_id'),
    accountId: text(row, 'account_id'),
    title: text(row, 'title'),
    upTo: optionalText(row, 'up_to'),
    createdAt: number(row, 'created_at'),
    expiresAt: optionalNumber(row, 'expires_at'),
  }
}

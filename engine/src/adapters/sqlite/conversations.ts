import type { Citation, Usage } from '../../domain/answer.ts'
import type { Conversation, ConversationHolder, Message } from '../../domain/conversation.ts'
import { AppError } from '../../domain/errors.ts'
import type { Conversations, NewMessage } from '../../ports/conversations.ts'
import { pageOf, pageSize, readCursor } from '../catalog-rules.ts'
import { findActing } from './accounts-rows.ts'
import { inBatches } from './batches.ts'
import { FIRST } from './catalog-databases.ts'
import { json, number, optionalNumber, optionalText, text } from './catalog-rows.ts'
import type { Row, SqliteFile } from './database.ts'
import type { Making } from './queue-rows.ts'

const MOST_MESSAGES = 1000
/** Ordinals are dense and begin with 1: the last one is the count. */
const CONVERSATIONS = `SELECT s.*, coalesce((SELECT max(m.ordinal) FROM chat_messages m WHERE m.session_id = s.id), 0) AS messages FROM chat_sessions s`

/** Chat sessions in the file of the catalog. */
export function sqliteConversations(file: SqliteFile, { now, newId }: Making): Conversations {
  function find(holder: ConversationHolder, id: string): Conversation {
    const [column, holderId] = columnOf(holder)
    const row = file.get(`${CONVERSATIONS} WHERE s.id = ? AND s.${column} = ?`, id, holderId)
    if (row === undefined) throw new AppError('conversation/not-found', { conversation: id })
    return conversationOf(row)
  }
  function assertHolder(holder: ConversationHolder): void {
    if ('accountId' in holder) findActing(file, holder.accountId)
    else if (file.get('SELECT id FROM visitors WHERE id = ? AND claimed_by IS NULL', holder.visitorId) === undefined) {
      throw new AppError('visitor/not-found', { visitor: holder.visitorId })
    }
  }
  function insert(sessionId: string, ordinal: number, { role, text: said, answered, citations, usage }: NewMessage, time: number): Message {
    const row = file.get(
      `INSERT INTO chat_messages (id, session_id, ordinal, role, text, answered, citations, usage, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`,
      ...[newId('msg'), sessionId, ordinal, role, said, answered, JSON.stringify(citations), usage === undefined ? undefined : JSON.stringify(usage), time],
    )
    if (row === undefined) throw new AppError('internal', { reason: 'an inserted message is not there' })
    return messageOf(row)
  }

  return {
    async createConversation({ holder, publicationId, databaseIds, title, deleteAt }) {
      return file.write(() => {
        assertHolder(holder)
        const [column, holderId] = columnOf(holder)
        const [id, time] = [newId('conv'), now()]
        file.run(
          `INSERT INTO chat_sessions (id, ${column}, publication_id, database_ids, title, created_at, updated_at, delete_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
          ...[id, holderId, publicationId, JSON.stringify(databaseIds), title, time, time, deleteAt],
        )
        return find(holder, id)
      })
    },
    async conversation(holder, id) {
      return find(holder, id)
    },
    async conversations(holder, { limit, cursor }) {
      const size = pageSize(limit)
      const place = readCursor(cursor) ?? FIRST
      const [column, holderId] = columnOf(holder)
      const rows = file.all(
        `${CONVERSATIONS} WHERE s.${column} = ? AND s.updated_at <= ? AND (s.updated_at < ? OR s.id > ?) ORDER BY s.updated_at DESC, s.id LIMIT ?`,
        ...[holderId, place.createdAt, place.createdAt, place.id, size + 1],
      )
      // The cursor is a place in the order by the last change.
      const page = pageOf(
        rows.map(conversationOf).map((conversation) => ({ createdAt: conversation.updatedAt, id: conversation.id, conversation })),
        size,
      )
      return { items: page.items.map(({ conversation }) => conversation), nextCursor: page.nextCursor }
    },
    async messages(holder, id) {
      return file.read(() => {
        find(holder, id)
        const newest = file.all('SELECT * FROM chat_messages WHERE session_id = ? ORDER BY ordinal DESC LIMIT ?', id, MOST_MESSAGES)
        return newest.reverse().map(messageOf)
      })
    },
    async addTurn(holder, id, turn, deleteAt) {
      return file.write(() => {
        const { messages, updatedAt } = find(holder, id)
        const time = Math.max(now(), updatedAt)
        file.run('UPDATE chat_sessions SET updated_at = ?, delete_at = ? WHERE id = ?', time, deleteAt, id)
        return turn.map((message, index) => insert(id, messages + index + 1, message, time))
      })
    },
    async renameConversation(holder, id, title) {
      return file.write(() => {
        const { updatedAt } = find(holder, id)
        file.run('UPDATE chat_sessions SET title = ?, updated_at = ? WHERE id = ?', title, Math.max(now(), updatedAt), id)
        return find(holder, id)
      })
    },
    async removeConversation(holder, id) {
      const [column, holderId] = columnOf(holder)
      return file.write(() => file.run(`DELETE FROM chat_sessions WHERE id = ? AND ${column} = ?`, id, holderId) > 0, { freesSpace: true })
    },
    async removeConversations(accountId) {
      return inBatches(file, 'DELETE FROM chat_sessions WHERE id IN (SELECT id FROM chat_sessions WHERE account_id = ? LIMIT ?)', accountId)
    },
  }
}

function columnOf(holder: ConversationHolder): readonly ['account_id' | 'visitor_id', string] {
  return 'accountId' in holder ? ['account_id', holder.accountId] : ['visitor_id', holder.visitorId]
}

function conversationOf(row: Row): Conversation {
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
  }
}

function messageOf(row: Row): Message {
  return {
    id: text(row, 'id'),
    ordinal: number(row, 'ordinal'),
    role: text(row, 'role') as Message['role'],
    text: text(row, 'text'),
    answered: row.answered === null ? undefined : number(row, 'answered') === 1,
    citations: json<Citation[]>(row, 'citations'),
    usage: row.usage === null ? undefined : json<Usage>(row, 'usage'),
    createdAt: number(row, 'created_at'),
  }
}

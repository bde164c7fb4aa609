import type { Conversation, ConversationHolder } from '../../domain/conversation.ts'
import { AppError } from '../../domain/errors.ts'
import type { PageOf } from '../../ports/catalog.ts'
import type { Conversations } from '../../ports/conversations.ts'
import { foldForSearch, pageOf, pageSize, readCursor } from '../catalog-rules.ts'
import { findActing } from './accounts-rows.ts'
import { inBatches } from './batches.ts'
import { FIRST } from './catalog-databases.ts'
import { text } from './catalog-rows.ts'
import { branchMethods } from './conversations-branches.ts'
import { linkMethods } from './conversations-links.ts'
import { CONVERSATIONS, columnOf, conversationOf, findConversation } from './conversations-rows.ts'
import type { SqliteFile } from './database.ts'
import type { Making } from './queue-rows.ts'

/** Source: some 20 MB of text at most in ordinary use, which is read in well under 0.1 s. */
const MOST_SEARCHED = 500
/** How long (ms) one page looks: nothing else is answered meanwhile. What is left is behind the cursor. */
const SEARCH_MS = 50
/** Of each conversation, the newest. */
const MESSAGES_SEARCHED = 1000
const MESSAGES_AT_ONCE = 50

/** Chat sessions in the file of the catalog. `elapsed` is a clock in ms for how long something took. */
export function sqliteConversations(file: SqliteFile, making: Making, elapsed = () => performance.now()): Conversations {
  const { now, newId } = making
  const find = (holder: ConversationHolder, id: string) => findConversation(file, holder, id, now())

  function assertHolder(holder: ConversationHolder): void {
    if ('accountId' in holder) findActing(file, holder.accountId)
    else if (file.get('SELECT id FROM visitors WHERE id = ? AND claimed_by IS NULL', holder.visitorId) === undefined) {
      throw new AppError('visitor/not-found', { visitor: holder.visitorId })
    }
  }

  /** In the order of the list, from a place on. */
  function listed(holder: ConversationHolder, cursor: string | undefined, most: number, told: boolean): readonly Conversation[] {
    const place = readCursor(cursor) ?? FIRST
    const [column, holderId] = columnOf(holder)
    const some = told ? 'AND EXISTS (SELECT 1 FROM chat_messages m WHERE m.session_id = s.id)' : ''
    const rows = file.all(
      `${CONVERSATIONS} WHERE s.${column} = ? AND s.updated_at <= ? AND (s.updated_at < ? OR s.id > ?) ${some} ORDER BY s.updated_at DESC, s.id LIMIT ?`,
      ...[holderId, place.createdAt, place.createdAt, place.id, most],
    )
    return rows.map((row) => conversationOf(row, now()))
  }
  /** The newest messages first: as soon as each word was found, no more are read. */
  function holds(id: string, words: readonly string[]): boolean {
    const keep = (key: string, sought: readonly string[]) => sought.filter((word) => !key.includes(word))
    let left = keep(text(file.get('SELECT search_key FROM chat_sessions WHERE id = ?', id) ?? {}, 'search_key'), words)
    for (let read = 0; left.length > 0 && read < MESSAGES_SEARCHED; read += MESSAGES_AT_ONCE) {
      const rows = file.all('SELECT search_key FROM chat_messages WHERE session_id = ? ORDER BY ordinal DESC LIMIT ? OFFSET ?', id, MESSAGES_AT_ONCE, read)
      for (const row of rows) left = keep(text(row, 'search_key'), left)
      if (rows.length < MESSAGES_AT_ONCE) break
    }
    return left.length === 0
  }
  function found(holder: ConversationHolder, cursor: string | undefined, size: number, words: readonly string[], told: boolean): PageOf<Conversation> {
    const seen = listed(holder, cursor, MOST_SEARCHED + 1, told)
    const sought = tellingWords(words)
    const items: Conversation[] = []
    const began = elapsed()
    for (const [index, conversation] of seen.entries()) {
      const isOver = index > 0 && elapsed() - began >= SEARCH_MS
      if (isOver || index === MOST_SEARCHED || items.length === size) return { items, nextCursor: cursorBehind(seen, index) }
      if (holds(conversation.id, sought)) items.push(conversation)
    }
    return { items, nextCursor: undefined }
  }

  return {
    ...branchMethods(file, making),
    ...linkMethods(file, making),
    async createConversation({ holder, publicationId, databaseIds, title, deleteAt }) {
      return file.write(() => {
        assertHolder(holder)
        const [column, holderId] = columnOf(holder)
        const [id, time] = [newId('conv'), now()]
        file.run(
          `INSERT INTO chat_sessions (id, ${column}, publication_id, database_ids, title, search_key, created_at, updated_at, delete_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          ...[id, holderId, publicationId, JSON.stringify(databaseIds), title, foldForSearch(title), time, time, deleteAt],
        )
        return find(holder, id)
      })
    },
    async conversation(holder, id) {
      return find(holder, id)
    },
    async conversations(holder, { limit, cursor, words = [], told = false }) {
      const size = pageSize(limit)
      if (words.length > 0) return file.read(() => found(holder, cursor, size, words, told))
      const all = listed(holder, cursor, size + 1, told)
      return { items: all.slice(0, size), nextCursor: cursorBehind(all, size) }
    },
    async renameConversation(holder, id, title) {
      return file.write(() => {
        const { updatedAt } = find(holder, id)
        file.run('UPDATE chat_sessions SET title = ?, search_key = ?, updated_at = ? WHERE id = ?', title, foldForSearch(title), Math.max(now(), updatedAt), id)
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

/** As texts are kept for the search, without those that stand in another one of them; the longest first, which fewest texts have. */
function tellingWords(words: readonly string[]): readonly string[] {
  const folded = [...new Set(words.map(foldForSearch))].sort((one, other) => other.length - one.length)
  return folded.filter((word, index) => !folded.slice(0, index).some((longer) => longer.includes(word)))
}

/** The cursor is a place in the order by the last change: behind the first `count` of these. */
function cursorBehind(conversations: readonly Conversation[], count: number): string | undefined {
  return pageOf(
    conversations.map(({ id, updatedAt }) => ({ createdAt: updatedAt, id })),
    count,
  ).nextCursor
}

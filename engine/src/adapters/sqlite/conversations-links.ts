import { AppError } from '../../domain/errors.ts'
import type { Conversations } from '../../ports/conversations.ts'
import { text } from './catalog-rows.ts'
import { lastOf } from './conversations-branches.ts'
import { findConversation, linkOf } from './conversations-rows.ts'
import type { SqliteFile } from './database.ts'
import type { Making } from './queue-rows.ts'

const LINKS = `SELECT l.*, s.account_id FROM chat_links l JOIN chat_sessions s ON s.id = l.session_id
  JOIN accounts a ON a.id = s.account_id AND a.state IN ('active', 'unclaimed')`

/** Links that open a conversation, as it was, to whoever has them. */
export function linkMethods(file: SqliteFile, { now }: Pick<Making, 'now'>): Pick<Conversations, 'createLink' | 'removeLink' | 'link'> {
  return {
    async createLink(accountId, id, { id: linkId, secretHash, expiresAt }) {
      return file.write(() => {
        const { title } = findConversation(file, { accountId }, id, now())
        file.run(
          `INSERT INTO chat_links (session_id, id, secret_hash, title, up_to, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
           ON CONFLICT (session_id) DO UPDATE SET id = ?2, secret_hash = ?3, title = ?4, up_to = ?5, created_at = ?6, expires_at = ?7`,
          ...[id, linkId, secretHash, title, lastOf(file, id), now(), expiresAt],
        )
        const row = file.get(`${LINKS} WHERE l.session_id = ?`, id)
        if (row === undefined) throw new AppError('conversation/not-found', { conversation: id })
        return linkOf(row)
      })
    },
    async removeLink(accountId, id) {
      return file.write(() => {
        findConversation(file, { accountId }, id, now())
        return file.run('DELETE FROM chat_links WHERE session_id = ?', id) > 0
      })
    },
    async link(id) {
      const row = file.get(`${LINKS} WHERE l.id = ? AND (l.expires_at IS NULL OR l.expires_at > ?)`, id, now())
      return row === undefined ? undefined : { link: linkOf(row), secretHash: text(row, 'secret_hash') }
    },
  }
}

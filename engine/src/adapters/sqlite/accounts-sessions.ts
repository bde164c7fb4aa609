import { AppError } from '../../domain/errors.ts'
import type { Accounts } from '../../ports/accounts.ts'
import { accountOf, findAccount, NOTE_EVERY_MS, sessionOf, signOut } from './accounts-rows.ts'
import { text } from './catalog-rows.ts'
import type { SqliteFile } from './database.ts'
import type { Making } from './queue-rows.ts'

type SessionMethods = Pick<Accounts, 'createSession' | 'session' | 'sessions' | 'touchSession' | 'endSession' | 'endSessions'>

export function sessionMethods(file: SqliteFile, { now }: Making): SessionMethods {
  return {
    async createSession({ id, accountId, secretHash, label, expiresAt, validAfter }) {
      return file.write(() => {
        const account = findAccount(file, accountId)
        const moved = validAfter !== undefined && validAfter !== account.validAfter
        if (account.state !== 'active' || moved) throw new AppError('account/not-found', { account: accountId })
        const time = now()
        file.run(
          'INSERT INTO sessions (id, account_id, secret_hash, label, created_at, last_seen_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
          ...[id, accountId, secretHash, label, time, time, expiresAt],
        )
        return { id, accountId, label, createdAt: time, lastSeenAt: time, expiresAt }
      })
    },
    async session(id) {
      return file.read(() => {
        const row = file.get('SELECT * FROM sessions WHERE id = ? AND expires_at > ?', id, now())
        if (row === undefined) return undefined
        const account = file.get("SELECT * FROM accounts WHERE id = ? AND state = 'active'", text(row, 'account_id'))
        return account === undefined ? undefined : { session: sessionOf(row), secretHash: text(row, 'secret_hash'), account: accountOf(account) }
      })
    },
    async sessions(accountId) {
      return file.all('SELECT * FROM sessions WHERE account_id = ? AND expires_at > ? ORDER BY created_at DESC, id', accountId, now()).map(sessionOf)
    },
    async touchSession(id, expiresAt) {
      const time = now()
      // Looked up first: most of the time nothing is written, and no write lock is taken.
      const due = 'id = ? AND expires_at > ? AND last_seen_at <= ?'
      if (file.get(`SELECT id FROM sessions WHERE ${due}`, id, time, time - NOTE_EVERY_MS) === undefined) return
      file.run(`UPDATE sessions SET last_seen_at = ?, expires_at = max(expires_at, ?) WHERE ${due}`, ...[time, expiresAt, id, time, time - NOTE_EVERY_MS])
    },
    async endSession(accountId, id) {
      return file.run('DELETE FROM sessions WHERE id = ? AND account_id = ? AND expires_at > ?', id, accountId, now()) > 0
    },
    async endSessions(accountId, exceptSession) {
      file.write(() => {
        findAccount(file, accountId)
        signOut(file, accountId, now(), exceptSession)
      })
    },
  }
}

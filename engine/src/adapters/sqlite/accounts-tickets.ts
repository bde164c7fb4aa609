import { emailKey, FIRST_OWNER_ID, type Role, type Ticket } from '../../domain/account.ts'
import { AppError } from '../../domain/errors.ts'
import type { Accounts } from '../../ports/accounts.ts'
import { assertEmailFree, findAccount, isOpen, personKey, sameHash, setPasswordHash, ticketOf } from './accounts-rows.ts'
import { text } from './catalog-rows.ts'
import type { Row, SqliteFile } from './database.ts'
import type { Making } from './queue-rows.ts'

type TicketMethods = Pick<Accounts, 'createTicket' | 'ticket' | 'invitations' | 'revokeTicket' | 'redeemClaim' | 'redeemReset' | 'redeemInvitation'>

const TICKETS = 'SELECT t.*, a.state AS account_state, a.role AS account_role FROM tickets t JOIN accounts a ON a.id = t.account_id'

export function ticketMethods(file: SqliteFile, { now, newId }: Making): TicketMethods {
  function open(id: string): Row | undefined {
    const row = file.get(`${TICKETS} WHERE t.id = ? AND t.expires_at > ?`, id, now())
    return row !== undefined && isOpen(row) ? row : undefined
  }
  /** Within the caller's transaction: whatever fails after it gives the ticket back. */
  function use(id: string, secretHash: string, purpose: Ticket['purpose']): Ticket {
    const row = open(id)
    if (row === undefined || text(row, 'purpose') !== purpose || !sameHash(text(row, 'secret_hash'), secretHash)) throw new AppError('ticket/invalid')
    file.run('DELETE FROM tickets WHERE id = ?', id)
    return ticketOf(row)
  }

  return {
    async createTicket({ id, purpose, accountId, email, role, secretHash, expiresAt }) {
      return file.write(() => {
        findAccount(file, accountId)
        if (purpose === 'claim') file.run("DELETE FROM tickets WHERE purpose = 'claim'")
        const time = now()
        const key = email === undefined ? undefined : emailKey(email)
        file.run(
          'INSERT INTO tickets (id, purpose, account_id, secret_hash, email, role, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
          ...[id, purpose, accountId, secretHash, key, role, time, expiresAt],
        )
        return { id, purpose, accountId, email: key, role, createdAt: time, expiresAt }
      })
    },
    async ticket(id) {
      const row = open(id)
      return row === undefined ? undefined : { ticket: ticketOf(row), secretHash: text(row, 'secret_hash') }
    },
    async invitations(inviterId) {
      const rows = file.all(
        `${TICKETS} WHERE t.purpose = 'invitation' AND (?1 IS NULL OR t.account_id = ?1) AND t.expires_at > ?2 ORDER BY t.created_at DESC, t.id`,
        ...[inviterId, now()],
      )
      return rows.filter(isOpen).map(ticketOf)
    },
    async revokeTicket(id, inviterId) {
      const gone = file.run(
        "DELETE FROM tickets WHERE id = ?1 AND purpose = 'invitation' AND (?2 IS NULL OR account_id = ?2) AND expires_at > ?3",
        ...[id, inviterId, now()],
      )
      return gone > 0
    },
    async redeemClaim(ticketId, secretHash, person) {
      return file.write(() => {
        if (findAccount(file, FIRST_OWNER_ID).state !== 'unclaimed') throw new AppError('account/claimed')
        use(ticketId, secretHash, 'claim')
        const email = emailKey(person.email)
        assertEmailFree(file, email, FIRST_OWNER_ID)
        file.run(
          "UPDATE accounts SET state = 'active', email = ?, name = ?, password_hash = ?, search_key = ? WHERE id = ?",
          ...[email, person.name, person.passwordHash, personKey({ ...person, email }), FIRST_OWNER_ID],
        )
        file.run("DELETE FROM tickets WHERE purpose = 'claim'")
        return findAccount(file, FIRST_OWNER_ID)
      })
    },
    async redeemReset(ticketId, secretHash, passwordHash) {
      return file.write(() => {
        const { accountId } = use(ticketId, secretHash, 'reset')
        setPasswordHash(file, accountId, passwordHash, now(), undefined)
        return findAccount(file, accountId)
      })
    },
    async redeemInvitation(ticketId, secretHash, { name, passwordHash }) {
      return file.write(() => {
        const { email, role } = use(ticketId, secretHash, 'invitation')
        assertEmailFree(file, email, '')
        const id = newId('usr')
        file.run(
          `INSERT INTO accounts (id, email, name, role, state, password_hash, valid_after, search_key, created_at)
           VALUES (?, ?, ?, ?, 'active', ?, 0, ?, ?)`,
          ...[id, email, name, role, passwordHash, personKey({ email, name }), now()],
        )
        return findAccount(file, id)
      })
    },
  }
}

/** Uses up an invitation of this address and role, within the caller's transaction. @throws ticket/invalid */
export function useInvitation(file: SqliteFile, id: string, wanted: { readonly email: string | undefined; readonly role: Role; readonly time: number }): void {
  const row = file.get(`${TICKETS} WHERE t.id = ? AND t.purpose = 'invitation' AND t.expires_at > ?`, id, wanted.time)
  const ticket = row !== undefined && isOpen(row) ? ticketOf(row) : undefined
  if (ticket === undefined || ticket.email !== wanted.email || ticket.role !== wanted.role) throw new AppError('ticket/invalid')
  file.run('DELETE FROM tickets WHERE id = ?', id)
}

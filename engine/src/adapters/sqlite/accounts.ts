import { type Account, emailKey, FIRST_OWNER_ID, type ProviderIdentity } from '../../domain/account.ts'
import { AppError } from '../../domain/errors.ts'
import type { AccountChange, Accounts } from '../../ports/accounts.ts'
import { foldForSearch, pageOf, pageSize, readCursor } from '../catalog-rules.ts'
import { accountOf, assertEmailFree, assertPlan, findAccount, NOTE_EVERY_MS, personKey, setPasswordHash } from './accounts-rows.ts'
import { sessionMethods } from './accounts-sessions.ts'
import { ticketMethods, useInvitation } from './accounts-tickets.ts'
import { inBatches } from './batches.ts'
import { FIRST } from './catalog-databases.ts'
import { number, optionalText, text } from './catalog-rows.ts'
import { dropCheckpoints } from './checkpoints.ts'
import type { SqliteFile } from './database.ts'
import type { Making } from './queue-rows.ts'

/** People in the file of the catalog; every thread makes its own over its own connection. */
export function sqliteAccounts(file: SqliteFile, making: Making): Accounts {
  return { ...personMethods(file, making), ...removalMethods(file, making), ...sessionMethods(file, making), ...ticketMethods(file, making) }
}

type RemovalMethods = Pick<Accounts, 'removeAccount' | 'removedAccounts' | 'forgetAccount' | 'rights' | 'sweepAccounts'>
type PersonMethods = Pick<
  Accounts,
  'hasOwner' | 'account' | 'accountByEmail' | 'accountByProvider' | 'accounts' | 'createAccount' | 'updateAccount' | 'passwordHash' | 'setPassword' | 'seen'
>

const SEEN = "state <> 'deleting'"

function personMethods(file: SqliteFile, { now, newId }: Making): PersonMethods {
  function assertProviderFree(provider: ProviderIdentity | undefined, exceptId: string): void {
    if (provider === undefined) return
    const taken = file.get(`SELECT id FROM accounts WHERE issuer = ? AND subject = ? AND ${SEEN} AND id <> ?`, provider.issuer, provider.subject, exceptId)
    if (taken !== undefined) throw new AppError('account/exists', { issuer: provider.issuer })
  }

  return {
    async hasOwner() {
      return file.get("SELECT id FROM accounts WHERE role = 'owner' AND state = 'active' LIMIT 1") !== undefined
    },
    async account(id) {
      return findAccount(file, id)
    },
    async accountByEmail(email) {
      const row = file.get(`SELECT * FROM accounts WHERE email = ? AND ${SEEN}`, emailKey(email))
      return row === undefined ? undefined : accountOf(row)
    },
    async accountByProvider({ issuer, subject }) {
      const row = file.get(`SELECT * FROM accounts WHERE issuer = ? AND subject = ? AND ${SEEN}`, issuer, subject)
      return row === undefined ? undefined : accountOf(row)
    },
    async accounts({ limit, cursor, search }) {
      const size = pageSize(limit)
      const place = readCursor(cursor) ?? FIRST
      const wanted = search === undefined ? '' : foldForSearch(search)
      const rows = file.all(
        `SELECT * FROM accounts WHERE ${SEEN} AND created_at <= ?1 AND (created_at < ?1 OR id > ?2) AND (?3 = '' OR instr(search_key, ?3) > 0)
         ORDER BY created_at DESC, id LIMIT ?4`,
        ...[place.createdAt, place.id, wanted, size + 1],
      )
      return pageOf(rows.map(accountOf), size)
    },
    async createAccount({ email: typed, name, role, passwordHash, provider, roleSetAt, invitationId }) {
      return file.write(() => {
        const email = typed === undefined ? undefined : emailKey(typed)
        assertEmailFree(file, email, '')
        assertProviderFree(provider, '')
        const id = newId('usr')
        if (invitationId !== undefined) useInvitation(file, invitationId, { email, role, time: now() })
        file.run(
          `INSERT INTO accounts (id, email, name, role, state, password_hash, issuer, subject, valid_after, role_set_at, search_key, created_at)
           VALUES (?, ?, ?, ?, 'active', ?, ?, ?, 0, ?, ?, ?)`,
          ...[id, email, name, role, passwordHash, provider?.issuer, provider?.subject, roleSetAt, personKey({ email, name }), now()],
        )
        return findAccount(file, id)
      })
    },
    async updateAccount(id, change) {
      return file.write(() => {
        const before = findAccount(file, id)
        const after = changed(before, change)
        assertOwnerStays(file, before, after)
        assertEmailFree(file, after.email, id)
        assertProviderFree(after.provider, id)
        assertPlan(file, after.planId)
        file.run(
          `UPDATE accounts SET email = ?, name = ?, role = ?, state = ?, plan_id = ?, issuer = ?, subject = ?, role_set_at = ?, search_key = ?
           WHERE id = ?`,
          ...[after.email, after.name, after.role, after.state, after.planId, after.provider?.issuer, after.provider?.subject],
          ...[after.roleSetAt, personKey(after), id],
        )
        // A reset link went to the former address.
        if (after.email !== before.email) file.run("DELETE FROM tickets WHERE account_id = ? AND purpose = 'reset'", id)
        return findAccount(file, id)
      })
    },
    async passwordHash(id) {
      const row = file.get(`SELECT password_hash FROM accounts WHERE id = ? AND ${SEEN}`, id)
      return row === undefined ? undefined : optionalText(row, 'password_hash')
    },
    async setPassword(id, passwordHash, exceptSession) {
      file.write(() => {
        findAccount(file, id)
        setPasswordHash(file, id, passwordHash, now(), exceptSession)
      })
    },
    async seen(id) {
      const due = `id = ? AND ${SEEN} AND coalesce(last_seen_at, 0) <= ?`
      if (file.get(`SELECT id FROM accounts WHERE ${due}`, id, now() - NOTE_EVERY_MS) === undefined) return
      file.run(`UPDATE accounts SET last_seen_at = ? WHERE ${due}`, now(), id, now() - NOTE_EVERY_MS)
    },
  }
}

function removalMethods(file: SqliteFile, { now }: Making): RemovalMethods {
  return {
    async removeAccount(id) {
      file.write(
        () => {
          const account = findAccount(file, id)
          if (id === FIRST_OWNER_ID) throw new AppError('account/last-owner')
          assertOwnerStays(file, account, undefined)
          file.run("UPDATE accounts SET state = 'deleting' WHERE id = ?", id)
          for (const table of ['sessions', 'tickets', 'api_keys']) file.run(`DELETE FROM ${table} WHERE account_id = ?`, id)
          file.run('DELETE FROM shares WHERE grantee = ?', id)
          // Publications are hidden by the state of their maker; they and their visitors go in `forgetAccount`.
        },
        { freesSpace: true },
      )
    },
    async removedAccounts() {
      return file.all("SELECT id FROM accounts WHERE state = 'deleting' ORDER BY id").map((row) => text(row, 'id'))
    },
    async forgetAccount(id) {
      if (file.get("SELECT id FROM accounts WHERE id = ? AND state = 'deleting'", id) === undefined) return
      const visitors = 'SELECT id FROM visitors WHERE publication_id IN (SELECT id FROM publications WHERE account_id = ?) LIMIT ?'
      await inBatches(file, `DELETE FROM visitors WHERE id IN (${visitors})`, id)
      await inBatches(file, 'DELETE FROM answer_traces WHERE id IN (SELECT id FROM answer_traces WHERE account_id = ? LIMIT ?)', id)
      file.write(
        () => {
          dropCheckpoints(file, { accountId: id })
          file.run("DELETE FROM accounts WHERE id = ? AND state = 'deleting'", id)
        },
        { freesSpace: true },
      )
    },
    async rights() {
      const row = file.get('SELECT changes FROM rights')
      if (row === undefined) throw new AppError('store/damaged', { reason: 'the number of rights is missing' })
      return number(row, 'changes')
    },
    async sweepAccounts() {
      for (const table of ['sessions', 'tickets']) {
        await inBatches(file, `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE expires_at <= ? LIMIT ?)`, now())
      }
    },
  }
}

function changed(before: Account, change: AccountChange): Account {
  const role = change.role ?? before.role
  return {
    ...before,
    email: change.email === undefined ? before.email : emailKey(change.email),
    name: change.name === undefined ? before.name : (change.name ?? undefined),
    role,
    state: change.state ?? before.state,
    planId: change.planId === undefined ? before.planId : (change.planId ?? undefined),
    provider: change.provider ?? before.provider,
    // A role without a token to vouch for it was set by a person.
    roleSetAt: change.roleSetAt === undefined && change.role === undefined ? before.roleSetAt : (change.roleSetAt ?? undefined),
  }
}

/** @throws account/last-owner when no active owner would be left; also when the first one is changed before it was claimed */
function assertOwnerStays(file: SqliteFile, before: Account, after: Account | undefined): void {
  if (after?.role === before.role && after.state === before.state) return
  if (before.state === 'unclaimed') throw new AppError('account/last-owner')
  if (before.role !== 'owner' || before.state !== 'active' || (after?.role === 'owner' && after.state === 'active')) return
  const other = file.get("SELECT id FROM accounts WHERE role = 'owner' AND state = 'active' AND id <> ? LIMIT 1", before.id)
  if (other === undefined) throw new AppError('account/last-owner')
}

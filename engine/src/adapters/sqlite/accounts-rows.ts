import { timingSafeEqual } from 'node:crypto'
import { type Account, type AccountSession, type AccountState, outranks, type Role, type Ticket } from '../../domain/account.ts'
import { AppError } from '../../domain/errors.ts'
import { foldForSearch } from '../catalog-rules.ts'
import { number, optionalNumber, optionalText, text } from './catalog-rows.ts'
import type { Row, SqliteFile } from './database.ts'

/** "Was here" and "was used" are written at most this often, in ms. */
export const NOTE_EVERY_MS = 60_000

export function accountOf(row: Row): Account {
  const [issuer, subject] = [optionalText(row, 'issuer'), optionalText(row, 'subject')]
  return {
    id: text(row, 'id'),
    email: optionalText(row, 'email'),
    name: optionalText(row, 'name'),
    role: text(row, 'role') as Role,
    state: text(row, 'state') as AccountState,
    planId: optionalText(row, 'plan_id'),
    hasPassword: row.password_hash !== null,
    provider: issuer === undefined || subject === undefined ? undefined : { issuer, subject },
    validAfter: number(row, 'valid_after'),
    roleSetAt: optionalNumber(row, 'role_set_at'),
    createdAt: number(row, 'created_at'),
    lastSeenAt: optionalNumber(row, 'last_seen_at'),
  }
}

export function sessionOf(row: Row): AccountSession {
  return {
    id: text(row, 'id'),
    accountId: text(row, 'account_id'),
    label: text(row, 'label'),
    createdAt: number(row, 'created_at'),
    lastSeenAt: number(row, 'last_seen_at'),
    expiresAt: number(row, 'expires_at'),
  }
}

export function ticketOf(row: Row): Ticket {
  return {
    id: text(row, 'id'),
    purpose: text(row, 'purpose') as Ticket['purpose'],
    accountId: text(row, 'account_id'),
    email: optionalText(row, 'email'),
    role: optionalText(row, 'role') as Role | undefined,
    createdAt: number(row, 'created_at'),
    expiresAt: number(row, 'expires_at'),
  }
}

/** @throws account/not-found */
export function findAccount(file: SqliteFile, id: string): Account {
  const row = file.get("SELECT * FROM accounts WHERE id = ? AND state <> 'deleting'", id)
  if (row === undefined) throw new AppError('account/not-found', { account: id })
  return accountOf(row)
}

/** Somebody who may act now: also the first owner before the claim, in whose name the operator acts. @throws account/not-found */
export function findActing(file: SqliteFile, id: string): Account {
  const account = findAccount(file, id)
  if (account.state === 'suspended') throw new AppError('account/not-found', { account: id })
  return account
}

export function assertPlan(file: SqliteFile, id: string | undefined): void {
  if (id !== undefined && file.get('SELECT id FROM plans WHERE id = ?', id) === undefined) throw new AppError('plan/not-found', { plan: id })
}

export function assertEmailFree(file: SqliteFile, email: string | undefined, exceptId: string): void {
  if (email === undefined) return
  const taken = file.get("SELECT id FROM accounts WHERE email = ? AND state <> 'deleting' AND id <> ?", email, exceptId)
  if (taken !== undefined) throw new AppError('account/exists', { email })
}

export function personKey(person: { readonly email: string | undefined; readonly name: string | undefined }): string {
  return foldForSearch([person.email ?? '', person.name ?? ''].join('\n'))
}

/**
 * Ends sessions, makes open reset tickets worthless and refuses tokens from outside that were issued until now. The moment
 * always grows, so that whoever read it before can tell.
 */
export function signOut(file: SqliteFile, accountId: string, time: number, exceptSession: string | undefined): void {
  file.run('UPDATE accounts SET valid_after = max(?, valid_after + 1) WHERE id = ?', time, accountId)
  file.run('DELETE FROM sessions WHERE account_id = ? AND id <> ?', accountId, exceptSession ?? '')
}

export function setPasswordHash(file: SqliteFile, accountId: string, passwordHash: string, time: number, exceptSession: string | undefined): void {
  file.run('UPDATE accounts SET password_hash = ? WHERE id = ?', passwordHash, accountId)
  file.run("DELETE FROM tickets WHERE account_id = ? AND purpose = 'reset'", accountId)
  signOut(file, accountId, time, exceptSession)
}

/** Whether what a ticket hands over may still be handed over; `row` has its account's `account_state` and `account_role` beside it. */
export function isOpen(row: Row): boolean {
  const state = text(row, 'account_state') as AccountState
  switch (text(row, 'purpose') as Ticket['purpose']) {
    case 'claim':
      return state === 'unclaimed'
    case 'reset':
      return state === 'active'
    case 'invitation':
      // Who was suspended or lost a role hands nothing over any more.
      return (state === 'active' || state === 'unclaimed') && outranks(text(row, 'account_role') as Role, text(row, 'role') as Role)
  }
}

export function sameHash(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}

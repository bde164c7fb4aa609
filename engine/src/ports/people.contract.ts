import { createHash } from 'node:crypto'
import type { Role, Ticket } from '../domain/account.ts'
import { NO_GUARD } from '../domain/answering.ts'
import { NO_KEY_LIMITS } from '../domain/api-key.ts'
import { AppError } from '../domain/errors.ts'
import type { Accounts, NewAccount } from './accounts.ts'
import { type Making, rule } from './catalog.contract.ts'
import type { Catalog } from './catalog.ts'
import type { Conversations, NewMessage } from './conversations.ts'
import type { Keys, NewKey } from './keys.ts'
import type { Publications } from './publications.ts'

/** The stores of people over one connection. */
export interface PeopleStores {
  readonly accounts: Accounts
  readonly keys: Keys
  readonly publications: Publications
  readonly conversations: Conversations
  readonly catalog: Catalog
}

/** `here` and `there` are two connections to one store, as two threads have them. */
export interface PeopleUnderTest {
  readonly here: PeopleStores
  readonly there: PeopleStores
  /** How many rows `here` has changed so far. */
  writes(): number
  /** All that is stored, as it lies there. */
  bytes(): Buffer
  /** @throws store/damaged */
  check(): void
  close(): Promise<void>
}
export type OpenPeople = (making: Making) => Promise<PeopleUnderTest>

export const DAY = 24 * 3600 * 1000
export const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex')

export type Stage = PeopleUnderTest & { readonly ruled: ReturnType<typeof rule> }
export async function stage(open: OpenPeople): Promise<Stage> {
  const ruled = rule()
  return { ...(await open(ruled)), ruled }
}

export const newAccount = (email: string | undefined, role: Role = 'member', more: Partial<NewAccount> = {}): NewAccount => ({
  email,
  name: undefined,
  role,
  passwordHash: undefined,
  provider: undefined,
  ...more,
})

let made = 0
/** 16 hexadecimal digits that differ each time. */
export const freshId = () => {
  made += 1
  return made.toString(16).padStart(16, '0')
}

export const newKey = (accountId: string, more: Partial<NewKey> = {}): NewKey => {
  const id = freshId()
  return {
    id,
    accountId,
    name: 'key',
    prefix: `qk_${id}`,
    scopes: ['query'],
    databaseIds: 'all',
    filter: undefined,
    origins: [],
    addresses: [],
    planId: undefined,
    limits: NO_KEY_LIMITS,
    expiresAt: undefined,
    secretHash: hashOf(`secret of ${id}`),
    ...more,
  }
}

export const newPublication = (accountId: string, more: Partial<Parameters<Publications['createPublication']>[0]> = {}) => ({
  id: `pub_${freshId()}`,
  accountId,
  title: 'Ask us',
  greeting: undefined,
  databaseIds: ['db_1'],
  origins: [],
  sources: 'quotes' as const,
  guard: NO_GUARD,
  voice: undefined,
  strictness: undefined,
  planId: undefined,
  keepDays: 30,
  expiresAt: undefined,
  ...more,
})

export const newSession = (accountId: string, expiresAt: number) => {
  const id = freshId()
  return { id, accountId, secretHash: hashOf(`secret of ${id}`), label: 'browser', expiresAt }
}

export const newTicket = (purpose: Ticket['purpose'], accountId: string, expiresAt: number, more: { readonly email?: string; readonly role?: Role } = {}) => {
  const id = freshId()
  return { id, purpose, accountId, secretHash: hashOf(`secret of ${id}`), email: more.email, role: more.role, expiresAt }
}

const BARE = {
  ...{ citations: [], sentences: [], nearest: [] },
  ...{ writer: undefined, mode: undefined, usage: undefined, cost: undefined, traceId: undefined },
} as const
export const question = (text: string): NewMessage => ({ ...BARE, role: 'user', text, answered: undefined })
export const answer = (text: string): NewMessage => ({ ...BARE, role: 'assistant', text, answered: true })

/** What came of calls that ran side by side: how many gave a value, and the codes of the others, sorted. */
export async function outcomes(calls: readonly Promise<unknown>[]): Promise<{ readonly done: number; readonly codes: readonly string[] }> {
  const results = await Promise.allSettled(calls)
  const codes = results.flatMap((each) => (each.status === 'fulfilled' ? [] : [each.reason instanceof AppError ? each.reason.code : String(each.reason)]))
  return { done: results.length - codes.length, codes: codes.sort() }
}

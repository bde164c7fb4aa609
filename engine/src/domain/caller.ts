import type { Role } from './account.ts'
import type { Filter } from './filter.ts'
import type { UsageSubject } from './usage.ts'

/** What a caller may do with databases. `manage` covers settings, versions, sharing and deletion. */
export type Scope = 'query' | 'ask' | 'read' | 'write' | 'manage'
export const ALL_SCOPES: readonly Scope[] = ['query', 'ask', 'read', 'write', 'manage']

/** How far a database is shared; each level holds the ones before it. Its maker has `manage`. */
export type Level = 'read' | 'write' | 'manage'
export const LEVELS: readonly Level[] = ['read', 'write', 'manage']

const READING: readonly Scope[] = ['query', 'ask', 'read']
const BY_LEVEL: Readonly<Record<Level, readonly Scope[]>> = { read: READING, write: [...READING, 'write'], manage: ALL_SCOPES }
const BY_ROLE: Readonly<Record<Role, readonly Scope[]>> = { owner: ALL_SCOPES, member: ALL_SCOPES, viewer: READING }

/**
 * Who asks. `operator` is who can read the data folder of this server; `user` is a person with a session or a token of a
 * provider; `key` a program with an API key; `visitor` a stranger at a published chat.
 */
export type CallerKind = 'operator' | 'user' | 'key' | 'visitor'

export interface Caller {
  readonly kind: CallerKind
  /** Of what it showed: account, key or visitor. */
  readonly id: string
  /** The account in whose name it acts: of a key its maker, of a visitor the publisher. */
  readonly accountId: string
  /**
   * The tenant whose objects are looked up. It is the account's own until a database has been found for the caller
   * (`within`), and that database's owner from then on.
   */
  readonly ownerId: string
  readonly role: Role
  readonly scopes: ReadonlySet<Scope>
  /** Only these databases, or all that the account sees. */
  readonly databaseIds: ReadonlySet<string> | 'all'
  /** Added to every query, and asked of every document that is read: row-level tenancy. */
  readonly filter: Filter | undefined
  /** Session of a user; publication of a visitor. */
  readonly sessionId: string | undefined
  readonly publicationId: string | undefined
  /** Epoch ms from which what it showed no longer counts. */
  readonly expiresAt: number | undefined
  /** The limits that hold for it, by plan or of its own; undefined: the default plan of its kind. */
  readonly planId: string | undefined
  /** Of one inside a database: as it came to the server. For what it holds elsewhere, and for nothing inside. */
  readonly outside?: Caller
}

/** An account itself, with everything that its role allows. */
export function accountCaller(accountId: string, role: Role, change: Partial<Caller> = {}): Caller {
  return {
    kind: 'user',
    id: accountId,
    accountId,
    ownerId: accountId,
    role,
    scopes: scopesOfRole(role),
    databaseIds: 'all',
    filter: undefined,
    sessionId: undefined,
    publicationId: undefined,
    expiresAt: undefined,
    planId: undefined,
    ...change,
  }
}

export function scopesOfRole(role: Role): ReadonlySet<Scope> {
  return new Set(BY_ROLE[role])
}

export function scopesOfLevel(level: Level): ReadonlySet<Scope> {
  return new Set(BY_LEVEL[level])
}

export function may(caller: Caller, scope: Scope, databaseId?: string): boolean {
  if (!caller.scopes.has(scope)) return false
  return databaseId === undefined || sees(caller, databaseId)
}

export function sees(caller: Caller, databaseId: string): boolean {
  return caller.databaseIds === 'all' || caller.databaseIds.has(databaseId)
}

/**
 * True when the caller is somebody's own self and not a program that was given a part of it, as by a token for certain
 * databases or scopes. To be asked before the caller is inside a database.
 */
export function isPerson(caller: Caller): boolean {
  if (caller.kind === 'operator') return true
  const isWhole = caller.databaseIds === 'all' && caller.filter === undefined && caller.scopes.size === BY_ROLE[caller.role].length
  return caller.kind === 'user' && isWhole
}

/** The caller inside one database: that database alone, its owner as tenant, and no more than the level allows. */
export function within(caller: Caller, database: { readonly id: string; readonly ownerId: string }, level: Level): Caller {
  const allowed = scopesOfLevel(level)
  return {
    ...caller,
    outside: caller.outside ?? caller,
    ownerId: database.ownerId,
    databaseIds: new Set([database.id]),
    scopes: new Set([...caller.scopes].filter((scope) => allowed.has(scope))),
  }
}

/** What is really searched: the caller's own filter always counts, whatever was asked. */
export function boundFilter(caller: Pick<Caller, 'filter'>, asked: Filter | undefined): Filter | undefined {
  if (caller.filter === undefined) return asked
  return asked === undefined ? caller.filter : { and: [caller.filter, asked] }
}

/** For whom the caller's use is counted. */
export function usageSubject(caller: Caller, databaseId: string | undefined): UsageSubject {
  return {
    accountId: caller.accountId,
    databaseId,
    keyId: caller.kind === 'key' ? caller.id : undefined,
    visitorId: caller.kind === 'visitor' ? caller.id : undefined,
    publicationId: caller.publicationId,
  }
}

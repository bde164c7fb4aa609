import type { Role } from '../src/domain/account.ts'
import { ALL_SCOPES, type Level, type Scope } from '../src/domain/caller.ts'
import type { World } from '../src/ports/world.ts'
import { bearer, keyFor, type Person, person, signedIn, visitorOf } from './people-fixture.ts'
import { TOKEN } from './server-fixture.ts'
import { type Belongings, belongingsOf } from './tenants.ts'

/** Somebody who asks, described by what he is and not by what the code makes of it. */
export interface Principal {
  readonly name: string
  readonly kind: 'operator' | 'user' | 'key' | 'visitor' | 'nobody'
  /** Whose account it acts for. */
  readonly account: 'maker' | 'other' | 'reader' | 'writer' | 'manager' | 'foreignOwner' | 'operator' | 'suspended' | 'none'
  readonly role: Role
  /** To the database of the maker. */
  readonly relation: Level | 'none' | 'visits'
  /** False: what it shows counts no longer, or never did. */
  readonly valid: boolean
  readonly keyScopes?: readonly Scope[]
  /** Only for databases that the maker's is not among. */
  readonly limited?: boolean
  /** With a filter that leaves all of the maker's documents out. */
  readonly bound?: boolean
}

const READING: readonly Scope[] = ['query', 'ask', 'read']

export const PRINCIPALS: readonly Principal[] = [
  { name: 'nobody', kind: 'nobody', account: 'none', role: 'viewer', relation: 'none', valid: false },
  { name: 'the maker', kind: 'user', account: 'maker', role: 'member', relation: 'manage', valid: true },
  { name: 'a reader', kind: 'user', account: 'reader', role: 'viewer', relation: 'read', valid: true },
  { name: 'a writer', kind: 'user', account: 'writer', role: 'member', relation: 'write', valid: true },
  { name: 'a manager', kind: 'user', account: 'manager', role: 'member', relation: 'manage', valid: true },
  { name: 'another tenant', kind: 'user', account: 'other', role: 'member', relation: 'none', valid: true },
  { name: 'another owner of the server', kind: 'user', account: 'foreignOwner', role: 'owner', relation: 'none', valid: true },
  { name: 'the operator', kind: 'operator', account: 'operator', role: 'owner', relation: 'none', valid: true },
  { name: 'a visitor of the chat', kind: 'visitor', account: 'none', role: 'viewer', relation: 'visits', valid: true },
  { name: 'a visitor of another chat', kind: 'visitor', account: 'none', role: 'viewer', relation: 'none', valid: true },
  { name: 'a suspended manager', kind: 'user', account: 'suspended', role: 'member', relation: 'manage', valid: false },
  { name: 'a key of the suspended', kind: 'key', account: 'suspended', role: 'member', relation: 'manage', valid: false, keyScopes: ALL_SCOPES },
  { name: 'a session that was ended', kind: 'user', account: 'maker', role: 'member', relation: 'manage', valid: false },
  { name: 'a revoked key', kind: 'key', account: 'maker', role: 'member', relation: 'manage', valid: false, keyScopes: ALL_SCOPES },
  { name: 'an expired key', kind: 'key', account: 'maker', role: 'member', relation: 'manage', valid: false, keyScopes: ALL_SCOPES },
  { name: 'a read-only key', kind: 'key', account: 'maker', role: 'member', relation: 'manage', valid: true, keyScopes: READING },
  { name: 'a key for another database', kind: 'key', account: 'maker', role: 'member', relation: 'none', valid: true, keyScopes: ALL_SCOPES, limited: true },
  { name: 'a key bound to other documents', kind: 'key', account: 'maker', role: 'member', relation: 'manage', valid: true, keyScopes: READING, bound: true },
  { name: 'a key wider than its maker, a reader', kind: 'key', account: 'reader', role: 'viewer', relation: 'read', valid: true, keyScopes: ALL_SCOPES },
  { name: 'a key of another tenant', kind: 'key', account: 'other', role: 'member', relation: 'none', valid: true, keyScopes: ALL_SCOPES },
]

export interface Cast {
  /** Whose things are asked for. */
  readonly maker: Belongings
  headers(who: Principal): Record<string, string>
  /** What somebody owns himself; undefined for who owns nothing. */
  own(who: Principal): Belongings | undefined
  /** The same people with new things of the maker. */
  again(): Promise<Cast>
}

/** Makes everybody, and the things of the maker, straight in the stores. */
export async function castOf(world: World): Promise<Cast> {
  const [maker, reader, writer, manager, other, foreignOwner, suspended] = await Promise.all(
    (['member', 'viewer', 'member', 'member', 'member', 'owner', 'member'] as const).map((role) => person(world, role)),
  )
  if (!maker || !reader || !writer || !manager || !other || !foreignOwner || !suspended) throw new Error('somebody is missing')
  const keys = {
    suspended: await keyFor(world, suspended.account.id),
    revoked: await keyFor(world, maker.account.id),
    expired: await keyFor(world, maker.account.id, { expiresAt: world.now() - 1000 }),
    reading: await keyFor(world, maker.account.id, { scopes: READING }),
    limited: await keyFor(world, maker.account.id, { databaseIds: ['db_of_nobody'] }),
    bound: await keyFor(world, maker.account.id, { scopes: READING, filter: { field: 'secret', op: 'eq', value: 'of nobody' } }),
    wide: await keyFor(world, reader.account.id),
    other: await keyFor(world, other.account.id),
  }
  await world.keys.revokeKey(maker.account.id, keys.revoked.key.id)
  const ended = await signedIn(world, maker.account)
  await world.accounts.endSession(maker.account.id, ended.sessionId)
  const owns = { other: await belongingsOf(world, other), foreignOwner: await belongingsOf(world, foreignOwner) }
  const elsewhere = await visitorOf(world, owns.other.publicationId)
  const shares: readonly (readonly [Person, Level])[] = [
    [reader, 'read'],
    [writer, 'write'],
    [manager, 'manage'],
    [suspended, 'manage'],
  ]

  async function withThings(): Promise<Cast> {
    const things = await belongingsOf(world, maker as Person)
    for (const [who, level] of shares) {
      if (who === suspended) continue // was shared with before it was suspended
      await world.catalog.share(things.account.id, things.databaseId, who.account.id, level)
    }
    const tokens: Readonly<Record<string, string>> = {
      'the maker': maker?.token ?? '',
      'a reader': reader?.token ?? '',
      'a writer': writer?.token ?? '',
      'a manager': manager?.token ?? '',
      'another tenant': other?.token ?? '',
      'another owner of the server': foreignOwner?.token ?? '',
      'the operator': TOKEN,
      'a visitor of the chat': things.visitorToken,
      'a visitor of another chat': elsewhere.token,
      'a suspended manager': suspended?.token ?? '',
      'a key of the suspended': keys.suspended.token,
      'a session that was ended': ended.token,
      'a revoked key': keys.revoked.token,
      'an expired key': keys.expired.token,
      'a read-only key': keys.reading.token,
      'a key for another database': keys.limited.token,
      'a key bound to other documents': keys.bound.token,
      'a key wider than its maker, a reader': keys.wide.token,
      'a key of another tenant': keys.other.token,
    }
    return {
      maker: things,
      headers(who) {
        if (who.kind === 'nobody') return {}
        const token = tokens[who.name]
        if (token === undefined) throw new Error(`${who.name} has no credential`)
        return { ...bearer(token) }
      },
      own: ({ account }) => (account === 'other' ? owns.other : account === 'foreignOwner' ? owns.foreignOwner : undefined),
      again: withThings,
    }
  }

  const first = await withThings()
  await world.catalog.share(first.maker.account.id, first.maker.databaseId, suspended.account.id, 'manage')
  await world.accounts.updateAccount(suspended.account.id, { state: 'suspended' })
  return first
}

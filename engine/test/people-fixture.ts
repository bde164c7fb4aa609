import { randomBytes } from 'node:crypto'
import type { Account, Role } from '../src/domain/account.ts'
import { NO_GUARD } from '../src/domain/answering.ts'
import { type ApiKey, NO_KEY_LIMITS } from '../src/domain/api-key.ts'
import { ALL_SCOPES } from '../src/domain/caller.ts'
import type { Publication } from '../src/domain/publication.ts'
import { startSession } from '../src/flows/accounts.ts'
import type { World } from '../src/ports/world.ts'

// People, keys and visitors of a test, made straight in the stores: what is tested is what they may do then.

export interface Person {
  readonly account: Account
  /** Of a session. */
  readonly token: string
  readonly sessionId: string
}

type Stores = Pick<World, 'accounts' | 'keys' | 'publications' | 'secrets' | 'passwords' | 'now'>

/** Made once: hashing is slow on purpose. */
const PASSWORD_HASHES = new Map<string, Promise<string>>()
export const PASSWORD = 'correct horse battery staple'

export async function person(world: Stores, role: Role, name = `p${randomBytes(4).toString('hex')}`): Promise<Person> {
  const hash = PASSWORD_HASHES.get(PASSWORD) ?? world.passwords.hash(PASSWORD)
  PASSWORD_HASHES.set(PASSWORD, hash)
  const account = await world.accounts.createAccount({ email: `${name}@example.com`, name, role, passwordHash: await hash, provider: undefined })
  return signedIn(world, account)
}

export async function signedIn(world: Stores, account: Account): Promise<Person> {
  const { text, session } = await startSession(world, account, 'test')
  return { account, token: text, sessionId: session.id }
}

export async function keyFor(world: Stores, accountId: string, change: Partial<ApiKey> = {}): Promise<{ readonly key: ApiKey; readonly token: string }> {
  const made = world.secrets.make('qk')
  const key = await world.keys.createKey({
    id: made.id,
    accountId,
    name: 'a key',
    prefix: `qk_${made.id}`,
    scopes: ALL_SCOPES,
    databaseIds: 'all',
    filter: undefined,
    origins: [],
    addresses: [],
    planId: undefined,
    limits: NO_KEY_LIMITS,
    expiresAt: undefined,
    ...change,
    secretHash: made.secretHash,
  })
  return { key, token: made.text }
}

export async function publicationOf(world: Stores, accountId: string, databaseIds: readonly string[], change: Partial<Publication> = {}): Promise<Publication> {
  return world.publications.createPublication({
    id: `pub_${randomBytes(16).toString('hex')}`,
    accountId,
    title: 'Ask the handbook',
    greeting: undefined,
    databaseIds,
    origins: [],
    sources: 'quotes',
    guard: NO_GUARD,
    voice: undefined,
    strictness: undefined,
    planId: undefined,
    keepDays: 30,
    expiresAt: undefined,
    ...change,
  })
}

export async function visitorOf(world: Stores, publicationId: string): Promise<{ readonly id: string; readonly token: string }> {
  const id = `vis_${randomBytes(16).toString('hex')}`
  const token = await world.secrets.signVisitor({ visitorId: id, publicationId, issuedAt: world.now(), expiresAt: world.now() + 86_400_000 })
  return { id, token }
}

export function bearer(token: string): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` }
}

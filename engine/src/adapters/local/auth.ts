import { createHash, timingSafeEqual } from 'node:crypto'
import { type Account, FIRST_OWNER_ID } from '../../domain/account.ts'
import { readSecret, SECRET_PREFIX, type SecretParts } from '../../domain/api-key.ts'
import { ALL_SCOPES, accountCaller, type Caller, type Scope, scopesOfRole } from '../../domain/caller.ts'
import { AppError, type ErrorCode } from '../../domain/errors.ts'
import { DAY_MS } from '../../domain/usage.ts'
import type { Auth, Presented } from '../../ports/auth.ts'
import type { IdentityProvider, SharedSecretTokens } from '../../ports/identity.ts'
import type { Keys } from '../../ports/keys.ts'
import type { Publications } from '../../ports/publications.ts'
import type { Secrets } from '../../ports/secrets.ts'
import { readCompact } from '../compact-token.ts'
import { mayBeUsedFrom } from './key-bounds.ts'
import { type ProviderAccountsOptions, providerAccounts } from './provider-accounts.ts'

export interface AuthOptions extends ProviderAccountsOptions {
  readonly keys: Keys
  readonly publications: Publications
  readonly secrets: Secrets
  readonly identity: IdentityProvider | undefined
  readonly sharedSecret: SharedSecretTokens | undefined
  /** Of who can read the data folder. Only its digest is kept. */
  readonly operatorToken: string
  now(): number
}

/** A session ends when it was not used for so long, and in any case after the longer time. */
const SESSION_MS = 30 * DAY_MS
const LONGEST_SESSION_MS = 90 * DAY_MS
/** Clocks differ: a token counts for this much longer than it says. */
const SKEW_MS = 60_000
/** Compared with when there is nothing: no secret has this digest. */
const NO_HASH = '-'.repeat(64)
/** The secret of a key, and the former one during the overlap of a rotation. */
const HASHES_OF_KEY = 2
const VISITOR_START = `${SECRET_PREFIX.visitor}_`

/** What somebody may be looked up by and not be found. */
const MISSING: readonly ErrorCode[] = [
  'account/not-found',
  'account/exists',
  'ticket/invalid',
  'key/not-found',
  'publication/not-found',
  'visitor/not-found',
  'auth/invalid',
]

/** The one authenticator. Keeps nothing between calls but what cannot be taken away. */
export function auth(options: AuthOptions): Auth {
  const { accounts, keys, publications, secrets, identity, sharedSecret, now } = options
  const operator = sha256(options.operatorToken)
  const accountOf = providerAccounts(options)

  /** Does the same work whether or not there is anything to compare with. @returns the place of the hash that fits, or -1 */
  function placeOf(parts: SecretParts, hashes: readonly string[], most: number): number {
    const all = Array.from({ length: most }, (_, index) => hashes[index] ?? NO_HASH)
    return all.map((hash) => secrets.matches(parts, hash)).indexOf(true)
  }

  async function bySession(parts: SecretParts): Promise<Caller | undefined> {
    const found = await accounts.session(parts.id)
    const fits = placeOf(parts, found === undefined ? [] : [found.secretHash], 1) === 0
    if (found === undefined || !fits || found.account.state !== 'active') return undefined
    const { session, account } = found
    const last = session.createdAt + LONGEST_SESSION_MS
    if (Math.min(session.expiresAt, last) <= now()) return undefined
    await accounts.touchSession(session.id, Math.min(now() + SESSION_MS, last))
    await accounts.seen(account.id)
    return accountCaller(account.id, account.role, { sessionId: session.id, expiresAt: Math.min(session.expiresAt, last), planId: account.planId })
  }

  async function byKey(parts: SecretParts, { address, origin }: Presented): Promise<Caller | undefined> {
    const found = await keys.keyById(parts.id)
    const place = placeOf(parts, found?.secretHashes ?? [], HASHES_OF_KEY)
    if (found === undefined || place === -1) return undefined
    const { key } = found
    // The former secret ends with the overlap, and so does what was begun with it.
    const expiresAt = earliest(key.expiresAt, place === 0 ? undefined : key.formerSecretUntil)
    if (key.revokedAt !== undefined || isOver(expiresAt) || !mayBeUsedFrom(key, address, origin)) return undefined
    const account = await accounts.account(key.accountId)
    if (!mayAct(account)) return undefined
    await keys.keyUsed(key.id)
    return accountCaller(account.id, account.role, {
      kind: 'key',
      id: key.id,
      scopes: common(scopesOfRole(account.role), key.scopes),
      databaseIds: key.databaseIds === 'all' ? 'all' : new Set(key.databaseIds),
      filter: key.filter,
      expiresAt,
      planId: key.planId,
    })
  }

  async function byVisitor(text: string): Promise<Caller | undefined> {
    const token = await secrets.readVisitor(text)
    if (token === undefined) return undefined
    const publication = await publications.openPublication(token.publicationId)
    const visitor = await publications.visitor(token.visitorId)
    if (publication === undefined || isOver(publication.expiresAt)) return undefined
    // Without a row it never did anything yet.
    if (visitor !== undefined && (visitor.claimedBy !== undefined || visitor.publicationId !== publication.id)) return undefined
    const account = await accounts.account(publication.accountId)
    if (!mayAct(account)) return undefined
    return accountCaller(account.id, account.role, {
      kind: 'visitor',
      id: token.visitorId,
      scopes: common(scopesOfRole(account.role), publication.sources === 'documents' ? ['ask', 'query', 'read'] : ['ask', 'query']),
      databaseIds: new Set(publication.databaseIds),
      publicationId: publication.id,
      expiresAt: earliest(token.expiresAt, publication.expiresAt),
      planId: publication.planId,
    })
  }

  async function byProvider(text: string, provider: IdentityProvider): Promise<Caller> {
    const token = await provider.verify(text)
    const account = await accountOf(token)
    await accounts.seen(account.id)
    return accountCaller(account.id, account.role, { expiresAt: token.expiresAt + SKEW_MS, planId: account.planId })
  }

  async function bySharedSecret(text: string, tokens: SharedSecretTokens): Promise<Caller | undefined> {
    const token = await tokens.verify(text)
    const account = token.subject.includes('@') ? await accounts.accountByEmail(token.subject) : await accounts.account(token.subject)
    if (account?.state !== 'active' || token.issuedAt < account.validAfter) return undefined
    await accounts.seen(account.id)
    const allowed = scopesOfRole(account.role)
    return accountCaller(account.id, account.role, {
      scopes: token.scopes === undefined ? allowed : common(allowed, token.scopes),
      databaseIds: token.databaseIds === undefined ? 'all' : new Set(token.databaseIds),
      expiresAt: token.expiresAt + SKEW_MS,
      planId: account.planId,
    })
  }

  async function callerOf(credential: string, presented: Presented): Promise<Caller | undefined> {
    const isOperator = timingSafeEqual(sha256(credential), operator)
    const parts = readSecret(credential)
    if (parts?.prefix === SECRET_PREFIX.session) return bySession(parts)
    if (presented.from === 'cookie') return undefined
    if (isOperator) return accountCaller(FIRST_OWNER_ID, 'owner', { kind: 'operator' })
    if (parts?.prefix === SECRET_PREFIX.key) return byKey(parts, presented)
    if (credential.startsWith(VISITOR_START)) return byVisitor(credential)
    const issuer = readCompact(credential)?.payload.iss
    if (identity !== undefined && typeof issuer === 'string' && withoutSlash(issuer) === withoutSlash(identity.issuer)) return byProvider(credential, identity)
    return sharedSecret === undefined ? undefined : bySharedSecret(credential, sharedSecret)
  }

  function isOver(time: number | undefined): boolean {
    return time !== undefined && time <= now()
  }

  /** Nothing tells why: not the code, not the facts, not the cause. */
  async function invalidFor<T>(work: () => Promise<T | undefined>): Promise<T> {
    const found = await work().catch((fault: unknown) => {
      if (fault instanceof AppError && MISSING.includes(fault.code)) return undefined
      throw fault
    })
    if (found === undefined) throw new AppError('auth/invalid')
    return found
  }

  return {
    async authenticate(presented) {
      const { credential } = presented
      if (credential === undefined) throw new AppError('auth/required')
      return invalidFor(() => callerOf(credential, presented))
    },
    accountOf: (token) => invalidFor(() => accountOf(token)),
  }
}

/** The first owner may act before the claim too: the operator makes keys and publications in its name. */
function mayAct({ state }: Account): boolean {
  return state === 'active' || state === 'unclaimed'
}

function common(allowed: ReadonlySet<Scope>, asked: readonly string[]): ReadonlySet<Scope> {
  return new Set(ALL_SCOPES.filter((scope) => allowed.has(scope) && asked.includes(scope)))
}

function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

function withoutSlash(address: string): string {
  return address.replace(/\/+$/, '')
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

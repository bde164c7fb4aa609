import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keyFor, person, publicationOf, signedIn, visitorOf } from '../../../test/people-fixture.ts'
import { ALL_SCOPES, isPerson, type Scope, scopesOfRole } from '../../domain/caller.ts'
import { authContract, shown } from '../../ports/auth.contract.ts'
import type { Auth } from '../../ports/auth.ts'
import type { World } from '../../ports/world.ts'
import { type FakeIssuer, fakeIssuer, type SigningKey, signingKey } from '../oidc/issuer.fixture.ts'
import { oidcProvider } from '../oidc/provider.ts'
import { sqliteAccounts } from '../sqlite/accounts.ts'
import { openCatalogFile } from '../sqlite/catalog-file.ts'
import { sqliteKeys } from '../sqlite/keys.ts'
import { sqlitePublications } from '../sqlite/publications.ts'
import { type AuthOptions, auth } from './auth.ts'
import { localPasswords } from './passwords.ts'
import { localSecrets } from './secrets.ts'
import { sharedSecretTokens } from './shared-secret-tokens.ts'

// In memory where there is such a place: what is durable is tested elsewhere.
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const START = 1_700_000_000_000
const DAY = 86_400_000
const OPERATOR = 'aB3_aB3_aB3_aB3_aB3_aB3_aB3_aB3_x'
const SHARED = 'a secret that machines share with us'
const INVALID = { code: 'auth/invalid', facts: {} }

type Stores = Pick<World, 'accounts' | 'keys' | 'publications' | 'secrets' | 'passwords'>
interface Subject extends Stores {
  readonly auth: Auth
  readonly issuer: FakeIssuer
  now(): number
  pass(ms: number): void
  /** Claims of a person of the provider. */
  token(claims?: Readonly<Record<string, unknown>>): Promise<string>
  machine(claims?: Readonly<Record<string, unknown>>): Promise<string>
  close(): Promise<void>
}

let key: SigningKey
let folder: string
beforeAll(async () => {
  key = await signingKey('first')
  folder = mkdtempSync(join(PLACE, 'quarry-auth-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function open(change: Partial<AuthOptions> = {}): Promise<Subject> {
  let time = START
  const now = () => time
  const file = openCatalogFile({ path: join(folder, `${randomBytes(8).toString('hex')}.sqlite`) })
  const making = { now, newId: (prefix: string) => `${prefix}_${randomBytes(16).toString('hex')}` }
  const issuer = await fakeIssuer('https://id.example.com', key)
  const options = { kind: 'generic', issuer: issuer.issuer, clientId: 'quarry-client', clientSecret: undefined, audience: undefined } as const
  const identity = oidcProvider({ ...options, scopes: 'openid', groupsClaim: 'groups' }, { fetched: issuer.fetched, now })
  const stores = {
    accounts: sqliteAccounts(file, making),
    keys: sqliteKeys(file, making),
    publications: sqlitePublications(file, making),
    secrets: localSecrets('a signing key for the tests of auth', now),
    passwords: localPasswords(async () => Buffer.alloc(32)),
  }
  const roles = [
    { group: 'staff', role: 'member' },
    { group: 'admins', role: 'owner' },
  ] as const
  const made = { ...stores, identity, sharedSecret: sharedSecretTokens(SHARED, now), operatorToken: OPERATOR, roles, defaultRole: 'viewer', now } as const
  const seconds = () => Math.floor(time / 1000)
  return {
    ...stores,
    auth: auth({ ...made, ...change }),
    issuer,
    now,
    pass: (ms) => {
      time += ms
    },
    token: (claims) => issuer.sign({ iss: issuer.issuer, aud: 'quarry-client', sub: 'sub-1', iat: seconds(), exp: seconds() + 3600, ...claims }),
    machine: (claims) =>
      new SignJWT({ aud: 'quarry', iat: seconds(), exp: seconds() + 600, ...claims })
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode(SHARED)),
    close: async () => file.close(),
  }
}

async function opened<T>(use: (subject: Subject) => Promise<T>, change: Partial<AuthOptions> = {}): Promise<T> {
  const subject = await open(change)
  try {
    return await use(subject)
  } finally {
    await subject.close()
  }
}

authContract('local', ['operator', 'session', 'key', 'visitor', 'provider', 'shared secret'], async () => {
  const subject = await open()
  const ann = await person(subject, 'member', 'ann')
  const { key: made, token } = await keyFor(subject, ann.account.id, { scopes: ['query', 'ask'], databaseIds: ['db_1'] })
  const publication = await publicationOf(subject, ann.account.id, ['db_1', 'db_2'])
  const visitor = await visitorOf(subject, publication.id)
  const accountId = ann.account.id
  return {
    auth: subject.auth,
    close: subject.close,
    credentials: [
      { kind: 'operator', text: OPERATOR, inCookie: false, caller: { kind: 'operator', id: 'owner', accountId: 'owner', role: 'owner', databaseIds: 'all' } },
      { kind: 'session', text: ann.token, inCookie: true, caller: { kind: 'user', id: accountId, accountId, role: 'member', sessionId: ann.sessionId } },
      {
        kind: 'key',
        text: token,
        inCookie: false,
        caller: { kind: 'key', id: made.id, accountId, scopes: new Set<Scope>(['query', 'ask']), databaseIds: new Set(['db_1']) },
      },
      {
        kind: 'visitor',
        text: visitor.token,
        inCookie: false,
        caller: { kind: 'visitor', id: visitor.id, accountId, scopes: new Set<Scope>(['query', 'ask']), publicationId: publication.id },
      },
      {
        kind: 'provider',
        text: await subject.token({ email: 'bob@example.com', email_verified: true }),
        inCookie: false,
        caller: { kind: 'user', role: 'viewer' },
      },
      { kind: 'shared secret', text: await subject.machine({ sub: 'ann@example.com' }), inCookie: false, caller: { kind: 'user', id: accountId, accountId } },
    ],
  }
})

test('the operator works before the claim, and its token cannot be read back', () =>
  opened(async ({ auth: asked, accounts }) => {
    expect((await accounts.account('owner')).state).toBe('unclaimed')
    expect(await asked.authenticate(shown(OPERATOR))).toMatchObject({ kind: 'operator', scopes: new Set(ALL_SCOPES) })
    expect(JSON.stringify(asked)).not.toContain(OPERATOR)
  }))

describe('sessions', () => {
  test('end when they are not used for 30 days, and after 90 days in any case', () =>
    opened(async (subject) => {
      const ann = await person(subject, 'member')
      const ask = () => subject.auth.authenticate(shown(ann.token, { from: 'cookie' }))
      for (let days = 0; days < 84; days += 28) {
        subject.pass(28 * DAY)
        expect((await ask()).sessionId).toBe(ann.sessionId)
      }
      subject.pass(5 * DAY)
      expect((await ask()).expiresAt).toBe(START + 90 * DAY)
      subject.pass(DAY)
      await expect(ask()).rejects.toMatchObject(INVALID)

      const bob = await person(subject, 'member')
      subject.pass(30 * DAY)
      await expect(subject.auth.authenticate(shown(bob.token))).rejects.toMatchObject(INVALID)
    }))

  test('do not outlive 90 days, whatever the store says', () =>
    opened(async (subject) => {
      const { account } = await person(subject, 'member')
      const { text, id, secretHash } = subject.secrets.make('qs')
      await subject.accounts.createSession({ id, accountId: account.id, secretHash, label: 'x', expiresAt: START + 200 * DAY })
      expect((await subject.auth.authenticate(shown(text))).expiresAt).toBe(START + 90 * DAY)
      subject.pass(90 * DAY)
      await expect(subject.auth.authenticate(shown(text))).rejects.toMatchObject(INVALID)
    }))

  test('are gone with the next call: ended, signed out everywhere, suspended, removed', () =>
    opened(async (subject) => {
      const ends = {
        ended: (id: string, session: string) => subject.accounts.endSession(id, session),
        everywhere: (id: string) => subject.accounts.endSessions(id),
        suspended: (id: string) => subject.accounts.updateAccount(id, { state: 'suspended' }),
        removed: (id: string) => subject.accounts.removeAccount(id),
        'other password': (id: string) => subject.accounts.setPassword(id, 'x'),
      }
      for (const [name, end] of Object.entries(ends)) {
        const ann = await person(subject, 'member')
        await subject.auth.authenticate(shown(ann.token))
        await end(ann.account.id, ann.sessionId)
        await expect(subject.auth.authenticate(shown(ann.token)), name).rejects.toMatchObject(INVALID)
      }
    }))

  test('one secret does not open another session', () =>
    opened(async (subject) => {
      const ann = await person(subject, 'member')
      const again = await signedIn(subject, ann.account)
      const mixed = ann.token.slice(0, 20) + again.token.slice(20)
      await expect(subject.auth.authenticate(shown(mixed))).rejects.toMatchObject(INVALID)
      // Prefixes are part of the kind: a key with a session's id and secret is none.
      await expect(subject.auth.authenticate(shown(ann.token.replace('qs_', 'qk_')))).rejects.toMatchObject(INVALID)
      await expect(subject.auth.authenticate(shown(ann.token.replace('qs_', 'qt_')))).rejects.toMatchObject(INVALID)
    }))
})

describe('keys', () => {
  test('never may more than their maker, whatever they were given', () =>
    opened(async (subject) => {
      const people = await Promise.all((['owner', 'member', 'viewer'] as const).map((role) => person(subject, role)))
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...people), fc.subarray([...ALL_SCOPES]), async ({ account }, scopes) => {
          const { token } = await keyFor(subject, account.id, { scopes })
          const caller = await subject.auth.authenticate(shown(token))
          const allowed = scopesOfRole(account.role)
          expect([...caller.scopes].sort()).toEqual(scopes.filter((scope) => allowed.has(scope)).sort())
          expect(isPerson(caller)).toBe(false)
        }),
        { numRuns: 60 },
      )
      const [, member] = people
      if (member === undefined) throw new Error('no member')
      const { token } = await keyFor(subject, member.account.id)
      await subject.accounts.updateAccount(member.account.id, { role: 'viewer' })
      expect((await subject.auth.authenticate(shown(token))).scopes).toEqual(scopesOfRole('viewer'))
    }))

  test('are gone with the next call: revoked, expired, maker suspended or removed', () =>
    opened(async (subject) => {
      const ends = {
        revoked: (accountId: string, id: string) => subject.keys.revokeKey(accountId, id),
        expired: (accountId: string, id: string) => subject.keys.updateKey(accountId, id, { expiresAt: subject.now() }),
        suspended: (accountId: string) => subject.accounts.updateAccount(accountId, { state: 'suspended' }),
        removed: (accountId: string) => subject.accounts.removeAccount(accountId),
        'another page': (accountId: string, id: string) => subject.keys.updateKey(accountId, id, { origins: ['https://a.example'] }),
        'another address': (accountId: string, id: string) => subject.keys.updateKey(accountId, id, { addresses: ['198.51.100.7'] }),
      }
      for (const [name, end] of Object.entries(ends)) {
        const ann = await person(subject, 'member')
        const { key: made, token } = await keyFor(subject, ann.account.id)
        await subject.auth.authenticate(shown(token))
        await end(ann.account.id, made.id)
        await expect(subject.auth.authenticate(shown(token)), name).rejects.toMatchObject(INVALID)
      }
    }))

  test('a rotation lets the former secret in for its time, and what it began ends with it', () =>
    opened(async (subject) => {
      const ann = await person(subject, 'member')
      const { key: made, token } = await keyFor(subject, ann.account.id, { expiresAt: START + DAY })
      const next = subject.secrets.make('qk')
      const rotated = `qk_${made.id}_${next.text.split('_')[2]}`
      await expect(subject.auth.authenticate(shown(rotated))).rejects.toMatchObject(INVALID)
      await subject.keys.rotateKey(ann.account.id, made.id, next.secretHash, START + 3_600_000)
      expect(await subject.auth.authenticate(shown(token))).toMatchObject({ id: made.id, expiresAt: START + 3_600_000 })
      expect(await subject.auth.authenticate(shown(rotated))).toMatchObject({ id: made.id, expiresAt: START + DAY })
      subject.pass(3_600_000)
      await expect(subject.auth.authenticate(shown(token))).rejects.toMatchObject(INVALID)
      expect(await subject.auth.authenticate(shown(rotated))).toMatchObject({ id: made.id })
    }))

  test('a known id and an unknown one take the same work', async () => {
    const subject = await open()
    const ann = await person(subject, 'member')
    const { token } = await keyFor(subject, ann.account.id)
    let compared = 0
    const counted = auth({
      ...subject,
      secrets: {
        ...subject.secrets,
        matches(parts, hash) {
          compared += 1
          return subject.secrets.matches(parts, hash)
        },
      },
      identity: undefined,
      sharedSecret: undefined,
      operatorToken: OPERATOR,
      roles: [],
      defaultRole: undefined,
    })
    const work = async (credential: string) => {
      compared = 0
      await counted.authenticate(shown(credential)).catch(() => undefined)
      return compared
    }
    const wrongSecret = `${token.slice(0, -64)}${'0'.repeat(64)}`
    const unknown = `qk_${'0'.repeat(16)}${token.slice(-65)}`
    expect(await work(token)).toBeGreaterThan(0)
    expect([await work(wrongSecret), await work(unknown)]).toEqual([await work(token), await work(token)])
    const session = `qs_${'0'.repeat(16)}_${'0'.repeat(64)}`
    expect(await work(session)).toBe(await work(ann.token))
    await subject.close()
  })
})

describe('visitors', () => {
  test('are gone with the next call: chat closed or over, maker suspended, claimed, time over', () =>
    opened(async (subject) => {
      type End = (maker: string, publicationId: string, visitorId: string) => Promise<unknown>
      const ends: Readonly<Record<string, End>> = {
        closed: (maker, id) => subject.publications.revokePublication(maker, id),
        over: (maker, id) => subject.publications.updatePublication(maker, id, { expiresAt: subject.now() }),
        suspended: (maker) => subject.accounts.updateAccount(maker, { state: 'suspended' }),
        removed: (maker) => subject.accounts.removeAccount(maker),
        claimed: async (maker, publicationId, id) => {
          await subject.publications.createVisitor({ id, publicationId, deleteAt: subject.now() + DAY })
          await subject.auth.authenticate(shown((await visitorOf(subject, publicationId)).token))
          await subject.publications.claimVisitor(id, maker)
        },
        'time over': async () => subject.pass(DAY),
      }
      for (const [name, end] of Object.entries(ends)) {
        const ann = await person(subject, 'member')
        const publication = await publicationOf(subject, ann.account.id, ['db_1'])
        const visitor = await visitorOf(subject, publication.id)
        await subject.auth.authenticate(shown(visitor.token))
        await end(ann.account.id, publication.id, visitor.id)
        await expect(subject.auth.authenticate(shown(visitor.token)), name).rejects.toMatchObject(INVALID)
      }
    }))

  test('read only where the chat shows documents, and stay in their own chat', () =>
    opened(async (subject) => {
      const ann = await person(subject, 'member')
      const open = await publicationOf(subject, ann.account.id, ['db_1'], { sources: 'documents', expiresAt: START + 1000 })
      const visitor = await visitorOf(subject, open.id)
      const caller = await subject.auth.authenticate(shown(visitor.token))
      expect([...caller.scopes].sort()).toEqual(['ask', 'query', 'read'])
      expect(caller).toMatchObject({ expiresAt: START + 1000, databaseIds: new Set(['db_1']), role: 'member' })
      const other = await publicationOf(subject, ann.account.id, ['db_2'])
      await subject.publications.createVisitor({ id: visitor.id, publicationId: open.id, deleteAt: START + DAY })
      const elsewhere = await subject.secrets.signVisitor({ visitorId: visitor.id, publicationId: other.id, issuedAt: START, expiresAt: START + DAY })
      await expect(subject.auth.authenticate(shown(elsewhere))).rejects.toMatchObject(INVALID)
      const nowhere = await subject.secrets.signVisitor({ visitorId: visitor.id, publicationId: 'pub_none', issuedAt: START, expiresAt: START + DAY })
      await expect(subject.auth.authenticate(shown(nowhere))).rejects.toMatchObject(INVALID)
    }))
})

describe('machines with the shared secret', () => {
  test('act for an account that is active, and a part is not a person', () =>
    opened(async (subject) => {
      const ann = await person(subject, 'member', 'ann')
      const { id } = ann.account
      const whole = await subject.auth.authenticate(shown(await subject.machine({ sub: id })))
      expect(whole).toMatchObject({ accountId: id, databaseIds: 'all' })
      expect(isPerson(whole)).toBe(true)
      const part = await subject.auth.authenticate(shown(await subject.machine({ sub: 'ANN@example.com', scope: 'query manage fly', databases: ['db_1'] })))
      expect(part).toMatchObject({ accountId: id, databaseIds: new Set(['db_1']), scopes: new Set(['query', 'manage']) })
      expect(isPerson(part)).toBe(false)
      for (const claims of [{ scope: 'query' }, { databases: [] }]) {
        expect(isPerson(await subject.auth.authenticate(shown(await subject.machine({ sub: id, ...claims }))))).toBe(false)
      }
      for (const sub of ['owner', 'nobody@example.com', 'usr_none', `${id} `]) {
        await expect(subject.auth.authenticate(shown(await subject.machine({ sub }))), sub).rejects.toMatchObject(INVALID)
      }
    }))

  test('end with the sign-out of the account, and with its suspension', () =>
    opened(async (subject) => {
      const { account } = await person(subject, 'member')
      const token = await subject.machine({ sub: account.id })
      await subject.auth.authenticate(shown(token))
      subject.pass(1)
      await subject.accounts.endSessions(account.id)
      await expect(subject.auth.authenticate(shown(token))).rejects.toMatchObject(INVALID)
      subject.pass(1000)
      const later = await subject.machine({ sub: account.id })
      await subject.auth.authenticate(shown(later))
      await subject.accounts.updateAccount(account.id, { state: 'suspended' })
      await expect(subject.auth.authenticate(shown(later))).rejects.toMatchObject(INVALID)
    }))
})

test('a store that fails is told as that, not as a wrong credential', () =>
  opened(async (subject) => {
    const ann = await person(subject, 'member')
    const failing = { ...subject.accounts, session: () => Promise.reject(new Error('disk')) }
    const broken = auth({
      ...subject,
      accounts: failing,
      identity: undefined,
      sharedSecret: undefined,
      operatorToken: OPERATOR,
      roles: [],
      defaultRole: undefined,
    })
    await expect(broken.authenticate(shown(ann.token))).rejects.toThrow('disk')
  }))

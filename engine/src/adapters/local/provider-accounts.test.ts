import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Role } from '../../domain/account.ts'
import type { Accounts } from '../../ports/accounts.ts'
import type { VerifiedToken } from '../../ports/identity.ts'
import { sqliteAccounts } from '../sqlite/accounts.ts'
import { openCatalogFile } from '../sqlite/catalog-file.ts'
import { type ProviderAccountsOptions, providerAccounts } from './provider-accounts.ts'

const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const START = 1_700_000_000_000
const INVALID = { code: 'auth/invalid' }
const ROLES: ProviderAccountsOptions['roles'] = [
  { group: 'staff', role: 'member' },
  { group: 'admins', role: 'owner' },
  { group: 'guests', role: 'viewer' },
]

interface Subject {
  readonly accounts: Accounts
  readonly accountOf: ReturnType<typeof providerAccounts>
  pass(ms: number): void
  invite(email: string, role: Role): Promise<string>
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(PLACE, 'quarry-provider-accounts-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function opened<T>(use: (subject: Subject) => Promise<T>, change: Partial<ProviderAccountsOptions> = {}): Promise<T> {
  let time = START
  const file = openCatalogFile({ path: join(folder, `${randomBytes(8).toString('hex')}.sqlite`) })
  const accounts = sqliteAccounts(file, { now: () => time, newId: (prefix) => `${prefix}_${randomBytes(8).toString('hex')}` })
  try {
    return await use({
      accounts,
      accountOf: providerAccounts({ accounts, roles: ROLES, defaultRole: 'viewer', ...change }),
      pass: (ms) => {
        time += ms
      },
      async invite(email, role) {
        const id = randomBytes(8).toString('hex')
        await accounts.createTicket({ id, purpose: 'invitation', accountId: 'owner', email, role, secretHash: 'x', expiresAt: time + 1000 })
        return id
      },
    })
  } finally {
    file.close()
  }
}

function token(change: Partial<VerifiedToken> = {}): VerifiedToken {
  return {
    identity: { issuer: 'https://id.example.com', subject: 'sub-1' },
    use: 'id',
    email: 'ann@example.com',
    name: 'Ann',
    groups: [],
    issuedAt: START,
    expiresAt: START + 3_600_000,
    ...change,
  }
}

const count = async (accounts: Accounts) => (await accounts.accounts({ limit: 100 })).items.length

test('the first token makes the account, and every other one finds it', () =>
  opened(async ({ accounts, accountOf }) => {
    const before = await count(accounts)
    const account = await accountOf(token({ groups: ['guests', 'staff'] }))
    expect(account).toMatchObject({ email: 'ann@example.com', name: 'Ann', role: 'member', provider: token().identity, hasPassword: false, roleSetAt: START })
    expect((await accountOf(token({ email: 'other@example.com', groups: ['staff'] }))).id).toBe(account.id)
    expect((await accountOf(token({ identity: { issuer: 'https://id.example.com', subject: 'SUB-1' }, email: undefined }))).id).not.toBe(account.id)
    expect(await count(accounts)).toBe(before + 2)
  }))

test('many first tokens at once make one account', () =>
  opened(async ({ accounts, accountOf, invite }) => {
    await invite('ann@example.com', 'member')
    const before = await count(accounts)
    const made = await Promise.all(Array.from({ length: 50 }, (_, index) => accountOf(token({ issuedAt: START + index }))))
    expect(new Set(made.map(({ id }) => id)).size).toBe(1)
    expect(await count(accounts)).toBe(before + 1)
    expect(new Set(made.map(({ role }) => role))).toEqual(new Set(['member']))
    expect(await accounts.invitations(undefined)).toEqual([])
  }))

test('two people with one address, at once: one has it, the other is refused', () =>
  opened(async ({ accounts, accountOf }) => {
    const before = await count(accounts)
    const people = ['sub-1', 'sub-2'].map((subject) => accountOf(token({ identity: { issuer: 'https://id.example.com', subject } })))
    const results = await Promise.allSettled(people)
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: INVALID })
    expect(await count(accounts)).toBe(before + 1)
  }))

test('a verified address finds the account that has it, unless another provider identity has it or it is suspended', () =>
  opened(async ({ accounts, accountOf }) => {
    const person = { name: undefined, role: 'member', passwordHash: 'x', provider: undefined } as const
    const ann = await accounts.createAccount({ ...person, email: 'ann@example.com' })
    // Without a verified address it is somebody else.
    const stranger = await accountOf(token({ email: undefined, identity: { issuer: 'https://id.example.com', subject: 'stranger' } }))
    expect(stranger.id).not.toBe(ann.id)
    const linked = await accountOf(token({ groups: ['admins'] }))
    expect(linked, 'and keeps the role that a person gave').toMatchObject({ id: ann.id, role: 'member', provider: token().identity })
    await expect(accountOf(token({ identity: { issuer: 'https://id.example.com', subject: 'sub-2' } }))).rejects.toMatchObject(INVALID)

    const bob = await accounts.createAccount({ ...person, email: 'bob@example.com' })
    await accounts.updateAccount(bob.id, { state: 'suspended' })
    await expect(accountOf(token({ email: 'bob@example.com', identity: { issuer: 'https://id.example.com', subject: 'bob' } }))).rejects.toMatchObject(INVALID)
    expect((await accounts.account(bob.id)).provider).toBeUndefined()
  }))

test('an invitation gives its role, once, to who has the address', () =>
  opened(
    async ({ accounts, accountOf, invite, pass }) => {
      await expect(accountOf(token()), 'nobody invited').rejects.toMatchObject(INVALID)
      await invite('ann@example.com', 'owner')
      await expect(accountOf(token({ email: undefined }))).rejects.toMatchObject(INVALID)
      await expect(accountOf(token({ email: 'bob@example.com' }))).rejects.toMatchObject(INVALID)
      const account = await accountOf(token())
      expect(account).toMatchObject({ role: 'owner', roleSetAt: undefined })
      expect(await accounts.invitations(undefined)).toEqual([])
      // A person set the role: no groups, and no lack of them, change it.
      expect((await accountOf(token({ issuedAt: START + 1000, groups: [] }))).role).toBe('owner')
      expect((await accountOf(token({ issuedAt: START + 2000, groups: ['guests'] }))).role).toBe('owner')

      await invite('late@example.com', 'owner')
      pass(1000)
      await expect(accountOf(token({ email: 'late@example.com', identity: { issuer: 'i', subject: 's' } }))).rejects.toMatchObject(INVALID)
    },
    { defaultRole: undefined },
  ))

test('an address that comes later is learned, with the invitation that waits for it', () =>
  opened(async ({ accounts, accountOf, invite }) => {
    const account = await accountOf(token({ email: undefined, use: 'access' }))
    expect(account).toMatchObject({ email: undefined, role: 'viewer' })
    await invite('ann@example.com', 'member')
    expect(await accountOf(token())).toMatchObject({ id: account.id, role: 'member' })
    expect(await accounts.account(account.id)).toMatchObject({ email: 'ann@example.com', role: 'member', roleSetAt: undefined })
    expect(await accounts.invitations(undefined)).toEqual([])
    // One that somebody else has stays theirs.
    const other = await accountOf(token({ email: undefined, identity: { issuer: 'i', subject: 's' } }))
    await accountOf(token({ identity: { issuer: 'i', subject: 's' } }))
    expect((await accounts.account(other.id)).email).toBeUndefined()
  }))

test('groups set the role, and an older token never sets it again', () =>
  opened(async ({ accounts, accountOf }) => {
    await accounts.createAccount({ email: 'keeper@example.com', name: undefined, role: 'owner', passwordHash: 'x', provider: undefined })
    const roles = new Map<string, Role>([
      ['staff', 'member'],
      ['admins', 'owner'],
      ['guests', 'viewer'],
    ])
    let subject = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ at: fc.nat(20), group: fc.constantFrom(...roles.keys()) }), { minLength: 1, maxLength: 12 }), async (tokens) => {
        subject += 1
        const identity = { issuer: 'https://id.example.com', subject: `sub-${subject}` }
        let model: { role: Role; at: number } | undefined
        for (const { at, group } of tokens) {
          const account = await accountOf(token({ identity, email: undefined, issuedAt: START + at * 1000, groups: [group] }))
          const role = roles.get(group) ?? 'viewer'
          if (model === undefined || (at > model.at && role !== model.role)) model = { role, at }
          expect(account.role).toBe(model.role)
        }
      }),
      { numRuns: 60 },
    )
  }))

test('of two tokens at the same time the newer one counts, whichever comes first', () =>
  opened(async ({ accounts, accountOf }) => {
    await accounts.createAccount({ email: 'keeper@example.com', name: undefined, role: 'owner', passwordHash: 'x', provider: undefined })
    const { id } = await accountOf(token({ groups: ['staff'] }))
    for (let round = 1; round <= 20; round += 1) {
      const [old, latest] = [
        token({ issuedAt: START + round * 10_000, groups: ['admins'] }),
        token({ issuedAt: START + round * 10_000 + 1, groups: ['guests'] }),
      ]
      await Promise.all(round % 2 === 0 ? [accountOf(old), accountOf(latest)] : [accountOf(latest), accountOf(old)])
      expect((await accounts.account(id)).role).toBe('viewer')
      await accountOf(token({ issuedAt: START + round * 10_000 + 5, groups: ['staff'] }))
    }
  }))

test('a token that tells nothing about groups changes nothing, and the first that does sets the role', () =>
  opened(async ({ accountOf }) => {
    expect(await accountOf(token({ groups: undefined }))).toMatchObject({ role: 'viewer' })
    // Issued in the same second, as access and id tokens are.
    expect(await accountOf(token({ groups: ['staff'] }))).toMatchObject({ role: 'member', roleSetAt: START })
    expect(await accountOf(token({ groups: undefined, issuedAt: START + 1000 }))).toMatchObject({ role: 'member', roleSetAt: START })
    expect(await accountOf(token({ groups: [], issuedAt: START + 2000 }))).toMatchObject({ role: 'viewer' })
  }))

test('a role that a person sets stays, whatever the groups say', () =>
  opened(async ({ accounts, accountOf }) => {
    const { id } = await accountOf(token({ groups: ['guests'] }))
    await accounts.updateAccount(id, { role: 'member', roleSetAt: null })
    expect((await accountOf(token({ groups: ['guests'], issuedAt: START + 1000 }))).role).toBe('member')
  }))

test('the last owner stays one', () =>
  opened(async ({ accountOf }) => {
    expect((await accountOf(token({ groups: ['admins'] }))).role).toBe('owner')
    expect((await accountOf(token({ groups: ['guests'], issuedAt: START + 1000 }))).role).toBe('owner')
    const second = { identity: { issuer: 'https://id.example.com', subject: 'sub-2' }, email: undefined }
    await accountOf(token({ ...second, groups: ['admins'], issuedAt: START + 1000 }))
    expect((await accountOf(token({ groups: ['guests'], issuedAt: START + 1000 }))).role).toBe('viewer')
  }))

test('who leaves the groups is kept out, with every token from before', () =>
  opened(
    async ({ accounts, accountOf, pass }) => {
      const { id } = await accountOf(token({ groups: ['staff'] }))
      pass(5000)
      await expect(accountOf(token({ groups: ['others'], issuedAt: START + 2000 }))).rejects.toMatchObject(INVALID)
      await expect(accountOf(token({ groups: ['staff'] })), 'the token from before').rejects.toMatchObject(INVALID)
      const moved = await accounts.rights()
      await expect(accountOf(token({ groups: ['others'], issuedAt: START + 2000 })), 'again').rejects.toMatchObject(INVALID)
      expect(await accounts.rights(), 'signs out once').toBe(moved)
      expect((await accountOf(token({ groups: ['staff'], issuedAt: START + 6000 }))).id).toBe(id)
    },
    { defaultRole: undefined },
  ))

test('tokens from before a sign-out are refused, and all of a suspended account', () =>
  opened(async ({ accounts, accountOf, pass }) => {
    const { id } = await accountOf(token())
    pass(1)
    await accounts.endSessions(id)
    await expect(accountOf(token())).rejects.toMatchObject(INVALID)
    pass(10_000)
    expect((await accountOf(token({ issuedAt: START + 1000 }))).id).toBe(id)
    await accounts.updateAccount(id, { state: 'suspended' })
    await expect(accountOf(token({ issuedAt: START + 5000 }))).rejects.toMatchObject(INVALID)
    await accounts.updateAccount(id, { state: 'active' })
    await accounts.removeAccount(id)
    // A removed account is gone: the same person begins anew.
    expect((await accountOf(token({ issuedAt: START + 5000 }))).id).not.toBe(id)
  }))

import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dumpOf } from '../../test/dump.ts'
import { bearer, keyFor, PASSWORD, type Person, person, signedIn } from '../../test/people-fixture.ts'
import { ALL, contentOf, GUARDED, pathOf } from '../../test/route-requests.ts'
import { serverForTest, type TestServer, TOKEN } from '../../test/server-fixture.ts'
import { ROLES, type Role } from '../domain/account.ts'
import type { Letter } from '../ports/mailer.ts'

// Links that hand a right over once: to claim the server, to set a new password, to join. And what is told to strangers.

const letters: Letter[] = []
/** Quick ones: what is tested is who wins, not how long it takes. */
const passwords = {
  hash: async (password: string) => `quick ${createHash('sha256').update(password).digest('hex')}`,
  verify: async (hash: string | undefined, password: string) => hash === `quick ${createHash('sha256').update(password).digest('hex')}`,
}
const mailer = { send: async (letter: Letter) => void letters.push(letter), close: async () => undefined }
const start = () => serverForTest({ world: { passwords, mailer } })

let server: TestServer
const counted = { tickets: 0, claims: 0, invitations: 0, payloads: 0 }
beforeAll(async () => {
  server = await start()
})
afterAll(() => server.stop())

interface Told {
  readonly status: number
  readonly code: string
  readonly text: string
  readonly headers: readonly (readonly [string, string])[]
}

async function post(path: string, body: unknown, options: { readonly token?: string; readonly to?: TestServer; readonly method?: string } = {}): Promise<Told> {
  const { token, to = server, method = 'POST' } = options
  const reply = await fetch(to.address + path, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(token === undefined ? {} : bearer(token)) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await reply.text()
  const kept = [...reply.headers].filter(([name]) => !['date', 'x-request-id', 'keep-alive'].includes(name))
  return { status: reply.status, code: /"code":"([^"]+)"/.exec(text)?.[1] ?? '', text, headers: kept }
}

/** Waits for the letter that goes out after the reply. */
async function letterTo(email: string): Promise<string> {
  for (let round = 0; round < 400; round += 1) {
    const letter = letters.findLast(({ to }) => to === email)
    if (letter !== undefined) return /#(?:reset|invitation)=(\S+)/.exec(letter.text)?.[1] ?? ''
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`no letter came to ${email}`)
}

describe('a fresh server', () => {
  test('lets nobody in, and what anybody may see tells nothing', async () => {
    const fresh = await start()
    try {
      const ticket = JSON.parse((await post('/api/v1/claim/ticket', undefined, { token: TOKEN, to: fresh })).text).ticket as string
      const before = dumpOf(fresh.file)
      for (const [name, route] of GUARDED) {
        const reply = await fetch(fresh.address + pathOf(route), { method: route.method, ...contentOf(route) })
        expect(reply.status, name).toBe(401)
        await reply.body?.cancel()
      }
      for (const [name, route] of ALL.filter(([, { allow }]) => allow === 'anyone')) {
        const reply = await fetch(fresh.address + pathOf(route), { method: route.method, redirect: 'manual', ...contentOf(route) })
        const text = `${JSON.stringify([...reply.headers])} ${await reply.text()}`
        for (const secret of [TOKEN, ticket, fresh.folder]) expect(text, name).not.toContain(secret)
        expect(reply.headers.get('set-cookie'), name).toBeNull()
      }
      // Attempts to sign in stand in the audit log; nothing else is there that was not there before.
      expect({ ...dumpOf(fresh.file), audit: [], sqlite_sequence: [] }).toEqual({ ...before, audit: [], sqlite_sequence: [] })
    } finally {
      await fresh.stop()
    }
  })

  test('is claimed once, whoever comes at the same time, and only by the last link', async () => {
    const fresh = await start()
    const claim = (ticket: string, name: string) => post('/api/v1/claim', { ticket, email: `${name}@example.com`, password: PASSWORD }, { to: fresh })
    try {
      const tickets: string[] = []
      for (let round = 0; round < 2; round += 1) {
        tickets.push(JSON.parse((await post('/api/v1/claim/ticket', undefined, { token: TOKEN, to: fresh })).text).ticket)
      }
      const [former = '', ticket = ''] = tickets
      expect((await claim(former, 'early')).code).toBe('ticket/invalid')
      const all = await Promise.all(Array.from({ length: 50 }, (_, index) => claim(ticket, `c${index}`)))
      counted.claims += all.length
      expect(all.filter(({ status }) => status === 201)).toHaveLength(1)
      for (const { code } of all.filter(({ status }) => status !== 201)) expect(code).toMatch(/^(?:ticket\/invalid|account\/claimed)$/)
      expect(fresh.file.all('SELECT id FROM accounts')).toHaveLength(1)
      expect((await claim(ticket, 'late')).code).toMatch(/^(?:ticket\/invalid|account\/claimed)$/)
      expect((await post('/api/v1/claim/ticket', undefined, { token: TOKEN, to: fresh })).code).toBe('account/claimed')
    } finally {
      await fresh.stop()
    }
  })
})

type Purpose = 'claim' | 'reset' | 'invitation'

async function ticketFor(purpose: Purpose, of: Person, role: Role = 'viewer', expiresIn = 3_600_000): Promise<string> {
  const made = server.world.secrets.make('qt')
  const email = purpose === 'invitation' ? `i${made.id}@example.com` : undefined
  const accountId = purpose === 'claim' ? 'owner' : of.account.id
  const expiresAt = server.world.now() + expiresIn
  await server.world.accounts.createTicket({
    id: made.id,
    secretHash: made.secretHash,
    purpose,
    accountId,
    email,
    role: email === undefined ? undefined : role,
    expiresAt,
  })
  return made.text
}

const REDEEM: Readonly<Record<Purpose, (ticket: unknown) => readonly [string, object]>> = {
  claim: (ticket) => ['/api/v1/claim', { ticket, email: 'first@example.com', password: PASSWORD }],
  reset: (ticket) => ['/api/v1/password-resets/redeem', { ticket, password: PASSWORD }],
  invitation: (ticket) => ['/api/v1/invitations/accept', { ticket, password: PASSWORD }],
}

describe('tickets', () => {
  test.each(['reset', 'invitation', 'claim'] as const)('of the purpose %s are taken in one form alone, once', async (purpose) => {
    const [mine, other] = await Promise.all([person(server.world, 'member'), person(server.world, 'member')])
    const others = await Promise.all((['reset', 'invitation', 'claim'] as const).filter((one) => one !== purpose).map((one) => ticketFor(one, mine)))
    const expired = purpose === 'claim' ? [] : [await ticketFor(purpose, mine, 'viewer', -1)]
    const used = purpose === 'claim' ? [] : [await ticketFor(purpose, other)]
    for (const one of used) expect((await post(...REDEEM[purpose](one))).status).toBeLessThan(300)
    const foreign = await ticketFor('reset', other)
    const good = await ticketFor(purpose, mine)
    const [prefix = '', id = '', secret = ''] = good.split('_')
    const wrong: unknown[] = [
      ...[null, '', [], {}, 0, true, [good], { $ne: null }, { ticket: good }, 'null', 'undefined', '0'],
      ...[...others, ...expired, ...used],
      ...[
        good.toUpperCase(),
        ` ${good}`,
        `${good} `,
        `${good}\n`,
        `\t${good}`,
        `${good}\u0000`,
        good.slice(0, -1),
        good.slice(1),
        good.slice(0, 30),
        `${prefix}_`,
        `${prefix}_${id}`,
      ],
      ...[
        `${prefix}_${id}_`,
        `${good}${good}`,
        `${good}_${secret}`,
        `#${purpose}=${good}`,
        `${prefix}__${secret}`,
        `${prefix}_${id}_${'0'.repeat(64)}`,
        secret,
        id,
      ],
      ...[`${prefix}_${id}_${foreign.split('_')[2]}`, `qk_${id}_${secret}`, `qs_${id}_${secret}`, `${prefix}_${id}_${secret.slice(0, -1)}g`],
      ...[
        createHash('sha256').update(secret).digest('hex'),
        `${prefix}_${id}_${createHash('sha256').update(secret).digest('hex')}`,
        `%`,
        `' OR 1=1--`,
        `${prefix}_%_${secret}`,
      ],
      ...[TOKEN, mine.token],
    ]
    const before = dumpOf(server.file)
    for (const ticket of wrong) {
      const { status, code } = await post(...REDEEM[purpose](ticket))
      expect([status, code], JSON.stringify(ticket)).toEqual([400, expect.stringMatching(/^(?:request|ticket)\/invalid$/)])
      counted.tickets += 1
    }
    // Without any at all.
    expect((await post(...REDEEM[purpose](undefined))).code).toBe('request/invalid')
    expect(dumpOf(server.file)).toEqual(before)
    expect((await post(...REDEEM[purpose](good))).status).toBeLessThan(300)
    expect((await post(...REDEEM[purpose](good))).code).toMatch(/^(?:ticket\/invalid|account\/claimed)$/)
  })

  test('of fifty at the same time one sets the password or joins', async () => {
    const mine = await person(server.world, 'member')
    for (const purpose of ['reset', 'invitation'] as const) {
      const ticket = await ticketFor(purpose, mine)
      const all = await Promise.all(Array.from({ length: 50 }, () => post(...REDEEM[purpose](ticket))))
      expect(all.filter(({ status }) => status < 300)).toHaveLength(1)
      expect(new Set(all.map(({ code }) => code))).toEqual(new Set(['', 'ticket/invalid']))
    }
  })
})

describe('invitations', () => {
  test.each(ROLES)('somebody who is %s invites as at most that', async (role) => {
    const inviter = await person(server.world, role)
    for (const wanted of ROLES) {
      const told = await post('/api/v1/invitations', { email: `x${counted.invitations}${role}@example.com`, role: wanted }, { token: inviter.token })
      const may = role === 'owner' || (role === 'member' && wanted !== 'owner')
      expect([wanted, told.status]).toEqual([wanted, may ? 201 : 403])
      counted.invitations += 1
      if (!may) continue
      const ticket = String(JSON.parse(told.text).link).split('#invitation=')[1]
      for (const more of [{ role: 'owner' }, { email: 'else@example.com' }, { invitation: { role: 'owner' } }, { state: 'active' }]) {
        expect((await post('/api/v1/invitations/accept', { ticket, password: PASSWORD, ...more })).code).toBe('request/invalid')
      }
      const joined = await post('/api/v1/invitations/accept', { ticket, password: PASSWORD, name: 'New' })
      expect(JSON.parse(joined.text).account).toMatchObject({ role: wanted, email: `x${counted.invitations - 1}${role}@example.com` })
    }
  })

  test.each([
    ['demoted', (id: string) => server.world.accounts.updateAccount(id, { role: 'viewer' })],
    ['suspended', (id: string) => server.world.accounts.updateAccount(id, { state: 'suspended' })],
    ['deleted', (id: string) => server.world.accounts.removeAccount(id)],
  ])('of who was %s since count no more', async (_, change) => {
    const inviter = await person(server.world, 'owner')
    const ticket = await ticketFor('invitation', inviter, 'member')
    await change(inviter.account.id)
    expect((await post('/api/v1/invitations/accept', { ticket, password: PASSWORD })).code).toBe('ticket/invalid')
    expect((await post('/api/v1/invitations', { email: 'y@example.com', role: 'viewer' }, { token: inviter.token })).status).toBeGreaterThanOrEqual(401)
  })
})

describe('resets', () => {
  test('sign out everywhere, and the link is seen in the letter alone', async () => {
    const mine = await person(server.world, 'member')
    const email = mine.account.email ?? ''
    const more = await signedIn(server.world, mine.account)
    const asked = await post('/api/v1/password-resets', { email })
    const ticket = await letterTo(email)
    expect(ticket).toMatch(/^qt_/)
    expect((await post(...REDEEM.reset(ticket))).status).toBe(200)
    for (const { token } of [mine, more]) expect((await post('/api/v1/me', undefined, { token, method: 'GET' })).status).toBe(401)
    expect((await post('/api/v1/sessions', { email, password: PASSWORD })).status).toBe(201)
    for (const text of [asked.text, JSON.stringify(asked.headers), JSON.stringify(server.logged), JSON.stringify(dumpOf(server.file))]) {
      expect(text).not.toContain(ticket)
      expect(text).not.toContain(ticket.split('_')[2])
    }
  })

  test('do not let in who is suspended', async () => {
    const mine = await person(server.world, 'member')
    const email = mine.account.email ?? ''
    const ticket = await ticketFor('reset', mine)
    await server.world.accounts.updateAccount(mine.account.id, { state: 'suspended' })
    expect((await post(...REDEEM.reset(ticket))).code).toBe('ticket/invalid')
    expect((await post('/api/v1/sessions', { email, password: PASSWORD })).code).toBe('auth/wrong-password')
    const count = letters.length
    expect((await post('/api/v1/password-resets', { email })).status).toBe(202)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(letters).toHaveLength(count)
  })
})

test('an address that somebody has and one that nobody has are answered alike', async () => {
  const mine = await person(server.world, 'member')
  const gone = await person(server.world, 'member')
  await server.world.accounts.updateAccount(gone.account.id, { state: 'suspended' })
  const bare = ({ status, text, headers }: Told) => ({ status, headers, text: text.replace(/"req_[^"]+"/, '') })
  const asks = [
    (email: string) => post('/api/v1/sessions', { email, password: 'not the password at all' }),
    (email: string) => post('/api/v1/password-resets', { email }),
  ]
  for (const ask of asks) {
    const [known, unknown, suspended] = [await ask(mine.account.email ?? ''), await ask('nobody@example.com'), await ask(gone.account.email ?? '')]
    expect(bare(known)).toEqual(bare(unknown))
    expect(bare(suspended)).toEqual(bare(unknown))
  }
})

test('what should be text and is not, and text that means something to a database, is refused and does nothing', async () => {
  const mine = await person(server.world, 'owner')
  const { key, token } = await keyFor(server.world, mine.account.id)
  const email = mine.account.email ?? ''
  for (const odd of [{ $ne: null }, { $gt: '' }, [email], 1, true, null, { email }, [[email]]]) {
    expect((await post('/api/v1/sessions', { email: odd, password: PASSWORD })).code).toBe('request/invalid')
    expect((await post('/api/v1/sessions', { email, password: odd })).code).toBe('request/invalid')
    expect((await post('/api/v1/password-resets', { email: odd })).code).toBe('request/invalid')
  }
  const before = dumpOf(server.file)
  const payloads = [
    "' OR 1=1--",
    "'; DROP TABLE accounts;--",
    '" OR ""="',
    "x' UNION SELECT secret_hash FROM api_keys--",
    '%',
    '_',
    '*',
    `${key.id}' OR '1'='1`,
    "qk_' OR 1=1--_x",
    '\\',
    '$where',
    '1;1',
    'NULL',
  ]
  for (const payload of payloads) {
    const inPath = encodeURIComponent(payload)
    for (const shown of [payload, `qk_${payload}_${'0'.repeat(64)}`, `${token}${payload}`, `qk_${key.id}_${payload}`]) {
      expect((await post('/api/v1/me', undefined, { token: shown, method: 'GET' })).status).toBe(401)
    }
    expect([400, 401]).toContain((await post('/api/v1/sessions', { email: payload, password: payload })).status)
    expect([400, 401]).toContain((await post('/api/v1/sessions', { email: `${payload.replaceAll(/[\s"\\;,]/g, '')}@example.com`, password: payload })).status)
    const found = await post(`/api/v1/users?search=${inPath}`, undefined, { token: mine.token, method: 'GET' })
    expect(found.status).toBe(200)
    if (!/^[%_*\\1]|NULL/.test(payload)) expect(JSON.parse(found.text).users).toEqual([])
    for (const path of [
      `/api/v1/users/${inPath}`,
      `/api/v1/keys/${inPath}`,
      `/api/v1/sessions/${inPath}`,
      `/api/v1/databases/${inPath}`,
      `/api/v1/jobs/${inPath}`,
    ]) {
      const method = path.includes('sessions') ? 'DELETE' : 'GET'
      expect((await post(path, undefined, { token: mine.token, method })).status, path).toBe(404)
    }
    counted.payloads += 1
  }
  // What stays of them are the attempts to sign in.
  expect({ ...dumpOf(server.file), audit: [], sqlite_sequence: [] }).toEqual({ ...before, audit: [], sqlite_sequence: [] })
  console.log(`links: ${JSON.stringify(counted)}`)
})

import { Agent, request } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { bearer, keyFor, person } from '../../test/people-fixture.ts'
import { json, serverForTest, type TestServer, TOKEN } from '../../test/server-fixture.ts'
import { AppError } from '../domain/errors.ts'
import { NO_LIMITS } from '../domain/limits.ts'
import { limitGate } from './gate-limits.ts'

let server: TestServer
afterEach(() => server.stop())

const LIMIT = 5
/** In each of five ways: 10,000 together. */
const ATTEMPTS = 2_000
const open = async (environment: Record<string, string> = {}) => {
  server = await serverForTest({ environment, gateOf: limitGate, flows: { signIn: async () => Promise.reject(wrongPassword()) } })
}

/** Statuses of many sign-ins, as a program sends them that does nothing else. */
async function signIns(count: number, headersOf: (index: number) => Record<string, string>, emailOf: (index: number) => string): Promise<Map<number, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const statuses = new Map<number, number>()
  let next = 0
  const send = (index: number) =>
    new Promise<void>((resolve, reject) => {
      const body = JSON.stringify({ email: emailOf(index), password: 'a guess of the attacker' })
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headersOf(index) }
      const sent = request(`${server.address}/api/v1/sessions`, { method: 'POST', agent, headers }, (reply) => {
        statuses.set(reply.statusCode ?? 0, (statuses.get(reply.statusCode ?? 0) ?? 0) + 1)
        reply.resume().once('end', resolve).once('error', reject)
      })
      sent.once('error', reject).end(body)
    })
  const worker = async () => {
    for (let index = next; index < count; index = next) {
      next += 1
      await send(index)
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  agent.destroy()
  return statuses
}

const hex = (number: number) => (number & 0xffff).toString(16)
/** An address of one /64 in one of its spellings, or one that is mapped from IPv4. */
function spelling(index: number): string {
  const low = `${hex(index * 7919)}:${hex(index)}:${hex(index >> 3)}:1`
  const ways = [
    `2001:db8:a:b:${low}`,
    `2001:0DB8:000a:000B:${low}`.toUpperCase(),
    `[2001:db8:a:b:${low}]:${1024 + index}`,
    `2001:db8:a:b::${index % 255}.1.2.3`,
    `2001:db8:a:b:${low}%eth0`,
  ]
  return ways[index % ways.length] ?? ''
}
const anywhere = (index: number) => `${1 + (index % 200)}.${(index >> 4) % 256}.${index % 256}.${(index * 31) % 256}`

describe('10,000 sign-ins with invented addresses pass at most as often as the limit says (C25)', () => {
  const oneVictim = () => 'ann@example.com'
  const manyVictims = (index: number) => `someone${index}@example.com`

  test.each([
    [
      'no proxy is trusted: X-Forwarded-For is nobody’s word',
      {},
      (index: number) => ({ 'x-forwarded-for': anywhere(index), forwarded: `for=${anywhere(index)}` }),
      manyVictims,
    ],
    [
      'a trusted proxy adds the real address after what the client wrote',
      PROXY(),
      (index: number) => ({ 'x-forwarded-for': `${anywhere(index)}, ${spelling(index)}, 203.0.113.9` }),
      manyVictims,
    ],
    [
      'behind a trusted proxy, the client moves in its /64 and spells it in every way',
      PROXY(),
      (index: number) => ({ 'x-forwarded-for': spelling(index) }),
      manyVictims,
    ],
    [
      'behind a trusted proxy, the client writes its IPv4 address in every way',
      PROXY(),
      (index: number) => ({
        'x-forwarded-for': ['203.0.113.9', '::ffff:203.0.113.9', '::ffff:cb00:7109', '0:0:0:0:0:FFFF:CB00:7109', '203.0.113.9:80'][index % 5] ?? '',
      }),
      manyVictims,
    ],
    ['from ten thousand real addresses at one account', PROXY(), (index: number) => ({ 'x-forwarded-for': anywhere(index) }), oneVictim],
  ] as const)(
    '%s',
    async (_what, environment, headersOf, emailOf) => {
      await open({ LIMIT_SIGN_IN_PER_QUARTER_HOUR: String(LIMIT), LIMIT_ADDRESS_PER_MINUTE: '0', ...environment })
      const statuses = await signIns(ATTEMPTS, headersOf, emailOf)
      const passed = statuses.get(401) ?? 0
      expect(passed).toBeGreaterThan(0)
      expect(passed).toBeLessThanOrEqual(LIMIT + 1)
      expect(statuses.get(429)).toBe(ATTEMPTS - passed)
      // What was refused leaves no trace that grows with the attack.
      expect((await server.world.ledger.audit({ limit: 100 })).length).toBeLessThanOrEqual(LIMIT + 1)
    },
    60_000,
  )

  function PROXY() {
    return { TRUSTED_PROXIES: '127.0.0.1' }
  }
})

function wrongPassword(): AppError {
  return new AppError('auth/wrong-password')
}

test('a guarded reply tells what is left, a refused one how long to wait; the operator is told nothing', async () => {
  await open()
  const ann = await person(server.world, 'member')
  await server.world.ledger.updatePlan('plan_people', { limits: { ...NO_LIMITS, requestsPerMinute: 2 } })
  const ask = (token: string) => fetch(`${server.address}/api/v1/databases`, { headers: bearer(token) })
  const replies = [await ask(ann.token), await ask(ann.token), await ask(ann.token)]
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 429])
  expect(replies.map(({ headers }) => headers.get('ratelimit-policy'))).toEqual(Array(3).fill('"account";q=2;w=60'))
  expect(replies.map(({ headers }) => /^"account";r=(\d);t=\d+$/.exec(headers.get('ratelimit') ?? '')?.[1])).toEqual(['1', '0', '0'])
  const wait = Number(replies[2]?.headers.get('retry-after'))
  expect(wait).toBeGreaterThan(0)
  expect(wait).toBeLessThanOrEqual(60)
  expect((await json(replies[2] as Response)).error).toMatchObject({ code: 'limit/rate', retry: true, facts: { limit: 'account', most: 2, retry_after: wait } })
  for (let round = 0; round < 5; round += 1) {
    const reply = await ask(TOKEN)
    expect([reply.status, reply.headers.get('ratelimit')]).toEqual([200, null])
  }
})

test('ids that are guessed count as requests, and so do requests that are answered by 403', async () => {
  await open()
  const ann = await person(server.world, 'viewer')
  await server.world.ledger.updatePlan('plan_people', { limits: { ...NO_LIMITS, requestsPerMinute: 3 } })
  const statuses: number[] = []
  for (const path of ['databases/db_guess', 'plans', 'databases/db_other', 'databases/db_third'])
    statuses.push((await fetch(`${server.address}/api/v1/${path}`, { headers: bearer(ann.token) })).status)
  expect(statuses).toEqual([404, 403, 404, 429])
})

test('wrong credentials end in 429, a right one at the same address goes on, and a database has a limit for all', async () => {
  await open({ LIMIT_SIGN_IN_PER_QUARTER_HOUR: '3', LIMIT_DATABASE_PER_MINUTE: '2' })
  const ann = await person(server.world, 'member')
  const { token } = await keyFor(server.world, ann.account.id)
  const settings = { embedder: 'none', dimensions: 0, chunkSize: 512, chunkOverlap: 64, analyzer: 'a' }
  const { database } = await server.world.catalog.createDatabase({
    ownerId: ann.account.id,
    name: 'd',
    description: undefined,
    weights: { dense: 1, lexical: 1 },
    settings,
  })
  const statusOf = async (credential: string, path = 'databases') => (await fetch(`${server.address}/api/v1/${path}`, { headers: bearer(credential) })).status
  const wrong: number[] = []
  for (let round = 0; round < 6; round += 1) wrong.push(await statusOf(`qk_${'0'.repeat(16)}_${round.toString().repeat(64)}`))
  expect(wrong).toEqual([401, 401, 401, 429, 429, 429])
  expect(await statusOf(token)).toBe(200)
  const own = `databases/${database.id}`
  expect([await statusOf(token, own), await statusOf(ann.token, own), await statusOf(token, own), await statusOf(ann.token, own)]).toEqual([200, 200, 429, 429])
})

test('who shows no credential is held by address, on open and on closed routes together', async () => {
  await open({ LIMIT_ADDRESS_PER_MINUTE: '4' })
  const statuses: number[] = []
  for (const path of ['/health', '/api/v1/databases', '/health', '/api/v1/plans', '/health', '/api/v1/databases'])
    statuses.push((await fetch(server.address + path)).status)
  expect(statuses).toEqual([200, 401, 200, 401, 429, 429])
})

test('places for streams are given back when a client leaves', async () => {
  await open()
  const ann = await person(server.world, 'member')
  await server.world.ledger.updatePlan('plan_people', { limits: { ...NO_LIMITS, streams: 2 } })
  const settings = { embedder: 'none', dimensions: 0, chunkSize: 512, chunkOverlap: 64, analyzer: 'a' }
  const { database } = await server.world.catalog.createDatabase({
    ownerId: ann.account.id,
    name: 'd',
    description: undefined,
    weights: { dense: 1, lexical: 1 },
    settings,
  })
  await server.world.catalog.createVersion(database.id, { ...settings, chunkSize: 128 }) // a job that nobody takes: its stream stays open
  const watch = async () => {
    const leave = new AbortController()
    const reply = await fetch(`${server.address}/api/v1/databases/${database.id}/events`, { headers: bearer(ann.token), signal: leave.signal })
    return { status: reply.status, leave }
  }
  const [first, second, third] = [await watch(), await watch(), await watch()]
  expect([first.status, second.status, third.status]).toEqual([200, 200, 429])
  first.leave.abort()
  await expect.poll(async () => (await watch()).status, { timeout: 5000 }).toBe(200)
  second.leave.abort()
})

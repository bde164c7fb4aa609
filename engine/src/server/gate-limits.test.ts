import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keyFor, type Person, person } from '../../test/people-fixture.ts'
import { peopleAlone } from '../../test/people-world.ts'
import { type ApiKey, NO_KEY_LIMITS } from '../domain/api-key.ts'
import { accountCaller, type Caller } from '../domain/caller.ts'
import { AppError } from '../domain/errors.ts'
import { NO_LIMITS, type PlanLimits } from '../domain/limits.ts'
import { code } from '../ports/catalog.contract.ts'
import type { World } from '../ports/world.ts'
import type { Gate } from './gate.ts'
import { limitGate } from './gate-limits.ts'

const NOON = Date.UTC(2026, 10, 26, 12)
const SETTINGS = { LIMIT_ADDRESS_PER_MINUTE: 5, LIMIT_SIGN_IN_PER_QUARTER_HOUR: 3, LIMIT_DATABASE_PER_MINUTE: 4 }
const HERE = '203.0.113.7'

let time: number
let people: ReturnType<typeof peopleAlone> & Pick<World, 'now' | 'hash'>
let gate: Gate
let ann: Person
let sent: Record<string, string>
const set = (name: string, value: string) => {
  sent[name] = value
}

beforeEach(async () => {
  time = NOON
  sent = {}
  let ids = 0
  const making = {
    now: () => time,
    newId(prefix: string) {
      ids += 1
      return `${prefix}_${ids}`
    },
  }
  people = { ...peopleAlone(making), now: making.now, hash: (text) => createHash('sha256').update(text).digest('hex') }
  gate = limitGate({ world: people, settings: SETTINGS })
  ann = await person(people, 'member', 'ann')
})
afterEach(() => people.close())

async function plan(id: string, limits: Partial<PlanLimits>): Promise<void> {
  await people.ledger.updatePlan(id, { limits: { ...NO_LIMITS, ...limits } })
  time += 1001
}
const user = () => accountCaller(ann.account.id, 'member')
const visitor = (id: string): Caller => accountCaller(ann.account.id, 'viewer', { kind: 'visitor', id, publicationId: 'pub' })
async function key(limits: Partial<ApiKey['limits']> = {}, planId?: string): Promise<Caller> {
  const made = await keyFor(people, ann.account.id, { limits: { ...NO_KEY_LIMITS, ...limits }, planId })
  return accountCaller(ann.account.id, 'member', { kind: 'key', id: made.key.id, planId })
}
/** How many of `count` requests are let in. */
async function letIn(count: number, request: () => Promise<unknown>): Promise<number> {
  let passed = 0
  for (let index = 0; index < count; index += 1) if ((await code(request())) === 'no error') passed += 1
  return passed
}

test('who shows nothing is counted by address, all spellings together, and told what is left', async () => {
  await gate.admit(undefined, HERE, set)
  expect(sent).toEqual({ 'RateLimit-Policy': '"address";q=5;w=60', RateLimit: '"address";r=4;t=60' })
  time += 10_500
  expect(await letIn(10, () => gate.admit(undefined, `::ffff:${HERE}`, set))).toBe(4)
  expect(sent.RateLimit).toBe('"address";r=0;t=50')
  const refused = await gate.admit(undefined, HERE, set).catch((error) => error)
  expect(refused.code).toBe('limit/rate')
  expect(refused.facts).toEqual({ limit: 'address', most: 5, window_seconds: 60, retry_after: 50 })
  expect(await letIn(1, () => gate.admit(undefined, '203.0.113.8', set))).toBe(1)
  time += 50_000
  expect(await letIn(10, () => gate.admit(undefined, HERE, set))).toBe(5)
})

test('a refused request counts by address, and a wrong credential as an attempt; a right one passes all the same', async () => {
  expect(await letIn(10, () => gate.refused(HERE, true, set))).toBe(3)
  expect(await letIn(10, () => gate.refused(HERE, false, set))).toBe(2)
  expect(await letIn(1, () => gate.admit(undefined, HERE, set))).toBe(0)
  expect(await letIn(5, () => gate.admit(user(), HERE, set))).toBe(5)
  time += 61_000
  expect(await letIn(10, () => gate.refused(HERE, true, set))).toBe(0)
  time += 900_000
  expect(await letIn(10, () => gate.refused(HERE, true, set))).toBe(3)
})

test('attempts end by address and by what is tried, however its name is written and whichever address tries', async () => {
  expect(await letIn(10, () => gate.attempt(HERE, 'email:ann@example.com'))).toBe(3)
  expect(await letIn(10, () => gate.attempt(HERE, 'email:bob@example.com'))).toBe(0)
  let last = 0
  const elsewhere = () => {
    last += 1
    return gate.attempt(`198.51.100.${last}`, last % 2 === 0 ? 'email:ANN@example.com ' : 'email:ann@example.com')
  }
  expect(await letIn(20, elsewhere)).toBe(0)
  expect(await letIn(10, () => gate.attempt('198.51.100.99', undefined))).toBe(3)
})

test('a right password ends the count on its account, and does not open the address for trying others', async () => {
  await letIn(2, () => gate.attempt(HERE, 'ann'))
  await gate.attempt(HERE, 'own')
  await gate.succeeded(HERE, 'own')
  // Signing in oneself between tries at others gives nothing back.
  let passed = 0
  for (let round = 0; round < 20; round += 1) {
    if ((await code(gate.attempt(HERE, `victim${round}`))) === 'no error') passed += 1
    if ((await code(gate.attempt(HERE, 'own'))) === 'no error') await gate.succeeded(HERE, 'own')
  }
  expect(passed).toBe(1)
  expect(await letIn(10, () => gate.attempt('198.51.100.1', 'ann'))).toBe(1)
  await gate.succeeded('198.51.100.1', 'ann')
  expect(await letIn(10, () => gate.attempt('198.51.100.2', 'ann'))).toBe(3)
})

test('a person is held by the plan of people, with headers for each of its limits', async () => {
  await plan('plan_people', { requestsPerMinute: 3, requestsPerDay: 5 })
  expect(await letIn(10, () => gate.admit(user(), HERE, set))).toBe(3)
  expect(sent['RateLimit-Policy']).toBe('"account";q=3;w=60, "account-day";q=5;w=86400')
  expect(sent.RateLimit).toBe('"account";r=0;t=60, "account-day";r=2;t=43199')
  time += 60_000
  expect(await letIn(10, () => gate.admit(user(), HERE, set))).toBe(2)
  time += 60_000
  const refused = await gate.admit(user(), HERE, set).catch((error) => error)
  expect([refused.code, refused.facts]).toEqual([
    'limit/quota',
    { limit: 'requests', of: 'account', window: 'day', most: 5, retry_after: 43_079, resets_at: '2026-11-27T00:00:00.000Z' },
  ])
  time = Date.UTC(2026, 10, 27)
  expect(await letIn(10, () => gate.admit(user(), HERE, set))).toBe(3)
})

test('what the ledger counted before this process began is part of the day, of many first requests at once too', async () => {
  people.ledger.count({ accountId: ann.account.id, databaseId: undefined, keyId: undefined, visitorId: undefined, publicationId: undefined }, { requests: 7 })
  await plan('plan_people', { requestsPerDay: 10 })
  const first = await Promise.all(Array.from({ length: 20 }, () => code(gate.admit(user(), HERE, set))))
  expect(first.filter((one) => one === 'no error')).toHaveLength(3)
})

test('a key is held by its plan, by limits of its own and by the plan of its account, whichever ends first', async () => {
  await plan('plan_keys', { requestsPerMinute: 4 })
  const narrow = await key({ requestsPerMinute: 2 })
  const wide = await key({ requestsPerMinute: 100 })
  expect(await letIn(10, () => gate.admit(narrow, HERE, set))).toBe(2)
  expect(await letIn(10, () => gate.admit(wide, HERE, set))).toBe(4)
  await plan('plan_people', { requestsPerMinute: 7 })
  time += 60_000
  const keys = [await key(), await key(), await key()]
  let passed = 0
  for (const one of keys) passed += await letIn(10, () => gate.admit(one, HERE, set))
  expect(passed).toBe(7)
  const large = await people.ledger.createPlan('large', { ...NO_LIMITS, requestsPerMinute: 6 })
  time += 61_000
  const planned = await key({}, large.id)
  expect(await letIn(10, () => gate.admit(planned, HERE, set))).toBe(6)
})

test('a visitor is held by the plan of its chat, by its address and by the plan of the publisher', async () => {
  await plan('plan_visitors', { requestsPerMinute: 2 })
  expect(await letIn(5, () => gate.admit(visitor('v1'), HERE, set))).toBe(2)
  expect(await letIn(5, () => gate.admit(visitor('v2'), HERE, set))).toBe(2)
  // A new session for every request does not help: the address is used up.
  let fresh = 10
  const another = () => {
    fresh += 1
    return gate.admit(visitor(`v${fresh}`), HERE, set)
  }
  expect(await letIn(5, another)).toBe(1)
  await plan('plan_people', { requestsPerMinute: 3 })
  time += 60_000
  let place = 0
  const elsewhere = () => {
    place += 1
    return gate.admit(visitor(`w${place}`), `198.51.100.${place}`, set)
  }
  expect(await letIn(10, elsewhere)).toBe(3)
})

test('a database is held by everybody together, and the operator by nothing', async () => {
  const callers = [user(), await key(), visitor('v')]
  let turn = 0
  const next = () => {
    turn += 1
    return gate.admitTo('db', callers[turn % 3] ?? user(), set)
  }
  expect(await letIn(10, next)).toBe(4)
  expect(sent.RateLimit).toMatch(/^"database";r=0;t=\d+$/)
  await plan('plan_people', { requestsPerMinute: 0, streams: 0 })
  const operator = accountCaller('owner', 'owner', { kind: 'operator' })
  sent = {}
  expect(await letIn(50, () => gate.admit(operator, HERE, set))).toBe(50)
  expect(await letIn(50, () => gate.admitTo('db', operator, set))).toBe(50)
  expect(sent).toEqual({})
  await gate.stream(operator, HERE)
})

test('streams are given back, and a refused one holds none of the places that it found', async () => {
  await plan('plan_people', { streams: 3 })
  await plan('plan_keys', { streams: 2 })
  const one = await key()
  const [first, second] = [await gate.stream(one, HERE), await gate.stream(one, HERE)]
  const refused = await gate.stream(one, HERE).catch((error) => error)
  expect([refused.code, refused.facts.limit, refused.facts.most]).toEqual(['limit/streams', 'key', 2])
  const own = await gate.stream(user(), HERE)
  const other = await key()
  for (let round = 0; round < 5; round += 1) expect(await code(gate.stream(other, HERE))).toBe('limit/streams')
  own()
  const leaves = [await gate.stream(other, HERE)]
  first()
  first()
  leaves.push(await gate.stream(one, HERE))
  expect(await code(gate.stream(user(), HERE))).toBe('limit/streams')
  for (const leave of [second, ...leaves]) leave()
  expect(await letIn(5, () => gate.stream(user(), HERE))).toBe(3)
})

test('what is left is told for each limit, without taking any', async () => {
  await plan('plan_people', { requestsPerMinute: 10, requestsPerDay: 100, tokensPerMonth: 1000, spendPerDay: 2_000_000, streams: 4, storedBytes: 500 })
  await plan('plan_keys', {})
  const one = await key({ requestsPerMinute: 3 })
  await gate.admit(one, HERE, set)
  people.ledger.count(
    { accountId: ann.account.id, databaseId: undefined, keyId: one.id, visitorId: undefined, publicationId: undefined },
    { outputTokens: 400, cost: 500_000 },
  )
  const told = await gate.standing(one)
  expect(await gate.standing(one)).toEqual(told)
  expect(told.map(({ of, what, window, most, remaining }) => [of, what, window, most, remaining])).toEqual([
    ['key', 'requests', 'minute', 3, 2],
    ['account', 'requests', 'minute', 10, 9],
    ['account', 'requests', 'day', 100, 99],
    ['account', 'tokens', 'month', 1000, 600],
    ['account', 'spend', 'day', 2_000_000, 1_500_000],
    ['account', 'streams', undefined, 4, undefined],
    ['account', 'stored_bytes', undefined, 500, 500],
  ])
  expect(told[3]?.resetsAt).toBe(Date.UTC(2026, 11, 1))
})

test('for random limits and callers, no minute lets more in than the narrowest limit that holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(8), fc.nat(8), fc.nat(8), fc.integer({ min: 1, max: 12 }), async (account, keys, own, tries) => {
      await plan('plan_people', { requestsPerMinute: account })
      await plan('plan_keys', { requestsPerMinute: keys })
      time += 120_000
      const one = await key({ requestsPerMinute: own })
      const passed = await Promise.all(Array.from({ length: tries }, () => code(gate.admit(one, HERE, set))))
      expect(passed.filter((each) => each === 'no error')).toHaveLength(Math.min(account, keys, own, tries))
      expect(new Set(passed.filter((each) => each !== 'no error'))).toEqual(new Set(passed.some((each) => each !== 'no error') ? ['limit/rate'] : []))
    }),
    { numRuns: 30 },
  )
})

test('a fault of the store is told as such, and the next request is counted again', async () => {
  await plan('plan_people', { requestsPerDay: 2 })
  let broken = true
  const ledger: typeof people.ledger = {
    ...people.ledger,
    used: (subject, since) => (broken ? Promise.reject(new AppError('store/unavailable')) : people.ledger.used(subject, since)),
  }
  gate = limitGate({ world: { ...people, ledger }, settings: SETTINGS })
  expect(await code(gate.admit(user(), HERE, set))).toBe('store/unavailable')
  broken = false
  expect(await letIn(5, () => gate.admit(user(), HERE, set))).toBe(2)
})

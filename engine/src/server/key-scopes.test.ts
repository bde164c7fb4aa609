import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dumpOf } from '../../test/dump.ts'
import { pathFor } from '../../test/matrix-requests.ts'
import { bearer, keyFor, type Person, person } from '../../test/people-fixture.ts'
import { GUARDED } from '../../test/route-requests.ts'
import { serverForTest, type TestServer } from '../../test/server-fixture.ts'
import { type Belongings, belongingsOf } from '../../test/tenants.ts'
import { parametersOf, type RouteShape, SCOPES_OF_ROUTES } from '../api/route.ts'
import { ROLES, type Role } from '../domain/account.ts'
import { ALL_SCOPES, LEVELS, type Level, type Scope } from '../domain/caller.ts'

// A key may what its maker may and what was written on it, and nothing else: neither when it is made nor when it is used.

let server: TestServer
let things: Belongings
let elsewhere: Belongings
/** Somebody of each role and level to the database that is asked for. */
const makers = new Map<string, Person>()
const counted = { cases: 0, allowed: 0, refused: 0, made: 0, unmade: 0, shapes: 0 }
const SHARES = [undefined, ...LEVELS] as const

beforeAll(async () => {
  server = await serverForTest()
  const { world } = server
  things = await belongingsOf(world, await person(world, 'member'))
  elsewhere = await belongingsOf(world, await person(world, 'member'))
  for (const role of ROLES) {
    for (const level of SHARES) {
      const one = await person(world, role)
      if (level !== undefined) await world.catalog.share(things.account.id, things.databaseId, one.account.id, level)
      await world.catalog.share(elsewhere.account.id, elsewhere.databaseId, one.account.id, 'manage')
      makers.set(`${role} ${level}`, one)
    }
  }
})
afterAll(() => server.stop())

function maker(role: Role, level: Level | undefined): Person {
  const one = makers.get(`${role} ${level}`)
  if (one === undefined) throw new Error('nobody is like that')
  return one
}

// Written once more, apart from what is tested.
const OF_ROLE: Readonly<Record<Role, string>> = { owner: 'query ask read write manage', member: 'query ask read write manage', viewer: 'query ask read' }
const OF_LEVEL: Readonly<Record<Level, string>> = { read: 'query ask read', write: 'query ask read write', manage: 'query ask read write manage' }
const holds = (list: string, scope: string) => list.split(' ').includes(scope)

const SCOPED = Object.fromEntries(GUARDED.filter(([, { allow }]) => SCOPES_OF_ROUTES.includes(allow)))
const names = (route: RouteShape) => parametersOf(route.path).some((one) => one === 'database' || one === 'id')

type Outcome = 'in' | 'forbidden' | 'hidden'

/** Whether it is let in, and nothing more: what changes anything is sent in a form that no route takes. */
async function outcome(route: RouteShape, token: string): Promise<Outcome> {
  // Without the databases that a query could name: they are narrowed down in the matrix.
  const path = pathFor(route, things).split('?')[0] ?? ''
  const unsafe = route.method !== 'GET'
  const reply = await fetch(server.address + path, {
    method: route.method,
    headers: { ...bearer(token), ...(unsafe ? { 'content-type': 'text/plain' } : {}) },
    ...(unsafe ? { body: 'x' } : {}),
  })
  const isStream = reply.headers.get('content-type')?.startsWith('text/event-stream') === true
  const text = isStream ? '' : await reply.text()
  if (isStream) await reply.body?.cancel()
  const code = /^\{"error":\{"code":"([^"]+)"/.exec(text)?.[1]
  if (unsafe && reply.status === 415) return 'in'
  if (code === 'auth/forbidden') return 'forbidden'
  if (code === 'database/not-found' || code === 'job/not-found') return 'hidden'
  expect(reply.status, `${route.method} ${path}: ${text.slice(0, 200)}`).not.toBe(401)
  expect(reply.status).toBeLessThan(500)
  return 'in'
}

const scopes = fc.subarray([...ALL_SCOPES], { minLength: 1 })

test('is allowed exactly what its maker and what is written on it allow', { timeout: 120_000 }, async () => {
  const one = fc.record({
    role: fc.constantFrom(...ROLES),
    level: fc.constantFrom(...SHARES),
    scopes,
    databases: fc.constantFrom('all' as const, 'this' as const, 'other' as const, 'both' as const),
    name: fc.constantFrom(...Object.keys(SCOPED)),
  })
  const keys = new Map<string, Promise<string>>()
  const ofMakers = new Map<string, Promise<Outcome>>()
  await fc.assert(
    fc.asyncProperty(one, async ({ role, level, scopes: written, databases, name }) => {
      const route = SCOPED[name] as RouteShape
      const who = maker(role, level)
      const [here, there] = [things.databaseId, elsewhere.databaseId]
      const ids = { all: 'all', this: [here], other: [there], both: [here, there] } as const
      const label = `${role} ${level} ${written.join('+')} ${databases}`
      const token = keys.get(label) ?? keyFor(server.world, who.account.id, { scopes: written, databaseIds: ids[databases] }).then((made) => made.token)
      keys.set(label, token)

      const scope = String(route.allow)
      const mine = ofMakers.get(`${role} ${level} ${name}`) ?? outcome(route, who.token)
      ofMakers.set(`${role} ${level} ${name}`, mine)
      const [byKey, byMaker] = await Promise.all([outcome(route, await token), mine])
      const inRole = holds(OF_ROLE[role], scope)
      const named = names(route)
      const byJob = parametersOf(route.path).includes('job')
      const seen = level !== undefined
      const inLevel = seen && holds(OF_LEVEL[level], scope)
      const where = `${name} with ${label}`

      const body = route.method !== 'GET'
      const expected = (may: boolean, sees: boolean, limited: boolean): Outcome => {
        if (!may) return 'forbidden'
        if (named) return sees ? (inLevel ? 'in' : 'forbidden') : 'hidden'
        if (scope === 'manage' && limited) return 'forbidden'
        // Jobs are looked up by the handler: with a body that no route takes it is not asked.
        return byJob && !body ? (sees ? (inLevel ? 'in' : 'forbidden') : 'hidden') : 'in'
      }
      expect(byMaker, `${where}, its maker`).toBe(expected(inRole, seen, false))
      expect(byKey, where).toBe(expected(inRole && written.includes(scope as Scope), seen && databases !== 'other', databases !== 'all'))
      if (byKey === 'in') expect(byMaker, `${where}: more than its maker`).toBe('in')
      counted.cases += 1
      counted[byKey === 'in' ? 'allowed' : 'refused'] += 1
    }),
    { numRuns: 2000 },
  )
  expect(counted.cases).toBeGreaterThanOrEqual(2000)
  expect(Math.min(counted.allowed, counted.refused)).toBeGreaterThan(100)
})

test('is made with at most what its maker may', async () => {
  const subsets = fc.sample(scopes, { numRuns: 400, seed: 1 }).map((list) => list.join(' '))
  for (const role of ROLES) {
    for (const level of SHARES) {
      for (const subset of new Set(subsets)) {
        const list = subset.split(' ')
        const body = { name: 'a key', scopes: list, databases: list.length % 2 === 0 ? 'all' : [things.databaseId] }
        const reply = await fetch(`${server.address}/api/v1/keys`, {
          method: 'POST',
          headers: { ...bearer(maker(role, level).token), 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
        await reply.body?.cancel()
        const named = body.databases !== 'all'
        const allowed = list.every((scope) => holds(OF_ROLE[role], scope) && (!named || (level !== undefined && holds(OF_LEVEL[level], scope))))
        expect(reply.ok, `${role}, shared ${level}: ${JSON.stringify(body)}: ${reply.status}`).toBe(allowed)
        if (!allowed) expect([403, 404]).toContain(reply.status)
        counted[allowed ? 'made' : 'unmade'] += 1
      }
    }
  }
})

test('is made by nobody without a credential, whatever the body says', async () => {
  const who = things.account.id
  const extras = [
    {},
    ...['userId', 'user_id', 'accountId', 'account_id', 'account', 'owner', 'owner_id', 'tenant_id', 'email', 'sub', 'as'].map((field) => ({ [field]: who })),
    ...[
      { role: 'owner' },
      { isAdmin: true },
      { permissions: ['*'] },
      { scopes: ['manage'] },
      { scopes: ['*'] },
      { id: 'qk_x' },
      { secret: 'x' },
      { secret_hash: '0'.repeat(64) },
    ],
    ...[{ key: 'x' }, { token: who }, { prefix: 'qk_admin' }, { limits: { requests_per_day: null } }, { databases: 'all' }],
  ]
  const bodies: readonly string[] = [
    ...extras.flatMap((extra) => [JSON.stringify({ name: 'a key', ...extra }), JSON.stringify({ name: 'a key', key: { name: 'a key', ...extra } })]),
    ...['', '{', '[]', 'null', '"x"', '{"__proto__":{"accountId":"owner"},"name":"x"}', '[{"name":"x"}]', '{"name":null}'],
  ]
  expect(bodies.length).toBeGreaterThanOrEqual(50)
  const before = dumpOf(server.file)
  const headers = [
    {},
    { authorization: '' },
    { 'x-api-key': 'undefined' },
    { authorization: 'Bearer null' },
    { 'x-user-id': who },
    { cookie: 'quarry_session=' },
  ]
  for (const [index, body] of bodies.entries()) {
    for (const shown of [{}, headers[index % headers.length] ?? {}]) {
      const reply = await fetch(`${server.address}/api/v1/keys`, { method: 'POST', headers: { 'content-type': 'application/json', ...shown }, body })
      expect(reply.status, body).toBe(index >= 0 && 'cookie' in shown ? 403 : 401)
      await reply.body?.cancel()
      counted.shapes += 1
    }
  }
  expect(dumpOf(server.file)).toEqual(before)
  console.log(`keys: ${JSON.stringify(counted)}`)
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { bearer, keyFor, type Person, person } from '../../test/people-fixture.ts'
import { json, serverForTest, type TestServer } from '../../test/server-fixture.ts'
import { dayOf, type UsageSubject } from '../domain/usage.ts'
import { limitGate } from './gate-limits.ts'
import { usageTable } from './usage-table.ts'

let server: TestServer
let owner: Person
let ann: Person
let bob: Person
let databaseId: string
const today = dayOf(Date.now())
const settings = { embedder: 'none', dimensions: 0, chunkSize: 512, chunkOverlap: 64, analyzer: 'a' }

beforeAll(async () => {
  server = await serverForTest({ gateOf: limitGate })
  owner = await person(server.world, 'owner')
  ann = await person(server.world, 'member')
  bob = await person(server.world, 'member')
  const { database } = await server.world.catalog.createDatabase({
    ownerId: ann.account.id,
    name: 'handbook',
    description: undefined,
    weights: { dense: 1, lexical: 1 },
    settings,
  })
  databaseId = database.id
  const subject = (who: Person, more: Partial<UsageSubject> = {}): UsageSubject => ({
    accountId: who.account.id,
    databaseId: undefined,
    keyId: undefined,
    visitorId: undefined,
    publicationId: undefined,
    ...more,
  })
  server.world.ledger.count(subject(ann, { databaseId, keyId: 'k1' }), { questions: 3, inputTokens: 1000, outputTokens: 50, cost: 1_234_567 })
  server.world.ledger.count(subject(bob, { databaseId, visitorId: 'v1' }), { questions: 2, embeddedTokens: 9, cost: 1 })
})
afterAll(() => server.stop())

const send = async (who: Person | string, method: string, path: string, body?: unknown) => {
  const reply = await fetch(`${server.address}/api/v1/${path}`, {
    method,
    headers: {
      ...bearer(typeof who === 'string' ? who : who.account.id === '' ? '' : who.token),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const isJson = reply.headers.get('content-type')?.startsWith('application/json') === true
  return { status: reply.status, headers: reply.headers, body: isJson ? await json(reply) : await reply.text() }
}

test('a person sees what is counted for the own account, an owner who asks for everyone sees the whole server', async () => {
  const own = await send(ann, 'GET', 'usage?by=database,key')
  expect(own.status).toBe(200)
  expect(own.body).toMatchObject({ to: today, from: `${today.slice(0, 7)}-01`, by: ['database', 'key'], complete: true })
  const line = own.body.lines.find(({ questions }: { questions: number }) => questions > 0)
  expect(line).toEqual({
    ...{ day: null, account: null, database: databaseId, key: 'k1', visitor: null, publication: null, requests: 0, questions: 3 },
    ...{ input_tokens: 1000, output_tokens: 50, embedded_tokens: 0, cost_usd: 1.234567, stored_bytes: 0, chunks: 0 },
  })
  expect(JSON.stringify((await send(bob, 'GET', 'usage?by=account,database,visitor')).body)).not.toContain(ann.account.id)
  const everyone = await send(owner, 'GET', 'usage?by=account&everyone=true')
  const accounts = everyone.body.lines.map(({ account }: { account: string }) => account)
  expect(accounts).toEqual(expect.arrayContaining([ann.account.id, bob.account.id]))
  expect((await send(owner, 'GET', 'usage?by=account')).body.lines.map(({ account }: { account: string }) => account)).not.toContain(ann.account.id)
  expect(await send(ann, 'GET', 'usage?everyone=true')).toMatchObject({ status: 403, body: { error: { code: 'auth/forbidden' } } })
})

test('databases and keys of others are answered like those that do not exist', async () => {
  const { key } = await keyFor(server.world, ann.account.id)
  const shown = async (path: string, id: string) =>
    JSON.stringify((await send(bob, 'GET', `${path}=${id}`)).body.error, (name, value) => (name === 'request_id' ? '' : value)).replaceAll(id, 'ID')
  for (const path of ['usage?database', 'usage.csv?database']) expect(await shown(path, databaseId)).toBe(await shown(path, 'db_none'))
  for (const path of ['usage?key', 'usage.csv?key']) expect(await shown(path, key.id)).toBe(await shown(path, '0000000000000000'))
  expect((await send(ann, 'GET', 'usage?database=handbook&by=database')).body.lines).toHaveLength(1)
  expect((await send(ann, 'GET', `usage?key=${key.id}`)).status).toBe(200)
})

test.each([
  'by=week',
  'by=day,__proto__',
  'from=2026-13-01',
  'from=2026-02-02&to=2026-02-01',
  'from=2020-01-01&to=2026-01-01',
  'from=yesterday',
  'everyone=yes',
  'to=1990-01-01&from=',
  'account=x',
])('a report for %s is refused', async (query) => {
  expect((await send(owner, 'GET', `usage?${query}`)).status).toBe(400)
})

test('the table has headings, is safe for spreadsheets, and its export is on record', async () => {
  const { status, headers, body } = await send(ann, 'GET', 'usage.csv?by=day,key')
  expect([status, headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8'])
  expect(headers.get('content-disposition')).toBe(`attachment; filename="quarry-usage-${today.slice(0, 7)}-01-${today}.csv"`)
  const lines = String(body).split('\r\n')
  expect(lines[0]).toBe('day,key,requests,questions,input_tokens,output_tokens,embedded_tokens,cost_usd')
  expect(lines).toContain(`${today},k1,0,3,1000,50,0,1.234567`)
  const [entry] = (await send(owner, 'GET', `audit?action=usage.export&actor=${ann.account.id}&limit=1`)).body.entries
  expect(entry).toMatchObject({ actor_kind: 'user', actor_id: ann.account.id, facts: { from: `${today.slice(0, 7)}-01`, everyone: false } })
  const zero = { requests: 0, questions: 0, inputTokens: 0, outputTokens: 0, embeddedTokens: 0, cost: 0, storedBytes: undefined, chunks: undefined }
  const evil = ['=1+1', '+1', '-1', '@a', '\tx', '\rx', 'a,b', 'say "hi"', 'two\nlines', '=a,"b"']
  const cells = usageTable(
    ['key'],
    evil.map((key) => ({ by: { key }, ...zero })),
  )
  expect(
    cells
      .split('\r\n')
      .slice(1, -1)
      .map((line) => line.replace(/,0,0,0,0,0,0\.000000$/, '')),
  ).toEqual(["'=1+1", "'+1", "'-1", "'@a", "'\tx", `"'\rx"`, '"a,b"', '"say ""hi"""', '"two\nlines"', `"'=a,""b"""`])
})

test('limits are told to people and keys', async () => {
  const { token } = await keyFor(server.world, ann.account.id, {
    limits: { requestsPerMinute: 9, requestsPerDay: undefined, tokensPerMonth: undefined, spendPerDay: 2_500_000, spendPerMonth: undefined },
  })
  const { body } = await send(token, 'GET', 'limits')
  const found = body.limits.map(({ of, what, window, most, remaining }: Record<string, unknown>) => [of, what, window, most, remaining])
  expect(found).toEqual(
    expect.arrayContaining([
      ['key', 'requests', 'minute', 9, 8],
      ['key', 'spend_usd', 'day', 2.5, 2.5],
      ['key', 'streams', null, 32, null],
    ]),
  )
  expect((await send(ann, 'GET', 'limits')).body.limits.every(({ of }: { of: string }) => of === 'account')).toBe(true)
})

test('owners set and take away the budget of the server, and each change is on record', async () => {
  expect((await send(owner, 'PATCH', 'spend-caps', { per_day_usd: 0.000001, per_month_usd: 20 })).body).toMatchObject({
    per_day_usd: 0.000001,
    per_month_usd: 20,
    spent_today_usd: 1.234568,
  })
  expect((await send(owner, 'PATCH', 'spend-caps', { per_day_usd: null })).body).toMatchObject({ per_day_usd: null, per_month_usd: 20 })
  expect(await server.world.ledger.caps()).toEqual({ perDay: undefined, perMonth: 20_000_000 })
  for (const wrong of [{}, { per_day_usd: -1 }, { per_day_usd: 'much' }, { perDay: 1 }])
    expect((await send(owner, 'PATCH', 'spend-caps', wrong)).status).toBe(400)
  const facts = (await send(owner, 'GET', 'audit?action=spend-caps.change')).body.entries.map((entry: { facts: unknown }) => entry.facts)
  expect(facts).toEqual([
    { per_day_usd: 'none', per_month_usd: 20 },
    { per_day_usd: 0.000001, per_month_usd: 20 },
  ])
  await send(owner, 'PATCH', 'spend-caps', { per_month_usd: null })
})

test('plans are made, changed and deleted by owners alone', async () => {
  const made = await send(owner, 'POST', 'plans', { name: 'large', requests_per_day: 10, spend_per_day_usd: 0.25 })
  expect([made.status, made.body]).toMatchObject([201, { name: 'large', built_in: false, requests_per_day: 10, streams: null, spend_per_day_usd: 0.25 }])
  const { id } = made.body
  expect((await send(owner, 'PATCH', `plans/${id}`, { streams: 2, requests_per_day: null })).body).toMatchObject({
    name: 'large',
    streams: 2,
    requests_per_day: null,
    spend_per_day_usd: 0.25,
  })
  expect((await send(owner, 'PATCH', `plans/${id}`, { name: 'larger' })).body).toMatchObject({ name: 'larger', streams: 2 })
  expect((await send(owner, 'POST', 'plans', { name: 'Larger' })).body.error.code).toBe('plan/exists')
  expect((await send(owner, 'DELETE', 'plans/plan_people')).body.error.code).toBe('plan/in-use')
  for (const wrong of [{ streams: -1 }, { streams: 1.5 }, { requestsPerDay: 1 }, {}, { built_in: false }])
    expect((await send(owner, 'PATCH', `plans/${id}`, wrong)).status).toBe(400)
  for (const [method, path, body] of [
    ['GET', 'plans'],
    ['POST', 'plans', { name: 'x' }],
    ['PATCH', `plans/${id}`, { streams: 9 }],
    ['DELETE', `plans/${id}`],
    ['GET', 'spend-caps'],
    ['GET', 'audit'],
    ['GET', 'audit/check'],
  ] as const) {
    expect((await send(ann, method, path, body)).status).toBe(403)
  }
  expect((await send(owner, 'GET', 'plans')).body.plans.map(({ name }: { name: string }) => name)).toEqual(['keys', 'people', 'visitors', 'larger'])
  expect((await send(owner, 'DELETE', `plans/${id}`)).body).toEqual({ done: true })
  expect((await send(owner, 'DELETE', `plans/${id}`)).body.error.code).toBe('plan/not-found')
  const actions = (await send(owner, 'GET', `audit?actor=${owner.account.id}`)).body.entries.filter(({ target }: { target: string }) => target === id)
  expect(actions.map(({ action }: { action: string }) => action)).toEqual(['plan.remove', 'plan.change', 'plan.change', 'plan.create'])
})

test('the audit log is read page by page, and a change made behind its back is found', async () => {
  for (let index = 0; index < 5; index += 1) await send(owner, 'PATCH', 'spend-caps', { per_day_usd: index })
  const seqs: number[] = []
  let path = 'audit?limit=2'
  for (;;) {
    const { body } = await send(owner, 'GET', path)
    seqs.push(...body.entries.map(({ seq }: { seq: number }) => seq))
    if (body.next_before === null) break
    path = `audit?limit=2&before=${body.next_before}`
  }
  expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => seqs.length - index))
  expect((await send(owner, 'GET', 'audit/check')).body).toEqual({ sound: true, first_fault: null })
  server.file.run('DROP TRIGGER audit_kept')
  server.file.run("UPDATE audit SET actor_id = 'nobody' WHERE seq = 3")
  expect((await send(owner, 'GET', 'audit/check')).body).toEqual({ sound: false, first_fault: 3 })
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient } from '../src/client/client.ts'
import { type RunningServer, startServer } from '../src/server/lifecycle.ts'
import { readSettings } from '../src/settings.ts'
import { bearer, keyFor, type Person, person } from './people-fixture.ts'
import { json } from './server-fixture.ts'
import { storeWorld } from './store-world.ts'

// Settings of a database, as somebody changes them: what it costs, the new version beside the live one, the same question to both,
// the switch and the way back; and who may look into versions that do not answer everybody.

let it: ReturnType<typeof storeWorld>
let server: RunningServer
let ann: Person
let client: ReturnType<typeof createClient>
let database: string

beforeAll(async () => {
  it = storeWorld()
  const { settings } = readSettings({ PORT: '0', QUARRY_DATA: it.folder, LOG_LEVEL: 'silent' })
  server = await startServer({ world: it.world, settings })
  ann = await person(it.world, 'member')
  client = createClient({ address: server.address, token: ann.token })
  database = (await client.call('createDatabase', { body: { name: 'handbook', chunk_size: 64 } })).id
  await add('leave.txt', 'Leave is requested in the portal.')
  await add('train.txt', 'Trains are booked by the travel desk.')
  await it.runAll()
})
afterAll(async () => {
  await server.close()
  await it.close()
})

const add = (name: string, text: string) => client.call('addDocuments', { parameters: { database }, body: { name, text, external_id: name } })
const versions = async () => (await client.call('listVersions', { parameters: { database } })).versions
const found = async (query: string, version?: string) =>
  client.call('query', { parameters: { database }, body: { query, ...(version === undefined ? {} : { version }) } })
const send = (path: string, body: unknown, token = ann.token) =>
  fetch(`${server.address}/api/v1/databases/${path}`, {
    method: 'POST',
    headers: { ...bearer(token), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

async function built(): Promise<string> {
  const { version } = await client.call('startRebuild', { parameters: { database }, body: { model: 'fake:64', chunk_size: 128, switch: 'by-hand' } })
  await it.runAll()
  return version.id
}

test('settings are changed: estimate, build, compare, switch, go back, delete', async () => {
  const parameters = { database }
  const body = { model: 'fake:64', chunk_size: 128, switch: 'by-hand' } as const
  const estimate = await client.call('estimateRebuild', { parameters, body })
  expect(estimate).toMatchObject({
    documents: 2,
    chunks: 2,
    reused_chunks: 0,
    leaves_machine: false,
    cost_usd: null,
    settings: { model: 'fake:64', chunk_size: 128 },
  })
  expect(estimate.tokens_to_embed).toBeGreaterThan(10)
  expect(await versions()).toHaveLength(1)

  const { version, job } = await client.call('startRebuild', { parameters, body })
  expect([job.kind, version.state, version.built_at]).toEqual(['build', 'building', null])
  await expect(found('leave', version.id)).rejects.toMatchObject({ code: 'version/not-found' })
  await it.runAll()
  expect((await client.call('getJob', { parameters: { job: job.id } })).state).toBe('done')
  const [first, second] = await versions()
  expect([first?.state, second?.state, second?.documents, second?.chunks]).toEqual(['live', 'built', 2, 2])
  expect(second?.built_at).toMatch(/^20/)

  const one = await found('request leave')
  const other = await found('request leave', version.id)
  expect([one.version_id, one.mode, other.version_id, other.mode]).toEqual([first?.id, 'lexical', version.id, 'hybrid'])
  expect(other.results[0]?.external_id).toBe('leave.txt')
  const events = []
  for await (const event of client.stream('ask', { parameters, body: { question: 'How do I request leave?', version: version.id } })) events.push(event)
  expect(events[0]).toMatchObject({ event: 'answer-start', data: { mode: 'hybrid', model: 'fake:64' } })
  expect(events.at(-1)).toMatchObject({ event: 'answer-end', data: { answered: true } })

  await add('leave.txt', 'Leave is requested by letter.')
  await client.call('removeDocument', { parameters: { database, document: 'train.txt' } })
  expect((await versions())[1]?.documents).toBe(1)
  await it.runAll()
  it.clock.now += 5000 // a batch of uploads is brought up together
  await it.runAll()
  expect((await found('leave', version.id)).results.map(({ text }) => text)).toEqual(['Leave is requested by letter.'])
  await client.call('switchVersion', { parameters: { database, version: version.id } })
  await it.runAll()
  expect((await versions()).map(({ state }) => state)).toEqual(['retired', 'live'])
  expect(await found('train')).toMatchObject({ version_id: version.id, mode: 'hybrid' })
  expect((await found('trains travel desk')).results.map(({ text }) => text).join()).not.toContain('Trains')

  await expect(client.call('dropVersion', { parameters: { database, version: version.id } })).rejects.toMatchObject({ code: 'version/live' })
  await client.call('switchVersion', { parameters: { database, version: first?.id ?? '' } })
  await expect(client.call('dropVersion', { parameters: { database, version: first?.id ?? '' } })).rejects.toMatchObject({ code: 'database/busy' })
  await it.runAll()
  expect((await versions()).map(({ state }) => state)).toEqual(['live', 'retired'])
  const dropped = await client.call('dropVersion', { parameters: { database, version: version.id } })
  expect(dropped.job).toMatchObject({ kind: 'drop', version_id: version.id, database_id: database })
  expect(await versions()).toHaveLength(1)
  await expect(found('leave', version.id)).rejects.toMatchObject({ code: 'version/not-found' })
  await it.runAll()
  expect((await found('leave')).results).toHaveLength(1)
})

test('a version that is not live answers only those who manage the database; a foreign one is like an unknown one', async () => {
  const version = await built()
  const [live] = await versions()
  const bob = await person(it.world, 'member')
  const theirs = createClient({ address: server.address, token: bob.token })
  const other = await theirs.call('createDatabase', { body: { name: 'other', chunk_size: 64 } })
  await it.world.catalog.share(ann.account.id, database, bob.account.id, 'write')
  const key = await keyFor(it.world, ann.account.id, { scopes: ['query', 'ask', 'read', 'write'] })
  const short = `../database/${database}/query`

  for (const token of [bob.token, key.token]) {
    const told = []
    for (const wanted of [version, other.live_version_id, 'ver_none']) {
      for (const path of [`${database}/query`, short]) told.push(await send(path, { query: 'leave', version: wanted }, token))
      const stream = await send(`${database}/ask`, { question: 'leave', version: wanted }, token)
      expect(await stream.text()).toMatch(/"code":"auth\/forbidden"/)
    }
    expect(new Set(told.map(({ status }) => status))).toEqual(new Set([403]))
    expect((await send(`${database}/query`, { query: 'leave', version: live?.id }, token)).status).toBe(200)
  }
  const bare = async (wanted: string) => {
    const reply = await send(`${database}/query`, { query: 'leave', version: wanted })
    return [reply.status, (await reply.text()).replaceAll(wanted, 'ID').replace(/req_[\w-]+/, 'REQ')]
  }
  const unknown = await bare('ver_none')
  expect(unknown[0]).toBe(404)
  expect(await bare(other.live_version_id)).toEqual(unknown)
  expect(await bare(database)).toEqual(unknown)
  for (const wanted of [other.live_version_id, 'ver_none']) {
    const answer = await (await send(`${database}/ask`, { question: 'leave', version: wanted })).text()
    expect(answer).toMatch(/"code":"version\/not-found"/)
    await expect(client.call('dropVersion', { parameters: { database, version: wanted } })).rejects.toMatchObject({ code: 'version/not-found' })
    await expect(client.call('switchVersion', { parameters: { database, version: wanted } })).rejects.toMatchObject({ code: 'version/not-found' })
  }
  await it.world.catalog.share(ann.account.id, database, bob.account.id, 'manage')
  expect((await send(`${database}/query`, { query: 'leave', version }, bob.token)).status).toBe(200)
  await client.call('dropVersion', { parameters: { database, version } })
  await it.runAll()
})

test('what is asked of a version is kept in no conversation, and wrong input is told', async () => {
  const [live] = await versions()
  const refused = await send(`${database}/ask`, { question: 'leave', conversation: 'new', version: live?.id })
  expect([refused.status, (await json(refused)).error.code]).toEqual([400, 'request/invalid'])
  for (const [path, body] of [
    ['query', { query: 'leave', version: '' }],
    ['query', { query: 'leave', version: ['x'] }],
    ['versions', { switch: 'never' }],
    ['versions/estimate', { chunk_size: 64, chunk_overlap: 40 }],
    ['versions/estimate', { chunk_size: 1 }],
  ] as const) {
    expect((await send(`${database}/${path}`, body)).status, JSON.stringify(body)).toBe(400)
  }
  const unknown = await send(`${database}/versions/estimate`, { model: 'fake:no' })
  expect((await json(unknown)).error.code).toBe('model/unknown')
})

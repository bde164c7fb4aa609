import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bearer, type Person, person } from '../../test/people-fixture.ts'
import { json, serverForTest, type TestServer } from '../../test/server-fixture.ts'
import { fakeChat } from '../adapters/fake/chat.ts'
import { AppError } from '../domain/errors.ts'
import { NO_LIMITS } from '../domain/limits.ts'

const KEY = 'sk-canary-7d1e90ab44c2'
let server: TestServer
let owner: Person
let member: Person

async function start(change: Parameters<typeof serverForTest>[0] = {}): Promise<void> {
  server = await serverForTest(change)
  owner = await person(server.world, 'owner')
  member = await person(server.world, 'member')
}
beforeEach(() => start())
afterEach(() => server.stop())

async function send(who: Person, method: string, path: string, body?: unknown) {
  const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { ...bearer(who.token), 'content-type': 'application/json' } }
  const reply = await fetch(`${server.address}/api/v1/${path}`, { method, headers: { ...bearer(who.token) }, ...content })
  return { status: reply.status, body: await json(reply) }
}
const change = (body: unknown) => send(owner, 'PATCH', 'model-settings', body)

describe('model settings', () => {
  test('tell what holds and where it comes from; a key only by its end', async () => {
    const nothing = { value: null, from: 'default', fixed_by: null }
    const key = { set: false, last_four: null, from: null, fixed_by: null, problem: null }
    expect((await send(owner, 'GET', 'model-settings')).body).toEqual({
      chat_model: nothing,
      embedding_model: { ...nothing, value: 'none' },
      chat_fallback_model: nothing,
      rerank_model: nothing,
      openai_base_url: { ...nothing, value: 'https://api.openai.com/v1' },
      anthropic_base_url: { ...nothing, value: 'https://api.anthropic.com' },
      cohere_base_url: { ...nothing, value: 'https://api.cohere.com' },
      ollama_url: { ...nothing, value: 'http://127.0.0.1:11434' },
      openai_api_key: key,
      anthropic_api_key: key,
      cohere_api_key: key,
      aws_region: null,
    })
    const changed = await change({ chat_model: 'openai:a', openai_base_url: 'http://127.0.0.1:1/v1/', openai_api_key: ` ${KEY}\n` })
    expect(changed.body).toMatchObject({
      chat_model: { value: 'openai:a', from: 'stored', fixed_by: null },
      openai_base_url: { value: 'http://127.0.0.1:1/v1', from: 'stored' },
      openai_api_key: { set: true, last_four: '44c2', from: 'stored', fixed_by: null, problem: null },
    })
    expect((await send(owner, 'GET', 'model-settings')).body).toEqual(changed.body)
    expect((await change({ openai_api_key: null, chat_model: null })).body).toMatchObject({ chat_model: nothing, openai_api_key: key })
    const others = await change({
      rerank_model: 'cohere:r',
      chat_fallback_model: 'anthropic:c',
      anthropic_api_key: KEY,
      cohere_base_url: 'http://127.0.0.1:2/',
    })
    expect(others.body).toMatchObject({
      rerank_model: { value: 'cohere:r', from: 'stored' },
      chat_fallback_model: { value: 'anthropic:c', from: 'stored' },
      anthropic_api_key: { set: true, last_four: '44c2', from: 'stored' },
      cohere_api_key: key,
      cohere_base_url: { value: 'http://127.0.0.1:2', from: 'stored' },
    })
  })

  test('are for owners alone', async () => {
    for (const [method, path, body] of [
      ['GET', 'model-settings', undefined],
      ['PATCH', 'model-settings', { chat_model: null }],
      ['POST', 'model-settings/test', undefined],
      ['GET', 'server/parts', undefined],
    ] as const) {
      expect((await send(member, method, path, body)).status, path).toBe(403)
    }
  })

  test('refuse what they do not take, and keep nothing of it', async () => {
    for (const body of [
      {},
      { chat_model: 'gpt-4o' },
      { chat_model: '' },
      { chat_model: ['openai:a'] },
      { embedding_model: 'x' },
      { openai_api_key: 'short' },
      { cohere_api_key: 'short' },
      { rerank_model: '' },
      { anthropic_base_url: 'http://169.254.169.254/' },
      { openai_api_key: 'with a blank in it' },
      { openai_api_key: `${KEY}\r\nx-other: 1` },
      { openai_api_key: '' },
      { openai_base_url: 'http://169.254.169.254/' },
      { ollama_url: 'ftp://127.0.0.1/' },
      { openai_key: KEY },
      { chat_model: 'openai:a', openai_api_key: 7 },
    ]) {
      const refused = await change(body)
      expect(refused, JSON.stringify(body)).toMatchObject({ status: 400, body: { error: { code: 'request/invalid' } } })
      expect(JSON.stringify(refused.body)).not.toContain('canary')
    }
    for (const body of [{ chat_model: 'local:x' }, { rerank_model: 'openai:x', cohere_api_key: KEY }, { embedding_model: 'acme:unheard-of' }])
      expect(await change(body)).toMatchObject({ status: 422, body: { error: { code: 'model/unknown' } } })
    expect(await server.world.modelChoices.read()).toEqual({ values: {}, keys: {} })
  })

  test('leave in the audit log what was changed, and of a key only that it was', async () => {
    await change({ chat_model: 'openai:a', openai_api_key: KEY })
    await change({ chat_model: null, openai_api_key: null })
    await change({ chat_model: 'wrong' })
    const { entries } = (await send(owner, 'GET', 'audit?action=models.change')).body as { entries: { facts: unknown; actor_id: string }[] }
    expect(entries.map(({ facts }) => facts)).toEqual([
      { chat_model: 'none', openai_api_key: 'forgotten' },
      { chat_model: 'openai:a', openai_api_key: 'stored' },
    ])
    expect(new Set(entries.map(({ actor_id }) => actor_id))).toEqual(new Set([owner.account.id]))
  })

  test('never tell the key: not in replies, in errors, in the log, in the audit log or in a file', async () => {
    const heard = [await change({ openai_api_key: KEY }), await change({ openai_api_key: KEY, surprise: KEY }), await change({ [KEY]: 1 })]
    for (const path of ['model-settings', 'server/parts', 'models', 'audit', 'about', 'me', 'limits']) heard.push(await send(owner, 'GET', path))
    heard.push(await send(owner, 'POST', 'model-settings/test'))
    const [, , echoed, ...rest] = heard
    // A caller who makes the key the name of a field hears that name again; it is nobody else's.
    expect(echoed?.status).toBe(400)
    for (const one of [heard[0], heard[1], ...rest]) expect(JSON.stringify(one)).not.toContain('canary')
    await server.world.ledger.flush()
    expect(JSON.stringify(server.logged)).not.toContain('canary')
    const files = readdirSync(server.folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && !/ballast/.test(entry.name))
    expect(files.some(({ name }) => name.startsWith('quarry.sqlite'))).toBe(true)
    for (const { parentPath, name } of files) {
      const bytes = readFileSync(join(parentPath, name))
      for (const form of [KEY, KEY.slice(0, 12), Buffer.from(KEY).toString('base64').slice(0, -4), Buffer.from(KEY).toString('hex')])
        expect(bytes.includes(form), name).toBe(false)
    }
  })

  test('that the environment sets are told as such and cannot be changed', async () => {
    await server.stop()
    await start({ environment: { CHAT_MODEL: 'ollama:theirs', OPENAI_API_KEY: 'sk-of-the-environment-9876', OLLAMA_URL: 'http://10.0.0.9:1' } })
    expect((await send(owner, 'GET', 'model-settings')).body).toMatchObject({
      chat_model: { value: 'ollama:theirs', from: 'environment', fixed_by: 'CHAT_MODEL' },
      embedding_model: { value: 'none', from: 'default', fixed_by: null },
      openai_base_url: { value: 'https://api.openai.com/v1', from: 'default', fixed_by: 'OPENAI_API_KEY' },
      ollama_url: { from: 'environment', fixed_by: 'OLLAMA_URL' },
      openai_api_key: { set: true, last_four: '9876', from: 'environment', fixed_by: 'OPENAI_API_KEY' },
    })
    for (const [field, variable] of [
      ['chat_model', 'CHAT_MODEL'],
      ['openai_base_url', 'OPENAI_API_KEY'],
      ['ollama_url', 'OLLAMA_URL'],
      ['openai_api_key', 'OPENAI_API_KEY'],
    ]) {
      const refused = await change({ [field ?? '']: null })
      expect(refused).toMatchObject({ status: 409, body: { error: { code: 'settings/fixed', facts: { variable } } } })
      expect(refused.body.error.hint).toContain('Unset the variable')
    }
    expect((await change({ embedding_model: 'openai:e' })).status).toBe(200)
  })
})

test('the default embedding model of new databases is read when they are made', async () => {
  const { body: models } = await send(member, 'GET', 'models')
  expect(models.default_model).toBe('none')
  expect((await send(member, 'POST', 'databases', { name: 'words' })).body.model).toBeNull()
  await change({ embedding_model: 'cohere:unheard-of' })
  expect((await send(member, 'GET', 'models')).body.default_model).toBe('cohere:unheard-of')
  // The fixture knows no models: that this one was asked for is what counts.
  expect((await send(member, 'POST', 'databases', { name: 'vectors' })).body.error).toMatchObject({
    code: 'model/unknown',
    facts: { model: 'cohere:unheard-of' },
  })
  expect((await send(member, 'POST', 'databases', { name: 'still words', model: 'none' })).status).toBe(201)
})

test('a test of the models tells how each does', async () => {
  const nothing = { model: null, state: 'none', ms: null, dimensions: null, error: null }
  expect((await send(owner, 'POST', 'model-settings/test')).body).toEqual({ chat: nothing, fallback: nothing, reranker: nothing, embedder: nothing })
  await server.stop()
  await start({ environment: { CHAT_MODEL: 'openai:x', EMBEDDING_MODEL: 'openai:y' }, world: { chat: fakeChat() } })
  const tested = await send(owner, 'POST', 'model-settings/test')
  expect(tested).toMatchObject({
    status: 200,
    body: { chat: { model: 'openai:x', state: 'ok', error: null }, embedder: { model: 'openai:y', state: 'failed', error: { code: 'model/unknown' } } },
  })
  expect(tested.body.chat.ms).toBeGreaterThanOrEqual(0)
})

describe('the parts of the server', () => {
  const parts = async () => {
    const { status, body } = await send(owner, 'GET', 'server/parts')
    expect(status).toBe(200)
    const { parts: list, ...rest } = body as {
      state: string
      parts: { name: string; about: string | null; state: string; says: string; hint: string | null; facts: Record<string, unknown>; last_error: unknown }[]
    }
    return { ...rest, list, of: (name: string) => list.find((part) => part.name === name) }
  }

  test('are well at first, each with a sentence and nothing to do', async () => {
    const { state, list, of, ...rest } = await parts()
    expect(state).toBe('ok')
    expect(list.map(({ name }) => name)).toEqual([
      'catalog',
      'chunks',
      'blobs',
      'queue',
      'worker',
      'extraction',
      'chat',
      'reranker',
      'embedder',
      'keys',
      'cache',
      'mail',
      'identity',
    ])
    for (const part of list) expect(part).toMatchObject({ state: 'ok', hint: null, last_error: null, says: expect.stringMatching(/^[A-Z].*\.$/) })
    expect(of('blobs')?.facts.free_bytes).toBeGreaterThan(0)
    expect(rest).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      memory: { rss_bytes: expect.any(Number) },
      uptime_seconds: expect.any(Number),
    })
  })

  test('tell the last fault of each, and that it is over', async () => {
    const { health } = server.world
    const fault = new AppError('model/unavailable', { reason: 'nothing listens at the address' })
    await change({ chat_model: 'openai:a', embedding_model: 'openai:b', rerank_model: 'cohere:c' })
    for (const part of ['chat:openai:a', 'reranker:cohere:c', 'embedder:openai:b', 'extraction', 'chunks']) health.bad(part, fault)
    health.bad('worker', new AppError('internal'))
    const bad = await parts()
    expect(bad.state).toBe('down')
    for (const name of ['chat', 'reranker', 'embedder', 'extraction', 'chunks']) {
      expect(bad.of(name), name).toMatchObject({ state: 'degraded', hint: expect.any(String), last_error: { error: { code: 'model/unavailable' } } })
    }
    expect(bad.of('worker')?.state).toBe('down')
    await new Promise((resolve) => setTimeout(resolve, 5))
    for (const part of ['chat:openai:a', 'reranker:cohere:c', 'embedder:openai:b', 'extraction', 'chunks', 'worker']) health.good(part)
    const good = await parts()
    expect(good.state).toBe('ok')
    expect(good.of('chat')).toMatchObject({ state: 'ok', last_error: { error: { code: 'model/unavailable' } } })
  })

  test('tell jobs that wait, and that nobody takes them', async () => {
    const { body: database } = await send(owner, 'POST', 'databases', { name: 'd' })
    await send(owner, 'POST', `databases/${database.id}/documents`, { text: 'hello', name: 'a.txt' })
    expect((await parts()).of('queue')).toMatchObject({ state: 'ok', facts: { queued: 1, running: 0 } })
    server.file.run('UPDATE jobs SET run_after = run_after - 700000')
    const { of, state } = await parts()
    expect(state).toBe('degraded')
    expect(of('queue')?.facts.oldest_waiting_seconds).toBeGreaterThanOrEqual(700)
  })

  test('tell a key that cannot be read', async () => {
    await change({ chat_model: 'openai:a', openai_api_key: KEY })
    expect((await parts()).of('keys')?.state).toBe('ok')
    const key = (await server.world.modelChoices.read()).keys.OPENAI_API_KEY
    if (key === undefined) throw new Error('there is no key')
    await server.world.modelChoices.change({ values: {}, keys: { OPENAI_API_KEY: { ...key, sealed: `${key.sealed.slice(0, -3)}AAA` } } })
    const { of } = await parts()
    expect(of('keys')).toMatchObject({ state: 'degraded', hint: expect.stringContaining('QUARRY_SECRET') })
    expect(of('chat')).toMatchObject({ state: 'degraded', about: 'openai:a' })
    expect((await send(owner, 'GET', 'model-settings')).body.openai_api_key).toEqual({
      set: false,
      last_four: null,
      from: null,
      fixed_by: null,
      problem: 'other-secret',
    })
  })

  test('tell the catalog down when it cannot be read, and nothing that would need it', async () => {
    await server.stop()
    const broken = async () => Promise.reject(new AppError('store/damaged', { file: 'quarry.sqlite' }))
    await start()
    Object.assign(server.world.queue, { depth: broken })
    expect(await parts()).toMatchObject({ state: 'down', list: [{ name: 'catalog', state: 'down' }] })
  })

  test('tell how much room there is', async () => {
    for (const [free, state] of [
      [10, 'down'],
      [500 * 2 ** 20, 'degraded'],
      [50 * 2 ** 30, 'ok'],
    ] as const) {
      Object.assign(server.world.blobs, { space: async () => ({ free, total: 100 * 2 ** 30 }) })
      expect((await parts()).of('blobs')).toMatchObject({ state, facts: { free_bytes: free, total_bytes: 100 * 2 ** 30 } })
    }
    Object.assign(server.world.blobs, { space: async () => Promise.reject(new AppError('store/unavailable')) })
    expect((await parts()).of('blobs')).toMatchObject({ state: 'down' })
  })
})

describe('the sample database', () => {
  test('is made for who asks, with the files of the manual, under a name that is free', async () => {
    const first = await send(member, 'POST', 'databases/sample')
    expect(first).toMatchObject({ status: 201, body: { database: { name: 'manual', access: 'owner', mode: 'lexical' }, refused: [] } })
    expect(first.body.documents.length).toBeGreaterThan(10)
    expect(first.body.documents.map((one: { document: { name: string } }) => one.document.name)).toContain('manual/first-steps.md')
    expect(first.body.database.jobs.queued).toBe(first.body.documents.length)
    const more = await Promise.all([send(member, 'POST', 'databases/sample'), send(member, 'POST', 'databases/sample')])
    expect(more.map(({ body }) => body.database.name).sort()).toEqual(['manual 2', 'manual 3'])
    expect((await send(owner, 'POST', 'databases/sample')).body.database.name).toBe('manual')
  })

  test('that does not fit leaves nothing', async () => {
    const { world } = server
    const plan = await world.ledger.createPlan('tiny', { ...NO_LIMITS, storedBytes: 5000 })
    await world.accounts.updateAccount(member.account.id, { planId: plan.id })
    const refused = await send(member, 'POST', 'databases/sample')
    expect(refused.body.error?.code).toBe('limit/storage')
    expect((await send(member, 'GET', 'databases')).body.databases).toEqual([])
  })
})

test('a list of databases tells their jobs and their last activity, as the single ones do', async () => {
  const { world } = server
  for (let index = 0; index < 30; index += 1) {
    const { body } = await send(member, 'POST', 'databases', { name: `d${index}` })
    if (index % 3 === 0) await send(member, 'POST', `databases/${body.id}/documents`, { text: `text ${index}`, name: 'a.txt' })
  }
  await world.queue.claim('w', 60_000)
  const { databases } = (await send(member, 'GET', 'databases?limit=200')).body as {
    databases: { id: string; name: string; jobs: unknown; last_activity_at: string; created_at: string }[]
  }
  expect(databases).toHaveLength(30)
  for (const one of databases) expect((await send(member, 'GET', `databases/${one.id}`)).body).toEqual(one)
  expect(databases.find(({ name }) => name === 'd0')?.jobs).toEqual({ queued: 0, running: 1 })
  expect(databases.find(({ name }) => name === 'd3')?.jobs).toEqual({ queued: 1, running: 0 })
  expect(databases.find(({ name }) => name === 'd1')?.jobs).toEqual({ queued: 0, running: 0 })
  for (const { last_activity_at, created_at } of databases) expect(last_activity_at >= created_at).toBe(true)
  const [quiet] = databases
  if (quiet === undefined) throw new Error('there is no database')
  world.ledger.asked(quiet.id)
  await world.ledger.flush()
  expect((await send(member, 'GET', `databases/${quiet.id}`)).body.last_activity_at >= quiet.last_activity_at).toBe(true)
})

import { afterEach, beforeEach, expect, test } from 'vitest'
import { bearer, type Person, person } from '../../test/people-fixture.ts'
import { json, serverForTest, type TestServer } from '../../test/server-fixture.ts'

const DEFAULT = { chat_model: null, rerank_model: null, voice: null, strictness: 'mark' }
let server: TestServer
let owner: Person

beforeEach(async () => {
  server = await serverForTest()
  owner = await person(server.world, 'owner')
})
afterEach(() => server.stop())

async function send(method: string, path: string, body?: unknown, who = owner) {
  const content = body === undefined ? {} : { body: JSON.stringify(body) }
  const headers = { ...bearer(who.token), 'content-type': 'application/json' }
  const reply = await fetch(`${server.address}/api/v1/${path}`, { method, headers, ...content })
  return { status: reply.status, body: await json(reply) }
}

test('a database answers as the server is set until it is told otherwise, and again when that is taken back', async () => {
  const made = await send('POST', 'databases', { name: 'd' })
  expect(made.body.answers).toEqual(DEFAULT)
  const change = async (answers: unknown) => (await send('PATCH', 'databases/d', { answers })).body.answers
  expect(await change({ chat_model: 'anthropic:claude-x', voice: '  Short.  ' })).toEqual({ ...DEFAULT, chat_model: 'anthropic:claude-x', voice: 'Short.' })
  const set = { chat_model: 'extractive', rerank_model: 'none', voice: 'Short.', strictness: 'withhold' }
  expect(await change({ chat_model: 'extractive', rerank_model: 'none', strictness: 'withhold' })).toEqual(set)
  expect((await send('PATCH', 'databases/d', { description: 'x' })).body.answers).toEqual(set)
  expect((await send('GET', 'databases/d')).body.answers).toEqual(set)
  expect((await send('GET', 'databases')).body.databases[0].answers).toEqual(set)
  expect(await change({ voice: '' })).toEqual({ ...set, voice: null })
  expect(await change({ chat_model: null, rerank_model: null, voice: null, strictness: null })).toEqual(DEFAULT)
  const second = await send('POST', 'databases', { name: 'e', answers: { rerank_model: 'cohere:rerank-v3.5', strictness: 'remove' } })
  expect(second.body.answers).toEqual({ ...DEFAULT, rerank_model: 'cohere:rerank-v3.5', strictness: 'remove' })
})

test('what cannot be is refused, and nothing of it is kept', async () => {
  await send('POST', 'databases', { name: 'd' })
  for (const [answers, status, code] of [
    [{ chat_model: 'acme:x' }, 422, 'model/unknown'],
    [{ chat_model: 'local:x' }, 422, 'model/unknown'],
    [{ rerank_model: 'openai:x' }, 422, 'model/unknown'],
    [{ chat_model: 'gpt-4o' }, 400, 'request/invalid'],
    [{ rerank_model: 'extractive' }, 400, 'request/invalid'],
    [{ chat_model: 'none' }, 400, 'request/invalid'],
    [{ strictness: 'severe' }, 400, 'request/invalid'],
    [{ voice: 'x'.repeat(2001) }, 400, 'request/invalid'],
    [{ guard: 'off' }, 400, 'request/invalid'],
    [null, 400, 'request/invalid'],
  ] as const) {
    const changed = await send('PATCH', 'databases/d', { name: 'other', answers })
    expect(changed, JSON.stringify(answers)).toMatchObject({ status, body: { error: { code } } })
    const made = await send('POST', 'databases', { name: 'e', answers })
    expect(made, JSON.stringify(answers)).toMatchObject({ status, body: { error: { code } } })
  }
  expect((await send('GET', 'databases')).body.databases.map(({ name, answers }: { name: string; answers: unknown }) => [name, answers])).toEqual([
    ['d', DEFAULT],
  ])
})

test('those who may only read or write see it and cannot change it', async () => {
  const { body: database } = await send('POST', 'databases', { name: 'd' })
  const member = await person(server.world, 'member')
  await server.world.catalog.share(owner.account.id, database.id, member.account.id, 'write')
  expect((await send('GET', `databases/${database.id}`, undefined, member)).body.answers).toEqual(DEFAULT)
  expect((await send('PATCH', `databases/${database.id}`, { answers: { voice: 'Loud.' } }, member)).status).toBe(403)
  expect((await send('GET', 'databases/d')).body.answers).toEqual(DEFAULT)
})

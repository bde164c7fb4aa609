import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bearer, keyFor, type Person, person, publicationOf, visitorOf } from '../../test/people-fixture.ts'
import { json, serverForTest, type TestServer } from '../../test/server-fixture.ts'
import { type Filter, filterFromJson } from '../domain/filter.ts'
import { filterToJson } from '../domain/filter-json.ts'
import type { AnswerTrace } from '../domain/trace.ts'
import { newTrace } from '../ports/trace-samples.contract.ts'

let server: TestServer
let [ann, bob]: Person[] = []
let ids: readonly [string, string]
beforeAll(async () => {
  server = await serverForTest()
  ;[ann, bob] = [await person(server.world, 'member'), await person(server.world, 'member')]
  ids = [await database('handbook'), await database('travel')]
})
afterAll(() => server.stop())

const accountOf = (who: Person | undefined) => who?.account.id ?? ''
const call = async (token: string | undefined, path: string, method = 'GET', body?: unknown) => {
  const headers = { ...bearer(token ?? ''), ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
  const reply = await fetch(`${server.address}/api/v1/${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  return { status: reply.status, body: await json(reply) }
}
const database = async (name: string): Promise<string> => (await call(ann?.token, 'databases', 'POST', { name })).body.id
async function kept(who: Person | undefined, more: Partial<AnswerTrace> = {}): Promise<AnswerTrace> {
  const trace = newTrace(accountOf(who), { startedAt: Date.now(), ...more })
  await server.world.traces.keepTrace(trace)
  return trace
}
const listed = async (who: Person | undefined, query = ''): Promise<string[]> => {
  const { status, body } = await call(who?.token, `traces${query}`)
  expect(status).toBe(200)
  return body.traces.map(({ id }: { id: string }) => id)
}
const told = ({ status, body }: { status: number; body: unknown }, id: string) =>
  JSON.stringify([status, body])
    .replaceAll(id, 'ID')
    .replace(/"request_id":"[^"]*"/, '')

test('whoever asked sees how the answer came about, and lists it by database and conversation', async () => {
  const holder = { accountId: accountOf(ann) }
  const talk = await server.world.conversations.createConversation({ holder, publicationId: undefined, databaseIds: [ids[0]], title: 't', deleteAt: undefined })
  const search = {
    ...{ databaseId: ids[0], versionId: 'ver_1', query: 'leave', mode: { mode: 'hybrid', model: 'local:e5' } as const, degraded: undefined },
    ...{ reranker: 'cohere:r', startedAt: 1_700_000_000_000, ms: 4.5 },
    models: [
      { purpose: 'embed' as const, model: 'cohere:e', tokens: 3, searches: 0, cost: 1, startedAt: 1_700_000_000_000, ms: 2 },
      { purpose: 'rerank' as const, model: 'cohere:r', tokens: 40, searches: 1, cost: undefined, startedAt: 1_700_000_000_002, ms: 2.5 },
    ],
    hits: [{ chunkId: 'c', documentId: 'd', name: 'leave.txt', score: 0.5, dense: 0.25, lexical: undefined }],
  }
  const filter = JSON.stringify({ field: 'year', op: 'gte', value: 2023 })
  const first = await kept(ann, { databaseIds: [ids[0]], conversationId: talk.id, searches: [search], settings: { n: 8, filter } })
  const { models: _, ...older } = search
  const second = await kept(ann, { databaseIds: [...ids], startedAt: first.startedAt + 1, searches: [older] })
  expect(await listed(ann)).toEqual([second.id, first.id])
  expect(await listed(ann, '?database=handbook')).toEqual([second.id, first.id])
  expect(await listed(ann, `?database=${ids[1]}`)).toEqual([second.id])
  expect(await listed(ann, `?conversation=${talk.id}`)).toEqual([first.id])
  expect((await call(ann?.token, 'traces?database=nowhere')).status).toBe(404)
  const page = await call(ann?.token, 'traces?limit=1')
  expect(await listed(ann, `?limit=1&cursor=${page.body.next_cursor}`)).toEqual([first.id])
  const { status, body } = await call(ann?.token, `traces/${first.id}`)
  expect(status).toBe(200)
  expect(body).toEqual({
    ...{ id: first.id, conversation_id: talk.id, answer_id: null, databases: [ids[0]], question: first.question },
    ...{ started_at: new Date(first.startedAt).toISOString(), ms: 12.5, outcome: 'answered', writer: 'openai:gpt-x' },
    ...{ usage: { input_tokens: 3, output_tokens: 2 }, cost_usd: 0.000007, visitor_id: null, publication_id: null },
    steps: [{ node: 'retrieve', started_at: '1970-01-01T00:16:40.001Z', ms: 3, note: null }],
    searches: [
      {
        ...{ database_id: ids[0], version_id: 'ver_1', query: 'leave', mode: 'hybrid', model: 'local:e5', degraded: null, reranker: 'cohere:r' },
        ...{ started_at: '2023-11-14T22:13:20.000Z', ms: 4.5, cached: false },
        models: [
          { purpose: 'embed', model: 'cohere:e', tokens: 3, searches: 0, cost_usd: 0.000001, started_at: '2023-11-14T22:13:20.000Z', ms: 2 },
          { purpose: 'rerank', model: 'cohere:r', tokens: 40, searches: 1, cost_usd: null, started_at: '2023-11-14T22:13:20.002Z', ms: 2.5 },
        ],
        hits: [{ chunk_id: 'c', document_id: 'd', name: 'leave.txt', score: 0.5, dense: 0.25, lexical: null }],
      },
    ],
    calls: [
      {
        ...{ purpose: 'write', model: 'openai:gpt-x', system: 'Answer.', messages: [{ role: 'user', text: 'How?' }], reply: 'So. [1]' },
        ...{ started_at: '1970-01-01T00:16:40.004Z', ms_to_first: 2, ms: 8, usage: { input_tokens: 3, output_tokens: 2 }, cost_usd: 0.000007, error: null },
      },
    ],
    sentences: [{ text: 'So.', verdict: 'verified', citations: [1], reason: null }],
    ...{ text: 'So. [1]', error: null, settings: { n: 8, filter: '{"year":{"$gte":2023}}' } },
  })
  // Kept at a time when it was not noted what models took.
  expect((await call(ann?.token, `traces/${second.id}`)).body.searches).toMatchObject([{ reranker: 'cohere:r', models: [] }])
})

test('a trace of somebody else, of a database that is no longer shared, and an unknown one are answered alike', async () => {
  await server.world.catalog.share(accountOf(ann), ids[0], accountOf(bob), 'read')
  const trace = await kept(bob, { databaseIds: [ids[0]] })
  const others = await kept(ann, { databaseIds: [ids[0]] })
  expect((await call(bob?.token, `traces/${trace.id}`)).status).toBe(200)
  expect(await listed(bob)).toEqual([trace.id])
  await server.world.catalog.unshare(accountOf(ann), ids[0], accountOf(bob))
  expect(await listed(bob)).toEqual([])
  const none = 'f'.repeat(32)
  const unknown = told(await call(bob?.token, `traces/${none}`), none)
  expect(unknown).toContain('trace/not-found')
  for (const { id } of [trace, others]) expect(told(await call(bob?.token, `traces/${id}`), id)).toBe(unknown)
})

test('what visitors asked is shown to whoever published the chat, and to no visitor', async () => {
  const publication = await publicationOf(server.world, accountOf(ann), [ids[0]])
  const visitor = await visitorOf(server.world, publication.id)
  await server.world.publications.createVisitor({ id: visitor.id, publicationId: publication.id, deleteAt: Date.now() + 1e6 })
  const trace = await kept(ann, { visitorId: visitor.id, publicationId: publication.id, databaseIds: [ids[0]] })
  expect((await call(ann?.token, `traces/${trace.id}`)).body).toMatchObject({ visitor_id: visitor.id, publication_id: publication.id })
  expect((await call(visitor.token, `traces/${trace.id}`)).status).toBe(403)
})

test('no API key reads traces, whatever it may do: they hold what was asked with the whole account', async () => {
  const trace = await kept(ann, { databaseIds: [ids[0]] })
  const { token } = await keyFor(server.world, accountOf(ann))
  for (const path of ['traces', `traces/${trace.id}`]) {
    const { status, body } = await call(token, path)
    expect([status, body.error.code]).toEqual([403, 'auth/person-needed'])
  }
})

test('a filter that is told can be sent again', () => {
  const value = fc.oneof(fc.string(), fc.integer(), fc.boolean())
  const field = fc.constantFrom('year', '@name', 'tag')
  const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 3 },
      fc.record({ field, op: fc.constantFrom('eq' as const, 'ne' as const, 'gt' as const, 'lte' as const, 'contains' as const), value }),
      fc.record({ field, op: fc.constantFrom('in' as const, 'nin' as const), value: fc.array(value, { maxLength: 3 }) }),
      fc.record({ field, op: fc.constant('exists' as const), value: fc.boolean() }),
      fc.record({ and: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ or: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ not: tie('filter') }),
    ),
  }))
  fc.assert(fc.property(filter, (one) => void expect(filterFromJson(JSON.parse(JSON.stringify(filterToJson(one))))).toEqual(one)))
})

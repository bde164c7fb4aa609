import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bearer, keyFor, type Person, person } from '../../test/people-fixture.ts'
import { json } from '../../test/server-fixture.ts'
import { storeWorld } from '../../test/store-world.ts'
import { parametersOf, type RouteShape } from '../api/route.ts'
import { ROUTES } from '../api/routes.ts'
import { accountCaller } from '../domain/caller.ts'
import { type Document, fieldsOf } from '../domain/document.ts'
import { type Filter, filterFromJson, matches } from '../domain/filter.ts'
import { createDatabase, uploadFile } from '../flows/upload.ts'
import { readSettings } from '../settings.ts'
import { type RunningServer, startServer } from './lifecycle.ts'

// A key with a filter and random requests on every route that is open to it, over real stores: whatever the filter leaves
// out is nowhere in the replies, and what it lets through is there.

const never = new AbortController().signal
const TEAMS = ['red', 'green', 'blue'] as const
const WORDS = ['leave', 'portal', 'train', 'hotel', 'soup', 'salary'] as const
const DOCUMENTS = 24

let it: ReturnType<typeof storeWorld>
let server: RunningServer
let ann: Person
let databaseId: string
let documents: readonly (Document & { readonly canary: string })[]

beforeAll(async () => {
  it = storeWorld()
  const { settings } = readSettings({ PORT: '0', QUARRY_DATA: it.folder, LOG_LEVEL: 'silent' })
  server = await startServer({ world: it.world, settings })
  ann = await person(it.world, 'member')
  const caller = accountCaller(ann.account.id, 'member')
  const { database } = await createDatabase(it.world, caller, { name: 'handbook', chunkSize: 64, chunkOverlap: 0 }, never)
  databaseId = database.id
  const drawn = fc.sample(
    fc.record({
      team: fc.constantFrom(...TEAMS),
      year: fc.integer({ min: 2020, max: 2023 }),
      words: fc.array(fc.constantFrom(...WORDS), { minLength: 3, maxLength: 9 }),
    }),
    DOCUMENTS,
  )
  const made = []
  for (const [index, { team, year, words }] of drawn.entries()) {
    const canary = `canary${String.fromCharCode(97 + index).repeat(4)}x`
    const metadata = { team, year, note: `${canary} note` }
    // Every third tells the same as others: what is merged into one that is hidden must not tell of it.
    const content = once(index % 3 === 0 ? 'The portal takes every request for leave, a train or a hotel.' : `${words.join(' ')} is what ${canary} says.`)
    const { document } = await uploadFile(
      it.world,
      caller,
      database.id,
      { name: `${canary}.txt`, mediaType: 'text/plain', metadata, content, maxBytes: 100_000 },
      never,
    )
    made.push({ id: document.id, canary })
  }
  await it.runAll()
  documents = await Promise.all(made.map(async ({ id, canary }) => ({ ...(await it.world.catalog.document(ann.account.id, databaseId, id)), canary })))
}, 60_000)
afterAll(async () => {
  await server.close()
  await it.close()
})

async function* once(text: string): AsyncIterable<Uint8Array> {
  yield new TextEncoder().encode(text)
}

const BOUND = (Object.entries(ROUTES) as [string, RouteShape][]).filter(([, route]) => route.bound === true)

const condition = fc.oneof(
  fc.constantFrom(...TEAMS).map((team) => ({ team })),
  fc.constantFrom(...TEAMS).map((team) => ({ team: { $ne: team } })),
  fc.integer({ min: 2020, max: 2023 }).map((year) => ({ year: { $gte: year } })),
  fc.subarray([2020, 2021, 2022, 2023]).map((years) => ({ year: { $in: years } })),
  fc.constant({ nothing: { $exists: true } }),
)
const filterJson = fc.oneof(
  condition,
  fc.array(condition, { minLength: 1, maxLength: 3 }).map(($and) => ({ $and })),
  fc.array(condition, { minLength: 1, maxLength: 3 }).map(($or) => ({ $or })),
  condition.map(($not) => ({ $not })),
)
const request = fc.record({
  document: fc.nat({ max: DOCUMENTS - 1 }),
  byId: fc.boolean(),
  text: fc.array(fc.oneof(fc.constantFrom(...WORDS), fc.nat({ max: DOCUMENTS - 1 })), { minLength: 1, maxLength: 6 }),
  filter: fc.option(filterJson, { nil: undefined }),
  n: fc.integer({ min: 1, max: 50 }),
})
type Drawn = Parameters<Parameters<typeof request.map>[0]>[0]

/** Every field that a body of a bound route may have must be known here: a new one does not go untested. */
function bodyOf(route: RouteShape, drawn: Drawn, wanted: string): Record<string, unknown> | undefined {
  if (route.body === undefined) return undefined
  const words = drawn.text.map((word) => (typeof word === 'number' ? (documents[word]?.canary ?? '') : word)).join(' ')
  const filled: Readonly<Record<string, unknown>> = {
    query: words,
    question: words,
    document: wanted,
    databases: [databaseId],
    filter: drawn.filter,
    n_results: drawn.n,
    explain: true,
    threshold: undefined,
    weights: undefined,
    history: [{ role: 'user', text: words }],
    conversation: undefined,
    parent: undefined,
    version: undefined,
    id: 'chat-1',
    messages: [{ id: 'm1', role: 'user', parts: [{ type: 'text', text: words }] }],
    trigger: 'submit-message',
    messageId: undefined,
  }
  const names = Object.keys(route.body.shape)
  expect(names.filter((name) => !(name in filled))).toEqual([])
  return Object.fromEntries(names.map((name) => [name, filled[name]]))
}

async function send(route: RouteShape, token: string, drawn: Drawn): Promise<{ readonly status: number; readonly text: string; readonly wanted: string }> {
  const document = documents[drawn.document]
  const wanted = (drawn.byId ? document?.id : document?.externalId) ?? ''
  const path = parametersOf(route.path).reduce(
    (all, name) => all.replace(`{${name}}`, encodeURIComponent(name === 'document' ? wanted : name === 'chat' ? 'chat-1' : databaseId)),
    route.path,
  )
  const body = bodyOf(route, drawn, wanted)
  const reply = await fetch(server.address + path, {
    method: route.method,
    headers: { ...bearer(token), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: reply.status, text: await reply.text(), wanted }
}

const isVisible = (filter: Filter, document: Document) => matches(filter, { fields: fieldsOf(document), pages: undefined })
const bound = async (filter: Filter) => (await keyFor(it.world, ann.account.id, { scopes: ['query', 'ask', 'read'], filter })).token

test.each(BOUND)(
  '%s: a key with a filter never sees what it leaves out',
  async (_, route) => {
    await fc.assert(
      fc.asyncProperty(filterJson, fc.array(request, { minLength: 4, maxLength: 4 }), async (json, requests) => {
        const filter = filterFromJson(json)
        const token = await bound(filter)
        const hidden = documents.filter((document) => !isVisible(filter, document))
        for (const drawn of requests) {
          const { status, text, wanted } = await send(route, token, drawn)
          const isHidden = hidden.some(({ id, externalId }) => id === wanted || externalId === wanted)
          const names = `${route.path} ${JSON.stringify(route.body?.shape.document)}`
          const asksForOne = route.path.includes('{document}') || (route.body !== undefined && 'document' in route.body.shape)
          if (asksForOne) {
            expect([names, status]).toEqual([names, isHidden ? 404 : 200])
            if (isHidden)
              expect(text.replaceAll(wanted, 'ID')).toMatch(/"code":"document\/not-found","message":"[^"]* document=ID","facts":\{"document":"ID"\}/)
          } else expect(status).toBe(route.reply.kind === 'ui-messages' && route.method === 'GET' ? 204 : 200) // nothing of it outlives its connection
          const rest = asksForOne ? text.replaceAll(wanted, '') : text
          for (const { id, canary } of hidden) {
            expect(rest).not.toContain(id)
            // What the caller itself said may come back: its words are told as those that were not found.
            if (!drawn.text.some((word) => typeof word === 'number' && documents[word]?.canary === canary)) expect(rest).not.toContain(canary)
            else expect(rest).not.toMatch(new RegExp(`${canary}(?:\\.txt| note| says)`))
          }
        }
      }),
      { numRuns: 8 },
    )
  },
  120_000,
)

test('"why" ranks a document among what is visible: where the query of the same key has it', async () => {
  await fc.assert(
    fc.asyncProperty(filterJson, fc.constantFrom(...WORDS), fc.nat({ max: DOCUMENTS - 1 }), async (jsonFilter, query, index) => {
      const filter = filterFromJson(jsonFilter)
      const document = documents[index]
      if (document === undefined || !isVisible(filter, document)) return
      const headers = { ...bearer(await bound(filter)), 'content-type': 'application/json' }
      const post = async (path: string, body: object) =>
        json(await fetch(`${server.address}/api/v1/databases/${databaseId}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) }))
      const { results } = await post('query', { query, n_results: 100 })
      const told = await post('why', { query, document: document.id, n_results: 100 })
      // What is merged stands where its host does.
      const stands = told.merged_into?.document_id ?? document.id
      const rank = results.findIndex((one: { document_id: string }) => one.document_id === stands) + 1
      expect([told.rank, ['found', 'merged'].includes(told.reason)]).toEqual([rank === 0 ? null : rank, rank > 0])
    }),
    { numRuns: 40 },
  )
}, 120_000)

test('lists fill their pages with what is visible, and tell of nothing behind it', async () => {
  await fc.assert(
    fc.asyncProperty(filterJson, fc.integer({ min: 1, max: 9 }), async (jsonFilter, limit) => {
      const filter = filterFromJson(jsonFilter)
      const token = await bound(filter)
      const expected = documents.filter((document) => isVisible(filter, document)).map(({ id }) => id)
      const found: string[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const path: string = `/api/v1/databases/${databaseId}/documents?limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`
        const page = await json(await fetch(server.address + path, { headers: bearer(token) }))
        found.push(...page.documents.map(({ id }: { id: string }) => id))
        cursor = page.next_cursor
        // Full unless it is the last, and a further one is told only when it holds something.
        if (cursor !== null) expect(page.documents).toHaveLength(limit)
        else if (expected.length > 0) expect(page.documents.length).toBeGreaterThan(0)
      }
      expect(found).toHaveLength(expected.length)
      expect(new Set(found)).toEqual(new Set(expected))
    }),
    { numRuns: 12 },
  )
}, 120_000)

test('covers every route that is open to such a key', () => {
  expect(BOUND.map(([name]) => name).toSorted()).toEqual(
    [
      'ask',
      'askSeveral',
      'getDocument',
      'listChunks',
      'listDocuments',
      'query',
      'queryById',
      'readContent',
      'readText',
      'resumeUiMessages',
      'suggestions',
      'uiMessages',
      'whoAmI',
      'why',
    ].toSorted(),
  )
})

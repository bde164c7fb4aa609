import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cohereReranker } from '../src/adapters/cohere/reranker.ts'
import { embedders } from '../src/adapters/embedders.ts'
import { openaiChat } from '../src/adapters/openai/chat.ts'
import { openaiEmbedders } from '../src/adapters/openai/embedder.ts'
import { spansOf } from '../src/adapters/otel/spans.ts'
import { providerServer } from '../src/adapters/provider-server.fixture.ts'
import { openCatalogFile } from '../src/adapters/sqlite/catalog-file.ts'
import { watchedChat, watchedEmbedders, watchedReranker } from '../src/adapters/watched.ts'
import { accountCaller, type Caller, within } from '../src/domain/caller.ts'
import type { AnswerTrace } from '../src/domain/trace.ts'
import { askSeveral } from '../src/flows/ask.ts'
import type { World } from '../src/ports/world.ts'
import { logTo } from '../src/server/log.ts'
import { dumpOf } from './dump.ts'
import { person, publicationOf } from './people-fixture.ts'
import { CALLER, storeWorld } from './store-world.ts'

// What a visitor asks is for nobody else to read, and providers repeat it: in refusals, in the middle of a stream, in place of a reply.

const MARK = 'quokka-4711'
const FACTS = 'Employees request leave in the portal at least two weeks ahead. The team lead decides within three days.'

interface Body {
  readonly input?: readonly string[]
}
type Way = (response: ServerResponse, echo: string) => void
const json = (response: ServerResponse, status: number, value: unknown) => {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(value))
}
const streamed = (response: ServerResponse, chunks: readonly unknown[]) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join(''))
}
const wordsOf = (content: string) => ({ choices: [{ delta: { content } }] })
const WAYS: Readonly<Record<string, Way>> = {
  'a refusal': (response, echo) => json(response, 400, { error: { message: echo } }),
  'a page of a proxy': (response, echo) => response.writeHead(403, { 'content-type': 'text/html' }).end(`<p>${echo}</p>`),
  'a stream that begins with a fault': (response, echo) => streamed(response, [{ error: { message: echo, code: 'invalid' } }]),
  'a stream that ends with a fault': (response, echo) => streamed(response, [wordsOf('The answer begins '), { error: { message: `server error ${echo}` } }]),
  'a reply that is a fault': (response, echo) => json(response, 200, { error: { message: echo } }),
}

let way: Way | undefined
const { address, seen } = await providerServer<Body>((response, body) => {
  if (way !== undefined) return way(response, `not taken: ${JSON.stringify(body).match(new RegExp(`.{0,40}${MARK}.{0,20}`))?.[0] ?? 'nothing'}`)
  json(response, 200, { data: (body.input ?? []).map((_, index) => ({ index, embedding: [1, index, 0.5] })) })
})

let store: ReturnType<typeof storeWorld>
let world: World
let databaseId: string
let file: ReturnType<typeof openCatalogFile>
let visitor: Caller
let maker: Caller
const log: string[] = []
const traces: AnswerTrace[] = []
beforeAll(async () => {
  const clock = { now: () => 0, random: () => 0, sleep: async () => undefined }
  store = storeWorld({ embedders: embedders({ stub: openaiEmbedders({ provider: 'stub', baseUrl: address, apiKey: undefined, clock }) }) })
  const { health } = store.world
  world = {
    ...store.world,
    embedders: watchedEmbedders(store.world.embedders, health),
    rerankers: { ...store.world.rerankers, current: async () => watchedReranker(cohereReranker({ baseUrl: address, apiKey: 'k', model: 'r', clock }), health) },
    log: logTo('info', (line) => void log.push(line)),
    traces: {
      ...store.world.traces,
      async keepTrace(trace) {
        traces.push(trace)
        await store.world.traces.keepTrace(trace)
      },
    },
    get chat() {
      // One that has failed several times in a row is left alone for a moment.
      return watchedChat(openaiChat({ provider: 'stub', baseUrl: address, apiKey: undefined, model: 'gpt-4o', clock }), health)
    },
  }
  databaseId = (await store.make('handbook', 'stub:e')).id
  await store.upload(databaseId, 'leave.txt', FACTS)
  await store.upload(databaseId, 'more.txt', 'Leave is asked for in the portal too.')
  await store.runAll()
  file = openCatalogFile({ path: join(store.folder, 'quarry.sqlite') })
  const { account } = await person(world, 'member')
  const publication = await publicationOf(world, account.id, [databaseId])
  await world.publications.createVisitor({ id: 'vis_1', publicationId: publication.id, deleteAt: world.now() + 1e9 })
  maker = accountCaller(account.id, 'member')
  visitor = { ...maker, kind: 'visitor', id: 'vis_1', publicationId: publication.id }
})
afterAll(() => store.close())

/** All that is left of an answer, and of the way to it. */
async function leftOf(caller: Caller, question: string): Promise<Readonly<Record<string, string>>> {
  log.length = 0
  traces.length = 0
  const place = { caller: within(caller, { id: databaseId, ownerId: CALLER.accountId }, 'read'), databaseId }
  const history = [
    { role: 'user', text: `How do I request leave, asks ${MARK}?` },
    { role: 'assistant', text: 'In the portal.' },
  ] as const
  const request = { question, n: 4, history, runId: `run ${question}` }
  for await (const _ of askSeveral({ ...world, chat: world.chat }, [place], request, new AbortController().signal)) {
    // read to its end
  }
  return {
    trace: JSON.stringify(traces),
    spans: JSON.stringify(traces.map((trace) => spansOf(trace, true))),
    log: log.join('\n'),
    parts: JSON.stringify(world.health.all('')),
    rows: JSON.stringify(dumpOf(file)),
  }
}

const QUESTIONS = [`And how do I request it in the portal, ${MARK}?`, `What did I just ask you about ${MARK}?`, `What did you just say?`]

test.each(Object.keys(WAYS))('%s that repeats a visitor leaves nothing of it behind', async (name) => {
  way = WAYS[name]
  const purposes = new Set<string>()
  for (const question of QUESTIONS) {
    const left = await leftOf(visitor, question)
    for (const { calls } of traces) for (const { purpose, error } of calls) if (error !== undefined) purposes.add(purpose)
    for (const [where, text] of Object.entries(left)) expect(text, `${where} of "${question}"`).not.toContain('4711')
    expect(left.rows).toContain(traces[0]?.id)
    expect(left.log).toMatch(/model-not-asked|answer-without-model|answer-failed/)
  }
  expect(seen.some(({ body }) => JSON.stringify(body).includes(MARK))).toBe(true)
  expect([...purposes]).not.toEqual([])
})

test('of a person it stands in the log and the trace, for those who manage the database', async () => {
  way = WAYS['a refusal']
  const { trace, log: lines } = await leftOf(maker, QUESTIONS[0] ?? '')
  expect(
    JSON.parse(trace ?? '[]')[0]
      .calls.map(({ error }: { error: string }) => error)
      .join(),
  ).toContain(MARK)
  expect(lines).toContain(MARK)
})

import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sharedBy, wordy } from '../../../test/live-fixture.ts'
import { bearer, type Person, person, publicationOf, visitorOf } from '../../../test/people-fixture.ts'
import { json, serverForTest, type TestServer } from '../../../test/server-fixture.ts'
import { memoryCache } from '../../adapters/memory/cache.ts'
import { accountCaller } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import { sendLive } from '../sse.ts'
import { liveHub, ownerOf } from './hub.ts'
import { type LeftAnswers, runOf } from './left.ts'
import { logOf, metaOf } from './shared.ts'

// What is deleted, lost or left behind is told as such, once, by every process.

const { flows } = wordy()
let one: TestServer
let two: TestServer
let ann: Person
let database: { readonly id: string }

beforeAll(async () => {
  const live = { graceMs: 5_000, leaseMs: 400 }
  one = await serverForTest({ flows, live, world: { cache: sharedBy(memoryCache()) } })
  two = await serverForTest({ flows, live, world: { ...one.world } })
  ann = await person(one.world, 'member')
  database = await json(await send(one, 'POST', '/api/v1/databases', ann.token, { name: 'handbook' }))
})
afterAll(async () => {
  await two.stop()
  await one.stop()
})

function send(server: { readonly address: string }, method: string, path: string, token: string, body?: unknown) {
  const content = body === undefined ? {} : { body: JSON.stringify(body) }
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  return fetch(server.address + path, { method, headers: { ...bearer(token), ...type, 'quarry-resume': 'on' }, ...content })
}

const ask = (body: unknown) => send(one, 'POST', `/api/v1/databases/${database.id}/ask`, ann.token, body)
const idOf = (reply: Response) => reply.headers.get('x-stream-id') ?? ''
const codesIn = (text: string) => [...text.matchAll(/event: answer-error\ndata: .*?"code":"([^"]+)"/g)].map(([, code]) => code)
const conversationIn = (text: string) => /"conversation_id":"([^"]+)"/.exec(text)?.[1] ?? ''

describe('a stream of a process that lives', () => {
  test('is found again, and read on, when the cache lost its facts alone', async () => {
    const reply = await ask({ question: 'hang 1 words' })
    const id = idOf(reply)
    const reading = (await send(two, 'GET', `/api/v1/streams/${id}`, ann.token)).text()
    await sleep(100)
    const { cache } = one.world
    await cache.remove(metaOf(id))
    await expect.poll(() => cache.get(metaOf(id)), { timeout: 5_000 }).toBeDefined()
    expect((await send(two, 'DELETE', `/api/v1/streams/${id}`, ann.token)).status).toBe(200)
    expect(codesIn(await reading)).toEqual(['answer/stopped'])
    await reply.body?.cancel()
  })

  test.each(['its log', 'both'])('ends elsewhere with one error when the cache lost %s', async (lost) => {
    const reply = await ask({ question: 'hang 1 words' })
    const id = idOf(reply)
    const reading = (await send(two, 'GET', `/api/v1/streams/${id}`, ann.token)).text()
    await sleep(100)
    const { cache } = one.world
    await cache.append(logOf(id), ['.'], 1) // gone with its time
    if (lost === 'both') await cache.remove(metaOf(id))
    const codes = codesIn(await reading.catch(() => 'cut'))
    expect(codes).toEqual(['stream/not-found'])
    await sleep(300) // in which its process says several times that it lives
    expect(await cache.get(metaOf(id))).toBeUndefined()
    expect((await send(two, 'GET', `/api/v1/streams/${id}`, ann.token)).status).toBe(404)
    await reply.body?.cancel()
  })
})

describe('what is deleted', () => {
  test.each(['ended', 'runs'])('as a conversation takes its stream along that %s, in every process', async (how) => {
    const reply = await ask({ question: how === 'ended' ? '3 words' : 'hang 3 words', conversation: 'new' })
    const id = idOf(reply)
    const far = how === 'ended' ? undefined : (await send(two, 'GET', `/api/v1/streams/${id}`, ann.token)).text()
    const told = how === 'ended' ? await reply.text() : await (await firstOf(reply)).text
    expect((await send(two, 'GET', `/api/v1/streams/${id}`, ann.token)).status === 200 || far !== undefined).toBe(true)
    expect((await send(two, 'DELETE', `/api/v1/conversations/${conversationIn(told)}`, ann.token)).status).toBe(200)
    if (far !== undefined) expect(codesIn(await far)).toEqual(['stream/not-found'])
    for (const server of [one, two]) expect((await send(server, 'GET', `/api/v1/streams/${id}`, ann.token)).status).toBe(404)
    await expect.poll(() => one.world.cache.get(metaOf(id))).toBeUndefined()
  })

  test('of a visitor, or shown no longer, is streamed no longer', async () => {
    const publication = await publicationOf(one.world, ann.account.id, [database.id], { sources: 'documents' })
    const base = `/api/v1/public/${publication.id}`
    const visitor = await visitorOf(one.world, publication.id)
    const begin = async () => {
      const reply = await send(one, 'POST', `${base}/ask`, visitor.token, { question: '3 words', conversation: 'new' })
      const conversation = conversationIn(await reply.text())
      return { path: `${base}/streams/${idOf(reply)}`, conversation }
    }
    const [a, b] = [await begin(), await begin()]
    const statuses = (path: string) => Promise.all([one, two].map(async (server) => (await send(server, 'GET', path, visitor.token)).status))
    expect((await send(two, 'DELETE', `${base}/conversations/${a.conversation}`, visitor.token)).status).toBe(200)
    expect([await statuses(a.path), await statuses(b.path)]).toEqual([
      [404, 404],
      [200, 200],
    ])
    expect((await send(two, 'DELETE', `${base}/visitor`, visitor.token)).status).toBe(200)
    expect(await statuses(b.path)).toEqual([404, 404])
    await sleep(2) // what is asked after it is another matter
    const c = await begin()
    expect(await statuses(c.path)).toEqual([200, 200])
    await one.world.publications.updatePublication(ann.account.id, publication.id, { sources: 'quotes' })
    expect(await statuses(c.path)).toEqual([404, 404])
  })
})

test('an answer that a server left behind when it stopped ends with one error, for whoever asked it', async () => {
  const owner = ownerOf(accountCaller(ann.account.id, 'member'))
  const { checkpoints, conversations } = one.world
  const holder = { accountId: ann.account.id }
  const empty = { holder, publicationId: undefined, databaseIds: [database.id], title: 't', deleteAt: undefined }
  for (const how of ['read', 'stopped', 'later', 'set back']) {
    const conversation = await conversations.createConversation(empty)
    const id = one.world.newId('str')
    const run = runOf(one.world, owner, id)
    // What was kept after this process began may be somebody's who runs.
    const at = how === 'later' ? Date.now() : how === 'set back' ? Date.now() + 3_600_000 : 1_000
    await checkpoints.keep(run, {
      graph: 'answer',
      node: 'retrieve',
      state: JSON.stringify({ databaseIds: [database.id] }),
      at,
      conversationId: conversation.id,
    })
    const bob = await person(one.world, 'owner')
    expect((await send(one, 'GET', `/api/v1/streams/${id}`, bob.token)).status).toBe(404)
    const reply = await send(one, how === 'stopped' ? 'DELETE' : 'GET', `/api/v1/streams/${id}?after=3`.slice(0, how === 'stopped' ? -8 : undefined), ann.token)
    expect(reply.status).toBe(how === 'later' ? 404 : 200)
    if (how === 'read' || how === 'set back') expect(await reply.text()).toMatch(/^id: 4\nevent: answer-error\ndata: .*answer\/interrupted/)
    expect((await checkpoints.checkpoint(run)) === undefined).toBe(how !== 'later')
    const left = await conversations.conversation(holder, conversation.id).catch(() => undefined)
    expect(left === undefined).toBe(how !== 'later')
    expect((await send(one, 'GET', `/api/v1/streams/${id}`, ann.token)).status).toBe(404)
  }
})

test('an answer that may be resumed keeps its state under its stream and its owner, another one nowhere', async () => {
  const runs: (string | undefined)[] = []
  const noting = {
    ask: (...given: Parameters<typeof flows.ask>) => {
      runs.push(given[3].runId)
      return flows.ask(...given)
    },
    askSeveral: (...given: Parameters<typeof flows.askSeveral>) => {
      runs.push(given[2].runId)
      return flows.askSeveral(...given)
    },
  }
  const three = await serverForTest({ flows: noting, world: { ...one.world } })
  const publication = await publicationOf(one.world, ann.account.id, [database.id], {})
  const visitor = await visitorOf(one.world, publication.id)
  const byAnn = ownerOf(accountCaller(ann.account.id, 'member'))
  const byVisitor = JSON.stringify(['visitor', ann.account.id, visitor.id, publication.id])
  for (const [path, token, owner, body] of [
    [`/api/v1/databases/${database.id}/ask`, ann.token, byAnn, { question: '1 words' }],
    ['/api/v1/ask', ann.token, byAnn, { question: '1 words', databases: [database.id] }],
    [`/api/v1/public/${publication.id}/ask`, visitor.token, byVisitor, { question: '1 words' }],
  ] as const) {
    const reply = await send(three, 'POST', path, token, body)
    await reply.text()
    expect(runs.pop()).toBe(runOf(one.world, owner, idOf(reply)))
    const headers = { ...bearer(token), 'content-type': 'application/json' }
    await (await fetch(three.address + path, { method: 'POST', headers, body: JSON.stringify(body) })).text()
    expect([runs.pop(), runs.length]).toEqual([undefined, 0])
  }
  await three.stop()
})

const NONE: LeftAnswers = { find: async () => undefined, newest: async () => undefined }

test('a hub that closes waits until what was asked has let go, and not for what does not', async () => {
  const hub = liveHub({ graceMs: 5_000, last: ['end'], left: NONE, interrupted: () => ({ event: 'end', data: {} }), world: one.world })
  let kept = false
  const gone = new AbortController().signal
  const begin = (last: () => Promise<unknown>) =>
    hub.begin({
      ...{ owner: 'o', publicationId: undefined, resumable: true, gone, last: ['end'] },
      async *source(signal, asks) {
        asks(['db_1'])
        try {
          yield { event: 'word', data: {} }
          await sleep(60_000, undefined, { signal })
        } finally {
          await last()
        }
      },
      render: ({ data }) => JSON.stringify(data),
      failure: () => ({ event: 'end', data: {} }),
    })
  await begin(async () => {
    await sleep(1_300) // longer than what is waited for an ending
    kept = true
  })
  await begin(() => new Promise(() => undefined))
  await hub.close(new AppError('server/closing'))
  expect(kept).toBe(true)
})

test('the newest answer under a name is found at every process, and an older one does not hide it', async () => {
  const cache = sharedBy(memoryCache())
  const options = { graceMs: 5_000, last: ['end'], left: NONE, interrupted: () => ({ event: 'end', data: {} }) }
  const [here, there] = [liveHub({ ...options, world: { ...one.world, cache } }), liveHub({ ...options, world: { ...one.world, cache } })]
  const begin = (hub: typeof here) =>
    hub.begin({
      ...{ owner: 'o', publicationId: undefined, resumable: true, alias: 'chat', gone: new AbortController().signal, last: ['end'] },
      async *source(_, asks) {
        asks(['db_1'])
        yield { event: 'end', data: {} }
      },
      render: ({ data }) => JSON.stringify(data),
      failure: () => ({ event: 'end', data: {} }),
    })
  const older = await begin(here)
  const newer = await begin(there)
  await older.delivered() // does not take the newer one's place
  await sleep(5)
  for (const hub of [here, there]) await expect.poll(async () => (await hub.findAlias('o', 'chat'))?.id).toBe(newer.id)
  await newer.delivered()
  for (const hub of [here, there]) await expect.poll(() => hub.findAlias('o', 'chat')).toBeUndefined()
  await here.close(new AppError('server/closing'))
  await there.close(new AppError('server/closing'))
})

test('a reader that does not take the last event is cut off, and does not count as one that has it', async () => {
  const did: string[] = []
  const socket = {
    writeHead: () => undefined,
    flushHeaders: () => undefined,
    write: () => false,
    on: () => undefined,
    off: () => undefined,
    once: () => undefined,
  }
  const response = { ...socket, end: () => did.push('end'), destroy: () => did.push('destroy') } as unknown as ServerResponse
  async function* follow() {
    yield { seq: 1, event: 'end', text: '{}' }
  }
  const signal = new AbortController().signal
  const delivered = () => void did.push('delivered')
  await sendLive(response, follow, {
    ...{ signal, headers: {}, heartbeatMs: 10_000, slowMs: 5, last: ['end'] },
    render: ({ text }) => text,
    failure: () => undefined,
    delivered,
  })
  expect(did).toEqual(['destroy'])
})

/** The first events of a reply, which goes on. */
async function firstOf(reply: Response) {
  const reader = (reply.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader()
  const { value = '' } = await reader.read()
  return { text: value }
}

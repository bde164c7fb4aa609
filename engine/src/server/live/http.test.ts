import { type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sharedBy, wordy } from '../../../test/live-fixture.ts'
import { bearer, keyFor, type Person, person, publicationOf, visitorOf } from '../../../test/people-fixture.ts'
import { json, serverForTest, type TestServer } from '../../../test/server-fixture.ts'
import { memoryCache } from '../../adapters/memory/cache.ts'
import { logOf, metaOf } from './shared.ts'

// Answers over HTTP that outlive their connection: on one server, and on two that share a cache.

const { seen, flows } = wordy()
const GRACE_MS = 600
let one: TestServer
let two: TestServer
let ann: Person
let database: { readonly id: string }

beforeAll(async () => {
  const cache = sharedBy(memoryCache())
  const live = { graceMs: GRACE_MS, leaseMs: 600 }
  one = await serverForTest({ flows, live, world: { cache } })
  // The second process of the same server: the same stores, another hub.
  two = await serverForTest({ flows, live, world: { ...one.world } })
  ann = await person(one.world, 'member')
  database = await json(await send(one, 'POST', '/api/v1/databases', ann.token, { name: 'handbook' }))
})
afterAll(async () => {
  await two.stop()
  await one.stop()
})

function send(server: { readonly address: string }, method: string, path: string, token: string, body?: unknown, headers: Record<string, string> = {}) {
  const content = body === undefined ? {} : { body: JSON.stringify(body) }
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  return fetch(server.address + path, { method, headers: { ...bearer(token), ...type, ...headers }, ...content })
}

const RESUME = { 'quarry-resume': 'on' }
const ask = (question: string, headers: Record<string, string> = RESUME, server = one) =>
  send(server, 'POST', `/api/v1/databases/${database.id}/ask`, ann.token, { question }, headers)

interface Told {
  readonly id: number
  readonly event: string
  readonly data: ReturnType<typeof JSON.parse>
}

function eventsIn(text: string): Told[] {
  return [...text.matchAll(/id: (\d+)\nevent: (\S+)\ndata: (.*)\n\n/g)].map(([, id, event = '', data = '']) => ({
    id: Number(id),
    event,
    data: JSON.parse(data),
  }))
}

/** Reads at least so many characters and leaves. */
async function some(reply: Response, characters: number): Promise<Told[]> {
  const reader = (reply.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (text.length < characters) {
    const { value, done } = await reader.read()
    if (done) break
    text += value
  }
  await reader.cancel()
  return eventsIn(text)
}

function expectWhole(events: readonly Told[], words: number): void {
  expect(events.map(({ id }) => id)).toEqual(Array.from({ length: words + 4 }, (_, index) => index + 1))
  expect(events.filter(({ event }) => event === 'answer-end' || event === 'answer-error')).toHaveLength(1)
  const said = events.flatMap(({ event, data }) => (event === 'text-delta' ? [data.text as string] : [])).join('')
  expect(events.at(-1)).toMatchObject({ event: 'answer-end', data: { text: said } })
}

describe('an answer that may be resumed', () => {
  test('is whole for whoever was cut at random and came back, at this process or at the other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 25 }), fc.array(fc.tuple(fc.nat({ max: 2500 }), fc.boolean()), { maxLength: 5 }), async (words, cuts) => {
        const reply = await ask(`${words} words`)
        const path = `/api/v1/streams/${reply.headers.get('x-stream-id')}`
        const got = await some(reply, cuts[0]?.[0] ?? 0)
        for (const [characters, elsewhere] of [...cuts.slice(1), [Number.POSITIVE_INFINITY, true] as const, [Number.POSITIVE_INFINITY, false] as const]) {
          const after = got.at(-1)?.id ?? 0
          const server = elsewhere ? two : one
          const byHeader = { 'last-event-id': String(after) }
          const next = await (after % 2 === 0
            ? send(server, 'GET', path, ann.token, undefined, byHeader)
            : send(server, 'GET', `${path}?after=${after}`, ann.token))
          if (next.status === 204) expect(got.at(-1)?.event).toBe('answer-end')
          else got.push(...(await some(next, characters)))
        }
        expectWhole(got, words)
      }),
      { numRuns: 15 },
    )
  })

  test.each(['this process', 'the other'])('is stopped by whoever asked, from %s, and its readers are told once', async (where) => {
    const reply = await ask('5000 words')
    const path = `/api/v1/streams/${reply.headers.get('x-stream-id')}`
    const whole = reply.text()
    expect((await send(where === 'the other' ? two : one, 'DELETE', path, ann.token)).status).toBe(200)
    const events = eventsIn(await whole)
    expect(events.at(-1)).toMatchObject({ event: 'answer-error', data: { error: { code: 'answer/stopped' } } })
    expect(events.filter(({ event }) => event === 'answer-error')).toHaveLength(1)
    const again = eventsIn(await (await send(two, 'GET', path, ann.token)).text())
    expect(again.map(({ id }) => id)).toEqual(events.map(({ id }) => id))
    expect((await send(one, 'DELETE', path, ann.token)).status).toBe(200)
  })

  test('goes on for the grace without a reader, longer with one elsewhere, and then ends at the provider', async () => {
    const before = seen.aborted
    const reply = await ask('hang 1 words')
    const path = `/api/v1/streams/${reply.headers.get('x-stream-id')}`
    await some(reply, 10)
    const elsewhere = await send(two, 'GET', path, ann.token)
    const reading = elsewhere.text()
    await sleep(GRACE_MS * 2)
    expect(seen.aborted).toBe(before)
    await send(one, 'DELETE', path, ann.token)
    expect(eventsIn(await reading).at(-1)?.event).toBe('answer-error')
    const left = await ask('hang 1 words')
    await some(left, 10)
    await expect.poll(() => seen.aborted, { timeout: 5000 }).toBe(before + 2)
  })

  test('is nobody else’s: foreign and unknown streams are told apart by nothing', async () => {
    const reply = await ask('30 words')
    const id = reply.headers.get('x-stream-id') ?? ''
    const [bob, key] = [await person(one.world, 'owner'), await keyFor(one.world, ann.account.id)]
    for (const server of [one, two]) {
      for (const method of ['GET', 'DELETE']) {
        for (const token of [bob.token, key.token]) {
          const [foreign, unknown] = await Promise.all([id, 'str_0000000000000000'].map((stream) => send(server, method, `/api/v1/streams/${stream}`, token)))
          const bare = async (one?: Response) => [one?.status, (await one?.text())?.replace(/str_\w+/g, 'ID').replace(/req_[\w-]+/, 'REQ')]
          expect(await bare(foreign)).toEqual(await bare(unknown))
          expect(foreign?.status).toBe(404)
        }
      }
    }
    expectWhole(eventsIn(await reply.text()), 30)
  })

  test('of a visitor is read again and stopped under the chat alone', async () => {
    const publication = await publicationOf(one.world, ann.account.id, [database.id], {})
    const [visitor, other] = [await visitorOf(one.world, publication.id), await visitorOf(one.world, publication.id)]
    const base = `/api/v1/public/${publication.id}`
    const reply = await send(one, 'POST', `${base}/ask`, visitor.token, { question: '40 words' }, RESUME)
    const id = reply.headers.get('x-stream-id')
    const got = await some(reply, 300)
    expect((await send(two, 'GET', `${base}/streams/${id}`, other.token)).status).toBe(404)
    expect((await send(two, 'GET', `/api/v1/streams/${id}`, visitor.token)).status).toBe(403)
    expect((await send(two, 'GET', `/api/v1/streams/${id}`, ann.token)).status).toBe(404)
    got.push(...eventsIn(await (await send(two, 'GET', `${base}/streams/${id}?after=${got.at(-1)?.id}`, visitor.token)).text()))
    expectWhole(got, 40)
    await one.world.publications.revokePublication(ann.account.id, publication.id)
    expect((await send(one, 'GET', `${base}/streams/${id}`, visitor.token)).status).toBeGreaterThanOrEqual(401)
  })

  test('ends for good when the right to it is taken, without a reader and with one that came back', async () => {
    const bob = await person(one.world, 'member')
    await one.world.catalog.share(ann.account.id, database.id, bob.account.id, 'read')
    const begin = async () => {
      const reply = await send(one, 'POST', `/api/v1/databases/${database.id}/ask`, bob.token, { question: 'hang 1 words' }, RESUME)
      await some(reply, 10)
      return `/api/v1/streams/${reply.headers.get('x-stream-id')}`
    }
    const [alone, here, elsewhere] = [await begin(), await begin(), await begin()]
    const [back, far] = [await send(one, 'GET', here, bob.token), await send(two, 'GET', elsewhere, bob.token)]
    const before = seen.aborted
    await one.world.catalog.unshare(ann.account.id, database.id, bob.account.id)
    for (const reply of [back, far]) {
      const events = eventsIn(await reply.text())
      expect(events.filter(({ event }) => event === 'answer-error')).toHaveLength(1)
      expect(events.at(-1)?.data.error.code).toMatch(/not-found$/)
    }
    await expect.poll(() => seen.aborted).toBe(before + 3)
    expect((await send(one, 'GET', alone, bob.token)).status).toBe(404)
    expect((await send(two, 'GET', alone, bob.token)).status).toBe(404)
  })

  test('of a process that died ends elsewhere with one error', async () => {
    const three = await serverForTest({ flows, live: { graceMs: GRACE_MS, leaseMs: 200 }, world: { ...one.world, cache: deaf(one.world.cache) } })
    const reply = await ask('hang 1 words', RESUME, three)
    const path = `/api/v1/streams/${reply.headers.get('x-stream-id')}`
    const reading = await send(two, 'GET', path, ann.token)
    dead.is = true // from now on nothing of it is heard
    const events = eventsIn(await reading.text())
    expect(events.map(({ event }) => event)).toEqual(['answer-start', 'passages-found', 'answer-error'])
    expect(events.at(-1)?.data.error.code).toBe('answer/interrupted')
    await reply.body?.cancel()
    await three.stop()
  })

  test('is told to be forgotten where the cache lost a part of it', async () => {
    const reply = await ask('3 words')
    const id = reply.headers.get('x-stream-id') ?? ''
    await reply.text()
    const lost = 'str_00000000000000000000000000000001'
    const { cache } = one.world
    await cache.set(metaOf(lost), (await cache.get(metaOf(id))) ?? '', 60_000)
    await cache.append(logOf(lost), (await cache.read(logOf(id), 0, 100)).slice(2), 60_000)
    const events = eventsIn(await (await send(two, 'GET', `/api/v1/streams/${lost}`, ann.token)).text())
    expect(events).toMatchObject([{ id: 1, event: 'answer-error', data: { error: { code: 'stream/not-found' } } }])
  })

  test('takes nothing but a number to go on from, and "on" to be resumable', async () => {
    const reply = await ask('3 words')
    const path = `/api/v1/streams/${reply.headers.get('x-stream-id')}`
    await reply.text()
    for (const header of ['x', '-1', '1.5', '99999999999'])
      expect((await send(one, 'GET', path, ann.token, undefined, { 'last-event-id': header })).status).toBe(400)
    for (const query of ['x', '-1', '1.5']) expect((await send(one, 'GET', `${path}?after=${query}`, ann.token)).status).toBe(400)
    expect((await send(one, 'GET', `${path}?after=7`, ann.token)).status).toBe(204)
    expect((await send(two, 'GET', `${path}?after=7`, ann.token)).status).toBe(204)
    expect((await ask('3 words', { 'quarry-resume': 'yes' })).status).toBe(400)
  })
})

/** A cache that hears nothing more of its process once that is dead. */
const dead = { is: false }
function deaf(cache: TestServer['world']['cache']): TestServer['world']['cache'] {
  return {
    ...cache,
    set: async (...given) => (dead.is ? undefined : cache.set(...given)),
    append: async (...given) => (dead.is ? undefined : cache.append(...given)),
    publish: async (...given) => (dead.is ? undefined : cache.publish(...given)),
  }
}

test('that claims to have read more than there is, a reader is told how the answer goes on, or how it ended', async () => {
  const reply = await ask('hang 1 words')
  const path = `/api/v1/streams/${reply.headers.get('x-stream-id')}`
  const readers = await Promise.all([one, two].map((server) => send(server, 'GET', `${path}?after=99999`, ann.token)))
  await sleep(50)
  expect((await send(one, 'DELETE', path, ann.token)).status).toBe(200)
  const [here, there] = await Promise.all(readers.map(async (reader) => eventsIn(await reader.text()).map(({ id, event }) => [id, event])))
  expect(here).toEqual([[3, 'answer-error']])
  expect(there).toEqual([[100_000, 'answer-error']])
  for (const server of [one, two]) expect((await send(server, 'GET', `${path}?after=99999`, ann.token)).status).toBe(204)
  await reply.body?.cancel()
})

test.each(['ask', 'askSeveral', 'publicAsk'])('an answer of %s that is stopped while it is stored is told as what was stored', async (route) => {
  const storing = Promise.withResolvers<void>()
  const { conversations } = one.world
  const addTurn: typeof conversations.addTurn = async (...turn) => {
    storing.resolve()
    await sleep(1_300) // longer than a stream waits for what is not being stored
    return conversations.addTurn(...turn)
  }
  const slow = await serverForTest({ flows, world: { ...one.world, conversations: { ...conversations, addTurn } } })
  const publication = await publicationOf(one.world, ann.account.id, [database.id], {})
  const visitor = await visitorOf(one.world, publication.id)
  const base = route === 'publicAsk' ? `/api/v1/public/${publication.id}` : '/api/v1'
  const path = route === 'ask' ? `${base}/databases/${database.id}/ask` : `${base}/ask`
  const body = route === 'askSeveral' ? { databases: [database.id] } : {}
  const token = route === 'publicAsk' ? visitor.token : ann.token
  const reply = await send(slow, 'POST', path, token, { question: '3 words', conversation: 'new', ...body }, RESUME)
  const reading = reply.text()
  await storing.promise
  expect((await send(slow, 'DELETE', `${base}/streams/${reply.headers.get('x-stream-id')}`, token)).status).toBe(200)
  const told = eventsIn(await reading)
  expect(told.at(-1)?.event).toBe('answer-end')
  const holder = route === 'publicAsk' ? { visitorId: visitor.id } : { accountId: ann.account.id }
  const messages = await conversations.messages(holder, told[0]?.data.conversation_id)
  expect(messages.map(({ text }) => text)).toEqual(['3 words', told.at(-1)?.data.text])
  await slow.stop()
})

test('an answer that was not asked to be resumed ends with its connection, and is found nowhere', async () => {
  const before = seen.aborted
  const reply = await ask('5000 words', {})
  const path = `/api/v1/streams/${reply.headers.get('x-stream-id')}`
  await some(reply, 10)
  await expect.poll(() => seen.aborted, { timeout: 1000 }).toBe(before + 1)
  expect((await send(one, 'GET', path, ann.token)).status).toBe(404)
  expect((await send(two, 'GET', path, ann.token)).status).toBe(404)
})

test('a reader that takes nothing is cut off, and may come back', async () => {
  const { seen: said, flows: fast } = wordy(0)
  const server = await serverForTest({ flows: fast, slowMs: 1_000, live: { graceMs: 5_000 } })
  const who = await person(server.world, 'member')
  const { id } = await json(await send(server, 'POST', '/api/v1/databases', who.token, { name: 'handbook' }))
  const { promise: answered, resolve } = Promise.withResolvers<IncomingMessage>()
  const url = `${server.address}/api/v1/databases/${id}/ask`
  const asking = request(url, { method: 'POST', headers: { ...bearer(who.token), ...RESUME, 'content-type': 'application/json' } }, resolve)
  asking.on('error', () => undefined)
  asking.end('{"question":"100 words large"}')
  const reply = await answered
  reply.on('error', () => undefined) // nobody reads it
  await expect.poll(() => said.said, { timeout: 10_000 }).toBe(100) // nobody holds it up any longer
  const path = `/api/v1/streams/${reply.headers['x-stream-id']}`
  expectWhole(eventsIn(await (await send(server, 'GET', path, who.token)).text()), 100)
  await server.stop()
})

test('a server that closes tells the readers of its answers, and lets those of others go on elsewhere', async () => {
  const cache = sharedBy(memoryCache())
  const home = await serverForTest({ flows, world: { cache } })
  const other = await serverForTest({ flows, world: { ...home.world } })
  const who = await person(home.world, 'member')
  const { id } = await json(await send(home, 'POST', '/api/v1/databases', who.token, { name: 'handbook' }))
  const reply = await send(home, 'POST', `/api/v1/databases/${id}/ask`, who.token, { question: 'hang 1 words' }, RESUME)
  const path = `/api/v1/streams/${reply.headers.get('x-stream-id')}`
  const far = (await send(other, 'GET', path, who.token)).text().catch(() => 'cut')
  await other.stop()
  expect(await far).not.toContain('answer-error')
  const here = reply.text()
  await home.stop()
  const events = eventsIn(await here)
  expect(events.at(-1)).toMatchObject({ event: 'answer-error', data: { error: { code: 'server/closing' } } })
})

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { memoryCache } from '../src/adapters/memory/cache.ts'
import { createClient } from '../src/client/client.ts'
import { sharedBy } from './live-fixture.ts'
import { keyFor, type Person, publicationOf, visitorOf } from './people-fixture.ts'
import { eventsIn, isFound, isLast, type Process, QUESTION, RESUME, restartFixture, some, upTo } from './restart-fixture.ts'
import type { TestServer } from './server-fixture.ts'
import { signedOn } from './socket-client.ts'

// A server stops in the middle of an answer whose model thinks, and another one goes on with it over the same data.

type Fixture = Awaited<ReturnType<typeof restartFixture>>
let home: TestServer
let ann: Person
let database: string
let model: Fixture['model']
let start: Fixture['start']
let send: Fixture['send']
let left: Fixture['left']
let fixture: Fixture

beforeAll(async () => {
  fixture = await restartFixture()
  ;({ home, ann, database, model, start, send, left } = fixture)
})
afterAll(() => fixture.close(), 30_000)
beforeEach(() => fixture.reset())

const questions = async () => (await home.world.ledger.used({ accountId: ann.account.id, databaseId: database }, '1970-01-01')).questions

async function stopped(server: Process, how: string): Promise<void> {
  if (how === 'killed') server.kill()
  else await server.close()
  await sleep(2) // a process that starts is younger than what is kept
}

describe.each(['closed', 'killed'])('a server that is %s while a model thinks', (how) => {
  test.each(['new', 'one that goes on', 'none'])('leaves an answer that another one goes on with (conversation: %s)', async (which) => {
    const one = await start()
    const holder = { accountId: ann.account.id }
    let conversation: string | undefined = which === 'new' ? 'new' : undefined
    if (which === 'one that goes on') {
      model.thinks = false
      const first = eventsIn(await (await send(one, 'POST', `/api/v1/databases/${database}/ask`, { question: QUESTION, conversation: 'new' })).text())
      conversation = first[0]?.data.conversation_id
      Object.assign(model, { thinks: true, asked: 0 })
    }
    const before = await questions()
    const body = { question: QUESTION, ...(conversation === undefined ? {} : { conversation }) }
    const reply = await send(one, 'POST', `/api/v1/databases/${database}/ask`, body, RESUME)
    const path = `/api/v1/streams/${reply.headers.get('x-stream-id')}`
    const seen = await some(reply, isFound)
    const others = some(await send(one, 'GET', path), () => false)
    await expect.poll(() => model.asked).toBe(1)
    await stopped(one, how)
    if (how === 'closed') expect((await others).filter(isLast)).toEqual([])
    model.thinks = false
    const two = await start()
    const [back, again] = await Promise.all([send(two, 'GET', path, undefined, { 'last-event-id': String(seen.length) }), send(two, 'GET', path)])
    const [rest, whole] = [eventsIn(await back.text()), eventsIn(await again.text())]
    const all = [...seen, ...rest]
    expect(all.map(({ id }) => id)).toEqual(upTo(all.length))
    expect(whole).toEqual(all)
    expect(all.filter(isLast).map(({ event }) => event)).toEqual(['answer-end'])
    const end = all.at(-1)?.data
    expect([end.trace_id, end.citations[0].verdict, model.asked]).toEqual([seen[0]?.data.trace_id, 'verified', 2])
    expect(all.flatMap(({ event, data }) => (event === 'text-delta' ? [data.text] : [])).join('')).toBe(end.text)
    expect((await questions()) - before).toBe(1)
    const id = seen[0]?.data.conversation_id
    if (id !== null) {
      const messages = await home.world.conversations.messages(holder, id)
      expect(messages.map(({ text }) => text).slice(-2)).toEqual([QUESTION, end.text])
      expect([messages.length, messages.at(-1)?.id, messages.at(-2)?.id]).toEqual([which === 'new' ? 2 : 4, end.answer_id, end.question_id])
    }
    const trace = await home.world.traces.trace(ann.account.id, end.trace_id)
    expect([trace.outcome, trace.searches.length, trace.answerId ?? null]).toEqual(['answered', 1, end.answer_id])
    expect((await send(two, 'GET', path, undefined, { 'last-event-id': String(all.length) })).status).toBe(204)
    expect(await left()).toEqual([])
  })

  test('leaves one that goes on once, whoever of two processes is asked first', async () => {
    const cache = memoryCache()
    const shared = sharedBy(cache)
    const one = await start(shared)
    const reply = await send(one, 'POST', `/api/v1/databases/${database}/ask`, { question: QUESTION, conversation: 'new' }, RESUME)
    const path = `/api/v1/streams/${reply.headers.get('x-stream-id')}`
    const seen = await some(reply, isFound)
    await expect.poll(() => model.asked).toBe(1)
    const [two, three] = [await start(shared), await start(shared)]
    const far = some(await send(three, 'GET', path), () => false)
    await stopped(one, how)
    const cut = await far
    expect(cut.filter(isLast)).toEqual([])
    model.thinks = false
    const replies = await Promise.all([two, three, two, three].map((server) => send(server, 'GET', path, undefined, { 'last-event-id': String(seen.length) })))
    const told = await Promise.all(replies.map(async (one) => eventsIn(await one.text())))
    for (const rest of told) {
      expect([...seen, ...rest].map(({ id }) => id)).toEqual(upTo(seen.length + rest.length))
      expect(rest.filter(isLast).map(({ event }) => event)).toEqual(['answer-end'])
      expect(rest).toEqual(told[0])
    }
    expect(model.asked).toBe(2)
    const messages = await home.world.conversations.messages({ accountId: ann.account.id }, seen[0]?.data.conversation_id)
    expect(messages).toHaveLength(2)
    expect(await left()).toEqual([])
  })

  test('leaves one that a WebSocket takes up, and one that a chat of the AI SDK finds by its name', async () => {
    const one = await start()
    const line = await signedOn(one.address, ann.token)
    line.say({ type: 'ask', id: 'q', database, question: QUESTION, conversation: 'new' })
    const { stream, seq } = await line.until(({ event }) => event === 'passages-found')
    const chatBody = { id: 'chat-1', messages: [{ id: 'm', role: 'user', parts: [{ type: 'text', text: QUESTION }] }] }
    const path = `/api/v1/databases/${database}/ui-messages`
    const chatReply = await send(one, 'POST', path, chatBody, RESUME)
    await expect.poll(() => model.asked).toBe(2)
    await stopped(one, how)
    if (how === 'closed') {
      await line.closed
      expect(line.frames.filter(isLast)).toEqual([])
      expect(line.frames.at(-1)).toMatchObject({ type: 'cut', stream })
    }
    await chatReply.body?.cancel().catch(() => undefined)
    line.ws.terminate()
    model.thinks = false
    const two = await start()
    const next = await signedOn(two.address, ann.token)
    next.say({ type: 'resume', stream, after: seq })
    const end = await next.until(({ event, type }) => event === 'answer-end' || event === 'answer-error' || type === 'error')
    expect(end).toMatchObject({ event: 'answer-end', stream })
    expect(next.frames.flatMap((frame) => frame.seq ?? [])).toEqual(upTo(end.seq).slice(seq))
    next.ws.terminate()
    const text = await (await send(two, 'GET', `${path}/chat-1/stream`)).text()
    expect(text.match(/"type":"(start|finish|error|abort)"/g)).toEqual(['"type":"start"', '"type":"finish"'])
    expect(await left()).toEqual([])
  })

  test('leaves one to a visitor of a published chat, and to nobody else', async () => {
    const publication = await publicationOf(home.world, ann.account.id, [database], {})
    const [visitor, other] = [await visitorOf(home.world, publication.id), await visitorOf(home.world, publication.id)]
    const one = await start()
    const base = `/api/v1/public/${publication.id}`
    const reply = await send(one, 'POST', `${base}/ask`, { question: QUESTION }, RESUME, visitor.token)
    const path = `${base}/streams/${reply.headers.get('x-stream-id')}`
    const seen = await some(reply, ({ data }) => data.step === 'write')
    await expect.poll(() => model.asked).toBe(1)
    await stopped(one, how)
    model.thinks = false
    const two = await start()
    expect((await send(two, 'GET', path, undefined, {}, other.token)).status).toBe(404)
    const rest = eventsIn(await (await send(two, 'GET', path, undefined, { 'last-event-id': String(seen.length) }, visitor.token)).text())
    expect(rest.filter(isLast).map(({ event }) => event)).toEqual(['answer-end'])
    expect(await home.world.conversations.messages({ visitorId: visitor.id }, seen[0]?.data.conversation_id)).toHaveLength(2)
    expect(await left()).toEqual([])
  })

  test('ends one that had begun to write, once, with the conversation that would have begun', async () => {
    model.thinks = false
    model.stops.set('1.1', new Promise(() => undefined))
    const one = await start()
    const reply = await send(one, 'POST', `/api/v1/databases/${database}/ask`, { question: QUESTION, conversation: 'new' }, RESUME)
    const path = `/api/v1/streams/${reply.headers.get('x-stream-id')}`
    const seen = await some(reply, ({ event }) => event === 'text-delta')
    await stopped(one, how)
    const two = await start()
    const back = await send(two, 'GET', path, undefined, { 'last-event-id': String(seen.length) })
    if (how === 'killed') expect(eventsIn(await back.text())).toMatchObject([{ id: seen.length + 1, data: { error: { code: 'answer/interrupted' } } }])
    else expect(back.status).toBe(404) // its reader was told that the server closes
    const gone = home.world.conversations.conversation({ accountId: ann.account.id }, seen[0]?.data.conversation_id)
    await expect(gone).rejects.toMatchObject({ code: 'conversation/not-found' })
    expect([model.asked, await left()]).toEqual([1, []])
  })

  test('ends one whose asker may see less by now, and tells nothing of what was found', async () => {
    const { key, token } = await keyFor(home.world, ann.account.id)
    const one = await start()
    const reply = await send(one, 'POST', `/api/v1/databases/${database}/ask`, { question: QUESTION }, RESUME, token)
    const path = `/api/v1/streams/${reply.headers.get('x-stream-id')}`
    const seen = await some(reply, ({ data }) => data.step === 'write')
    await expect.poll(() => model.asked).toBe(1)
    await stopped(one, how)
    home.file.write(() => home.file.run('UPDATE api_keys SET filter = ? WHERE id = ?', JSON.stringify({ field: 'team', op: 'eq', value: 'b' }), key.id))
    const two = await start()
    const back = await send(two, 'GET', path, undefined, { 'last-event-id': String(seen.length) }, token)
    const rest = eventsIn(await back.text())
    expect(rest).toMatchObject([{ id: seen.length + 1, event: 'answer-error', data: { error: { code: 'answer/interrupted' } } }])
    expect([model.asked, await left()]).toEqual([1, []])
  })
})

test('the client reads over the restart as if nothing had been', async () => {
  const one = await start()
  let address = one.address
  const client = createClient({
    address: one.address,
    token: ann.token,
    fetch: ((url: string, init: RequestInit) => fetch(String(url).replace(one.address, address), init)) as typeof fetch,
  })
  const events: string[] = []
  for await (const told of client.answer('ask', { parameters: { database }, body: { question: QUESTION } })) {
    events.push(told.event)
    if (told.event !== 'passages-found') continue
    await expect.poll(() => model.asked).toBe(1)
    void one.close()
    model.thinks = false
    address = (await start()).address
  }
  expect(events.filter((event) => event === 'answer-start' || event === 'passages-found')).toHaveLength(2)
  expect(events.at(-1)).toBe('answer-end')
})

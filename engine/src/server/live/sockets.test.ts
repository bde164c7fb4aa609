import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sharedBy, wordy } from '../../../test/live-fixture.ts'
import { bearer, type Person, person, publicationOf, visitorOf } from '../../../test/people-fixture.ts'
import { json, serverForTest, type TestServer } from '../../../test/server-fixture.ts'
import { dial, type Frame, type Line, signedOn, ticketOf } from '../../../test/socket-client.ts'
import { memoryCache } from '../../adapters/memory/cache.ts'

// WebSockets, over the network: who may open one, what comes over it, and what it costs to misuse one.

const { seen, flows } = wordy()
const LIMITS = { perAddress: 12, perCaller: 4, streams: 3, messagesPerSecond: 20, helloMs: 3_000, idleMs: 60_000 }
let server: TestServer
let two: TestServer
let ann: Person
let database: string
const lines: Line[] = []

beforeAll(async () => {
  const live = { graceMs: 400, leaseMs: 600 }
  const options = { flows, live, sockets: LIMITS, environment: { CORS_ORIGINS: 'https://app.example.com' } }
  server = await serverForTest({ ...options, world: { cache: sharedBy(memoryCache()) } })
  two = await serverForTest({ ...options, world: { ...server.world } })
  ann = await person(server.world, 'member')
  const reply = await fetch(`${server.address}/api/v1/databases`, {
    ...{ method: 'POST', headers: { ...bearer(ann.token), 'content-type': 'application/json' }, body: '{"name":"handbook"}' },
  })
  database = (await json(reply)).id
})
afterAll(async () => {
  await two.stop()
  await server.stop()
})

async function on(token = ann.token, address = server.address): Promise<Line> {
  const line = await signedOn(address, token)
  lines.push(line)
  return line
}
async function off(): Promise<void> {
  for (const line of lines.splice(0)) {
    line.ws.close()
    await line.closed
  }
}

const isLast = (stream: string) => (frame: Frame) => frame.stream === stream && /^answer-(?:end|error)$/.test(frame.event)
const eventsOf = (line: Line, id: string): Frame[] => line.frames.filter((frame) => frame.type === 'event' && frame.id === id)

describe('on a WebSocket', () => {
  test('several answers come at once, each whole and with the data of the route that streams', async () => {
    const line = await on()
    for (const id of ['a', 'b']) line.say({ type: 'ask', id, database, question: '12 words' })
    line.say({ type: 'ask', id: 'c', databases: [database], question: '3 words' })
    for (const id of ['a', 'b', 'c']) await line.until((frame) => frame.id === id && frame.event === 'answer-end')
    const reply = await fetch(`${server.address}/api/v1/databases/${database}/ask`, {
      ...{ method: 'POST', headers: { ...bearer(ann.token), 'content-type': 'application/json' }, body: '{"question":"12 words"}' },
    })
    const sse = [...(await reply.text()).matchAll(/id: (\d+)\nevent: (\S+)\ndata: (.*)\n/g)].map(([, seq, event, data = '']) => ({
      ...{ seq: Number(seq), event, data: JSON.parse(data) },
    }))
    for (const id of ['a', 'b']) expect(eventsOf(line, id).map(({ seq, event, data }) => ({ seq, event, data }))).toEqual(sse)
    expect(eventsOf(line, 'c')).toHaveLength(7)
    await off()
  })

  test('an answer goes on after the connection was cut, on another one and at another process', async () => {
    const [line, other] = [await on(), await on(ann.token, two.address)]
    line.say({ type: 'ask', id: 'a', database, question: '60 words' })
    const { stream } = await line.until(({ event }) => event === 'text-delta')
    line.ws.terminate()
    await line.closed
    const got = eventsOf(line, 'a').map(({ seq }) => seq)
    other.say({ type: 'resume', stream, after: got.at(-1) })
    await other.until(isLast(stream))
    got.push(...other.frames.filter((frame) => frame.stream === stream).map(({ seq }) => seq))
    expect(got).toEqual(Array.from({ length: 64 }, (_, index) => index + 1))
    for (const who of [other, await on()]) {
      who.say({ type: 'resume', stream, after: 64 })
      await who.until((frame) => frame.type === 'over' && frame.stream === stream)
    }
    const before = seen.aborted
    const third = await on()
    third.say({ type: 'ask', id: 'x', database, question: 'hang 1 words' })
    await third.until(({ event }) => event === 'answer-start')
    await off()
    await expect.poll(() => seen.aborted).toBe(before + 1)
  })

  test('an answer is stopped, from here or from elsewhere', async () => {
    const [line, other] = [await on(), await on(ann.token, two.address)]
    for (const [who, id] of [
      [line, 'a'],
      [other, 'b'],
    ] as const) {
      line.say({ type: 'ask', id, database, question: 'hang 1 words' })
      const { stream } = await line.until((frame) => frame.id === id && frame.event === 'passages-found')
      who.say({ type: 'stop', stream })
      await who.until((frame) => frame.type === 'stopped' && frame.stream === stream)
      expect((await line.until(isLast(stream))).data.error.code).toBe('answer/stopped')
    }
    await off()
  })

  test('what is wrong with one question is told of that one, as over HTTP', async () => {
    const line = await on()
    const other = await person(server.world, 'member')
    const wrong: readonly (readonly [object, string])[] = [
      [{ database: 'nothing', question: 'x' }, 'database/not-found'],
      [{ database }, 'request/invalid'],
      [{ database, question: 'x', n_results: 999 }, 'request/invalid'],
      [{ database, question: 'x', owner_id: 'me' }, 'request/invalid'],
      [{ database, question: 'x', conversation: 'con_nothing' }, 'conversation/not-found'],
      [{ databases: [], question: 'x' }, 'request/invalid'],
    ]
    for (const [index, [fields, code]] of wrong.entries()) {
      line.say({ type: 'ask', id: `w${index}`, ...fields })
      const { error } = await line.until((frame) => frame.type === 'error' && frame.id === `w${index}`)
      expect(error.code).toBe(code)
    }
    const foreign = await on(other.token)
    foreign.say({ type: 'ask', id: 'f', database, question: 'x' })
    expect((await foreign.until(({ id }) => id === 'f')).error.code).toBe('database/not-found')
    line.say({ type: 'ask', id: 'mine', database, question: 'hang 1 words' })
    const { stream } = await line.until(({ event }) => event === 'answer-start')
    for (const type of ['resume', 'stop']) {
      for (const name of [stream, 'str_0000000000000000']) {
        foreign.say({ type, stream: name })
        const { error } = await foreign.until((frame) => frame.type === 'error' && frame.stream === name)
        expect([error.code, JSON.stringify(error).replaceAll(name, 'ID')]).toEqual(['stream/not-found', expect.not.stringContaining('owner')])
        foreign.frames.length = 0
      }
    }
    line.say({ type: 'resume', stream })
    expect((await line.until((frame) => frame.type === 'error' && frame.stream === stream)).error.code).toBe('request/invalid')
    await off()
  })

  test('a visitor asks the chat alone, with a ticket of the chat', async () => {
    const publication = await publicationOf(server.world, ann.account.id, [database], {})
    const visitor = await visitorOf(server.world, publication.id)
    const base = `/api/v1/public/${publication.id}`
    const ticket = await ticketOf(server.address, visitor.token, { base })
    const line = await dial(server.address, { path: `${base}/live` })
    line.say({ type: 'hello', ticket })
    line.say({ type: 'ask', id: 'a', question: '2 words' })
    expect((await line.until(({ event }) => event === 'answer-end')).data.question_id).toBeTruthy()
    line.say({ type: 'ask', id: 'b', database, question: '2 words' })
    expect((await line.until(({ id, type }) => id === 'b' && type === 'error')).error.code).toBe('request/invalid')
    line.ws.close()
    // Neither opens the other's door.
    for (const [wrong, path] of [
      [await ticketOf(server.address, visitor.token, { base }), '/api/v1/live'],
      [await ticketOf(server.address, ann.token), `${base}/live`],
    ] as const) {
      const refused = await dial(server.address, { path })
      refused.say({ type: 'hello', ticket: wrong })
      expect(await refused.closed).toBe(4401)
    }
  })

  test('whoever is put out is out: its answers end and the connection closes', async () => {
    const bob = await person(server.world, 'member')
    await server.world.catalog.share(ann.account.id, database, bob.account.id, 'read')
    const line = await on(bob.token)
    line.say({ type: 'ask', id: 'a', database, question: 'hang 1 words' })
    const { stream } = await line.until(({ event }) => event === 'answer-start')
    await server.world.catalog.unshare(ann.account.id, database, bob.account.id)
    expect((await line.until(isLast(stream))).data.error.code).toBe('database/not-found')
    await server.world.accounts.endSession(bob.account.id, bob.sessionId)
    expect(await line.closed).toBe(4401)
    lines.length = 0
  })
})

describe('a ticket', () => {
  test('opens one connection, as the first message or as a subprotocol, and is never told back', async () => {
    const ticket = await ticketOf(server.address, ann.token)
    const line = await dial(server.address, { protocols: ['quarry.v1', `ticket.${ticket}`] })
    await line.until(({ type }) => type === 'ready')
    expect(line.ws.protocol).toBe('quarry.v1')
    for (const used of [ticket, `lt_${'A'.repeat(43)}`, 'x', ann.token.slice(0, 100)]) {
      const again = await dial(server.address)
      again.say({ type: 'hello', ticket: used })
      expect(await again.closed).toBe(4401)
      expect(again.frames.map(({ error }) => error.code)).toEqual(['auth/invalid'])
    }
    line.ws.close()
    await line.closed
  })

  test('counts for 30 seconds, and only from the page that it was given to', async () => {
    const origin = 'https://app.example.com'
    const given = await ticketOf(server.address, ann.token, { headers: { origin } })
    const without = await dial(server.address)
    without.say({ type: 'hello', ticket: given })
    expect(await without.closed).toBe(4401)
    const again = await ticketOf(server.address, ann.token, { headers: { origin } })
    const page = await dial(server.address, { headers: { origin } })
    page.say({ type: 'hello', ticket: again })
    await page.until(({ type }) => type === 'ready')
    page.ws.close()
    let ahead = 0
    const later = await serverForTest({ flows, world: { ...server.world, now: () => Date.now() + ahead } })
    const old = await ticketOf(later.address, ann.token)
    ahead = 30_001
    const late = await dial(later.address)
    late.say({ type: 'hello', ticket: old })
    expect(await late.closed).toBe(4401)
    await later.stop()
  })

  test('lies sealed in the cache: nothing there opens anything', async () => {
    const kept: string[] = []
    const { cache } = server.world
    const set: typeof cache.set = async (key, value, ttl) => {
      kept.push(key, value)
      await cache.set(key, value, ttl)
    }
    const watching = await serverForTest({ flows, world: { ...server.world, cache: { ...cache, set } } })
    const ticket = await ticketOf(watching.address, ann.token)
    expect(kept.length).toBeGreaterThan(0)
    for (const text of kept) {
      expect(text).not.toContain(ticket.slice(3))
      expect(text).not.toContain(ann.token)
      expect(Buffer.from(text, 'base64').toString('latin1')).not.toContain(ann.token)
    }
    await watching.stop()
  })
})

describe('the door', () => {
  test.each([
    ['a page elsewhere', { headers: { origin: 'https://evil.example' } }, '403'],
    ['a page without a name', { headers: { origin: 'null' } }, '403'],
    ['a name that is not ours', { headers: { host: 'evil.example' } }, '421'],
  ])('refuses %s', async (_, dialed, status) => {
    await expect(dial(server.address, dialed)).rejects.toThrow(status)
  })

  test('is no page, no other path, and takes pages of this server', async () => {
    const plain = await fetch(`${server.address}/api/v1/live`)
    expect([plain.status, (await json(plain)).error.code]).toEqual([426, 'request/upgrade-needed'])
    await expect(dial(server.address, { path: '/api/v1/databases' })).rejects.toThrow('401')
    await expect(dial(server.address, { path: '/nothing' })).rejects.toThrow('404')
    const own = await dial(server.address, { headers: { origin: server.address } })
    own.ws.close()
    await own.closed
  })

  test('closes what says nothing, too much, or what is not of the language', async () => {
    const [silent, early, odd, binary, large] = await Promise.all(Array.from({ length: 5 }, () => dial(server.address)))
    early?.say({ type: 'ask', id: 'a', database, question: 'x' })
    odd?.ws.send('{"v":2,"type":"hello"}')
    binary?.ws.send(Buffer.from([1, 2, 3]))
    large?.ws.send('x'.repeat(70_000))
    expect(await Promise.all([silent, early, odd, binary, large].map((line) => line?.closed))).toEqual([4401, 4401, 1008, 1008, 1009])
  })

  test('lets in so many of an address and of a caller, so many questions at once, so many messages a second', async () => {
    const crowd: Line[] = []
    for (let index = 0; index < LIMITS.perCaller; index += 1) crowd.push(await on())
    const fifth = await dial(server.address)
    fifth.say({ type: 'hello', ticket: await ticketOf(server.address, ann.token) })
    expect(await fifth.closed).toBe(4429)
    const others = await Promise.all(Array.from({ length: LIMITS.perAddress - crowd.length }, () => dial(server.address)))
    await expect(dial(server.address)).rejects.toThrow('429')
    for (const { ws } of others) ws.terminate()
    const [line] = crowd
    for (let index = 0; index <= LIMITS.streams; index += 1) line?.say({ type: 'ask', id: `q${index}`, database, question: 'hang 1 words' })
    expect((await line?.until((frame) => frame.type === 'error'))?.error.code).toBe('limit/streams')
    for (let index = 0; index < 100; index += 1) line?.say({ type: 'stop', stream: 'str_0000000000000000' })
    expect(await line?.closed).toBe(4429)
    lines.splice(lines.indexOf(line as Line), 1)
    await off()
    expect((await on()).frames).toHaveLength(1) // places are given back
    await off()
  })
})

test('what is idle is closed, what answers pings and waits for an answer is not', async () => {
  const quick = await serverForTest({ flows, heartbeatMs: 50, sockets: { idleMs: 150 }, world: { ...server.world } })
  const [idle, busy, dead] = [await signedOn(quick.address, ann.token), await signedOn(quick.address, ann.token), await signedOn(quick.address, ann.token)]
  busy.say({ type: 'ask', id: 'a', database, question: 'hang 1 words' })
  dead.ws.pause() // answers nothing
  expect(await idle.closed).toBe(4408)
  await sleep(300)
  expect(busy.ws.readyState).toBe(busy.ws.OPEN)
  dead.ws.resume()
  expect(await dead.closed).toBe(1006)
  busy.ws.close()
  await quick.stop()
})

test('a server that closes ends the answers first, and then the connections', async () => {
  const short = await serverForTest({ flows, world: { ...server.world } })
  const line = await signedOn(short.address, ann.token)
  line.say({ type: 'ask', id: 'a', database, question: 'hang 1 words' })
  const { stream } = await line.until(({ event }) => event === 'passages-found')
  await short.stop()
  expect((await line.until(isLast(stream))).data.error.code).toBe('server/closing')
  expect(await line.closed).toBe(1001)
})

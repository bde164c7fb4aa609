import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { json, OWNER, serverForTest, type TestServer, TOKEN, TRACE } from '../../test/server-fixture.ts'
import { AppError } from '../domain/errors.ts'
import { createClient } from './client.ts'

const AUTHORIZED = { authorization: `Bearer ${TOKEN}` }
const running: TestServer[] = []
async function start(change: Parameters<typeof serverForTest>[0] = {}) {
  const server = await serverForTest(change)
  running.push(server)
  const client = createClient({ address: server.address, token: TOKEN })
  await client.call('createDatabase', { body: { name: 'handbook' } })
  return { server, client }
}
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
})

const ask = { parameters: { database: 'handbook' }, body: { question: 'How do I request leave?' } }

test('an answer streams in its order and ends once', async () => {
  const { client } = await start()
  const events: string[] = []
  for await (const { event } of client.stream('ask', ask)) events.push(event)
  expect(events).toEqual(['answer-start', 'passages-found', 'text-delta', 'citation-found', 'answer-end'])
})

test('a fault before the first event is an ordinary error reply', async () => {
  const { server } = await start({
    flows: {
      // biome-ignore lint/correctness/useYield: fails before it has anything to give
      ask: async function* () {
        throw new AppError('model/unavailable', { model: 'x' })
      },
    },
  })
  const reply = await fetch(`${server.address}/api/v1/databases/handbook/ask`, {
    method: 'POST',
    headers: { ...AUTHORIZED, 'content-type': 'application/json' },
    body: '{"question":"x"}',
  })
  expect([reply.status, reply.headers.get('content-type'), (await json(reply)).error.code]).toEqual([
    503,
    'application/json; charset=utf-8',
    'model/unavailable',
  ])
})

test.each(['throws', 'ends early'])('a source that %s half-way ends the stream with one error that tells nothing', async (how) => {
  const { server, client } = await start({
    flows: {
      ask: async function* () {
        yield { type: 'answer-start', mode: { mode: 'lexical' }, writer: 'extractive', traceId: TRACE }
        if (how === 'throws') throw new Error('canary /home/x')
      },
    },
  })
  const read = async () => {
    for await (const _ of client.stream('ask', ask));
  }
  await expect(read()).rejects.toMatchObject({ code: 'internal' })
  const reply = await fetch(`${server.address}/api/v1/databases/handbook/ask`, {
    method: 'POST',
    headers: { ...AUTHORIZED, 'content-type': 'application/json' },
    body: '{"question":"x"}',
  })
  const text = await reply.text()
  expect(text.match(/event: answer-error/g)).toHaveLength(1)
  expect(text).not.toContain('canary')
})

test('a client that leaves ends the work', async () => {
  let aborted = 0
  let begun = 0
  const { client } = await start({
    flows: {
      ask: async function* (_world, _caller, _id, _question, signal) {
        begun += 1
        signal.addEventListener('abort', () => {
          aborted += 1
        })
        yield { type: 'answer-start', mode: { mode: 'lexical' }, writer: 'extractive', traceId: TRACE }
        for (;;) {
          await pause(5, undefined, { signal })
          yield { type: 'text-delta', text: 'x' }
        }
      },
    },
  })
  for await (const { event } of client.stream('ask', ask)) if (event === 'text-delta') break
  await expect.poll(() => aborted).toBe(1)
  const controller = new AbortController()
  const reading = (async () => {
    for await (const { event } of client.stream('ask', { ...ask, signal: controller.signal })) if (event === 'text-delta') controller.abort(new Error('enough'))
  })()
  await expect(reading).rejects.toThrow('enough')
  await expect.poll(() => [begun, aborted]).toEqual([2, 2])
})

test('a reader that does not read slows the source instead of filling memory', async () => {
  let sent = 0
  const piece = 'x'.repeat(64_000)
  const { server } = await start({
    flows: {
      ask: async function* (_world, _caller, _id, _question, signal) {
        yield { type: 'answer-start', mode: { mode: 'lexical' }, writer: 'extractive', traceId: TRACE }
        while (!signal.aborted && sent < 5000) {
          sent += 1
          yield { type: 'text-delta', text: piece }
        }
      },
    },
  })
  const { port, hostname } = new URL(server.address)
  const socket = connect(Number(port), hostname)
  socket.pause()
  socket.write(
    `POST /api/v1/databases/handbook/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"question":"x"}`,
  )
  await expect.poll(() => sent).toBeGreaterThan(3)
  // It stands still once the buffers between the two are full.
  let before = -1
  await expect
    .poll(
      () => {
        const same = sent === before
        before = sent
        return same
      },
      { interval: 200, timeout: 10_000 },
    )
    .toBe(true)
  expect(sent).toBeLessThan(500)
  socket.destroy()
})

test('a quiet stream sends heartbeats', async () => {
  const { server } = await start({
    heartbeatMs: 20,
    flows: {
      ask: async function* (_world, _caller, _id, _question, signal) {
        yield { type: 'answer-start', mode: { mode: 'lexical' }, writer: 'extractive', traceId: TRACE }
        await pause(60_000, undefined, { signal })
      },
    },
  })
  const reply = await fetch(`${server.address}/api/v1/databases/handbook/ask`, {
    method: 'POST',
    headers: { ...AUTHORIZED, 'content-type': 'application/json' },
    body: '{"question":"x"}',
  })
  const reader = (reply.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!text.includes(': still here\n\n: still here')) text += (await reader.read()).value ?? ''
  await reader.cancel()
  expect(text.match(/event: /g)).toHaveLength(1)
})

test('closing ends streams with a reason, takes no more and lets go of kept connections', async () => {
  const { server, client } = await start({
    flows: {
      // One that does not listen to its signal: the server must close all the same.
      ask: async function* () {
        yield { type: 'answer-start', mode: { mode: 'lexical' }, writer: 'extractive', traceId: TRACE }
        await new Promise(() => undefined)
      },
    },
  })
  const { promise: first, resolve: begun } = Promise.withResolvers<void>()
  const reading = (async () => {
    for await (const _ of client.stream('ask', ask)) begun()
  })()
  const outcome = reading.then(
    () => 'ended',
    (fault: AppError) => fault.code,
  )
  await first
  await fetch(`${server.address}/health`) // leaves a kept connection behind
  await server.close()
  expect(await outcome).toBe('server/closing')
  await expect(fetch(`${server.address}/health`)).rejects.toThrow()
})

test('requests under way are finished when the server closes', async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  const { promise: inside, resolve: entered } = Promise.withResolvers<void>()
  const { server, client } = await start({
    flows: {
      search: async (world, caller, id) => {
        entered()
        await held
        return { database: await world.catalog.database(caller.ownerId, id), mode: { mode: 'lexical' }, passages: [], reranker: undefined, tookMs: 1 }
      },
    },
  })
  const reply = client.call('query', { parameters: { database: 'handbook' }, body: { query: 'x' } })
  await inside
  const closed = server.close()
  release()
  expect((await reply).results).toEqual([])
  await closed
})

test('job events follow a job to its end', async () => {
  const { server, client } = await start()
  const { documents } = await client.call('addDocuments', { parameters: { database: 'handbook' }, body: { text: 'x', name: 'x.txt' } })
  const id = documents[0]?.job_id ?? ''
  const seen: string[] = []
  for await (const { event, data } of client.stream('jobEvents', { parameters: { job: id } })) {
    if (event === 'failed') throw new Error(data.error.code)
    seen.push(`${event} ${data.state} ${data.stage} ${data.done}`)
    const { queue } = server.world
    if (seen.length === 1) await queue.claim('w', 60_000)
    if (seen.length === 2) await queue.renew(id, 'w', 60_000, { stage: 'embed', done: 3, total: 9 })
    if (seen.length === 3) await queue.finish(id, 'w')
  }
  expect(seen[0]).toMatch(/^progress queued/)
  expect(seen.at(-2)).toBe('progress running embed 3')
  expect(seen.at(-1)).toMatch(/^ended done/)
})

test('the events of a database tell its jobs and end when none is left', async () => {
  const { server, client } = await start()
  for (const name of ['a', 'b']) await client.call('addDocuments', { parameters: { database: 'handbook' }, body: { text: name, name } })
  const { queue } = server.world
  const states = new Map<string, string[]>()
  let last = ''
  let told = 0
  for await (const { event, data } of client.stream('databaseEvents', { parameters: { database: 'handbook' } })) {
    last = event
    if (event === 'job') {
      states.set(data.id, [...(states.get(data.id) ?? []), data.state])
      told += 1
      if (told === 2) for (let left = 2; left > 0; left -= 1) await queue.claim('w', 60_000)
      if (told === 4) for (const id of states.keys()) await queue.finish(id, 'w')
    }
  }
  expect(last).toBe('idle')
  expect([...states.values()]).toEqual([
    ['queued', 'running', 'done'],
    ['queued', 'running', 'done'],
  ])
})

test('events of a database that is deleted meanwhile end with that', async () => {
  const { server, client } = await start()
  await client.call('addDocuments', { parameters: { database: 'handbook' }, body: { text: 'a', name: 'a' } })
  const database = await server.world.catalog.database(OWNER, 'handbook')
  const reading = (async () => {
    for await (const _ of client.stream('databaseEvents', { parameters: { database: 'handbook' } })) {
      if ((await server.world.catalog.visible(OWNER, { limit: 1 })).items.length > 0) await server.world.catalog.removeDatabase(OWNER, database.id)
    }
  })()
  await expect(reading).rejects.toMatchObject({ code: 'database/not-found' })
})

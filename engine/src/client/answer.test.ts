import { afterAll, beforeAll, expect, test } from 'vitest'
import { breakingProxy, wordy } from '../../test/live-fixture.ts'
import { serverForTest, type TestServer, TOKEN } from '../../test/server-fixture.ts'
import { AppError } from '../domain/errors.ts'
import { createClient } from './client.ts'
import { type Line, resumed, type Told } from './resumed.ts'

// Answers through connections that break.

const { seen, flows } = wordy()
let server: TestServer
beforeAll(async () => {
  server = await serverForTest({ flows })
  await createClient({ address: server.address, token: TOKEN }).call('createDatabase', { body: { name: 'handbook' } })
})
afterAll(() => server.stop())

const parameters = { database: 'handbook' }

test('an answer is whole through a connection that breaks again and again', async () => {
  let left = 0
  const proxy = await breakingProxy(server.address, () => {
    left = (left * 7 + 911) % 2000
    return 1800 + left
  })
  const client = createClient({ address: proxy.address, token: TOKEN })
  const events: string[] = []
  let [text, whole] = ['', '']
  for await (const { event, data } of client.answer('ask', { parameters, body: { question: '150 words' } })) {
    events.push(event)
    if (event === 'text-delta') text += data.text
    if (event === 'answer-end') whole = data.text
  }
  expect(proxy.broken()).toBeGreaterThan(2)
  expect([text, events.length]).toEqual([whole, 154])
  await proxy.stop()
})

test('a connection that falls silent counts as cut, and the answer is read on', async () => {
  let silent = 0
  const client = createClient({
    ...{ address: server.address, token: TOKEN, silentMs: 300 },
    async fetch(address, init) {
      const reply = await fetch(address, init)
      const isEvents = reply.headers.get('content-type')?.startsWith('text/event-stream') === true
      if (!isEvents || reply.body === null || silent > 1) return reply
      silent += 1
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
      const [reader, writer] = [reply.body.getReader(), writable.getWriter()]
      const { value } = await reader.read()
      void writer.write(value).catch(() => undefined) // and never anything again
      return new Response(readable, reply)
    },
  })
  const told = await read(client.answer('ask', { parameters, body: { question: '30 words' } }))
  expect([silent, told.length, told.at(-1), new Set(told).size]).toEqual([2, 34, 'answer-end', 34])
})

test('leaving the loop, or aborting, stops the answer', async () => {
  const client = createClient({ address: server.address, token: TOKEN })
  for await (const { event } of client.answer('ask', { parameters, body: { question: '5000 words' } })) if (event === 'text-delta') break
  await expect.poll(() => seen.aborted).toBe(1)
  const controller = new AbortController()
  const reading = (async () => {
    const input = { parameters, body: { question: '5000 words' }, signal: controller.signal }
    for await (const { event } of client.answer('ask', input)) if (event === 'text-delta') controller.abort(new Error('enough'))
  })()
  await expect(reading).rejects.toThrow('enough')
  await expect.poll(() => seen.aborted).toBe(2)
})

/** What was told, words as they are and other events by name, until it is left. */
async function read(events: AsyncIterable<{ readonly event: string; readonly data: unknown }>, leaveAfter = Number.POSITIVE_INFINITY) {
  const told: string[] = []
  for await (const { event, data } of events) {
    told.push(event === 'text-delta' ? (data as { readonly text: string }).text : event)
    if (told.length >= leaveAfter) break
  }
  return told
}

/** What a page that is reloaded leaves behind: an answer that nobody reads and nobody stops. */
async function leftAlone(question: string, words = 3) {
  const page = new AbortController()
  const sent = (...[address, init]: Parameters<typeof fetch>) => (page.signal.aborted ? new Promise<never>(() => undefined) : fetch(address, init))
  const begun = Promise.withResolvers<string>()
  const events = createClient({ address: server.address, token: TOKEN, fetch: sent }).answer('ask', { parameters, body: { question }, onStream: begun.resolve })
  for (let left = words; left > 0; left -= 1) await events.next()
  page.abort()
  void events.return().catch(() => undefined) // its connection is closed, and its order to stop goes nowhere
  return begun.promise
}

test('an answer that was left alone is taken up from its first event or a later one, to its end', async () => {
  const before = seen.begun
  const stream = await leftAlone('200 words')
  const client = createClient({ address: server.address, token: TOKEN })
  const [whole, rest] = await Promise.all([0, 50].map((after) => read(client.answerAgain('resumeStream', { parameters: { stream }, query: { after } }))))
  expect(whole?.slice(2, -2)).toEqual(Array.from({ length: 200 }, (_, at) => `w${at + 1} `))
  expect([whole?.[0], whole?.at(-1), seen.begun - before]).toEqual(['answer-start', 'answer-end', 1])
  expect(rest).toEqual(whole?.slice(50))
  // Again after its end; and nothing after its last event.
  expect(await read(client.answerAgain('resumeStream', { parameters: { stream } }))).toEqual(whole)
  expect(await read(client.answerAgain('resumeStream', { parameters: { stream }, query: { after: whole?.length ?? 0 } }))).toEqual([])
})

test('one that was taken up is stopped by leaving it, and is whole through a connection that breaks', async () => {
  const proxy = await breakingProxy(server.address, () => 3000)
  const broken = createClient({ address: proxy.address, token: TOKEN })
  const stream = await leftAlone('150 words')
  expect((await read(broken.answerAgain('resumeStream', { parameters: { stream } }))).length).toBe(154)
  expect(proxy.broken()).toBeGreaterThan(0)
  await proxy.stop()
  const before = seen.aborted
  const other = await leftAlone('5000 words')
  expect(seen.aborted).toBe(before)
  const client = createClient({ address: server.address, token: TOKEN })
  await read(client.answerAgain('resumeStream', { parameters: { stream: other } }), 5)
  await expect.poll(() => seen.aborted).toBe(before + 1)
  const told = read(client.answerAgain('resumeStream', { parameters: { stream: other } }))
  await expect(told).rejects.toMatchObject({ code: 'answer/stopped' })
})

test('one that nobody knows is told as such, and not stopped', async () => {
  const client = createClient({ address: server.address, token: TOKEN })
  await expect(read(client.answerAgain('resumeStream', { parameters: { stream: `str_${'0'.repeat(26)}` } }))).rejects.toMatchObject({
    code: 'stream/not-found',
  })
  const line = gone(new AppError('stream/not-found'))
  await expect(read(resumed(line, ['answer-end'], undefined, { stream: 'str_1', after: 0 }))).rejects.toMatchObject({ code: 'stream/not-found' })
  expect(line.calls).toEqual(['read on after 0'])
})

test('a server that is away for a moment is waited for; a caller that stops meanwhile stops the answer', async () => {
  const calls: string[] = []
  async function* rest(): AsyncGenerator<Told> {
    yield { id: 1, event: 'answer-end', data: {} }
  }
  const faults = [new AppError('server/unreachable'), new AppError('limit/rate')]
  const line: Line = {
    ask: () => Promise.reject(new Error('asked twice')),
    async readOn(stream) {
      const fault = faults.shift()
      if (fault !== undefined) throw fault
      return { stream, events: rest() }
    },
    stop: async (stream) => void calls.push(stream),
  }
  expect(await read(resumed(line, ['answer-end'], undefined, { stream: 'str_1', after: 0 }))).toEqual(['answer-end'])
  expect(calls).toEqual([])
  const controller = new AbortController()
  faults.push(...Array.from({ length: 9 }, () => new AppError('server/unreachable')))
  const reading = read(resumed(line, ['answer-end'], controller.signal, { stream: 'str_2', after: 0 }))
  controller.abort(new Error('enough'))
  await expect(reading).rejects.toThrow('enough')
  expect(calls).toEqual(['str_2'])
})

test('what the server tells itself is not tried again', async () => {
  const client = createClient({ address: server.address, token: TOKEN })
  const ask = (question: string) => read(client.answer('ask', { parameters, body: { question } }))
  await expect(ask('2 words fail')).rejects.toMatchObject({ code: 'model/unavailable' })
  await expect(ask('')).rejects.toMatchObject({ code: 'request/invalid' })
})

/** A server that is gone after its first event. */
function gone(fault: AppError): Line & { readonly calls: string[] } {
  const calls: string[] = []
  async function* first(): AsyncGenerator<Told> {
    yield { id: 1, event: 'text-delta', data: {} }
    throw new AppError('server/unreachable')
  }
  return {
    calls,
    ask: async () => ({ stream: 'str_1', events: first() }),
    async readOn(_, after) {
      calls.push(`read on after ${after}`)
      throw fault
    },
    async stop() {
      calls.push('stop')
    },
  }
}

test('one that is forgotten is told as such, at once', async () => {
  const line = gone(new AppError('stream/not-found'))
  await expect(read(resumed(line, ['answer-end'], undefined))).rejects.toMatchObject({ code: 'stream/not-found' })
  expect(line.calls).toEqual(['read on after 1'])
})

test('a caller that gives up is not kept waiting for the next try', async () => {
  const line = gone(new AppError('server/unreachable'))
  const controller = new AbortController()
  const reading = (async () => {
    for await (const _ of resumed(line, ['answer-end'], controller.signal)) setTimeout(() => controller.abort(new Error('enough')), 20)
  })()
  await expect(reading).rejects.toThrow('enough')
  expect(line.calls.at(-1)).toBe('stop')
})

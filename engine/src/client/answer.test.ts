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

test('what the server tells itself is not tried again', async () => {
  const client = createClient({ address: server.address, token: TOKEN })
  const read = async (question: string) => {
    for await (const _ of client.answer('ask', { parameters, body: { question } }));
  }
  await expect(read('2 words fail')).rejects.toMatchObject({ code: 'model/unavailable' })
  await expect(read('')).rejects.toMatchObject({ code: 'request/invalid' })
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
  const read = async () => {
    for await (const _ of resumed(line, ['answer-end'], undefined));
  }
  await expect(read()).rejects.toMatchObject({ code: 'stream/not-found' })
  expect(line.calls).toEqual(['read on after 1'])
})

test('a caller that gives up is not kept waiting for the next try', async () => {
  const line = gone(new AppError('server/unreachable'))
  const controller = new AbortController()
  const read = async () => {
    for await (const _ of resumed(line, ['answer-end'], controller.signal)) setTimeout(() => controller.abort(new Error('enough')), 20)
  }
  await expect(read()).rejects.toThrow('enough')
  expect(line.calls.at(-1)).toBe('stop')
})

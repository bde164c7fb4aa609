import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryCache } from '../src/adapters/memory/cache.ts'
import { AppError, createClient } from '../src/client/client.ts'
import { breakingProxy, sharedBy, wordy } from './live-fixture.ts'
import { type Person, person } from './people-fixture.ts'
import { serverForTest, type TestServer } from './server-fixture.ts'
import { signedOn } from './socket-client.ts'

// Conversations of ten turns, with all that may happen to one: cut at random, read on at another process, stopped, failing at
// the model, over HTTP and over WebSockets. What is stored is what was streamed, and each answer ends once.

const { flows } = wordy(1)
let one: TestServer
let two: TestServer
let ann: Person
let database: string

beforeAll(async () => {
  const live = { graceMs: 2_000, leaseMs: 900 }
  one = await serverForTest({ flows, live, world: { cache: sharedBy(memoryCache()) } })
  two = await serverForTest({ flows, live, world: { ...one.world } })
  ann = await person(one.world, 'member')
  database = (await createClient({ address: one.address, token: ann.token }).call('createDatabase', { body: { name: 'handbook' } })).id
})
afterAll(async () => {
  await two.stop()
  await one.stop()
})

type Turn = { readonly words: number; readonly how: 'whole' | 'cut' | 'socket' | 'socket-elsewhere' | 'leave' | 'stop' | 'fail' }
interface Outcome {
  readonly endings: number
  /** Undefined when it did not come to its end. */
  readonly text: string | undefined
  readonly said: string
  readonly conversation: string | undefined
}

const turns = fc.array(
  fc.record({
    words: fc.integer({ min: 1, max: 30 }),
    how: fc.constantFrom<Turn['how']>('whole', 'cut', 'socket', 'socket-elsewhere', 'leave', 'stop', 'fail'),
  }),
  { minLength: 10, maxLength: 10 },
)

async function overHttp(address: string, { words, how }: Turn, conversation: string): Promise<Outcome> {
  const client = createClient({ address, token: ann.token })
  const outcome = { endings: 0, text: undefined as string | undefined, said: '', conversation: undefined as string | undefined }
  const body = { question: `${how === 'leave' ? 5000 : words} words${how === 'fail' ? ' fail' : ''}`, conversation }
  try {
    for await (const { event, data } of client.answer('ask', { parameters: { database }, body })) {
      if (event === 'answer-start') outcome.conversation = data.conversation_id ?? undefined
      if (event === 'text-delta') outcome.said += data.text
      if (event === 'answer-end') Object.assign(outcome, { endings: outcome.endings + 1, text: data.text })
      if (event === 'text-delta' && how === 'leave') break
    }
  } catch (fault) {
    if (!(fault instanceof AppError)) throw fault
    outcome.endings += 1
    expect(fault.code).toBe('model/unavailable')
  }
  if (how === 'leave') outcome.endings = 1
  return outcome
}

async function overSocket({ words, how }: Turn, conversation: string): Promise<Outcome> {
  const line = await signedOn(one.address, ann.token)
  line.say({ type: 'ask', id: 'a', database, question: `${how === 'stop' ? 5000 : words} words`, conversation })
  const { stream } = await line.until(({ event }) => event === 'text-delta')
  let frames = line.frames
  if (how === 'stop') line.say({ type: 'stop', stream })
  if (how === 'socket-elsewhere') {
    line.ws.terminate()
    await line.closed
    const other = await signedOn(two.address, ann.token)
    other.say({ type: 'resume', stream, after: line.frames.at(-1).seq })
    await other.until((frame) => /^answer-(?:end|error)$/.test(frame.event) || frame.type === 'over')
    frames = [...line.frames, ...other.frames]
    other.ws.close()
  } else {
    await line.until((frame) => /^answer-(?:end|error)$/.test(frame.event))
    line.ws.close()
  }
  const events = frames.filter(({ type }) => type === 'event')
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  const end = events.find(({ event }) => event === 'answer-end')
  return {
    endings: events.filter(({ event }) => /^answer-(?:end|error)$/.test(event)).length,
    text: end?.data.text,
    said: events.flatMap(({ event, data }) => (event === 'text-delta' ? [data.text] : [])).join(''),
    conversation: events[0]?.data.conversation_id,
  }
}

test('ten turns, whatever happens to them: one ending each, and what is stored is what was streamed', async () => {
  let place = 0
  const proxy = await breakingProxy(one.address, () => {
    place = (place * 31 + 977) % 2500
    return 2500 + place // the largest event and a head come through
  })
  const client = createClient({ address: one.address, token: ann.token })
  await fc.assert(
    fc.asyncProperty(turns, async (all) => {
      const began = await overHttp(one.address, { words: 1, how: 'whole' }, 'new')
      const conversation = began.conversation ?? ''
      const expected: (string | undefined)[] = ['1 words', began.text]
      for (const turn of all) {
        const socket = turn.how === 'socket' || turn.how === 'socket-elsewhere' || turn.how === 'stop'
        const outcome = await (socket ? overSocket(turn, conversation) : overHttp(turn.how === 'cut' ? proxy.address : one.address, turn, conversation))
        expect(outcome.endings).toBe(1)
        if (outcome.text === undefined) continue
        expect(outcome.said).toBe(outcome.text)
        expected.push(`${turn.words} words`, outcome.text)
      }
      await sleep(20) // what was left is not kept later either
      const { messages } = await client.call('getConversation', { parameters: { conversation } })
      expect(messages.map(({ text }) => text)).toEqual(expected)
      for (const { role, citations } of messages) expect(citations).toHaveLength(role === 'assistant' ? 1 : 0)
    }),
    { numRuns: 6, endOnFailure: true },
  )
  await proxy.stop()
})

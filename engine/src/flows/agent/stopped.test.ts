import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CALLER, storeWorld } from '../../../test/store-world.ts'
import type { AnswerTrace } from '../../domain/trace.ts'
import type { Chat } from '../../ports/chat.ts'
import { ask } from '../ask.ts'
import { scriptedChat } from './scripted.fixture.ts'

// An answer that is stopped, or left, between two of its pieces.

let store: ReturnType<typeof storeWorld>
let database: string
beforeAll(async () => {
  store = storeWorld()
  database = (await store.make()).id
  await store.upload(database, 'leave.txt', 'Employees request leave in the portal at least two weeks ahead. The team lead decides within three days.')
  await store.runAll()
})
afterAll(() => store.close())

test.each([
  ['stopped', 'at once'],
  ['stopped', 'while a piece waits to be taken'],
  ['left', 'at once'],
  ['left', 'while a piece waits to be taken'],
])('%s %s: the model is let go of, and what it took is counted and stands in the trace', async (how, when) => {
  const used = () => store.world.ledger.used({ databaseId: database }, '1970-01-01')
  const before = await used()
  const kept: AnswerTrace[] = []
  let isOver = false
  const scripted = scriptedChat(() => 'Leave is requested in the portal, two weeks ahead, by whoever wants some of it, and the team lead decides.')
  const chat: Chat = {
    ...scripted,
    async *write(request, signal) {
      try {
        yield* scripted.write(request, signal)
      } finally {
        isOver = true
      }
    },
  }
  const world = { ...store.world, chat, traces: { ...store.world.traces, keepTrace: async (trace: AnswerTrace) => void kept.push(trace) } }
  const stop = new AbortController()
  const reading = async () => {
    for await (const { type } of ask(world, CALLER, database, { question: 'How do employees request leave?', n: 3 }, stop.signal)) {
      if (type !== 'text-delta') continue
      if (when !== 'at once') await sleep(20)
      if (how === 'left') break
      stop.abort()
    }
  }
  if (how === 'left') await reading()
  else await expect(reading()).rejects.toMatchObject({ name: 'AbortError' })
  expect(isOver).toBe(true)
  expect(kept.map(({ outcome, calls }) => [outcome, calls.map(({ purpose }) => purpose)])).toEqual([['stopped', ['write']]])
  const { questions, inputTokens, outputTokens } = await used()
  expect(questions - before.questions).toBe(1)
  expect(inputTokens).toBeGreaterThan(before.inputTokens)
  expect(outputTokens).toBeGreaterThan(before.outputTokens)
})

import { expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import type { Followable, LiveEvent } from './events.ts'
import { outbox } from './outbox.ts'

/** A connection whose other end takes what `take` lets through. */
function playedSocket() {
  const sent: string[] = []
  const waiting: (() => void)[] = []
  const ws = {
    ...{ OPEN: 1, readyState: 1, bufferedAmount: 0 },
    send(text: string, done: () => void = () => undefined) {
      sent.push(text)
      ws.bufferedAmount += text.length
      waiting.push(done)
    },
    terminate() {
      ws.readyState = 3
      for (const done of waiting.splice(0)) done()
    },
  }
  const take = () => {
    ws.bufferedAmount = 0
    for (const done of waiting.splice(0)) done()
  }
  return { ws, sent, take }
}

function many(seen: { told: number }): Followable {
  async function* follow(): AsyncGenerator<LiveEvent, void> {
    for (let seq = 1; seq < 100; seq += 1) {
      seen.told = seq
      yield { seq, event: 'text-delta', text: JSON.stringify({ text: 'x'.repeat(10_000) }) }
    }
    yield { seq: 100, event: 'answer-end', text: '{}' }
  }
  const facts = { id: 'str_1', owner: 'o', databaseIds: [], publicationId: undefined, sources: undefined, conversationId: undefined, startedAt: 0 }
  return { ...facts, follow, isOver: async () => false, stop: async () => undefined, delivered: async () => undefined }
}
const never = new AbortController().signal

test('a reader that takes slowly slows its answer, and gets all of it in order', async () => {
  const { ws, sent, take } = playedSocket()
  const seen = { told: 0 }
  const work = outbox(ws as unknown as WebSocket, 10_000).stream(many(seen), 0, 'a', never)
  await new Promise((resolve) => setTimeout(resolve, 10))
  expect(seen.told).toBeLessThan(12)
  const taking = setInterval(take, 0)
  await work
  clearInterval(taking)
  expect(sent.map((text) => (JSON.parse(text) as { seq: number }).seq)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
})

test('one that takes nothing is cut off', async () => {
  const { ws, sent } = playedSocket()
  const seen = { told: 0 }
  await outbox(ws as unknown as WebSocket, 20).stream(many(seen), 0, undefined, never)
  expect([ws.readyState, sent.length < 12]).toEqual([3, true])
})

import { expect, test } from 'vitest'
import { AppError } from '../domain/errors.ts'
import { isFailing } from '../domain/health.ts'
import type { Chat } from '../ports/chat.ts'
import type { Reranker } from '../ports/reranker.ts'
import { embedders } from './embedders.ts'
import { fakeChat } from './fake/chat.ts'
import { fakeEmbedder, fakeEmbedders } from './fake/embedder.ts'
import { fakeReranker } from './fake/reranker.ts'
import { memoryHealth } from './memory/health.ts'
import { watched, watchedChat, watchedEmbedders, watchedReranker } from './watched.ts'

const never = new AbortController().signal
const request = { system: '', messages: [{ role: 'user', text: 'hello' }], maxTokens: 5 } as const
const gone = new AppError('model/unavailable')

function ticking() {
  let time = 0
  const health = memoryHealth(() => ++time)
  const state = (part: string) => {
    const note = health.last(part)
    return note === undefined ? 'unknown' : isFailing(note) ? 'failing' : 'well'
  }
  return { health, state }
}

test('calls go through as they are, and what is a fault of the part is noted', async () => {
  const { health, state } = ticking()
  let outcome: () => unknown = () => 7
  const port = watched(
    { ask: async (a: number, b: number) => [a, b, outcome()], now: () => 5, name: 'x', close: async () => Promise.reject(gone) },
    'chunks',
    health,
    (error) => error instanceof AppError && error.code === 'store/damaged',
  )
  expect([port.now(), port.name, state('chunks')]).toEqual([5, 'x', 'unknown'])
  expect(await port.ask(1, 2)).toEqual([1, 2, 7])
  expect(state('chunks')).toBe('well')
  outcome = () => {
    throw new AppError('store/damaged', { file: 'a' })
  }
  await expect(port.ask(1, 2)).rejects.toMatchObject({ code: 'store/damaged' })
  expect(state('chunks')).toBe('failing')
  outcome = () => 0
  await port.ask(1, 2)
  outcome = () => {
    throw new AppError('version/not-found')
  }
  await expect(port.ask(1, 2)).rejects.toMatchObject({ code: 'version/not-found' })
  await expect(port.close()).rejects.toBe(gone)
  expect(state('chunks')).toBe('well')
})

test('a language model is well when it has ended, failing when it has failed, and not judged by who leaves', async () => {
  const { health, state } = ticking()
  const drain = async (chat: Chat, signal = never) => {
    for await (const event of chat.write(request, signal)) if (event.type === 'end') break
  }
  const broken: Chat = {
    ...fakeChat(),
    async *write(_, signal) {
      yield { type: 'text', text: 'a' }
      signal.throwIfAborted()
      throw gone
    },
  }
  for await (const _event of watchedChat(broken, health).write(request, never)) break
  expect(state('chat:fake:chat')).toBe('unknown')
  await expect(drain(watchedChat(broken, health))).rejects.toBe(gone)
  expect(state('chat:fake:chat')).toBe('failing')
  await drain(watchedChat(fakeChat(), health))
  expect(state('chat:fake:chat')).toBe('well')
  await expect(drain(watchedChat(broken, health), AbortSignal.abort())).rejects.toBeDefined()
  expect(state('chat:fake:chat')).toBe('well')
})

test('each embedding model is a part of its own', async () => {
  const { health, state } = ticking()
  const broken = { ...fakeEmbedders(), open: async () => ({ ...fakeEmbedder(8), embed: async () => Promise.reject(gone) }) }
  const all = watchedEmbedders(embedders({ fake: fakeEmbedders(), broken }), health)
  const good = await all.open('fake:8', never)
  expect([good.name, good.dimensions, state('embedder:fake:8')]).toEqual(['fake:8', 8, 'unknown'])
  expect(await good.embed(['a', 'b'], 'query', never)).toHaveLength(2)
  await expect((await all.open('broken:8', never)).embed(['a'], 'query', never)).rejects.toBe(gone)
  await expect(all.open('nowhere:x', never)).rejects.toMatchObject({ code: 'model/unknown' })
  expect(['fake:8', 'broken:8', 'nowhere:x'].map((name) => state(`embedder:${name}`))).toEqual(['well', 'failing', 'failing'])
})

test('each reranker is a part of its own, and not judged by who leaves', async () => {
  const { health, state } = ticking()
  const good = watchedReranker(fakeReranker(), health)
  const broken = watchedReranker({ name: 'x:y', rerank: async (_, __, signal) => Promise.reject(signal.aborted ? signal.reason : gone) }, health)
  await expect(broken.rerank('a', ['a'], AbortSignal.abort())).rejects.toBeDefined()
  expect([good.name, state('reranker:x:y')]).toEqual(['fake:words', 'unknown'])
  expect(await good.rerank('a b', ['a', 'b a'], never)).toEqual([0.5, 1])
  const told: number[] = []
  const paying = {
    ...fakeReranker(),
    rerank: async (...given: Parameters<Reranker['rerank']>) => {
      given[3]?.(2)
      return [1]
    },
  }
  await watchedReranker(paying, health).rerank('a', ['a', 'b'], never, (searches) => void told.push(searches))
  expect(told).toEqual([2])
  await expect(broken.rerank('a', ['a'], never)).rejects.toBe(gone)
  expect(['fake:words', 'x:y'].map((name) => state(`reranker:${name}`))).toEqual(['well', 'failing'])
})

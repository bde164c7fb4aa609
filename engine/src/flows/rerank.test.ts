import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CALLER, storeWorld } from '../../test/store-world.ts'
import { fakeReranker } from '../adapters/fake/reranker.ts'
import { memoryCache } from '../adapters/memory/cache.ts'
import { modelPrices } from '../adapters/prices.ts'
import { AppError } from '../domain/errors.ts'
import type { Reranker } from '../ports/reranker.ts'
import type { World } from '../ports/world.ts'
import { rerankDepth } from '../steps/rerank.ts'
import { search, why } from './search.ts'
import { suggest } from './suggest.ts'

const never = new AbortController().signal
const QUERY = 'leave portal team'
const NAMES = Array.from({ length: 12 }, (_, index) => `${String.fromCharCode(97 + index)}.txt`)

let store: ReturnType<typeof storeWorld>
let world: World
let databaseId: string
let asked: { name: string; query: string; texts: readonly string[] }[]
/** What the server's own reranker does. */
let score: (query: string, texts: readonly string[], signal: AbortSignal) => Promise<readonly number[]>

function rerankerNamed(name: string): Reranker {
  return {
    name,
    rerank(query, texts, signal) {
      asked.push({ name, query, texts })
      return score(query, texts, signal)
    },
  }
}

beforeAll(async () => {
  const rerankers = { current: async () => rerankerNamed('fake:server'), open: async (name: string) => rerankerNamed(name) }
  // The model changes its mind, as no real one does: nothing is kept.
  store = storeWorld({
    cache: memoryCache({ maxBytes: 0 }),
    rerankers,
    prices: modelPrices({ 'fake:server': { input: 0, output: 0, perThousandSearches: 2 } }),
  })
  world = store.world
  databaseId = (await store.make()).id
  for (const [index, name] of NAMES.entries()) {
    const words = ['leave', 'portal', 'team'].slice(0, 1 + (index % 3)).join(' ')
    await store.upload(databaseId, name, `# Rule ${index}\n\nThe ${words} of number ${index * 7919} tells ${'word '.repeat(index)}${name}`)
  }
  await store.runAll()
})
afterAll(() => store.close())
beforeEach(async () => {
  asked = []
  score = async (query, texts, signal) => fakeReranker().rerank(query, texts, signal)
  await world.catalog.updateDatabase('o', databaseId, { answers: { rerankModel: undefined } })
  await world.ledger.setCaps({ perDay: undefined, perMonth: undefined })
})

const find = (n = 12, more: { readonly threshold?: number; readonly rerankModel?: string } = {}, signal = never) =>
  search(world, CALLER, databaseId, { query: QUERY, n, ...more }, signal)
const namesOf = (reply: { readonly passages: readonly { readonly name: string }[] }) => reply.passages.map(({ name }) => name)
/** In the order of the search itself. */
const plain = async () => namesOf(await find(12, { rerankModel: 'none' }))
const byName = (scores: Readonly<Record<string, number>>) => async (_: string, texts: readonly string[]) =>
  texts.map((text) => scores[NAMES.find((name) => text.includes(name)) ?? ''] ?? 0)

describe('a search with a reranker', () => {
  test('gives its order, its scores relative to the best, and tells who made it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 12, maxLength: 12 }), async (given) => {
        const scores = Object.fromEntries(NAMES.map((name, index) => [name, (given[index] ?? 1) / 10]))
        score = byName(scores)
        const reply = await find()
        const before = await plain()
        const expected = [...before].sort((one, two) => (scores[two] ?? 0) - (scores[one] ?? 0))
        expect(namesOf(reply)).toEqual(expected)
        expect([reply.reranker, reply.degraded]).toEqual(['fake:server', undefined])
        const best = Math.max(...Object.values(scores))
        for (const [index, { name, score: told, explanation }] of reply.passages.entries()) {
          expect(explanation.reranked).toEqual({ rank: index + 1, score: scores[name] })
          expect(told).toBeCloseTo((scores[name] ?? 0) / best, 10)
        }
        // The first few are the first few of all: more are ordered than are asked for.
        expect(namesOf(await find(3))).toEqual(expected.slice(0, 3))
      }),
      { numRuns: 15 },
    )
  })

  test('shows it passages with where they stand, and no more of them than it must', async () => {
    await find(2)
    expect(asked).toHaveLength(1)
    expect(asked[0]?.query).toBe(QUERY)
    expect(asked[0]?.texts).toHaveLength(12)
    for (const text of asked[0]?.texts ?? []) expect(text).toMatch(/^[a-l]\.txt\b[^\n]*\n[\s\S]*tells/)
    for (const [n, depth] of [
      [1, 40],
      [10, 40],
      [20, 80],
      [25, 100],
      [100, 100],
      [150, 150],
    ] as const) {
      expect(rerankDepth(n)).toBe(depth)
    }
  })

  test('is asked as the database is set, then as the server; none asks nobody', async () => {
    await world.catalog.updateDatabase('o', databaseId, { answers: { rerankModel: 'fake:own' } })
    expect((await find()).reranker).toBe('fake:own')
    await world.catalog.updateDatabase('o', databaseId, { answers: { rerankModel: 'none' } })
    expect((await find()).reranker).toBeUndefined()
    expect((await find(5, { rerankModel: 'fake:asked' })).reranker).toBe('fake:asked')
    expect(asked.map(({ name }) => name)).toEqual(['fake:own', 'fake:asked'])
    const without = { ...world, rerankers: { ...world.rerankers, current: async () => undefined } }
    await world.catalog.updateDatabase('o', databaseId, { answers: { rerankModel: undefined } })
    const reply = await search(without, CALLER, databaseId, { query: QUERY, n: 5 }, never)
    expect([reply.reranker, reply.degraded, reply.passages[0]?.explanation.reranked]).toEqual([undefined, undefined, undefined])
  })

  test('leaves out what is below the threshold by its scores', async () => {
    score = byName({ 'a.txt': 0.8, 'b.txt': 0.4, 'c.txt': 0.3 })
    expect(namesOf(await find(12, { threshold: 0.5 }))).toEqual(['a.txt', 'b.txt'])
  })

  test('asks nobody for one hit or none, nor for suggestions', async () => {
    await search(world, CALLER, databaseId, { query: 'xyzzy', n: 5 }, never)
    await suggest(world, [{ caller: CALLER, databaseId }], 3)
    expect(asked).toEqual([])
  })
})

describe('a reranker that fails', () => {
  const unavailable = () => Promise.reject(new AppError('model/unavailable', { said: 'role/payroll is down' }))

  test.each<[string, typeof score, RegExp]>([
    ['does not answer', unavailable, /fake:server.*The model does not answer\.$/],
    ['gives too few scores', async () => [1, 2], /The model does not answer\.$/],
    ['gives what is no number', async (_, texts) => texts.map(() => Number.NaN), /The model does not answer\.$/],
    ['breaks', () => Promise.reject(new TypeError('a bug')), /fake:server/],
  ])('because it %s changes nothing, and it is told', async (_, does, told) => {
    score = does
    const reply = await find()
    expect(namesOf(reply)).toEqual(await plain())
    expect(reply.degraded).toMatch(told)
    expect(reply.degraded).not.toMatch(/a bug/)
    expect(reply.reranker).toBeUndefined()
    expect(reply.passages[0]?.explanation.reranked).toBeUndefined()
    expect(reply.passages[0]?.score).toBe(1)
  })

  test('because its key is missing, or it is not known, likewise', async () => {
    const refused = async () => Promise.reject(new AppError('model/refused', { setting: 'COHERE_API_KEY' }))
    const reply = await search({ ...world, rerankers: { open: refused, current: refused } }, CALLER, databaseId, { query: QUERY, n: 12 }, never)
    expect(reply.degraded).toMatch(/The model provider refused the request\.$/)
    expect(namesOf(reply)).toEqual(await plain())
  })

  test('because nobody waits any more ends the search', async () => {
    const stop = new AbortController()
    score = () => {
      stop.abort(new Error('gone'))
      return new Promise(() => undefined)
    }
    await expect(find(5, {}, stop.signal)).rejects.toThrow('gone')
  })
})

test('what it costs is counted, and beyond the budget it is not asked', async () => {
  const cost = async () => (await world.ledger.used({ accountId: 'o' }, '2000-01-01')).cost
  const before = await cost()
  await find()
  expect((await cost()) - before).toBe(2000)
  score = () => Promise.reject(new AppError('model/unavailable', {}))
  await find()
  expect((await cost()) - before).toBe(2000)
  await world.ledger.setCaps({ perDay: before + 2100, perMonth: undefined })
  asked = []
  const reply = await find()
  expect(asked).toEqual([])
  expect(reply.degraded).toMatch(/budget/)
  expect(namesOf(reply)).toEqual(await plain())
  await world.catalog.updateDatabase('o', databaseId, { answers: { rerankModel: 'fake:unpriced' } })
  expect((await find()).degraded).toMatch(/price/)
})

test('why a document is found tells the rank that the search gives it', async () => {
  const documents = await world.catalog.documents('o', databaseId, { limit: 50 })
  score = byName(Object.fromEntries(NAMES.map((name, index) => [name, ((index * 5) % 12) / 12])))
  const order = namesOf(await find())
  for (const n of [3, 12]) {
    for (const { id, name } of documents.items) {
      const told = await why(world, CALLER, databaseId, { query: QUERY, documentId: id, n }, never)
      expect([told.rank, told.reason], name).toEqual([order.indexOf(name) + 1, order.indexOf(name) < n ? 'found' : 'ranked-lower'])
    }
  }
  const low = documents.items.find(({ name }) => name === order[9])
  const told = await why(world, CALLER, databaseId, { query: QUERY, documentId: low?.id ?? '', n: 12, threshold: 0.9 }, never)
  expect(told.reason).toBe('below-threshold')
})

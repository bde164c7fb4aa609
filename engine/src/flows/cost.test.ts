import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CALLER, storeWorld } from '../../test/store-world.ts'
import { embedders } from '../adapters/embedders.ts'
import { fakeChat } from '../adapters/fake/chat.ts'
import { fakeEmbedder } from '../adapters/fake/embedder.ts'
import { fakeReranker } from '../adapters/fake/reranker.ts'
import { memoryCache } from '../adapters/memory/cache.ts'
import { modelPrices } from '../adapters/prices.ts'
import { AppError } from '../domain/errors.ts'
import { sumOfCosts } from '../domain/prices.ts'
import type { AnswerTrace } from '../domain/trace.ts'
import type { Chat } from '../ports/chat.ts'
import type { Embedder } from '../ports/embedder.ts'
import type { Reranker } from '../ports/reranker.ts'
import type { World } from '../ports/world.ts'
import { ask } from './ask.ts'
import { evaluate } from './evaluate.ts'
import { likelyTokens } from './metered.ts'

// What an answer tells that it cost, what its trace tells, and what the ledger counts: the same money.

let store: ReturnType<typeof storeWorld>
let databaseId: string
let kept: AnswerTrace[]
let asked = 0

beforeEach(async () => {
  store = storeWorld({ embedders: embeddersOf({}) })
  kept = []
  databaseId = (await store.make('handbook', 'fake:8')).id
  await store.upload(databaseId, 'leave.txt', 'Leave is requested in the portal, two weeks ahead.')
  await store.upload(databaseId, 'lead.txt', 'The team lead decides on leave that was requested within three days.')
  await store.runAll()
})
afterEach(() => store.close())

interface Models {
  /** US dollars per million tokens, or thousand searches; undefined: nobody knows it. */
  readonly prices?: { readonly embed?: number | undefined; readonly rerank?: number | undefined; readonly chat?: number | undefined }
  /** What the provider tells; undefined: nothing. */
  readonly tokens?: number | undefined
  readonly searches?: number | undefined
  readonly fails?: 'embed' | 'rerank' | undefined
  readonly where?: Embedder['where']
  readonly rerank?: Reranker['rerank']
}

function embeddersOf({ tokens, fails, where = 'remote' }: Models) {
  const fake = fakeEmbedder(8)
  const embedder: Embedder = {
    ...fake,
    where,
    async embed(texts, kind, signal, done) {
      if (fails === 'embed') throw new AppError('model/unavailable', {})
      const made = await fake.embed(texts, kind, signal)
      done?.(texts.length, tokens)
      return made
    },
  }
  return embedders({ fake: { open: async () => embedder, list: async () => [], close: async () => undefined } })
}

function worldOf(models: Models, cache = memoryCache()): World {
  const { prices = {}, searches, fails } = models
  const fake = fakeReranker()
  const reranker: Reranker = {
    ...fake,
    async rerank(...given) {
      if (models.rerank !== undefined) return models.rerank(...given)
      if (fails === 'rerank') throw new AppError('model/unavailable', {})
      if (searches !== undefined) given[3]?.(searches)
      return fake.rerank(...given)
    },
  }
  const known = {
    ...(prices.embed === undefined ? {} : { 'fake:8': { input: prices.embed, output: 0 } }),
    ...(prices.rerank === undefined ? {} : { 'fake:words': { input: 0, output: 0, perThousandSearches: prices.rerank } }),
    ...(prices.chat === undefined ? {} : { 'fake:chat': { input: prices.chat, output: prices.chat } }),
  }
  return {
    ...store.world,
    cache,
    chat: fakeChat(),
    prices: modelPrices(known),
    embedders: embeddersOf(models),
    rerankers: { current: async () => reranker, open: async () => reranker },
    traces: { ...store.world.traces, keepTrace: async (trace) => void kept.push(trace) },
  }
}

const used = () => store.world.ledger.used({ databaseId }, '1970-01-01')

async function answer(world: World, question: string, signal = new AbortController().signal) {
  const before = await used()
  let told: number | undefined
  for await (const event of ask(world, CALLER, databaseId, { question, n: 5 }, signal)) if (event.type === 'answer-end') told = event.cost
  const [trace, after] = [kept.at(-1), await used()]
  if (trace === undefined) throw new Error('no trace')
  return {
    told,
    trace,
    models: trace.searches.flatMap(({ models = [] }) => models),
    spent: after.cost - before.cost,
    embedded: after.embeddedTokens - before.embeddedTokens,
  }
}

const newQuestion = () => {
  asked += 1
  return `Where is leave requested, in the year ${2000 + asked}?`
}

const price = fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined })
const anyModels = fc.record({
  prices: fc.record({ embed: price, rerank: price, chat: price }),
  tokens: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
  searches: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  fails: fc.constantFrom('embed' as const, 'rerank' as const, undefined, undefined),
})

test('an answer costs what the ledger counts for it, embedding and reranking among it; what is found again costs neither', async () => {
  await fc.assert(
    fc.asyncProperty(anyModels, fc.boolean(), async (models, hasBudget) => {
      const { prices, tokens, searches, fails } = models
      const isPriced = Object.values(prices).every((one) => one !== undefined)
      await store.world.ledger.setCaps({ perDay: hasBudget && isPriced ? 1_000_000_000 : undefined, perMonth: undefined })
      const world = worldOf(models)
      const question = newQuestion()
      const first = await answer(world, question)
      const embeds = { purpose: 'embed', model: 'fake:8', tokens: tokens ?? likelyTokens(question), searches: 0 }
      const orders = { purpose: 'rerank', model: 'fake:words', searches: searches ?? 1 }
      const expected = [...(fails === 'embed' ? [] : [embeds]), ...(fails === 'rerank' ? [] : [orders])]
      expect(first.models).toMatchObject(expected)
      expect(first.models).toHaveLength(expected.length)
      expect(first.embedded).toBe(fails === 'embed' ? 0 : embeds.tokens)
      const isKnown = prices.chat !== undefined && (fails === 'embed' || prices.embed !== undefined) && (fails === 'rerank' || prices.rerank !== undefined)
      expect(first.told).toBe(isKnown ? first.spent : undefined)
      expect(first.trace.cost).toBe(first.told)
      expect(sumOfCosts([...first.models, ...first.trace.calls].map(({ cost }) => cost))).toBe(first.told)

      const again = await answer(world, question)
      if (fails === undefined) expect([again.trace.searches.map(({ cached }) => cached), again.models, again.embedded]).toEqual([[true], [], 0])
      if (fails === 'rerank') expect([again.models, again.embedded]).toEqual([[], 0])
      if (isKnown) expect(again.told).toBe(again.spent)
      if (fails !== 'embed' && prices.chat !== undefined) expect(again.told).toBe(again.trace.calls.reduce((sum, { cost = Number.NaN }) => sum + cost, 0))
    }),
    { numRuns: 25 },
  )
})

test('an embedder on this machine costs nothing although nobody knows its price; a remote one does not', async () => {
  const prices = { rerank: 0, chat: 0 }
  expect((await answer(worldOf({ prices, where: 'local' }), newQuestion())).told).toBe(0)
  expect((await answer(worldOf({ prices, where: 'remote' }), newQuestion())).told).toBeUndefined()
  expect((await answer(worldOf({ prices: { ...prices, embed: 2 }, where: 'local', tokens: 7 }), newQuestion())).told).toBe(14)
})

test('of an answer that is stopped while it is searched, what was taken by then stands in the ledger and in the trace', async () => {
  const stop = new AbortController()
  const world = worldOf({
    prices: { embed: 1, rerank: 2, chat: 1 },
    tokens: 9,
    rerank: () => {
      stop.abort()
      return new Promise(() => undefined) // it does not listen
    },
  })
  const before = await used()
  await expect(answer(world, newQuestion(), stop.signal)).rejects.toMatchObject({ name: 'AbortError' })
  const spent = (await used()).cost - before.cost
  expect(spent).toBe(9 + 2000)
  expect(kept.map(({ outcome, cost }) => [outcome, cost])).toEqual([['stopped', spent]])
})

test('an evaluation costs what the ledger counts for it, with answers and without', async () => {
  const world = worldOf({ prices: { embed: 3, rerank: 2, chat: 1 }, tokens: 11 })
  const cases = ['Where is leave requested?', 'Who decides on leave?'].map((question) => {
    return { question, answerable: true, documents: ['leave.txt'], pages: [], answer: undefined }
  })
  for (const answers of [false, true]) {
    const before = (await used()).cost
    let told: number | undefined
    const request = { cases, n: 5, answers, settings: [{}] as const, seed: 1 }
    for await (const event of evaluate(world, CALLER, databaseId, request, new AbortController().signal))
      if (event.type === 'evaluation-end') told = event.reports[0]?.cost
    expect(told).toBe((await used()).cost - before)
    expect(told).toBeGreaterThanOrEqual(2 * (33 + 2000) * (answers ? 2 : 1))
  }
})

test('a reply that the provider wrote and withheld costs what it took, told or not; one that it refused nothing', async () => {
  const tokens = fc.option(fc.record({ input_tokens: fc.nat({ max: 100_000 }), output_tokens: fc.nat({ max: 5000 }) }), { nil: undefined })
  await fc.assert(
    fc.asyncProperty(tokens, fc.boolean(), fc.constantFrom('', 'The answer begins '), async (counts, withheld, begun) => {
      const chat: Chat = {
        ...fakeChat(),
        async *write() {
          if (begun !== '') yield { type: 'text', text: begun }
          throw new AppError('model/refused', withheld ? { withheld, ...counts } : { status: 400 })
        },
      }
      const { trace, models, spent } = await answer({ ...worldOf({ prices: { embed: 0, rerank: 0, chat: 2 } }), chat }, newQuestion())
      const [call] = trace.calls
      expect(trace.calls).toHaveLength(1)
      expect([trace.cost, spent]).toEqual([spent, sumOfCosts([...trace.calls, ...models].map(({ cost }) => cost))])
      if (!withheld) expect(call?.usage).toBeUndefined()
      else expect(call?.usage).toEqual(counts === undefined ? undefined : { inputTokens: counts.input_tokens, outputTokens: counts.output_tokens })
      if (withheld && counts !== undefined) expect(spent).toBe(2 * (counts.input_tokens + counts.output_tokens))
      else if (!withheld && begun === '') expect(spent).toBe(0)
      else expect(spent).toBeGreaterThan(0)
    }),
    { numRuns: 40 },
  )
})

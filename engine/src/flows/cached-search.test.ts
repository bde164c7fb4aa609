import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CALLER, storeWorld } from '../../test/store-world.ts'
import { embedders } from '../adapters/embedders.ts'
import { fakeEmbedders } from '../adapters/fake/embedder.ts'
import { memoryCache } from '../adapters/memory/cache.ts'
import { openIndexStore } from '../adapters/sqlite/index-store.ts'
import type { Caller } from '../domain/caller.ts'
import { AppError } from '../domain/errors.ts'
import { canonicalFilter, type Filter } from '../domain/filter.ts'
import { anyFilter } from '../ports/index-samples.contract.ts'
import type { World } from '../ports/world.ts'
import { cachedQueryVector } from './cached-embedding.ts'
import { dropVersion, rollBack, startRebuild } from './rebuild.ts'
import { setMetadata } from './relabel.ts'
import { removeDatabase, removeDocument } from './remove.ts'
import { type SearchRequest, search } from './search.ts'

const never = new AbortController().signal

let stores: ReturnType<typeof storeWorld>
let modelIsDown: boolean
let embedded: { readonly texts: readonly string[]; readonly kind: string }[]
/** As the store has it, without a cache. */
let bare: World

beforeEach(() => {
  modelIsDown = false
  embedded = []
  const fake = fakeEmbedders()
  const open = async (model: string) => {
    const embedder = await fake.open(model, never)
    const embed: typeof embedder.embed = async (texts, kind, signal) => {
      if (modelIsDown) throw new AppError('model/unavailable', { model })
      embedded.push({ texts, kind })
      return embedder.embed(texts, kind, signal)
    }
    return { ...embedder, embed }
  }
  stores = storeWorld({ embedders: embedders({ fake: { ...fake, open } }) })
  bare = { ...stores.world, cache: memoryCache({ maxBytes: 0 }) }
})
afterEach(() => stores.close())

const year = (value: number): Filter => ({ field: 'year', op: 'eq', value })
const bound = (filter: Filter | undefined): Caller => ({ ...CALLER, kind: 'key', id: 'key_1', filter })
const find = (id: string, query: string, more: Partial<SearchRequest> = {}, caller = CALLER, world = stores.world) =>
  search(world, caller, id, { query, n: 5, ...more }, never)

/** What one who asks is told, and whether it was kept. */
async function outcome(world: World, caller: Caller, id: string, request: SearchRequest): Promise<{ readonly told: unknown; readonly cached: boolean }> {
  try {
    const { tookMs: _, cached = false, ...told } = await search(world, caller, id, request, never)
    return { told, cached }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { told: error.code, cached: false }
  }
}

describe('whatever happens to a database', () => {
  const [name, words] = [fc.constantFrom('a.txt', 'b.txt', 'c.txt'), fc.subarray(['leave', 'portal', 'team', 'stone', 'quarry'], { minLength: 1 })]
  const text = fc.array(words, { minLength: 1, maxLength: 3 }).map((parts) => parts.map((part) => `The ${part.join(' ')}.`).join('\n\n'))
  const metadata = fc.record({ year: fc.constantFrom(2020, 2021) })
  const some = fc.constantFrom(undefined, undefined, year(2020), year(2021), { not: year(2020) } as Filter)
  const request = fc.record({
    query: fc.constantFrom('leave portal', 'stone', 'quarry team'),
    n: fc.constantFrom(1, 3, 20),
    filter: some,
    threshold: fc.constantFrom(undefined, 0.5),
    weights: fc.constantFrom(undefined, { dense: 1, lexical: 0 }, { dense: 0, lexical: 1 }),
    version: fc.constantFrom('live', 'live', 'live', 'first'),
    bound: some,
  })
  const command = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('upload' as const), name, text, metadata }) },
    fc.record({ do: fc.constant('label' as const), name, metadata }),
    fc.record({ do: fc.constant('remove' as const), name }),
    fc.record({ do: fc.constant('rebuild' as const), chunkSize: fc.constantFrom(32, 64), model: fc.constantFrom('none', 'fake:8'), waits: fc.boolean() }),
    fc.record({ do: fc.constant('back' as const) }),
    fc.record({ do: fc.constant('drop' as const) }),
    { weight: 3, arbitrary: fc.record({ do: fc.constant('work' as const), jobs: fc.integer({ min: 1, max: 3 }) }) },
    fc.record({ do: fc.constant('weights' as const), dense: fc.constantFrom(0.2, 0.8) }),
    { weight: 8, arbitrary: fc.record({ do: fc.constant('ask' as const), request }) },
  )

  type Command = typeof command extends fc.Arbitrary<infer One> ? One : never

  /** Faults that a history like this meets are part of it. */
  async function apply(one: Exclude<Command, { readonly do: 'ask' }>, id: string): Promise<void> {
    const { world, upload, claim, run, clock } = stores
    const versions = await world.catalog.versions(id)
    const other = versions.find(({ state }) => state === 'built' || state === 'retired')
    try {
      if (one.do === 'upload') await upload(id, one.name, one.text, one.metadata)
      if (one.do === 'label') await setMetadata(world, CALLER, id, (await world.catalog.document('o', id, one.name)).id, one.metadata)
      if (one.do === 'remove') await removeDocument(world, CALLER, id, one.name)
      if (one.do === 'rebuild') await startRebuild(world, CALLER, id, one, never)
      if (one.do === 'back' && other !== undefined) await rollBack(world, CALLER, id, other.id)
      if (one.do === 'drop' && other !== undefined) await dropVersion(world, CALLER, id, other.id)
      if (one.do === 'weights') await world.catalog.updateDatabase('o', id, { weights: { dense: one.dense, lexical: 1 - one.dense } })
      if (one.do !== 'work') return
      clock.now += 5000
      for (let left = one.jobs; left > 0; left -= 1) {
        const job = await claim()
        if (job !== undefined) await run(job)
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
    }
  }

  test('it answers with a cache exactly as without one, in every process, to every caller', { timeout: 120_000 }, async () => {
    // Another process over the same files and the same cache; the first one writes.
    const second = openIndexStore({ folder: join(stores.folder, 'databases'), threads: 0 })
    const worlds = [stores.world, { ...stores.world, chunks: second.chunks, vectors: second.vectors }]
    let hits = 0
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(undefined, 'fake:8'), fc.array(command, { minLength: 20, maxLength: 40, size: 'max' }), async (model, history) => {
        const { id, liveVersionId } = await stores.make(`db-${Math.random()}`, model)
        for (const one of history) {
          if (one.do !== 'ask') {
            await apply(one, id)
            continue
          }
          const { version, bound: own, ...rest } = one.request
          const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as Omit<SearchRequest, 'versionId'>
          const asked: SearchRequest = version === 'first' ? { ...given, versionId: liveVersionId } : given
          const caller = bound(own)
          const expected = (await outcome(bare, caller, id, asked)).told
          for (const world of [...worlds, ...worlds]) {
            const { told, cached } = await outcome(world, caller, id, asked)
            expect(told).toStrictEqual(expected)
            if (cached) hits += 1
          }
        }
        await stores.runAll()
      }),
      { numRuns: 8 },
    )
    expect(hits).toBeGreaterThan(50)
    await second.chunks.close()
  })
})

describe('what was found', () => {
  async function filled(model?: string) {
    const { id } = await stores.make('handbook', model)
    await stores.upload(id, 'old.txt', 'Leave is asked for by letter.', { year: 2020 })
    await stores.upload(id, 'new.txt', 'Leave is asked for in the portal.', { year: 2021 })
    await stores.runAll()
    return id
  }

  test.each([undefined, 'fake:8'])('is kept with everything that was told of it (%s)', async (model) => {
    const id = await filled(model)
    const { tookMs: _, ...first } = await find(id, 'leave')
    const { tookMs: __, cached, ...again } = await find(id, 'leave')
    expect(cached).toBe(true)
    expect(again).toStrictEqual(first)
    for (const more of [{ n: 4 }, { threshold: 0.9 }, { weights: { dense: 0, lexical: 1 } }, { filter: year(2020) }, { query: 'Leave' }]) {
      expect((await find(id, 'leave', more)).cached, JSON.stringify(more)).toBeUndefined()
    }
    expect((await find(id, 'leave')).cached).toBe(true)
  })

  test('is for those alone who may see the same', async () => {
    const id = await filled()
    const namesFor = async (caller: Caller, more: Partial<SearchRequest> = {}) => (await find(id, 'leave', more, caller)).passages.map((one) => one.name)
    expect((await namesFor(CALLER)).sort()).toEqual(['new.txt', 'old.txt'])
    for (let round = 0; round < 2; round += 1) {
      expect(await namesFor(bound(year(2020)))).toEqual(['old.txt'])
      expect(await namesFor(bound(year(2021)))).toEqual(['new.txt'])
      expect(await namesFor(bound(year(2020)), { filter: year(2021) })).toEqual([])
    }
    expect((await find(id, 'leave', {}, bound(year(2020)))).cached).toBe(true)
    const stranger = find(id, 'leave', {}, { ...CALLER, id: 'x', accountId: 'x', ownerId: 'x' })
    await expect(stranger).rejects.toMatchObject({ code: 'database/not-found' })
  })

  test('is gone with its document, and with its database, at once', async () => {
    const id = await filled()
    for (let round = 0; round < 2; round += 1) expect((await find(id, 'leave')).passages).toHaveLength(2)
    await removeDocument(stores.world, CALLER, id, 'old.txt')
    const { passages, cached } = await find(id, 'leave')
    expect([passages.map((one) => one.name), cached]).toEqual([['new.txt'], undefined])
    await removeDatabase(stores.world, CALLER, id)
    await expect(find(id, 'leave')).rejects.toMatchObject({ code: 'database/not-found' })
  })

  test('in the middle of a change is not served after it', async () => {
    const id = await filled()
    const { world } = stores
    let isFirst = true
    const chunks = {
      ...world.chunks,
      async get(...given: Parameters<typeof world.chunks.get>) {
        const found = await world.chunks.get(...given)
        if (isFirst) {
          isFirst = false
          await setMetadata(world, CALLER, id, (await world.catalog.document('o', id, 'old.txt')).id, { year: 1999 })
        }
        return found
      },
    }
    const caught = await find(id, 'leave', {}, CALLER, { ...world, chunks })
    expect(caught.passages.map(({ metadata }) => metadata.year)).toContain(2020)
    const { passages, cached } = await find(id, 'leave')
    expect([passages.map(({ metadata }) => metadata.year).sort(), cached]).toEqual([[1999, 2021], undefined])
  })

  test('is for one reranker, also when another one was chosen in the middle of a search', async () => {
    const id = await filled()
    let name = 'fake:forwards'
    let change = () => undefined as unknown
    const rerank = async (_: string, texts: readonly string[]) => texts.map((text) => (text.includes('portal') === (name === 'fake:forwards') ? 1 : 0))
    const current = async () => ({ name, rerank })
    const world: World = { ...stores.world, rerankers: { current, open: current } }
    const order = async () => (await find(id, 'leave', {}, CALLER, world)).passages.map((one) => one.name)
    expect([await order(), await order()]).toEqual([
      ['new.txt', 'old.txt'],
      ['new.txt', 'old.txt'],
    ])
    name = 'fake:backwards'
    expect(await order()).toEqual(['old.txt', 'new.txt'])
    const found = world.chunks.searchLexical
    const slow: World = {
      ...world,
      chunks: {
        ...world.chunks,
        async searchLexical(...given) {
          change()
          return found(...given)
        },
      },
    }
    name = 'fake:forwards'
    change = () => {
      name = 'fake:backwards'
    }
    await find(id, 'leave', { n: 4 }, CALLER, slow)
    name = 'fake:forwards'
    expect((await find(id, 'leave', { n: 4 }, CALLER, world)).passages[0]?.name).toBe('new.txt')
  })

  test('without the model is not kept, and its vector is asked for again', async () => {
    const id = await filled('fake:8')
    modelIsDown = true
    expect((await find(id, 'leave')).degraded).toBeDefined()
    modelIsDown = false
    const { degraded, cached, passages } = await find(id, 'leave')
    expect([degraded, cached, passages[0]?.explanation.dense]).toEqual([undefined, undefined, expect.anything()])
  })

  test('is believed only where it was kept: whatever else stands there is not served', async () => {
    const id = await filled()
    const other = await stores.make('other')
    await stores.upload(other.id, 'secret.txt', 'Leave a secret.')
    await stores.runAll()
    const { cache } = stores.world
    const keys: string[] = []
    const get = (key: string) => {
      keys.push(key)
      return cache.get(key)
    }
    const spied: World = { ...stores.world, cache: { ...cache, get } }
    await find(other.id, 'leave', {}, CALLER, spied)
    const expected = (await find(id, 'leave', {}, CALLER, spied)).passages
    await find(id, 'portal', {}, CALLER, spied)
    const [theirs = '', own = '', elsewhere = ''] = keys.filter((key) => key.startsWith('found:'))
    const [foreign = '', another = ''] = await Promise.all([cache.get(theirs), cache.get(elsewhere)])
    expect(another).toContain('portal')
    expect(foreign).toContain('secret')
    const forged = ['', 'null', '{}', '[]', '{"passages":[]}', foreign, another, foreign.replaceAll(theirs, own), `{"key":"${own}","passages":[null]}`]
    for (const text of forged) {
      await cache.set(own, text, 60_000)
      const { passages, cached } = await find(id, 'leave')
      expect([passages, cached], text).toStrictEqual([expected, undefined])
    }
  })
})

describe('the vector of a question', () => {
  const questions = () => embedded.filter(({ kind }) => kind === 'query').length

  test('is made once for each model and text, never for passages, and kept exactly', async () => {
    const { id } = await stores.make('handbook', 'fake:8')
    const wide = await stores.make('wide', 'fake:16')
    for (const one of [id, wide.id]) await stores.upload(one, 'a.txt', 'leave')
    await stores.runAll()
    const scores = []
    for (const n of [1, 2, 3]) scores.push((await find(id, 'leave', { n })).passages[0]?.explanation.dense?.score)
    expect([questions(), new Set(scores).size]).toEqual([1, 1])
    await find(wide.id, 'leave')
    await find(id, 'leave', { query: 'leave ' })
    expect(questions()).toBe(3)
    // The passage holds the same text as the question; it was asked for as a passage.
    expect(embedded.filter(({ kind }) => kind === 'passage')).toHaveLength(2)
  })

  test('of another length, or no numbers at all, is not searched with', async () => {
    const { id } = await stores.make('handbook', 'fake:8')
    await stores.upload(id, 'a.txt', 'leave')
    await stores.runAll()
    const { cache } = stores.world
    const bytesOf = (values: readonly number[]) => Buffer.from(new Float32Array(values).buffer).toString('base64')
    const wrong = [
      '',
      'not base64 at all!',
      bytesOf([1, 2, 3]),
      bytesOf(Array(9).fill(1)),
      bytesOf([...Array(7).fill(1), Number.NaN]),
      bytesOf(Array(8).fill(0)),
    ]
    for (const [index, value] of wrong.entries()) {
      const poisoned: World = { ...stores.world, cache: { ...cache, get: async (key) => (key.startsWith('query-vector:') ? value : undefined) } }
      const { degraded, passages } = await find(id, 'leave', { n: 1 + index }, CALLER, poisoned)
      expect([degraded, passages[0]?.explanation.dense?.score]).toEqual([undefined, expect.closeTo(1, 5)])
    }
    expect(questions()).toBe(wrong.length)
  })
})

test('models with as many dimensions do not share their vectors', async () => {
  const make = (value: number) => async () => new Float32Array([value])
  const text = 'a question'
  for (const [model, value] of [
    ['a:x', 1],
    ['b:x', 2],
    ['a:x', 1],
  ] as const) {
    expect(await cachedQueryVector(stores.world, { model, dimensions: 1, text }, make(value))).toEqual(new Float32Array([value]))
  }
})

test('a model of the same name at another address has vectors of its own', async () => {
  const make = (value: number) => async () => new Float32Array([value])
  const question = { model: 'ollama:x', dimensions: 1, text: 'a question' }
  for (const [address, value] of [
    ['http://one.test', 1],
    ['http://two.test', 2],
    ['http://one.test', 1],
  ] as const) {
    await stores.world.modelChoices.change({ values: { OLLAMA_URL: address } })
    expect(await cachedQueryVector(stores.world, question, make(value))).toEqual(new Float32Array([value]))
  }
})

test('filters have the same text when they are written the same, and otherwise another', () => {
  fc.assert(
    fc.property(anyFilter, anyFilter, (one, two) => {
      expect(canonicalFilter(shuffled(one))).toBe(canonicalFilter(one))
      expect(canonicalFilter(one) === canonicalFilter(two)).toBe(JSON.stringify(sorted(one)) === JSON.stringify(sorted(two)))
    }),
  )
})

/** The members of each object in the opposite order. */
function shuffled(filter: Filter): Filter {
  return JSON.parse(JSON.stringify(filter), (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).reverse()) : value,
  )
}

function sorted(filter: Filter): unknown {
  return JSON.parse(JSON.stringify(filter), (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort()) : value,
  )
}

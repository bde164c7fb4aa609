import { afterEach, beforeEach, expect, test } from 'vitest'
import { CALLER, storeWorld } from '../../test/store-world.ts'
import { modelPrices } from '../adapters/prices.ts'
import { estimateRebuild } from './estimate.ts'
import { refOf } from './index-document.ts'
import { startRebuild } from './rebuild.ts'

const never = new AbortController().signal
let stores: ReturnType<typeof storeWorld>
beforeEach(() => {
  stores = storeWorld({ prices: modelPrices({ 'fake:16': { input: 2, output: 0 } }) })
})
afterEach(() => stores.close())

const text = (name: string, paragraphs: number) =>
  Array.from({ length: paragraphs }, (_, index) => `Paragraph ${index} of ${name}. The river carries gravel and sand to the sea, and the ferry waits.`).join(
    '\n\n',
  )

async function filled(model?: string): Promise<string> {
  const { id } = await stores.make('handbook', model)
  for (const [index, name] of ['one', 'two', 'three', 'four'].entries()) await stores.upload(id, `${name}.txt`, text(name, 12 + 6 * index))
  await stores.runAll()
  return id
}
const estimate = (id: string, change: Parameters<typeof estimateRebuild>[3]) => estimateRebuild(stores.world, CALLER, id, change, never)

test.each([
  ['none', {}],
  ['none', { chunkSize: 128 }],
  ['none', { chunkSize: 256, chunkOverlap: 64 }],
  ['none', { chunkSize: 32 }],
  ['none', { model: 'fake:8' }],
  ['fake:8', { model: 'fake:16', chunkSize: 96 }],
] as const)('what is estimated for %s and %j is about what it takes', async (model, change) => {
  const id = await filled(model === 'none' ? undefined : model)
  const told = await estimate(id, change)
  const before = await embedded()
  const { version } = await startRebuild(stores.world, CALLER, id, { ...change, waits: true }, never)
  await stores.runAll()
  const made = await stores.world.catalog.coverage(id, version.id)
  expect(told).toMatchObject({ settings: version.settings, documents: made.documents, where: 'local' })
  const within = (share: number, one: number, other: number) => expect(Math.abs(one - other), `${one} for ${other}`).toBeLessThanOrEqual(share * other + 1)
  within(0.4, told.chunks, made.chunks)
  within(0.35, told.tokensToEmbed, (await embedded()) - before)
  const stats = await stores.world.chunks.stats(refOf(version))
  expect(told.bytes).toBeGreaterThan(stats.bytes / 5)
  expect(told.bytes).toBeLessThan(stats.bytes * 5)
})

async function embedded(): Promise<number> {
  await stores.world.ledger.flush()
  const { embeddedTokens } = await stores.world.ledger.used({}, '2000-01-01')
  return embeddedTokens
}

test('vectors that are there are told, where that is known, and cost nothing', async () => {
  const id = await filled('fake:16')
  const { chunks } = await stores.world.catalog.summary(id)
  expect(await estimate(id, {})).toMatchObject({ chunks, reusedChunks: chunks, tokensToEmbed: 0, cost: 0 })
  const other = await estimate(id, { chunkSize: 128 })
  expect(other).toMatchObject({ reusedChunks: undefined, cost: other.tokensToEmbed * 2 })
  const first = await estimate(id, { model: 'fake:8' })
  expect(first).toMatchObject({ reusedChunks: 0, cost: undefined })
  expect(first.tokensToEmbed).toBeGreaterThan(0)
  await startRebuild(stores.world, CALLER, id, { model: 'fake:8', waits: true }, never)
  await stores.runAll()
  expect(await estimate(id, { model: 'fake:8' })).toMatchObject({ reusedChunks: chunks, tokensToEmbed: 0, cost: 0 }) // another version holds them
  expect(await estimate(id, { model: 'none' })).toMatchObject({ reusedChunks: 0, tokensToEmbed: 0, cost: 0 })
})

test('how long it takes is told once this server has done such work', async () => {
  const { id } = await stores.make('handbook')
  expect(await estimate(id, {})).toMatchObject({ documents: 0, chunks: 0, bytes: 0, seconds: 0 })
  await stores.upload(id, 'one.txt', text('one', 12))
  await stores.runAll()
  expect((await estimate(id, {})).seconds).toBeGreaterThan(0)
  expect((await estimate(id, { model: 'fake:8' })).seconds).toBeUndefined()
  await stores.world.queue.noteSpeed('embed fake:8', 10, 1000)
  const { tokensToEmbed, seconds } = await estimate(id, { model: 'fake:8' })
  expect(seconds).toBeGreaterThan(tokensToEmbed / 10)
})

test('what cannot be built is not estimated', async () => {
  const { id } = await stores.make('handbook')
  await expect(estimate(id, { model: 'fake:no' })).rejects.toMatchObject({ code: 'model/unknown' })
  await expect(estimate(id, { chunkSize: 64, chunkOverlap: 40 })).rejects.toMatchObject({ code: 'request/invalid' })
  await expect(estimate('db_none', {})).rejects.toMatchObject({ code: 'database/not-found' })
})

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CALLER, storeWorld } from '../../test/store-world.ts'
import { AppError } from '../domain/errors.ts'
import { rollBack, startRebuild } from './rebuild.ts'
import { setMetadata } from './relabel.ts'
import { removeDatabase, removeDocument } from './remove.ts'
import { search } from './search.ts'

// What API and worker do to the same document or database at the same time, in the orders that hurt.

const never = new AbortController().signal
type Stores = ReturnType<typeof storeWorld>
let stores: Stores
let reached: (place: string) => void

beforeEach(() => {
  reached = () => undefined
  stores = storeWorld({ reach: (place) => reached(place) })
})
afterEach(() => stores.close())

/** Does `work` when the place is reached for the first time. The stores are synchronous: it is done before the flow goes on. */
function at(wanted: string, work: () => Promise<unknown>): { done(): Promise<unknown> } {
  let running: Promise<unknown> | undefined
  reached = (place) => {
    if (place === wanted) running ??= work()
  }
  return { done: () => running ?? Promise.reject(new Error(`${wanted} was never reached`)) }
}

const year = (value: number) => ({ field: 'year', op: 'eq', value }) as const

describe('a document that is replaced in the middle of a search', () => {
  test.each([1, 2])('is found in its new revision, not lost between the two (%i replacements)', async (replacements) => {
    const { world } = stores
    const { id } = await stores.make()
    await stores.upload(id, 'rules.txt', 'Helmets are orange in the northern pit.')
    await stores.runAll()
    let left = replacements
    const chunks = {
      ...world.chunks,
      async get(...given: Parameters<typeof world.chunks.get>) {
        if (left > 0) {
          left--
          await stores.upload(id, 'rules.txt', `Helmets are violet in pit ${left}.`)
          await stores.runAll()
        }
        return world.chunks.get(...given)
      },
    }
    const { passages } = await search({ ...world, chunks }, CALLER, id, { query: 'helmets', n: 1 }, never)
    expect([left, passages.map(({ text }) => text)]).toEqual([0, ['Helmets are violet in pit 0.']])
  })
})

describe('a version that is waiting to be built', () => {
  test.each(['none', 'fake:8'])('does not stand in the way of deleting and labelling (%s)', async (model) => {
    const { world } = stores
    const { id } = await stores.make('handbook', model === 'none' ? undefined : model)
    const { document } = await stores.upload(id, 'leave.txt', 'Leave is requested in the portal.', { year: 2020 })
    const { document: other } = await stores.upload(id, 'travel.txt', 'Trains are booked by the travel desk.')
    await stores.runAll()
    await startRebuild(world, CALLER, id, { chunkSize: 128 }, never)
    await setMetadata(world, CALLER, id, document.id, { year: 2024 })
    await removeDocument(world, CALLER, id, other.id)
    expect(await stores.find(id, 'leave portal', year(2024))).toHaveLength(1)
    expect((await stores.find(id, 'trains travel desk')).join()).not.toContain('Trains')
    await stores.runAll()
    expect((await world.catalog.versions(id)).map(({ state }) => state)).toEqual(['retired', 'live'])
    expect(await stores.find(id, 'leave portal', year(2024))).toHaveLength(1)
    expect((await stores.find(id, 'trains travel desk')).join()).not.toContain('Trains')
  })

  test('does not stand in the way of failing, cancelling and unpacking', async () => {
    const { world } = stores
    const { id } = await stores.make()
    await stores.upload(id, 'a.zip', 'Once a document of its own about leave.')
    await stores.runAll()
    await startRebuild(world, CALLER, id, { chunkSize: 128 }, never)
    const broken = await stores.upload(id, 'broken.txt', '!')
    const archive = await stores.upload(id, 'a.zip', 'zip:leave.txt=Leave is requested in the portal.')
    const cancelled = await stores.upload(id, 'long.txt', 'Long story.')
    const stop = new AbortController()
    for (let job = await stores.claim(); job !== undefined; job = await stores.claim()) {
      if (job.kind === 'switch') await world.queue.retryLater(job.id, 'worker', new AppError('store/full').body(), stores.clock.now + 1_000_000)
      else if (job.id === cancelled.job?.id) {
        stop.abort(new AppError('job/cancelled'))
        await stores.run(job, stop.signal)
      } else await stores.run(job)
    }
    const stateOf = async (documentId: string) => (await world.catalog.documentById(documentId))?.state
    expect(await stateOf(broken.document.id)).toBe('failed')
    expect(await stateOf(cancelled.document.id)).toBe('failed')
    expect(await stateOf(archive.document.id)).toBe('archive')
    expect((await world.queue.jobs('o', { limit: 100, state: 'running' })).items).toEqual([])
    expect(await stores.find(id, 'leave portal')).toHaveLength(1)
  })
})

describe('a rebuild', () => {
  test('has the labels that were given while it ran', async () => {
    const { world } = stores
    const { id } = await stores.make()
    const uploads = await Promise.all(['one', 'two', 'three'].map((name) => stores.upload(id, `${name}.txt`, `Leave ${name}.`, { year: 2020 })))
    await stores.runAll()
    await startRebuild(world, CALLER, id, { chunkSize: 128 }, never)
    const labels = at('ingest/before-publish', () => Promise.all(uploads.map(({ document }) => setMetadata(world, CALLER, id, document.id, { year: 2024 }))))
    await stores.runAll()
    await labels.done()
    expect(await stores.find(id, 'leave', year(2024))).toHaveLength(3)
    expect(await stores.find(id, 'leave', year(2020))).toEqual([])
  })

  test('lacks what was deleted while it ran, and has what was replaced', async () => {
    const { world } = stores
    const { id } = await stores.make()
    const uploads = await Promise.all(['one', 'two', 'three'].map((name) => stores.upload(id, `${name}.txt`, `Leave ${name}.`)))
    await stores.runAll()
    await startRebuild(world, CALLER, id, { chunkSize: 128 }, never)
    const change = at('ingest/before-publish', async () => {
      for (const { document } of uploads.slice(1)) await removeDocument(world, CALLER, id, document.id)
      await stores.upload(id, 'one.txt', 'Leave anew.')
      await stores.upload(id, 'two.txt', 'Leave again.')
    })
    await stores.runAll()
    await change.done()
    await stores.runAll()
    expect((await stores.find(id, 'leave')).sort()).toEqual(['Leave again.', 'Leave anew.'])
  })

  test('that goes back and is cancelled keeps the version it was going back to', async () => {
    const { world } = stores
    const { id } = await stores.make()
    await stores.upload(id, 'leave.txt', 'Leave is requested in the portal.')
    await stores.runAll()
    await startRebuild(world, CALLER, id, { chunkSize: 128 }, never)
    await stores.runAll()
    const [first] = await world.catalog.versions(id)
    await rollBack(world, CALLER, id, first?.id ?? '')
    const job = await stores.claim()
    const stop = new AbortController()
    stop.abort(new AppError('job/cancelled'))
    if (job !== undefined) await stores.run(job, stop.signal)
    expect((await world.catalog.versions(id)).map(({ state }) => state)).toEqual(['retired', 'live'])
    await rollBack(world, CALLER, id, first?.id ?? '')
    await stores.runAll()
    expect((await world.catalog.versions(id)).map(({ state }) => state)).toEqual(['live', 'retired'])
    expect(await stores.find(id, 'leave portal')).toHaveLength(1)
  })

  test('that is cancelled between two attempts leaves no files', async () => {
    const { world } = stores
    const { id } = await stores.make()
    await startRebuild(world, CALLER, id, { chunkSize: 128 }, never)
    const job = await stores.claim()
    if (job?.versionId === undefined) throw new Error('no switch job')
    reached = (place) => {
      if (place === 'switch/before') throw new AppError('store/full')
    }
    await stores.run(job)
    reached = () => undefined
    await world.queue.requestCancel('o', job.id)
    await stores.runAll()
    const left = () => readdirSync(join(stores.folder, 'databases'), { recursive: true, encoding: 'utf8' }).filter((name) => name.includes(job.versionId ?? ''))
    await removeDatabase(world, CALLER, id)
    await stores.runAll()
    expect(left()).toEqual([])
    expect(existsSync(join(stores.folder, 'databases', id))).toBe(false)
  })
})

describe('an update', () => {
  test('of an archive brings its labels to the entries that stay as they were', async () => {
    const { id } = await stores.make()
    await stores.upload(id, 'a.zip', 'zip:leave.txt=Leave is requested in the portal.\nb.txt=Trains.', { year: 2020 })
    await stores.runAll()
    await stores.upload(id, 'a.zip', 'zip:leave.txt=Leave is requested in the portal.\nb.txt=Buses.', { year: 2024 })
    await stores.runAll()
    expect(await stores.find(id, 'leave portal', year(2024))).toHaveLength(1)
    expect(await stores.find(id, 'leave portal', year(2020))).toEqual([])
    await stores.upload(id, 'a.zip', 'zip:leave.txt=Leave is requested in the portal.\nb.txt=Buses.', { year: 2026 })
    await stores.runAll()
    expect(await stores.find(id, 'leave portal', year(2026))).toHaveLength(1)
    expect((await stores.upload(id, 'a.zip', 'zip:leave.txt=Leave is requested in the portal.\nb.txt=Buses.', { year: 2026 })).outcome).toBe('unchanged')
  })
})

test('an entry that is deleted while an update of its archive drops it does not fail the archive', async () => {
  const { world } = stores
  const { id } = await stores.make()
  await stores.upload(id, 'a.zip', 'zip:leave.txt=Leave is requested in the portal.\nb.txt=Trains.')
  await stores.runAll()
  const { document } = await stores.upload(id, 'a.zip', 'zip:leave.txt=Leave is requested in the portal.')
  const listed = world.catalog.entries
  vi.spyOn(world.catalog, 'entries').mockImplementationOnce(async (archiveId) => {
    const entries = await listed(archiveId)
    for (const { name, id: entry } of entries) if (name === 'b.txt') await removeDocument(world, CALLER, id, entry)
    return entries
  })
  await stores.runAll()
  expect(await world.catalog.documentById(document.id)).toMatchObject({ state: 'archive' })
  expect(await stores.find(id, 'trains')).toEqual([])
})

test('an archive that is deleted while it is unpacked ends quietly', async () => {
  const { world } = stores
  const { id } = await stores.make()
  const { document, job } = await stores.upload(id, 'a.zip', 'zip:leave.txt=Leave is requested in the portal.\nb.txt=Trains.')
  const accept = world.catalog.acceptUpload
  vi.spyOn(world.catalog, 'acceptUpload').mockImplementationOnce(async (input) => {
    await removeDocument(world, CALLER, id, document.id)
    return accept(input)
  })
  await stores.runAll()
  expect((await world.queue.job('o', job?.id ?? '')).state).toBe('done')
  expect(await stores.find(id, 'leave')).toEqual([])
})

test('an update that fails leaves the revision before it, found by the labels that are shown', async () => {
  const { id } = await stores.make()
  await stores.upload(id, 'leave.txt', 'Leave is requested in the portal.', { year: 2020 })
  await stores.runAll()
  const { document } = await stores.upload(id, 'leave.txt', '!', { year: 2024 })
  await stores.runAll()
  expect(await stores.world.catalog.documentById(document.id)).toMatchObject({ state: 'failed', liveRevision: 1, metadata: { year: 2024 } })
  expect(await stores.find(id, 'leave portal', year(2024))).toHaveLength(1)
  expect(await stores.find(id, 'leave portal', year(2020))).toEqual([])
})

describe('a purge', () => {
  test('is done when the store works again, however often it failed before', async () => {
    const { world, clock } = stores
    const { id } = await stores.make()
    const { document } = await stores.upload(id, 'leave.txt', 'Leave.')
    await stores.runAll()
    await removeDocument(world, CALLER, id, document.id)
    reached = (place) => {
      if (place === 'remove/indexes-purged') throw new AppError('store/unavailable')
    }
    for (let attempt = 0; attempt < 20; attempt += 1) {
      await stores.runAll()
      clock.now += 3_600_000
    }
    reached = () => undefined
    await stores.runAll()
    expect(await world.catalog.documentById(document.id)).toBeUndefined()
  })
})

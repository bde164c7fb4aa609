import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CALLER, storeWorld } from '../../test/store-world.ts'
import { embedders } from '../adapters/embedders.ts'
import { fakeEmbedders } from '../adapters/fake/embedder.ts'
import { AppError } from '../domain/errors.ts'
import { dropVersion, rollBack, startRebuild } from './rebuild.ts'
import { setMetadata } from './relabel.ts'
import { removeDatabase, removeDocument } from './remove.ts'
import { search } from './search.ts'

// A version that was built to wait beside the live one: what happens meanwhile, and what it holds when it is switched to.

const never = new AbortController().signal
type Stores = ReturnType<typeof storeWorld>
let stores: Stores
let reached: (place: string) => void
let modelIsDown: boolean
let whileEmbedding: () => Promise<unknown>

beforeEach(() => {
  reached = () => undefined
  modelIsDown = false
  whileEmbedding = async () => undefined
  const fake = fakeEmbedders()
  const open = async (model: string) => {
    const embedder = await fake.open(model, never)
    const embed: typeof embedder.embed = async (...asked) => {
      if (modelIsDown) throw new AppError('model/refused', { model })
      await whileEmbedding()
      return embedder.embed(...asked)
    }
    return { ...embedder, embed }
  }
  stores = storeWorld({ reach: (place) => reached(place), embedders: embedders({ fake: { ...fake, open } }) })
})
afterEach(() => stores.close())

const year = (value: number) => ({ field: 'year', op: 'eq', value }) as const
const statesOf = async (id: string) => (await stores.world.catalog.versions(id)).map(({ state }) => state)
const code = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  )

const filesOf = (versionId: string) =>
  readdirSync(join(stores.folder, 'databases'), { recursive: true, encoding: 'utf8' }).filter((name) => name.includes(versionId))

async function texts(id: string, query: string, more: Partial<Parameters<typeof search>[3]> = {}): Promise<string[]> {
  const { passages } = await search(stores.world, CALLER, id, { query, n: 100, ...more }, never)
  return passages.map(({ text }) => text).sort()
}

/** All that is to be done, and after it what waits to bring a version up to date. */
async function runAll(): Promise<void> {
  await stores.runAll()
  stores.clock.now += 5000
  await stores.runAll()
}

/** A database with a version of another chunk size that waits. */
async function waiting(model?: string, change: Parameters<typeof startRebuild>[3] = { chunkSize: 128 }) {
  const { id, liveVersionId } = await stores.make('handbook', model)
  for (const name of ['one', 'two', 'three']) await stores.upload(id, `${name}.txt`, `Leave ${name}.`, { year: 2020 })
  await runAll()
  const { version } = await startRebuild(stores.world, CALLER, id, { ...change, waits: true }, never)
  await runAll()
  expect(await statesOf(id)).toEqual(['live', 'built'])
  return { id, first: liveVersionId, second: version.id }
}

describe('a version that waits', () => {
  test.each([
    ['none', 'fake:8'],
    ['fake:8', 'fake:8'],
  ])('is kept up to date, answers for itself, and is switched to and back (%s beside %s)', async (model, other) => {
    const { id, first, second } = await waiting(model === 'none' ? undefined : model, { model: other, chunkSize: 128 })
    const { world } = stores
    expect(await texts(id, 'leave', { versionId: second })).toEqual(['Leave one.', 'Leave three.', 'Leave two.'])
    await stores.upload(id, 'one.txt', 'Leave anew.', { year: 2024 })
    await stores.upload(id, 'four.txt', 'Leave four.', { year: 2024 })
    await removeDocument(world, CALLER, id, 'two.txt')
    expect(await texts(id, 'leave', { versionId: second })).not.toContain('Leave two.') // before any job has run
    await runAll()
    const labelled = await world.catalog.document('o', id, 'three.txt')
    await setMetadata(world, CALLER, id, labelled.id, { year: 2026 })
    const now = ['Leave anew.', 'Leave four.', 'Leave three.']
    for (const versionId of [first, second]) {
      expect(await texts(id, 'leave', { versionId })).toEqual(now)
      expect(await texts(id, 'leave', { versionId, filter: year(2026) })).toEqual(['Leave three.'])
    }
    expect(await statesOf(id)).toEqual(['live', 'built'])
    await rollBack(world, CALLER, id, second)
    await runAll()
    expect(await statesOf(id)).toEqual(['retired', 'live'])
    expect(await texts(id, 'leave')).toEqual(now)
    await stores.upload(id, 'five.txt', 'Leave five.')
    await removeDocument(world, CALLER, id, 'four.txt')
    await rollBack(world, CALLER, id, first)
    await runAll()
    expect(await statesOf(id)).toEqual(['live', 'retired'])
    expect(await texts(id, 'leave')).toEqual(['Leave anew.', 'Leave five.', 'Leave three.'])
  })

  test('takes an archive for what it is, and nothing of the document that it was', async () => {
    const { id, second } = await waiting()
    await stores.upload(id, 'one.txt', 'zip:a.txt=Leave in an archive.\nb.txt=Trains.')
    await runAll()
    expect(await texts(id, 'leave', { versionId: second })).toEqual(['Leave in an archive.', 'Leave three.', 'Leave two.'])
  })

  test('does not fail what the live version took when it cannot take it itself, and takes it later', async () => {
    const { id, second } = await waiting(undefined, { model: 'fake:8' })
    modelIsDown = true
    const { document } = await stores.upload(id, 'four.txt', 'Leave four.')
    await runAll()
    expect(await stores.world.catalog.documentById(document.id)).toMatchObject({ state: 'ready', error: undefined })
    expect(await texts(id, 'four')).toContain('Leave four.')
    expect(await statesOf(id)).toEqual(['live', 'built'])
    expect(await stores.world.catalog.coverage(id, second)).toMatchObject({ documents: 3 })
    modelIsDown = false
    await rollBack(stores.world, CALLER, id, second)
    await runAll()
    expect(await statesOf(id)).toEqual(['retired', 'live'])
    expect(await texts(id, 'four')).toContain('Leave four.')
  })

  test('of which the switch is cancelled waits on, with what came meanwhile', async () => {
    const { id, second } = await waiting()
    const job = await rollBack(stores.world, CALLER, id, second)
    await stores.upload(id, 'four.txt', 'Leave four.')
    const stop = new AbortController()
    stop.abort(new AppError('job/cancelled'))
    for (let next = await stores.claim(); next !== undefined; next = await stores.claim()) await stores.run(next, next.id === job.id ? stop.signal : never)
    await runAll()
    expect(await statesOf(id)).toEqual(['live', 'built'])
    expect(await texts(id, 'four', { versionId: second })).toContain('Leave four.')
  })
})

test('a batch of uploads brings a version that waits up to date in one go, and is not looked through for leftovers again', async () => {
  const { id, second } = await waiting()
  const looked = vi.spyOn(stores.world.catalog, 'droppedVersions')
  for (const name of ['four', 'five', 'six']) {
    await stores.upload(id, `${name}.txt`, `Leave ${name}.`)
    await stores.runAll()
  }
  await runAll()
  const { items } = await stores.world.queue.jobs('o', { limit: 100 })
  expect(items.filter(({ kind }) => kind === 'build')).toHaveLength(2)
  expect(looked).not.toHaveBeenCalled()
  expect(await texts(id, 'leave', { versionId: second })).toHaveLength(6)
})

describe('a build that is killed', () => {
  test.each([true, false])('while it is given up is not begun anew (waits: %s)', async (waits) => {
    const { id, liveVersionId: first } = await stores.make()
    for (const name of ['one', 'two']) await stores.upload(id, `${name}.txt`, `Leave ${name}.`)
    await runAll()
    const { version, job } = await startRebuild(stores.world, CALLER, id, { chunkSize: 128, waits }, never)
    const stop = new AbortController()
    let [done, killed] = [0, 0]
    reached = (place) => {
      if (place === 'switch/document' && ++done === 2) stop.abort(new AppError('job/cancelled')) // all of it is published
      if (place === 'switch/abandoned' && killed++ === 0) throw new AppError('store/unavailable')
    }
    const begun = await stores.claim()
    expect(begun?.id).toBe(job.id)
    if (begun !== undefined) expect(await code(stores.run(begun, stop.signal))).toBe('store/unavailable')
    stores.clock.now += 40_000 // its lease ends
    await runAll()
    expect(killed).toBe(2)
    expect((await stores.world.queue.job('o', job.id)).state).toBe('failed')
    expect((await stores.world.catalog.database('o', id)).liveVersionId).toBe(first)
    expect(await statesOf(id)).toEqual(['live'])
    expect(filesOf(version.id)).toEqual([])
    expect(await texts(id, 'leave')).toEqual(['Leave one.', 'Leave two.'])
  })

  test.each(['build/before', 'build/after', 'ingest/published'])('at %s goes on', async (place) => {
    const { id, liveVersionId: first } = await stores.make()
    for (const name of ['one', 'two']) await stores.upload(id, `${name}.txt`, `Leave ${name}.`)
    await runAll()
    const { version } = await startRebuild(stores.world, CALLER, id, { chunkSize: 128, waits: true }, never)
    const killAt = () => {
      let killed = 0
      reached = (here) => {
        if (here === place && killed++ === 0) throw new AppError('store/unavailable') // as a kill does: the job is claimed again
      }
    }
    const all = async () => {
      killAt()
      await stores.runAll()
      stores.clock.now += 10_000
      await runAll()
    }
    await all()
    expect(await statesOf(id)).toEqual(['live', 'built'])
    await stores.upload(id, 'two.txt', 'Leave again.')
    await stores.upload(id, 'three.txt', 'Leave three.')
    await all()
    const now = ['Leave again.', 'Leave one.', 'Leave three.']
    for (const versionId of [first, version.id]) expect(await texts(id, 'leave', { versionId })).toEqual(now)
    expect(await stores.world.catalog.coverage(id, version.id)).toMatchObject({ documents: 3 })
  })
})

describe('a version that is dropped', () => {
  test('answers no more, leaves no file, and takes nothing of the live one with it', async () => {
    const { id, first, second } = await waiting('fake:8')
    await stores.upload(id, 'four.txt', 'Leave four.')
    await dropVersion(stores.world, CALLER, id, second)
    expect(await code(texts(id, 'leave', { versionId: second }))).toBe('version/not-found')
    await runAll()
    expect(filesOf(second)).toEqual([])
    expect(filesOf(first)).not.toEqual([])
    expect(await statesOf(id)).toEqual(['live'])
    expect(await texts(id, 'leave')).toHaveLength(4)
    expect(await code(rollBack(stores.world, CALLER, id, second))).toBe('version/not-found')
    expect(await code(dropVersion(stores.world, CALLER, id, first))).toBe('version/live')
  })

  test('while an upload that began when it was live is indexed in it: the upload goes to the live one', async () => {
    const { id, first, second } = await waiting('fake:8')
    const { document } = await stores.upload(id, 'four.txt', 'Leave four.')
    const upload = await stores.claim()
    whileEmbedding = async () => {
      whileEmbedding = async () => undefined
      await rollBack(stores.world, CALLER, id, second)
      await stores.runAll()
      await dropVersion(stores.world, CALLER, id, first)
      await stores.runAll()
    }
    if (upload?.kind === 'ingest') await stores.run(upload)
    expect(await stores.world.catalog.documentById(document.id)).toMatchObject({ state: 'ready', error: undefined })
    await runAll()
    expect(await statesOf(id)).toEqual(['live'])
    expect(filesOf(first)).toEqual([])
    expect(await texts(id, 'leave')).toHaveLength(4)
  })

  test('while it is brought up leaves no file either', async () => {
    const { id, second } = await waiting('fake:8')
    await stores.upload(id, 'four.txt', 'Leave four.')
    await stores.upload(id, 'five.txt', 'Leave five.')
    let dropped: Promise<unknown> | undefined
    await stores.runAll()
    stores.clock.now += 5000
    for (let job = await stores.claim(); job !== undefined; job = await stores.claim()) {
      if (job.kind === 'build') {
        reached = (place) => {
          if (place === 'ingest/staged') dropped ??= dropVersion(stores.world, CALLER, id, second)
        }
      }
      await stores.run(job)
    }
    await dropped
    await runAll()
    expect(dropped).toBeDefined()
    expect(filesOf(second)).toEqual([])
    expect((await stores.world.queue.jobs('o', { limit: 100 })).items.every(({ state }) => state === 'done')).toBe(true)
    expect(await texts(id, 'leave')).toHaveLength(5)
  })

  test('together with its database goes with it', async () => {
    const { id, second } = await waiting()
    await dropVersion(stores.world, CALLER, id, second)
    await removeDatabase(stores.world, CALLER, id)
    await runAll()
    expect(await code(stores.world.catalog.databaseById(id))).toBe('database/not-found')
    expect(filesOf(id)).toEqual([])
  })
})

test('questions go to versions that are whole: not to one that is being built, another database’s, or none', async () => {
  const { id, first, second } = await waiting()
  const other = await stores.make('other')
  const third = await startRebuild(stores.world, CALLER, id, { chunkSize: 256 }, never)
  for (const versionId of [third.version.id, other.liveVersionId, 'ver_none', id])
    expect(await code(texts(id, 'leave', { versionId }))).toBe('version/not-found')
  await runAll() // the third is live now
  for (const versionId of [first, second, third.version.id]) expect(await texts(id, 'leave', { versionId })).toHaveLength(3)
  await rollBack(stores.world, CALLER, id, second)
  expect(await texts(id, 'leave', { versionId: second })).toHaveLength(3) // while it is brought up to date
})

const step = fc.oneof(
  { arbitrary: fc.record({ do: fc.constant('upload' as const), name: fc.nat(4), content: fc.nat(9) }), weight: 5 },
  { arbitrary: fc.record({ do: fc.constant('remove' as const), name: fc.nat(4) }), weight: 2 },
  { arbitrary: fc.record({ do: fc.constantFrom('build' as const, 'switch' as const, 'drop' as const), name: fc.nat(4) }), weight: 3 },
  { arbitrary: fc.record({ do: fc.constant('work' as const), name: fc.nat(6) }), weight: 4 },
)

test('whatever is done in whatever order: every version that waits, and the live one, hold what was uploaded last and nothing that was deleted', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 24, size: 'max' }), async (steps) => {
      const { world, clock } = stores
      const name = `d${clock.now}`
      const { id } = await stores.make(name)
      const known = new Map<string, string>()
      const allowed = (work: Promise<unknown>) =>
        work.catch((error: unknown) => {
          const codes = ['database/busy', 'version/not-found', 'version/live', 'version/too-many', 'document/not-found']
          if (!(error instanceof AppError) || !codes.includes(error.code)) throw error
        })
      for (const one of steps) {
        const file = `${one.name}.txt`
        const versions = await world.catalog.versions(id)
        const some = versions[one.name % versions.length]?.id ?? ''
        if (one.do === 'upload') {
          await stores.upload(id, file, `Leave ${one.name} in words ${one.content}.`)
          known.set(file, `Leave ${one.name} in words ${one.content}.`)
        } else if (one.do === 'remove') {
          if (known.delete(file)) await removeDocument(world, CALLER, id, file)
        } else if (one.do === 'build') await allowed(startRebuild(world, CALLER, id, { chunkSize: 64 + 32 * one.name, waits: one.name > 0 }, never))
        else if (one.do === 'switch') await allowed(rollBack(world, CALLER, id, some))
        else if (one.do === 'drop') await allowed(dropVersion(world, CALLER, id, some))
        else {
          if (one.name % 2 === 0) clock.now += 5000
          for (let count = one.name; count > 0; count -= 1) {
            const job = await stores.claim()
            if (job !== undefined) await stores.run(job)
          }
        }
      }
      await runAll()
      const wanted = [...known.values()].sort()
      for (const { id: versionId, state } of await world.catalog.versions(id)) {
        expect(['built', 'live', 'retired']).toContain(state)
        if (state !== 'retired') expect(await texts(id, 'leave words', { versionId }), state).toEqual(wanted)
        else for (const text of await texts(id, 'leave words', { versionId })) expect(text).toMatch(/^Leave/)
        if (state === 'live') continue
        await rollBack(world, CALLER, id, versionId)
        await runAll()
        expect(await texts(id, 'leave words')).toEqual(wanted)
      }
      expect((await world.queue.jobs('o', { limit: 200, state: 'failed' })).items).toEqual([])
    }),
    { numRuns: 6 },
  )
})

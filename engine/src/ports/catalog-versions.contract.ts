import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '../domain/errors.ts'
import { type CatalogUnderTest, code, newDatabase, newUpload, type OpenCatalog, rule, SETTINGS } from './catalog.contract.ts'

const FAULT = new AppError('model/unavailable').body()
const COUNTS = { chunks: 2, tokens: 20 }
const SMALL = { ...SETTINGS, chunkSize: 128 }

/** Versions that wait beside the live one. */
export function versionsContract(name: string, open: OpenCatalog): void {
  describe(`${name} keeps the promises of Catalog and Queue on versions that wait beside the live one`, () => {
    let ruled = rule()
    let store: CatalogUnderTest
    let databaseId: string
    let liveId: string
    beforeEach(async () => {
      ruled = rule()
      store = await open(ruled)
      const { database, version } = await store.catalog.createDatabase(newDatabase('ann', 'd'))
      databaseId = database.id
      liveId = version.id
    })
    afterEach(() => store.close())

    /** A new document or revision that is live at once, without the job that would have done it. */
    async function ready(externalId: string, content = externalId): Promise<string> {
      const { document, job } = await store.catalog.acceptUpload(newUpload('ann', databaseId, externalId, content))
      if (job !== undefined) await store.queue.requestCancel('ann', job.id)
      const version = (await store.catalog.versions(databaseId)).find(({ state }) => state === 'live')
      await store.catalog.markPublished(document.id, document.revision, version?.id ?? '', COUNTS)
      return document.id
    }
    async function waiting(): Promise<string> {
      const { version, job } = await store.catalog.createVersion(databaseId, SMALL, 'build')
      const claimed = await store.queue.claim('w', 1000, ['build'])
      expect([job.kind, job.versionId, claimed?.id]).toEqual(['build', version.id, job.id])
      for (const { id, liveRevision } of await store.catalog.unpublished(databaseId, version.id, { limit: 100 }))
        await store.catalog.markPublished(id, liveRevision ?? 0, version.id, COUNTS)
      expect(await store.catalog.settleVersion(databaseId, version.id)).toBe(true)
      await store.queue.finish(job.id, 'w')
      return version.id
    }
    const stateOf = async (id: string) => (await store.catalog.version(id)).state
    const builds = async () => (await store.queue.jobs('ann', { limit: 50, state: 'queued' })).items.filter(({ kind }) => kind === 'build')

    test('a version begins to wait only when it holds every answering revision', async () => {
      const { catalog } = store
      const [a, b] = [await ready('a'), await ready('b')]
      const { version } = await catalog.createVersion(databaseId, SMALL, 'build')
      await catalog.markPublished(a, 1, version.id, COUNTS)
      expect(await catalog.settleVersion(databaseId, version.id)).toBe(false)
      expect(await stateOf(version.id)).toBe('building')
      expect(await catalog.coverage(databaseId, version.id)).toEqual({ documents: 1, ...COUNTS })
      await catalog.markPublished(b, 1, version.id, COUNTS)
      ruled.time += 7
      expect(await catalog.settleVersion(databaseId, version.id)).toBe(true)
      expect(await catalog.version(version.id)).toMatchObject({ state: 'built', builtAt: ruled.time, switchedAt: undefined })
      ruled.time += 7
      expect(await catalog.settleVersion(databaseId, version.id)).toBe(true)
      expect((await catalog.version(version.id)).builtAt).toBe(ruled.time - 7)
      expect((await catalog.database('ann', databaseId)).liveVersionId).toBe(liveId)
      expect(await catalog.coverage(databaseId, version.id)).toEqual({ documents: 2, chunks: 4, tokens: 40 })
    })

    test('what the live version takes brings one job to each that waits, and no more while it is still to begin', async () => {
      const { catalog, queue } = store
      await ready('a')
      expect(await builds()).toEqual([])
      const [one, two] = [await waiting(), await waiting()]
      const a = await ready('a', 'new')
      await ready('b')
      expect((await builds()).map(({ versionId, ownerId }) => [versionId, ownerId]).sort()).toEqual(
        [
          [one, 'ann'],
          [two, 'ann'],
        ].sort(),
      )
      ruled.time += 4999
      expect(await queue.claim('w', 1000), 'a batch shares one job').toBeUndefined()
      ruled.time += 1
      expect(await catalog.coverage(databaseId, one)).toEqual({ documents: 0, chunks: 0, tokens: 0 })
      expect(await catalog.coverage(databaseId, liveId)).toEqual({ documents: 2, chunks: 4, tokens: 40 })
      const running = await queue.claim('w', 1000)
      expect(running?.kind).toBe('build')
      await ready('c') // the one that runs may have passed by
      expect((await builds()).filter(({ versionId }) => versionId === running?.versionId)).toHaveLength(1)
      expect(await catalog.markPublished(a, 2, one, COUNTS)).toBe(true)
      expect(await catalog.settleVersion(databaseId, one)).toBe(true) // what it lacks is the business of its next job
      expect(await stateOf(one)).toBe('built')
      expect((await catalog.unpublished(databaseId, one, { limit: 9 })).map(({ externalId }) => externalId).sort()).toEqual(['b', 'c'])
      expect((await catalog.document('ann', databaseId, 'a')).liveRevision).toBe(2)
    })

    test('a job that waits for another time holds up neither switch nor rebuild; one that runs does', async () => {
      const { catalog, queue } = store
      const id = await waiting()
      await ready('a')
      ruled.time += 5000
      const build = await queue.claim('w', 1000)
      const job = await catalog.requestSwitch(databaseId, id)
      expect(await queue.claim('v', 1000)).toBeUndefined()
      await queue.retryLater(build?.id ?? '', 'w', FAULT, ruled.time + 10)
      expect((await queue.claim('v', 1000))?.id).toBe(job.id)
      ruled.time += 10
      expect(await queue.claim('w', 1000)).toBeUndefined() // not while the other one runs
      await queue.finish(job.id, 'v')
      expect((await queue.claim('w', 1000))?.id).toBe(build?.id)
    })

    test('a switch that is given up leaves it waiting, and what came meanwhile has its job', async () => {
      const { catalog, queue } = store
      const id = await waiting()
      const job = await catalog.requestSwitch(databaseId, id)
      expect([job.kind, await stateOf(id)]).toEqual(['switch', 'building'])
      expect(await code(catalog.createVersion(databaseId, SMALL))).toBe('database/busy')
      expect(await code(catalog.removeVersion(databaseId, id))).toBe('database/busy')
      const a = await ready('a')
      const [build] = await builds()
      expect(build?.versionId).toBe(id)
      await queue.requestCancel('ann', build?.id ?? '') // that is not what gives up the switch
      expect(await stateOf(id)).toBe('building')
      expect(await catalog.settleVersion(databaseId, id)).toBe(true)
      expect(await stateOf(id)).toBe('building')
      expect(await catalog.switchLive(databaseId, id)).toEqual({ switched: false, missing: [a] })
      await queue.requestCancel('ann', job.id)
      expect(await stateOf(id)).toBe('built')
      await catalog.markPublished(a, 1, id, COUNTS)
      expect(await catalog.switchLive(databaseId, id)).toEqual({ switched: true, missing: [] })
      expect([await stateOf(id), await stateOf(liveId)]).toEqual(['live', 'retired'])
      await ready('b')
      expect(await builds()).toEqual([])
      const back = await catalog.requestSwitch(databaseId, liveId)
      await queue.requestCancel('ann', back.id)
      expect(await stateOf(liveId)).toBe('retired')
    })

    test('a build that fails before it was complete leaves nothing; one that brings up, the version as it was', async () => {
      const { catalog, queue } = store
      const first = await catalog.createVersion(databaseId, SMALL, 'build')
      await queue.requestCancel('ann', first.job.id)
      expect(await stateOf(first.version.id)).toBe('dropped')
      const id = await waiting()
      await ready('a')
      ruled.time += 5000
      const build = await queue.claim('w', 1000)
      await queue.fail(build?.id ?? '', 'w', FAULT)
      expect(await stateOf(id)).toBe('built')
      await ready('b')
      expect(await builds()).toHaveLength(1)
    })

    test('only what waits or was live can be dropped; its job waits for work on the whole database, and not for uploads', async () => {
      const { catalog, queue } = store
      const { database: other, version: foreign } = await catalog.createDatabase(newDatabase('bob', 'e'))
      const id = await waiting()
      const a = await ready('a')
      await catalog.markPublished(a, 1, id, COUNTS)
      for (const unknown of ['ver_none', foreign.id]) expect(await code(catalog.removeVersion(databaseId, unknown))).toBe('version/not-found')
      expect(await code(catalog.removeVersion(other.id, id))).toBe('version/not-found')
      expect(await code(catalog.removeVersion('db_none', id))).toBe('database/not-found')
      expect(await code(catalog.removeVersion(databaseId, liveId))).toBe('version/live')
      const { job: upload } = await catalog.acceptUpload(newUpload('ann', databaseId, 'b', 'B'))
      const ingest = await queue.claim('w', 60_000, ['ingest'])
      const job = await catalog.removeVersion(databaseId, id)
      expect([job.kind, job.versionId, job.databaseId, ingest?.id]).toEqual(['drop', id, databaseId, upload?.id])
      expect(await stateOf(id)).toBe('dropped')
      expect(await catalog.coverage(databaseId, id)).toEqual({ documents: 0, chunks: 0, tokens: 0 })
      expect(await code(catalog.removeVersion(databaseId, id))).toBe('version/not-found')
      expect(await code(catalog.requestSwitch(databaseId, id))).toBe('version/not-found')
      expect(await code(catalog.markPublished(a, 1, id, COUNTS))).toBe('version/stale')
      ruled.time += 5000
      const build = await queue.claim('v', 60_000, ['build']) // of the version that was dropped: it holds nothing up, and does nothing
      const third = await catalog.createVersion(databaseId, SMALL)
      expect([build?.versionId, await queue.claim('u', 1000, ['drop'])]).toEqual([id, undefined])
      await queue.finish(build?.id ?? '', 'v')
      expect((await queue.job('ann', ingest?.id ?? '')).state).toBe('running')
      expect([(await queue.claim('v', 1000, ['drop']))?.id, await queue.claim('u', 1000)]).toEqual([job.id, undefined])
      expect(await code(queue.requestCancel('ann', job.id))).toBe('job/uncancellable')
      await queue.finish(job.id, 'v')
      expect((await queue.claim('u', 1000))?.id).toBe(third.job.id)
    })

    test('no fourth version is built to wait; one that is switched to at once, is', async () => {
      const { catalog, queue } = store
      const built = [await waiting(), await waiting(), await waiting()]
      expect(await code(catalog.createVersion(databaseId, SMALL, 'build'))).toBe('version/too-many')
      const { job } = await catalog.createVersion(databaseId, SMALL)
      await queue.requestCancel('ann', job.id)
      await catalog.removeVersion(databaseId, built[1] ?? '')
      expect((await catalog.createVersion(databaseId, SMALL, 'build')).job.kind).toBe('build')
    })

    test('one look tells what each version holds that is not dropped', async () => {
      const { catalog } = store
      const [a, b, c] = [await ready('a'), await ready('b'), await ready('c')]
      const [one, two, three] = [await waiting(), await waiting(), await waiting()]
      await catalog.removeVersion(databaseId, two)
      await catalog.acceptUpload(newUpload('ann', databaseId, 'a', 'a newer revision that is still to come'))
      await ready('b', 'new')
      await catalog.removeDocument('ann', databaseId, c)
      await catalog.markPublished(b, 2, one, { chunks: 5, tokens: 50 })
      await catalog.createVersion(databaseId, SMALL)
      const held = await catalog.coverages(databaseId)
      expect(held.get(one)).toEqual({ documents: 2, chunks: 7, tokens: 70 })
      expect([held.get(liveId)?.documents, held.get(two), held.get(three)?.chunks]).toEqual([2, undefined, 2])
      for (const { id } of await catalog.versions(databaseId))
        expect(held.get(id) ?? { documents: 0, chunks: 0, tokens: 0 }).toEqual(await catalog.coverage(databaseId, id))
      expect((await catalog.document('ann', databaseId, a)).liveRevision).toBe(1)
      expect(await catalog.coverages('db_none')).toEqual(new Map())
    })

    test('newer measurements of speed count more', async () => {
      const { queue } = store
      expect(await queue.speed('index')).toBeUndefined()
      await queue.noteSpeed('index', 10, 1000)
      expect(await queue.speed('index')).toBe(10)
      for (let index = 0; index < 30; index += 1) await queue.noteSpeed('index', 40, 1000)
      expect(await queue.speed('index')).toBeCloseTo(40, 0)
      expect(await queue.speed('embed openai:x')).toBeUndefined()
    })
  })
}

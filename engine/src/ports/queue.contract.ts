import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '../domain/errors.ts'
import { type CatalogUnderTest, code, newDatabase, newUpload, type OpenCatalog, rule } from './catalog.contract.ts'

const FAULT = new AppError('model/unavailable').body()

export function queueContract(name: string, open: OpenCatalog): void {
  describe(`${name} keeps the promises of Queue`, () => {
    let ruled = rule()
    let store: CatalogUnderTest
    let databaseId: string
    beforeEach(async () => {
      ruled = rule()
      store = await open(ruled)
      databaseId = (await store.catalog.createDatabase(newDatabase('ann', 'd'))).database.id
    })
    afterEach(() => store.close())

    const upload = async (externalId: string, content = externalId) => {
      const { job } = await store.catalog.acceptUpload(newUpload('ann', databaseId, externalId, content))
      if (job === undefined) throw new Error('an upload without a job')
      return job
    }

    test('of many claimers each job goes to exactly one, in the order of creation', async () => {
      const made: string[] = []
      for (let index = 0; index < 20; index += 1) made.push((await upload(`${index}`)).id)
      const claims = await Promise.all(Array.from({ length: 30 }, (_, index) => store.queue.claim(`w${index}`, 1000)))
      const got = claims.filter((job) => job !== undefined)
      expect(got.map((job) => job.id).sort()).toEqual([...made].sort())
      expect(got.map((job) => job.id)).toEqual(made)
      expect(got.every((job) => job.state === 'running' && job.attempts === 1)).toBe(true)
      expect(await store.queue.depth()).toEqual({ queued: 0, running: 20 })
    })

    test('a lease that has ended is claimed again, and the former holder may write nothing more', async () => {
      const { queue } = store
      const { id } = await upload('a')
      await queue.claim('old', 1000)
      await queue.checkpoint(id, 'old', 'page 7')
      ruled.time += 999
      expect(await queue.claim('new', 1000)).toBeUndefined()
      await queue.renew(id, 'old', 1000, { stage: 'embed', done: 3, total: 9 })
      ruled.time += 1000
      const again = await queue.claim('new', 1000)
      expect([again?.id, again?.attempts, again?.checkpoint, again?.stage]).toEqual([id, 2, 'page 7', 'embed'])
      const late = [
        queue.renew(id, 'old', 1000),
        queue.checkpoint(id, 'old', 'x'),
        queue.finish(id, 'old'),
        queue.fail(id, 'old', FAULT),
        queue.retryLater(id, 'old', FAULT, 0),
        queue.release(id, 'old'),
        queue.cancelled(id, 'old'),
      ]
      expect(await Promise.all(late.map(code))).toEqual(late.map(() => 'job/lease-lost'))
      await queue.finish(id, 'new')
      expect(await code(queue.finish(id, 'new'))).toBe('job/finished')
      expect(await code(queue.finish('job_none', 'new'))).toBe('job/not-found')
      expect((await queue.job('ann', id)).checkpoint).toBe('page 7')
    })

    test('jobs of one document run one after the other, and a newer upload takes the place of older ones', async () => {
      const { queue, catalog } = store
      const first = await upload('a', 'A')
      await queue.claim('w', 1000)
      const second = await upload('a', 'B')
      const third = await upload('a', 'C')
      const other = await upload('b')
      expect((await queue.job('ann', second.id)).state).toBe('cancelled')
      expect(await queue.renew(first.id, 'w', 1000)).toEqual({ cancelRequested: true })
      expect((await queue.claim('v', 1000))?.id).toBe(other.id)
      expect(await queue.claim('u', 1000)).toBeUndefined()
      await queue.cancelled(first.id, 'w')
      expect((await catalog.document('ann', databaseId, 'a')).state).toBe('queued') // the third upload is still to come
      expect((await queue.claim('u', 1000))?.id).toBe(third.id)
    })

    test('a job that waits for another time keeps its checkpoint; a shutdown does not count as an attempt', async () => {
      const { queue } = store
      const { id } = await upload('a')
      await queue.claim('w', 1000)
      await queue.checkpoint(id, 'w', 'here')
      await queue.retryLater(id, 'w', FAULT, ruled.time + 500)
      const waiting = await queue.job('ann', id)
      expect([waiting.state, waiting.error?.code, waiting.checkpoint]).toEqual(['queued', 'model/unavailable', 'here'])
      ruled.time += 499
      expect(await queue.claim('w', 1000)).toBeUndefined()
      ruled.time += 1
      expect((await queue.claim('w', 1000))?.attempts).toBe(2)
      await queue.release(id, 'w')
      expect(await queue.claim('w', 1000)).toMatchObject({ id, attempts: 2, checkpoint: 'here' })
      expect(await queue.endLeases()).toBe(1)
      expect(await queue.claim('v', 1000)).toMatchObject({ id, attempts: 3 })
    })

    test('it tells since when a job could have been begun, and what is to be done in which database', async () => {
      const { catalog, queue } = store
      const { id: idle } = (await catalog.createDatabase(newDatabase('bob', 'idle'))).database
      expect(await queue.waitingSince()).toBeUndefined()
      expect(await queue.active([databaseId, idle])).toEqual(new Map())
      const begun = ruled.time
      await upload('a')
      ruled.time += 5000
      await upload('b')
      expect(await queue.waitingSince()).toBe(begun)
      expect(await queue.active([databaseId, idle, 'db_none'])).toEqual(new Map([[databaseId, { queued: 2, running: 0 }]]))
      const first = await queue.claim('w', 60_000)
      expect(await queue.waitingSince()).toBe(begun + 5000)
      expect(await queue.active([databaseId, databaseId])).toEqual(new Map([[databaseId, { queued: 1, running: 1 }]]))
      expect(await queue.active([idle])).toEqual(new Map())
      expect(await queue.active([])).toEqual(new Map())
      const second = await queue.claim('v', 60_000)
      await queue.retryLater(second?.id ?? '', 'v', FAULT, ruled.time + 9000)
      await queue.finish(first?.id ?? '', 'w')
      expect(await queue.waitingSince(), 'it could not be begun yet').toBeUndefined()
      ruled.time += 9000
      expect(await queue.waitingSince()).toBe(ruled.time)
    })

    test('work moves the time of the last activity of its database, and of no other', async () => {
      const { catalog, queue } = store
      const { id: idle, activeAt: made } = (await catalog.createDatabase(newDatabase('ann', 'idle'))).database
      const active = async (id: string) => (await catalog.database('ann', id)).activeAt
      expect([made, await active(databaseId)]).toEqual([ruled.time, ruled.time])
      const steps: (() => Promise<unknown>)[] = [
        () => upload('a'),
        () => queue.claim('w', 1000),
        async () => queue.finish((await queue.jobs('ann', { limit: 1 })).items[0]?.id ?? '', 'w'),
        () => catalog.updateDatabase('ann', databaseId, { description: 'new' }),
        async () => catalog.removeDocument('ann', databaseId, (await catalog.documents('ann', databaseId, { limit: 1 })).items[0]?.id ?? ''),
      ]
      for (const step of steps) {
        ruled.time += 60_000
        await step()
        expect(await active(databaseId)).toBe(ruled.time)
        expect(await active(idle)).toBe(made)
      }
      const before = ruled.time
      ruled.time += 5000
      await upload('within seconds')
      expect(await active(databaseId), 'not every job writes it').toBe(before)
      ruled.time += 1
      await upload('later')
      expect(await active(databaseId)).toBe(ruled.time)
      const listed = (await catalog.visible('ann', { limit: 10 })).items.map(({ database }) => [database.id, database.activeAt])
      expect(new Map(listed as [string, number][])).toEqual(
        new Map([
          [databaseId, ruled.time],
          [idle, made],
        ]),
      )
    })

    test('a cancelled job leaves no document waiting', async () => {
      const { queue, catalog } = store
      const queued = await upload('a')
      expect((await queue.requestCancel('ann', queued.id)).state).toBe('cancelled')
      expect(await catalog.document('ann', databaseId, 'a')).toMatchObject({ state: 'failed', error: { code: 'job/cancelled' } })
      expect(await code(queue.requestCancel('ann', queued.id))).toBe('job/finished')
      const running = await upload('b')
      expect(await code(queue.requestCancel('bob', running.id))).toBe('job/not-found')
      expect(await code(queue.job('bob', running.id))).toBe('job/not-found')
      await queue.claim('w', 1000)
      await catalog.markProcessing(running.documentId ?? '', 1)
      expect(await queue.requestCancel('ann', running.id)).toMatchObject({ state: 'running', cancelRequested: true })
      await queue.retryLater(running.id, 'w', FAULT, 0) // too late for another attempt: the wish counts
      expect((await queue.job('ann', running.id)).state).toBe('cancelled')
      expect((await catalog.document('ann', databaseId, 'b')).state).toBe('failed')
      const retried = await catalog.retryDocument('ann', databaseId, running.documentId ?? '')
      expect((await catalog.retryDocument('ann', databaseId, running.documentId ?? '')).id).toBe(retried.id)
    })

    test('jobs of a shared database are seen by those whom it is shared with, and by nobody else', async () => {
      const { queue, catalog } = store
      for (const id of ['bob', 'cem']) await store.person(id)
      const [a, b] = [await upload('a'), await upload('b')]
      const { database: other } = await catalog.createDatabase(newDatabase('bob', 'other'))
      const { job: own } = await catalog.acceptUpload(newUpload('bob', other.id, 'c', 'C'))
      const listed = async (account: string, more: { readonly databaseId?: string } = {}) =>
        (await queue.jobs(account, { limit: 9, ...more })).items.map((job) => job.id).sort()
      expect(await listed('bob')).toEqual([own?.id])
      await catalog.share('ann', databaseId, 'bob', 'read')
      expect(await listed('bob')).toEqual([a.id, b.id, own?.id].sort())
      expect(await listed('bob', { databaseId })).toEqual([a.id, b.id].sort())
      expect(await queue.job('bob', a.id)).toEqual(a)
      expect((await queue.requestCancel('bob', a.id)).state).toBe('cancelled')
      expect(await listed('cem')).toEqual([])
      const foreign = [queue.job('cem', b.id), queue.requestCancel('cem', b.id), queue.job('cem', 'job_none'), queue.requestCancel('cem', 'job_none')]
      expect(await Promise.all(foreign.map(code))).toEqual(foreign.map(() => 'job/not-found'))
      await catalog.share('ann', databaseId, 'everyone', 'read')
      expect(await listed('cem')).toEqual([a.id, b.id].sort())
      await catalog.unshare('ann', databaseId, 'everyone')
      await catalog.unshare('ann', databaseId, 'bob')
      expect([await listed('bob'), await listed('cem')]).toEqual([[own?.id], []])
      expect(await code(queue.job('bob', b.id))).toBe('job/not-found')
      // Whoever saw a database sees it go.
      await catalog.share('ann', databaseId, 'cem', 'manage')
      const drop = await catalog.removeDatabase('ann', databaseId)
      expect((await queue.job('cem', drop.id)).kind).toBe('drop')
      await catalog.forgetDatabase(databaseId)
      expect(await code(queue.job('cem', drop.id))).toBe('job/not-found')
      expect((await queue.job('ann', drop.id)).id).toBe(drop.id)
    })

    test('lists go by database, document and state, and ended jobs are forgotten in time', async () => {
      const { queue } = store
      const [a, b] = [await upload('a'), await upload('b')]
      await queue.claim('w', 1000)
      await queue.finish(a.id, 'w')
      const ids = async (more: Parameters<typeof queue.jobs>[1]) => (await queue.jobs('ann', more)).items.map((job) => job.id)
      expect(await ids({ limit: 9, state: 'done' })).toEqual([a.id])
      expect(await ids({ limit: 9, databaseId, state: 'queued' })).toEqual([b.id])
      expect(await ids({ limit: 9, documentId: b.documentId ?? '' })).toEqual([b.id])
      expect(await ids({ limit: 9, databaseId: 'db_none' })).toEqual([])
      const first = await queue.jobs('ann', { limit: 1 })
      expect(await ids({ limit: 1, cursor: first.nextCursor ?? '' })).toEqual([a.id, b.id].filter((id) => id !== first.items[0]?.id))
      ruled.time += 1000
      expect(await queue.forgetBefore(ruled.time)).toBe(1)
      expect(await code(queue.job('ann', a.id))).toBe('job/not-found')
      expect((await queue.job('ann', b.id)).state).toBe('queued')
    })
  })
}

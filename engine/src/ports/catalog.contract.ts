import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { memoryCatalog } from '../adapters/memory/catalog.ts'
import { catalogState } from '../adapters/memory/catalog-state.ts'
import { memoryQueue } from '../adapters/memory/queue.ts'
import { DEFAULT_ANSWERS } from '../domain/answering.ts'
import { AppError } from '../domain/errors.ts'
import type { Catalog, NewDatabase, NewUpload } from './catalog.ts'
import { everything, history, OWNERS, outcome } from './catalog-history.contract.ts'
import type { Queue } from './queue.ts'

/** A catalog and its queue on one store, with a clock and ids that the test rules. */
export interface CatalogUnderTest {
  readonly catalog: Catalog
  readonly queue: Queue
  /** Makes an account with this id, where a catalog knows of accounts. */
  person(id: string): Promise<void>
  close(): Promise<void>
}
export interface Making {
  now(): number
  newId(prefix: string): string
}
export type OpenCatalog = (making: Making) => Promise<CatalogUnderTest>

export const SETTINGS = { embedder: 'none', dimensions: 0, chunkSize: 512, chunkOverlap: 64, analyzer: 'quarry-1' } as const
export const newDatabase = (ownerId: string, name: string): NewDatabase => ({
  ownerId,
  name,
  description: undefined,
  weights: { dense: 0.5, lexical: 0.5 },
  settings: SETTINGS,
})
export const newUpload = (ownerId: string, databaseId: string, externalId: string, content: string, more: Partial<NewUpload> = {}): NewUpload => ({
  ownerId,
  databaseId,
  externalId,
  name: externalId,
  mediaType: 'text/plain',
  size: content.length,
  sha256: sha(content),
  metadata: {},
  title: undefined,
  parentId: undefined,
  ...more,
})
/** Not a real hash: 64 hexadecimal digits that differ with the content. */
export const sha = (content: string) => Buffer.from(content).toString('hex').padEnd(64, '0').slice(0, 64)
export const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  )

/** Time stands still unless the test moves it; ids count per prefix. */
export function rule(): Making & { time: number; readonly ids: ReadonlyMap<string, readonly string[]>; made(prefix: string, back: number): string } {
  const ids = new Map<string, string[]>()
  const ruled = {
    time: 1_000_000,
    ids,
    now: () => ruled.time,
    newId(prefix: string) {
      const known = ids.get(prefix) ?? []
      // Ids do not ascend: nothing may rest on that.
      const id = `${prefix}_${(((known.length + 1) * 7919) % 10007).toString().padStart(5, '0')}`
      ids.set(prefix, [...known, id])
      return id
    },
    made(prefix: string, back: number) {
      const known = ids.get(prefix) ?? []
      return known[known.length - 1 - (back % Math.max(1, known.length))] ?? `${prefix}_none`
    },
  }
  return ruled
}

export function catalogContract(name: string, open: OpenCatalog, { runs = 60 }: { readonly runs?: number } = {}): void {
  describe(`${name} keeps the promises of Catalog`, () => {
    let ruled = rule()
    let store: CatalogUnderTest
    beforeEach(async () => {
      ruled = rule()
      store = await open(ruled)
    })
    afterEach(() => store.close())

    test('a foreign database and an unknown one are answered alike, by every method that takes an owner', async () => {
      const { catalog } = store
      const { database } = await catalog.createDatabase(newDatabase('ann', 'handbook'))
      const { document } = await catalog.acceptUpload(newUpload('ann', database.id, 'a.txt', 'A'))
      for (const id of [database.id, 'handbook', 'db_none']) expect(await code(catalog.database('bob', id))).toBe('database/not-found')
      const calls = (owner: string, id: string) => [
        catalog.updateDatabase(owner, id, { name: 'x' }),
        catalog.removeDatabase(owner, id),
        catalog.acceptUpload(newUpload(owner, id, 'b.txt', 'B')),
        catalog.document(owner, id, document.id),
        catalog.documents(owner, id, { limit: 10 }),
        catalog.setMetadata(owner, id, document.id, {}),
        catalog.retryDocument(owner, id, document.id),
        catalog.removeDocument(owner, id, document.id),
        catalog.access(owner, id),
        catalog.share(owner, id, 'everyone', 'read'),
        catalog.unshare(owner, id, 'everyone'),
        catalog.shares(owner, id),
      ]
      const foreign = await Promise.all(calls('bob', database.id).map(code))
      expect(foreign).toEqual(await Promise.all(calls('bob', 'db_none').map(code)))
      expect(new Set(foreign)).toEqual(new Set(['database/not-found']))
      expect((await catalog.visible('bob', { limit: 10 })).items).toEqual([])
      expect(await catalog.document('ann', database.id, 'a.txt')).toEqual(document)
      expect((await catalog.summary(database.id)).documents.queued).toBe(1)
    })

    test('names are unique per owner in their composed form, and case tells them apart', async () => {
      const { catalog } = store
      const { database } = await catalog.createDatabase(newDatabase('ann', 'caf\u00e9'))
      expect(await code(catalog.createDatabase(newDatabase('ann', 'cafe\u0301')))).toBe('database/exists')
      expect((await catalog.database('ann', 'cafe\u0301')).id).toBe(database.id)
      await catalog.createDatabase(newDatabase('bob', 'caf\u00e9'))
      const { database: upper } = await catalog.createDatabase(newDatabase('ann', 'Caf\u00e9'))
      expect(await code(catalog.updateDatabase('ann', upper.id, { name: 'cafe\u0301' }))).toBe('database/exists')
      expect((await catalog.updateDatabase('ann', upper.id, { name: 'Caf\u00e9' })).name).toBe('Caf\u00e9')
      await catalog.removeDatabase('ann', database.id)
      expect(await code(catalog.database('ann', 'caf\u00e9'))).toBe('database/not-found')
      await catalog.createDatabase(newDatabase('ann', 'caf\u00e9')) // the name is free at once
    })

    test('how questions are answered is as by default until it is set; what is named of it changes, and undefined takes it back', async () => {
      const { catalog } = store
      const { database } = await catalog.createDatabase(newDatabase('ann', 'd'))
      expect(database.answers).toEqual(DEFAULT_ANSWERS)
      const answersOf = async (change: Parameters<Catalog['updateDatabase']>[2]) => (await catalog.updateDatabase('ann', database.id, change)).answers
      const set = { chatModel: 'anthropic:a', rerankModel: 'none', voice: "short, it's enough; \u{1f600}", strictness: 'withhold' } as const
      expect(await answersOf({ answers: set })).toEqual(set)
      expect(await answersOf({ name: 'e' })).toEqual(set)
      expect(await answersOf({ answers: { voice: undefined, strictness: 'remove' } })).toEqual({ ...set, voice: undefined, strictness: 'remove' })
      expect(await answersOf({ answers: {} })).toEqual({ ...set, voice: undefined, strictness: 'remove' })
      expect((await catalog.access('ann', database.id)).database.answers.chatModel).toBe('anthropic:a')
      expect(await answersOf({ answers: DEFAULT_ANSWERS })).toEqual(DEFAULT_ANSWERS)
      const made = await catalog.createDatabase({ ...newDatabase('ann', 'f'), answers: { chatModel: 'extractive' } })
      expect(made.database.answers).toEqual({ ...DEFAULT_ANSWERS, chatModel: 'extractive' })
    })

    test('an upload is created, unchanged, relabelled, updated, retried', async () => {
      const { catalog, queue } = store
      const { database, version } = await catalog.createDatabase(newDatabase('ann', 'd'))
      const upload = (content: string, more: Partial<NewUpload> = {}) => catalog.acceptUpload(newUpload('ann', database.id, 'a', content, more))
      const created = await upload('A', { metadata: { year: 1, tags: ['x', 'y'] } })
      expect([created.outcome, created.document.revision, created.document.state, created.job?.kind]).toEqual(['created', 1, 'queued', 'ingest'])
      const same = await upload('A', { metadata: { tags: ['x', 'y'], year: 1 } })
      expect([same.outcome, same.job, same.document]).toEqual(['unchanged', undefined, created.document])
      ruled.time += 5
      const other = await upload('A', { metadata: { year: 2 } })
      expect([other.outcome, other.job, other.document.metadata, other.document.updatedAt]).toEqual(['relabelled', undefined, { year: 2 }, ruled.time])
      const { id } = created.document
      await catalog.markProcessing(id, 1)
      await catalog.markExtracted(id, 1, { mediaType: 'text/plain', title: 'First', pages: 2, extractedSha256: sha('x1'), warnings: [] })
      expect(await catalog.markPublished(id, 1, version.id, { chunks: 3, tokens: 30 })).toBe(true)
      const updated = await upload('B', { metadata: { year: 2 } })
      expect([updated.outcome, updated.document.revision, updated.document.liveRevision, updated.document.state]).toEqual(['updated', 2, 1, 'queued'])
      expect((await catalog.summary(database.id)).chunks).toBe(3) // the former revision answers
      await catalog.markExtracted(id, 2, { mediaType: 'text/plain', title: undefined, pages: 1, extractedSha256: sha('x2'), warnings: [] })
      expect((await catalog.documentById(id))?.extractedSha256).toBe(sha('x1')) // what answers is quoted from its own text
      expect(await catalog.blobInUse(sha('x2'))).toBe(true)
      expect(await catalog.markFailed(id, 1, new AppError('document/empty').body())).toBe(false)
      expect(await catalog.markFailed(id, 2, new AppError('document/empty').body())).toBe(true)
      const retried = await upload('B', { metadata: { year: 2 } })
      expect([retried.outcome, retried.document.revision, retried.document.state, retried.document.error]).toEqual(['retried', 2, 'queued', undefined])
      expect(retried.job?.revision).toBe(2)
      await catalog.markPublished(id, 2, version.id, { chunks: 5, tokens: 50 })
      const done = await catalog.document('ann', database.id, 'a')
      expect([done.state, done.liveRevision, done.extractedSha256, done.chunks]).toEqual(['ready', 2, sha('x2'), 5])
      expect(await catalog.blobInUse(sha('x1'))).toBe(false)
      expect((await queue.depth()).queued).toBe(1)
    })

    test('a version becomes live only when it holds every answering revision', async () => {
      const { catalog, queue } = store
      const { database, version } = await catalog.createDatabase(newDatabase('ann', 'd'))
      const ready = async (externalId: string) => {
        const { document } = await catalog.acceptUpload(newUpload('ann', database.id, externalId, externalId))
        await catalog.markPublished(document.id, 1, version.id, { chunks: 1, tokens: 10 })
        return document.id
      }
      const [a, b] = [await ready('a'), await ready('b')]
      const built = await catalog.createVersion(database.id, { ...SETTINGS, chunkSize: 128 })
      expect([built.version.state, built.version.ordinal, built.job.kind, built.job.versionId]).toEqual(['building', 2, 'switch', built.version.id])
      expect(await code(catalog.createVersion(database.id, SETTINGS))).toBe('database/busy')
      expect((await catalog.unpublished(database.id, built.version.id, { limit: 10 })).map((each) => each.id)).toEqual([a, b].sort())
      expect(await catalog.switchLive(database.id, built.version.id)).toEqual({ switched: false, missing: [a, b].sort() })
      await catalog.markPublished(a, 1, built.version.id, { chunks: 4, tokens: 11 })
      // A newer revision that failed must not keep the switch from happening.
      await catalog.acceptUpload(newUpload('ann', database.id, 'b', 'new'))
      await catalog.markFailed(b, 2, new AppError('document/empty').body())
      expect(await catalog.switchLive(database.id, built.version.id)).toEqual({ switched: false, missing: [b] })
      expect(await catalog.markPublished(b, 1, built.version.id, { chunks: 5, tokens: 12 })).toBe(true)
      expect(await catalog.switchLive(database.id, built.version.id)).toEqual({ switched: true, missing: [] })
      expect((await catalog.database('ann', database.id)).liveVersionId).toBe(built.version.id)
      expect((await catalog.summary(database.id)).chunks).toBe(9)
      expect((await catalog.versions(database.id)).map((each) => each.state)).toEqual(['retired', 'live'])
      expect(await code(catalog.markPublished(b, 2, version.id, { chunks: 1, tokens: 1 }))).toBe('version/stale')
      expect(await code(catalog.setVersionState(built.version.id, 'retired'))).toBe('version/stale')
      // What the retired version holds of a document that changed since does not count.
      await catalog.acceptUpload(newUpload('ann', database.id, 'a', 'newer'))
      await catalog.markPublished(a, 2, built.version.id, { chunks: 6, tokens: 13 })
      expect(await catalog.switchLive(database.id, version.id)).toEqual({ switched: false, missing: [a] })
      expect((await catalog.unpublished(database.id, version.id, { limit: 10 })).map((each) => each.id)).toEqual([a])
      const job = await catalog.requestSwitch(database.id, version.id) // rollback
      expect((await catalog.version(version.id)).state).toBe('building')
      expect((await queue.requestCancel('ann', job.id)).state).toBe('cancelled')
      expect((await catalog.version(version.id)).state).toBe('retired')
      expect(await catalog.droppedVersions(database.id)).toEqual([])
      const third = await catalog.createVersion(database.id, SETTINGS)
      await queue.requestCancel('ann', third.job.id)
      expect((await catalog.droppedVersions(database.id)).map(({ id }) => id)).toEqual([third.version.id])
      expect((await catalog.versions(database.id)).map(({ id }) => id)).not.toContain(third.version.id)
    })

    test('an archive takes its entries with it, and lets no new ones in', async () => {
      const { catalog, queue } = store
      const { database } = await catalog.createDatabase(newDatabase('ann', 'd'))
      const { document: archive } = await catalog.acceptUpload(newUpload('ann', database.id, 'z.zip', 'Z'))
      const entry = (content: string) => catalog.acceptUpload(newUpload('ann', database.id, `z.zip!/${content}`, content, { parentId: archive.id }))
      const { document: child } = await entry('c')
      await catalog.markArchive(archive.id, 1)
      expect((await catalog.entries(archive.id)).map((each) => each.id)).toEqual([child.id])
      const job = await catalog.removeDocument('ann', database.id, archive.id)
      expect([job.kind, job.documentId]).toEqual(['remove', archive.id])
      expect(await code(entry('d'))).toBe('document/not-found')
      expect((await catalog.documents('ann', database.id, { limit: 10 })).items).toEqual([])
      const removals = (await queue.jobs('ann', { limit: 10, state: 'queued' })).items
      expect(removals.map((each) => [each.kind, each.documentId]).sort()).toEqual(
        [
          ['remove', archive.id],
          ['remove', child.id],
        ].sort(),
      )
      expect(await catalog.blobInUse(sha('c'))).toBe(false)
      expect((await catalog.documentById(child.id))?.state).toBe('deleting')
      await catalog.forgetDocument(child.id)
      expect(await catalog.documentById(child.id)).toBeUndefined()
    })

    test('the first reply to a request is remembered for a day', async () => {
      const { catalog } = store
      await catalog.remember('ann', 'k', { fingerprint: 'f', status: 201, body: '{"a":1}' })
      await catalog.remember('ann', 'k', { fingerprint: 'g', status: 500, body: '' })
      expect(await catalog.recall('ann', 'k')).toEqual({ fingerprint: 'f', status: 201, body: '{"a":1}' })
      expect(await catalog.recall('bob', 'k')).toBeUndefined()
      ruled.time += 24 * 3600 * 1000
      expect(await catalog.recall('ann', 'k')).toBeUndefined()
      await catalog.remember('ann', 'k', { fingerprint: 'g', status: 200, body: '' })
      expect((await catalog.recall('ann', 'k'))?.fingerprint).toBe('g')
    })

    test('a removed database is gone at once, its work ends, and its rows go when its content has gone', async () => {
      const { catalog, queue } = store
      const { database, version } = await catalog.createDatabase(newDatabase('ann', 'd'))
      const { document } = await catalog.acceptUpload(newUpload('ann', database.id, 'a', 'A'))
      await catalog.acceptUpload(newUpload('ann', database.id, 'b', 'B'))
      const running = await queue.claim('w', 1000)
      const drop = await catalog.removeDatabase('ann', database.id)
      expect(await code(catalog.document('ann', database.id, document.id))).toBe('database/not-found')
      expect((await catalog.databaseById(database.id)).state).toBe('deleting')
      expect(await queue.claim('v', 1000)).toBeUndefined() // the drop waits for the running ingest
      expect(await queue.renew(running?.id ?? '', 'w', 1000)).toEqual({ cancelRequested: true })
      await queue.cancelled(running?.id ?? '', 'w')
      expect((await queue.claim('v', 1000))?.id).toBe(drop.id)
      expect(await code(queue.requestCancel('ann', drop.id))).toBe('job/uncancellable')
      await catalog.setVersionState(version.id, 'dropped')
      expect([...(await catalog.forgetDatabase(database.id))].sort()).toEqual([sha('A'), sha('B')].sort())
      expect(await catalog.documentById(document.id)).toBeUndefined()
      expect(await code(catalog.databaseById(database.id))).toBe('database/not-found')
      expect(await code(catalog.version(version.id))).toBe('version/not-found')
      await queue.finish(drop.id, 'v')
      expect((await queue.job('ann', drop.id)).state).toBe('done')
    })

    test('pages of a list hold every item once, newest first, whatever the page size', async () => {
      const { catalog } = store
      const { database } = await catalog.createDatabase(newDatabase('ann', 'd'))
      for (let index = 0; index < 23; index += 1) {
        if (index % 4 === 0) ruled.time += 1
        await catalog.acceptUpload(newUpload('ann', database.id, `Datei-${index}.TXT`, `${index}`))
      }
      const walk = async (limit: number) => {
        const ids: string[] = []
        for (let cursor: string | undefined; ; ) {
          const page = await catalog.documents('ann', database.id, { limit, search: 'datei', ...(cursor === undefined ? {} : { cursor }) })
          expect(page.items.length).toBeLessThanOrEqual(limit)
          ids.push(...page.items.map((each) => each.id))
          if (page.nextCursor === undefined) return ids
          cursor = page.nextCursor
        }
      }
      const all = await walk(100)
      expect(new Set(all).size).toBe(23)
      for (const limit of [1, 2, 7, 23]) expect(await walk(limit)).toEqual(all)
      expect(await code(catalog.documents('ann', database.id, { limit: 5, cursor: 'nonsense' }))).toBe('request/invalid')
    })

    test('documents that are not there are told by their external ids, each once; one that is being deleted is gone, one elsewhere is none', async () => {
      const { catalog } = store
      const { database } = await catalog.createDatabase(newDatabase('ann', 'one'))
      const { database: other } = await catalog.createDatabase(newDatabase('ann', 'two'))
      const put = async (id: string, name: string) => (await catalog.acceptUpload(newUpload('ann', id, name, name))).document
      const [there, gone] = [await put(database.id, 'a.txt'), await put(database.id, "b'%_.txt")]
      await put(other.id, 'elsewhere.txt')
      await catalog.removeDocument('ann', database.id, gone.id)
      const asked = ['none.txt', 'a.txt', gone.externalId, 'elsewhere.txt', 'A.TXT', there.id, 'none.txt']
      expect(await catalog.missingDocuments(database.id, asked)).toEqual(['none.txt', gone.externalId, 'elsewhere.txt', 'A.TXT', there.id])
      expect(await catalog.missingDocuments(database.id, [])).toEqual([])
    })

    test('embedding models are counted by the live version of databases that are not going away', async () => {
      const { catalog } = store
      const make = async (name: string, embedder: string) =>
        (await catalog.createDatabase({ ...newDatabase('ann', name), settings: { ...SETTINGS, embedder, dimensions: 8 } })).database
      expect(await catalog.embeddersInUse()).toEqual([])
      await make('words', 'none')
      for (const name of ['a', 'b']) await make(name, 'openai:small')
      const gone = await make('gone', 'local:old')
      const changed = await make('changed', 'local:other')
      expect((await catalog.embeddersInUse()).map(({ embedder }) => embedder)).toEqual(['local:old', 'local:other', 'openai:small'])
      await catalog.removeDatabase('ann', gone.id)
      const { version } = await catalog.createVersion(changed.id, { ...SETTINGS, embedder: 'openai:small', dimensions: 8 })
      await catalog.switchLive(changed.id, version.id)
      expect(await catalog.embeddersInUse()).toEqual([{ embedder: 'openai:small', databases: 3 }])
      const seen = await catalog.overview([changed.id, gone.id, 'db_none'])
      expect([...seen].map(([id, found]) => [id, found.version.id])).toEqual([[changed.id, version.id]])
    })

    test('any history gives what the oracle gives', async () => {
      await fc.assert(
        fc.asyncProperty(history, async (steps) => {
          const [ruledSubject, ruledOracle] = [rule(), rule()]
          const state = catalogState(ruledOracle)
          const oracle = { catalog: memoryCatalog(state), queue: memoryQueue(state), person: async () => undefined, close: async () => undefined }
          const subject = await open(ruledSubject)
          try {
            for (const owner of OWNERS) await subject.person(owner)
            for (const step of steps) {
              ruledSubject.time += step.wait
              ruledOracle.time += step.wait
              expect(await outcome(subject, step, ruledSubject.made), JSON.stringify(step)).toEqual(await outcome(oracle, step, ruledOracle.made))
            }
            expect(await everything(subject, ruledSubject.ids)).toEqual(await everything(oracle, ruledOracle.ids))
            await subject.catalog.check()
            await oracle.catalog.check()
          } finally {
            await subject.close()
          }
        }),
        { numRuns: runs },
      )
    })
  })
}

import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { memoryChunks } from '../adapters/memory/chunks.ts'
import type { DocumentFields } from '../domain/document.ts'
import { AppError } from '../domain/errors.ts'
import type { Filter } from '../domain/filter.ts'
import type { Chunks, VersionRef } from './chunks.ts'
import { anyFields, anyFilter, sampleChunk, sampleVersion } from './index-samples.contract.ts'

export interface ChunksUnderTest {
  readonly chunks: Chunks
  /** Reaches the same data another way, at the same time: another connection or thread. */
  readonly second?: Chunks
  /** Closes everything and opens it again; absent where nothing outlives closing. */
  readonly reopen?: () => Promise<ChunksUnderTest>
  close(): Promise<void>
}

type Command =
  | { readonly do: 'stage'; readonly document: string; readonly revision: number; readonly count: number; readonly variant: number }
  | { readonly do: 'publish'; readonly revision: number; readonly count: number; readonly fields: DocumentFields }
  | { readonly do: 'ingest'; readonly revision: number; readonly count: number; readonly variant: number; readonly fields: DocumentFields }
  | { readonly do: 'discard'; readonly document: string; readonly revision: number }
  | { readonly do: 'remove'; readonly documents: readonly string[] }
  | { readonly do: 'fields'; readonly fields: DocumentFields }
  | { readonly do: 'reopen' }
  | { readonly do: 'ask'; readonly filter: Filter }

const DOCUMENTS = ['doc-1', 'doc-2', 'a.1.b', "d'x"] as const
const document = fc.constantFrom(...DOCUMENTS)
const [revision, count, variant] = [fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 2 })]
const fields = document.chain(anyFields)
const commands: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('ingest' as const), revision, count, variant, fields }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('stage' as const), document, revision, count, variant }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('publish' as const), revision, count, fields }) },
    fc.record({ do: fc.constant('discard' as const), document, revision }),
    fc.record({ do: fc.constant('remove' as const), documents: fc.array(document, { maxLength: 2 }) }),
    fc.record({ do: fc.constant('fields' as const), fields }),
    fc.record({ do: fc.constant('reopen' as const) }),
    { weight: 3, arbitrary: fc.record({ do: fc.constant('ask' as const), filter: anyFilter }) },
  ),
  { minLength: 4, maxLength: 20 },
)

const chunksOf = (id: string, of: number, length: number, kind: number) => Array.from({ length }, (_, ordinal) => sampleChunk(id, of, ordinal, kind))

async function apply(chunks: Chunks, version: VersionRef, command: Command): Promise<string> {
  try {
    if (command.do === 'stage') await chunks.stage(version, chunksOf(command.document, command.revision, command.count, command.variant))
    if (command.do === 'ingest') await chunks.stage(version, chunksOf(command.fields.documentId, command.revision, command.count, command.variant))
    if (command.do === 'publish' || command.do === 'ingest') await chunks.publish(version, command.fields, command.revision, command.count)
    if (command.do === 'discard') await chunks.discard(version, command.document, command.revision)
    if (command.do === 'remove') await chunks.remove(version, command.documents)
    if (command.do === 'fields') await chunks.setFields(version, command.fields)
    return 'done'
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  }
}

/** Everything that can be read, in a form that can be compared. Scores of words differ with what an engine still counts. */
async function everything(chunks: Chunks, version: VersionRef, filter: Filter | undefined) {
  const lists = await Promise.all(DOCUMENTS.map((id) => chunks.list(version, id, { offset: 0, limit: 100 })))
  const ids = DOCUMENTS.flatMap((id) => [1, 2, 3].flatMap((of) => [0, 1, 2, 3].map((ordinal) => `${id}.${of}.${ordinal}`)))
  const terms = ['leave', 'stone', 'chapter', 'absent', 'leave'].map((term) => ({ term, weight: 1 }))
  const hits = await chunks.searchLexical(version, { terms, n: 100, filter, explain: true })
  const vectors: string[] = []
  for await (const batch of chunks.vectors(version, 3)) {
    expect(batch.length).toBeLessThanOrEqual(3)
    vectors.push(...batch.map(({ chunkId, documentId, vector }) => JSON.stringify([chunkId, documentId, rounded(vector)])))
  }
  for (const hit of hits) expect(hit.terms.reduce((sum, { score }) => sum + score, hit.document ?? 0)).toBeCloseTo(hit.score, 3)
  const hashes = [...new Set(DOCUMENTS.flatMap((id) => chunksOf(id, 1, 4, 0).map(({ hash }) => hash)))]
  const { bytes: _bytes, ...stats } = await chunks.stats(version)
  return {
    lists,
    got: await chunks.get(version, [...ids, 'nonsense', '..', 'doc-1.1.01']),
    lexical: hits.map(({ chunkId, documentId, terms: shares }) => JSON.stringify([chunkId, documentId, shares.map(({ term }) => term).sort()])).sort(),
    matching: filter === undefined ? [] : [...(await chunks.matching(version, filter))].sort(),
    matchingSome: filter === undefined ? [] : [...(await chunks.matching(version, filter, ['doc-1', 'unknown']))],
    live: [...(await chunks.liveRevisions(version, [...DOCUMENTS, 'unknown']))],
    byHash: [...(await chunks.vectorsByHash(version, hashes))].map(([hash, vector]) => [hash, rounded(vector)]).sort(),
    vectors: vectors.sort(),
    stats,
  }
}

const rounded = (vector: Float32Array) => Array.from(vector, (value) => Math.round(value * 100) / 100 + 0)
const code = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  )

export function chunksContract(name: string, open: () => Promise<ChunksUnderTest>, runs = 30): void {
  describe(`${name} keeps the promises of Chunks`, () => {
    let store: ChunksUnderTest
    let next = 0
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())
    const newVersion = async () => {
      const version = sampleVersion(`ver_${next++}`)
      await store.chunks.create(version)
      return version
    }
    const fieldsOf = (documentId: string): DocumentFields => ({
      documentId,
      externalId: documentId,
      name: 'a',
      title: undefined,
      mediaType: 'text/plain',
      createdAt: 0,
      updatedAt: 0,
      metadata: {},
    })

    test('any history reads as in memory, on every connection', { timeout: 120_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(commands, anyFilter, async (history, filter) => {
          const version = await newVersion()
          const oracle = memoryChunks()
          await oracle.create(version)
          for (const command of history) {
            if (command.do === 'reopen') {
              if (store.reopen !== undefined) store = await store.reopen()
              continue
            }
            if (command.do === 'ask') {
              const at = store.second ?? store.chunks
              expect(await everything(at, version, command.filter)).toEqual(await everything(oracle, version, command.filter))
              continue
            }
            const writer = command.do === 'fields' || command.do === 'remove' ? (store.second ?? store.chunks) : store.chunks
            expect([command.do, await apply(writer, version, command)]).toEqual([command.do, await apply(oracle, version, command)])
          }
          for (const one of [undefined, filter]) {
            const expected = await everything(oracle, version, one)
            expect(await everything(store.chunks, version, one)).toEqual(expected)
            if (store.second !== undefined) expect(await everything(store.second, version, one)).toEqual(expected)
          }
          await store.chunks.check(version)
          await store.chunks.drop(version)
        }),
        { numRuns: runs },
      )
    })

    test('whatever changes, by whichever connection, has another generation, which was never there before', { timeout: 120_000 }, async () => {
      const readBy = async (at: Chunks, version: VersionRef) => {
        const terms = ['leave', 'stone', 'chapter'].map((term) => ({ term, weight: 1 }))
        const hits = await at.searchLexical(version, { terms, n: 100, filter: undefined, explain: true })
        const read = await at.get(
          version,
          hits.map(({ chunkId }) => chunkId),
        )
        return JSON.stringify([hits, read, await at.liveRevisions(version, DOCUMENTS)].map((part) => (part instanceof Map ? [...part] : part)))
      }
      await fc.assert(
        fc.asyncProperty(commands, async (history) => {
          const version = await newVersion()
          const seen = new Map<string, string>()
          for (const command of history) {
            if (command.do === 'reopen' && store.reopen !== undefined) store = await store.reopen()
            const writer = command.do === 'fields' || command.do === 'remove' ? (store.second ?? store.chunks) : store.chunks
            await apply(writer, version, command)
            const generation = await store.chunks.generation(version)
            expect(await (store.second ?? store.chunks).generation(version)).toBe(generation)
            const read = await readBy(store.chunks, version)
            expect(seen.get(generation) ?? read).toBe(read)
            seen.set(generation, read)
          }
          await store.chunks.drop(version)
          expect(await code(store.chunks.generation(version))).toBe('version/not-found')
          if (seen.size === 0) return
          await store.chunks.create(version)
          expect(seen.has(await store.chunks.generation(version))).toBe(false)
          await store.chunks.drop(version)
        }),
        { numRuns: runs },
      )
    })

    test('what is staged is invisible until it is published, then replaces the former revision at once', async () => {
      const version = await newVersion()
      const { chunks } = store
      await chunks.stage(version, chunksOf('doc-1', 1, 3, 0))
      expect((await chunks.stats(version)).chunks).toBe(0)
      expect((await chunks.vectorsByHash(version, [sampleChunk('doc-1', 1, 0, 0).hash])).size).toBe(1)
      await chunks.publish(version, fieldsOf('doc-1'), 1, 3)
      await chunks.stage(version, chunksOf('doc-1', 2, 2, 1))
      expect((await chunks.list(version, 'doc-1', { offset: 1, limit: 1 })).chunks.map(({ id }) => id)).toEqual(['doc-1.1.1'])
      await chunks.publish(version, fieldsOf('doc-1'), 2, 2)
      expect((await chunks.list(version, 'doc-1', { offset: 0, limit: 9 })).chunks.map(({ id }) => id)).toEqual(['doc-1.2.0', 'doc-1.2.1'])
      expect(await chunks.get(version, ['doc-1.1.0'])).toEqual([])
    })

    test('a revision of which chunks are missing is not published, and the former one stays', async () => {
      const version = await newVersion()
      await store.chunks.stage(version, chunksOf('doc-1', 1, 2, 0))
      await store.chunks.publish(version, fieldsOf('doc-1'), 1, 2)
      await store.chunks.stage(version, chunksOf('doc-1', 2, 2, 1))
      expect(await code(store.chunks.publish(version, fieldsOf('doc-1'), 2, 3))).toBe('store/damaged')
      expect([...(await store.chunks.liveRevisions(version, ['doc-1']))]).toEqual([['doc-1', 1]])
    })

    test('a late older revision does not come back', async () => {
      const version = await newVersion()
      await store.chunks.stage(version, chunksOf('doc-1', 2, 2, 0))
      await store.chunks.publish(version, fieldsOf('doc-1'), 2, 2)
      await store.chunks.stage(version, chunksOf('doc-1', 1, 2, 1))
      await store.chunks.publish(version, { ...fieldsOf('doc-1'), name: 'old' }, 1, 2)
      expect((await store.chunks.get(version, ['doc-1.2.0']))[0]?.fields.name).toBe('a')
      expect((await store.chunks.stats(version)).chunks).toBe(2)
    })

    test('a removed document does not come back with a job that was under way', async () => {
      const version = await newVersion()
      const { chunks } = store
      await chunks.stage(version, chunksOf('doc-1', 1, 2, 0))
      await chunks.publish(version, fieldsOf('doc-1'), 1, 2)
      await chunks.stage(version, chunksOf('doc-1', 2, 2, 1))
      await chunks.remove(version, ['doc-1', 'doc-2'])
      for (const id of ['doc-1', 'doc-2']) {
        await chunks.stage(version, chunksOf(id, 2, 2, 1))
        await chunks.publish(version, fieldsOf(id), 2, 2)
        expect((await chunks.list(version, id, { offset: 0, limit: 9 })).total).toBe(0)
      }
      expect(await chunks.stats(version)).toMatchObject({ documents: 0, chunks: 0 })
    })

    test.each([
      ['too short', new Float32Array(7).fill(1)],
      ['not a number', new Float32Array(8).fill(Number.NaN)],
      ['infinite', new Float32Array(8).fill(Number.POSITIVE_INFINITY)],
      ['zero', new Float32Array(8)],
      ['missing', undefined],
    ])('a vector that is %s is refused, and nothing of the call is kept', async (_, vector) => {
      const version = await newVersion()
      const [good, bad] = [sampleChunk('doc-1', 1, 0, 0), { ...sampleChunk('doc-1', 1, 1, 0), vector }]
      expect(await code(store.chunks.stage(version, [good, bad]))).toBe('vectors/dimension')
      expect(await code(store.chunks.publish(version, fieldsOf('doc-1'), 1, 1))).toBe('store/damaged')
    })

    test('a version without an embedder takes chunks without vectors only', async () => {
      const version = sampleVersion(`ver_${next++}`, 0)
      await store.chunks.create(version)
      await store.chunks.stage(version, [sampleChunk('doc-1', 1, 0, 0, 0)])
      await store.chunks.publish(version, fieldsOf('doc-1'), 1, 1)
      expect((await store.chunks.searchLexical(version, { terms: [{ term: 'leave', weight: 1 }], n: 5, filter: undefined })).length).toBe(1)
      expect(await store.chunks.stats(version)).toMatchObject({ documents: 1, chunks: 1, vectors: 0 })
      expect(await code(store.chunks.stage(version, [sampleChunk('doc-2', 1, 0, 0)]))).toBe('vectors/dimension')
    })

    test('a version that was never made is not found, one that was dropped neither; dropping twice is fine', async () => {
      const version = sampleVersion(`ver_${next++}`)
      expect(await code(store.chunks.stats(version))).toBe('version/not-found')
      await store.chunks.create(version)
      await store.chunks.create(version)
      await store.chunks.stage(version, chunksOf('doc-1', 1, 1, 0))
      await store.chunks.drop(version)
      await store.chunks.drop(version)
      expect(await code(store.chunks.stats(version))).toBe('version/not-found')
      if (store.second !== undefined) expect(await code(store.second.stats(version))).toBe('version/not-found')
      await store.chunks.create(version)
      expect((await store.chunks.vectorsByHash(version, [sampleChunk('doc-1', 1, 0, 0).hash])).size).toBe(0)
    })

    test('settings other than those it was made with are refused', async () => {
      const version = await newVersion()
      expect(await code(store.chunks.create({ ...version, settings: { ...version.settings, chunkSize: 100 } }))).toBe('store/damaged')
    })

    test('equal scores come in the order of chunk ids', async () => {
      const version = await newVersion()
      for (const id of ['doc-2', 'doc-1']) {
        const same = [10, 9, 0].map((ordinal) => ({ ...sampleChunk(id, 1, 0, 0), ordinal, id: `${id}.1.${ordinal}` }))
        await store.chunks.stage(version, [...same, ...chunksOf(id, 1, 9, 0).slice(1)])
        await store.chunks.publish(version, fieldsOf(id), 1, 11)
      }
      const hits = await store.chunks.searchLexical(version, { terms: [{ term: 'v0', weight: 1 }], n: 100, filter: undefined })
      const same = hits.filter(({ chunkId }) => /\.1\.(0|9|10)$/.test(chunkId)).map(({ chunkId }) => chunkId)
      expect(same).toEqual(['doc-1.1.0', 'doc-1.1.9', 'doc-1.1.10', 'doc-2.1.0', 'doc-2.1.9', 'doc-2.1.10'])
    })
  })
}

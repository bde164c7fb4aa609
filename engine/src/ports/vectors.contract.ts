import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { memoryVectors } from '../adapters/memory/vectors.ts'
import type { DocumentFields } from '../domain/document.ts'
import { AppError } from '../domain/errors.ts'
import type { Filter } from '../domain/filter.ts'
import type { Chunks, VersionRef } from './chunks.ts'
import { anyFields, anyFilter, sampleChunk, sampleVector, sampleVersion } from './index-samples.contract.ts'
import type { DenseHit, Point, Vectors } from './vectors.ts'

export interface VectorsUnderTest {
  readonly vectors: Vectors
  /** For adapters that search what this store has published; called as the flows do. */
  readonly chunks?: Chunks
  /** Closes everything and opens it again; absent where nothing outlives closing. */
  readonly reopen?: () => Promise<VectorsUnderTest>
  close(): Promise<void>
}

/** Writes a revision as the flows do: stage, upsert, publish, keep. */
export async function ingest(
  { vectors, chunks }: Pick<VectorsUnderTest, 'vectors' | 'chunks'>,
  version: VersionRef,
  fields: DocumentFields,
  points: readonly Point[],
): Promise<void> {
  const revision = points[0]?.revision ?? 1
  const staged = points.map(({ chunkId, vector, pages }, ordinal) => ({
    ...sampleChunk(fields.documentId, revision, ordinal, 0),
    id: chunkId,
    hash: `${chunkId} ${vector.join()}`,
    vector,
    pages,
  }))
  await chunks?.stage(version, staged)
  for (let at = 0; at < points.length; at += vectors.maxBatch) await vectors.upsert(version, points.slice(at, at + vectors.maxBatch))
  await chunks?.publish(version, fields, revision, points.length)
  await vectors.keepRevision(version, fields.documentId, revision)
}

/** The same scores to 1e-3; where scores differ by more, the same order; equal vectors by chunk id. */
export function expectRanking(actual: readonly DenseHit[], all: readonly DenseHit[], n: number): void {
  expect(actual.length).toBe(Math.min(n, all.length))
  const exact = new Map(all.map((hit) => [hit.chunkId, hit.score]))
  expect(new Set(actual.map(({ chunkId }) => chunkId)).size).toBe(actual.length)
  actual.forEach(({ chunkId, score }, place) => {
    expect(exact.get(chunkId) ?? Number.NaN).toBeCloseTo(score, 3)
    expect(Math.abs((all[place]?.score ?? Number.NaN) - score)).toBeLessThan(1e-3)
    expect(score).toBeLessThanOrEqual(actual[place - 1]?.score ?? 1)
  })
}

const DOCUMENTS = ['doc-1', 'doc-2', 'a.1.b'] as const
type Command =
  | { readonly do: 'ingest'; readonly fields: DocumentFields; readonly count: number; readonly seed: number }
  | { readonly do: 'remove'; readonly documents: readonly string[] }
  | { readonly do: 'fields'; readonly fields: DocumentFields }
  | { readonly do: 'reopen' }
  | { readonly do: 'ask'; readonly filter: Filter | undefined; readonly n: number; readonly seed: number }

const fields = fc.constantFrom(...DOCUMENTS).chain(anyFields)
const seed = fc.integer({ min: 0, max: 50 })
const commands: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('ingest' as const), fields, count: fc.integer({ min: 1, max: 30 }), seed }) },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('ask' as const), filter: fc.option(anyFilter, { nil: undefined }), n: fc.integer({ min: 0, max: 20 }), seed }),
    },
    fc.record({ do: fc.constant('remove' as const), documents: fc.array(fc.constantFrom(...DOCUMENTS), { maxLength: 2 }) }),
    fc.record({ do: fc.constant('fields' as const), fields }),
    fc.record({ do: fc.constant('reopen' as const) }),
  ),
  { minLength: 3, maxLength: 15 },
)

function pointsOf(fields: DocumentFields, revision: number, count: number, from: number): Point[] {
  return Array.from({ length: count }, (_, ordinal) => ({
    chunkId: `${fields.documentId}.${revision}.${ordinal}`,
    documentId: fields.documentId,
    revision,
    vector: sampleVector((from + ordinal) % 60),
    fields,
    pages: ordinal % 3 === 0 ? undefined : [1 + (ordinal % 4), 2 + (ordinal % 4)],
  }))
}

const code = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  )

export function vectorsContract(name: string, open: () => Promise<VectorsUnderTest>, runs = 30): void {
  describe(`${name} keeps the promises of Vectors`, () => {
    let store: VectorsUnderTest
    let next = 0
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())
    const newVersion = async () => {
      const version = sampleVersion(`ver_${next++}`)
      await store.chunks?.create(version)
      await store.vectors.create(version)
      return version
    }
    const plain: DocumentFields = {
      documentId: 'doc-1',
      externalId: 'a',
      name: 'a',
      title: undefined,
      mediaType: 'text/plain',
      createdAt: 0,
      updatedAt: 0,
      metadata: {},
    }

    test('any history finds what comparing everything finds, with any filter', { timeout: 120_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(commands, async (history) => {
          const version = await newVersion()
          const oracle = memoryVectors()
          await oracle.create(version)
          const revisions = new Map<string, number>()
          const removed = new Set<string>() // their ids are never used again
          const both = async (work: (one: Pick<VectorsUnderTest, 'vectors' | 'chunks'>) => Promise<unknown>) => {
            await work(store)
            await work({ vectors: oracle })
          }
          for (const command of history) {
            if (command.do === 'reopen') store = (await store.reopen?.()) ?? store
            if (command.do === 'ingest' && !removed.has(command.fields.documentId)) {
              const revision = (revisions.get(command.fields.documentId) ?? 0) + 1
              revisions.set(command.fields.documentId, revision)
              const points = pointsOf(command.fields, revision, command.count, command.seed)
              await both((one) => ingest(one, version, command.fields, points))
            }
            if (command.do === 'remove') {
              for (const id of command.documents) removed.add(id)
              await both(async ({ chunks, vectors }) => {
                await chunks?.remove(version, command.documents)
                await vectors.removeDocuments(version, command.documents)
              })
            }
            if (command.do === 'fields') {
              await both(async ({ chunks, vectors }) => {
                await chunks?.setFields(version, command.fields)
                await vectors.setFields(version, command.fields)
              })
            }
            if (command.do !== 'ask') continue
            const query = { vector: sampleVector(command.seed), filter: command.filter }
            expectRanking(await store.vectors.search(version, { ...query, n: command.n }), await oracle.search(version, { ...query, n: 1_000 }), command.n)
            expect(await store.vectors.count(version)).toBe(await oracle.count(version))
          }
          await store.vectors.drop(version)
          await store.chunks?.drop(version)
        }),
        { numRuns: runs },
      )
    })

    test('equal vectors come in the order of chunk ids, also at the end of the list', async () => {
      const version = await newVersion()
      for (const documentId of ['doc-2', 'doc-1']) {
        const fields = { ...plain, documentId }
        const points = pointsOf(fields, 1, 12, 0).map((point) => ({ ...point, vector: sampleVector(1) }))
        await ingest(store, version, fields, points)
      }
      const hits = await store.vectors.search(version, { vector: sampleVector(2), n: 11, filter: undefined })
      expect(hits.map(({ chunkId }) => chunkId)).toEqual(Array.from({ length: 11 }, (_, ordinal) => `doc-1.1.${ordinal}`))
    })

    test('only the kept revision is found', async () => {
      const version = await newVersion()
      for (const revision of [1, 2]) await ingest(store, version, plain, pointsOf(plain, revision, 4 - revision, revision))
      const hits = await store.vectors.search(version, { vector: sampleVector(1), n: 10, filter: undefined })
      expect(hits.map(({ chunkId }) => chunkId).sort()).toEqual(['doc-1.2.0', 'doc-1.2.1'])
    })

    test.each([
      ['too long', new Float32Array(9).fill(1)],
      ['empty', new Float32Array(0)],
      ['not a number', new Float32Array(8).fill(Number.NaN)],
      ['infinite', new Float32Array(8).fill(Number.NEGATIVE_INFINITY)],
      ['zero', new Float32Array(8)],
    ])('a vector that is %s is refused, in a point and in a query', async (_, vector) => {
      const version = await newVersion()
      const [good, bad] = pointsOf(plain, 1, 2, 0) as [Point, Point]
      expect(await code(store.vectors.upsert(version, [good, { ...bad, vector }]))).toBe('vectors/dimension')
      expect(await store.vectors.count(version)).toBe(0)
      expect(await code(store.vectors.search(version, { vector, n: 1, filter: undefined }))).toBe('vectors/dimension')
    })

    test('length does not matter, direction does', async () => {
      const version = await newVersion()
      const [first, second, third] = pointsOf(plain, 1, 3, 0) as [Point, Point, Point]
      const axis = (index: number, length: number) => new Float32Array(8).fill(0).fill(length, index, index + 1)
      await ingest(store, version, plain, [
        { ...first, vector: axis(0, 1e-20) },
        { ...second, vector: axis(1, 1e15) },
        { ...third, vector: axis(0, -3) },
      ])
      const hits = await store.vectors.search(version, { vector: axis(0, 7), n: 3, filter: undefined })
      expect(hits.map(({ chunkId, score }) => [chunkId, Math.round(score * 1e3) / 1e3])).toEqual([
        ['doc-1.1.0', 1],
        ['doc-1.1.1', 0],
        ['doc-1.1.2', -1],
      ])
    })
  })
}

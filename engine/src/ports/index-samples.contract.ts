import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { chunkId, type IndexedChunk } from '../domain/chunk.ts'
import type { DocumentFields } from '../domain/document.ts'
import { BUILT_IN_FIELDS, type Filter, type Scalar } from '../domain/filter.ts'
import type { MetadataValue } from '../domain/metadata.ts'
import type { VersionRef } from './chunks.ts'

/** Made-up content that the contract suites of `Chunks` and `Vectors` share. */
export const DIMENSIONS = 8

export function sampleVersion(versionId: string, dimensions = DIMENSIONS): VersionRef {
  const embedder = dimensions === 0 ? 'none' : `fake:${dimensions}`
  return { databaseId: 'db_contract', versionId, settings: { embedder, dimensions, chunkSize: 512, chunkOverlap: 64, analyzer: 'quarry-1' } }
}

/** Few values per component, so that equal scores happen; the same hash, the same vector. */
export function sampleVector(seed: number, dimensions = DIMENSIONS): Float32Array {
  const bytes = createHash('sha512').update(String(seed)).digest()
  const vector = Float32Array.from({ length: dimensions }, (_, index) => ((bytes[index % 64] ?? 0) % 5) - 2)
  vector[seed % dimensions] = 3
  return vector
}

const WORDS = ['leave', 'request', 'quarry', 'stone', 'water', 'année', '石'] as const
const HOSTILE = ['', '\0', '\ud800 alone', "'; DROP TABLE chunks; --", '𝕬 \u202e', 'x'.repeat(300)] as const

/** `variant` tells contents apart; chunks of one variant and ordinal share their hash. */
export function sampleChunk(documentId: string, revision: number, ordinal: number, variant: number, dimensions = DIMENSIONS): IndexedChunk {
  const seed = variant * 7 + ordinal
  const body = [WORDS[seed % 7] ?? '', WORDS[(seed * 3 + 1) % 7] ?? '', `v${variant}`]
  const text = `${body.join(' ')} ${HOSTILE[seed % 6]}`
  return {
    id: chunkId(documentId, revision, ordinal),
    documentId,
    revision,
    ordinal,
    text,
    start: ordinal * 400,
    end: ordinal * 400 + text.length,
    headingPath: seed % 2 === 0 ? [] : ['Chapter "1"', HOSTILE[seed % 4] ?? ''],
    pages: seed % 3 === 0 ? undefined : [1 + (seed % 4), 1 + (seed % 4) + (seed % 2)],
    tokens: 3,
    hash: createHash('sha256').update(String(seed)).digest('hex'),
    context: seed % 4 === 0 ? `name | ${HOSTILE[seed % 6]}` : undefined,
    terms: { title: ['manual'], headings: seed % 2 === 0 ? [] : ['chapter'], body },
    vector: dimensions === 0 ? undefined : sampleVector(seed, dimensions),
  }
}

const KEYS = ['year', 'tags', '__proto__', 'constructor', 'toString', 'a.b', 'flag'] as const
const scalar: fc.Arbitrary<Scalar> = fc.constantFrom<Scalar>(
  0,
  -0,
  5,
  2023.5,
  '5',
  '',
  'Zoë',
  'zoë',
  'a',
  true,
  false,
  '2024-01-01T00:00:00.000Z',
  'doc-1',
  'text/plain',
)
const metadataValue: fc.Arbitrary<MetadataValue> = fc.oneof(
  scalar.map((value) => (value === 0 ? 0 : value)), // JSON has no -0
  fc.array(fc.constantFrom('a', 'zoë', '5', ''), { maxLength: 3 }),
  fc.array(fc.constantFrom(5, 0, 2023.5), { maxLength: 3 }),
)

export function anyFields(documentId: string): fc.Arbitrary<DocumentFields> {
  return fc.record({
    documentId: fc.constant(documentId),
    externalId: fc.constantFrom(`dir/${documentId}`, documentId, 'a'),
    name: fc.constantFrom('a', 'Zoë.pdf', '\ud800'),
    title: fc.constantFrom(undefined, 'a', ''),
    mediaType: fc.constantFrom('text/plain', 'application/pdf'),
    createdAt: fc.constantFrom(0, 1_704_067_200_000),
    updatedAt: fc.constantFrom(0, 1_704_067_200_000, 1_704_067_200_001),
    metadata: fc.array(fc.tuple(fc.constantFrom(...KEYS), metadataValue), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  })
}

const field = fc.constantFrom(...KEYS, 'missing', ...Object.keys(BUILT_IN_FIELDS))
const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({
    field,
    op: fc.constantFrom('eq' as const, 'ne' as const, 'gt' as const, 'gte' as const, 'lt' as const, 'lte' as const, 'contains' as const),
    value: scalar,
  }),
  fc.record({ field, op: fc.constantFrom('in' as const, 'nin' as const), value: fc.array(scalar, { maxLength: 4 }) }),
  fc.record({ field, op: fc.constant('exists' as const), value: fc.boolean() }),
  fc.record({ field: fc.constant('@page'), op: fc.constantFrom('eq' as const, 'gte' as const, 'ne' as const), value: fc.integer({ min: 0, max: 5 }) }),
)
export const anyFilter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.record({ and: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ or: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie('filter') }),
  ),
})).filter

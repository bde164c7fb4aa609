import { randomUUID } from 'node:crypto'
import type { Chunk, IndexedChunk } from '../../domain/chunk.ts'
import type { DocumentFields } from '../../domain/document.ts'
import { AppError } from '../../domain/errors.ts'
import { matches } from '../../domain/filter.ts'
import { documentSaturation, documentWeight, inverseFrequency, saturation, weightedTerms } from '../../domain/ranking.ts'
import type { Chunks, LexicalHit, LexicalQuery, VersionRef } from '../../ports/chunks.ts'
import { compareChunkIds } from '../chunk-order.ts'
import { checkVector } from '../vector-check.ts'

interface Entry {
  fields: DocumentFields | undefined // known once published
  live: number | undefined
  readonly revisions: Map<number, Map<number, IndexedChunk>>
}

interface Version {
  readonly settings: string
  generation: string
  readonly documents: Map<string, Entry>
  readonly removed: Set<string>
}

/** The meaning of the port, without regard for speed. */
export function memoryChunks(): Chunks {
  const versions = new Map<string, Version>()

  function documentsOf(version: VersionRef): Map<string, Entry> {
    const known = versions.get(version.versionId)
    if (known === undefined) throw new AppError('version/not-found', { version: version.versionId })
    return known.documents
  }

  /** For writing; only those that throw change nothing. */
  function changing(version: VersionRef): Map<string, Entry> {
    const documents = documentsOf(version)
    const known = versions.get(version.versionId)
    if (known !== undefined) known.generation = randomUUID()
    return documents
  }

  const isRemoved = (version: VersionRef, id: string) => versions.get(version.versionId)?.removed.has(id) === true

  function entryOf(documents: Map<string, Entry>, id: string): Entry {
    const entry = documents.get(id) ?? { fields: undefined, live: undefined, revisions: new Map() }
    documents.set(id, entry)
    return entry
  }

  function live(version: VersionRef): { chunk: IndexedChunk; fields: DocumentFields }[] {
    return [...documentsOf(version).values()].flatMap(({ fields, live, revisions }) => {
      if (fields === undefined || live === undefined) return []
      return [...(revisions.get(live)?.values() ?? [])].sort((a, b) => a.ordinal - b.ordinal).map((chunk) => ({ chunk, fields }))
    })
  }

  return {
    async create(version) {
      const settings = JSON.stringify(version.settings)
      const known = versions.get(version.versionId)
      if (known !== undefined && known.settings !== settings) throw new AppError('store/damaged', { reason: 'made with other settings' })
      if (known === undefined) versions.set(version.versionId, { settings, generation: randomUUID(), documents: new Map(), removed: new Set() })
    },
    async drop(version) {
      versions.delete(version.versionId)
    },
    async stage(version, chunks) {
      const { dimensions, embedder } = version.settings
      const documents = changing(version)
      for (const { vector } of chunks) if (dimensions > 0 || vector !== undefined) checkVector(vector ?? new Float32Array(0), dimensions, embedder)
      for (const chunk of chunks) {
        if (isRemoved(version, chunk.documentId)) continue
        const entry = entryOf(documents, chunk.documentId)
        if (entry.live === chunk.revision) continue
        const staged = entry.revisions.get(chunk.revision) ?? new Map<number, IndexedChunk>()
        staged.set(chunk.ordinal, structuredClone(chunk))
        entry.revisions.set(chunk.revision, staged)
      }
    },
    async publish(version, document, revision, chunkCount) {
      const documents = changing(version)
      if (isRemoved(version, document.documentId)) return
      const entry = entryOf(documents, document.documentId)
      if (entry.live !== undefined && revision < entry.live) {
        entry.revisions.delete(revision)
        return
      }
      const staged = [...(entry.revisions.get(revision)?.entries() ?? [])].filter(([ordinal]) => ordinal < chunkCount)
      if (staged.length < chunkCount) throw new AppError('store/damaged', { reason: `${staged.length} of ${chunkCount} chunks are there` })
      for (const other of [...entry.revisions.keys()]) if (other < revision) entry.revisions.delete(other)
      entry.revisions.set(revision, new Map(staged))
      entry.live = revision
      entry.fields = structuredClone(document)
    },
    async discard(version, documentId, revision) {
      const entry = changing(version).get(documentId)
      if (entry !== undefined && entry.live !== revision) entry.revisions.delete(revision)
    },
    async remove(version, documentIds) {
      const documents = changing(version)
      for (const id of documentIds) {
        documents.delete(id)
        versions.get(version.versionId)?.removed.add(id)
      }
    },
    async setFields(version, document) {
      const entry = changing(version).get(document.documentId)
      if (entry?.fields !== undefined) entry.fields = structuredClone(document)
    },
    async get(version, chunkIds) {
      const byId = new Map(live(version).map((item) => [item.chunk.id, item]))
      return chunkIds.flatMap((id) => {
        const item = byId.get(id)
        return item === undefined ? [] : [{ chunk: plain(item.chunk), fields: item.fields }]
      })
    },
    async list(version, documentId, { offset, limit }) {
      const chunks = live(version).flatMap(({ chunk }) => (chunk.documentId === documentId ? [plain(chunk)] : []))
      return { chunks: chunks.slice(Math.max(0, offset)).slice(0, Math.max(0, limit)), total: chunks.length }
    },
    async searchLexical(version, query) {
      const items = live(version)
      const allowed = items.filter(({ chunk, fields }) => query.filter === undefined || matches(query.filter, { fields, pages: chunk.pages }))
      return bm25(
        items.map(({ chunk }) => chunk),
        new Set(allowed.map(({ chunk }) => chunk.id)),
        query,
      )
    },
    async matching(version, filter, documentIds) {
      const counts = new Map<string, number>()
      for (const [id, { live }] of documentsOf(version)) if (live !== undefined && (documentIds?.includes(id) ?? true)) counts.set(id, 0)
      for (const { chunk, fields } of live(version)) {
        const count = counts.get(chunk.documentId)
        if (count !== undefined && matches(filter, { fields, pages: chunk.pages })) counts.set(chunk.documentId, count + 1)
      }
      return counts
    },
    async liveRevisions(version, documentIds) {
      const documents = documentsOf(version)
      return new Map(
        documentIds.flatMap((id) => {
          const revision = documents.get(id)?.live
          return revision === undefined ? [] : [[id, revision] as const]
        }),
      )
    },
    async vectorsByHash(version, hashes) {
      const found = new Map<string, Float32Array>()
      for (const { revisions } of documentsOf(version).values())
        for (const chunks of revisions.values())
          for (const { hash, vector } of chunks.values()) if (hashes.includes(hash) && vector !== undefined) found.set(hash, vector.slice())
      return found
    },
    async *vectors(version, batch) {
      const all = live(version).flatMap(({ chunk }) =>
        chunk.vector === undefined ? [] : [{ chunkId: chunk.id, documentId: chunk.documentId, vector: chunk.vector.slice() }],
      )
      for (let at = 0; at < all.length; at += Math.max(1, batch)) yield all.slice(at, at + Math.max(1, batch))
    },
    async generation(version) {
      documentsOf(version)
      return versions.get(version.versionId)?.generation ?? ''
    },
    async stats(version) {
      const items = live(version)
      const documents = [...documentsOf(version).values()].filter((entry) => entry.live !== undefined).length
      return { documents, chunks: items.length, vectors: items.filter(({ chunk }) => chunk.vector !== undefined).length, bytes: 0 }
    },
    async check(version) {
      documentsOf(version)
    },
    async close() {
      versions.clear()
    },
  }
}

function plain({ terms: _terms, vector: _vector, ...chunk }: IndexedChunk): Chunk {
  return structuredClone(chunk)
}

function bm25(chunks: readonly IndexedChunk[], allowed: ReadonlySet<string>, query: LexicalQuery): LexicalHit[] {
  const weighted = chunks.map((chunk) => ({ chunk, ...weightedTerms(chunk.terms) }))
  const average = Math.max(1, weighted.reduce((sum, { length }) => sum + length, 0) / Math.max(1, weighted.length))
  const documents = Map.groupBy(weighted, ({ chunk }) => chunk.documentId)
  const weights = new Map<string, number>()
  for (const { term, weight } of query.terms) weights.set(term, (weights.get(term) ?? 0) + weight)
  const held = (of: readonly (typeof weighted)[number][], term: string) => of.reduce((sum, { counts }) => sum + (counts.get(term) ?? 0), 0)
  const sizeOf = (of: readonly (typeof weighted)[number][]) => of.reduce((sum, { length }) => sum + length, 0)
  const documentScore = (id: string): number => {
    const own = documents.get(id) ?? []
    let score = 0
    for (const [term, weight] of weights) {
      const holding = [...documents.values()].filter((of) => held(of, term) > 0).length
      const saturated = documentSaturation(held(own, term), sizeOf(own), (average * weighted.length) / documents.size, weighted.length / documents.size)
      score += weight * inverseFrequency(documents.size, holding) * saturated
    }
    return documents.size < 2 ? 0 : score * documentWeight(weighted.length, documents.size)
  }
  const hits = weighted.flatMap(({ chunk, counts, length }) => {
    if (!allowed.has(chunk.id)) return []
    const shares = [...weights].flatMap(([term, weight]) => {
      const count = counts.get(term) ?? 0
      if (count === 0 || weight <= 0) return []
      const holding = weighted.filter((other) => other.counts.has(term)).length
      const saturated = saturation(count, length, average)
      return [{ term, score: weight * inverseFrequency(weighted.length, holding) * saturated }]
    })
    if (shares.length === 0) return []
    const document = documentScore(chunk.documentId)
    const score = shares.reduce((sum, share) => sum + share.score, document)
    return [{ chunkId: chunk.id, documentId: chunk.documentId, score, terms: query.explain === true ? shares : [], document }]
  })
  return hits.sort((a, b) => b.score - a.score || compareChunkIds(a.chunkId, b.chunkId)).slice(0, Math.max(0, query.n))
}

import type { DatabaseSync } from 'node:sqlite'
import type { Chunk } from '../../domain/chunk.ts'
import { chunkId } from '../../domain/chunk.ts'
import type { DocumentFields } from '../../domain/document.ts'
import type { Filter } from '../../domain/filter.ts'
import type { ChunkStats, ChunkWithFields, LexicalHit, LexicalQuery, StoredVector, VersionRef } from '../../ports/chunks.ts'
import type { DenseHit, DenseQuery, Point } from '../../ports/vectors.ts'
import { comparePlaces, type ChunkPlace as Place, placeFromId } from '../chunk-order.ts'
import { checkVector } from '../vector-check.ts'
import { type ChunkPaths, chunkPaths, damaged, guarded, openChunkDatabase, sizeOnDisk, transaction } from './chunk-file.ts'
import { keepHash, kept, keptHash } from './chunks-text.ts'
import { type ChunkWriter, chunkWriter } from './chunks-write.ts'
import { fieldColumns } from './field-columns.ts'
import { openLexical } from './lexical.ts'
import { denseScan } from './scan.ts'
import { unpackVector } from './scan-codes.ts'
import { type LargeIndexOptions, scanIndex } from './scan-index.ts'
import { eachBit, rowTable } from './scan-rows.ts'

/** One open chunk file in one thread. Every call is synchronous and reads one snapshot. */
export interface ChunkFile extends ChunkWriter {
  get(chunkIds: readonly string[]): ChunkWithFields[]
  list(documentId: string, page: { readonly offset: number; readonly limit: number }): { chunks: Chunk[]; total: number }
  searchLexical(query: LexicalQuery): LexicalHit[]
  searchDense(query: DenseQuery): DenseHit[]
  matching(filter: Filter, documentIds?: readonly string[]): Map<string, number>
  liveRevisions(documentIds: readonly string[]): Map<string, number>
  vectorsByHash(hashes: readonly string[]): Map<string, Float32Array>
  /** The next live vectors after a row; the last row read, undefined at the end. */
  vectorsAfter(row: number, limit: number): { vectors: StoredVector[]; last: number | undefined }
  /** @throws vectors/dimension; internal when a point has no chunk with a vector in this file */
  checkPoints(points: readonly Point[]): void
  /** Prepares for more dense searches, for a few milliseconds; false when there is nothing left to do. */
  warm(): boolean
  /** One step towards using the large index; false when there is nothing left to do. */
  prepareIndex(): boolean
  /** As of the last dense search: what was found wanting (see `ScanIndex`) when a large index should be built. */
  indexWanted(): string | undefined
  /** As in `Chunks`. */
  generation(): string
  stats(): ChunkStats
  check(): void
  close(): void
}

interface ChunkRow {
  readonly document_id: string
  readonly revision: number
  readonly ordinal: number
  readonly start: number
  readonly end: number
  readonly first_page: number | null
  readonly last_page: number | null
  readonly tokens: number
  readonly hash: string | Uint8Array
  readonly heading_path: string
  readonly context: string | Uint8Array | null
  readonly text: string | Uint8Array
  readonly fields: string
}

export interface ChunkFileOptions {
  /** How many candidates the scan keeps; tests set little. */
  readonly kept?: { readonly least: number; readonly perResult: number }
  /** For databases that are too large to be scanned for every query. */
  readonly largeIndex?: LargeIndexOptions
}

/** @throws version/not-found, store/damaged, store/too-new */
export function openChunkFile(folder: string, version: VersionRef, options: ChunkFileOptions = {}): ChunkFile {
  const paths = chunkPaths(folder, version)
  const db = openChunkDatabase(paths, version)
  try {
    return guarded(paths, () => chunkFile(db, paths, version, options))
  } catch (error) {
    db.close()
    throw error
  }
}

const COLUMNS = 'document_id, revision, ordinal, start, "end", first_page, last_page, tokens, hash, heading_path, context, text'

function chunkFile(db: DatabaseSync, paths: ChunkPaths, { settings }: VersionRef, options: ChunkFileOptions): ChunkFile {
  const lexical = openLexical(db)
  const rows = rowTable(db)
  const columns = fieldColumns(db, rows)
  const scan = settings.dimensions > 0 ? denseScan(db, settings.dimensions, options.kept) : undefined
  const index = settings.dimensions > 0 && options.largeIndex !== undefined ? scanIndex(db, paths, rows, options.largeIndex) : undefined
  const writer = chunkWriter(db, paths, lexical, settings.embedder, settings.dimensions)
  const oneChunk = db.prepare(`
    SELECT ${COLUMNS}, fields FROM documents JOIN chunks USING (document)
    WHERE document_id = ? AND revision = ? AND ordinal = ? AND revision = live_revision`)
  const chunksOf = db.prepare(`
    SELECT ${COLUMNS}, '' AS fields FROM documents JOIN chunks USING (document)
    WHERE document_id = ? AND revision = live_revision ORDER BY ordinal LIMIT ? OFFSET ?`)
  const countOf = db.prepare('SELECT count(*) AS total FROM documents JOIN chunks USING (document) WHERE document_id = ? AND revision = live_revision')
  const placeOf = db.prepare('SELECT document_id AS documentId, revision, ordinal FROM chunks JOIN documents USING (document) WHERE row = ?')
  const liveOf = db.prepare('SELECT document, live_revision AS live FROM documents WHERE document_id = ? AND live_revision IS NOT NULL')
  const liveDocuments = db.prepare('SELECT document, document_id AS id FROM documents WHERE live_revision IS NOT NULL')
  const countDocuments = db.prepare('SELECT count(*) AS documents FROM documents WHERE live_revision IS NOT NULL')
  const byHash = db.prepare('SELECT value FROM chunks JOIN vectors USING (row) WHERE hash = ? LIMIT 1')
  const pointOf = db.prepare(
    'SELECT 1 FROM documents JOIN chunks USING (document) JOIN vectors USING (row) WHERE document_id = ? AND revision = ? AND ordinal = ?',
  )
  const idOfNumber = db.prepare('SELECT document_id AS id FROM documents WHERE document = ?')
  const documentIds = new Map<number, string>()
  let idsAt = -1
  const currentGeneration = db.prepare("SELECT value FROM meta WHERE key IN ('generation', 'identity') ORDER BY key LIMIT 1")
  const isRemoved = db.prepare('SELECT 1 FROM removed WHERE document_id = ?')
  const liveVectors = db.prepare(`
    SELECT row, value, document_id AS documentId, revision, ordinal FROM vectors JOIN chunks USING (row) JOIN documents USING (document)
    WHERE row > ? AND revision = live_revision ORDER BY row LIMIT ?`)

  function reading<T>(work: () => T): T {
    return guarded(paths, () =>
      transaction(db, 'DEFERRED', () => {
        rows.refresh()
        return work()
      }),
    )
  }

  function placer(): (row: number) => Place {
    const known = new Map<number, Place>()
    return (row) => {
      const place = known.get(row) ?? (placeOf.get(row) as unknown as Place)
      known.set(row, place)
      return place
    }
  }

  /** Scores of short chunks are often equal: documents are told apart in memory, without reading a row each time. */
  function tieBreaker(place: (row: number) => Place): (a: number, b: number) => number {
    if (idsAt !== rows.change) documentIds.clear()
    idsAt = rows.change
    const idOfDocument = (row: number): string => {
      const document = rows.documents[row] ?? 0
      const id = documentIds.get(document) ?? (idOfNumber.get(document) as { id: string } | undefined)?.id ?? ''
      documentIds.set(document, id)
      return id
    }
    return (a, b) => {
      if (rows.documents[a] === rows.documents[b]) return comparePlaces(place(a), place(b))
      return idOfDocument(a) < idOfDocument(b) ? -1 : 1
    }
  }

  const writes = Object.fromEntries(
    Object.entries(writer).map(([name, write]) => [name, (...values: readonly unknown[]) => guarded(paths, () => Reflect.apply(write, writer, values))]),
  ) as unknown as ChunkWriter

  return {
    ...writes,
    get(chunkIds) {
      return reading(() =>
        chunkIds.flatMap((id) => {
          const place = placeFromId(id)
          const row = place && (oneChunk.get(place.documentId, place.revision, place.ordinal) as unknown as ChunkRow | undefined)
          return row === undefined ? [] : [{ chunk: chunkFromRow(row), fields: JSON.parse(row.fields) as DocumentFields }]
        }),
      )
    },
    list(documentId, { offset, limit }) {
      return reading(() => ({
        chunks: (chunksOf.all(documentId, Math.max(0, limit), Math.max(0, offset)) as unknown as ChunkRow[]).map(chunkFromRow),
        total: (countOf.get(documentId) as { total: number }).total,
      }))
    },
    searchLexical({ terms, n, filter, explain }) {
      return reading(() => {
        const place = placer()
        const tie = tieBreaker(place)
        const documents = { ofRow: rows.documents, change: rows.change }
        const hits = lexical.search({ terms, n, allowed: columns.allowed(filter).rows, documents, tie, explain: explain === true })
        return hits.map(({ row, ...hit }) => ({ ...hit, chunkId: idOf(place(row)), documentId: place(row).documentId }))
      })
    },
    searchDense({ vector, n, filter }) {
      checkVector(vector, settings.dimensions, settings.embedder)
      return reading(() => {
        const found = scan?.search(vector, n, columns.allowed(filter).rows, rows.change, index?.candidates) ?? []
        const place = placer()
        const sorted = [...found].sort((a, b) => b.score - a.score || comparePlaces(place(a.row), place(b.row)))
        return sorted.slice(0, Math.max(0, n)).map(({ row, score }) => ({ chunkId: idOf(place(row)), documentId: place(row).documentId, score }))
      })
    },
    matching(filter, documentIds) {
      return reading(() => {
        const counts = new Map<number, number>()
        eachBit(columns.allowed(filter).rows, (row) => {
          const document = rows.documents[row] as number
          counts.set(document, (counts.get(document) ?? 0) + 1)
        })
        const asked =
          documentIds === undefined
            ? (liveDocuments.all() as unknown as { document: number; id: string }[])
            : documentIds.flatMap((id) => {
                const found = liveOf.get(id) as { document: number } | undefined
                return found === undefined ? [] : [{ document: found.document, id }]
              })
        return new Map(asked.map(({ document, id }) => [id, counts.get(document) ?? 0]))
      })
    },
    liveRevisions(documentIds) {
      return reading(() => {
        const live = new Map<string, number>()
        for (const id of documentIds) {
          const found = liveOf.get(id) as { live: number } | undefined
          if (found !== undefined) live.set(id, found.live)
        }
        return live
      })
    },
    vectorsByHash(hashes) {
      return reading(() => {
        const found = new Map<string, Float32Array>()
        for (const hash of hashes) {
          const row = byHash.get(keepHash(hash)) as { value: Uint8Array } | undefined
          if (row !== undefined) found.set(hash, unpackVector(row.value))
        }
        return found
      })
    },
    vectorsAfter(after, limit) {
      return reading(() => {
        const found = liveVectors.all(after, limit) as unknown as (Place & { row: number; value: Uint8Array })[]
        const vectors = found.map((row) => ({ chunkId: idOf(row), documentId: row.documentId, vector: unpackVector(row.value) }))
        return { vectors, last: found.at(-1)?.row }
      })
    },
    checkPoints(points) {
      for (const { vector } of points) checkVector(vector, settings.dimensions, settings.embedder)
      reading(() => {
        for (const { chunkId: id } of points) {
          const place = placeFromId(id)
          if (place !== undefined && isRemoved.get(place.documentId) !== undefined) continue
          if (place === undefined || pointOf.get(place.documentId, place.revision, place.ordinal) === undefined)
            throw damaged(paths, `the chunk of ${id} is missing`)
        }
      })
    },
    warm: () => guarded(paths, () => index?.prepare() === true || (index?.inUse !== true && scan?.warm() === true)),
    prepareIndex: () => index?.prepare() ?? false,
    indexWanted: () => index?.wanted(),
    // Nothing was ever written in a file without one.
    generation: () => guarded(paths, () => String((currentGeneration.get() as { value: string }).value)),
    stats() {
      return reading(() => ({
        documents: (countDocuments.get() as { documents: number }).documents,
        chunks: rows.liveCount,
        vectors: settings.dimensions > 0 ? rows.liveCount : 0,
        bytes: sizeOnDisk(paths),
      }))
    },
    check() {
      reading(() => {
        const faults = db
          .prepare('PRAGMA integrity_check')
          .all()
          .map((row) => String(Object.values(row)[0]))
        if (faults.length !== 1 || faults[0] !== 'ok') throw damaged(paths, faults[0]?.slice(0, 200) ?? 'the check gave no result')
        const live = db.prepare('SELECT row, document FROM chunks JOIN documents USING (document) WHERE revision = live_revision').all()
        if (live.length !== rows.liveCount || live.some(({ row, document }) => rows.documents[row as number] !== document))
          throw damaged(paths, 'the live rows do not agree with the chunks')
        const lost = db.prepare('SELECT (SELECT count(*) FROM chunks) - (SELECT count(*) FROM chunks JOIN vectors USING (row)) AS lost').get()
        if (settings.dimensions > 0 && lost?.lost !== 0) throw damaged(paths, 'chunks without a vector')
        const orphans = db.prepare('SELECT count(*) AS orphans FROM chunks LEFT JOIN documents USING (document) WHERE document_id IS NULL').get()
        if (orphans?.orphans !== 0) throw damaged(paths, 'chunks without a document')
        if (lexical.size() < (db.prepare('SELECT count(*) AS chunks FROM chunks').get() as { chunks: number }).chunks)
          throw damaged(paths, 'chunks without postings')
      })
    },
    close() {
      index?.close()
      db.close()
    },
  }
}

function chunkFromRow(row: ChunkRow): Chunk {
  return {
    id: chunkId(row.document_id, row.revision, row.ordinal),
    documentId: row.document_id,
    revision: row.revision,
    ordinal: row.ordinal,
    text: kept(row.text),
    start: row.start,
    end: row.end,
    headingPath: JSON.parse(row.heading_path) as string[],
    pages: row.first_page === null || row.last_page === null ? undefined : [row.first_page, row.last_page],
    tokens: row.tokens,
    context: row.context === null ? undefined : kept(row.context),
    hash: keptHash(row.hash),
  }
}

function idOf(place: Place): string {
  return chunkId(place.documentId, place.revision, place.ordinal)
}

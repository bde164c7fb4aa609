import type { Chunk, IndexedChunk } from '../domain/chunk.ts'
import type { IndexSettings } from '../domain/database.ts'
import type { DocumentFields } from '../domain/document.ts'
import type { Filter } from '../domain/filter.ts'

/**
 * The truth about indexed content: per index version its chunks, their terms, their vectors as stored values, and
 * the fields of their documents. Lexical search runs here.
 *
 * Visible  chunks are staged by `stage` and become visible, all at once, by `publish`, which replaces the document's
 *          former revision in the same transaction. Until then the former one answers. Only visible ("live") chunks
 *          are ever returned by `get`, `list`, `searchLexical`, `matching`, `vectors`.
 * Fresh    what a resolved call has written is seen by every later call, from any thread.
 * Again    `stage` and `publish` of the same chunks again change nothing; a live revision takes no more chunks. A
 *          revision older than the live one is not published, its chunks are dropped. Removing what is not there is fine.
 * Order    hits by score descending, then chunk id ascending (by ordinal within a document: ids are compared by
 *          document id, revision, ordinal).
 * Errors   AppError `version/not-found` (never opened), `store/damaged`, `store/full`, `vectors/dimension`.
 */
export interface Chunks {
  /** Makes the store of a version; fine when it exists with the same settings. */
  create(version: VersionRef): Promise<void>
  /** Deletes everything of a version. */
  drop(version: VersionRef): Promise<void>
  stage(version: VersionRef, chunks: readonly IndexedChunk[]): Promise<void>
  /** @throws store/damaged when fewer than `chunkCount` chunks of the revision are staged */
  publish(version: VersionRef, document: DocumentFields, revision: number, chunkCount: number): Promise<void>
  /** Drops staged chunks of a revision that will not be published. */
  discard(version: VersionRef, documentId: string, revision: number): Promise<void>
  /** Gone for every later call, for good: a later `stage` or `publish` of a removed document changes nothing (ids are never used again). */
  remove(version: VersionRef, documentIds: readonly string[]): Promise<void>
  /** Replaces the fields that filters read. */
  setFields(version: VersionRef, document: DocumentFields): Promise<void>

  /** Live chunks by id, with their document's fields; unknown and not live ids are left out. Same order as asked. */
  get(version: VersionRef, chunkIds: readonly string[]): Promise<readonly ChunkWithFields[]>
  /** Live chunks of one document by ordinal. */
  list(
    version: VersionRef,
    documentId: string,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<{ readonly chunks: readonly Chunk[]; readonly total: number }>
  /** BM25 over weighted fields of the chunk and of its document (`domain/ranking.ts`). `filter` is exact. */
  searchLexical(version: VersionRef, query: LexicalQuery): Promise<readonly LexicalHit[]>
  /** Of these live documents (all when omitted), how many chunks match the filter, per document id. */
  matching(version: VersionRef, filter: Filter, documentIds?: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** Live revision per document id; absent when it has none. */
  liveRevisions(version: VersionRef, documentIds: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** Stored vectors by content hash, of live and staged chunks alike: what need not be embedded again. */
  vectorsByHash(version: VersionRef, hashes: readonly string[]): Promise<ReadonlyMap<string, Float32Array>>
  /** Every live vector in batches: what a vector store is rebuilt from. */
  vectors(version: VersionRef, batch: number): AsyncIterable<readonly StoredVector[]>
  /**
   * Names what is in the store now. Another one, never used before, from each change on that a search could tell, whichever process
   * makes it and also when an older copy of the store is put back; costs next to nothing.
   */
  generation(version: VersionRef): Promise<string>
  stats(version: VersionRef): Promise<ChunkStats>
  /** Deep check of one version. @throws store/damaged */
  check(version: VersionRef): Promise<void>
  close(): Promise<void>
}

export interface VersionRef {
  readonly databaseId: string
  readonly versionId: string
  readonly settings: IndexSettings
}

export interface ChunkWithFields {
  readonly chunk: Chunk
  readonly fields: DocumentFields
}

export interface QueryTerm {
  readonly term: string
  readonly weight: number // 1 for a word of the question; less for expansions
  /** Position of the word of the question. Terms with the same number are forms of one word and share their frequency; neighbours count more when they stand together. */
  readonly word?: number
}

export interface LexicalQuery {
  readonly terms: readonly QueryTerm[]
  readonly n: number
  readonly filter: Filter | undefined
  /** Tells the share of each term in the score of each hit. */
  readonly explain?: boolean
}

export interface LexicalHit {
  readonly chunkId: string
  readonly documentId: string
  readonly score: number
  readonly terms: readonly { readonly term: string; readonly score: number }[] // empty unless explained
  /** Part of the score that the whole document earned: it holds rare words of the question, wherever. Absent where it is not counted. */
  readonly document?: number
}

export interface StoredVector {
  readonly chunkId: string
  readonly documentId: string
  readonly vector: Float32Array
}

export interface ChunkStats {
  readonly documents: number
  readonly chunks: number
  readonly vectors: number
  readonly bytes: number // on disk
}

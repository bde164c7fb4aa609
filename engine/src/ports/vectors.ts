import type { DocumentFields } from '../domain/document.ts'
import type { Filter } from '../domain/filter.ts'
import type { VersionRef } from './chunks.ts'

/**
 * Dense search over the chunks of an index version. Derived: it can be dropped and rebuilt from the chunk store.
 *
 * Score    cosine similarity in [-1, 1], the same scale on every adapter to 1e-3. Higher is nearer.
 * Order    score descending, then chunk id ascending as in `Chunks`.
 * Filter   exact: means what `domain/filter.ts` says.
 * Fresh    a point can be found once the promise of its `upsert` has resolved.
 * Lag      may return points of removed or replaced revisions: the caller asks the chunk store what is live.
 * Errors   AppError `vectors/dimension` (wrong length, NaN, infinite or zero vector: nothing of the call is kept),
 *          `store/unavailable`, `store/damaged`.
 */
export interface Vectors {
  /** Points in one `upsert`; the caller splits. */
  readonly maxBatch: number
  create(version: VersionRef): Promise<void>
  drop(version: VersionRef): Promise<void>
  /** All or nothing per call; the same id again replaces. */
  upsert(version: VersionRef, points: readonly Point[]): Promise<void>
  removeDocuments(version: VersionRef, documentIds: readonly string[]): Promise<void>
  /** Removes points of other revisions of the document. */
  keepRevision(version: VersionRef, documentId: string, revision: number): Promise<void>
  setFields(version: VersionRef, fields: DocumentFields): Promise<void>
  search(version: VersionRef, query: DenseQuery): Promise<readonly DenseHit[]>
  count(version: VersionRef): Promise<number>
  close(): Promise<void>
}

export interface Point {
  readonly chunkId: string
  readonly documentId: string
  readonly revision: number
  readonly vector: Float32Array
  readonly fields: DocumentFields
  readonly pages: readonly [first: number, last: number] | undefined
}

export interface DenseQuery {
  readonly vector: Float32Array
  readonly n: number
  readonly filter: Filter | undefined
}

export interface DenseHit {
  readonly chunkId: string
  readonly documentId: string
  readonly score: number
}

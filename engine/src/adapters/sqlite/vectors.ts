import type { Vectors } from '../../ports/vectors.ts'
import type { FileCalls } from './index-store.ts'

/**
 * Dense search over the chunk store's own file. It reads what `Chunks` has staged and published, so there is nothing
 * to keep in step: only live chunks are found, fields are those of the chunk store, and `upsert` makes sure that each
 * point is there already.
 */
export function fileVectors(calls: FileCalls, close: () => Promise<void>): Vectors {
  return {
    maxBatch: 1_000,
    create: (version) => calls.create(version),
    drop: (version) => calls.drop(version),
    upsert: (version, points) => calls.read(version, 'checkPoints', points),
    async removeDocuments() {
      // done by Chunks.remove
    },
    async keepRevision() {
      // done by Chunks.publish
    },
    async setFields() {
      // done by Chunks.setFields
    },
    search: (version, query) => calls.read(version, 'searchDense', query),
    async count(version) {
      return (await calls.read(version, 'stats')).vectors
    },
    close,
  }
}

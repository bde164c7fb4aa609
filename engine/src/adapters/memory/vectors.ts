import { AppError } from '../../domain/errors.ts'
import { matches } from '../../domain/filter.ts'
import type { VersionRef } from '../../ports/chunks.ts'
import type { Point, Vectors } from '../../ports/vectors.ts'
import { compareChunkIds } from '../chunk-order.ts'
import { checkVector } from '../vector-check.ts'

/** Every point compared with every query: the meaning of the port. */
export function memoryVectors(): Vectors {
  const versions = new Map<string, Map<string, Point>>()

  function pointsOf(version: VersionRef): Map<string, Point> {
    const points = versions.get(version.versionId)
    if (points === undefined) throw new AppError('version/not-found', { version: version.versionId })
    return points
  }

  return {
    maxBatch: 1_000,
    async create(version) {
      if (!versions.has(version.versionId)) versions.set(version.versionId, new Map())
    },
    async drop(version) {
      versions.delete(version.versionId)
    },
    async upsert(version, points) {
      const { dimensions, embedder } = version.settings
      const known = pointsOf(version)
      for (const { vector } of points) checkVector(vector, dimensions, embedder)
      for (const point of points) known.set(point.chunkId, { ...point, vector: point.vector.slice() })
    },
    async removeDocuments(version, documentIds) {
      const points = pointsOf(version)
      for (const point of [...points.values()]) if (documentIds.includes(point.documentId)) points.delete(point.chunkId)
    },
    async keepRevision(version, documentId, revision) {
      const points = pointsOf(version)
      for (const point of [...points.values()]) if (point.documentId === documentId && point.revision !== revision) points.delete(point.chunkId)
    },
    async setFields(version, fields) {
      const points = pointsOf(version)
      for (const point of [...points.values()]) if (point.documentId === fields.documentId) points.set(point.chunkId, { ...point, fields })
    },
    async search(version, { vector, n, filter }) {
      const points = pointsOf(version)
      checkVector(vector, version.settings.dimensions, version.settings.embedder)
      return [...points.values()]
        .filter((point) => filter === undefined || matches(filter, point))
        .map((point) => ({ chunkId: point.chunkId, documentId: point.documentId, score: cosine(vector, point.vector) }))
        .sort((a, b) => b.score - a.score || compareChunkIds(a.chunkId, b.chunkId))
        .slice(0, Math.max(0, n))
    },
    async count(version) {
      return pointsOf(version).size
    },
    async close() {
      versions.clear()
    },
  }
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [product, left, right] = [0, 0, 0]
  a.forEach((value, index) => {
    const other = b[index] ?? 0
    product += value * other
    left += value * value
    right += other * other
  })
  return Math.max(-1, Math.min(1, product / Math.sqrt(left * right)))
}

export interface ChunkPlace {
  readonly documentId: string
  readonly revision: number
  readonly ordinal: number
}

/** Undefined for what is no id of a chunk. A document id may hold dots itself. */
export function placeFromId(id: string): ChunkPlace | undefined {
  const second = id.lastIndexOf('.')
  const first = id.lastIndexOf('.', second - 1)
  if (first < 1) return undefined
  const [revision, ordinal] = [Number(id.slice(first + 1, second)), Number(id.slice(second + 1))]
  const documentId = id.slice(0, first)
  const exact = Number.isSafeInteger(revision) && Number.isSafeInteger(ordinal) && `${documentId}.${revision}.${ordinal}` === id
  return exact ? { documentId, revision, ordinal } : undefined
}

/** By document id, revision, ordinal: the order of equal scores on every store. */
export function comparePlaces(a: ChunkPlace, b: ChunkPlace): number {
  if (a.documentId !== b.documentId) return a.documentId < b.documentId ? -1 : 1
  return a.revision - b.revision || a.ordinal - b.ordinal
}

export function compareChunkIds(a: string, b: string): number {
  const [left, right] = [placeFromId(a), placeFromId(b)]
  if (left !== undefined && right !== undefined) return comparePlaces(left, right)
  return a < b ? -1 : a > b ? 1 : 0
}

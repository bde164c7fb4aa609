import type { Chunk } from './use-chunks.ts'

export interface Part {
  /** Offset in the extracted text. */
  readonly start: number
  readonly text: string
  /** Stands in the chunk before as well. */
  readonly shared: boolean
  readonly marked: boolean
}

interface Range {
  readonly start: number
  readonly end: number
}

/** Cuts the text of a chunk where its overlap with the chunk before ends, and at the edges of the mark. */
export function partsOf(chunk: Pick<Chunk, 'start' | 'end' | 'text'>, before: Range | undefined, mark: Range | undefined): readonly Part[] {
  const shared = sharedWith(chunk, before)
  const end = chunk.start + chunk.text.length
  const cuts = [chunk.start, chunk.start + shared, end, mark?.start, mark?.end].filter(
    (cut) => cut !== undefined && cut >= chunk.start && cut <= end,
  ) as number[]
  const edges = [...new Set(cuts)].sort((one, other) => one - other)
  return edges.slice(0, -1).map((from, index) => {
    const to = edges[index + 1] ?? end
    return {
      start: from,
      text: chunk.text.slice(from - chunk.start, to - chunk.start),
      shared: to <= chunk.start + shared,
      marked: mark !== undefined && mark.start <= from && mark.end >= to,
    }
  })
}

/** Characters that a chunk repeats of the one before. */
export function sharedWith(chunk: Pick<Chunk, 'start' | 'end' | 'text'>, before: Range | undefined): number {
  return before === undefined ? 0 : Math.min(chunk.text.length, Math.max(0, before.end - chunk.start))
}

interface Piece {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** The beginning of a chunk that also stands at the end of the one before, and the rest. */
export function partsOf(chunk: Piece, before: Piece | undefined): readonly [shared: string, own: string] {
  const shared = before === undefined || chunk.text.length !== chunk.end - chunk.start ? 0 : Math.max(0, Math.min(before.end - chunk.start, chunk.text.length))
  return [chunk.text.slice(0, shared), chunk.text.slice(shared)]
}

/** The part of a search hit that says which passage it is. */
export interface Place {
  readonly document_id: string
  readonly start: number
  readonly end: number
}

/** Where a hit of one list stands in another: its rank there, from 1; undefined when it is not there. */
export interface Move {
  readonly rank: number
  readonly before: number | undefined
}

/** Chunks differ between index versions: hits are the same when they share half of the shorter one's text. */
export function isSamePlace(one: Place, other: Place): boolean {
  if (one.document_id !== other.document_id) return false
  const shared = Math.min(one.end, other.end) - Math.max(one.start, other.start)
  return shared > 0 && shared * 2 >= Math.min(one.end - one.start, other.end - other.start)
}

/** For each hit of `after`, where it stood in `before`; each place there counts once. */
export function movesOf(before: readonly Place[], after: readonly Place[]): readonly Move[] {
  const taken = new Set<number>()
  return after.map((hit, index) => {
    const at = before.findIndex((one, place) => !taken.has(place) && isSamePlace(one, hit))
    if (at !== -1) taken.add(at)
    return { rank: index + 1, before: at === -1 ? undefined : at + 1 }
  })
}

/** Hits of `before` that `after` has no more. */
export function goneOf<Hit extends Place>(before: readonly Hit[], after: readonly Place[]): readonly Hit[] {
  const kept = new Set(movesOf(before, after).map((move) => move.before))
  return before.filter((_, index) => !kept.has(index + 1))
}

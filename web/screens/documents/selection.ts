/** Ids that are chosen, after one row was (un)ticked; with Shift, all rows between it and the one that was ticked before. */
export function afterTick(
  chosen: ReadonlySet<string>,
  ids: readonly string[],
  { index, isSelected, anchor }: { readonly index: number; readonly isSelected: boolean; readonly anchor: number | undefined },
): ReadonlySet<string> {
  const [from, to] = anchor === undefined ? [index, index] : [Math.min(anchor, index), Math.max(anchor, index)]
  const next = new Set(chosen)
  for (const id of ids.slice(from, to + 1)) {
    if (isSelected) next.add(id)
    else next.delete(id)
  }
  return next
}

/** What of the choice is still there to be acted on. */
export function present(chosen: ReadonlySet<string>, ids: readonly string[]): readonly string[] {
  return chosen.size === 0 ? [] : ids.filter((id) => chosen.has(id))
}

/** Source: as many as a browser sends side by side to one server, less those that reading needs. */
const SIDE_BY_SIDE = 4

/** Does the same with many, a few at a time; goes on after a fault. @returns the first fault */
export async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<unknown> {
  const left = items.values()
  let first: unknown
  async function some(): Promise<void> {
    for (const item of left) {
      try {
        await work(item)
      } catch (fault) {
        first ??= fault
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE, items.length) }, some))
  return first
}

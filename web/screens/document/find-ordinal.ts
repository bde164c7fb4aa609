/** Chunks in one request; also the unit in which the list is kept. */
export const CHUNKS_PER_PAGE = 100

export interface Span {
  readonly start: number
  readonly end: number
}

/**
 * The ordinal of the chunk that holds an offset: the last one that begins at or before it. Asks for as few pages as it can;
 * they are cut evenly from the text, so that a guess by proportion is mostly right at once.
 * @returns undefined when there are no chunks
 */
export async function findOrdinal(total: number, offset: number, pageOf: (page: number) => Promise<readonly Span[]>): Promise<number | undefined> {
  if (total === 0) return undefined
  let [low, high] = [0, Math.ceil(total / CHUNKS_PER_PAGE) - 1]
  // The end of the text is not known here: that of the last chunk seen gives the proportion.
  let guess = low
  for (;;) {
    const page = await pageOf(guess)
    const [first, last] = [page[0], page.at(-1)]
    if (first === undefined || last === undefined) return undefined
    if (offset < first.start && guess > low) high = guess - 1
    else if (offset >= last.end && guess < high) low = guess + 1
    else
      return (
        guess * CHUNKS_PER_PAGE +
        Math.max(
          0,
          page.findLastIndex(({ start }) => start <= offset),
        )
      )
    const perPage = last.end / (guess + 1)
    guess = Math.min(high, Math.max(low, Math.floor(offset / Math.max(1, perPage))))
  }
}

/** `?chunk=` takes an ordinal from 0 or the id of a chunk, which ends with it; `?start=&end=` offsets. */
export type Wanted = { readonly kind: 'chunk'; readonly ordinal: number } | { readonly kind: 'passage'; readonly start: number; readonly end: number }

export function wantedOf(search: string): Wanted | undefined {
  const given = new URLSearchParams(search)
  const [chunk, start, end] = [given.get('chunk'), given.get('start'), given.get('end')]
  const ordinal = /^(?:.*\.)?(\d{1,9})$/.exec(chunk ?? '')?.[1]
  if (ordinal !== undefined) return { kind: 'chunk', ordinal: Number(ordinal) }
  const isOffset = (text: string | null): text is string => text !== null && /^\d{1,12}$/.test(text)
  if (!isOffset(start)) return undefined
  const from = Number(start)
  const to = isOffset(end) ? Number(end) : from
  return { kind: 'passage', start: from, end: Math.max(from, to) }
}

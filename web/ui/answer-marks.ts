const MARK = /\[([1-9]\d{0,2})\]/g

/** The text cut at its marks: '[3]' becomes 3. Whether a citation has that number is for whoever draws it. */
export function splitMarks(text: string): readonly (string | number)[] {
  const parts: (string | number)[] = []
  let from = 0
  for (const found of text.matchAll(MARK)) {
    if (found.index > from) parts.push(text.slice(from, found.index))
    parts.push(Number(found[1]))
    from = found.index + found[0].length
  }
  if (from < text.length) parts.push(text.slice(from))
  return parts
}

/** Each mark as it is written, and where. */
export function marksIn(text: string): readonly (readonly [mark: string, at: number])[] {
  return [...text.matchAll(MARK)].map((found) => [found[0], found.index] as const)
}

const FOLLOWED = new Set(['http:', 'https:', 'mailto:'])

/** The address in full as a browser would open it; undefined for what must not be followed. */
export function addressToFollow(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined
  const url = new URL(address)
  // Names and passwords before the host make one host look like another.
  if (!FOLLOWED.has(url.protocol) || url.username !== '' || url.password !== '') return undefined
  return url.href
}

export interface Span {
  readonly start: number
  readonly end: number
}

/**
 * Where `said` stands in `text`, in UTF-16 units, by the offsets that a provider gave: they count Unicode characters, UTF-16
 * units or bytes of UTF-8 and their documentation does not tell which, so what stands there decides. undefined: it is not there.
 */
export function spanAt(text: string, start: number, end: number, said: string): Span | undefined {
  if (said === '') return undefined
  for (const sizeOf of [() => 1, (character: string) => character.length, (character: string) => Buffer.byteLength(character)]) {
    const found = converted(text, start, end, sizeOf)
    if (found !== undefined && text.slice(found.start, found.end) === said) return found
  }
  return undefined
}

/** As `spanAt`; failing that the occurrence nearest to the offset. undefined: it stands nowhere. */
export function spanOf(text: string, start: number, end: number, said: string): Span | undefined {
  return said === '' ? undefined : (spanAt(text, start, end, said) ?? nearest(text, start, said))
}

function converted(text: string, start: number, end: number, sizeOf: (character: string) => number): Span | undefined {
  let [counted, units] = [0, 0]
  let from: number | undefined
  for (const character of text) {
    if (counted === start) from = units
    if (counted >= end) break
    counted += sizeOf(character)
    units += character.length
  }
  return from !== undefined && counted === end ? { start: from, end: units } : undefined
}

function nearest(text: string, start: number, said: string): Span | undefined {
  const before = text.lastIndexOf(said, start)
  const after = text.indexOf(said, start)
  const at = before < 0 || (after >= 0 && after - start < start - before) ? after : before
  return at < 0 ? undefined : { start: at, end: at + said.length }
}

/**
 * Postings of one term in one segment: for each chunk that holds it, ascending, `gap * 2 + (count is 1 ? 0 : 1)` as a
 * varint and, where the count is not 1, the count as a varint. The gap is the distance to the chunk before, the first
 * one to -1. Varints are little-endian groups of 7 bits, below 2^31.
 */
export function encode(pairs: readonly number[]): Uint8Array {
  const out = new Uint8Array(pairs.length * 5)
  let at = 0
  let before = -1
  for (let index = 0; index < pairs.length; index += 2) {
    const local = pairs[index] ?? 0
    const count = pairs[index + 1] ?? 1
    at = put(out, at, (local - before) * 2 + (count === 1 ? 0 : 1))
    if (count !== 1) at = put(out, at, count)
    before = local
  }
  return out.slice(0, at)
}

export function decode(data: Uint8Array, visit: (local: number, count: number) => void): void {
  let at = 0
  let local = -1
  while (at < data.length) {
    let byte = data[at++] ?? 0
    let value = byte & 127
    for (let shift = 7; byte > 127; shift += 7) {
      byte = data[at++] ?? 0
      value |= (byte & 127) << shift
    }
    local += value >>> 1
    let count = 1
    if ((value & 1) === 1) {
      byte = data[at++] ?? 0
      count = byte & 127
      for (let shift = 7; byte > 127; shift += 7) {
        byte = data[at++] ?? 0
        count |= (byte & 127) << shift
      }
    }
    visit(local, count)
  }
}

/** Puts segments one after the other, of which each begins at its `base`. */
export function concatenate(parts: readonly { readonly base: number; readonly data: Uint8Array }[]): Uint8Array {
  const pairs: number[] = []
  for (const { base, data } of parts) decode(data, (local, count) => pairs.push(base + local, count))
  return encode(pairs)
}

/** Pairs of those chunks that have a new number (not below 0). */
export function filtered(data: Uint8Array, renumbered: Int32Array): number[] {
  const pairs: number[] = []
  decode(data, (local, count) => {
    const now = renumbered[local] ?? -1
    if (now >= 0) pairs.push(now, count)
  })
  return pairs
}

function put(out: Uint8Array, at: number, value: number): number {
  let rest = value
  let next = at
  while (rest > 127) {
    out[next++] = (rest & 127) | 128
    rest >>>= 7
  }
  out[next++] = rest
  return next
}

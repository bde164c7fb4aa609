/** Little-endian groups of 7 bits, below 2^31. */
export function take(data: Uint8Array, from: number): [value: number, next: number] {
  let at = from
  let byte = data[at++] ?? 0
  let value = byte & 127
  for (let shift = 7; byte > 127; shift += 7) {
    byte = data[at++] ?? 0
    value |= (byte & 127) << shift
  }
  return [value, at]
}

export function put(out: Uint8Array, at: number, value: number): number {
  let rest = value
  let next = at
  while (rest > 127) {
    out[next++] = (rest & 127) | 128
    rest >>>= 7
  }
  out[next++] = rest
  return next
}

import { put, take } from './lexical-varint.ts'

/**
 * Postings of one term in one segment: for each chunk that holds it, ascending, `gap * 2 + (count is 1 ? 0 : 1)` as a
 * varint and, where the count is not 1, the count as a varint. The gap is the distance to the chunk before, the first
 * one to -1. Varints are little-endian groups of 7 bits, below 2^31.
 */
export interface Postings {
  readonly holding: number // chunks
  readonly last: number // chunk number within the segment
  readonly data: Uint8Array
}

/** How counts become scores: factor * count / (count + constant + slope * length). */
export interface Weighing {
  readonly constant: number
  readonly slope: number
}

/** From chunk, count, chunk, count … */
export function encode(pairs: readonly number[]): Postings {
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
  return { holding: pairs.length / 2, last: before, data: out.slice(0, at) }
}

export function decode(data: Uint8Array): number[] {
  const pairs: number[] = []
  walk(data, (local, count) => pairs.push(local, count))
  return pairs
}

/** Adds the term's share to `scores[start + chunk]`. The inner loop of every search: no calls, no objects. */
export function accumulate(data: Uint8Array, lengths: Uint32Array, factor: number, weighing: Weighing, scores: Float64Array, start: number): void {
  const { constant, slope } = weighing
  const end = data.length
  let at = 0
  let local = -1
  while (at < end) {
    let byte = data[at++] as number
    let value = byte & 127
    for (let shift = 7; byte > 127; shift += 7) {
      byte = data[at++] as number
      value |= (byte & 127) << shift
    }
    local += value >>> 1
    let count = 1
    if ((value & 1) === 1) {
      byte = data[at++] as number
      count = byte & 127
      for (let shift = 7; byte > 127; shift += 7) {
        byte = data[at++] as number
        count |= (byte & 127) << shift
      }
    }
    ;(scores[start + local] as number) += (factor * count) / (count + constant + slope * (lengths[local] as number))
  }
}

/** Adds the term's counts to those of the chunks' documents; notes each document that had none. */
export function countDocuments(data: Uint8Array, rows: Uint32Array, ofRow: Uint32Array, counts: Float64Array, touched: number[]): void {
  const end = data.length
  let at = 0
  let local = -1
  while (at < end) {
    let byte = data[at++] as number
    let value = byte & 127
    for (let shift = 7; byte > 127; shift += 7) {
      byte = data[at++] as number
      value |= (byte & 127) << shift
    }
    local += value >>> 1
    let count = 1
    if ((value & 1) === 1) {
      byte = data[at++] as number
      count = byte & 127
      for (let shift = 7; byte > 127; shift += 7) {
        byte = data[at++] as number
        count |= (byte & 127) << shift
      }
    }
    const document = ofRow[rows[local] as number] as number // undefined beyond the end, like 0, is no document
    if (!(document > 0)) continue
    if (counts[document] === 0) touched.push(document)
    ;(counts[document] as number) += count
  }
}

/** Counts of the term in these chunks (ascending numbers); 0 where it is not there. */
export function countsIn(data: Uint8Array, wanted: readonly number[]): number[] {
  const found = wanted.map(() => 0)
  let next = 0
  walk(data, (local, count) => {
    while (next < wanted.length && (wanted[next] as number) < local) next += 1
    if (wanted[next] === local) found[next] = count
    return next < wanted.length
  })
  return found
}

/** Puts segments one after the other, each beginning at its `base`. All but the first gap of each part is copied as it is. */
export function concatenate(parts: readonly (Postings & { readonly base: number })[]): Postings {
  const out = new Uint8Array(parts.reduce((sum, { data }) => sum + data.length + 5, 0))
  let at = 0
  let holding = 0
  let last = -1
  for (const part of parts) {
    const [first, read] = take(part.data, 0)
    at = put(out, at, ((((first >>> 1) - 1 + part.base - last) << 1) | (first & 1)) >>> 0)
    out.set(part.data.subarray(read), at)
    at += part.data.length - read
    holding += part.holding
    last = part.base + part.last
  }
  return { holding, last, data: out.slice(0, at) }
}

function walk(data: Uint8Array, visit: (local: number, count: number) => unknown): void {
  let at = 0
  let local = -1
  while (at < data.length) {
    const [value, next] = take(data, at)
    at = next
    local += value >>> 1
    let count = 1
    if ((value & 1) === 1) [count, at] = take(data, at)
    if (visit(local, count) === false) return
  }
}

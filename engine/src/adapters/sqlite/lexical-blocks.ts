import type { Postings } from './lexical-postings.ts'
import { put, take } from './lexical-varint.ts'

/**
 * Terms of a segment lie in blocks, ascending by key, because a table row per term costs more than its few bytes:
 * key (8 bytes, little-endian double), then as varints the number of chunks, the last chunk and the size, then the
 * postings. A block is closed as soon as it holds `TARGET` bytes: small enough for a cell of SQLite's page, and a long
 * list of postings is read with little else.
 */
export interface TermPostings extends Postings {
  readonly term: number
}

export interface Block {
  readonly first: number // key of its first term
  readonly data: Uint8Array
}

const TARGET = 850
const HEADER = 8 + 3 * 5

/** Postings must come ascending by term. */
export function* packed(postings: Iterable<TermPostings>): Iterable<Block> {
  let buffer = new Uint8Array(4096)
  let view = new DataView(buffer.buffer)
  let at = 0
  let first = 0
  for (const { term, holding, last, data } of postings) {
    if (at === 0) first = term
    const needed = at + HEADER + data.length
    if (needed > buffer.length) {
      const larger = new Uint8Array(2 * needed)
      larger.set(buffer.subarray(0, at))
      buffer = larger
      view = new DataView(buffer.buffer)
    }
    view.setFloat64(at, term, true)
    at = put(buffer, at + 8, holding)
    at = put(buffer, at, last)
    at = put(buffer, at, data.length)
    buffer.set(data, at)
    at += data.length
    if (at < TARGET) continue
    yield { first, data: buffer.slice(0, at) }
    at = 0
  }
  if (at > 0) yield { first, data: buffer.slice(0, at) }
}

export function* unpacked(blocks: Iterable<Uint8Array>): Iterator<TermPostings> {
  for (const block of blocks) {
    const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
    for (let at = 0; at < block.length; ) {
      const one = entryAt(block, view, at)
      yield one.entry
      at = one.next
    }
  }
}

export function findIn(block: Uint8Array, term: number): Postings | undefined {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
  for (let at = 0; at < block.length; ) {
    const here = view.getFloat64(at, true)
    if (here > term) return undefined
    const { entry, next } = entryAt(block, view, at)
    if (here === term) return entry
    at = next
  }
  return undefined
}

function entryAt(block: Uint8Array, view: DataView, from: number): { readonly entry: TermPostings; readonly next: number } {
  const [holding, afterHolding] = take(block, from + 8)
  const [last, afterLast] = take(block, afterHolding)
  const [size, start] = take(block, afterLast)
  return { entry: { term: view.getFloat64(from, true), holding, last, data: block.subarray(start, start + size) }, next: start + size }
}

/** A Bloom filter of the terms: two bits of 8 to 16 per term, so that about 3 in 100 that are not there pass. A question is asked in forms that mostly are not. */
export function filterOf(keys: readonly number[]): Uint8Array {
  const filter = new Uint8Array(2 ** Math.ceil(Math.log2(Math.max(8, keys.length))))
  for (const key of keys) {
    for (const bit of bitsOf(key, filter.length)) filter[bit >>> 3] = (filter[bit >>> 3] as number) | (1 << (bit & 7))
  }
  return filter
}

export function mayHold(filter: Uint8Array, key: number): boolean {
  return bitsOf(key, filter.length).every((bit) => (((filter[bit >>> 3] as number) >>> (bit & 7)) & 1) === 1)
}

/** `size` is a power of 2, in bytes. */
function bitsOf(key: number, size: number): readonly [number, number] {
  const mask = size * 8 - 1
  const low = key >>> 0
  const high = Math.floor(key / 2 ** 20) >>> 0
  return [(Math.imul(low, 0x9e3779b1) >>> 0) & mask, (Math.imul(high, 0x85ebca6b) >>> 7) & mask]
}

import type { DatabaseSync } from 'node:sqlite'
import { BLOCK } from './chunk-file.ts'
import { directionOf, encodeBytes, scanCoder } from './scan-codes.ts'
import { BINS } from './scan-kernel.ts'
import { scanMemory } from './scan-memory.ts'
import { countBits, eachBit } from './scan-rows.ts'

export interface RowScore {
  readonly row: number
  readonly score: number
}

/** Rows that are worth a closer look; what a scan over all codes finds, or an index beside it. */
export type Candidates = (vector: Float32Array, allowed: Uint32Array, wanted: number) => readonly number[] | undefined

/**
 * Dense search in three sieves: 2-bit codes of everything that is allowed, 8-bit codes of the best of these, stored
 * values of the best of those. Scores are cosines of the stored values.
 */
export interface DenseScan {
  /**
   * The best `n` of the allowed rows, best first, with all that score as the last of them does: the caller decides
   * between equals. `allowed` is a bitset by row, `change` the file's, inside whose transaction this is called.
   */
  search(vector: Float32Array, n: number, allowed: Uint32Array, change: number, candidates?: Candidates): RowScore[]
  /** Fills a part of the cache of 8-bit codes ahead, a few milliseconds' worth; false when there is nothing left to fill. */
  warm(): boolean
}

/** Measured at 100,000 x 384: 500 kept hold all of the 10 nearest, clustered or random. */
const KEPT = { least: 600, perResult: 20 } as const
/** At a time: a query that comes in between waits no longer than this takes. */
const WARM_ROWS = 500
/** Standard deviations of the error of an 8-bit score that a candidate may lie below the n-th and be looked at still. */
const MARGIN = 6

export function denseScan(db: DatabaseSync, dimensions: number, kept: { readonly least: number; readonly perResult: number } = KEPT): DenseScan {
  const coder = scanCoder(dimensions)
  const stride = Math.ceil(dimensions / 16) * 16
  const memory = scanMemory(db, coder.groups, stride)
  const readVectors = db.prepare('SELECT vectors.row, vectors.value FROM json_each(?) AS wanted JOIN vectors ON vectors.row = wanted.value')

  function vectorsOf(rows: readonly number[], use: (row: number, direction: Float32Array) => void): void {
    if (rows.length === 0) return
    for (const { row, value } of readVectors.iterate(JSON.stringify(rows)) as Iterable<{ row: number; value: Uint8Array }>) use(row, directionOf(value))
  }

  function scanned(vector: Float32Array, allowed: Uint32Array, wanted: number): number[] {
    const { at, kernel, slots } = memory
    memory.unsigned(at.histogram, BINS + 1).fill(0)
    const width = (at.blocks - at.allowed) / 4
    const into = memory.unsigned(at.allowed, width)
    into.fill(0)
    into.set(allowed.length > width ? allowed.subarray(0, width) : allowed)
    const { bias, scale } = coder.encodeQuery(vector, memory.octets(at.query, coder.groups * 64))
    const found = kernel.scan(slots, at.blocks, at.allowed, at.codes, at.factors, at.query, bias, scale, at.histogram, at.out, wanted)
    const limit = memory.unsigned(at.histogram, BINS + 1)[BINS] as number
    const entries = memory.unsigned(at.out, found * 2)
    const rows: number[] = []
    for (let index = 0; index < found * 2; index += 2) if ((entries[index + 1] as number) >= limit) rows.push(memory.rowOf(entries[index] as number))
    return rows
  }

  function fill(rows: readonly number[]): void {
    const { entries, owners, scales, at } = memory
    vectorsOf(rows, (row, direction) => {
      const position = memory.positionOf(row)
      const entry = position % entries
      scales[entry] = encodeBytes(direction, memory.octets(at.bytes + entry * stride, dimensions))
      owners[entry] = position + 1
    })
  }

  /** Rows that may be among the best `n`, by their 8-bit codes. */
  function sieved(vector: Float32Array, n: number, rows: readonly number[]): number[] {
    const { entries, owners, scales, at } = memory
    const listed = memory.unsigned(at.list, rows.length)
    const cached: number[] = []
    const sure: number[] = [] // its place in the cache is taken by another candidate
    const missing: number[] = []
    const taken = new Set<number>()
    for (const row of rows) {
      const position = memory.positionOf(row)
      const entry = position % entries
      if (position < 0 || taken.has(entry)) {
        sure.push(row)
        continue
      }
      taken.add(entry)
      if (owners[entry] !== position + 1) missing.push(row)
      listed[cached.length] = entry
      cached.push(row)
    }
    fill(missing)
    const asked = memory.octets(at.queryBytes, stride)
    asked.fill(0)
    const queryScale = encodeBytes(vector, asked)
    memory.kernel.dots(at.list, cached.length, at.bytes, at.queryBytes, stride, at.out)
    const dots = memory.signed(at.out, cached.length)
    const scores = new Float32Array(cached.length)
    let coarsest = 0
    for (let index = 0; index < scores.length; index++) {
      const scale = scales[listed[index] as number] as number
      scores[index] = (dots[index] as number) * scale * queryScale
      coarsest = Math.max(coarsest, scale)
    }
    const error = Math.sqrt((coarsest ** 2 + queryScale ** 2) / 12)
    const limit = nthLargest(scores, n) - MARGIN * error
    return [...sure, ...cached.filter((_, index) => (scores[index] as number) >= limit)]
  }

  let [warmed, warmedOf] = [0, memory.owners]
  return {
    warm() {
      const { owners, entries, slots } = memory
      if (owners !== warmedOf) [warmed, warmedOf] = [0, owners]
      const end = Math.min(slots * BLOCK, entries)
      if (warmed >= end) return false
      const positions = Array.from({ length: Math.min(WARM_ROWS, end - warmed) }, (_, index) => warmed + index)
      fill(positions.filter((position) => owners[position] !== position + 1).map((position) => memory.rowOf(position)))
      warmed += positions.length
      return true
    },
    search(vector, n, allowed, change, candidates) {
      memory.refresh(change)
      if (n < 1 || memory.slots === 0) return []
      const query = normalised(vector)
      const wanted = Math.max(kept.least, n * kept.perResult)
      const few = countBits(allowed) <= wanted
      const rows = few ? bitsOf(allowed) : (candidates?.(query, allowed, wanted) ?? scanned(query, allowed, wanted))
      const scores: RowScore[] = []
      vectorsOf(rows.length <= n ? rows : sieved(query, n, rows), (row, direction) => {
        scores.push({ row, score: cosine(query, direction) })
      })
      scores.sort((a, b) => b.score - a.score)
      const last = scores[Math.min(n, scores.length) - 1]?.score ?? 0
      return scores.filter(({ score }) => score >= last)
    },
  }
}

function bitsOf(bits: Uint32Array): number[] {
  const rows: number[] = []
  eachBit(bits, (row) => rows.push(row))
  return rows
}

function normalised(vector: Float32Array): Float32Array {
  let sum = 0
  for (let index = 0; index < vector.length; index++) sum += (vector[index] as number) ** 2
  const norm = Math.sqrt(sum)
  return vector.map((value) => value / norm)
}

/** `query` has unit length; the direction nearly so, since it was rounded. */
function cosine(query: Float32Array, direction: Float32Array): number {
  let [product, sum] = [0, 0]
  for (let index = 0; index < query.length; index++) {
    const value = direction[index] as number
    product += value * (query[index] as number)
    sum += value * value
  }
  return Math.max(-1, Math.min(1, product / Math.sqrt(sum)))
}

/** The smallest value when there are fewer. */
function nthLargest(values: Float32Array, n: number): number {
  return values.slice().sort()[Math.max(0, values.length - n)] ?? Number.NEGATIVE_INFINITY
}

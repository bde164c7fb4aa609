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

/**
 * What an index beside the codes finds: allowed rows near a direction, and the allowed rows that are newer than the
 * index. Undefined when it is not to be asked.
 */
export type Candidates = (
  direction: Float32Array,
  n: number,
  allowed: Uint32Array,
) => { readonly rows: readonly number[]; readonly newer: Uint32Array | undefined } | undefined

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

/** Measured, 384 dimensions: 400 kept hold all of the 10 nearest of 100,000 clustered and of 30,000 random ones; 200 hold 99 %. */
const KEPT = { least: 400, perResult: 20 } as const
/** So few rows are read at once rather than sieved by 8-bit codes, which may have to be read first. */
const READ_ALL = 60
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

  function among(query: Float32Array, wanted: number, allowed: Uint32Array, change: number): number[] {
    if (countBits(allowed) <= wanted) return bitsOf(allowed)
    memory.refresh(change)
    return scanned(query, allowed, wanted)
  }

  /** Exact scores, at least of all rows that are among the best `n`. */
  function scored(query: Float32Array, n: number, rows: readonly number[], change: number): Map<number, number> {
    const scores = new Map<number, number>()
    if (rows.length > Math.max(n, READ_ALL)) memory.refresh(change)
    vectorsOf(rows.length <= Math.max(n, READ_ALL) ? rows : sieved(query, n, rows), (row, direction) => {
      scores.set(row, cosine(query, direction))
    })
    return scores
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
      if (n < 1) return []
      const query = normalised(vector)
      const wanted = Math.max(kept.least, n * kept.perResult)
      const found = countBits(allowed) <= wanted ? undefined : candidates?.(query, n, allowed)
      if (found !== undefined) {
        const newer = found.newer === undefined ? [] : among(query, wanted, found.newer, change)
        const scores = scored(query, n, [...found.rows, ...newer], change)
        const worst = Math.min(...found.rows.map((row) => scores.get(row) ?? Number.NEGATIVE_INFINITY))
        const best = bestOf(scores, n)
        // Where the last of the found is as good as the n-th, more that are as good may have been cut off.
        if (best.length >= n && (best.at(-1)?.score ?? 0) > worst) return best
      }
      return bestOf(scored(query, n, among(query, wanted, allowed, change), change), n)
    },
  }
}

function bestOf(scores: ReadonlyMap<number, number>, n: number): RowScore[] {
  const sorted = Array.from(scores, ([row, score]) => ({ row, score })).sort((a, b) => b.score - a.score)
  const last = sorted[Math.min(n, sorted.length) - 1]?.score ?? 0
  return sorted.filter(({ score }) => score >= last)
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

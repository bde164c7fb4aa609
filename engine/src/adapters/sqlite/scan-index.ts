import { createRequire } from 'node:module'
import type { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import type { LargeIndex, LargeIndexEngine } from '../large-index.ts'
import type { ChunkPaths } from './chunk-file.ts'
import type { Candidates } from './scan.ts'
import { type IndexStamp, indexData, parsedStamp, stampReader, verification } from './scan-index-files.ts'
import { countBits, type RowTable } from './scan-rows.ts'

export interface LargeIndexOptions {
  /** URL of a module that exports `largeIndexEngine`. */
  readonly module: string
  /** Live rows from which a database has an index. */
  readonly least?: number
}

/** The index beside one open chunk file, in one thread. Whatever is wrong with it, the scan answers. */
export interface ScanIndex {
  /** Call inside the transaction of the search. */
  readonly candidates: Candidates
  /** One step, some milliseconds, towards using the index that the file names; false when there is nothing to do. */
  prepare(): boolean
  readonly inUse: boolean
  /** The stamp that was found wanting ('' for none), when an index should be built. As of the last search. */
  wanted(): string | undefined
  close(): void
}

/**
 * Measured, 384 dimensions, ten results, ms per query of the scan / with the index: 20,000 rows 1.25 / 1.03, 50,000
 * 1.63 / 1.27, 100,000 3.84 / 1.15. Below, the gain is not worth a quarter of a minute of building.
 */
const LEAST = 50_000
/** Built anew when so many rows came since, or so many of its rows are gone: shares of its rows. */
const [NEW_ROWS, DEAD_ROWS] = [0.25, 0.3] as const
/** How many of the nearest allowed rows are looked at. */
const SURVIVORS = { least: 30, perResult: 3 } as const
/**
 * With a filter the scan has less to do, and more must be fetched from the index, of which the filter leaves few. The
 * index is asked when so many rows are allowed, as a share of `LEAST`: measured at 100,000 with 50 % 2.30 / 1.27 ms,
 * with 25 % 1.41 / 1.52, with 10 % 0.71 / 1.60.
 */
const WORTH = { base: 0.3, perFetched: 0.0023 } as const

export function engineOf(module: string): LargeIndexEngine {
  return (createRequire(import.meta.url)(fileURLToPath(module)) as { largeIndexEngine: LargeIndexEngine }).largeIndexEngine
}

export function scanIndex(db: DatabaseSync, paths: ChunkPaths, rows: RowTable, { module, least = LEAST }: LargeIndexOptions): ScanIndex {
  const readStamp = stampReader(db)
  let text: string | undefined
  let stamp: IndexStamp | undefined
  let checking: Generator<undefined, boolean> | undefined
  let open: LargeIndex | undefined
  let seen = { change: -1, stamp: '' }
  let due = false

  function close(): void {
    open?.close()
    open = undefined
    checking?.return(false)
    checking = undefined
  }

  function refresh(): void {
    const now = readStamp()
    if (now !== text) {
      close()
      text = now
      stamp = now === undefined ? undefined : parsedStamp(now)
      if (stamp !== undefined) checking = verification(indexData(paths, stamp), stamp)
    }
    if (seen.change === rows.change && seen.stamp === text) return
    seen = { change: rows.change, stamp: text ?? '' }
    due = rows.liveCount >= least && isWorn()
  }

  function isWorn(): boolean {
    if (stamp === undefined) return true
    const inside = countBits(rows.live) - countBits(after(rows.live, stamp.last) ?? new Uint32Array(0))
    return rows.liveCount - inside > NEW_ROWS * stamp.count || stamp.count - inside > DEAD_ROWS * stamp.count
  }

  /** It is deleted when the next one is built. */
  function giveUp(): void {
    close()
    stamp = undefined
    due = rows.liveCount >= least
  }

  return {
    candidates(direction, n, allowed) {
      refresh()
      if (open === undefined || stamp === undefined || rows.liveCount < least) return undefined
      const newer = after(allowed, stamp.last)
      const inside = countBits(allowed) - (newer === undefined ? 0 : countBits(newer))
      const wanted = Math.max(SURVIVORS.least, n * SURVIVORS.perResult)
      const fetched = inside === 0 ? Number.POSITIVE_INFINITY : Math.ceil((wanted * stamp.count) / inside)
      if (inside < least * (WORTH.base + WORTH.perFetched * fetched)) return undefined
      let nearest: number[]
      try {
        nearest = open.nearest(direction, fetched)
      } catch {
        giveUp() // the scan answers, and the next index takes its place
        return undefined
      }
      const found = nearest.filter((row) => ((allowed[row >>> 5] ?? 0) & (1 << (row & 31))) !== 0)
      return found.length < Math.min(inside, wanted / 2) ? undefined : { rows: found, newer }
    },
    prepare() {
      if (checking === undefined || stamp === undefined) return false
      try {
        const step = checking.next()
        if (step.done !== true) return true
        checking = undefined
        if (step.value) open = engineOf(module).open(indexData(paths, stamp))
        else giveUp()
      } catch {
        giveUp() // lost or damaged while it was read: as if it were not there
      }
      return false
    },
    get inUse() {
      return open !== undefined
    },
    wanted: () => (due && checking === undefined ? (text ?? '') : undefined),
    close,
  }
}

/** The bits of higher rows; undefined when there are none. */
function after(bits: Uint32Array, row: number): Uint32Array | undefined {
  const from = (row + 1) >>> 5
  const first = (bits[from] ?? 0) & (~0 << ((row + 1) & 31))
  if (first === 0 && !bits.subarray(from + 1).some((word) => word !== 0)) return undefined
  const rest = new Uint32Array(bits.length)
  rest.set(bits.subarray(from), from)
  rest[from] = first
  return rest
}

import { type Pace, paceOf, sumOfMany } from './pace.ts'
import type { Row } from './rows.ts'
import type { Tracked } from './tracked.ts'

export interface FilePace {
  /** Pages, chunks or bytes, by the step of the file. */
  readonly perSecond: number
  readonly secondsLeft: number | undefined
}

export interface Paces {
  readonly pagesPerSecond: number | undefined
  readonly chunksPerSecond: number | undefined
  readonly secondsLeft: number | undefined
  /** By the key of the row; only of those that are being worked on. */
  readonly files: ReadonlyMap<string, FilePace>
}

const SHORT_MS = 20_000
/** Files differ: what is left is told by the last minute. */
const LONG_MS = 60_000
const ESTIMATE_AFTER_MS = 5000
const MEASURED: ReadonlySet<Row['step']> = new Set(['sending', 'reading', 'embedding', 'indexing'])

export interface PaceKeeper {
  /** What the server told of a document. */
  note(tracked: Tracked): void
  /** Measures as things are now. */
  measure(rows: readonly Row[], share: number, now: number): Paces
  /** From here on: what was done before says nothing of how fast it goes. */
  restart(): void
}

/** Measures how fast things go: everything from what was seen to change, nothing from guesses. */
export function paceKeeper(): PaceKeeper {
  const pages = sumOfMany()
  const chunks = sumOfMany()
  let pagePace = paceOf(SHORT_MS)
  let chunkPace = paceOf(SHORT_MS)
  let sharePace = paceOf(LONG_MS, ESTIMATE_AFTER_MS)
  let files = new Map<string, Pace>()

  function filesOf(rows: readonly Row[], now: number): ReadonlyMap<string, FilePace> {
    const running = new Map<string, Pace>()
    const told = new Map<string, FilePace>()
    for (const { key, step, done, total } of rows) {
      if (!MEASURED.has(step)) continue
      const id = `${step} ${key}`
      const pace = files.get(id) ?? paceOf(SHORT_MS)
      running.set(id, pace)
      pace.note(now, done)
      const perSecond = pace.perSecond(now)
      if (perSecond === undefined || perSecond <= 0) continue
      told.set(key, { perSecond, secondsLeft: total > done ? (total - done) / perSecond : undefined })
    }
    files = running
    return told
  }

  return {
    note({ documentId, since, step, done, pages: ofPages, chunks: ofChunks }) {
      const id = `${documentId} ${since}`
      if (step === 'reading') pages.note(id, done)
      else if (step !== 'queued' && ofPages !== undefined) pages.note(id, ofPages)
      if (step === 'embedding' || step === 'indexing') chunks.note(id, done)
      else if (step === 'ready' && ofChunks !== undefined) chunks.note(id, ofChunks)
    },
    measure(rows, share, now) {
      pagePace.note(now, pages.total)
      chunkPace.note(now, chunks.total)
      sharePace.note(now, share)
      const perSecond = sharePace.perSecond(now)
      return {
        pagesPerSecond: pagePace.perSecond(now),
        chunksPerSecond: chunkPace.perSecond(now),
        secondsLeft: perSecond === undefined || perSecond <= 0 || share >= 1 ? undefined : (1 - share) / perSecond,
        files: filesOf(rows, now),
      }
    },
    restart() {
      pagePace = paceOf(SHORT_MS)
      chunkPace = paceOf(SHORT_MS)
      sharePace = paceOf(LONG_MS, ESTIMATE_AFTER_MS)
    },
  }
}

/** Source: what belongs to one change, such as many small files that end together, is read again once. */
const SOON_MS = 500

export interface Sparing {
  /** Milliseconds of rest after the work, asked whenever it is due. */
  readonly restMs: () => number
  /** Whether the same goes on already: it is let through to its end, and done again later. */
  readonly isBusy: () => boolean
  readonly work: () => Promise<unknown>
}

/** Work that many changes ask for, done now and then. @returns asks for it: whatever changes, it is done once more afterwards */
export function sparingly({ restMs, isBusy, work }: Sparing): () => void {
  let ended = Number.NEGATIVE_INFINITY
  let isPlanned = false
  function plan(): void {
    if (isPlanned) return
    isPlanned = true
    setTimeout(turn, Math.max(SOON_MS, ended + restMs() - Date.now()))
  }
  function turn(): void {
    isPlanned = false
    if (isBusy() || Date.now() < ended + restMs()) {
      plan()
      return
    }
    ended = Date.now()
    void work().finally(() => {
      ended = Date.now()
    })
  }
  return plan
}

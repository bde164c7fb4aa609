export const BREAKER_FAULTS = 5
export const BREAKER_REST_MS = 15_000

/** Leaves a service alone for a while that failed several times in a row; then one call tries, and others wait for what comes of it. */
export interface Breaker {
  /** At the beginning of a call; undefined: it is not to be made now. */
  enter(): Leave | undefined
}

/** How a call ended; the first word holds. Undefined says nothing of the service, and lets another one try. */
export type Leave = (isGood: boolean | undefined) => void

/** `now` gives monotonic milliseconds. */
export function breaker(now: () => number): Breaker {
  let faultsInRow = 0
  let closedUntil = 0
  return {
    enter() {
      let isJudged = false
      let tryUntil: number | undefined
      if (faultsInRow >= BREAKER_FAULTS) {
        if (now() < closedUntil) return undefined
        // Bounded, so that a call of which nobody ever hears does not close it for ever.
        tryUntil = now() + BREAKER_REST_MS
        closedUntil = tryUntil
      }
      return (isGood) => {
        if (isJudged) return
        if (isGood === undefined) {
          if (closedUntil === tryUntil) closedUntil = now()
          return
        }
        isJudged = true
        faultsInRow = isGood ? 0 : faultsInRow + 1
        if (faultsInRow >= BREAKER_FAULTS) closedUntil = now() + BREAKER_REST_MS
      }
    },
  }
}

import type { Limit, LimitState } from '../domain/limits.ts'

/**
 * Counts against limits, for rates that are too fast for a disk.
 *
 * Scope   counts of one `name`, `subject` and window are shared by all callers of this limiter, whatever `most` they name.
 * Window  begins with the first request that is counted in it; one of a whole day is the day of UTC.
 * Order   `take` checks all limits first: a request that one of them refuses is not counted by the others.
 */
export interface Limiter {
  /** Takes `cost` of each. When one has less left nothing is taken and `refused` names it. */
  take(limits: readonly Limit[], cost: number): Promise<{ readonly states: readonly LimitState[]; readonly refused: LimitState | undefined }>
  /** Takes what is known only afterwards (tokens of an answer), down to less than nothing; a negative cost gives back. */
  charge(limits: readonly Limit[], cost: number): Promise<void>
  /** What is left, without taking any. */
  look(limits: readonly Limit[]): Promise<readonly LimitState[]>
  /** Starts a count again: a right password ends the count of wrong ones. */
  forget(name: string, subject: string): Promise<void>
  /** Holds one of `most` places until the returned function is called; undefined when none is free. Leaving again is harmless. */
  enter(name: string, subject: string, most: number): (() => void) | undefined
  close(): Promise<void>
}

import type { PartNote } from '../domain/health.ts'

/**
 * The last known results of the parts of this server: noted by who uses them, kept in memory only, asked of nobody.
 * A note costs next to nothing and never fails.
 */
export interface Health {
  good(part: string): void
  /** What is no AppError is noted as `internal`. An abort is nobody's fault and is not noted. */
  bad(part: string, fault: unknown): void
  /** Takes in what another thread noted. */
  take(note: PartNote): void
  /** Of all whose part begins so: what was known of them is about something else from now on. */
  forget(prefix: string): void
  last(part: string): PartNote | undefined
  /** All whose part begins so, in the order of their names. */
  all(prefix: string): readonly PartNote[]
}

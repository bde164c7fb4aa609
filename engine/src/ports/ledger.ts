import type { Plan, PlanLimits, SpendCaps } from '../domain/limits.ts'
import type { AuditDeed, AuditEntry, UsageAmounts, UsageDimension, UsageLine, UsageSubject } from '../domain/usage.ts'

/**
 * What was used, what may be used, and who did what.
 *
 * Usage   sums per day of UTC and subject. `count` is kept in memory and written within `FLUSH_MS`, so that a query does not wait
 *         for a disk; `reserve` and `settle` (money) are durable when their promise resolves.
 * Audit   append-only: the store itself refuses to change or delete an entry; each is chained to the one before by its hash.
 * Errors  AppError `plan/not-found`, `plan/exists`, `plan/in-use`, `limit/spend`, and those of the stores.
 */
export interface Ledger {
  /** Whole numbers from 0. Counting nothing for a database still notes, with the next flush, what it holds now. */
  count(subject: UsageSubject, amounts: Partial<UsageAmounts>): void
  /** Notes that a database was asked something just now: its `activeAt` moves with the next flush. */
  asked(databaseId: string): void
  /** Writes what `count` and `asked` collected. */
  flush(): Promise<void>
  /**
   * Sets money aside before a model is asked, so that many at once cannot exceed a cap together. All caps are checked in
   * one transaction: the server's, and those given for account, key and visitor. A reservation that is never settled
   * (a kill) counts as spent until its day is over.
   * @throws limit/spend naming the cap that would be exceeded and when its window ends
   */
  reserve(subject: UsageSubject, microDollars: number, caps: readonly SpendCap[]): Promise<Reservation>
  /** Replaces the reservation by what was really used. Again is harmless. */
  settle(reservation: Reservation, amounts: Partial<UsageAmounts>): Promise<void>
  /** Sums from day to day inclusive, grouped; ordered by the dimensions asked for. With `accountId` only what is counted for that account: itself, its keys and its publications. */
  usage(query: UsageQuery): Promise<readonly UsageLine[]>
  /** Sums of one subject since a day, for quotas; what was counted but not flushed is in it. */
  used(subject: Partial<UsageSubject>, sinceDay: string): Promise<UsageAmounts>
  /** Bytes of the documents in an account's databases, those included that are still to be read or could not be. */
  storedBytes(accountId: string): Promise<number>

  plans(): Promise<readonly Plan[]>
  plan(id: string): Promise<Plan>
  createPlan(name: string, limits: PlanLimits): Promise<Plan>
  /** What is undefined in `limits` becomes "no limit". */
  updatePlan(id: string, change: { readonly name?: string; readonly limits?: PlanLimits }): Promise<Plan>
  /** @throws plan/in-use when it is given to anybody or built in */
  removePlan(id: string): Promise<void>
  caps(): Promise<SpendCaps>
  setCaps(caps: SpendCaps): Promise<SpendCaps>

  record(deed: AuditDeed): Promise<AuditEntry>
  /** Newest first; `before` is a seq. */
  audit(query: { readonly limit: number; readonly before?: number; readonly action?: string; readonly actorId?: string }): Promise<readonly AuditEntry[]>
  /** Recomputes the chain. @returns the first seq that does not fit, or undefined */
  checkAudit(): Promise<number | undefined>
}

/** Longest time that a count may wait in memory, in ms. */
export const FLUSH_MS = 500

export interface SpendCap {
  /** For the error: `server`, `account`, `key` or `visitor`. */
  readonly of: string
  /** Undefined: everything on this server. */
  readonly subject: Partial<UsageSubject> | undefined
  readonly perDay: number | undefined
  readonly perMonth: number | undefined
}

export interface Reservation {
  readonly id: string
  readonly subject: UsageSubject
  readonly day: string
}

export interface UsageQuery {
  readonly fromDay: string
  readonly toDay: string
  readonly by: readonly UsageDimension[]
  readonly accountId?: string
  readonly databaseId?: string
  readonly keyId?: string
  /** The most lines; all unless told. */
  readonly limit?: number
}

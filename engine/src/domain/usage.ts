/** For whom something is counted; each part may be missing. */
export interface UsageSubject {
  readonly accountId: string
  readonly databaseId: string | undefined
  readonly keyId: string | undefined
  readonly visitorId: string | undefined
  readonly publicationId: string | undefined
}

/** What is counted. Money in micro-dollars. */
export interface UsageAmounts {
  readonly requests: number
  /** Answers that were asked for. */
  readonly questions: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly embeddedTokens: number
  readonly cost: number
}

export const NO_USAGE: UsageAmounts = { requests: 0, questions: 0, inputTokens: 0, outputTokens: 0, embeddedTokens: 0, cost: 0 }

export type UsageDimension = 'day' | 'account' | 'database' | 'key' | 'visitor' | 'publication'
export const USAGE_DIMENSIONS: readonly UsageDimension[] = ['day', 'account', 'database', 'key', 'visitor', 'publication']

/** One line of a report: the dimensions that were asked for (null where none applies) and the sums. */
export interface UsageLine extends UsageAmounts {
  readonly by: Readonly<Partial<Record<UsageDimension, string | null>>>
  /** What the databases held at the end of the last day of the line; undefined unless asked by database. */
  readonly storedBytes: number | undefined
  readonly chunks: number | undefined
}

/** A day of UTC, such as 2026-11-26. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}

export const DAY_MS = 86_400_000

/** A deed that is kept for good. `facts` hold no secrets and no e-mail addresses: ids are looked up when it is read. */
export interface AuditEntry {
  readonly seq: number
  readonly at: number // epoch ms
  /** `user`, `key`, `visitor`, `operator`, or `anyone` for a sign-in that failed. */
  readonly actorKind: string
  readonly actorId: string | undefined
  readonly action: string
  readonly target: string | undefined
  readonly address: string | undefined
  readonly facts: Readonly<Record<string, string | number | boolean>>
  /** sha256 over the entry and the hash before it: a gap or a change shows. */
  readonly hash: string
}

export type AuditDeed = Omit<AuditEntry, 'seq' | 'at' | 'hash'>

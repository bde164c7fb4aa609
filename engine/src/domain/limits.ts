/**
 * A named bundle of limits and quotas. Undefined is "no limit". Days and months are those of UTC; money is in
 * micro-dollars, a millionth of a US dollar.
 */
export interface Plan {
  readonly id: string
  readonly name: string
  readonly requestsPerMinute: number | undefined
  readonly requestsPerDay: number | undefined
  /** Tokens that language and embedding models take and give. */
  readonly tokensPerMinute: number | undefined
  readonly tokensPerMonth: number | undefined
  /** Streams that are open at the same time. */
  readonly streams: number | undefined
  readonly storedBytes: number | undefined
  readonly spendPerDay: number | undefined
  readonly spendPerMonth: number | undefined
  /** One of those that every server has: it can be changed, not deleted. */
  readonly builtIn: boolean
}

export type PlanLimits = Omit<Plan, 'id' | 'name' | 'builtIn'>
export const PLAN_LIMITS = [
  'requestsPerMinute',
  'requestsPerDay',
  'tokensPerMinute',
  'tokensPerMonth',
  'streams',
  'storedBytes',
  'spendPerDay',
  'spendPerMonth',
] as const satisfies readonly (keyof PlanLimits)[]

export const NO_LIMITS: PlanLimits = {
  requestsPerMinute: undefined,
  requestsPerDay: undefined,
  tokensPerMinute: undefined,
  tokensPerMonth: undefined,
  streams: undefined,
  storedBytes: undefined,
  spendPerDay: undefined,
  spendPerMonth: undefined,
}

/** The plans that hold where none is given, one for each kind of caller. */
export const DEFAULT_PLANS = { people: 'plan_people', keys: 'plan_keys', visitors: 'plan_visitors' } as const

/** The hard cap on what models may cost on this server as a whole; undefined: none. */
export interface SpendCaps {
  readonly perDay: number | undefined
  readonly perMonth: number | undefined
}

/** One limit that counts for a request, and who or what it is counted for. */
export interface Limit {
  /** As in the headers and in errors: `address`, `account`, `key`, `visitor`, `database`, `sign-in`. */
  readonly name: string
  readonly subject: string
  /** How much is free in each window. */
  readonly most: number
  readonly windowSeconds: number
}

export interface LimitState {
  readonly limit: Limit
  readonly remaining: number
  /** Seconds until the window ends, at least 1. */
  readonly resetSeconds: number
}

/** Windows of budgets and quotas. */
export type SpendWindow = 'day' | 'month'

/** The first day of the month of a day such as 2026-11-26. */
export function monthOf(day: string): string {
  return `${day.slice(0, 7)}-01`
}

/** Epoch ms at which the window of UTC that holds `time` ends. */
export function windowEnd(window: SpendWindow, time: number): number {
  const date = new Date(time)
  return window === 'day'
    ? Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + 1)
    : Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
}

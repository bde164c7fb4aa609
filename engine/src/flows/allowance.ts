import { type Caller, usageSubject } from '../domain/caller.ts'
import { AppError } from '../domain/errors.ts'
import { DEFAULT_PLANS, type Limit, type LimitState, monthOf, PLAN_LIMITS, type Plan, type PlanLimits, type SpendWindow, windowEnd } from '../domain/limits.ts'
import { dayOf, type UsageSubject } from '../domain/usage.ts'
import type { SpendCap } from '../ports/ledger.ts'
import type { World } from '../ports/world.ts'

// What is allowed to whom: the plans, and the limits of a key's own, that hold for a caller or an account.

export type AllowanceWorld = Pick<World, 'accounts' | 'keys' | 'ledger' | 'now'>

/** What holds for one of those that a request counts for. */
export interface Allowance {
  readonly of: 'account' | 'key' | 'visitor'
  readonly id: string
  /** Whose use is compared with it. */
  readonly subject: Partial<UsageSubject>
  readonly limits: PlanLimits
}

/** All of them hold side by side, the narrowest first; none for the operator. At most a second old. */
export async function allowancesOf(world: AllowanceWorld, caller: Caller): Promise<readonly Allowance[]> {
  if (caller.kind === 'operator') return []
  const account = await accountAllowance(world, caller.accountId)
  if (caller.kind === 'user') return [account]
  return [await (caller.kind === 'key' ? keyAllowance(world, caller) : visitorAllowance(world, caller)), account]
}

export function accountAllowance(world: AllowanceWorld, accountId: string): Promise<Allowance> {
  return recent(world, `account\n${accountId}`, async () => ({
    of: 'account',
    id: accountId,
    subject: { accountId },
    limits: await planOf(world, await accountPlan(world, accountId), DEFAULT_PLANS.people),
  }))
}

function keyAllowance(world: AllowanceWorld, { id, planId }: Caller): Promise<Allowance> {
  return recent(world, `key\n${id}\n${planId}`, async () => {
    const own = (await world.keys.keyById(id))?.key.limits
    return { of: 'key', id, subject: { keyId: id }, limits: narrower(await planOf(world, planId, DEFAULT_PLANS.keys), own ?? {}) }
  })
}

function visitorAllowance(world: AllowanceWorld, { id, planId }: Caller): Promise<Allowance> {
  return recent(world, `visitor\n${id}\n${planId}`, async () => ({
    of: 'visitor',
    id,
    subject: { visitorId: id },
    limits: await planOf(world, planId, DEFAULT_PLANS.visitors),
  }))
}

async function accountPlan(world: AllowanceWorld, accountId: string): Promise<string | undefined> {
  try {
    return (await world.accounts.account(accountId)).planId
  } catch (error) {
    // An account that is being removed has work that ends under the default plan.
    if (error instanceof AppError && error.code === 'account/not-found') return undefined
    throw error
  }
}

async function planOf(world: AllowanceWorld, planId: string | undefined, fallback: string): Promise<Plan> {
  try {
    return await world.ledger.plan(planId ?? fallback)
  } catch (error) {
    // Taken away a moment ago, together with what was given it.
    if (planId !== undefined && error instanceof AppError && error.code === 'plan/not-found') return world.ledger.plan(fallback)
    throw error
  }
}

/** The smaller of each limit. */
export function narrower(limits: PlanLimits, other: Partial<PlanLimits>): PlanLimits {
  const smaller = (left: number | undefined, right: number | undefined) => (left === undefined ? right : right === undefined ? left : Math.min(left, right))
  return Object.fromEntries(PLAN_LIMITS.map((name) => [name, smaller(limits[name], other[name])])) as Record<keyof PlanLimits, number | undefined>
}

/** The budgets that hold: the server's, for the operator too, and those of each allowance. Read anew each time. */
export async function spendCapsOf(world: Pick<World, 'ledger'>, allowances: readonly Allowance[]): Promise<readonly SpendCap[]> {
  const server = await world.ledger.caps()
  const caps = [
    { of: 'server', subject: undefined, ...server },
    ...allowances.map(({ of, subject, limits }) => ({ of, subject, perDay: limits.spendPerDay, perMonth: limits.spendPerMonth })),
  ]
  return caps.filter(({ perDay, perMonth }) => perDay !== undefined || perMonth !== undefined)
}

/** Tokens per minute: looked at before a model is asked, charged when it is known what it took. */
export function tokenLimits(allowances: readonly Allowance[]): readonly Limit[] {
  return allowances.flatMap(({ of, id, limits }) =>
    limits.tokensPerMinute === undefined ? [] : [{ name: `${of}-tokens`, subject: id, most: limits.tokensPerMinute, windowSeconds: 60 }],
  )
}

/** Tokens of this month, of one of those that a request counts for. */
export async function tokensUsed(world: Pick<World, 'ledger' | 'now'>, { subject }: Allowance): Promise<number> {
  const { inputTokens, outputTokens, embeddedTokens } = await world.ledger.used(subject, monthOf(dayOf(world.now())))
  return inputTokens + outputTokens + embeddedTokens
}

/** @throws AppError limit/rate, limit/quota when the tokens of a minute or a month are used up */
export async function assertTokensLeft(world: Pick<World, 'ledger' | 'limiter' | 'now'>, allowances: readonly Allowance[]): Promise<void> {
  const [empty] = (await world.limiter.look(tokenLimits(allowances))).filter(({ remaining }) => remaining <= 0)
  if (empty !== undefined) throw rateRefusal(empty)
  for (const allowance of allowances) {
    const most = allowance.limits.tokensPerMonth
    if (most !== undefined && (await tokensUsed(world, allowance)) >= most)
      throw quotaRefusal(world, { limit: 'tokens', of: allowance.of, window: 'month', most })
  }
}

export function rateRefusal({ limit, resetSeconds }: LimitState): AppError {
  return new AppError('limit/rate', { limit: limit.name, most: limit.most, window_seconds: limit.windowSeconds, retry_after: resetSeconds })
}

export function quotaRefusal(
  world: Pick<World, 'now'>,
  quota: { readonly limit: 'requests' | 'tokens'; readonly of: string; readonly window: SpendWindow; readonly most: number },
): AppError {
  const time = world.now()
  const end = windowEnd(quota.window, time)
  return new AppError('limit/quota', { ...quota, retry_after: Math.max(1, Math.ceil((end - time) / 1000)), resets_at: new Date(end).toISOString() })
}

/** For whom something is counted, and what is allowed to them. */
export interface Payer {
  readonly subject: UsageSubject
  readonly allowances: readonly Allowance[]
}

export async function payerOf(world: AllowanceWorld, caller: Caller, databaseId: string | undefined): Promise<Payer> {
  return { subject: usageSubject(caller, databaseId), allowances: await allowancesOf(world, caller) }
}

/** Of work in the background: the owner of the database. */
export async function payerOfOwner(world: AllowanceWorld, ownerId: string, databaseId: string): Promise<Payer> {
  const subject = { accountId: ownerId, databaseId, keyId: undefined, visitorId: undefined, publicationId: undefined }
  const { limits, ...account } = await accountAllowance(world, ownerId)
  // What is slow by itself is held by quotas and budgets alone: a large document would never be done within the rate of a minute.
  return { subject, allowances: [{ ...account, limits: { ...limits, tokensPerMinute: undefined } }] }
}

const RECENT_MS = 1000
const MOST_RECENT = 10_000

interface Recent {
  readonly at: number
  readonly allowance: Promise<Allowance>
}

/** By the ledger that they were read from: worlds may be put together anew around it. */
const remembered = new WeakMap<object, Map<string, Recent>>()

function recent(world: AllowanceWorld, key: string, read: () => Promise<Allowance>): Promise<Allowance> {
  const known = remembered.get(world.ledger) ?? new Map<string, Recent>()
  remembered.set(world.ledger, known)
  const time = world.now()
  const found = known.get(key)
  if (found !== undefined && Math.abs(time - found.at) <= RECENT_MS) return found.allowance
  if (known.size >= MOST_RECENT) known.clear()
  const allowance = read()
  known.set(key, { at: time, allowance })
  allowance.catch(() => known.delete(key))
  return allowance
}

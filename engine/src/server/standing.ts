import { type Limit, monthOf, type SpendWindow, windowEnd } from '../domain/limits.ts'
import { dayOf } from '../domain/usage.ts'
import { type Allowance, tokenLimits, tokensUsed } from '../flows/allowance.ts'
import type { World } from '../ports/world.ts'
import type { Standing } from './gate.ts'

type StandingWorld = Pick<World, 'ledger' | 'limiter' | 'now'>

/** What holds for an allowance and what is left of it; `requests` are its limits by minute and day. */
export async function standingOf(world: StandingWorld, allowance: Allowance, requests: readonly Limit[]): Promise<readonly Standing[]> {
  const { of, id, limits } = allowance
  const time = world.now()
  const rates = async (what: 'requests' | 'tokens', counted: readonly Limit[]): Promise<readonly Standing[]> =>
    (await world.limiter.look(counted)).map(({ limit, remaining, resetSeconds }) => ({
      ...{ of, what, window: limit.windowSeconds > 60 ? ('day' as const) : ('minute' as const) },
      ...{ most: limit.most, remaining: Math.max(0, remaining), resetsAt: time + resetSeconds * 1000 },
    }))
  const quota = (what: 'tokens' | 'spend', window: SpendWindow, most: number, used: number): Standing => ({
    ...{ of, what, window, most },
    ...{ remaining: Math.max(0, most - used), resetsAt: windowEnd(window, time) },
  })
  const spent = async (since: string) => (await world.ledger.used(allowance.subject, since)).cost
  const { tokensPerMonth, spendPerDay, spendPerMonth, streams, storedBytes } = limits
  const today = dayOf(time)
  return [
    ...(await rates('requests', requests)),
    ...(await rates('tokens', tokenLimits([allowance]))),
    ...(tokensPerMonth === undefined ? [] : [quota('tokens', 'month', tokensPerMonth, await tokensUsed(world, allowance))]),
    ...(spendPerDay === undefined ? [] : [quota('spend', 'day', spendPerDay, await spent(today))]),
    ...(spendPerMonth === undefined ? [] : [quota('spend', 'month', spendPerMonth, await spent(monthOf(today)))]),
    ...(streams === undefined ? [] : [{ of, what: 'streams' as const, window: undefined, most: streams, remaining: undefined, resetsAt: undefined }]),
    // Of keys and visitors it means nothing: what is stored belongs to the owner of the database.
    ...(storedBytes === undefined || of !== 'account'
      ? []
      : [
          {
            of,
            what: 'stored_bytes' as const,
            window: undefined,
            most: storedBytes,
            remaining: Math.max(0, storedBytes - (await world.ledger.storedBytes(id))),
            resetsAt: undefined,
          },
        ]),
  ]
}

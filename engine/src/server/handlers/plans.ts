import type { z } from 'zod'
import type { planRoutes } from '../../api/plans.ts'
import { NO_LIMITS, type Plan, type PlanLimits } from '../../domain/limits.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { microOf, usdOf } from '../money.ts'

type WirePlan = z.input<(typeof planRoutes)['updatePlan']['reply']['schema']>
type WireLimits = Partial<{ readonly [Name in keyof Omit<WirePlan, 'id' | 'name' | 'built_in'>]: WirePlan[Name] | undefined }>

export function planHandlers({ world }: Workshop): Handlers<keyof typeof planRoutes> {
  const { ledger } = world
  return {
    listPlans: async () => ({ plans: (await ledger.plans()).map(presentPlan) }),

    async createPlan({ body, note }) {
      const { name, ...limits } = body
      note(factsOf(limits))
      return presentPlan(await ledger.createPlan(name, limitsOf(limits, NO_LIMITS)))
    },

    async updatePlan({ parameters, body, note }) {
      const { name, ...limits } = body
      const known = await ledger.plan(parameters.plan)
      const isChanged = Object.keys(limits).length > 0
      note(factsOf(limits))
      const change = { ...(name === undefined ? {} : { name }), ...(isChanged ? { limits: limitsOf(limits, known) } : {}) }
      return presentPlan(await ledger.updatePlan(known.id, change))
    },

    async removePlan({ parameters }) {
      await ledger.removePlan(parameters.plan)
      return { done: true }
    },
  }
}

/** What is given changes, null takes a limit away, the rest stays. */
function limitsOf(wire: WireLimits, known: PlanLimits): PlanLimits {
  const pick = (given: number | null | undefined, before: number | undefined) => (given === undefined ? before : (given ?? undefined))
  const money = (given: number | null | undefined, before: number | undefined) => pick(typeof given === 'number' ? microOf(given) : given, before)
  return {
    requestsPerMinute: pick(wire.requests_per_minute, known.requestsPerMinute),
    requestsPerDay: pick(wire.requests_per_day, known.requestsPerDay),
    tokensPerMinute: pick(wire.tokens_per_minute, known.tokensPerMinute),
    tokensPerMonth: pick(wire.tokens_per_month, known.tokensPerMonth),
    streams: pick(wire.streams, known.streams),
    storedBytes: pick(wire.stored_bytes, known.storedBytes),
    spendPerDay: money(wire.spend_per_day_usd, known.spendPerDay),
    spendPerMonth: money(wire.spend_per_month_usd, known.spendPerMonth),
  }
}

/** For the audit log: what was set; "none" where a limit was taken away. */
function factsOf(limits: WireLimits): Readonly<Record<string, string | number>> {
  return Object.fromEntries(Object.entries(limits).flatMap(([name, value]) => (value === undefined ? [] : [[name, value ?? 'none']])))
}

function presentPlan(plan: Plan): WirePlan {
  return {
    id: plan.id,
    name: plan.name,
    built_in: plan.builtIn,
    requests_per_minute: plan.requestsPerMinute ?? null,
    requests_per_day: plan.requestsPerDay ?? null,
    tokens_per_minute: plan.tokensPerMinute ?? null,
    tokens_per_month: plan.tokensPerMonth ?? null,
    streams: plan.streams ?? null,
    stored_bytes: plan.storedBytes ?? null,
    spend_per_day_usd: usdOf(plan.spendPerDay),
    spend_per_month_usd: usdOf(plan.spendPerMonth),
  }
}

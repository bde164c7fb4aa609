import type { ReplyOf } from '../api/route.ts'
import type { Routes } from '../api/routes.ts'
import { limit } from './arguments.ts'
import { printJson } from './manage.ts'
import type { Session } from './session.ts'
import { bytes, money, paint, printable, wrap } from './show.ts'
import { CommandFault } from './words.ts'

type Plan = ReplyOf<Routes['listPlans']>['plans'][number]

/** What is not given is left as it is. */
export interface PlanOptions {
  readonly requestsPerMinute?: number | 'none'
  readonly requestsPerDay?: number | 'none'
  readonly tokensPerMinute?: number | 'none'
  readonly tokensPerMonth?: number | 'none'
  readonly streams?: number | 'none'
  readonly stored?: number | 'none'
  readonly spendPerDay?: number | 'none'
  readonly spendPerMonth?: number | 'none'
  readonly json?: boolean
}

export async function listPlans({ client, signal }: Session, options: { readonly json?: boolean }): Promise<void> {
  const { plans } = await client.call('listPlans', { signal })
  if (options.json === true) return printJson(plans)
  for (const plan of plans) printPlan(plan)
}

function printPlan(plan: Plan): void {
  console.log(`${paint('bold', printable(plan.name))}${plan.built_in ? paint('dim', '  holds where no other is given') : ''}`)
  console.log(wrap(limitsOf(plan), '  '))
}

function limitsOf(plan: Plan): string {
  const told = (value: number | null, shown: (value: number) => string) => (value === null ? [] : [shown(value)])
  const whole = (value: number) => value.toLocaleString('en')
  const limits = [
    ...told(plan.requests_per_minute, (value) => `${whole(value)} requests a minute`),
    ...told(plan.requests_per_day, (value) => `${whole(value)} requests a day`),
    ...told(plan.tokens_per_minute, (value) => `${whole(value)} tokens a minute`),
    ...told(plan.tokens_per_month, (value) => `${whole(value)} tokens a month`),
    ...told(plan.streams, (value) => `${whole(value)} open streams`),
    ...told(plan.stored_bytes, (value) => `${bytes(value)} stored`),
    ...told(plan.spend_per_day_usd, (value) => `${money(value)} a day`),
    ...told(plan.spend_per_month_usd, (value) => `${money(value)} a month`),
  ]
  return limits.length === 0 ? 'no limits' : limits.join(', ')
}

/** Makes the plan, or changes the one of this name. */
export async function setPlan(session: Session, name: string, options: PlanOptions): Promise<void> {
  const { client, signal } = session
  const body = {
    ...limit('requests_per_minute', options.requestsPerMinute),
    ...limit('requests_per_day', options.requestsPerDay),
    ...limit('tokens_per_minute', options.tokensPerMinute),
    ...limit('tokens_per_month', options.tokensPerMonth),
    ...limit('streams', options.streams),
    ...limit('stored_bytes', options.stored),
    ...limit('spend_per_day_usd', options.spendPerDay),
    ...limit('spend_per_month_usd', options.spendPerMonth),
  }
  if (Object.keys(body).length === 0) throw new CommandFault('No limit was named, so nothing was changed.', '"quarry plans set --help" lists them.')
  const known = await findPlan(session, name)
  const plan =
    known === undefined
      ? await client.call('createPlan', { body: { name, ...body }, signal })
      : await client.call('updatePlan', { parameters: { plan: known.id }, body, signal })
  if (options.json === true) return printJson(plan)
  printPlan(plan)
}

export async function deletePlan(session: Session, name: string): Promise<void> {
  const { id, name: shown } = await planOf(session, name)
  await session.client.call('removePlan', { parameters: { plan: id }, signal: session.signal })
  console.log(`The plan ${printable(shown)} is deleted.`)
}

/** Gives a person, or a key of theirs, a plan; `none` gives back the one that holds by default. */
export async function givePlan(session: Session, user: string, name: string, options: { readonly key?: string }): Promise<void> {
  const { client, signal } = session
  const plan = name === 'none' ? undefined : await planOf(session, name)
  const body = { plan_id: plan?.id ?? null }
  const told = plan === undefined ? 'the plan that holds by default' : `the plan ${printable(plan.name)}`
  if (options.key === undefined) {
    const changed = await client.call('updateUser', { parameters: { user }, body, signal })
    console.log(`${printable(changed.email ?? changed.id)} has ${told} now.`)
  } else {
    await client.call('setKeyPlan', { parameters: { user, key: options.key.replace(/^qk_/, '') }, body, signal })
    console.log(`The key ${printable(options.key)} has ${told} now.`)
  }
}

async function findPlan({ client, signal }: Session, wanted: string): Promise<Plan | undefined> {
  const { plans } = await client.call('listPlans', { signal })
  return plans.find(({ id }) => id === wanted) ?? plans.find(({ name }) => name === wanted)
}

async function planOf(session: Session, wanted: string): Promise<Plan> {
  const plan = await findPlan(session, wanted)
  if (plan === undefined) throw new CommandFault(`There is no plan ${printable(wanted)}.`, '"quarry plans" lists them.')
  return plan
}

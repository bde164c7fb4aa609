import type { Reply } from 'quarry-engine/client'
import { bytes, dollars, number } from '../../lib/format.ts'

export type Plan = Reply<'listPlans'>['plans'][number]
export const LIMIT_NAMES = [
  'requests_per_minute',
  'requests_per_day',
  'tokens_per_minute',
  'tokens_per_month',
  'streams',
  'stored_bytes',
  'spend_per_day_usd',
  'spend_per_month_usd',
] as const
export type LimitName = (typeof LIMIT_NAMES)[number]
export type LimitDraft = Readonly<Record<LimitName, string>>

const MEGABYTE = 1_000_000
const isMoney = (name: LimitName) => name === 'spend_per_day_usd' || name === 'spend_per_month_usd'

/** What stands in the form; room is typed in megabytes. */
export function draftOf(plan: Pick<Plan, LimitName> | undefined): LimitDraft {
  const text = (name: LimitName) => {
    const value = plan?.[name] ?? null
    if (value === null) return ''
    return String(name === 'stored_bytes' ? value / MEGABYTE : value)
  }
  return Object.fromEntries(LIMIT_NAMES.map((name) => [name, text(name)])) as Record<LimitName, string>
}

/** A number that was typed: null for nothing, undefined for what is no number of this kind. */
export function numberOf(text: string, isFraction: boolean): number | null | undefined {
  const typed = text.trim().replaceAll(/[ ,_]/g, '')
  if (typed === '') return null
  if (!/^\d+(?:\.\d+)?$/.test(typed)) return undefined
  const value = Number(typed)
  return isFraction || Number.isInteger(value) ? value : undefined
}

/** The limits of a draft, or the names of those that cannot be read. */
export function limitsOf(draft: LimitDraft): { readonly limits: Record<LimitName, number | null>; readonly wrong: readonly LimitName[] } {
  const wrong: LimitName[] = []
  const entries = LIMIT_NAMES.map((name) => {
    const value = numberOf(draft[name], isMoney(name) || name === 'stored_bytes')
    if (value === undefined) wrong.push(name)
    return [name, name === 'stored_bytes' && typeof value === 'number' ? Math.round(value * MEGABYTE) : (value ?? null)] as const
  })
  return { limits: Object.fromEntries(entries) as Record<LimitName, number | null>, wrong }
}

export function shownLimit(name: LimitName, value: number): string {
  if (isMoney(name)) return dollars(value)
  return name === 'stored_bytes' ? bytes(value) : number(value)
}

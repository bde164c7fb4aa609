import type { Limit } from '../domain/limits.ts'
import { dayOf } from '../domain/usage.ts'
import type { World } from '../ports/world.ts'

/** Source: some 20 MB; more subjects than this on one day are read anew when they come again. */
const MOST_BEGUN = 100_000
const DAY = 86_400

/**
 * A day's requests are counted in memory, exactly, but the day does not begin with the process: the first time that a
 * subject comes, what the ledger has of it is put in.
 */
export function dayCounts({ ledger, limiter, now }: Pick<World, 'ledger' | 'limiter' | 'now'>): { begin(limits: readonly Limit[]): Promise<void> } {
  let today = ''
  const begun = new Map<string, { readonly limit: Limit; readonly done: Promise<void> }>()

  async function forgetOldest(): Promise<void> {
    const [key, oldest] = begun.entries().next().value ?? []
    if (key === undefined || oldest === undefined) return
    begun.delete(key)
    await oldest.done
    await limiter.forget(oldest.limit.name, oldest.limit.subject)
  }

  async function putIn(limit: Limit, day: string): Promise<void> {
    const { requests } = await ledger.used(subjectOf(limit), day)
    await limiter.charge([limit], requests)
  }

  return {
    async begin(limits) {
      const daily = limits.filter(({ windowSeconds }) => windowSeconds === DAY)
      if (daily.length === 0) return
      const day = dayOf(now())
      if (day !== today) begun.clear()
      today = day
      for (const limit of daily) {
        const key = `${limit.name}\n${limit.subject}`
        const known = begun.get(key)
        if (known !== undefined) {
          await known.done
          continue
        }
        const done = putIn(limit, day)
        begun.set(key, { limit, done })
        done.catch(() => begun.delete(key))
        await done
        if (begun.size > MOST_BEGUN) await forgetOldest()
      }
    },
  }
}

function subjectOf({ name, subject }: Limit) {
  return name === 'key-day' ? { keyId: subject } : name === 'visitor-day' ? { visitorId: subject } : { accountId: subject }
}

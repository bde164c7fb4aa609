import type { Limit, LimitState } from '../../domain/limits.ts'
import type { Limiter } from '../../ports/limiter.ts'

const DAY_SECONDS = 86_400
/** Source: some 40 MB. When more subjects than this are counted at the same time, the one counted longest is forgotten. */
const MOST_COUNTS = 250_000
/** Counts looked at for their end with each request: more than are made, so that ended ones go away by themselves. */
const SWEPT = 8

interface Count {
  readonly endsAt: number
  used: number
}

/**
 * Counts in the memory of this process, in fixed windows: a window begins with the first request that is counted in it, a
 * day with the day of UTC. Nothing waits for a timer; what has ended is forgotten while others are counted.
 */
export function memoryLimiter(now: () => number = Date.now, most: number = MOST_COUNTS): Limiter & { readonly size: () => number } {
  const counts = new Map<string, Count>()
  const windows = new Set<number>()
  const places = new Map<string, number>()
  let sweep = counts.entries()

  const keyOf = (name: string, subject: string, windowSeconds: number) => `${name}\n${windowSeconds}\n${subject}`

  function endOf(windowSeconds: number, time: number): number {
    const length = windowSeconds * 1000
    return windowSeconds === DAY_SECONDS ? (Math.floor(time / length) + 1) * length : time + length
  }

  /** Undefined when nothing is counted now. A clock that was set back begins anew: else a count could stay for years. */
  function current({ name, subject, windowSeconds }: Limit, time: number): Count | undefined {
    const count = counts.get(keyOf(name, subject, windowSeconds))
    return count === undefined || count.endsAt <= time || count.endsAt > endOf(windowSeconds, time) ? undefined : count
  }

  function add(limit: Limit, cost: number, time: number): void {
    const known = current(limit, time)
    if (known !== undefined) {
      known.used = Math.max(0, known.used + cost)
      return
    }
    if (cost <= 0) return
    const key = keyOf(limit.name, limit.subject, limit.windowSeconds)
    counts.delete(key) // one that has ended goes to the end of the order
    windows.add(limit.windowSeconds)
    counts.set(key, { endsAt: endOf(limit.windowSeconds, time), used: cost })
    forgetEnded(time)
    if (counts.size > most) counts.delete(counts.keys().next().value ?? '')
  }

  function forgetEnded(time: number): void {
    for (let seen = 0; seen < SWEPT; seen += 1) {
      const next = sweep.next()
      if (next.done === true) {
        sweep = counts.entries()
        return
      }
      if (next.value[1].endsAt <= time) counts.delete(next.value[0])
    }
  }

  function stateOf(limit: Limit, time: number): LimitState {
    const count = current(limit, time)
    const endsAt = count?.endsAt ?? endOf(limit.windowSeconds, time)
    return { limit, remaining: limit.most - (count?.used ?? 0), resetSeconds: Math.max(1, Math.ceil((endsAt - time) / 1000)) }
  }

  return {
    async take(limits, cost) {
      const time = now()
      const before = limits.map((limit) => stateOf(limit, time))
      const refused = before.find(({ remaining }) => remaining < cost)
      if (refused !== undefined) return { states: before, refused }
      for (const limit of distinct(limits)) add(limit, cost, time)
      return { states: limits.map((limit) => stateOf(limit, time)), refused: undefined }
    },
    async charge(limits, cost) {
      const time = now()
      for (const limit of distinct(limits)) add(limit, cost, time)
    },
    async look(limits) {
      const time = now()
      return limits.map((limit) => stateOf(limit, time))
    },
    async forget(name, subject) {
      for (const windowSeconds of windows) counts.delete(keyOf(name, subject, windowSeconds))
    },
    enter(name, subject, most) {
      const key = `${name}\n${subject}`
      const held = places.get(key) ?? 0
      if (held >= most) return undefined
      places.set(key, held + 1)
      let isIn = true
      return () => {
        if (!isIn) return
        isIn = false
        const left = (places.get(key) ?? 1) - 1
        if (left > 0) places.set(key, left)
        else places.delete(key)
      }
    },
    async close() {
      counts.clear()
      places.clear()
    },
    size: () => counts.size,
  }
}

/** The same count named twice is taken from once. */
function distinct(limits: readonly Limit[]): readonly Limit[] {
  if (limits.length < 2) return limits
  return [...new Map(limits.map((limit) => [`${limit.name}\n${limit.windowSeconds}\n${limit.subject}`, limit])).values()]
}

interface Sample {
  readonly at: number
  readonly amount: number
}

export interface Pace {
  /** `amount` is a running total that only grows; one that shrank begins anew. */
  note(at: number, amount: number): void
  /** Per second over the window; undefined until enough time has passed to tell. */
  perSecond(now: number): number | undefined
}

/** A moving average over the last `windowMs`: what was fast a minute ago says nothing of now. */
export function paceOf(windowMs: number, leastMs = 2000): Pace {
  let samples: Sample[] = []
  return {
    note(at, amount) {
      const last = samples.at(-1)
      if (last !== undefined && amount < last.amount) samples = []
      if (last?.amount === amount && samples.length > 1 && samples.at(-2)?.amount === amount) samples.pop() // only the ends of a pause count
      samples.push({ at, amount })
      while (samples.length > 2 && (samples[1]?.at ?? at) <= at - windowMs) samples.shift()
    },
    perSecond(now) {
      const [first] = samples
      const last = samples.at(-1)
      if (first === undefined || last === undefined || now - first.at < leastMs) return undefined
      return (last.amount - first.amount) / ((now - first.at) / 1000)
    },
  }
}

/** Counts what many things have done together, each told as its own running total. */
export function sumOfMany(): { note(id: string, amount: number): void; readonly total: number } {
  const amounts = new Map<string, number>()
  let total = 0
  return {
    note(id, amount) {
      total += Math.max(0, amount - (amounts.get(id) ?? 0))
      amounts.set(id, amount)
    },
    get total() {
      return total
    },
  }
}

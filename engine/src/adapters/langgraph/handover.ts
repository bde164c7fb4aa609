/** Hands values from a run to its reader, one at a time: whoever gives one waits until it is taken. */
export interface Handover<T> {
  /** @throws what `stop` was given */
  give(value: T): Promise<void>
  /** Undefined when all is told. @throws what `stop` was given */
  take(): Promise<T | undefined>
  /** No more is given. Only the first of `end` and `stop` counts. */
  end(): void
  stop(reason: unknown): void
}

interface Offer<T> {
  readonly value: T
  taken(): void
  refused(reason: unknown): void
}

interface Wish<T> {
  got(value: T | undefined): void
  failed(reason: unknown): void
}

export function handover<T>(): Handover<T> {
  const offers: Offer<T>[] = []
  let wish: Wish<T> | undefined
  let over: { readonly reason: unknown } | 'ended' | undefined

  return {
    give(value) {
      if (over === 'ended') return Promise.resolve()
      if (over !== undefined) return Promise.reject(over.reason)
      if (wish !== undefined) {
        wish.got(value)
        wish = undefined
        return Promise.resolve()
      }
      return new Promise((taken, refused) => void offers.push({ value, taken, refused }))
    },
    take() {
      const offer = offers.shift()
      if (offer !== undefined) {
        offer.taken()
        return Promise.resolve(offer.value)
      }
      if (over === 'ended') return Promise.resolve(undefined)
      if (over !== undefined) return Promise.reject(over.reason)
      return new Promise((got, failed) => {
        wish = { got, failed }
      })
    },
    end() {
      if (over !== undefined) return
      over = 'ended'
      wish?.got(undefined)
      wish = undefined
    },
    stop(reason) {
      if (over !== undefined) return
      over = { reason }
      for (const { refused } of offers.splice(0)) refused(reason)
      wish?.failed(reason)
      wish = undefined
    },
  }
}

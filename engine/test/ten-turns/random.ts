/** Everything that a run does by chance comes from one number, so that it can be done again. */
export interface Random {
  /** From 0 to `most`, both included. */
  upTo(most: number): number
  chance(share: number): boolean
  pick<T>(list: readonly T[]): T
  shuffled<T>(list: readonly T[]): T[]
}

/** Mulberry32: small, and the same on every machine. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const upTo = (most: number) => Math.floor(next() * (most + 1))
  return {
    upTo,
    chance: (share) => next() < share,
    pick<T>(list: readonly T[]): T {
      const found = list[upTo(list.length - 1)]
      if (found === undefined) throw new Error('nothing to pick from')
      return found
    },
    shuffled<T>(list: readonly T[]): T[] {
      const left = [...list]
      return list.flatMap(() => left.splice(upTo(left.length - 1), 1))
    },
  }
}

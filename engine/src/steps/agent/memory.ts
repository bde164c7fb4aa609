/** A message of a conversation as it was kept. */
export interface PastTurn {
  readonly role: 'user' | 'assistant'
  readonly text: string
  /** Of a message that is stored. */
  readonly id?: string
  /** Of an answer: what was said up to and including it, told in short. */
  readonly summary?: string | undefined
}

export interface Remembered {
  /** The newest, whole, oldest first; they begin with a question. */
  readonly turns: readonly PastTurn[]
  /** What was said before them, as far as it was told already. */
  readonly told: string | undefined
  /** What came after that and does not fit. */
  readonly untold: readonly PastTurn[]
  /** The answer up to which `told` and `untold` reach. */
  readonly upTo: string | undefined
}

/** Splits a history, oldest first, into the newest turns that fit and what was before them. `sizeOf` counts as `room` does. */
export function remembered(history: readonly PastTurn[], room: number, sizeOf: (text: string) => number): Remembered {
  let from = history.length
  let left = room
  while (from > 0) {
    left -= sizeOf(history[from - 1]?.text ?? '')
    if (left < 0) break
    from -= 1
  }
  while (history[from]?.role === 'assistant') from += 1
  const older = history.slice(0, from)
  const last = older.findLastIndex(({ summary }) => summary !== undefined)
  return {
    turns: history.slice(from),
    told: older[last]?.summary,
    untold: older.slice(last + 1),
    upTo: older.findLast(({ role, id }) => role === 'assistant' && id !== undefined)?.id,
  }
}

/** Turns that are not told yet before it is worth asking a model to tell them. */
export const SUMMARY_EVERY = 6
const LONGEST_ASKED = 120
const MOST_ASKED = 20

/** By rule: what was told, and what was asked since. Undefined when there is neither. */
export function summaryByRule(told: string | undefined, untold: readonly PastTurn[]): string | undefined {
  const asked = untold
    .filter(({ role }) => role === 'user')
    .slice(-MOST_ASKED)
    .map(({ text }) => `- ${text.replace(/\s+/g, ' ').trim().slice(0, LONGEST_ASKED).toWellFormed()}`)
  const parts = [...(told === undefined ? [] : [told]), ...(asked.length === 0 ? [] : [asked.join('\n')])]
  return parts.length === 0 ? undefined : parts.join('\n')
}

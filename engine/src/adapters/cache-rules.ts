// What every cache keeps to, so that the same call means the same in each of them.

const MOST_KEY_CHARACTERS = 512
const MOST_VALUE_BYTES = 2 ** 20
/** Entries of one log: a little more than an answer of ten thousand tokens has. */
export const MOST_LOG_ENTRIES = 65_536
/** Source: nothing that may be forgotten is of use for longer. */
const MOST_TTL_MS = 30 * 86_400_000

/** A name of ours: one that would be written differently in UTF-8 could be taken for another. */
export function isKey(key: string): boolean {
  return key.length > 0 && key.length <= MOST_KEY_CHARACTERS && key.isWellFormed()
}

export function fits(value: string): boolean {
  return value.length <= MOST_VALUE_BYTES && Buffer.byteLength(value) <= MOST_VALUE_BYTES
}

/** Whole milliseconds; undefined for a time in which nothing could be read. */
export function lifetime(ttlMs: number): number | undefined {
  return ttlMs > 0 ? Math.ceil(Math.min(ttlMs, MOST_TTL_MS)) : undefined
}

/** The entries of an addition as they are kept; undefined when one of them is too large, so that no log has a hole. */
export function logEntries(entries: readonly string[]): readonly string[] | undefined {
  return entries.every(fits) ? entries.map((entry) => entry.toWellFormed()) : undefined
}

import type { Cache } from '../../ports/cache.ts'
import { fits, isKey, lifetime, logEntries, MOST_LOG_ENTRIES } from '../cache-rules.ts'
import { channels } from '../channels.ts'

export interface MemoryCacheOptions {
  /** Of keys and values, as they lie in memory at most; a quarter is for small values, a quarter for logs. 64 MiB unless told. */
  readonly maxBytes?: number
  /** Of each of the three; 50,000 unless told. */
  readonly maxEntries?: number
  /** Milliseconds that only ever go on. */
  readonly now?: () => number
}

/** Source: tickets and marks are far below it, lists of passages above. Many of those must not push out one of these. */
const SMALL_BYTES = 4096
/** Source: what V8 keeps for an entry of a map and its string. */
const ENTRY_BYTES = 128
/** Entries looked at for their end with each one that is added. */
const SWEPT = 4

/** A cache in the memory of this process. What was used least lately goes first; nothing waits for a timer. */
export function memoryCache(options: MemoryCacheOptions = {}): Cache & { readonly bytes: () => number; readonly size: () => number } {
  const { maxBytes = 64 * 2 ** 20, maxEntries = 50_000, now = () => performance.now() } = options
  const small = shelf<string>(maxBytes / 4, maxEntries, now)
  const large = shelf<string>(maxBytes / 2, maxEntries, now)
  const logs = shelf<string[]>(maxBytes / 4, maxEntries, now)
  const shelves = [small, large, logs]
  const hub = channels()

  function removeValue(key: string): void {
    small.remove(key)
    large.remove(key)
  }

  return {
    isShared: false,
    async get(key) {
      return small.get(key) ?? large.get(key)
    },
    async set(key, value, ttlMs) {
      removeValue(key)
      const ttl = lifetime(ttlMs)
      if (ttl === undefined || !isKey(key) || !fits(value)) return
      const bytes = sizeOf(value)
      ;(bytes > SMALL_BYTES ? large : small).put(key, value.toWellFormed(), bytes, ttl)
    },
    async take(key) {
      const value = small.get(key) ?? large.get(key)
      removeValue(key)
      return value
    },
    async remove(key) {
      removeValue(key)
    },
    async append(log, entries, ttlMs) {
      const ttl = lifetime(ttlMs)
      const added = logEntries(entries)
      if (ttl === undefined || added === undefined || added.length === 0 || !isKey(log)) return
      const kept = logs.get(log) ?? []
      const before = logs.bytesOf(log) ?? 0
      const fitting = added.slice(0, MOST_LOG_ENTRIES - kept.length)
      for (const entry of fitting) kept.push(entry)
      logs.put(log, kept, before + fitting.reduce((sum, entry) => sum + sizeOf(entry), 0), ttl)
    },
    async read(log, from, most) {
      const start = Math.max(0, from)
      return logs.get(log)?.slice(start, start + Math.max(0, most)) ?? []
    },
    async publish(channel, message) {
      if (isKey(channel) && fits(message)) hub.tell(channel, message.toWellFormed())
    },
    async subscribe(channel, listener) {
      return isKey(channel) ? hub.add(channel, listener) : () => undefined
    },
    async close() {
      for (const one of shelves) one.clear()
      hub.clear()
    },
    bytes: () => shelves.reduce((sum, one) => sum + one.bytes(), 0),
    size: () => shelves.reduce((sum, one) => sum + one.size(), 0),
  }
}

interface Entry<T> {
  readonly value: T
  readonly bytes: number
  readonly endsAt: number
}

/** Entries in the order of their last use, within a number of bytes. */
function shelf<T>(maxBytes: number, maxEntries: number, now: () => number) {
  const entries = new Map<string, Entry<T>>()
  let held = 0
  let sweep = entries.entries()

  function remove(key: string): void {
    const entry = entries.get(key)
    if (entry === undefined) return
    held -= whole(key, entry)
    entries.delete(key)
  }

  function current(key: string): Entry<T> | undefined {
    const entry = entries.get(key)
    if (entry === undefined || entry.endsAt > now()) return entry
    remove(key)
    return undefined
  }

  function forgetEnded(): void {
    for (let seen = 0; seen < SWEPT; seen += 1) {
      const next = sweep.next()
      if (next.done === true) {
        sweep = entries.entries()
        return
      }
      if (next.value[1].endsAt <= now()) remove(next.value[0])
    }
  }

  return {
    get(key: string): T | undefined {
      const entry = current(key)
      if (entry === undefined) return undefined
      entries.delete(key)
      entries.set(key, entry)
      return entry.value
    },
    put(key: string, value: T, bytes: number, ttlMs: number): void {
      remove(key)
      const entry = { value, bytes, endsAt: now() + ttlMs }
      const size = whole(key, entry)
      if (size > maxBytes) return
      held += size
      entries.set(key, entry)
      forgetEnded()
      while (held > maxBytes || entries.size > maxEntries) remove(entries.keys().next().value ?? '')
    },
    remove,
    bytesOf: (key: string) => current(key)?.bytes,
    clear() {
      entries.clear()
      held = 0
    },
    bytes: () => held,
    size: () => entries.size,
  }
}

function whole(key: string, { bytes }: { readonly bytes: number }): number {
  return key.length * 2 + bytes + ENTRY_BYTES
}

function sizeOf(text: string): number {
  return text.length * 2
}

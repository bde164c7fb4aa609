import { MOST_LOG_ENTRIES } from '../cache-rules.ts'
import type { Link, Reply } from './link.ts'

/** Of the logs that this process writes, as they lie in its memory at most. */
const MOST_BYTES = 32 * 2 ** 20
const MOST_LOGS = 20_000
/** Entries in one command. */
const BATCH = 1000

/** A log as this process wrote it. */
interface Written {
  readonly entries: string[]
  /** How many of them Redis has, as far as is known. */
  sent: number
  /** `part`: another process wrote the beginning, so that only Redis has all of it. `broken`: entries were lost, and with a hole it is worse than none. */
  state: 'whole' | 'part' | 'broken'
  /** What Redis has of it is not known. */
  isUnsure: boolean
  endsAt: number
  bytes: number
  sending: Promise<void> | undefined
}

export interface RedisLogs {
  append(log: string, entries: readonly string[], ttlMs: number): Promise<void>
  read(log: string, from: number, most: number): Promise<readonly string[]>
  /** For a new connection: writes anew what may have been lost with the last one. */
  restore(): Promise<void>
  close(): void
}

/**
 * Logs as lists in Redis. What this process wrote it keeps for as long as the log lives: entries that come while others are under way
 * go together, and after Redis was away, or has lost its memory, it is brought up to date.
 */
export function redisLogs(link: Link, nameOf: (log: string) => string, now: () => number = () => performance.now()): RedisLogs {
  const logs = new Map<string, Written>()
  let held = 0

  function forget(log: string): void {
    held -= logs.get(log)?.bytes ?? 0
    logs.delete(log)
  }

  function alive(log: string): Written | undefined {
    const written = logs.get(log)
    if (written === undefined || written.endsAt > now()) return written
    forget(log)
    return undefined
  }

  function breakUp(written: Written): void {
    written.state = 'broken'
    held -= written.bytes
    written.bytes = 0
    written.entries.length = 0
  }

  function makeRoom(): void {
    for (const [log, written] of logs) {
      const isOver = held > MOST_BYTES || logs.size > MOST_LOGS
      if (alive(log) === undefined) continue
      if (!isOver) return
      if (written.sent < written.entries.length && logs.size <= MOST_LOGS) breakUp(written)
      else forget(log)
    }
  }

  function push(name: string, entries: readonly string[], isAnew: boolean, ttlMs: number): Promise<Reply<number>> {
    return link.ask(async (redis) => {
      const transaction = redis.multi()
      if (isAnew) transaction.del(name)
      for (let at = 0; at < entries.length; at += BATCH) transaction.rpush(name, ...entries.slice(at, at + BATCH))
      const results = await transaction
        .ltrim(name, 0, MOST_LOG_ENTRIES - 1)
        .pexpire(name, Math.max(1, Math.ceil(ttlMs)))
        .exec()
      const failed = results?.find(([error]) => error !== null)?.[0]
      if (failed) throw failed
      return Number(results?.at(-3)?.[1])
    })
  }

  async function send(log: string, written: Written): Promise<void> {
    const name = nameOf(log)
    while (logs.get(log) === written) {
      if (written.isUnsure && written.state === 'part') breakUp(written)
      if (written.state === 'broken') {
        await link.ask((redis) => redis.del(name))
        return
      }
      if (written.sent >= written.entries.length && !written.isUnsure) return
      const isAnew = written.isUnsure
      const entries = written.entries.slice(isAnew ? 0 : written.sent)
      const expected = written.entries.length
      const reply = await push(name, entries, isAnew, written.endsAt - now())
      written.isUnsure = !reply.done || (written.state === 'whole' && reply.value < expected) // or Redis forgot the beginning
      written.sent = expected
      // What it says of a log that was just written anew must be true, or nothing that it says is.
      if (!reply.done || (isAnew && written.isUnsure)) return
      if (written.state === 'whole' && reply.value > expected) written.state = 'part'
    }
  }

  function sending(log: string, written: Written): Promise<void> {
    written.sending ??= send(log, written).finally(() => {
      written.sending = undefined
    })
    return written.sending
  }

  return {
    async append(log, entries, ttlMs) {
      const known = alive(log)
      const written: Written = known ?? { entries: [], sent: 0, state: 'whole', isUnsure: false, endsAt: 0, bytes: 0, sending: undefined }
      logs.delete(log)
      logs.set(log, written)
      written.endsAt = now() + ttlMs
      if (written.state === 'broken') return
      const fitting = entries.slice(0, MOST_LOG_ENTRIES - written.entries.length)
      for (const entry of fitting) written.entries.push(entry)
      const bytes = fitting.reduce((sum, entry) => sum + entry.length * 2 + 16, known === undefined ? log.length * 2 : 0)
      written.bytes += bytes
      held += bytes
      makeRoom()
      // What came after the last command was put together goes with the next one, which the first of those who wait begins.
      const upTo = written.entries.length
      while (logs.get(log) === written && written.entries.length >= upTo && written.sent < upTo) await sending(log, written)
    },
    async read(log, from, most) {
      const start = Math.max(0, Math.floor(from))
      const end = start + Math.min(MOST_LOG_ENTRIES, Math.max(0, Math.floor(most)))
      const written = alive(log)
      const own = written?.state === 'whole' ? written.entries.slice(start, end) : []
      if (end === start) return []
      const reply = await link.ask((redis) => redis.lrange(nameOf(log), start, end - 1))
      return reply.done && isList(reply.value) && reply.value.length > own.length ? reply.value : own
    },
    async restore() {
      for (const [log, written] of [...logs]) {
        await written.sending // one that the last connection took with it ends by itself
        if (!link.isUp()) return
        if (alive(log) !== written) continue
        if (!written.isUnsure && written.state === 'whole') {
          const reply = await link.ask((redis) => redis.llen(nameOf(log)))
          written.isUnsure = written.isUnsure || !reply.done || reply.value !== written.entries.length
        }
        await sending(log, written)
      }
    },
    close() {
      logs.clear()
      held = 0
    },
  }
}

/** A server that is none of its kind answers anything. */
function isList(reply: unknown): reply is readonly string[] {
  return Array.isArray(reply) && reply.every((entry) => typeof entry === 'string')
}

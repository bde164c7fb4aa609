import { randomBytes } from 'node:crypto'
import { type Redis, ReplyError } from 'ioredis'
import type { Cache } from '../../ports/cache.ts'
import { fits, isKey, lifetime, logEntries } from '../cache-rules.ts'
import { channels } from '../channels.ts'
import { type LinkOptions, redisLink } from './link.ts'
import { redisLogs } from './logs.ts'

export interface RedisCacheOptions extends Pick<LinkOptions, 'url' | 'ca' | 'health' | 'log' | 'beatMs'> {
  /** Begins the name of everything that is written; `quarry:` unless told. For servers that share one Redis. */
  readonly prefix?: string
  /** Makes what stands in for values while Redis is away. */
  readonly local: () => Cache
}

/** The oldest are let go of: a value comes back then, as a cache may. */
const MAX_OUTDATED = 10_000
const FORGOTTEN_AT_ONCE = 1000

/**
 * A cache in Redis 6.2 or later, or what speaks its protocol, shared by all processes with the same address and prefix. While it is
 * away values stay in this process, and are forgotten when it is back, as is what it held of those that were set or removed meanwhile; logs are brought up to date then; messages reach this process.
 */
export function redisCache({ prefix = 'quarry:', local, ...options }: RedisCacheOptions): Cache {
  const nameOf = { value: (key: string) => `${prefix}v:${key}`, log: (key: string) => `${prefix}l:${key}`, channel: (key: string) => `${prefix}c:${key}` }
  /** Begins each message: our own were told here at once. */
  const self = `${randomBytes(8).toString('hex')} `
  const hub = channels()
  let instead = local()
  const link = redisLink({
    ...options,
    name: 'values',
    onUp(redis) {
      void instead.close()
      instead = local()
      void forget(redis)
      void logs.restore()
    },
  })
  /** Names whose values in Redis hold no more, which it could not be told. */
  const outdated = new Set<string>()
  function outdate(name: string): void {
    outdated.add(name)
    for (const oldest of outdated) {
      if (outdated.size <= MAX_OUTDATED) break
      outdated.delete(oldest)
    }
  }
  async function forget(redis: Redis): Promise<void> {
    const names = [...outdated]
    for (let from = 0; from < names.length; from += FORGOTTEN_AT_ONCE) {
      const some = names.slice(from, from + FORGOTTEN_AT_ONCE)
      // Lost again, the next connection does it.
      if (await done(redis.del(...some))) for (const name of some) outdated.delete(name)
    }
  }
  const logs = redisLogs(link, nameOf.log)
  const ear = redisLink({
    ...options,
    name: 'messages',
    onUp(redis) {
      const wanted = hub.names().map(nameOf.channel)
      if (wanted.length > 0) redis.subscribe(...wanted).catch(() => undefined) // lost again: the next connection does it
    },
    onMessage(channel, message) {
      if (!message.startsWith(self)) hub.tell(channel.slice(nameOf.channel('').length), message.slice(self.length))
    },
  })

  return {
    isShared: true,
    async get(key) {
      if (!isKey(key)) return undefined
      const name = nameOf.value(key)
      if (outdated.has(name)) return instead.get(key)
      const reply = await link.ask((redis) => redis.get(name))
      // What Redis had no room for is here.
      return (reply.done ? textOf(reply.value) : undefined) ?? instead.get(key)
    },
    async set(key, value, ttlMs) {
      if (!isKey(key)) return
      const ttl = lifetime(ttlMs)
      const isKept = ttl !== undefined && fits(value)
      const name = nameOf.value(key)
      void instead.remove(key)
      let isGone: Promise<boolean> | undefined
      const reply = await link.ask<unknown>(async (redis) => {
        try {
          return await (isKept ? redis.set(name, value, 'PX', ttl) : redis.del(name))
        } catch (error) {
          // The former value stands there, unless that goes too; this does not make the refusal a success.
          if (error instanceof Error && error instanceof ReplyError) isGone = done(redis.del(name))
          throw error
        }
      })
      // Where it may be in Redis it must not be here too: of those who take it one gets it.
      if (reply.done) outdated.delete(name)
      else if (reply.why === 'unsent') {
        if ((await isGone) !== true) outdate(name)
        await instead.set(key, value, ttlMs)
      }
    },
    async take(key) {
      if (!isKey(key)) return undefined
      const mine = instead.take(key)
      const name = nameOf.value(key)
      if (outdated.has(name)) return mine
      const reply = await link.ask((redis) => redis.getdel(name))
      return (reply.done ? textOf(reply.value) : undefined) ?? mine
    },
    async remove(key) {
      if (!isKey(key)) return
      void instead.remove(key)
      const name = nameOf.value(key)
      const reply = await link.ask((redis) => redis.del(name))
      if (!reply.done) outdate(name)
    },
    async append(log, entries, ttlMs) {
      const ttl = lifetime(ttlMs)
      const added = logEntries(entries)
      if (ttl !== undefined && added !== undefined && added.length > 0 && isKey(log)) await logs.append(log, added, ttl)
    },
    async read(log, from, most) {
      return isKey(log) ? logs.read(log, from, most) : []
    },
    async publish(channel, message) {
      if (!isKey(channel) || !fits(message)) return
      hub.tell(channel, message.toWellFormed())
      await link.ask((redis) => redis.publish(nameOf.channel(channel), self + message))
    },
    async subscribe(channel, listener) {
      if (!isKey(channel)) return () => undefined
      const end = hub.add(channel, listener)
      await ear.ask((redis) => redis.subscribe(nameOf.channel(channel)))
      return () => {
        end()
        if (!hub.has(channel)) void ear.ask((redis) => redis.unsubscribe(nameOf.channel(channel)))
      }
    },
    async close() {
      link.close()
      ear.close()
      hub.clear()
      logs.close()
      await instead.close()
    },
  }
}

function done(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  )
}

/** A server that is none of its kind answers anything. */
function textOf(reply: unknown): string | undefined {
  return typeof reply === 'string' ? reply : undefined
}

import { randomBytes } from 'node:crypto'
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

/**
 * A cache in Redis 6.2 or later, or what speaks its protocol, shared by all processes with the same address and prefix. While it is
 * away values stay in this process, and are forgotten when it is back; logs are brought up to date then; messages reach this process.
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
    onUp() {
      void instead.close()
      instead = local()
      void logs.restore()
    },
  })
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
      const reply = await link.ask((redis) => redis.get(nameOf.value(key)))
      return reply.done ? textOf(reply.value) : instead.get(key)
    },
    async set(key, value, ttlMs) {
      if (!isKey(key)) return
      const ttl = lifetime(ttlMs)
      const isKept = ttl !== undefined && fits(value)
      const name = nameOf.value(key)
      void instead.remove(key)
      const reply = await link.ask<unknown>((redis) => (isKept ? redis.set(name, value, 'PX', ttl) : redis.del(name)))
      // Where it may be in Redis it must not be here too: of those who take it one gets it.
      if (!reply.done && reply.why === 'unsent') await instead.set(key, value, ttlMs)
    },
    async take(key) {
      if (!isKey(key)) return undefined
      const mine = instead.take(key)
      const reply = await link.ask((redis) => redis.getdel(nameOf.value(key)))
      return (reply.done ? textOf(reply.value) : undefined) ?? mine
    },
    async remove(key) {
      if (!isKey(key)) return
      void instead.remove(key)
      await link.ask((redis) => redis.del(nameOf.value(key)))
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

/** A server that is none of its kind answers anything. */
function textOf(reply: unknown): string | undefined {
  return typeof reply === 'string' ? reply : undefined
}

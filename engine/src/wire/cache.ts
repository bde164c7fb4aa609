import { memoryCache } from '../adapters/memory/cache.ts'
import type { Cache } from '../ports/cache.ts'
import type { Health } from '../ports/health.ts'
import type { Log } from '../ports/world.ts'
import type { Settings } from '../settings.ts'

export interface CacheOptions {
  readonly settings: Pick<Settings, 'REDIS_URL' | 'REDIS_PREFIX'>
  readonly health: Health
  readonly log: Log
}

/** In this process, unless Redis is set. Nothing is connected to before it is used. */
export async function openCache({ settings, health, log }: CacheOptions): Promise<Cache> {
  const { REDIS_URL: url, REDIS_PREFIX: prefix } = settings
  if (url === undefined) return memoryCache()
  const { redisCache } = await import('../adapters/redis/cache.ts')
  return redisCache({ url, prefix, health, log, local: () => memoryCache() })
}

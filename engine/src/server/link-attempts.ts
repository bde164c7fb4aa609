import { AppError } from '../domain/errors.ts'
import type { Limit } from '../domain/limits.ts'
import type { World } from '../ports/world.ts'
import { addressKey } from './address.ts'

/**
 * Source: one dead link that is sent around is opened by some dozen people of an office; the secret of a link is too long to
 * be found by trying, whatever the number. Counted apart from sign-ins, so that nobody is kept from signing in by it.
 */
const LINKS = { name: 'links', most: 60, windowSeconds: 900 } as const

/** Opens a link for somebody at an address; only what fails counts. @throws limit/rate, and what `open` throws */
export async function linkAttempt<T>({ limiter }: Pick<World, 'limiter'>, address: string, open: () => Promise<T>): Promise<T> {
  const limit: Limit = { ...LINKS, subject: addressKey(address) }
  const { refused } = await limiter.take([limit], 1)
  if (refused !== undefined) throw new AppError('limit/rate', { limit: LINKS.name, retry_after: refused.resetSeconds })
  const opened = await open()
  await limiter.charge([limit], -1)
  return opened
}

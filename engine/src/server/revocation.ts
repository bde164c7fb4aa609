import { AppError } from '../domain/errors.ts'
import type { World } from '../ports/world.ts'

/** A request that goes on for a while: it ends when what it showed no longer counts. */
export interface Held {
  /** Looks everything up anew. @throws when the right is gone */
  check(): Promise<void>
  readonly expiresAt: number | undefined
  abort(reason: AppError): void
}

export interface RightsWatch {
  /** @returns how to let go */
  hold(held: Held): () => void
  close(): void
}

/** Source: a right that was taken away is gone within a second, with room for the look-ups themselves. */
const LOOK_MS = 250

/**
 * Ends requests whose rights are taken away while they run. One number tells whether anything was taken from anybody; only
 * then each request is checked, so that ten thousand idle streams cost one look-up.
 */
export function watchRights(world: Pick<World, 'accounts' | 'now' | 'log'>, lookMs = LOOK_MS): RightsWatch {
  /** With the number under which it was checked last; a new one is checked at the next look, since it began a moment ago. */
  const all = new Map<Held, number | undefined>()
  let looking = false

  async function look(): Promise<void> {
    if (all.size === 0 || looking) return
    looking = true
    try {
      const now = world.now()
      for (const held of all.keys()) if (held.expiresAt !== undefined && held.expiresAt <= now) end(held, new AppError('auth/invalid'))
      const rights = await world.accounts.rights()
      await Promise.all([...all].filter(([, checked]) => checked !== rights).map(([held]) => recheck(held, rights)))
    } catch (cause) {
      // A store that does not answer for a moment takes nobody's right away: it is asked again.
      world.log.error('rights-not-watched', { cause })
    } finally {
      looking = false
    }
  }

  async function recheck(held: Held, rights: number): Promise<void> {
    try {
      await held.check()
      if (all.has(held)) all.set(held, rights)
    } catch (fault) {
      if (!(fault instanceof AppError) || fault.status >= 500) throw fault
      end(held, fault)
    }
  }

  function end(held: Held, reason: AppError): void {
    all.delete(held)
    held.abort(reason)
  }

  const timer = setInterval(() => void look(), lookMs)
  timer.unref()
  return {
    hold(held) {
      all.set(held, undefined)
      return () => void all.delete(held)
    },
    close() {
      clearInterval(timer)
      all.clear()
    },
  }
}

import { parametersOf, type RouteShape } from '../api/route.ts'
import type { Caller } from '../domain/caller.ts'
import type { Database } from '../domain/database.ts'
import { AppError } from '../domain/errors.ts'
import type { Presented } from '../ports/auth.ts'
import type { World } from '../ports/world.ts'
import { admitted, databaseFor, isScope } from './access.ts'
import type { Gate, SetHeader } from './gate.ts'
import type { RightsWatch } from './revocation.ts'

/** What is known of whoever is let in. */
export interface Entered {
  readonly caller: Caller | undefined
  /** The database that the path names. */
  readonly database: Database | undefined
}

/** Something that is asked of a route, whichever way it came in. `shown` may throw auth/invalid, auth/foreign-origin. */
export interface Knock {
  readonly route: RouteShape
  readonly parameters: Readonly<Record<string, string>>
  readonly address: string
  shown(): Presented
}

/** Who may come in: by HTTP and by WebSocket through the same door. */
export interface Entry {
  /** In this order: who asks, how often, what. @throws auth/…, limit/rate, limit/quota, and 404 for what is hidden */
  enter(knock: Knock, set: SetHeader): Promise<Entered>
  /** The same looked up anew, without being counted. */
  look(knock: Knock): Promise<Entered>
}

export function entryOf({ world, gate }: { readonly world: World; readonly gate: Gate }): Entry {
  /** Undefined where no credential is looked at. */
  async function callerOf({ route, shown }: Knock): Promise<Caller | undefined> {
    return route.allow === 'anyone' ? undefined : world.auth.authenticate(shown())
  }

  /** Whether the caller may do this, and the database that the path names. */
  async function targetOf({ route, parameters }: Knock, caller: Caller | undefined): Promise<Entered> {
    if (caller === undefined) return { caller, database: undefined }
    admitted(route, caller)
    if (parameters.publication !== undefined && caller.kind === 'visitor' && parameters.publication !== caller.publicationId) {
      throw new AppError('publication/not-found', { publication: parameters.publication })
    }
    const wanted = parametersOf(route.path).some((name) => name === 'database' || name === 'id') ? (parameters.database ?? parameters.id) : undefined
    if (wanted === undefined || !isScope(route.allow)) return { caller, database: undefined }
    return databaseFor(world, caller, wanted, route.allow)
  }

  return {
    async enter(knock, set) {
      const caller = await callerOf(knock).catch(async (fault: unknown) => {
        await gate.refused(knock.address, fault instanceof AppError && fault.code === 'auth/invalid', set)
        throw fault
      })
      // Before anything is looked up for the caller: guessing ids is limited like everything else.
      await gate.admit(caller, knock.address, set)
      const found = await targetOf(knock, caller)
      if (found.caller !== undefined && found.database !== undefined) await gate.admitTo(found.database.id, found.caller, set)
      return found
    },
    look: async (knock) => targetOf(knock, await callerOf(knock)),
  }
}

/** The rights of something that goes on for a while. */
export interface Standing {
  /** Asks this too from now on, whenever a right was taken from anybody. */
  keepChecking(check: () => Promise<unknown>): void
  /** From now on what is found ends this instead, until the function is called: of an answer that outlives its request. */
  outlive(abort: (reason: AppError) => void): () => void
  /** Looks no longer, unless it was outlived. */
  release(): void
}

export function standFor(rights: RightsWatch, caller: Caller, look: () => Promise<unknown>, abort: (reason: AppError) => void): Standing {
  const checks: (() => Promise<unknown>)[] = []
  let [end, isOutlived] = [abort, false]
  const release = rights.hold({
    async check() {
      await look()
      for (const check of checks) await check()
    },
    expiresAt: caller.expiresAt,
    abort: (reason) => end(reason),
  })
  return {
    keepChecking: (check) => void checks.push(check),
    outlive(next) {
      end = next
      isOutlived = true
      return release
    },
    release() {
      if (!isOutlived) release()
    },
  }
}

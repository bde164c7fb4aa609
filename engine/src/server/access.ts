import { type Allow, type RouteShape, SCOPES_OF_ROUTES } from '../api/route.ts'
import { type Caller, isPerson, may, type Scope, sees, within } from '../domain/caller.ts'
import type { Conversation } from '../domain/conversation.ts'
import { type Database, type IndexVersion, isAnswering } from '../domain/database.ts'
import { AppError } from '../domain/errors.ts'
import type { Job } from '../domain/job.ts'
import type { World } from '../ports/world.ts'

// The one place that decides who may do what. Every route comes through `admitted`, every database through `databaseFor`,
// every job through `jobFor`, whether its id stood in the path, the query or the body.

export function isScope(allow: Allow): allow is Scope {
  return SCOPES_OF_ROUTES.includes(allow)
}

/** What can be decided from the caller and the route alone. @throws auth/forbidden, auth/person-needed */
export function admitted(route: Pick<RouteShape, 'allow' | 'bound' | 'path'>, caller: Caller): void {
  const { allow } = route
  if (allow === 'visitor') {
    if (caller.kind !== 'visitor') throw new AppError('auth/forbidden', { needs: 'visitor' })
    return
  }
  if (caller.kind === 'visitor') throw new AppError('auth/forbidden', { needs: isScope(allow) ? allow : 'person' })
  if (caller.filter !== undefined && route.bound !== true && allow !== 'caller') {
    throw new AppError('auth/forbidden', { reason: 'this key is bound to a part of its documents' })
  }
  if ((allow === 'person' || allow === 'owner') && !isPerson(caller)) throw new AppError('auth/person-needed')
  if (allow === 'owner' && caller.role !== 'owner') throw new AppError('auth/forbidden', { role: 'owner' })
  if (!isScope(allow)) return
  if (!may(caller, allow)) throw new AppError('auth/forbidden', { scope: allow })
  // What is made anew would be none of the databases that the key was given.
  const makes = allow === 'manage' && !/\{(?:database|id)\}/.test(route.path)
  if (makes && caller.databaseIds !== 'all') throw new AppError('auth/forbidden', { reason: 'this key is for certain databases only' })
}

/**
 * Finds a database for a caller, by id or by name, and gives the caller inside it. One that the caller does not see is
 * answered like one that does not exist.
 * @throws database/not-found, database/ambiguous, auth/forbidden when it is seen but this is not allowed on it
 */
export async function databaseFor(
  world: Pick<World, 'catalog'>,
  caller: Caller,
  wanted: string,
  scope: Scope,
): Promise<{ readonly database: Database; readonly caller: Caller }> {
  const { database, level } = await world.catalog.access(caller.accountId, wanted.normalize('NFC'))
  const hidden = !sees(caller, database.id) || (caller.kind === 'visitor' && level !== 'manage')
  if (hidden) throw new AppError('database/not-found', { database: wanted })
  const inside = within(caller, database, level)
  if (!may(inside, scope, database.id)) throw new AppError('auth/forbidden', { scope })
  return { database, caller: inside }
}

/**
 * Finds the index version of a database that a question is put to. Any but the live one may hold what was replaced since: only those
 * who manage the database may look into it. One that was dropped, is not built yet, or is another database's is like an unknown one.
 * @throws auth/forbidden, version/not-found
 */
export async function versionFor(world: Pick<World, 'catalog'>, caller: Caller, database: Database, wanted: string): Promise<IndexVersion> {
  if (wanted !== database.liveVersionId) await databaseFor(world, caller, database.id, 'manage')
  const version = await world.catalog.version(wanted)
  if (version.databaseId !== database.id || !isAnswering(version)) throw new AppError('version/not-found', { version: wanted })
  return version
}

/**
 * What was said in a conversation goes into its next answer: it goes on only while all that it is about is there and open to the caller for
 * asking. A program that was never given all of it is told nothing; of what is gone and what was taken back the same is told.
 * @throws conversation/not-found, conversation/closed
 */
export async function assertGoesOn(
  world: Pick<World, 'catalog'>,
  caller: Caller,
  { id, databaseIds }: Pick<Conversation, 'id' | 'databaseIds'>,
): Promise<void> {
  const asker = caller.outside ?? caller
  if (!databaseIds.every((databaseId) => sees(asker, databaseId))) throw new AppError('conversation/not-found', { conversation: id })
  for (const databaseId of databaseIds) if (!(await asks(world, asker, databaseId))) throw new AppError('conversation/closed', { conversation: id })
}

async function asks(world: Pick<World, 'catalog'>, caller: Caller, databaseId: string): Promise<boolean> {
  try {
    // A name is no id.
    return (await databaseFor(world, caller, databaseId, 'ask')).database.id === databaseId
  } catch (fault) {
    if (fault instanceof AppError && fault.status < 500) return false
    throw fault
  }
}

/** Finds a job of a database that the caller sees. @throws job/not-found, auth/forbidden */
export async function jobFor(
  world: Pick<World, 'catalog' | 'queue'>,
  caller: Caller,
  id: string,
  scope: Scope,
): Promise<{ readonly job: Job; readonly caller: Caller }> {
  const job = await world.queue.job(caller.accountId, id)
  const level = await world.catalog.level(caller.accountId, job.databaseId)
  // What is left of a database that is gone is its owner's.
  const known = level ?? (job.ownerId === caller.accountId ? 'manage' : undefined)
  if (known === undefined || !sees(caller, job.databaseId)) throw new AppError('job/not-found', { job: id })
  const inside = within(caller, { id: job.databaseId, ownerId: job.ownerId }, known)
  if (!may(inside, scope, job.databaseId)) throw new AppError('auth/forbidden', { scope })
  return { job, caller: inside }
}

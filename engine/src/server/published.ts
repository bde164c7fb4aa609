import { type Caller, scopesOfRole } from '../domain/caller.ts'
import { AppError } from '../domain/errors.ts'
import type { Limit } from '../domain/limits.ts'
import type { Publication } from '../domain/publication.ts'
import type { Place } from '../flows/cite.ts'
import type { World } from '../ports/world.ts'
import { databaseFor } from './access.ts'
import { addressKey } from './address.ts'

// What a published chat is at this moment: its maker must be there and still may manage what it opens.

type Stores = Pick<World, 'publications' | 'accounts' | 'catalog'>

/** With those of its databases that its maker still may manage, at least one. @throws publication/not-found */
export async function published(world: Stores, id: string): Promise<Publication> {
  const closed = new AppError('publication/not-found', { publication: id })
  const publication = await world.publications.openPublication(id)
  if (publication === undefined) throw closed
  const { accountId } = publication
  const maker = await known(() => world.accounts.account(accountId), 'account/not-found')
  if (maker === undefined || !scopesOfRole(maker.role).has('manage')) throw closed
  const managed = await Promise.all(publication.databaseIds.map((databaseId) => manages(world, accountId, databaseId)))
  const databaseIds = publication.databaseIds.filter((_, index) => managed[index])
  if (databaseIds.length === 0) throw closed
  return { ...publication, databaseIds }
}

/** By the look-up that hides databases which are going away. */
async function manages(world: Pick<World, 'catalog'>, accountId: string, databaseId: string): Promise<boolean> {
  const found = await known(() => world.catalog.access(accountId, databaseId), 'database/not-found')
  return found?.database.id === databaseId && found.level === 'manage'
}

/** The databases that a visitor may ask, with the visitor inside each. @throws publication/not-found when none is left */
export async function placesOf(world: Stores, caller: Caller, publication: Publication): Promise<readonly Place[]> {
  const found = await Promise.all(
    publication.databaseIds.map(async (databaseId) => {
      try {
        const { caller: inside, database } = await databaseFor(world, caller, databaseId, 'ask')
        return database.id === databaseId ? [{ caller: inside, databaseId }] : []
      } catch (error) {
        if (error instanceof AppError && (error.code === 'database/not-found' || error.code === 'auth/forbidden')) return []
        throw error
      }
    }),
  )
  const places = found.flat()
  if (places.length === 0) throw new AppError('publication/not-found', { publication: publication.id })
  return places
}

async function known<T>(look: () => Promise<T>, code: AppError['code']): Promise<T | undefined> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof AppError && error.code === code) return undefined
    throw error
  }
}

/**
 * Source: an office behind one address brings some dozen people in a quarter of an hour; whoever wants the limits of many
 * visitors for one must wait. Counted apart from sign-ins, so that visitors keep nobody from signing in.
 */
const VISITS = { name: 'visits', most: 60, windowSeconds: 900 } as const

/** @throws limit/rate */
export async function admitVisit(world: Pick<World, 'limiter'>, address: string): Promise<void> {
  const limit: Limit = { ...VISITS, subject: addressKey(address) }
  const { refused } = await world.limiter.take([limit], 1)
  if (refused !== undefined) throw new AppError('limit/rate', { limit: VISITS.name, retry_after: refused.resetSeconds })
}

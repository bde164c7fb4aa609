import type { Caller } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import type { World } from '../../ports/world.ts'
import { databaseFor } from '../access.ts'
import { placesOf, published } from '../published.ts'
import type { Followable } from './events.ts'
import { type Hub, ownerOf } from './hub.ts'

/** A stream that the caller asked for, with a way to ask whether it still sees all that is answered from. */
export interface Seen {
  readonly stream: Followable
  /** @throws stream/not-found */
  look(): Promise<void>
}

/** @throws stream/not-found for an unknown one, a foreign one, and one about what the caller sees no longer: told apart by nothing */
export async function seenStream(world: World, hub: Hub, caller: Caller, id: string): Promise<Seen> {
  const unknown = new AppError('stream/not-found', { stream: id })
  const stream = await hub.find(ownerOf(caller), id)
  if (stream === undefined) throw unknown
  const seen = { stream, look: () => lookFor(world, caller, stream) }
  await seen.look()
  return seen
}

/** @throws stream/not-found when the caller may no longer ask all that this answers from */
export async function lookFor(world: World, caller: Caller, { id, databaseIds, publicationId, sources }: Followable): Promise<void> {
  try {
    if (publicationId === undefined) {
      for (const databaseId of databaseIds) await databaseFor(world, caller, databaseId, 'ask')
      return
    }
    const publication = await published(world, publicationId)
    // It holds more of the documents than the chat shows now.
    if (sources === 'documents' && publication.sources !== 'documents') throw new AppError('publication/not-found')
    const open = (await placesOf(world, caller, publication)).map(({ databaseId }) => databaseId)
    if (!databaseIds.every((databaseId) => open.includes(databaseId))) throw new AppError('publication/not-found')
  } catch (fault) {
    if (fault instanceof AppError && fault.status < 500) throw new AppError('stream/not-found', { stream: id })
    throw fault
  }
}

import type { Caller } from '../domain/caller.ts'
import { NO_EMBEDDER } from '../domain/database.ts'
import type { Document } from '../domain/document.ts'
import type { Job } from '../domain/job.ts'
import type { World } from '../ports/world.ts'
import { inEveryVersion } from './index-document.ts'

/** Hides the document, and all that came out of it, from every search before it returns; what it left behind is purged by jobs. */
export async function removeDocument(world: World, caller: Caller, databaseId: string, documentId: string): Promise<Job> {
  const document = await world.catalog.document(caller.ownerId, databaseId, documentId)
  return hideDocument(world, caller.ownerId, document)
}

/** Hides a document and its entries in the catalog, then takes them out of the indexes; each gets its `remove` job. */
export async function hideDocument(world: World, ownerId: string, document: Pick<Document, 'id' | 'databaseId'>): Promise<Job> {
  const family = await withEntries(world, document.id)
  const job = await world.catalog.removeDocument(ownerId, document.databaseId, document.id)
  world.reach('remove/hidden')
  await removeFromIndexes(world, document.databaseId, family)
  return job
}

/** A document and, for an archive, everything that came out of it at any depth. Asked before they are hidden. */
async function withEntries(world: World, documentId: string): Promise<string[]> {
  const family = [documentId]
  for (const id of family) family.push(...(await world.catalog.entries(id)).map((entry) => entry.id))
  return family
}

/** Hides the database at once; its files are purged by a job. */
export async function removeDatabase(world: World, caller: Caller, databaseId: string): Promise<Job> {
  const database = await world.catalog.database(caller.ownerId, databaseId)
  return world.catalog.removeDatabase(caller.ownerId, database.id)
}

/** Takes documents out of every index version, for good. Safe to run again. */
export async function removeFromIndexes(world: World, databaseId: string, documentIds: readonly string[]): Promise<void> {
  await inEveryVersion(world, databaseId, async (ref) => {
    await world.chunks.remove(ref, documentIds)
    if (ref.settings.embedder !== NO_EMBEDDER) await world.vectors.removeDocuments(ref, documentIds)
  })
}

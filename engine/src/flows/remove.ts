import type { Caller } from '../domain/caller.ts'
import { NO_EMBEDDER } from '../domain/database.ts'
import type { Document } from '../domain/document.ts'
import type { Job } from '../domain/job.ts'
import type { World } from '../ports/world.ts'

/** Hides the document from every search before it returns; what it left behind is purged by a job. */
export async function removeDocument(world: World, caller: Caller, databaseId: string, documentId: string): Promise<Job> {
  const document = await world.catalog.document(caller.ownerId, databaseId, documentId)
  const job = await world.catalog.removeDocument(caller.ownerId, document.databaseId, document.id)
  world.reach('remove/hidden')
  await removeFromIndexes(world, document)
  return job
}

/** Hides the database at once; its files are purged by a job. */
export async function removeDatabase(world: World, caller: Caller, databaseId: string): Promise<Job> {
  const database = await world.catalog.database(caller.ownerId, databaseId)
  return world.catalog.removeDatabase(caller.ownerId, database.id)
}

/** Takes the document out of every index version. Safe to run again. */
export async function removeFromIndexes(world: World, document: Pick<Document, 'id' | 'databaseId'>): Promise<void> {
  for (const version of await world.catalog.versions(document.databaseId)) {
    const ref = { databaseId: version.databaseId, versionId: version.id, settings: version.settings }
    await world.chunks.remove(ref, [document.id])
    if (version.settings.embedder !== NO_EMBEDDER) await world.vectors.removeDocuments(ref, [document.id])
  }
}

import type { Caller } from '../domain/caller.ts'
import { NO_EMBEDDER } from '../domain/database.ts'
import { type Document, fieldsOf } from '../domain/document.ts'
import type { Metadata } from '../domain/metadata.ts'
import type { World } from '../ports/world.ts'
import { inEveryVersion } from './index-document.ts'

/** Replaces a document's metadata; filters see it when the promise has resolved. */
export async function setMetadata(world: World, caller: Caller, databaseId: string, documentId: string, metadata: Metadata): Promise<Document> {
  const document = await world.catalog.setMetadata(caller.ownerId, databaseId, documentId, metadata)
  await relabel(world, document)
  return document
}

/** Brings the catalog's fields of a document to every index version of its database. */
export async function relabel(world: World, document: Document): Promise<void> {
  if (document.liveRevision === undefined) return
  const fields = fieldsOf(document)
  await inEveryVersion(world, document.databaseId, async (ref) => {
    await world.chunks.setFields(ref, fields)
    if (ref.settings.embedder !== NO_EMBEDDER) await world.vectors.setFields(ref, fields)
  })
}

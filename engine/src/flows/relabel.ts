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

/**
 * Brings the catalog's fields of a document to every index version of its database. Whoever wrote last looks again: of two
 * who label at the same time the stores must not keep the older label.
 */
export async function relabel(world: World, document: Document): Promise<void> {
  for (let told: Document | undefined = document; told?.liveRevision !== undefined; told = await changedSince(world, told)) {
    const fields = fieldsOf(told)
    await inEveryVersion(world, told.databaseId, async (ref) => {
      await world.chunks.setFields(ref, fields)
      if (ref.settings.embedder !== NO_EMBEDDER) await world.vectors.setFields(ref, fields)
    })
  }
}

/** For what was labelled anew while it was being indexed: it was not live in the store yet, and so was not reached. */
export async function relabelChanged(world: World, indexed: Document): Promise<void> {
  const document = await changedSince(world, indexed)
  if (document !== undefined) await relabel(world, document)
}

async function changedSince(world: World, known: Document): Promise<Document | undefined> {
  const document = await world.catalog.documentById(known.id)
  if (document === undefined || document.state === 'deleting') return undefined
  return JSON.stringify(fieldsOf(document)) === JSON.stringify(fieldsOf(known)) ? undefined : document
}

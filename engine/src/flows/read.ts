import type { ExtractedText } from '../domain/block.ts'
import type { Caller } from '../domain/caller.ts'
import type { Document } from '../domain/document.ts'
import { AppError } from '../domain/errors.ts'
import type { World } from '../ports/world.ts'
import { visibleDocument } from './visible-document.ts'

/** The extracted text of a document's live revision, or of its newest when none is live yet. */
export async function readText(
  world: World,
  caller: Caller,
  databaseId: string,
  documentId: string,
): Promise<{ readonly document: Document; readonly extracted: ExtractedText }> {
  const document = await visibleDocument(world, caller, databaseId, documentId)
  if (document.extractedSha256 === undefined) throw new AppError('document/not-found', { document: document.id, state: document.state, reason: 'no text yet' })
  const extracted = await storedExtraction(world, document.extractedSha256)
  if (extracted === undefined) throw new AppError('blob/not-found', { document: document.id })
  return { document, extracted }
}

/** Keeps an extraction as a blob; the same extraction is stored once. */
export async function storeExtracted(world: World, extracted: ExtractedText): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(extracted))
  async function* once(): AsyncIterable<Uint8Array> {
    yield bytes
  }
  return (await world.blobs.put(once())).sha256
}

/** Undefined when the blob is missing. @throws AppError store/damaged when its content is not what was stored */
export async function storedExtraction(world: World, sha256: string): Promise<ExtractedText | undefined> {
  try {
    return JSON.parse(new TextDecoder().decode(await world.blobs.bytes(sha256))) as ExtractedText
  } catch (error) {
    if (error instanceof AppError && error.code === 'blob/not-found') return undefined
    throw error
  }
}

import type { ExtractedText } from '../domain/block.ts'
import { NO_EMBEDDER } from '../domain/database.ts'
import { type Document, fieldsOf } from '../domain/document.ts'
import { AppError } from '../domain/errors.ts'
import type { Job } from '../domain/job.ts'
import type { ArchiveEntry, Extraction } from '../ports/extractor.ts'
import type { World } from '../ports/world.ts'
import { indexDocument, inEveryVersion, type Report } from './index-document.ts'
import { dropLeftovers } from './purge.ts'
import { storedExtraction, storeExtracted } from './read.ts'
import { relabel, relabelChanged } from './relabel.ts'
import { hideDocument } from './remove.ts'
import { assertRoom } from './storage.ts'
import { prepareVersion } from './upload.ts'

/** Between an archive's own id and the path of its entry. */
const ENTRY_MARK = '!/'
/** Archives inside archives are unpacked this deep. */
const ARCHIVE_DEPTH = 2
/** Times that the live version may change under one job; more means that something else is wrong. */
const SWITCHES = 5

/**
 * The `ingest` job: extract, chunk, embed, index, publish one revision of a document. Killed anywhere it goes on where
 * it was; a revision that is no longer the newest, or a document that was deleted, ends the job quietly.
 */
export async function ingest(world: World, job: Job, worker: string, report: Report, signal: AbortSignal): Promise<void> {
  const { documentId, revision } = job
  if (documentId === undefined || revision === undefined) throw new AppError('internal', { reason: 'an ingest job without a document' })
  if (!(await world.catalog.markProcessing(documentId, revision))) return
  world.reach('ingest/started')
  const document = await world.catalog.documentById(documentId)
  if (document === undefined) return
  const extracted = await extractOnce(world, job, worker, document, revision, report, signal)
  if (extracted === undefined) return
  for (let attempt = 0; attempt < SWITCHES; attempt += 1) {
    const current = await world.catalog.documentById(documentId)
    if (current === undefined || current.revision !== revision || current.state === 'deleting') return
    const version = (await world.catalog.versions(job.databaseId)).find((one) => one.state === 'live')
    if (version === undefined) return
    try {
      await prepareVersion(world, version)
      const counts = await indexDocument(world, current, revision, extracted, version, report, signal)
      await world.catalog.markPublished(documentId, revision, version.id, counts)
      world.reach('ingest/marked')
      await relabelChanged(world, current)
      return
    } catch (error) {
      if (!(error instanceof AppError) || (error.code !== 'version/stale' && error.code !== 'version/not-found')) throw error
      await dropLeftovers(world, job.databaseId) // it was switched from and dropped meanwhile, and its files may be back
    }
  }
  throw new AppError('version/stale', { documentId })
}

/** The extraction, from an earlier attempt where there is one; undefined when the document turned out to be an archive. */
async function extractOnce(
  world: World,
  job: Job,
  worker: string,
  document: Document,
  revision: number,
  report: Report,
  signal: AbortSignal,
): Promise<ExtractedText | undefined> {
  if (job.checkpoint !== undefined) {
    const stored = await storedExtraction(world, job.checkpoint)
    if (stored !== undefined) return stored
  }
  report('extract', 0, 0)
  const extraction = await extractBlob(world, document, report, signal)
  if (extraction.kind === 'archive') {
    report('unpack', 0, extraction.entries.length)
    await acceptEntries(world, document, extraction.entries, (done) => report('unpack', done, extraction.entries.length))
    await clearIndexes(world, document, revision)
    await world.catalog.markArchive(document.id, revision)
    // A version that began meanwhile may have taken the former revision from the catalog.
    await clearIndexes(world, document, revision)
    return undefined
  }
  const { extracted } = extraction
  await dropEntries(world, document, new Set())
  const extractedSha256 = await storeExtracted(world, extracted)
  world.reach('ingest/extracted')
  const facts = {
    mediaType: extracted.mediaType,
    title: document.title ?? extracted.title,
    pages: extracted.pages.length === 0 ? undefined : extracted.pages.length,
    extractedSha256,
    warnings: extracted.warnings,
  }
  if (!(await world.catalog.markExtracted(document.id, revision, facts))) return undefined
  await world.queue.checkpoint(job.id, worker, extractedSha256)
  world.reach('ingest/checkpointed')
  return extracted
}

export async function extractBlob(world: World, document: Document, report: Report, signal: AbortSignal): Promise<Extraction> {
  return world.blobs.withFile(document.sha256, (path) =>
    world.extractor.extract(
      { path, size: document.size, name: document.name, mediaType: document.mediaType },
      { signal, onProgress: (done, total) => report('extract', done, total), store: (content) => world.blobs.put(content) },
    ),
  )
}

/** Each entry becomes a document of its own; entries of the former revision that are gone are removed. */
async function acceptEntries(world: World, archive: Document, entries: readonly ArchiveEntry[], progress: (done: number) => void): Promise<void> {
  if (archive.externalId.split(ENTRY_MARK).length > ARCHIVE_DEPTH) {
    throw new AppError('document/hostile', { reason: 'archives inside archives', depth: ARCHIVE_DEPTH })
  }
  const readable = entries.filter((entry) => entry.size > 0)
  if (readable.length === 0) throw new AppError('document/empty', { name: archive.name })
  const { ownerId } = await world.catalog.databaseById(archive.databaseId)
  const former = await world.catalog.entries(archive.id)
  await assertRoom(world, ownerId, sizeOf(readable) - sizeOf(former))
  const kept = new Set<string>()
  for (const [index, entry] of readable.entries()) {
    const externalId = `${archive.externalId}${ENTRY_MARK}${entry.path}`
    const { document, outcome } = await world.catalog.acceptUpload({
      databaseId: archive.databaseId,
      ownerId,
      externalId,
      name: entry.path,
      mediaType: 'application/octet-stream',
      size: entry.size,
      sha256: entry.sha256,
      metadata: archive.metadata,
      title: undefined,
      parentId: archive.id,
    })
    if (outcome === 'relabelled') await relabel(world, document)
    kept.add(document.id)
    progress(index + 1)
  }
  await dropEntries(world, archive, kept)
}

function sizeOf(all: readonly { readonly size: number }[]): number {
  return all.reduce((total, { size }) => total + size, 0)
}

/** Entries that the newest revision no longer has; all of them when it is no archive any more. */
async function dropEntries(world: World, archive: Document, kept: ReadonlySet<string>): Promise<void> {
  const gone = (await world.catalog.entries(archive.id)).filter((entry) => !kept.has(entry.id))
  if (gone.length === 0) return
  const { ownerId } = await world.catalog.databaseById(archive.databaseId)
  for (const entry of gone) {
    try {
      await hideDocument(world, ownerId, entry)
    } catch (error) {
      // Somebody deleted it since it was listed: it is gone as wanted.
      if (!(error instanceof AppError) || error.code !== 'document/not-found') throw error
    }
  }
}

/** What was a document and is an archive now has no chunks of its own: a revision without any replaces the former one. */
async function clearIndexes(world: World, document: Document, revision: number): Promise<void> {
  if (revision === 1) return
  await inEveryVersion(world, document.databaseId, async (ref) => {
    await world.chunks.publish(ref, fieldsOf(document), revision, 0)
    if (ref.settings.embedder !== NO_EMBEDDER) await world.vectors.keepRevision(ref, document.id, revision)
  })
}

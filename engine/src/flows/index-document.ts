import type { ExtractedText } from '../domain/block.ts'
import { type ChunkDraft, chunkId, embeddedText, type IndexedChunk, indexedTitle } from '../domain/chunk.ts'
import { type IndexVersion, NO_EMBEDDER } from '../domain/database.ts'
import { type Document, fieldsOf } from '../domain/document.ts'
import { AppError } from '../domain/errors.ts'
import type { JobStage } from '../domain/job.ts'
import type { VersionRef } from '../ports/chunks.ts'
import type { World } from '../ports/world.ts'
import { chunkTerms } from '../steps/analyze/analyze.ts'
import { chunkDocument } from '../steps/chunk/chunk.ts'
import { countTokens } from '../steps/chunk/tokens.ts'
import { embedChunks } from '../steps/embed.ts'
import { payerOfOwner } from './allowance.ts'
import { meteredEmbedding } from './metered.ts'
import { embeddingWith, INDEXING, measured } from './speed.ts'

export type Report = (stage: JobStage, done: number, total: number) => void

export interface IndexedCounts {
  readonly chunks: number
  readonly tokens: number
}

/** Chunks in one write: short enough that other writers of the file wait only milliseconds. */
const BATCH = 128

/**
 * Makes one revision of a document complete and visible in one index version. Until `publish` nothing of it is seen;
 * safe to run again after a kill: ids are the same, and vectors that were stored are not computed again.
 * @throws AppError document/empty, limit/spend, limit/unpriced, model/…, store/…
 */
export async function indexDocument(
  world: World,
  document: Document,
  revision: number,
  extracted: ExtractedText,
  version: IndexVersion,
  report: Report,
  signal: AbortSignal,
): Promise<IndexedCounts> {
  const ref = refOf(version)
  const { settings } = version
  const begun = world.now()
  let embeddingMs = 0
  report('chunk', 0, 1)
  const drafts = chunkDocument(extracted, settings)
  if (drafts.length === 0) throw new AppError('document/empty', { name: document.name })
  const title = document.title ?? extracted.title
  const fields = { ...fieldsOf(document), title }
  for (let at = 0; at < drafts.length; at += BATCH) {
    signal.throwIfAborted()
    const batch = drafts.slice(at, at + BATCH)
    report(settings.embedder === NO_EMBEDDER ? 'index' : 'embed', at, drafts.length)
    const texts = batch.map((draft) => embeddedText(title, draft))
    const hashes = texts.map(world.hash)
    const asked = world.now()
    const vectors = await vectorsFor(world, version, texts, hashes, signal)
    embeddingMs += world.now() - asked
    const chunks = batch.map((draft, index) => indexed(document, revision, title, draft, hashes[index] ?? '', vectors?.[index]))
    await world.chunks.stage(ref, chunks)
    world.reach('ingest/staged')
    if (vectors !== undefined) {
      await world.vectors.upsert(
        ref,
        chunks.flatMap(({ id, vector, pages }) => (vector === undefined ? [] : [{ chunkId: id, documentId: document.id, revision, vector, fields, pages }])),
      )
    }
    world.reach('ingest/vectors-stored')
  }
  signal.throwIfAborted()
  report('publish', drafts.length, drafts.length)
  world.reach('ingest/before-publish')
  await world.chunks.publish(ref, fields, revision, drafts.length)
  world.reach('ingest/published')
  if (settings.embedder !== NO_EMBEDDER) await world.vectors.keepRevision(ref, document.id, revision)
  await measured(world, INDEXING, drafts.length, world.now() - begun - embeddingMs)
  return { chunks: drafts.length, tokens: drafts.reduce((total, draft) => total + draft.tokens, 0) }
}

export function refOf(version: IndexVersion): VersionRef {
  return { databaseId: version.databaseId, versionId: version.id, settings: version.settings }
}

/** Does the same in every index version of a database. One whose stores are not made yet, or not there any more, has nothing to change. */
export async function inEveryVersion(world: World, databaseId: string, work: (ref: VersionRef) => Promise<void>): Promise<void> {
  for (const version of await world.catalog.versions(databaseId)) {
    try {
      await work(refOf(version))
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'version/not-found') throw error
    }
  }
}

function indexed(
  document: Document,
  revision: number,
  title: string | undefined,
  draft: ChunkDraft,
  hash: string,
  vector: Float32Array | undefined,
): IndexedChunk {
  return {
    ...draft,
    id: chunkId(document.id, revision, draft.ordinal),
    documentId: document.id,
    revision,
    hash,
    terms: chunkTerms(indexedTitle(title, document.name), draft),
    vector,
  }
}

/** The vector of each text: one that is stored in any version of the database with the same model, or a new one. */
async function vectorsFor(
  world: World,
  version: IndexVersion,
  texts: readonly string[],
  hashes: readonly string[],
  signal: AbortSignal,
): Promise<Float32Array[] | undefined> {
  const { embedder } = version.settings
  if (embedder === NO_EMBEDDER) return undefined
  const known = new Map<string, Float32Array>()
  for (const other of await world.catalog.versions(version.databaseId)) {
    if (other.settings.embedder !== embedder || other.settings.dimensions !== version.settings.dimensions) continue
    const missing = hashes.filter((hash) => !known.has(hash))
    if (missing.length === 0) break
    try {
      for (const [hash, vector] of await world.chunks.vectorsByHash(refOf(other), missing)) known.set(hash, vector)
    } catch (error) {
      // A version beside this one may be made or dropped at this moment.
      if (other.id === version.id || !(error instanceof AppError) || error.code !== 'version/not-found') throw error
    }
  }
  const fresh = new Map<string, string>()
  for (const [index, hash] of hashes.entries()) if (!known.has(hash)) fresh.set(hash, texts[index] ?? '')
  if (fresh.size > 0) {
    const model = await world.embedders.open(embedder, signal)
    const news = [...fresh.values()]
    const { ownerId } = await world.catalog.databaseById(version.databaseId)
    const payer = await payerOfOwner(world, ownerId, version.databaseId)
    const asked = { model: model.name, texts: news, tokens: news.reduce((total, text) => total + countTokens(text), 0), signal }
    const begun = world.now()
    const made = await meteredEmbedding(world, payer, asked, (done) => embedChunks(model, news, signal, () => undefined, done))
    await measured(world, embeddingWith(embedder), asked.tokens, world.now() - begun)
    for (const [index, hash] of [...fresh.keys()].entries()) {
      const vector = made[index]
      if (vector !== undefined) known.set(hash, vector)
    }
  }
  return hashes.map((hash) => known.get(hash) ?? unreachable(hash))
}

function unreachable(hash: string): never {
  throw new AppError('internal', { reason: 'a text was not embedded', hash })
}

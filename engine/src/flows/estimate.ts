import type { Caller } from '../domain/caller.ts'
import { type IndexSettings, type IndexVersion, NO_EMBEDDER } from '../domain/database.ts'
import { costOf } from '../domain/prices.ts'
import type { World } from '../ports/world.ts'
import { refOf } from './index-document.ts'
import type { RebuildChange } from './rebuild.ts'
import { embeddingWith, INDEXING } from './speed.ts'
import { indexSettings } from './upload.ts'

/** What a rebuild would take. All but `settings`, `documents` and `where` is about. */
export interface RebuildEstimate {
  readonly settings: IndexSettings
  /** Those that answer now. */
  readonly documents: number
  readonly chunks: number
  /** Chunks whose vector is stored already; undefined when only the build can tell, as other chunking makes other texts. */
  readonly reusedChunks: number | undefined
  /** At most: what turns out to be unchanged is not embedded again. */
  readonly tokensToEmbed: number
  /** Whether the text that is embedded stays on this machine. */
  readonly where: 'local' | 'remote'
  /** Micro-dollars; undefined when the price of the model is not known. */
  readonly cost: number | undefined
  readonly bytes: number
  readonly seconds: number | undefined
}

/** Title and headings are embedded with each chunk. */
const LEAD_TOKENS = 12
/** A vector as stored, with what the scan and its pages need: bytes for each dimension. */
const BYTES_PER_DIMENSION = 4.5
/** Text, terms and postings, where nothing is stored yet that could tell. */
const BYTES_PER_TOKEN = 9
/** Share of the size that chunks of running text have. */
const USUAL_FILL = 0.85
/** Chunks that are at least as full are cut from running text, not short sections. */
const RUNNING_FILL = 0.6

/** Tells what a rebuild would cost before it is begun; nothing is read or chunked for it. @throws what `startRebuild` throws, but for database/busy */
export async function estimateRebuild(world: World, caller: Caller, databaseId: string, change: RebuildChange, signal: AbortSignal): Promise<RebuildEstimate> {
  const database = await world.catalog.database(caller.ownerId, databaseId)
  const live = await world.catalog.version(database.liveVersionId)
  const settings = await indexSettings(world, change, signal, live.settings)
  const now = await world.catalog.coverage(database.id, live.id)
  const then = rechunked(now, live.settings, settings)
  const reusedChunks = await reusable(world, await world.catalog.versions(database.id), settings)
  const share = reusedChunks === undefined || then.chunks === 0 ? 0 : Math.min(1, reusedChunks / then.chunks)
  const embeds = settings.embedder !== NO_EMBEDDER
  const tokensToEmbed = embeds ? Math.round((then.tokens + then.chunks * LEAD_TOKENS) * (1 - share)) : 0
  const where = embeds ? (await world.embedders.open(settings.embedder, signal)).where : 'local'
  const price = embeds ? world.prices.of(settings.embedder) : { input: 0, output: 0 }
  return {
    settings,
    documents: now.documents,
    chunks: then.chunks,
    reusedChunks,
    tokensToEmbed,
    where,
    // What is not sent costs nothing, whatever the price.
    cost: tokensToEmbed === 0 ? 0 : price === undefined ? undefined : costOf(price, { input: tokensToEmbed, output: 0 }),
    bytes: await bytesOf(world, live, now.tokens, { ...then, dimensions: settings.dimensions }),
    seconds: await secondsFor(world, settings.embedder, then.chunks, tokensToEmbed),
  }
}

interface Chunking {
  readonly documents: number
  readonly chunks: number
  readonly tokens: number
}

/**
 * Exact when the chunking stays. Otherwise by how full chunks are now: those of short sections stay as they are when chunks may be
 * larger, those of running text grow with the size.
 */
function rechunked(now: Chunking, from: IndexSettings, to: IndexSettings): Chunking {
  if (now.chunks === 0 || (from.chunkSize === to.chunkSize && from.chunkOverlap === to.chunkOverlap)) return now
  const mean = now.tokens / now.chunks
  const fill = Math.min(1, mean / from.chunkSize)
  const continued = Math.max(0, now.chunks - now.documents) * fill // these begin with the end of the one before
  const text = Math.max(now.tokens / 2, now.tokens - continued * Math.min(from.chunkOverlap, mean / 2))
  const grown = mean * (to.chunkSize / from.chunkSize) ** Math.min(1, fill / RUNNING_FILL)
  const size = Math.max(1, Math.min(to.chunkSize > from.chunkSize ? grown : mean, to.chunkSize * USUAL_FILL))
  const overlap = Math.min(to.chunkOverlap, size / 2) * Math.min(1, size / to.chunkSize)
  const chunks = Math.max(now.documents, Math.round(text / (size - overlap)))
  return { documents: now.documents, chunks, tokens: Math.round(text + Math.max(0, chunks - now.documents) * overlap) }
}

/** The most that one version with the same model and chunking holds of what answers: there the same texts have their vectors. */
async function reusable(world: World, versions: readonly IndexVersion[], to: IndexSettings): Promise<number | undefined> {
  if (to.embedder === NO_EMBEDDER) return 0
  const sameModel = versions.filter(({ settings }) => settings.embedder === to.embedder && settings.dimensions === to.dimensions)
  if (sameModel.length === 0) return 0
  const same = sameModel.filter(({ settings }) => settings.chunkSize === to.chunkSize && settings.chunkOverlap === to.chunkOverlap)
  if (same.length === 0) return undefined
  const held = await Promise.all(same.map(({ databaseId, id }) => world.catalog.coverage(databaseId, id)))
  return Math.max(...held.map(({ chunks }) => chunks))
}

/** By what the live version takes for each token of text, its vectors apart. */
async function bytesOf(world: World, live: IndexVersion, tokens: number, then: Chunking & { readonly dimensions: number }): Promise<number> {
  const stored = await world.chunks.stats(refOf(live))
  const text = stored.bytes - stored.vectors * live.settings.dimensions * BYTES_PER_DIMENSION
  const perToken = tokens === 0 || text <= 0 ? BYTES_PER_TOKEN : text / tokens
  return Math.round(then.tokens * perToken + then.chunks * then.dimensions * BYTES_PER_DIMENSION)
}

async function secondsFor(world: World, embedder: string, chunks: number, tokensToEmbed: number): Promise<number | undefined> {
  if (chunks === 0) return 0
  const [indexing, embedding] = await Promise.all([world.queue.speed(INDEXING), world.queue.speed(embeddingWith(embedder))])
  if (indexing === undefined || (tokensToEmbed > 0 && embedding === undefined)) return undefined
  return Math.ceil(chunks / indexing + (tokensToEmbed === 0 ? 0 : tokensToEmbed / (embedding ?? 1)))
}

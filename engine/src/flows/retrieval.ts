import type { Passage } from '../domain/answer.ts'
import type { Caller } from '../domain/caller.ts'
import { type Database, type IndexVersion, isAnswering, NO_EMBEDDER, type RetrievalWeights } from '../domain/database.ts'
import { AppError, ERRORS } from '../domain/errors.ts'
import { type Filter, matches } from '../domain/filter.ts'
import { faultForLog } from '../domain/told.ts'
import type { ChunkWithFields, LexicalHit, QueryTerm, VersionRef } from '../ports/chunks.ts'
import type { DenseHit } from '../ports/vectors.ts'
import type { World } from '../ports/world.ts'
import { analyzeQuery } from '../steps/analyze/analyze.ts'
import { type FoldedHit, type FusedHit, fold, fuse } from '../steps/retrieve.ts'
import { payerOf } from './allowance.ts'
import { cachedQueryVector } from './cached-embedding.ts'
import { likelyTokens, meteredEmbedding, type Took } from './metered.ts'

/** A person waits for the answer: without the model's vector by then, lexical search answers alone. */
const MODEL_WAIT_MS = 10_000

export interface Opened {
  /** In whose name it is searched. */
  readonly caller: Caller
  readonly database: Database
  readonly version: IndexVersion
  readonly ref: VersionRef
}

/** With the live version, unless another one of it is named. @throws database/not-found, version/not-found */
export async function openDatabase(world: World, caller: Caller, databaseId: string, versionId?: string): Promise<Opened> {
  const database = await world.catalog.database(caller.ownerId, databaseId)
  const version = await world.catalog.version(versionId ?? database.liveVersionId)
  if (version.databaseId !== database.id || !isAnswering(version)) throw new AppError('version/not-found', { version: version.id })
  return { caller, database, version, ref: { databaseId: database.id, versionId: version.id, settings: version.settings } }
}

/** A question made ready for both searches; the vector is missing in lexical mode and when the model does not answer. */
export interface Prepared {
  readonly terms: readonly QueryTerm[]
  readonly vector: Float32Array | undefined
  /** Why a hybrid database was searched by words alone. */
  readonly degraded: string | undefined
}

export async function prepare(
  world: World,
  { caller, database, version }: Opened,
  question: string,
  weights: RetrievalWeights,
  signal: AbortSignal,
  took?: Took,
): Promise<Prepared> {
  const terms = analyzeQuery(question)
  const { embedder: name } = version.settings
  if (name === NO_EMBEDDER || weights.dense === 0) return { terms, vector: undefined, degraded: undefined }
  const soon = AbortSignal.any([signal, AbortSignal.timeout(MODEL_WAIT_MS)])
  try {
    const { dimensions } = version.settings
    const vector = await cachedQueryVector(world, { model: name, dimensions, text: question }, async () => {
      const embedder = await world.embedders.open(name, soon)
      const payer = await payerOf(world, caller, database.id)
      const texts = [question]
      const asked = { model: embedder.name, where: embedder.where, texts, tokens: likelyTokens(question), signal: soon }
      const [made] = await meteredEmbedding(world, payer, asked, (done) => embedder.embed(texts, 'query', soon, done), took)
      if (made?.length !== dimensions) throw new AppError('vectors/dimension', { model: name, expected: dimensions, got: made?.length ?? 0 })
      return made
    })
    return { terms, vector, degraded: undefined }
  } catch (error) {
    signal.throwIfAborted()
    world.log.warn('search-degraded', { model: name, error: faultForLog(error, caller) })
    return { terms, vector: undefined, degraded: degradedBy(name, error) }
  }
}

export interface Gathered {
  readonly fused: readonly FusedHit[]
  readonly dense: readonly DenseHit[]
  readonly lexical: readonly LexicalHit[]
  readonly folded: readonly FoldedHit[]
  readonly degraded: string | undefined
  /** False when a store still knew what is not there any more, or not as it is: what it would have found instead is missing. */
  readonly isSettled: boolean
  /** Neither list was cut off at `depth`: asking for more brings nothing. */
  readonly complete: boolean
}

/** Times that a search begins anew because documents were replaced in the middle of it. */
const TRIES = 3

/** Both searches side by side, `depth` chunks each, mixed and folded. Only what the chunk store calls live counts. */
export async function gather(
  world: World,
  opened: Opened,
  prepared: Prepared,
  options: { readonly depth: number; readonly filter: Filter | undefined; readonly weights: RetrievalWeights },
  tries = TRIES,
): Promise<Gathered> {
  const { ref } = opened
  const { depth, filter, weights } = options
  const lexicalWanted = prepared.terms.length > 0 && (weights.lexical > 0 || prepared.vector === undefined)
  const [dense, lexical] = await Promise.all([
    prepared.vector === undefined ? { hits: [], degraded: prepared.degraded } : searchDense(world, ref, prepared.vector, depth, filter),
    lexicalWanted ? world.chunks.searchLexical(ref, { terms: prepared.terms, n: depth, filter, explain: true }) : [],
  ])
  const found = await chunksOf(world, ref, [...dense.hits, ...lexical])
  // What words found was live a moment ago. A document that was replaced since then is looked for in its new revision.
  const isOvertaken = lexical.some(({ chunkId }) => !found.has(chunkId)) || (found.size === 0 && dense.hits.length > 0)
  if (isOvertaken && tries > 1) return gather(world, opened, prepared, options, tries - 1)
  const live = meeting(found, filter)
  const isLive = (hit: { readonly chunkId: string }) => live.has(hit.chunkId)
  const liveDense = dense.hits.filter(isLive)
  const liveLexical = lexical.filter(isLive)
  const fused = fuse(liveDense, liveLexical, weights)
  const complete = dense.hits.length < depth && lexical.length < depth
  const isSettled = liveDense.length === dense.hits.length && liveLexical.length === lexical.length
  return { fused, dense: liveDense, lexical: liveLexical, folded: fold(fused, live), degraded: dense.degraded, isSettled, complete }
}

/** Folding takes hits away, so more are fetched than asked for; widened when that was not enough. */
const FETCH = { least: 40, factor: 4, most: 2000 } as const

/** As `gather`, as deep as it must look for n hits. */
export async function gatherEnough(
  world: World,
  opened: Opened,
  prepared: Prepared,
  { n, ...options }: { readonly n: number; readonly filter: Filter | undefined; readonly weights: RetrievalWeights },
  signal: AbortSignal,
): Promise<Gathered> {
  let depth = Math.min(FETCH.most, Math.max(FETCH.least, n * FETCH.factor))
  let gathered = await gather(world, opened, prepared, { depth, ...options })
  while (gathered.folded.length < n && !gathered.complete && depth < FETCH.most) {
    signal.throwIfAborted()
    depth = Math.min(FETCH.most, depth * FETCH.factor)
    gathered = await gather(world, opened, prepared, { depth, ...options })
  }
  return gathered
}

async function searchDense(
  world: World,
  ref: VersionRef,
  vector: Float32Array,
  n: number,
  filter: Filter | undefined,
): Promise<{ readonly hits: readonly DenseHit[]; readonly degraded: string | undefined }> {
  try {
    return { hits: await world.vectors.search(ref, { vector, n, filter }), degraded: undefined }
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'store/unavailable') throw error
    world.log.warn('search-degraded', { store: 'vectors', error })
    return { hits: [], degraded: 'The vector store does not answer, so only words were compared.' }
  }
}

async function chunksOf(world: World, ref: VersionRef, hits: readonly { readonly chunkId: string }[]): Promise<ReadonlyMap<string, ChunkWithFields>> {
  const ids = [...new Set(hits.map((hit) => hit.chunkId))]
  const found = ids.length === 0 ? [] : await world.chunks.get(ref, ids)
  return new Map(found.map((one) => [one.chunk.id, one]))
}

/** A vector store that lags may have filtered by fields of yesterday. */
function meeting(found: ReadonlyMap<string, ChunkWithFields>, filter: Filter | undefined): ReadonlyMap<string, ChunkWithFields> {
  if (filter === undefined) return found
  return new Map([...found].filter(([, { chunk, fields }]) => matches(filter, { fields, pages: chunk.pages })))
}

/** `score` is relative to the best hit of the reply. */
export function passageOf(hit: FoldedHit, best: FoldedHit, databaseId: string): Passage {
  const { chunk, fields } = hit.chunk
  return {
    databaseId,
    chunkId: chunk.id,
    documentId: chunk.documentId,
    revision: chunk.revision,
    externalId: fields.externalId,
    name: fields.name,
    title: fields.title,
    mediaType: fields.mediaType,
    metadata: fields.metadata,
    text: hit.text,
    start: hit.start,
    end: hit.end,
    headingPath: chunk.headingPath,
    pages: hit.pages,
    score: scoreOf(hit, best),
    explanation: { dense: hit.dense, lexical: hit.lexical, fused: hit.fused, merged: hit.merged, reranked: hit.reranked },
  }
}

/** The reranker's word counts where it gave one: what it was not asked about comes after all that it was. */
export function scoreOf(hit: FoldedHit, best: FoldedHit): number {
  const [mine, most] = best.reranked === undefined ? [hit.fused, best.fused] : [hit.reranked?.score ?? 0, best.reranked.score]
  return most > 0 ? Math.max(0, Math.min(1, mine / most)) : 1
}

/** Without facts: they quote the provider, and everybody who searches reads this. They are in the log. */
function degradedBy(model: string, error: unknown): string {
  const why = error instanceof AppError ? ERRORS[error.code].says : 'It did not answer in time.'
  return `Only words were compared, because the model ${model} could not be asked. ${why}`
}

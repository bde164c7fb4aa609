import { beforeAbort } from '../domain/abort.ts'
import { NO_RERANKER } from '../domain/answering.ts'
import { AppError, ERRORS } from '../domain/errors.ts'
import { faultForLog } from '../domain/told.ts'
import type { Reranker } from '../ports/reranker.ts'
import type { World } from '../ports/world.ts'
import { byScores, rerankDepth } from '../steps/rerank.ts'
import type { FoldedHit } from '../steps/retrieve.ts'
import { payerOf } from './allowance.ts'
import { meteredRerank, type Took } from './metered.ts'
import type { Opened } from './retrieval.ts'

/** A person waits for the answer: without scores by then, hits stay as the search ordered them. */
const RERANK_WAIT_MS = 5000

export interface Reordered {
  readonly hits: readonly FoldedHit[]
  /** What ordered them; undefined: the search itself. */
  readonly reranker: string | undefined
  /** Why it did not although it should have. */
  readonly degraded: string | undefined
}

/** The model that orders hits: the one wanted, that of the database, or else that of the server. @throws model/unknown, model/refused */
export async function rerankerFor(world: World, { database }: Opened, wanted = database.answers.rerankModel): Promise<Reranker | undefined> {
  if (wanted === NO_RERANKER) return undefined
  return wanted === undefined ? world.rerankers.current() : world.rerankers.open(wanted)
}

/**
 * Orders what a search found by how well it answers: with the model of the database, or else that of the server. `wanted` comes
 * before both. A reranker that fails changes nothing, and is told in `degraded`.
 */
export async function reordered(
  world: World,
  opened: Opened,
  { query, n, rerankModel = opened.database.answers.rerankModel }: { readonly query: string; readonly n: number; readonly rerankModel?: string | undefined },
  hits: readonly FoldedHit[],
  signal: AbortSignal,
  took?: Took,
): Promise<Reordered> {
  // One hit cannot be put into another order.
  if (rerankModel === NO_RERANKER || hits.length < 2) return { hits, reranker: undefined, degraded: undefined }
  const soon = AbortSignal.any([signal, AbortSignal.timeout(RERANK_WAIT_MS)])
  let name = rerankModel
  try {
    const reranker = await beforeAbort(rerankerFor(world, opened, rerankModel), soon)
    if (reranker === undefined) return { hits, reranker: undefined, degraded: undefined }
    name = reranker.name
    const scores = await scoresOf(world, opened, reranker, query, hits.slice(0, rerankDepth(n)), soon, took)
    return { hits: byScores(hits, scores), reranker: name, degraded: undefined }
  } catch (error) {
    signal.throwIfAborted()
    world.log.warn('rerank-failed', { model: name, error: faultForLog(error, opened.caller) })
    const why = error instanceof AppError ? ERRORS[error.code].says : 'It did not answer in time.'
    return {
      hits,
      reranker: undefined,
      degraded: `Passages stay as the search ordered them, because the reranker ${name ?? 'of the server'} could not be asked. ${why}`,
    }
  }
}

async function scoresOf(
  world: World,
  { caller, database }: Opened,
  reranker: Reranker,
  query: string,
  hits: readonly FoldedHit[],
  signal: AbortSignal,
  took: Took | undefined,
): Promise<readonly number[]> {
  const payer = await payerOf(world, caller, database.id)
  const scores = await meteredRerank(world, payer, { reranker, query, texts: hits.map(textOf), signal }, took)
  if (scores.length !== hits.length || !scores.every(Number.isFinite)) {
    throw new AppError('model/unavailable', { model: reranker.name, reason: `${scores.length} scores came for ${hits.length} texts` })
  }
  return scores
}

/** With where it stands: a passage rarely names what its heading does. */
function textOf({ chunk, text }: FoldedHit): string {
  const place = [chunk.fields.title ?? chunk.fields.name, ...chunk.chunk.headingPath].join(' > ')
  return `${place}\n${text}`
}

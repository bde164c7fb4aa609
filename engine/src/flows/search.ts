import type { Passage } from '../domain/answer.ts'
import { boundFilter, type Caller } from '../domain/caller.ts'
import { type Database, modeOf, type RetrievalWeights, type SearchMode } from '../domain/database.ts'
import type { Filter } from '../domain/filter.ts'
import type { World } from '../ports/world.ts'
import { cachedSearch, type SearchAsked, type SearchFound } from './cached-search.ts'
import type { Took } from './metered.ts'
import { reordered } from './rerank.ts'
import { gatherEnough, type Opened, openDatabase, passageOf, prepare, scoreOf } from './retrieval.ts'

export { why } from './why.ts'

export interface SearchRequest {
  readonly query: string
  readonly n: number
  readonly filter?: Filter
  /** 0 to 1, relative to the best hit: leaves out passages with a lower score. */
  readonly threshold?: number
  /** Instead of the database's own. */
  readonly weights?: RetrievalWeights
  /** Another index version of the database than the live one. */
  readonly versionId?: string
  /** Instead of the database's own reranker; `none`: hits stay as the search orders them. */
  readonly rerankModel?: string
}

export interface SearchReply {
  readonly database: Database
  readonly mode: SearchMode
  /** At most n, best first; fewer when less is found. */
  readonly passages: readonly Passage[]
  /** The model that ordered them; undefined: the search itself. */
  readonly reranker: string | undefined
  /** Says why a hybrid database was searched by words alone, or hits were not reranked; absent otherwise. */
  readonly degraded?: string
  /** Nothing was searched: the same was found before, and nothing has changed since. */
  readonly cached?: true
  readonly tookMs: number
}

/**
 * `took` is told what models take for it, also when it fails or is stopped; nothing of what a cache gives.
 * @throws database/not-found, version/not-found, store/damaged; a model that does not answer is no error but told in `degraded`
 */
export async function search(world: World, caller: Caller, databaseId: string, request: SearchRequest, signal: AbortSignal, took?: Took): Promise<SearchReply> {
  const started = world.now()
  const opened = await openDatabase(world, caller, databaseId, request.versionId)
  world.ledger.asked(opened.database.id)
  const weights = request.weights ?? opened.database.weights
  const filter = boundFilter(caller, request.filter)
  const asked = { query: request.query, n: request.n, threshold: request.threshold ?? 0, weights, filter, rerankModel: request.rerankModel }
  const { passages, reranker, degraded, cached } = await cachedSearch(world, opened, asked, () => find(world, opened, asked, signal, took))
  signal.throwIfAborted()
  return {
    database: opened.database,
    mode: modeOf(opened.version.settings),
    passages,
    reranker,
    ...(degraded === undefined ? {} : { degraded }),
    ...(cached ? { cached } : {}),
    tookMs: world.now() - started,
  }
}

async function find(world: World, opened: Opened, asked: SearchAsked, signal: AbortSignal, took: Took | undefined): Promise<SearchFound> {
  const { query, n, threshold, weights, filter } = asked
  const prepared = await prepare(world, opened, query, weights, signal, took)
  const gathered = await gatherEnough(world, opened, prepared, { n, filter, weights }, signal)
  signal.throwIfAborted()
  const { hits, reranker, ...ordered } = await reordered(world, opened, asked, gathered.folded, signal, took)
  const [best] = hits
  const passages = hits.slice(0, n).flatMap((hit) => {
    const isGood = best !== undefined && scoreOf(hit, best) >= threshold
    return isGood ? [passageOf(hit, best, opened.database.id)] : []
  })
  const degraded = [gathered.degraded, ordered.degraded].filter((why) => why !== undefined).join(' ')
  return { passages, reranker, degraded: degraded === '' ? undefined : degraded, isSettled: gathered.isSettled }
}

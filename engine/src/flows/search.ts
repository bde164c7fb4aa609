import type { Passage } from '../domain/answer.ts'
import { boundFilter, type Caller } from '../domain/caller.ts'
import { type Database, modeOf, type RetrievalWeights, type SearchMode } from '../domain/database.ts'
import type { Filter } from '../domain/filter.ts'
import type { World } from '../ports/world.ts'
import { gather, openDatabase, passageOf, prepare, scoreOf } from './retrieval.ts'

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
}

export interface SearchReply {
  readonly database: Database
  readonly mode: SearchMode
  /** At most n, best first; fewer when less is found. */
  readonly passages: readonly Passage[]
  /** Says why a hybrid database was searched by words alone; absent otherwise. */
  readonly degraded?: string
  readonly tookMs: number
}

/** Folding takes hits away, so more are fetched than asked for; widened when that was not enough. */
const FETCH = { least: 40, factor: 4, most: 2000 } as const

/** @throws database/not-found, version/not-found, store/damaged; a model that does not answer is no error but told in `degraded` */
export async function search(world: World, caller: Caller, databaseId: string, request: SearchRequest, signal: AbortSignal): Promise<SearchReply> {
  const started = world.now()
  const opened = await openDatabase(world, caller, databaseId, request.versionId)
  world.ledger.asked(opened.database.id)
  const weights = request.weights ?? opened.database.weights
  const filter = boundFilter(caller, request.filter)
  const prepared = await prepare(world, opened, request.query, weights, signal)
  let depth = Math.min(FETCH.most, Math.max(FETCH.least, request.n * FETCH.factor))
  let gathered = await gather(world, opened, prepared, { depth, filter, weights })
  while (gathered.folded.length < request.n && !gathered.complete && depth < FETCH.most) {
    signal.throwIfAborted()
    depth = Math.min(FETCH.most, depth * FETCH.factor)
    gathered = await gather(world, opened, prepared, { depth, filter, weights })
  }
  signal.throwIfAborted()
  const best = gathered.folded[0]?.fused ?? 0
  const passages = gathered.folded
    .slice(0, request.n)
    .filter((hit) => scoreOf(hit, best) >= (request.threshold ?? 0))
    .map((hit) => passageOf(hit, best, opened.database.id))
  const { degraded } = gathered
  return {
    database: opened.database,
    mode: modeOf(opened.version.settings),
    passages,
    ...(degraded === undefined ? {} : { degraded }),
    tookMs: world.now() - started,
  }
}

import type { Passage } from '../domain/answer.ts'
import type { RetrievalWeights } from '../domain/database.ts'
import { canonicalFilter, type Filter } from '../domain/filter.ts'
import type { World } from '../ports/world.ts'
import { rerankerFor } from './rerank.ts'
import type { Opened } from './retrieval.ts'

/** To be raised when the same search finds something else than before, or what is kept has another form. */
const FORMAT = 1
/** What is kept never becomes wrong; so long it is likely to be asked for again. */
const KEPT_MS = 3_600_000

/** Everything that decides what is found, but for what the database holds. */
export interface SearchAsked {
  readonly query: string
  readonly n: number
  readonly threshold: number
  readonly weights: RetrievalWeights
  /** With the caller's own: what is kept is for those who may see the same. */
  readonly filter: Filter | undefined
  readonly rerankModel: string | undefined
}

export interface SearchFound {
  readonly passages: readonly Passage[]
  readonly reranker: string | undefined
  readonly degraded: string | undefined
  /** False when it was found while stores were out of step: the next search may find more. */
  readonly isSettled: boolean
}

/**
 * What a search finds: what was found before for the same question, by the same filter, in the same state of the same index version; or
 * else what `find` finds. The caller was let into the database already. Only what is whole is kept. What changes in the middle of a search
 * does no harm: nobody who asks afterwards looks under the name of the former state.
 */
export async function cachedSearch(
  world: World,
  opened: Opened,
  asked: SearchAsked,
  find: () => Promise<SearchFound>,
): Promise<SearchFound & { readonly cached: boolean }> {
  const state = await stateOf(world, opened, asked)
  if (state === undefined) return { ...(await find()), cached: false }
  const key = keyOf(world, opened, asked, state)
  const kept = readKept(await world.cache.get(key), key, opened.database.id)
  if (kept !== undefined) return { ...kept, degraded: undefined, isSettled: true, cached: true }
  const found = await find()
  // Models, other than states, come back.
  const isOrdered = (await rerankerNow(world, opened, asked)) === state.reranker
  if (found.degraded === undefined && found.isSettled && isOrdered) {
    void world.cache.set(key, JSON.stringify({ key, passages: found.passages, reranker: found.reranker }), KEPT_MS)
  }
  return { ...found, cached: false }
}

interface State {
  readonly generation: string
  readonly reranker: string | undefined
}

/** What the database holds, and which model orders it; undefined when that cannot be told, as the search itself will find out. */
async function stateOf(world: World, opened: Opened, asked: SearchAsked): Promise<State | undefined> {
  try {
    const [generation, reranker] = await Promise.all([world.chunks.generation(opened.ref), rerankerNow(world, opened, asked)])
    return reranker === UNKNOWN ? undefined : { generation, reranker }
  } catch {
    return undefined
  }
}

const UNKNOWN = Symbol('a reranker that cannot be opened')

async function rerankerNow(world: World, opened: Opened, { rerankModel }: SearchAsked): Promise<string | undefined | typeof UNKNOWN> {
  try {
    return (await rerankerFor(world, opened, rerankModel))?.name
  } catch {
    return UNKNOWN
  }
}

function keyOf(world: World, { database, version }: Opened, { query, n, threshold, weights, filter }: SearchAsked, state: State): string {
  const place = [database.ownerId, database.id, version.id, state.generation, state.reranker ?? null]
  return `found:${world.hash(JSON.stringify([FORMAT, ...place, query, n, threshold, weights.dense, weights.lexical, canonicalFilter(filter)]))}`
}

/** Undefined for anything that was not kept under this very key: a cache may hold what another process left. */
function readKept(text: string | undefined, key: string, databaseId: string): Pick<SearchFound, 'passages' | 'reranker'> | undefined {
  if (text === undefined) return undefined
  try {
    const kept: unknown = JSON.parse(text)
    if (typeof kept !== 'object' || kept === null || !('key' in kept) || kept.key !== key || !('passages' in kept)) return undefined
    if (!arePassages(kept.passages, databaseId)) return undefined
    const reranker = 'reranker' in kept && typeof kept.reranker === 'string' ? kept.reranker : undefined
    return { passages: kept.passages.map(whole), reranker }
  } catch {
    return undefined
  }
}

function arePassages(value: unknown, databaseId: string): value is readonly Passage[] {
  return (
    Array.isArray(value) &&
    value.every((one: Partial<Passage> | null) => one?.databaseId === databaseId && typeof one.text === 'string' && typeof one.explanation === 'object')
  )
}

/** JSON leaves out what is undefined. */
function whole(passage: Passage): Passage {
  const { title, pages } = passage
  const { dense, lexical, reranked, fused, merged } = passage.explanation
  return { ...passage, title, pages, explanation: { dense, lexical, reranked, fused, merged } }
}

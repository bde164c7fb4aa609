import type { Passage } from '../../domain/answer.ts'
import { modeOf } from '../../domain/database.ts'
import type { ModelUse } from '../../domain/trace.ts'
import { coverageOf, isBetter } from '../../steps/agent/coverage.ts'
import { mergePassages } from '../../steps/merge.ts'
import type { Place } from '../cite.ts'
import { type SearchReply, search } from '../search.ts'
import type { AnswerState } from './state.ts'
import { tellStep } from './telling.ts'
import { carryingWords } from './words.ts'
import type { Tools, Work } from './work.ts'

/** Searches every query in every database that is asked, and puts what was found into one list. The better result of the tries stays. */
export async function retrieve(work: Work, state: AnswerState, tools: Tools): Promise<Partial<AnswerState>> {
  await tellStep('retrieve', tools)
  const places = work.places.filter(({ databaseId }) => state.databaseIds.includes(databaseId))
  const searches = state.queries.flatMap((query) => places.map((place) => ({ query, place })))
  const lists = await Promise.all(searches.map(({ query, place }) => work.trace.within(searched(work, place, query, tools.signal))))
  const tried = [...state.tried, ...state.queries]
  const words = carryingWords(state.measures.join('\n'))
  const first = state.tried.length === 0
  const found = mergePassages(first ? lists : [...lists, state.passages], words, work.request.n)
  const once = [...new Map(found.map((passage) => [`${passage.databaseId}/${passage.chunkId}`, passage])).values()]
  const holds = bestOf(once, state)
  const note = `${once.length} passages for ${state.queries.length === 1 ? 'one query' : `${state.queries.length} queries`}`
  if (!first && !isBetter(state.holds, holds)) return { tried, queries: [], note: `${note}, no better than before` }
  return { tried, queries: [], passages: once, holds, note }
}

/** Whichever of the measures is held best. */
function bestOf(passages: readonly Passage[], { measures }: AnswerState): AnswerState['holds'] {
  const all = measures.map((text) => coverageOf(passages, carryingWords(text)))
  const { together, best } = all.reduce((most, one) => (isBetter(most, one) ? one : most))
  return { together, best }
}

async function searched(work: Work, { caller, databaseId }: Place, query: string, signal: AbortSignal): Promise<readonly Passage[]> {
  const { world, request, trace, databases } = work
  const [startedAt, began] = [world.now(), performance.now()]
  const { filter, versionId, weights, n } = request
  const narrowed = {
    ...(filter === undefined ? {} : { filter }),
    ...(versionId === undefined ? {} : { versionId }),
    ...(weights === undefined ? {} : { weights }),
  }
  const opened = databases.find(({ database }) => database.id === databaseId)
  const models: ModelUse[] = []
  const note = ({ database, mode, reranker, degraded, cached, passages }: Omit<SearchReply, 'tookMs'>) =>
    trace.searched({
      databaseId,
      versionId: opened?.version.id ?? database.liveVersionId,
      query,
      mode,
      degraded,
      reranker,
      cached: cached === true,
      models,
      startedAt,
      ms: performance.now() - began,
      hits: passages.map(({ chunkId, documentId, name, score, explanation: { dense, lexical } }) => ({
        ...{ chunkId, documentId, name, score, dense: dense?.score, lexical: lexical?.score },
      })),
    })
  try {
    const found = await search(world, caller, databaseId, { query, n, ...narrowed }, signal, (use) => void models.push(use))
    note(found)
    return found.passages
  } catch (error) {
    // What it took was taken for nothing, and belongs to what the answer cost.
    if (models.length > 0 && opened !== undefined) {
      const { database, version } = opened
      note({ database, mode: modeOf(version.settings), passages: [], reranker: undefined, degraded: 'The search did not come to its end.' })
    }
    throw error
  }
}

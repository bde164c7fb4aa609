import { AppError, type Input } from 'quarry-engine/client'
import { useCall } from '../../lib/api.ts'
import { sentFilter } from '../../lib/filter-notation.ts'
import { LIVE, type SearchState } from './search-state.ts'

type Body = Input<'query'>['body']

/** The body of the request that a state asks for. A filter that is no JSON goes as it is: the server tells what is wrong. */
export function bodyOf(state: SearchState, version: string | undefined): Body {
  const { question, n, filter, threshold, dense } = state
  return {
    query: question,
    n_results: n,
    explain: true,
    ...(filter === '' ? {} : { filter: tolerant(filter) }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(dense === undefined ? {} : { weights: { dense, lexical: Math.round((1 - dense) * 100) / 100 } }),
    ...(version === undefined || version === LIVE ? {} : { version }),
  }
}

function tolerant(filter: string): string | Record<string, unknown> {
  try {
    return sentFilter(filter)
  } catch {
    return filter
  }
}

/** One search. It is asked once, not each time that somebody comes back to the window: models may cost. */
export function useSearch(database: string, state: SearchState, version: string | undefined, enabled: boolean) {
  return useCall(
    'query',
    { parameters: { database }, body: bodyOf(state, version) },
    { enabled: enabled && state.question !== '', staleTime: Number.POSITIVE_INFINITY },
  )
}

/** The fault when the filter is what the server refused. */
export function filterFaultOf(fault: unknown): AppError | undefined {
  return fault instanceof AppError && fault.code === 'filter/invalid' ? fault : undefined
}

/** What one search asks for: the whole state of the playground, as its address holds it. */
export interface SearchState {
  readonly question: string
  readonly n: number
  /** In either notation; empty for none. */
  readonly filter: string
  /** Least score, from 0 to 1. */
  readonly threshold: number | undefined
  /** Share of the search by meaning; undefined for the weights of the database. */
  readonly dense: number | undefined
  /** Id of another index version than the live one. */
  readonly version: string | undefined
  /** Id of the version that is shown beside it, or `live`. */
  readonly against: string | undefined
}

export const DEFAULT_RESULTS = 5
export const MOST_RESULTS = 100
export const LIVE = 'live'

/** From the search part of an address, however it came about: what does not fit is left out. */
export function stateOf(search: URLSearchParams): SearchState {
  const n = Number(search.get('n') ?? DEFAULT_RESULTS)
  return {
    question: (search.get('q') ?? '').slice(0, 4000),
    n: Number.isInteger(n) && n >= 1 && n <= MOST_RESULTS ? n : DEFAULT_RESULTS,
    filter: search.get('filter') ?? '',
    threshold: share(search.get('threshold')),
    dense: share(search.get('dense')),
    version: named(search.get('version')),
    against: named(search.get('against')),
  }
}

/** The search part of the address, with its "?"; only what differs from the defaults. */
export function searchOf(state: SearchState): string {
  const search = new URLSearchParams()
  if (state.question !== '') search.set('q', state.question)
  if (state.n !== DEFAULT_RESULTS) search.set('n', String(state.n))
  if (state.filter.trim() !== '') search.set('filter', state.filter)
  if (state.threshold !== undefined) search.set('threshold', String(state.threshold))
  if (state.dense !== undefined) search.set('dense', String(state.dense))
  if (state.version !== undefined) search.set('version', state.version)
  if (state.against !== undefined) search.set('against', state.against)
  return search.size === 0 ? '' : `?${search.toString()}`
}

function share(text: string | null): number | undefined {
  if (text === null || text === '') return undefined
  const value = Number(text)
  return value >= 0 && value <= 1 ? value : undefined
}

const named = (text: string | null): string | undefined => (text === null || text === '' || text.length > 100 ? undefined : text)

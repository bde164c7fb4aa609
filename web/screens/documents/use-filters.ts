import { useCallback, useState } from 'react'
import type { Filters, StateFilter } from './use-documents.ts'

const STATES: readonly StateFilter[] = ['queued', 'processing', 'ready', 'failed', 'archive']

export function filtersOf(search: string): Filters {
  const given = new URLSearchParams(search)
  return { state: STATES.find((state) => state === given.get('state')), search: (given.get('search') ?? '').slice(0, 200) }
}

/** The filters stand in the address, so that links lead to what failed, and the way back leads to what one looked at. */
export function useFilters(): readonly [Filters, (filters: Filters) => void] {
  const [filters, setFilters] = useState<Filters>(() => filtersOf(typeof location === 'undefined' ? '' : location.search))
  const change = useCallback((next: Filters) => {
    const search = new URLSearchParams({
      ...(next.state === undefined ? {} : { state: next.state }),
      ...(next.search === '' ? {} : { search: next.search }),
    }).toString()
    history.replaceState(history.state, '', `${location.pathname}${search === '' ? '' : `?${search}`}`)
    setFilters(next)
  }, [])
  return [filters, change]
}

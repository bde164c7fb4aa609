import { useMemo } from 'react'
import { useCallPages } from '../../lib/api.ts'
import { useRemoved } from '../../lib/removals.ts'
import type { DocumentRow } from './document-row.ts'

export type StateFilter = 'queued' | 'processing' | 'ready' | 'failed' | 'archive'

export interface Filters {
  readonly state: StateFilter | undefined
  readonly search: string
}

/** Source: the most that one reply holds; a screen shows twelve or so. */
const PER_PAGE = 200

/** The documents that fit the filters, read page by page, without those that were deleted a moment ago. */
export function useDocuments(database: string, { state, search }: Filters) {
  const query = { limit: PER_PAGE, ...(state === undefined ? {} : { state }), ...(search === '' ? {} : { search }) }
  const pages = useCallPages('listDocuments', { parameters: { database }, query })
  const removed = useRemoved()
  const rows = useMemo(() => {
    // A document that came while one read on stands on two pages.
    const seen = new Set<string>()
    const all: DocumentRow[] = []
    for (const page of pages.data?.pages ?? []) {
      for (const document of page.documents) {
        if (seen.has(document.id) || removed.has(document.id)) continue
        seen.add(document.id)
        all.push(document)
      }
    }
    return all
  }, [pages.data, removed])
  return { ...pages, rows }
}

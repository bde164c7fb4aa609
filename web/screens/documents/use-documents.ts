import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useRef } from 'react'
import { keyOf, useCall, useCallPages } from '../../lib/api.ts'
import type { DocumentRow } from './document-row.ts'
import { useRemoved } from './removals.ts'

export type StateFilter = 'queued' | 'processing' | 'ready' | 'failed' | 'archive'

export interface Filters {
  readonly state: StateFilter | undefined
  readonly search: string
}

/** Source: the most that one reply holds; a screen shows twelve or so. */
const PER_PAGE = 200
const WATCH_MS = 2000
const IDLE_WATCH_MS = 30_000
/** A list that was read far costs many requests to read again: then less often. */
const LONG_LIST_PAGES = 5
const LONG_LIST_MS = 15_000

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

/** Asks how far the database is, often while something is under way, and reads the list again when that changed. */
export function useFollowing(database: string, pages: number): void {
  const queries = useQueryClient()
  const { data } = useCall(
    'getDatabase',
    { parameters: { database } },
    {
      refetchInterval: ({ state }) => {
        const counts = state.data?.documents
        return counts !== undefined && counts.queued + counts.processing > 0 ? WATCH_MS : IDLE_WATCH_MS
      },
    },
  )
  const counts = data === undefined ? undefined : JSON.stringify([data.documents, data.chunks])
  const before = useRef(counts)
  const lastRead = useRef(0)
  useEffect(() => {
    if (counts === undefined || before.current === counts) return
    if (before.current === undefined) {
      before.current = counts
      return
    }
    before.current = counts
    const due = pages > LONG_LIST_PAGES ? lastRead.current + LONG_LIST_MS : 0
    const timer = setTimeout(
      () => {
        lastRead.current = Date.now()
        void queries.invalidateQueries({ queryKey: keyOf('listDocuments') })
      },
      Math.max(0, due - Date.now()),
    )
    return () => clearTimeout(timer)
  }, [counts, pages, queries])
}

import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { keyOf } from '../../lib/api.ts'
import { sparingly } from './sparingly.ts'

const STALE = ['getDatabase', 'listDocuments', 'listDatabases', 'databaseStatus', 'getDocument', 'listChunks'] as const
/** Lists are read again rarely while much changes, and once more at the end. */
const REST_MS = 4000
/** A list that was read far costs many requests to read again: then more rarely still. */
const LONG_LIST_PAGES = 5
const LONG_REST_MS = 15_000

/** Documents came or ended, or the server `counts` others than before: what tells of them is read again, a while later at most. */
export function useStaleLists(changes: number, counts: string | undefined): void {
  const queries = useQueryClient()
  // Not stopped with the screen: what changed last makes stale what another one shows.
  const [readers] = useState(() => STALE.map((name) => readerOf(queries, name)))
  const told = useRef({ changes, counts })
  useEffect(() => {
    const before = told.current
    told.current = { changes, counts: counts ?? before.counts }
    const isCounted = before.counts !== undefined && counts !== undefined && before.counts !== counts
    if (changes !== before.changes || isCounted) for (const read of readers) read()
  }, [changes, counts, readers])
}

function readerOf(queries: QueryClient, name: (typeof STALE)[number]): () => void {
  const queryKey = keyOf(name)
  const isLong = () =>
    queries
      .getQueriesData<{ readonly pages?: unknown }>({ queryKey, type: 'active' })
      .some(([, data]) => Array.isArray(data?.pages) && data.pages.length > LONG_LIST_PAGES)
  return sparingly({
    restMs: () => (isLong() ? LONG_REST_MS : REST_MS),
    // To cancel a list that is being read would begin it at its first page again, and so without end.
    isBusy: () => queries.isFetching({ queryKey }) > 0,
    work: () => queries.invalidateQueries({ queryKey }, { cancelRefetch: false }),
  })
}

import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { keyOf } from '../../lib/api.ts'

const STALE = ['getDatabase', 'listDocuments', 'listDatabases', 'databaseStatus'] as const
/** Lists may be long: they are read again rarely while much changes, and once more at the end. */
const EVERY_MS = 4000

/** Documents came or ended: what lists them is read again, a while later at most. */
export function useStaleLists(changes: number): void {
  const queries = useQueryClient()
  const told = useRef(changes)
  const last = useRef(0)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => {
    if (changes === told.current || timer.current !== undefined) return
    const wait = Math.max(500, last.current + EVERY_MS - Date.now())
    timer.current = setTimeout(() => {
      timer.current = undefined
      last.current = Date.now()
      for (const name of STALE) void queries.invalidateQueries({ queryKey: keyOf(name) })
    }, wait)
    told.current = changes
  }, [changes, queries])
}

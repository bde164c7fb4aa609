import { useQueryClient } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { keyOf, leavingApi } from '../../lib/api.ts'
import { useToasts } from '../../ui/toasts.tsx'
import { removalQueue } from './removal-queue.ts'

/** As long as the toast with its way back is shown. */
const UNDO_MS = 10_000

const queue = removalQueue((database, document) => leavingApi.call('removeDocument', { parameters: { database, document } }), UNDO_MS)
if (typeof window !== 'undefined') addEventListener('pagehide', () => queue.flush())

const NONE: ReadonlySet<string> = new Set()

/** Ids of documents that are shown no more, although the server may still have them. */
export function useRemoved(): ReadonlySet<string> {
  return useSyncExternalStore(
    queue.subscribe,
    () => queue.hidden(),
    () => NONE,
  )
}

/** Removes documents with a way back; `said` tells it to the person. `onUndo` hears when it was taken back. */
export function useRemove(): (database: string, documents: readonly string[], said: string, onUndo?: () => void) => void {
  const queries = useQueryClient()
  const toasts = useToasts()
  return (database, documents, said, onUndo) => {
    const undo = queue.remove(database, documents, (fault) => {
      if (fault !== undefined) toasts.fail(fault)
      for (const name of ['listDocuments', 'getDatabase', 'databaseStatus', 'listDatabases'] as const) void queries.invalidateQueries({ queryKey: keyOf(name) })
    })
    toasts.say(said, () => {
      undo()
      onUndo?.()
    })
  }
}

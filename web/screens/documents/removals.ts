import { useQueryClient } from '@tanstack/react-query'
import { keyOf, leavingApi } from '../../lib/api.ts'
import { removals } from '../../lib/removals.ts'
import { useToasts } from '../../ui/toasts.tsx'

/** Removes documents with a way back; `said` tells it to the person. `onUndo` hears when it was taken back. */
export function useRemove(): (database: string, documents: readonly string[], said: string, onUndo?: () => void) => void {
  const queries = useQueryClient()
  const toasts = useToasts()
  return (database, documents, said, onUndo) => {
    const send = (document: string) => leavingApi.call('removeDocument', { parameters: { database, document } })
    const undo = removals.remove(documents, send, (fault) => {
      if (fault !== undefined) toasts.fail(fault)
      for (const name of ['listDocuments', 'getDatabase', 'databaseStatus', 'listDatabases'] as const) void queries.invalidateQueries({ queryKey: keyOf(name) })
    })
    toasts.say(said, () => {
      undo()
      onUndo?.()
    })
  }
}

import { useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api, keyOf } from '../../lib/api.ts'

/** Takes an answer into the golden set of a database that the account manages; undefined when there is none. */
export function useKeepCase(conversation: string | undefined, database: string | undefined): ((message: string) => Promise<void>) | undefined {
  const queries = useQueryClient()
  return useMemo(() => {
    if (conversation === undefined || database === undefined) return undefined
    return async (message) => {
      await api.call('goldenFromAnswer', { parameters: { database }, body: { conversation, message } })
      void queries.invalidateQueries({ queryKey: keyOf('listGolden') })
    }
  }, [conversation, database, queries])
}

import { useQueryClient } from '@tanstack/react-query'
import { useSend } from './api.ts'

/** The way out: ends this session and forgets what was read in it. */
export function useSignOut(onFault: (fault: unknown) => void): { readonly busy: boolean; readonly signOut: () => void } {
  const queries = useQueryClient()
  const leave = useSend('endSession')
  const signOut = () => leave.mutate({ parameters: { session: 'current' } }, { onSuccess: () => void queries.resetQueries(), onError: onFault })
  return { busy: leave.isPending, signOut }
}

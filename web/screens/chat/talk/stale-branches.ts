import { hashKey, type QueryClient } from '@tanstack/react-query'
import type { Loaded, TalkPort } from './port.ts'

/**
 * A new answer makes what was read of its conversation before too old to go on from. `read` is the branch that ends with it, and so
 * what the conversation shows when it is opened again; undefined where it could not be read.
 */
export function dropStaleBranches(
  queries: QueryClient,
  { keyOf }: Pick<TalkPort, 'keyOf'>,
  { conversation, answer, read }: { readonly conversation: string; readonly answer: string; readonly read: Loaded | undefined },
): void {
  const right = hashKey(keyOf(conversation, answer))
  const whole = keyOf(conversation, undefined)
  const stale = { queryKey: whole, predicate: ({ queryHash }: { readonly queryHash: string }) => queryHash !== right }
  queries.removeQueries({ ...stale, type: 'inactive' })
  // What is on the screen moves on to the new branch by itself, if that is there.
  void queries.invalidateQueries({ ...stale, refetchType: read === undefined ? 'active' : 'none' })
  if (read !== undefined) queries.setQueryData(whole, read)
}

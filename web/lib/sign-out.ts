import { useSend } from './api.ts'
import { removals } from './removals.ts'

/**
 * The way out: ends this session, forgets what was typed in this tab, and loads the page anew, so that nothing that was
 * read or queued is left for who sits down next.
 */
export function useSignOut(onFault: (fault: unknown) => void): { readonly busy: boolean; readonly signOut: () => void } {
  const leave = useSend('endSession')
  const signOut = () => {
    // What waits for its undo time would be refused afterwards.
    removals.flush()
    leave.mutate({ parameters: { session: 'current' } }, { onSuccess: startAnew, onError: onFault })
  }
  return { busy: leave.isPending, signOut }
}

/** Also when another person signs in than the one whose session ended. */
export function startAnew(): void {
  try {
    sessionStorage.clear()
  } catch {
    // where storage is closed nothing was kept
  }
  location.replace('/')
}

import { useSyncExternalStore } from 'react'
import { removalQueue } from './removal-queue.ts'

/** As long as the toast with its way back is shown. */
const UNDO_MS = 10_000
const NONE: ReadonlySet<string> = new Set()

/** What the whole app deletes with a way back. Its calls go by `leavingApi`: they may be sent while the page is being left. */
export const removals = removalQueue(UNDO_MS)
if (typeof window !== 'undefined') addEventListener('pagehide', () => removals.flush())

/** Ids of what is shown no more, although the server may still have it. */
export function useRemoved(): ReadonlySet<string> {
  return useSyncExternalStore(
    removals.subscribe,
    () => removals.hidden(),
    () => NONE,
  )
}

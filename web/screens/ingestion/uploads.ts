import { api } from '../../lib/api.ts'
import { sendFiles } from './send-files.ts'
import { type UploadQueue, uploadQueue } from './upload-queue.ts'

/** The uploads of this tab: outside of every screen, so that they go on while one looks at something else. */
export const uploads: UploadQueue = uploadQueue((databaseId, batch, signal, onProgress) => sendFiles(api, databaseId, batch, signal, onProgress))

if (typeof window !== 'undefined') {
  addEventListener('online', () => uploads.resume())
  const warn = (event: BeforeUnloadEvent) => {
    if (uploads.isBusy()) event.preventDefault() // listeners hear a moment later of what ended
  }
  let warns = false
  // Only while it is needed: the listener keeps browsers from holding the page for the way back.
  uploads.subscribe(() => {
    const busy = uploads.isBusy()
    if (busy === warns) return
    warns = busy
    if (busy) addEventListener('beforeunload', warn)
    else removeEventListener('beforeunload', warn)
  })
}

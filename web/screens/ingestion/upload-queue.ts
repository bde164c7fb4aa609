import { AppError } from 'quarry-engine/client'
import { pathOf } from '../../ui/files-of-drop.ts'
import { isHalting, isUnreachable } from './faults.ts'
import { FILES_TOGETHER, type Problem, type Sent, TOGETHER_BELOW_BYTES, type ToSend } from './send-files.ts'

export interface Upload {
  readonly path: string
  readonly size: number
  readonly state: 'waiting' | 'sending' | 'sent' | 'failed'
  /** Bytes that have arrived. */
  readonly sent: number
  readonly documentId: string | undefined
  /** Its work on the server, which may be known here before the server tells of it. */
  readonly jobId: string | undefined
  /** The server had the same file already. */
  readonly unchanged: boolean
  readonly problem: Problem | undefined
}

export interface UploadList {
  readonly uploads: readonly Upload[]
  /** Why nothing is sent at the moment. */
  readonly halted: AppError | undefined
  /** Files on their way or waiting to be. */
  readonly unsent: number
}

export type SendBatch = (
  databaseId: string,
  batch: readonly ToSend[],
  signal: AbortSignal,
  onProgress: (path: string, sent: number) => void,
) => Promise<readonly Sent[]>

interface Room {
  readonly uploads: Map<string, Upload>
  readonly files: Map<string, File>
  readonly controllers: Map<string, AbortController>
  halted: AppError | undefined
  list: UploadList
}

export interface UploadQueue {
  add(databaseId: string, files: readonly File[]): void
  list(databaseId: string): UploadList
  /** One file, or all that are not sent yet. */
  cancel(databaseId: string, path?: string): void
  /** One file that failed, or all of them; also goes on after a halt. */
  retry(databaseId: string, path?: string): void
  /** Takes what is sent or has failed out of the list. */
  clear(databaseId: string, path?: string): void
  /** Goes on where the server was lost. */
  resume(): void
  /** Goes on where the sign-in was lost too: the same person has signed in again. */
  resumeAfterSignIn(): void
  /** Stops all and drops every file: whoever comes next is somebody else. */
  forget(): void
  /** Whether closing the page would lose something. */
  isBusy(): boolean
  subscribe(listener: () => void): () => void
}

const NOTHING: UploadList = { uploads: [], halted: undefined, unsent: 0 }
/** Source: each connection that a browser has to a server, six, may be needed for something else too. */
const SIDE_BY_SIDE = 3
const TOGETHER_BYTES = 8_000_000
const TOLD_EVERY_MS = 200

/** The queue of all uploads of a tab. Listeners hear of changes a few times per second, however many files there are. */
export function uploadQueue(send: SendBatch, { sideBySide = SIDE_BY_SIDE, toldEveryMs = TOLD_EVERY_MS } = {}): UploadQueue {
  const rooms = new Map<string, Room>()
  const listeners = new Set<() => void>()
  const changed = new Set<Room>()
  let isTelling = false
  let running = 0

  function tell(room: Room): void {
    changed.add(room)
    if (isTelling) return
    isTelling = true
    setTimeout(() => {
      isTelling = false
      for (const one of changed) one.list = listOf(one)
      changed.clear()
      for (const listener of listeners) listener()
    }, toldEveryMs)
  }

  function change(room: Room, path: string, news: Partial<Upload>): void {
    const upload = room.uploads.get(path)
    if (upload === undefined) return
    room.uploads.set(path, { ...upload, ...news })
    tell(room)
  }

  function fill(): void {
    for (const [databaseId, room] of rooms) {
      while (running < sideBySide && room.halted === undefined) {
        const batch = nextBatch(room)
        if (batch.length === 0) break
        running += 1
        void run(databaseId, room, batch).finally(() => {
          running -= 1
          fill()
        })
      }
    }
  }

  async function run(databaseId: string, room: Room, batch: readonly ToSend[]): Promise<void> {
    const controller = new AbortController()
    for (const { path } of batch) {
      room.controllers.set(path, controller)
      change(room, path, { state: 'sending', sent: 0 })
    }
    const isOurs = (path: string) => room.controllers.get(path) === controller
    try {
      const sent = await send(databaseId, batch, controller.signal, (path, bytes) => {
        if (isOurs(path)) change(room, path, { sent: bytes })
      })
      for (const one of sent) if (isOurs(one.path)) settle(room, one)
    } catch (fault) {
      // What was cancelled is out of the list already; others of the same request, and all after a halt, are sent later.
      const isLater = controller.signal.aborted || isHalting(fault)
      const problem = isLater ? undefined : (fault instanceof AppError ? fault : new AppError('internal', {}, fault)).body()
      for (const { path } of batch) if (isOurs(path)) change(room, path, isLater ? { state: 'waiting', sent: 0 } : { state: 'failed', problem })
      if (!controller.signal.aborted && isHalting(fault)) {
        // The database was deleted meanwhile: there is nowhere left to send to.
        if (fault.code === 'database/not-found') rooms.delete(databaseId)
        else room.halted = fault
      }
    } finally {
      for (const { path } of batch) if (isOurs(path)) room.controllers.delete(path)
      tell(room)
    }
  }

  function settle(room: Room, sent: Sent): void {
    if ('problem' in sent) {
      change(room, sent.path, { state: 'failed', problem: sent.problem })
      return
    }
    const { document, outcome, job_id: jobId } = sent.taken
    room.files.delete(sent.path) // the browser may forget it
    change(room, sent.path, {
      state: 'sent',
      sent: document.size,
      documentId: document.id,
      jobId: jobId ?? undefined,
      unchanged: outcome === 'unchanged' || outcome === 'relabelled',
      problem: undefined,
    })
  }

  function goOn(isOver: (halted: AppError) => boolean): void {
    for (const room of rooms.values()) {
      if (room.halted === undefined || !isOver(room.halted)) continue
      room.halted = undefined
      tell(room)
    }
    fill()
  }

  return {
    add(databaseId, files) {
      const room = rooms.get(databaseId) ?? { uploads: new Map(), files: new Map(), controllers: new Map(), halted: undefined, list: NOTHING }
      rooms.set(databaseId, room)
      // What came before is through: a new upload is counted from its own beginning.
      if (room.list.unsent === 0) for (const { path, state } of [...room.uploads.values()]) if (state === 'sent') room.uploads.delete(path)
      for (const file of files) {
        const path = pathOf(file)
        const known = room.files.get(path)
        const state = room.uploads.get(path)?.state
        if (known?.size === file.size && known.lastModified === file.lastModified && (state === 'waiting' || state === 'sending')) continue
        room.controllers.get(path)?.abort()
        room.controllers.delete(path)
        room.files.set(path, file)
        room.uploads.delete(path) // it goes to the end
        const fresh = { documentId: undefined, jobId: undefined, unchanged: false, problem: undefined }
        room.uploads.set(path, { path, size: file.size, state: 'waiting', sent: 0, ...fresh })
      }
      room.list = listOf(room)
      tell(room)
      fill()
    },

    list: (databaseId) => rooms.get(databaseId)?.list ?? NOTHING,

    cancel(databaseId, path) {
      const room = rooms.get(databaseId)
      if (room === undefined) return
      const stopped = new Set<AbortController>()
      for (const upload of [...room.uploads.values()]) {
        if ((path !== undefined && upload.path !== path) || upload.state === 'sent' || upload.state === 'failed') continue
        const controller = room.controllers.get(upload.path)
        if (controller !== undefined) stopped.add(controller)
        room.controllers.delete(upload.path)
        room.uploads.delete(upload.path)
        room.files.delete(upload.path)
      }
      for (const controller of stopped) controller.abort()
      tell(room)
    },

    retry(databaseId, path) {
      const room = rooms.get(databaseId)
      if (room === undefined) return
      room.halted = undefined
      for (const upload of room.uploads.values())
        if (upload.state === 'failed' && (path === undefined || upload.path === path))
          change(room, upload.path, { state: 'waiting', sent: 0, problem: undefined })
      tell(room)
      fill()
    },

    clear(databaseId, path) {
      const room = rooms.get(databaseId)
      if (room === undefined) return
      for (const upload of [...room.uploads.values()]) {
        if ((path !== undefined && upload.path !== path) || (upload.state !== 'sent' && upload.state !== 'failed')) continue
        room.uploads.delete(upload.path)
        room.files.delete(upload.path)
      }
      tell(room)
    },

    resume: () => goOn(isUnreachable),

    resumeAfterSignIn: () => goOn((halted) => isUnreachable(halted) || halted.code.startsWith('auth/')),

    forget() {
      const left = [...rooms.values()]
      rooms.clear()
      for (const room of left) {
        const controllers = new Set(room.controllers.values())
        room.controllers.clear()
        room.uploads.clear()
        room.files.clear()
        for (const controller of controllers) controller.abort()
        tell(room)
      }
    },

    isBusy: () => [...rooms.values()].some((room) => [...room.uploads.values()].some(isUnsent)),

    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

const isUnsent = ({ state }: Upload) => state === 'waiting' || state === 'sending'

function listOf(room: Room): UploadList {
  const uploads = [...room.uploads.values()]
  return { uploads, halted: room.halted, unsent: uploads.filter(isUnsent).length }
}

/** The next large file, or as many small ones as go together. */
function nextBatch(room: Room): readonly ToSend[] {
  const batch: ToSend[] = []
  let bytes = 0
  for (const { path, size, state } of room.uploads.values()) {
    const file = room.files.get(path)
    if (state !== 'waiting' || file === undefined) continue
    if (size > TOGETHER_BELOW_BYTES) {
      if (batch.length === 0) return [{ path, file }]
      continue
    }
    if (batch.length === FILES_TOGETHER || bytes + size > TOGETHER_BYTES) break
    batch.push({ path, file })
    bytes += size
  }
  return batch
}

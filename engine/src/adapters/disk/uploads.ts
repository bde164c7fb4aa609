import { constants, mkdirSync } from 'node:fs'
import { type FileHandle, open, rm, stat } from 'node:fs/promises'
import { AppError } from '../../domain/errors.ts'
import { type NewResumableUpload, OPEN_UPLOADS, type ResumableUpload, UPLOAD_KEPT_MS, type Uploads } from '../../ports/uploads.ts'
import { diskError, hasCode } from './files.ts'
import { uploadRecords } from './upload-records.ts'

/** After so many bytes of one piece what has arrived is made durable: a kill then costs no more than that. */
const CHECKPOINT_BYTES = 64 * 1024 * 1024
/** Bytes held at a time while reading. */
const PIECE = 256 * 1024

export interface UploadsMaking {
  now(): number
  newId(prefix: string): string
}

interface Busy {
  readonly with: 'piece' | 'taking'
  readonly ended: Promise<unknown>
}

/**
 * Uploads as files in one folder, named by ids that are made here. The offset in the record is the truth: bytes beyond it
 * are what a kill left of a piece that was never acknowledged, and are written over. One thread writes; others may sweep.
 */
export function diskUploads(folder: string, making: UploadsMaking): Uploads {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const records = uploadRecords(folder)
  const busy = new Map<string, Busy>()
  /** Uploads that were open when last looked at; read from the disk once. */
  let opened: Map<string, NewResumableUpload> | undefined
  let turn: Promise<unknown> = Promise.resolve()

  async function find(accountId: string, databaseId: string, id: string): Promise<ResumableUpload> {
    const upload = await records.read(id)
    const ours = upload !== undefined && upload.accountId === accountId && upload.databaseId === databaseId
    if (!ours || upload.expiresAt <= making.now()) throw notFound(id)
    return upload
  }

  async function findOpen(accountId: string, databaseId: string, id: string): Promise<ResumableUpload> {
    const upload = await find(accountId, databaseId, id)
    if (upload.taken !== undefined) throw notFound(id)
    return upload
  }

  async function openRecord(id: string): Promise<ResumableUpload | undefined> {
    const upload = await records.read(id)
    return upload === undefined || upload.taken !== undefined || upload.expiresAt <= making.now() ? undefined : upload
  }

  /** Callers look into `busy` first, and call this in the same breath. */
  function alone<T>(id: string, what: Busy['with'], work: () => Promise<T>): Promise<T> {
    const done = work().finally(() => busy.delete(id))
    const ended = done.then(
      () => undefined,
      () => undefined, // who began it is told; who waits only wants its turn
    )
    busy.set(id, { with: what, ended })
    return done
  }

  async function openOnDisk(): Promise<Map<string, NewResumableUpload>> {
    const found = new Map<string, NewResumableUpload>()
    for (const id of await records.ids()) {
      const upload = await openRecord(id)
      if (upload !== undefined) found.set(id, upload)
    }
    return found
  }

  async function begin(input: NewResumableUpload): Promise<ResumableUpload> {
    opened ??= await openOnDisk()
    for (const [id, other] of opened) {
      if (input.fingerprint === undefined || keyOf(other) !== keyOf(input)) continue
      if (busy.has(id)) {
        const upload = await openRecord(id)
        if (upload !== undefined) return upload
        continue
      }
      const resumed = await alone(id, 'piece', async () => {
        const upload = await openRecord(id)
        if (upload === undefined) return undefined
        const next = { ...upload, ...input, expiresAt: making.now() + UPLOAD_KEPT_MS }
        await records.update(next)
        return next
      })
      if (resumed !== undefined) return resumed
      opened.delete(id)
    }
    const mine = () => [...(opened?.values() ?? [])].filter(({ accountId }) => accountId === input.accountId).length
    // Another thread may have swept some.
    if (mine() >= OPEN_UPLOADS) opened = await openOnDisk()
    if (mine() >= OPEN_UPLOADS) throw new AppError('limit/storage', { open_uploads: OPEN_UPLOADS, reason: 'too many uploads are open: finish or delete some' })
    const createdAt = making.now()
    const upload = { ...input, id: making.newId('up'), offset: 0, taken: undefined, createdAt, expiresAt: createdAt + UPLOAD_KEPT_MS }
    await records.create(upload)
    opened.set(upload.id, upload)
    return upload
  }

  /** Bytes that had arrived are gone: nothing can be made of the upload any more. */
  async function lost(id: string): Promise<AppError> {
    await records.remove(id)
    opened?.delete(id)
    return notFound(id)
  }

  async function write(upload: ResumableUpload, bytes: AsyncIterable<Uint8Array>): Promise<ResumableUpload> {
    const path = records.bytesOf(upload.id)
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600).catch((error: unknown) => Promise.reject(diskError(error, path)))
    let kept = upload
    let at = upload.offset
    const keep = async (): Promise<void> => {
      if (at === kept.offset) return
      await handle.sync()
      const next = { ...kept, offset: at, expiresAt: making.now() + UPLOAD_KEPT_MS }
      await records.update(next)
      kept = next
    }
    const source = bytes[Symbol.asyncIterator]()
    let cut: { readonly fault: unknown } | undefined
    let left = false
    try {
      if ((await handle.stat()).size < upload.offset) throw await lost(upload.id)
      for (;;) {
        const step = await source.next().catch((fault: unknown) => {
          cut = { fault }
          return { done: true as const, value: undefined }
        })
        left = step.done === true
        if (step.done === true) break
        if (at + step.value.byteLength > upload.size)
          throw new AppError('request/too-large', { limit: upload.size, unit: 'bytes', reason: 'more than the size that was told' })
        await writeAll(handle, step.value, at)
        at += step.value.byteLength
        if (at - kept.offset >= CHECKPOINT_BYTES) await keep()
      }
      await keep()
    } catch (error) {
      // On a full disk this gives back what was not acknowledged.
      await handle.truncate(kept.offset).catch(() => undefined)
      throw diskError(error, path)
    } finally {
      await handle.close()
      if (!left) await source.return?.()
    }
    if (cut !== undefined) throw cut.fault
    return kept
  }

  async function* read(upload: ResumableUpload): AsyncGenerator<Uint8Array> {
    if (upload.size === 0) return
    const path = records.bytesOf(upload.id)
    const handle = await open(path, 'r').catch((error: unknown) => Promise.reject(diskError(error, path)))
    try {
      for (let at = 0; at < upload.size; ) {
        const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(Math.min(PIECE, upload.size - at)), 0, undefined, at)
        if (bytesRead === 0) throw new AppError('store/damaged', { upload: upload.id })
        at += bytesRead
        yield buffer.subarray(0, bytesRead)
      }
    } catch (error) {
      throw diskError(error, path)
    } finally {
      await handle.close()
    }
  }

  return {
    begin(input) {
      // One after the other: two that begin the same file at the same time get the same upload.
      const mine = turn.then(() => begin(input))
      turn = mine.catch(() => undefined) // told to the one who asked
      return mine
    },

    upload: find,

    async append(accountId, databaseId, id, offset, bytes) {
      const seen = await findOpen(accountId, databaseId, id)
      if (busy.has(id)) throw wrongOffset(seen)
      return alone(id, 'piece', async () => {
        const upload = await findOpen(accountId, databaseId, id)
        if (offset !== upload.offset) throw wrongOffset(upload)
        return write(upload, bytes)
      })
    },

    async finish(accountId, databaseId, id, take) {
      for (;;) {
        const seen = await find(accountId, databaseId, id)
        if (seen.taken !== undefined) return seen.taken
        const other = busy.get(id)
        if (other?.with === 'piece') throw wrongOffset(seen)
        if (other === undefined) break
        await other.ended
      }
      return alone(id, 'taking', async () => {
        const upload = await find(accountId, databaseId, id)
        if (upload.taken !== undefined) return upload.taken
        if (upload.offset !== upload.size) throw wrongOffset(upload)
        if ((await sizeOf(records.bytesOf(id))) < upload.size) throw await lost(id)
        const taken = await take(upload, read(upload))
        await records.update({ ...upload, taken, expiresAt: making.now() + UPLOAD_KEPT_MS }).catch((error: unknown) => {
          // Given up while it was taken in: it is in all the same.
          if (!(error instanceof AppError) || error.code !== 'upload/not-found') throw error
        })
        await rm(records.bytesOf(id), { force: true })
        opened?.delete(id)
        return taken
      })
    },

    async discard(accountId, databaseId, id) {
      try {
        await find(accountId, databaseId, id)
      } catch (error) {
        if (error instanceof AppError && error.code === 'upload/not-found') return false
        throw error
      }
      await records.remove(id)
      opened?.delete(id)
      return true
    },

    async sweep(accountId) {
      let removed = 0
      for (const id of await records.ids()) {
        const upload = await records.read(id)
        const leaving = upload !== undefined && accountId !== undefined && (upload.accountId === accountId || upload.ownerId === accountId)
        const over = upload === undefined || (upload.expiresAt <= making.now() && !busy.has(id))
        if (leaving || over) {
          await records.remove(id)
          opened?.delete(id)
          removed += 1
        } else if (upload?.taken !== undefined) await rm(records.bytesOf(id), { force: true }) // a kill came before it
      }
      return removed
    },
  }
}

function keyOf({ accountId, databaseId, name, externalId, size, fingerprint }: NewResumableUpload): string {
  return JSON.stringify([accountId, databaseId, name, externalId ?? null, size, fingerprint ?? null])
}

async function writeAll(handle: FileHandle, piece: Uint8Array, from: number): Promise<void> {
  for (let at = 0; at < piece.byteLength; ) at += (await handle.write(piece, at, piece.byteLength - at, from + at)).bytesWritten
}

function notFound(id: string): AppError {
  return new AppError('upload/not-found', { upload: id.slice(0, 64) })
}

function wrongOffset({ offset }: ResumableUpload): AppError {
  return new AppError('upload/offset', { offset })
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 0
    throw diskError(error, path)
  }
}

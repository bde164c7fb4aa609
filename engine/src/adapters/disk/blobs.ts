import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { type FileHandle, link, mkdir, open, opendir, rename, rm, stat, statfs, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../domain/errors.ts'
import type { Blobs, StoredBlob } from '../../ports/blobs.ts'
import { ballast } from './ballast.ts'
import { diskError, hasCode, syncFolder } from './files.ts'

const KEY = /^[0-9a-f]{64}$/
const SHELF = /^[0-9a-f]{2}$/
/** Bytes held at a time while reading. */
const PIECE = 256 * 1024
const DRAFTS = 'drafts'

export interface DiskBlobs extends Blobs {
  /** Lets the space go that is kept back for deleting on a full disk; returns whether there was some. */
  releaseBallast(): boolean
}

/** Blobs as files `<folder>/<first two digits>/<sha256>`. Several threads of the one owner may use the same folder. */
export function diskBlobs(folder: string): DiskBlobs {
  const drafts = join(folder, DRAFTS)
  mkdirSync(drafts, { recursive: true, mode: 0o700 })
  const pathOf = (sha256: string): string => {
    if (!KEY.test(sha256)) throw new AppError('blob/not-found', { sha256: sha256.slice(0, 64) })
    return join(folder, sha256.slice(0, 2), sha256)
  }
  const draftPath = () => join(drafts, randomBytes(16).toString('hex'))

  async function openBlob(sha256: string): Promise<FileHandle> {
    const path = pathOf(sha256)
    try {
      return await open(path, 'r')
    } catch (error) {
      throw hasCode(error, 'ENOENT') ? new AppError('blob/not-found', { sha256 }, error) : diskError(error, path)
    }
  }
  async function statOf(sha256: string): Promise<{ readonly size: number; readonly mtimeMs: number } | undefined> {
    if (!KEY.test(sha256)) return undefined
    try {
      return await stat(pathOf(sha256))
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined
      throw diskError(error, sha256)
    }
  }
  /** A fresh file takes the place of a stored one: that tells the time of the last put, and heals a damaged one. */
  async function shelve(draft: string, sha256: string): Promise<void> {
    const shelf = join(folder, sha256.slice(0, 2))
    const made = await mkdir(shelf, { recursive: true, mode: 0o700 })
    if (made !== undefined) await syncFolder(folder)
    await rename(draft, join(shelf, sha256))
    await syncFolder(shelf)
  }

  async function* read(sha256: string, range?: { readonly start: number; readonly end: number }): AsyncIterable<Uint8Array> {
    const handle = await openBlob(sha256)
    try {
      const hash = range === undefined ? createHash('sha256') : undefined
      const end = range?.end ?? Number.POSITIVE_INFINITY
      let at = Math.max(0, range?.start ?? 0)
      let held: Uint8Array | undefined // the last piece leaves only when the whole is known to be right
      while (at < end) {
        const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(Math.min(PIECE, end - at)), 0, undefined, at)
        if (bytesRead === 0) break
        at += bytesRead
        const piece = buffer.subarray(0, bytesRead)
        hash?.update(piece)
        if (held !== undefined) yield held
        held = piece
      }
      if (hash !== undefined && hash.digest('hex') !== sha256) throw new AppError('store/damaged', { blob: sha256 })
      if (held !== undefined) yield held
    } catch (error) {
      throw diskError(error, sha256)
    } finally {
      await handle.close()
    }
  }

  return {
    async put(content, { maxBytes = Number.POSITIVE_INFINITY } = {}): Promise<StoredBlob> {
      const draft = draftPath()
      try {
        const { sha256, size } = await writeDraft(draft, content, maxBytes)
        await shelve(draft, sha256)
        return { sha256, size }
      } catch (error) {
        await rm(draft, { force: true })
        throw diskError(error, draft)
      }
    },
    read,
    async bytes(sha256) {
      const pieces: Uint8Array[] = []
      for await (const piece of read(sha256)) pieces.push(piece)
      return Buffer.concat(pieces)
    },
    async size(sha256) {
      return (await statOf(sha256))?.size
    },
    async withFile(sha256, use) {
      if ((await statOf(sha256)) === undefined) throw new AppError('blob/not-found', { sha256 })
      return use(pathOf(sha256))
    },
    async remove(sha256, { idleMs = 0 } = {}) {
      const known = await statOf(sha256)
      if (known === undefined) return true
      const fresh = (mtimeMs: number) => idleMs > 0 && mtimeMs > Date.now() - idleMs
      if (fresh(known.mtimeMs)) return false
      const [path, aside] = [pathOf(sha256), draftPath()]
      try {
        // A put may have happened since: what was taken is looked at again, out of its reach, and given back if it is fresh.
        await rename(path, aside)
        const taken = fresh((await stat(aside)).mtimeMs)
        if (taken) await link(aside, path).catch((error: unknown) => (hasCode(error, 'EEXIST') ? undefined : Promise.reject(error)))
        await unlink(aside)
        return !taken
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return true
        throw diskError(error, path)
      }
    },
    async *keys() {
      for await (const shelf of await opendir(folder)) {
        if (!SHELF.test(shelf.name)) continue
        for await (const { name } of await opendir(join(folder, shelf.name))) {
          const known = await statOf(name)
          if (known !== undefined) yield { sha256: name, storedAt: known.mtimeMs }
        }
      }
    },
    releaseBallast: ballast(ballastPath(folder)).release,
    async space() {
      try {
        const { bavail, blocks, bsize } = await statfs(folder)
        return { free: bavail * bsize, total: blocks * bsize }
      } catch (error) {
        throw diskError(error, folder)
      }
    },
    async close() {
      // Nothing is held between calls.
    },
  }
}

export function ballastPath(folder: string): string {
  return join(folder, 'ballast')
}

/** Removes what a kill left half-written. Only for the owner of the folder, before it is used. */
export function sweepDrafts(folder: string): void {
  const drafts = join(folder, DRAFTS)
  mkdirSync(drafts, { recursive: true, mode: 0o700 })
  for (const name of readdirSync(drafts)) rmSync(join(drafts, name), { force: true })
}

async function writeDraft(path: string, content: AsyncIterable<Uint8Array>, maxBytes: number): Promise<StoredBlob> {
  const hash = createHash('sha256')
  let size = 0
  const handle = await open(path, 'wx', 0o600)
  try {
    for await (const piece of content) {
      size += piece.byteLength
      if (size > maxBytes) throw new AppError('request/too-large', { limit: `${maxBytes} bytes` })
      hash.update(piece)
      await writeAll(handle, piece)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  return { sha256: hash.digest('hex'), size }
}

async function writeAll(handle: FileHandle, piece: Uint8Array): Promise<void> {
  for (let at = 0; at < piece.byteLength; ) at += (await handle.write(piece, at, piece.byteLength - at)).bytesWritten
}

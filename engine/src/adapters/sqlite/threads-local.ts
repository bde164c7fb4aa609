import { AppError } from '../../domain/errors.ts'
import type { VersionRef } from '../../ports/chunks.ts'
import { chunkPaths, createChunkFile, damaged, dropChunkFile, fileIdentity } from './chunk-file.ts'
import { type ChunkFile, type ChunkFileOptions, openChunkFile } from './chunks.ts'

export interface FilesOptions extends ChunkFileOptions {
  /** The folder `databases` of the data folder. */
  readonly folder: string
  /** Files kept open at a time, per thread. */
  readonly open?: number
}

export type FileOperation = Exclude<keyof ChunkFile, 'close'>
export type Operation = FileOperation | 'create' | 'drop' | 'release'

/** The chunk files that one thread has open; the least recently used one is closed for another. */
export interface LocalFiles {
  /** Runs an operation of a version's file. `release` closes the file in this thread. */
  call(version: VersionRef, operation: Operation, values: readonly unknown[]): unknown
  close(): void
}

/** Source: codes of 32 databases of 100,000 chunks x 384 are about 350 MB; small ones need next to nothing. */
const OPEN = 32

export function localFiles({ folder, open = OPEN, ...options }: FilesOptions): LocalFiles {
  const files = new Map<string, { readonly file: ChunkFile; readonly identity: string | undefined }>()

  function release(key: string): void {
    const known = files.get(key)
    files.delete(key)
    known?.file.close()
  }

  function opened(version: VersionRef): ChunkFile {
    const paths = chunkPaths(folder, version)
    const identity = fileIdentity(paths.file)
    const known = files.get(paths.file)
    files.delete(paths.file)
    if (known !== undefined && known.identity === identity) {
      files.set(paths.file, known)
      return known.file
    }
    known?.file.close() // dropped, or lost, while it was open here
    const file = openChunkFile(folder, version, options)
    files.set(paths.file, { file, identity: fileIdentity(paths.file) })
    for (const key of [...files.keys()].slice(0, Math.max(0, files.size - open))) release(key)
    return file
  }

  return {
    call(version, operation, values) {
      const paths = chunkPaths(folder, version)
      if (operation === 'create') return createChunkFile(folder, version)
      if (operation === 'release') return release(paths.file)
      if (operation === 'drop') {
        release(paths.file)
        return dropChunkFile(folder, version)
      }
      const file = opened(version)
      try {
        return Reflect.apply(file[operation], file, values)
      } catch (error) {
        // A damaged file is opened anew: what was read of it must not be believed.
        if (error instanceof AppError && error.code === 'store/damaged') release(paths.file)
        throw error instanceof AppError ? error : isBroken(error) ? damaged(paths, error.message) : error
      }
    },
    close() {
      for (const key of [...files.keys()]) release(key)
    },
  }
}

/** Values that a sound file never holds: text that is not JSON, blobs of a wrong length. */
function isBroken(error: unknown): error is SyntaxError | RangeError {
  return error instanceof SyntaxError || error instanceof RangeError
}

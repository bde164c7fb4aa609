import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'

/** Source: a catalog with 100,000 documents deletes a thousand of them in about 2 MiB of write-ahead log. */
export const BALLAST_BYTES = 32 * 1024 * 1024

/** Space kept back, so that deleting works on a full disk: it is let go when a write that frees space finds none. */
export interface Ballast {
  /** Returns whether there was something to let go. */
  release(): boolean
  /** Lays it in again when there is room for it and as much again; returns whether it is there. */
  restore(freeBytes: number): boolean
}

export function ballast(path: string, bytes = BALLAST_BYTES): Ballast {
  return {
    release() {
      if (!existsSync(path)) return false
      rmSync(path, { force: true })
      return true
    },
    restore(freeBytes) {
      if (existsSync(path) && statSync(path).size === bytes) return true
      if (freeBytes < 2 * bytes) return false
      return write(path, bytes)
    },
  }
}

function write(path: string, bytes: number): boolean {
  const draft = `${path}.new`
  try {
    const handle = openSync(draft, 'w', 0o600)
    try {
      // Written, not only made longer: a hole takes no space.
      const piece = Buffer.alloc(1024 * 1024, 0x51)
      for (let at = 0; at < bytes; ) at += writeSync(handle, piece, 0, Math.min(piece.length, bytes - at))
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(draft, path)
    return true
  } catch {
    rmSync(draft, { force: true }) // no room after all: the caller is told
    return false
  }
}

import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '../../domain/errors.ts'
import type { Blobs } from '../../ports/blobs.ts'

/** Blobs in memory, for tests. */
export function memoryBlobs({ now = Date.now }: { now?(): number } = {}): Blobs {
  const stored = new Map<string, { readonly content: Uint8Array; readonly storedAt: number }>()
  function find(sha256: string): Uint8Array {
    const blob = stored.get(sha256)
    if (blob === undefined) throw new AppError('blob/not-found', { sha256: sha256.slice(0, 64) })
    return blob.content
  }
  return {
    async put(content, { maxBytes = Number.POSITIVE_INFINITY } = {}) {
      const pieces: Uint8Array[] = []
      let size = 0
      for await (const piece of content) {
        size += piece.byteLength
        if (size > maxBytes) throw new AppError('request/too-large', { limit: `${maxBytes} bytes` })
        pieces.push(Uint8Array.from(piece))
      }
      const whole = Buffer.concat(pieces)
      const sha256 = createHash('sha256').update(whole).digest('hex')
      stored.set(sha256, { content: whole, storedAt: now() })
      return { sha256, size }
    },
    async *read(sha256, range) {
      yield find(sha256).slice(Math.max(0, range?.start ?? 0), range?.end)
    },
    async bytes(sha256) {
      return find(sha256).slice()
    },
    async size(sha256) {
      return stored.get(sha256)?.content.byteLength
    },
    async withFile(sha256, use) {
      const content = find(sha256)
      const folder = await mkdtemp(join(tmpdir(), 'quarry-blob-'))
      try {
        const path = join(folder, sha256)
        await writeFile(path, content, { mode: 0o600 })
        return await use(path)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
    async remove(sha256, { idleMs = 0 } = {}) {
      const blob = stored.get(sha256)
      if (blob !== undefined && idleMs > 0 && blob.storedAt > now() - idleMs) return false
      stored.delete(sha256)
      return true
    },
    async *keys() {
      for (const [sha256, { storedAt }] of stored) yield { sha256, storedAt }
    },
    space: async () => undefined,
    async close() {
      stored.clear()
    },
  }
}

import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type BlobsUnderTest, blobsContract, sha256Of, streamOf } from '../../ports/blobs.contract.ts'
import { ballastPath, diskBlobs, sweepDrafts } from './blobs.ts'
import { openDataFolder } from './data-folder.ts'

const open = async (): Promise<BlobsUnderTest & { readonly folder: string }> => {
  const folder = mkdtempSync(join(tmpdir(), 'quarry-blobs-'))
  return {
    folder,
    blobs: diskBlobs(folder),
    leftovers: async () => readdirSync(join(folder, 'drafts')).length,
    close: async () => rmSync(folder, { recursive: true }),
  }
}
blobsContract('disk', open)

let store: Awaited<ReturnType<typeof open>>
beforeEach(async () => {
  store = await open()
})
afterEach(() => store.close())

const pathOf = (sha256: string) => join(store.folder, sha256.slice(0, 2), sha256)
async function lengthOf(stream: AsyncIterable<Uint8Array>): Promise<number> {
  let length = 0
  for await (const piece of stream) length += piece.byteLength
  return length
}

test.each(['changed', 'shortened', 'lengthened', 'emptied'])('a blob that was %s is told from what was stored, and heals by another upload', async (fault) => {
  const content = Buffer.alloc(700_000, 'stone')
  const { sha256 } = await store.blobs.put(streamOf(content))
  const path = pathOf(sha256)
  if (fault === 'changed') writeFileSync(path, Buffer.from(content).fill('x', 600_000, 600_001))
  if (fault === 'shortened') truncateSync(path, 300_000)
  if (fault === 'lengthened') appendFileSync(path, 'x')
  if (fault === 'emptied') truncateSync(path, 0)
  await expect(lengthOf(store.blobs.read(sha256))).rejects.toMatchObject({ code: 'store/damaged' })
  await expect(store.blobs.bytes(sha256)).rejects.toMatchObject({ code: 'store/damaged' })
  await store.blobs.put(streamOf(content))
  expect(await lengthOf(store.blobs.read(sha256))).toBe(content.length)
})

test('files lie by their key, for the owner only', async () => {
  const { sha256 } = await store.blobs.put(streamOf(Buffer.from('a')))
  expect(statSync(pathOf(sha256)).mode & 0o777).toBe(0o600)
  expect(sha256).toBe(sha256Of(Buffer.from('a')))
})

test('an old blob is removed; one that was put again meanwhile is not', async () => {
  const { sha256 } = await store.blobs.put(streamOf(Buffer.from('a')))
  const old = new Date(Date.now() - 3_600_000)
  utimesSync(pathOf(sha256), old, old)
  await store.blobs.put(streamOf(Buffer.from('a')))
  expect(await store.blobs.remove(sha256, { idleMs: 60_000 })).toBe(false)
  utimesSync(pathOf(sha256), old, old)
  expect(await store.blobs.remove(sha256, { idleMs: 60_000 })).toBe(true)
  expect(await store.leftovers()).toBe(0)
})

test('what a kill left half-written is gone after the next start', async () => {
  writeFileSync(join(store.folder, 'drafts', 'half'), 'half')
  sweepDrafts(store.folder)
  expect(await store.leftovers()).toBe(0)
})

test('a large upload is streamed: memory stays small', async () => {
  const piece = Buffer.alloc(1024 * 1024, 7)
  async function* large(): AsyncIterable<Uint8Array> {
    for (let index = 0; index < 400; index += 1) yield piece
  }
  const before = process.memoryUsage.rss()
  const { sha256, size } = await store.blobs.put(large())
  expect(size).toBe(400 * piece.length)
  expect(await lengthOf(store.blobs.read(sha256))).toBe(size)
  expect(process.memoryUsage.rss() - before).toBeLessThan(150 * 1024 * 1024)
})

test('a full disk refuses an upload and keeps nothing of it; the folder can be opened and emptied', async (context) => {
  const root = mountSmall()
  if (root === undefined) return context.skip('a tmpfs cannot be mounted here')
  try {
    const bytes = 1024 * 1024
    const data = await openDataFolder(join(root, 'data'), { ballastBytes: bytes })
    const blobs = diskBlobs(data.paths.blobs)
    const kept = await blobs.put(streamOf(Buffer.alloc(bytes, 1)))
    async function* endless(): AsyncIterable<Uint8Array> {
      for (;;) yield Buffer.alloc(65_536, 2)
    }
    await expect(blobs.put(endless())).rejects.toMatchObject({ code: 'store/full' })
    expect(readdirSync(join(data.paths.blobs, 'drafts'))).toEqual([])
    expect(statSync(ballastPath(data.paths.blobs)).size).toBe(bytes)
    expect(await blobs.size(kept.sha256)).toBe(bytes)
    data.release()
    expect(() => writeFileSync(join(root, 'rest'), Buffer.alloc(8 * bytes))).toThrow('ENOSPC')
    const again = await openDataFolder(join(root, 'data'), { ballastBytes: bytes })
    expect(again.warnings.join()).toContain('nearly full')
    expect(again.token).toBe(data.token)
    expect(await blobs.remove(kept.sha256)).toBe(true)
    again.release()
  } finally {
    execFileSync('umount', ['-l', root])
    rmSync(root, { recursive: true })
  }
})

/** A disk of 8 MiB, where this machine lets us have one. */
function mountSmall(): string | undefined {
  const at = mkdtempSync(join(tmpdir(), 'quarry-small-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', at], { stdio: 'ignore' })
    return at
  } catch {
    rmSync(at, { recursive: true })
    console.warn('skipped: a full disk cannot be tried here, because mounting a tmpfs is not allowed')
    return undefined
  }
}

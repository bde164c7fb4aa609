import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '../domain/errors.ts'
import type { Blobs } from './blobs.ts'

export interface BlobsUnderTest {
  readonly blobs: Blobs
  /** How many things of a failed `put` are left. */
  leftovers(): Promise<number>
  close(): Promise<void>
}

export async function* streamOf(...pieces: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* pieces
}
export const sha256Of = (content: Uint8Array) => createHash('sha256').update(content).digest('hex')
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  )
async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of stream) pieces.push(piece)
  return Buffer.concat(pieces)
}
async function keysOf(blobs: Blobs): Promise<string[]> {
  const keys: string[] = []
  for await (const { sha256 } of blobs.keys()) keys.push(sha256)
  return keys.sort()
}

export function blobsContract(name: string, open: () => Promise<BlobsUnderTest>): void {
  describe(`${name} keeps the promises of Blobs`, () => {
    let store: BlobsUnderTest
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())

    test('what is put in any pieces comes back whole and in any range', async () => {
      const { blobs } = store
      await fc.assert(
        fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }), fc.nat(120), fc.nat(120), async (pieces, from, to) => {
          const whole = Buffer.concat(pieces)
          const { sha256, size } = await blobs.put(streamOf(...pieces))
          expect([sha256, size]).toEqual([sha256Of(whole), whole.length])
          expect(await collect(blobs.read(sha256))).toEqual(whole)
          expect(Buffer.from(await blobs.bytes(sha256))).toEqual(whole)
          expect(await blobs.size(sha256)).toBe(whole.length)
          expect(await collect(blobs.read(sha256, { start: from, end: to }))).toEqual(whole.subarray(from, Math.max(from, to)))
          expect(await blobs.withFile(sha256, (path) => readFile(path))).toEqual(whole)
        }),
        { numRuns: 60 },
      )
    })

    test('the same content is kept once, also when it is put at the same time', async () => {
      const { blobs } = store
      const content = Buffer.alloc(300_000, 'quarry')
      await Promise.all(Array.from({ length: 8 }, () => blobs.put(streamOf(content.subarray(0, 1000), content.subarray(1000)))))
      expect(await keysOf(blobs)).toEqual([sha256Of(content)])
      expect(await store.leftovers()).toBe(0)
    })

    test('a stream that fails and one that is too long leave nothing', async () => {
      const { blobs } = store
      async function* broken(): AsyncIterable<Uint8Array> {
        yield Buffer.from('half')
        throw new AppError('request/aborted')
      }
      expect(await code(blobs.put(broken()))).toBe('request/aborted')
      expect(await code(blobs.put(streamOf(Buffer.alloc(6), Buffer.alloc(5)), { maxBytes: 10 }))).toBe('request/too-large')
      expect((await blobs.put(streamOf(Buffer.alloc(6), Buffer.alloc(4)), { maxBytes: 10 })).size).toBe(10)
      expect(await keysOf(blobs)).toEqual([sha256Of(Buffer.alloc(10))])
      expect(await store.leftovers()).toBe(0)
    })

    test('what is not there, or is no key at all, is not found', async () => {
      const { blobs } = store
      for (const key of ['0'.repeat(64), '../../etc/passwd', '', 'A'.repeat(64), `${'0'.repeat(63)}/`]) {
        expect(await code(collect(blobs.read(key)))).toBe('blob/not-found')
        expect(await code(blobs.bytes(key))).toBe('blob/not-found')
        expect(await code(blobs.withFile(key, async () => 1))).toBe('blob/not-found')
        expect(await blobs.size(key)).toBeUndefined()
        expect(await blobs.remove(key)).toBe(true)
      }
    })

    test('a blob that was put again just now outlives a removal that minds it', async () => {
      const { blobs } = store
      const { sha256 } = await blobs.put(streamOf(Buffer.from('a')))
      expect(await blobs.remove(sha256, { idleMs: 60_000 })).toBe(false)
      expect(await blobs.size(sha256)).toBe(1)
      for await (const { storedAt } of blobs.keys()) expect(Math.abs(storedAt - Date.now())).toBeLessThan(60_000)
      expect(await blobs.remove(sha256)).toBe(true)
      expect(await blobs.size(sha256)).toBeUndefined()
      expect(await keysOf(blobs)).toEqual([])
    })
  })
}

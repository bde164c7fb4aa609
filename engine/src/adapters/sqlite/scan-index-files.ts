import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import type { LargeIndexEngine, RowDirection } from '../large-index.ts'
import { type ChunkPaths, fileIdentity, guarded, transaction } from './chunk-file.ts'
import { directionOf } from './scan-codes.ts'

/**
 * What the chunk file says of the index beside it: folder, rows, and what each of its files must be. Written last and
 * in one transaction, so that an index counts only when it is whole; a chunk file put back from a copy names the index
 * that it had, or none.
 */
export interface IndexStamp {
  readonly token: string
  /** Rows up to this one are in the index: those of them that were there. */
  readonly last: number
  readonly count: number
  readonly files: readonly IndexFile[]
}

/**
 * Name with `/`, bytes, CRC-32 with zeros in the place of the pages that change: an engine may note in its files when
 * they were closed, which no flag for reading alone prevents.
 */
type IndexFile = readonly [name: string, size: number, sum: number, changing: readonly number[]]

const KEY = 'index'
const READ_BYTES = 4 * 2 ** 20
const PAGE = 4_096
const NEXT_SECOND_MS = 1_100
const BATCH = 500

/** The stamp as stored; undefined when there is none. Cheap: asked with every search. */
export function stampReader(db: DatabaseSync): () => string | undefined {
  const read = db.prepare('SELECT value FROM meta WHERE key = ?')
  return () => (read.get(KEY) as { value: string } | undefined)?.value
}

/** Undefined when it is not one of ours. */
export function parsedStamp(text: string): IndexStamp | undefined {
  try {
    const stamp = JSON.parse(text) as IndexStamp
    return /^[0-9a-f]{32}$/.test(stamp.token) && stamp.last > 0 && stamp.count > 0 && stamp.files.length > 0 ? stamp : undefined
  } catch {
    return undefined // damaged: the index is built anew
  }
}

export function indexData(paths: ChunkPaths, stamp: IndexStamp): string {
  return join(paths.index, stamp.token)
}

/** Reads every byte, a few MiB per step: false as soon as something is not as it was written, true at the end. */
export function* verification(directory: string, stamp: IndexStamp): Generator<undefined, boolean> {
  for (const [name, size, sum, changing] of stamp.files) {
    const path = join(directory, ...name.split('/'))
    if (statSync(path, { throwIfNoEntry: false })?.size !== size) return false
    let found = 0
    let length = 0
    for (const { part, at } of parts(path)) {
      found = crc32(without(part, at, changing), found)
      length += part.length
      yield
    }
    if (found !== sum || length !== size) return false
  }
  return true
}

function* parts(path: string): Generator<{ readonly part: Buffer; readonly at: number }> {
  const buffer = Buffer.allocUnsafe(READ_BYTES)
  const handle = openSync(path, 'r')
  try {
    for (let at = 0; ; ) {
      const bytes = readSync(handle, buffer, 0, READ_BYTES, at)
      if (bytes === 0) return
      yield { part: buffer.subarray(0, bytes), at }
      at += bytes
    }
  } finally {
    closeSync(handle)
  }
}

function without(part: Buffer, at: number, changing: readonly number[]): Buffer {
  for (const page of changing) {
    const start = page * PAGE - at
    if (start < part.length && start + PAGE > 0) part.fill(0, Math.max(0, start), Math.min(part.length, start + PAGE))
  }
  return part
}

function pageSums(path: string): number[] {
  const sums: number[] = []
  for (const { part } of parts(path)) for (let start = 0; start < part.length; start += PAGE) sums.push(crc32(part.subarray(start, start + PAGE)))
  return sums
}

function fileOf(directory: string, name: string, before: readonly number[]): IndexFile {
  const path = join(directory, name)
  const changing = pageSums(path).flatMap((sum, page) => (sum === before[page] ? [] : [page]))
  let [size, sum] = [0, 0]
  for (const { part, at } of parts(path)) {
    sum = crc32(without(part, at, changing), sum)
    size += part.length
  }
  return [name.replaceAll('\\', '/'), size, sum, changing]
}

/** Deletes what lies in the folder of the indexes beside the one that is kept. Another process may have it open: then it stays. */
export function deleteOthers(paths: ChunkPaths, kept: string | undefined): void {
  for (const name of readdirSync(paths.index)) if (name !== kept) rmSync(join(paths.index, name), { recursive: true, force: true })
}

/**
 * Builds an index of all vectors that the file holds now and stamps the file. `goOn` is asked between steps; when it
 * says no, nothing is left behind. Returns the rows in the index.
 */
export function buildIndex(db: DatabaseSync, paths: ChunkPaths, dimensions: number, engine: LargeIndexEngine, goOn: () => boolean): number {
  const next = db.prepare('SELECT row, value FROM vectors WHERE row > ? AND row <= ? ORDER BY row LIMIT ?')
  const last = (db.prepare('SELECT coalesce(max(row), 0) AS last FROM vectors').get() as { last: number }).last
  const token = randomBytes(16).toString('hex')
  const directory = join(paths.index, token)
  const identity = fileIdentity(paths.file)
  const writeStamp = db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)')
  let count = 0

  /** Without one long transaction, which would keep the write-ahead log from being cut. */
  function* batches(): Generator<readonly RowDirection[]> {
    for (let after = 0; after < last; ) {
      if (!goOn()) throw new Error('no longer wanted')
      const found = next.all(after, last, BATCH) as unknown as { row: number; value: Uint8Array }[]
      if (found.length === 0) return
      count += found.length
      after = found.at(-1)?.row ?? last
      yield found.map(({ row, value }) => ({ row, direction: directionOf(value) }))
    }
  }

  mkdirSync(paths.index, { recursive: true, mode: 0o700 })
  try {
    const former = stampReader(db)()
    deleteOthers(paths, former === undefined ? undefined : parsedStamp(former)?.token)
    engine.build(directory, dimensions, batches())
    const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(directory, name)).isFile())
    const before = names.map((name) => pageSums(join(directory, name)))
    sleepMs(NEXT_SECOND_MS) // a time of closing noted in seconds differs only then
    const index = engine.open(directory)
    index.nearest(new Float32Array(dimensions).fill(1 / Math.sqrt(dimensions)), 1)
    index.close()
    const files = names.map((name, place) => fileOf(directory, name, before[place] ?? []))
    if (!goOn() || fileIdentity(paths.file) !== identity) throw new Error('no longer wanted')
    const stamp: IndexStamp = { token, last, count, files }
    guarded(paths, () => transaction(db, 'IMMEDIATE', () => writeStamp.run(KEY, JSON.stringify(stamp))))
    deleteOthers(paths, token)
    return count
  } catch (error) {
    // The version was dropped meanwhile: then its whole folder goes.
    rmSync(fileIdentity(paths.file) === identity ? directory : paths.index, { recursive: true, force: true })
    throw error
  }
}

function sleepMs(time: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, time)
}

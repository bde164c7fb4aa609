import type { DatabaseSync } from 'node:sqlite'
import { BLOCK } from './chunk-file.ts'
import { directionOf, scanCoder } from './scan-codes.ts'

/** Collects what a transaction changes in blocks and codes and writes each of them once. */
export interface BlockEditor {
  /** A new row, not live yet. */
  place(row: number, document: number, pages: readonly [number, number] | undefined): void
  /** Makes a row live. */
  show(row: number): void
  /** The row's chunk is gone. */
  forget(row: number): void
  /** Codes for new rows. */
  encode(vectors: readonly { readonly row: number; readonly direction: Float32Array }[]): void
  flush(change: number): void
  clear(): void
}

interface Block {
  readonly live: Uint32Array
  readonly documents: Uint32Array
  readonly pages: Uint32Array
}

interface Codes {
  readonly codes: Uint8Array
  readonly factors: Float32Array
}

/** The centre of the codes is measured anew when there are so many vectors. */
const CENTRE_AT = [256, 4096] as const

export function blockEditor(db: DatabaseSync, dimensions: number): BlockEditor {
  const readBlock = db.prepare('SELECT live, documents, pages FROM blocks WHERE block = ?')
  const writeBlock = db.prepare('INSERT OR REPLACE INTO blocks (block, change, live, documents, pages) VALUES (?, ?, ?, ?, ?)')
  const readCodes = db.prepare('SELECT codes, factors FROM codes WHERE block = ?')
  const writeCodes = db.prepare('INSERT OR REPLACE INTO codes (block, change, codes, factors) VALUES (?, ?, ?, ?)')
  const readMeta = db.prepare('SELECT value FROM meta WHERE key = ?')
  const writeMeta = db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)')
  const everyVector = db.prepare('SELECT row, value FROM vectors ORDER BY row')
  const lastRow = db.prepare("SELECT seq AS value FROM sqlite_sequence WHERE name = 'chunks'")
  const coder = dimensions > 0 ? scanCoder(dimensions) : undefined
  const blocks = new Map<number, Block>()
  const codes = new Map<number, Codes>()

  function blockOf(row: number): Block {
    const number = Math.floor(row / BLOCK)
    const open = blocks.get(number)
    if (open !== undefined) return open
    const stored = readBlock.get(number) as { live: Uint8Array; documents: Uint8Array; pages: Uint8Array } | undefined
    const block: Block =
      stored === undefined
        ? { live: new Uint32Array(BLOCK / 32), documents: new Uint32Array(BLOCK), pages: new Uint32Array(BLOCK * 2) }
        : { live: integers(stored.live), documents: integers(stored.documents), pages: integers(stored.pages) }
    blocks.set(number, block)
    return block
  }

  function codesOf(row: number, size: number): Codes {
    const number = Math.floor(row / BLOCK)
    const open = codes.get(number)
    if (open !== undefined) return open
    const stored = readCodes.get(number) as { codes: Uint8Array; factors: Uint8Array } | undefined
    const entry: Codes =
      stored === undefined || stored.codes.length === 0
        ? { codes: new Uint8Array(BLOCK * size), factors: new Float32Array(BLOCK) }
        : { codes: stored.codes, factors: new Float32Array(integers(stored.factors).buffer) }
    codes.set(number, entry)
    return entry
  }

  function recentre(due: number): Float32Array {
    const centre = new Float64Array(dimensions)
    let count = 0
    for (const { value } of everyVector.iterate() as Iterable<{ value: Uint8Array }>) {
      directionOf(value).forEach((part, index) => {
        centre[index] = (centre[index] as number) + part
      })
      count += 1
    }
    const mean = Float32Array.from(centre, (sum) => sum / Math.max(1, count))
    writeMeta.run('centre', new Uint8Array(mean.buffer))
    writeMeta.run('centred', due)
    return mean
  }

  function code(row: number, direction: Float32Array, centre: Float32Array | undefined): void {
    if (coder === undefined) return
    const size = coder.groups * 16
    const entry = codesOf(row, size)
    const index = row % BLOCK
    entry.factors[index] = coder.encode(direction, centre, entry.codes.subarray(index * size, (index + 1) * size))
  }

  return {
    place(row, document, pages) {
      const block = blockOf(row)
      const index = row % BLOCK
      block.documents[index] = document
      if (pages !== undefined) block.pages.set(pages, index * 2)
    },
    show(row) {
      const { live } = blockOf(row)
      const index = row % BLOCK
      live[index >>> 5] = (live[index >>> 5] as number) | (1 << (index & 31))
    },
    forget(row) {
      const { live, documents, pages } = blockOf(row)
      const index = row % BLOCK
      live[index >>> 5] = (live[index >>> 5] as number) & ~(1 << (index & 31))
      documents[index] = 0
      pages.fill(0, index * 2, index * 2 + 2)
    },
    encode(vectors) {
      if (vectors.length === 0 || coder === undefined) return
      const last = (lastRow.get() as { value: number }).value
      const centred = (readMeta.get('centred') as { value: number } | undefined)?.value ?? 0
      const due = CENTRE_AT.findLast((count) => last >= count) ?? 0
      if (due > centred) {
        const centre = recentre(due)
        for (const { row, value } of everyVector.iterate() as Iterable<{ row: number; value: Uint8Array }>) code(row, directionOf(value), centre)
        return
      }
      const stored = readMeta.get('centre') as { value: Uint8Array } | undefined
      const centre = stored === undefined ? undefined : new Float32Array(integers(stored.value).buffer)
      for (const { row, direction } of vectors) code(row, direction, centre)
    },
    flush(change) {
      for (const [number, block] of blocks) {
        writeBlock.run(number, change, bytes(block.live), bytes(block.documents), bytes(block.pages))
        // A block without chunks keeps only its empty entry, which tells other connections.
        if (coder !== undefined && block.documents.every((document) => document === 0)) {
          codes.set(number, { codes: new Uint8Array(0), factors: new Float32Array(0) })
        }
      }
      for (const [number, entry] of codes) writeCodes.run(number, change, entry.codes, bytes(entry.factors))
    },
    clear() {
      blocks.clear()
      codes.clear()
    },
  }
}

/** A copy, because what SQLite gives need not be aligned. */
function integers(raw: Uint8Array): Uint32Array<ArrayBuffer> {
  return new Uint32Array(raw.slice().buffer)
}

function bytes(values: Uint32Array | Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

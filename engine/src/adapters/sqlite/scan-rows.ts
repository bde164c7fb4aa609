import type { DatabaseSync } from 'node:sqlite'
import { BLOCK } from './chunk-file.ts'

/** What every search needs to know of the rows, in memory; as of the last `refresh`. Row 0 is never used. */
export interface RowTable {
  /** Bitset of the live rows; a multiple of 4 words. */
  readonly live: Uint32Array
  readonly liveCount: number
  /** Number of the document of each row; 0 where there is no chunk (any more). */
  readonly documents: Uint32Array
  /** First and last page of each row; 0 where unknown. */
  readonly pages: Uint32Array
  /** Counts up with every change of the file. */
  readonly change: number
  /** Reads what has changed, by whichever connection. Call inside the transaction that goes on to read. */
  refresh(): void
}

interface BlockRow {
  readonly block: number
  readonly live: Uint8Array
  readonly documents: Uint8Array
  readonly pages: Uint8Array
}

export function rowTable(db: DatabaseSync): RowTable {
  const currentChange = db.prepare("SELECT value FROM meta WHERE key = 'change'")
  const changedBlocks = db.prepare('SELECT block, live, documents, pages FROM blocks WHERE change > ? ORDER BY block DESC')
  let [live, documents, pages] = [new Uint32Array(4), new Uint32Array(BLOCK), new Uint32Array(BLOCK * 2)]
  let change = 0
  let liveCount = 0

  function grow(blocks: number): void {
    const room = blocks * BLOCK
    if (documents.length >= room) return
    const [oldLive, oldDocuments, oldPages] = [live, documents, pages]
    const capacity = Math.max(room, Math.ceil((documents.length * 1.5) / BLOCK) * BLOCK)
    live = new Uint32Array(capacity / 32)
    documents = new Uint32Array(capacity)
    pages = new Uint32Array(capacity * 2)
    live.set(oldLive)
    documents.set(oldDocuments)
    pages.set(oldPages)
  }

  return {
    get live() {
      return live
    },
    get liveCount() {
      return liveCount
    },
    get documents() {
      return documents
    },
    get pages() {
      return pages
    },
    get change() {
      return change
    },
    refresh() {
      const now = (currentChange.get() as { value: number }).value
      if (now === change) return
      // What comes from SQLite need not be aligned, so it is copied byte by byte. The highest block comes first: one growth.
      for (const row of changedBlocks.iterate(change) as Iterable<BlockRow>) {
        grow(row.block + 1)
        bytesOf(live, row.block * (BLOCK / 8), BLOCK / 8).set(row.live)
        bytesOf(documents, row.block * BLOCK * 4, BLOCK * 4).set(row.documents)
        bytesOf(pages, row.block * BLOCK * 8, BLOCK * 8).set(row.pages)
      }
      liveCount = countBits(live)
      change = now
    },
  }
}

function bytesOf(values: Uint32Array, offset: number, length: number): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset + offset, length)
}

export function countBits(bits: Uint32Array): number {
  let count = 0
  for (let index = 0; index < bits.length; index++) {
    let word = bits[index] as number
    if (word === 0) continue
    word -= (word >>> 1) & 0x55555555
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333)
    count += (((word + (word >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24
  }
  return count
}

/** Calls `visit` with each set bit, ascending. */
export function eachBit(bits: Uint32Array, visit: (row: number) => void): void {
  for (let index = 0; index < bits.length; index++) {
    for (let word = bits[index] as number; word !== 0; word &= word - 1) visit(index * 32 + 31 - Math.clz32(word & -word))
  }
}

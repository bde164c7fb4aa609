import type { DatabaseSync } from 'node:sqlite'
import { BLOCK } from './chunk-file.ts'
import { BINS, type ScanKernel, scanKernel } from './scan-kernel.ts'

/**
 * The codes of one file in the memory of its kernel. Blocks that hold a chunk have a slot; a position is
 * `slot * 128 + row % 128`. Beside the codes lies a cache of 8-bit codes, filled as vectors are read.
 */
export interface ScanMemory {
  readonly kernel: ScanKernel
  readonly at: Layout
  readonly slots: number
  /** Entries of the cache; position `p` uses entry `p % entries` when `owners` says so (position + 1). */
  readonly entries: number
  readonly owners: Int32Array
  readonly scales: Float32Array
  rowOf(position: number): number
  /** -1 when the row has no code. */
  positionOf(row: number): number
  unsigned(offset: number, length: number): Uint32Array
  signed(offset: number, length: number): Int32Array
  octets(offset: number, length: number): Int8Array
  /** Reads the codes that have changed. Call inside the transaction that goes on to read. */
  refresh(change: number): void
}

/** Byte offsets. */
interface Layout {
  readonly histogram: number
  readonly query: number
  readonly queryBytes: number
  readonly allowed: number
  readonly blocks: number
  readonly codes: number
  readonly factors: number
  readonly bytes: number
  readonly out: number
  readonly list: number
  readonly end: number
}

/** Source: holds the 8-bit codes of 100,000 vectors of 1,024 dimensions; beyond that entries replace each other. */
const CACHE_BYTES = 100 * 2 ** 20
const PAGE = 65_536

export function scanMemory(db: DatabaseSync, groups: number, stride: number): ScanMemory {
  const changedCodes = db.prepare('SELECT block, codes, factors FROM codes WHERE change > ? ORDER BY block')
  const countCodes = db.prepare('SELECT count(*) AS slots, max(block) AS last FROM codes')
  let slotOfBlock = new Int32Array(0)
  let blockOfSlot = new Uint32Array(0)
  let slots = 0
  let change = 0
  let entries = 0
  let owners = new Int32Array(0)
  let scales = new Float32Array(0)
  let at: Layout = layout(0, 0)
  let memory = new WebAssembly.Memory({ initial: Math.ceil(at.end / PAGE) })
  let kernel = scanKernel(groups, memory)

  function layout(capacity: number, blocks: number): Layout {
    let end = 0
    const take = (bytes: number): number => {
      const start = end
      end += Math.ceil(bytes / 64) * 64
      return start
    }
    const positions = capacity * BLOCK
    return {
      histogram: take((BINS + 1) * 4),
      query: take(groups * 64),
      queryBytes: take(stride),
      allowed: take(blocks * (BLOCK / 8)),
      blocks: take(capacity * 4),
      codes: take(positions * groups * 16),
      factors: take(positions * 4),
      bytes: take(Math.min(positions, Math.floor(CACHE_BYTES / stride)) * stride),
      out: take(positions * 8),
      list: take(positions * 8),
      end,
    }
  }

  function reserve(wantedSlots: number, wantedBlocks: number): void {
    if (wantedSlots <= blockOfSlot.length && wantedBlocks <= slotOfBlock.length) return
    const capacity = Math.max(wantedSlots, slots === 0 ? 0 : Math.ceil(blockOfSlot.length * 1.5))
    const blocks = Math.max(wantedBlocks, slots === 0 ? 0 : Math.ceil(slotOfBlock.length * 1.5))
    const [old, from, oldBlocks, oldSlots] = [memory.buffer, at, slotOfBlock, blockOfSlot]
    at = layout(capacity, blocks)
    memory = new WebAssembly.Memory({ initial: Math.ceil(at.end / PAGE) })
    kernel = scanKernel(groups, memory)
    new Uint8Array(memory.buffer, at.codes).set(new Uint8Array(old, from.codes, slots * BLOCK * groups * 16))
    new Uint8Array(memory.buffer, at.factors).set(new Uint8Array(old, from.factors, slots * BLOCK * 4))
    slotOfBlock = new Int32Array(blocks).fill(-1)
    slotOfBlock.set(oldBlocks)
    blockOfSlot = new Uint32Array(memory.buffer, at.blocks, capacity)
    blockOfSlot.set(oldSlots)
    entries = Math.min(capacity * BLOCK, Math.floor(CACHE_BYTES / stride))
    owners = new Int32Array(entries) // the cache starts anew: it fills again as it is used
    scales = new Float32Array(entries)
  }

  function release(block: number): void {
    const slot = slotOfBlock[block] ?? -1
    if (slot < 0) return
    slots -= 1
    const moved = blockOfSlot[slots] as number
    const size = BLOCK * groups * 16
    const buffer = new Uint8Array(memory.buffer)
    buffer.copyWithin(at.codes + slot * size, at.codes + slots * size, at.codes + (slots + 1) * size)
    buffer.copyWithin(at.factors + slot * BLOCK * 4, at.factors + slots * BLOCK * 4, at.factors + (slots + 1) * BLOCK * 4)
    blockOfSlot[slot] = moved
    slotOfBlock[moved] = slot
    slotOfBlock[block] = -1
    owners.fill(0)
  }

  return {
    get kernel() {
      return kernel
    },
    get at() {
      return at
    },
    get slots() {
      return slots
    },
    get entries() {
      return entries
    },
    get owners() {
      return owners
    },
    get scales() {
      return scales
    },
    rowOf: (position) => (blockOfSlot[position >>> 7] as number) * BLOCK + (position & (BLOCK - 1)),
    positionOf(row) {
      const slot = slotOfBlock[row >>> 7] ?? -1
      return slot < 0 ? -1 : slot * BLOCK + (row & (BLOCK - 1))
    },
    unsigned: (offset, length) => new Uint32Array(memory.buffer, offset, length),
    signed: (offset, length) => new Int32Array(memory.buffer, offset, length),
    octets: (offset, length) => new Int8Array(memory.buffer, offset, length),
    refresh(now) {
      if (now === change) return
      const { slots: count, last } = countCodes.get() as { slots: number; last: number | null }
      reserve(count, (last ?? -1) + 1)
      const size = BLOCK * groups * 16
      for (const { block, codes, factors } of changedCodes.iterate(change) as Iterable<{ block: number; codes: Uint8Array; factors: Uint8Array }>) {
        if (codes.length === 0) {
          release(block)
          continue
        }
        let slot = slotOfBlock[block] as number
        if (slot < 0) {
          slot = slots++
          slotOfBlock[block] = slot
          blockOfSlot[slot] = block
        }
        new Uint8Array(memory.buffer, at.codes + slot * size, size).set(codes)
        new Uint8Array(memory.buffer, at.factors + slot * BLOCK * 4, BLOCK * 4).set(factors)
      }
      change = now
    },
  }
}

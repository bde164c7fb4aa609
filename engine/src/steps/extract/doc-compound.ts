import { AppError } from '../../domain/errors.ts'

/** The streams of an OLE compound file (doc, xls, ppt, encrypted OOXML), found by path such as `WordDocument` or `ObjectPool/_1/Contents`. */
export interface CompoundFile {
  readonly names: readonly string[]
  /** Undefined when there is no such stream. Names are compared without regard to case. @throws AppError document/truncated, document/corrupt */
  stream(name: string): Uint8Array | undefined
}

const SIGNATURE = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]
const LAST_SECTOR = 0xfffffffa // larger numbers are marks, not sectors
const FREE = 0xffffffff
const MAX_ENTRIES = 20_000

export function isCompound(bytes: Uint8Array): boolean {
  return bytes.length >= 512 && SIGNATURE.every((byte, index) => bytes[index] === byte)
}

/** @throws AppError document/corrupt, document/truncated */
export function openCompound(bytes: Uint8Array): CompoundFile {
  if (!isCompound(bytes)) throw new AppError(bytes.length < 512 ? 'document/truncated' : 'document/corrupt', { expected: 'an OLE container' })
  const view = viewOf(bytes)
  const shift = view.getUint16(30, true)
  if (shift !== 9 && shift !== 12) throw new AppError('document/corrupt', { expected: 'an OLE container' })
  const sectorSize = 1 << shift
  const miniSize = 1 << Math.min(view.getUint16(32, true), 12)
  const sectors = Math.ceil(bytes.length / sectorSize)
  const sector = (index: number): Uint8Array | undefined => {
    const start = (index + 1) * sectorSize
    return index > LAST_SECTOR || start >= bytes.length ? undefined : bytes.subarray(start, start + sectorSize)
  }
  const table = readTable()
  const directory = chain(view.getUint32(48, true), Number.POSITIVE_INFINITY)
  const miniCutoff = view.getUint32(56, true)
  const entries = readEntries(directory)
  const root = entries.find((entry) => entry.type === 5)
  let miniStream: Uint8Array | undefined
  let miniTable: DataView | undefined

  function readTable(): DataView {
    const parts: Uint8Array[] = []
    const list: number[] = []
    for (let at = 76; at < 512; at += 4) list.push(view.getUint32(at, true))
    const seen = new Set<number>()
    for (let next = view.getUint32(68, true); next <= LAST_SECTOR && !seen.has(next); ) {
      seen.add(next)
      const part = sector(next)
      if (part === undefined || part.length < sectorSize) break
      const numbers = new DataView(part.buffer, part.byteOffset, part.byteLength)
      for (let at = 0; at < sectorSize - 4; at += 4) list.push(numbers.getUint32(at, true))
      next = numbers.getUint32(sectorSize - 4, true)
    }
    for (const index of list.slice(0, Math.ceil((sectors * 4) / sectorSize) + 1)) {
      if (index > LAST_SECTOR) {
        if (index === FREE) continue
        break
      }
      const part = sector(index)
      if (part !== undefined) parts.push(part)
    }
    const joined = Buffer.concat(parts)
    return new DataView(joined.buffer, joined.byteOffset, joined.byteLength)
  }

  /** Follows a chain of sectors up to `size` bytes; a cycle or a missing sector ends it. */
  function chain(first: number, size: number): Uint8Array {
    const parts: Uint8Array[] = []
    let length = 0
    let steps = 0
    for (let index = first; index <= LAST_SECTOR && length < size && steps <= sectors; steps += 1) {
      const part = sector(index)
      if (part === undefined) break
      parts.push(part)
      length += part.length
      index = index * 4 + 4 <= table.byteLength ? table.getUint32(index * 4, true) : FREE
    }
    return Buffer.concat(parts)
  }

  function miniChain(first: number, size: number): Uint8Array {
    if (root === undefined) return new Uint8Array()
    miniStream ??= chain(root.start, root.size)
    if (miniTable === undefined) {
      const bytesOfTable = chain(view.getUint32(60, true), Number.POSITIVE_INFINITY)
      miniTable = new DataView(bytesOfTable.buffer, bytesOfTable.byteOffset, bytesOfTable.byteLength)
    }
    const parts: Uint8Array[] = []
    const most = Math.ceil(miniStream.length / miniSize)
    let length = 0
    for (let index = first, steps = 0; index <= LAST_SECTOR && length < size && steps <= most; steps += 1) {
      const part = miniStream.subarray(index * miniSize, (index + 1) * miniSize)
      if (part.length === 0) break
      parts.push(part)
      length += part.length
      index = index * 4 + 4 <= miniTable.byteLength ? miniTable.getUint32(index * 4, true) : FREE
    }
    return Buffer.concat(parts)
  }

  const paths = pathsOf(entries)
  return {
    names: [...paths.keys()],
    stream(name) {
      const entry = paths.get(name.toLowerCase())
      if (entry === undefined) return undefined
      const content = entry.size < miniCutoff ? miniChain(entry.start, entry.size) : chain(entry.start, entry.size)
      if (content.length < entry.size) {
        // Some programs claim a little more than they wrote; half a stream is a cut-off file.
        if (content.length < entry.size / 2) throw new AppError('document/truncated', { stream: name })
        return content
      }
      return content.subarray(0, entry.size)
    },
  }
}

interface DirectoryEntry {
  readonly name: string
  readonly type: number // 1 storage, 2 stream, 5 root
  readonly left: number
  readonly right: number
  readonly below: number
  readonly start: number
  readonly size: number
}

function readEntries(directory: Uint8Array): DirectoryEntry[] {
  const view = new DataView(directory.buffer, directory.byteOffset, directory.byteLength)
  const entries: DirectoryEntry[] = []
  for (let at = 0; at + 128 <= directory.length && entries.length < MAX_ENTRIES; at += 128) {
    const nameLength = Math.min(Math.max(view.getUint16(at + 64, true) - 2, 0), 62)
    entries.push({
      name: Buffer.from(directory.subarray(at, at + nameLength)).toString('utf16le'),
      type: view.getUint8(at + 66),
      left: view.getUint32(at + 68, true),
      right: view.getUint32(at + 72, true),
      below: view.getUint32(at + 76, true),
      start: view.getUint32(at + 116, true),
      size: view.getUint32(at + 120, true),
    })
  }
  return entries
}

function pathsOf(entries: readonly DirectoryEntry[]): Map<string, DirectoryEntry> {
  const paths = new Map<string, DirectoryEntry>()
  const seen = new Set<number>()
  const pending: { index: number; path: string }[] = [{ index: entries.find((entry) => entry.type === 5)?.below ?? FREE, path: '' }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const entry = entries[next.index]
    if (entry === undefined || seen.has(next.index)) continue
    seen.add(next.index)
    const path = `${next.path}${entry.name.toLowerCase()}`
    if (entry.type === 2 && !paths.has(path)) paths.set(path, entry)
    if (entry.type === 1) pending.push({ index: entry.below, path: `${path}/` })
    pending.push({ index: entry.right, path: next.path }, { index: entry.left, path: next.path })
  }
  // A damaged tree of names may hide streams that are there all the same.
  for (const entry of entries) if (entry.type === 2 && !paths.has(entry.name.toLowerCase())) paths.set(entry.name.toLowerCase(), entry)
  return paths
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

import { AppError } from '../../domain/errors.ts'
import type { Source } from './reader.ts'

/** One row of a zip's central directory. Sizes and names are claims of the file. */
export interface ZipRow {
  readonly name: Uint8Array
  readonly utf8: boolean
  readonly encrypted: boolean
  readonly method: number // 0 stored, 8 deflated
  readonly packedSize: number // bytes
  readonly size: number // bytes, unpacked
  readonly crc: number
  readonly at: number // of the local header
  /** Unix mode, 0 when the archive was not made on Unix. */
  readonly mode: number
}

const END = 0x06054b50
const END_64_PLACE = 0x07064b50
const END_64 = 0x06064b50
const ROW = 0x02014b50
const END_BYTES = 22
const FULL_32 = 0xffffffff

/**
 * The central directory, without reading what is packed. At most `maxRows` rows.
 * @throws AppError document/truncated (the directory is missing: it stands at the end), document/corrupt, document/hostile (more rows)
 */
export function readZipDirectory(file: Pick<Source, 'at' | 'size'>, maxRows: number): ZipRow[] {
  const { count, start, length } = findDirectory(file)
  if (count > maxRows) throw new AppError('document/hostile', { limit: `${maxRows} entries`, got: count })
  if (start + length > file.size || length < count * 46) throw new AppError('document/corrupt', { reason: 'the table of contents points outside the file' })
  const table = file.at(start, length)
  const view = viewOf(table)
  const rows: ZipRow[] = []
  for (let at = 0; rows.length < count; ) {
    if (at + 46 > table.length || view.getUint32(at, true) !== ROW) throw new AppError('document/corrupt', { reason: 'the table of contents is damaged' })
    const flags = view.getUint16(at + 8, true)
    const nameLength = view.getUint16(at + 28, true)
    const extraLength = view.getUint16(at + 30, true)
    const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true)
    if (next > table.length) throw new AppError('document/corrupt', { reason: 'the table of contents is damaged' })
    const sizes = {
      size: view.getUint32(at + 24, true),
      packedSize: view.getUint32(at + 20, true),
      at: view.getUint32(at + 42, true),
    }
    const wide = withLongSizes(table.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength), sizes)
    rows.push({
      name: table.subarray(at + 46, at + 46 + nameLength),
      utf8: (flags & 0x800) !== 0,
      encrypted: (flags & 0x41) !== 0,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      mode: view.getUint16(at + 4, true) >> 8 === 3 ? view.getUint32(at + 38, true) >>> 16 : 0,
      ...wide,
    })
    at = next
  }
  return rows
}

/** The names alone, of at most the first thousand rows: what tells a DOCX from an EPUB. */
export function zipNames(rows: readonly ZipRow[]): string[] {
  const decoder = new TextDecoder('utf-8')
  return rows.slice(0, 1000).map((row) => decoder.decode(row.name).replaceAll('\\', '/'))
}

/** Where the packed bytes of a row begin. @throws AppError document/corrupt */
export function packedStart(file: Pick<Source, 'at' | 'size'>, row: ZipRow): number {
  const header = file.at(row.at, 30)
  if (header.length < 30 || viewOf(header).getUint32(0, true) !== 0x04034b50)
    throw new AppError('document/corrupt', { reason: 'an entry is not where it should be' })
  const start = row.at + 30 + viewOf(header).getUint16(26, true) + viewOf(header).getUint16(28, true)
  if (start + row.packedSize > file.size) throw new AppError('document/corrupt', { reason: 'an entry reaches beyond the end of the file' })
  return start
}

function findDirectory(file: Pick<Source, 'at' | 'size'>): { count: number; start: number; length: number } {
  const tailLength = Math.min(file.size, END_BYTES + 0xffff)
  const tail = file.at(file.size - tailLength, tailLength)
  const view = viewOf(tail)
  for (let at = tail.length - END_BYTES; at >= 0; at -= 1) {
    if (view.getUint32(at, true) !== END) continue
    const place = { count: view.getUint16(at + 10, true), length: view.getUint32(at + 12, true), start: view.getUint32(at + 16, true) }
    const needsLong = place.count === 0xffff || place.length === FULL_32 || place.start === FULL_32
    if (!needsLong || at < 20 || view.getUint32(at - 20, true) !== END_64_PLACE) return place
    const long = file.at(Number(view.getBigUint64(at - 20 + 8, true)), 56)
    if (long.length < 56 || viewOf(long).getUint32(0, true) !== END_64) throw new AppError('document/corrupt', { reason: 'the table of contents is damaged' })
    const long64 = viewOf(long)
    return { count: Number(long64.getBigUint64(32, true)), length: Number(long64.getBigUint64(40, true)), start: Number(long64.getBigUint64(48, true)) }
  }
  throw new AppError('document/truncated', { reason: 'the table of contents at the end is missing' })
}

function withLongSizes(extra: Uint8Array, sizes: { size: number; packedSize: number; at: number }): { size: number; packedSize: number; at: number } {
  const view = viewOf(extra)
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = view.getUint16(at + 2, true)
    if (view.getUint16(at, true) === 1) {
      let from = at + 4
      const long = (short: number): number => {
        if (short !== FULL_32 || from + 8 > Math.min(extra.length, at + 4 + length)) return short
        from += 8
        return Number(view.getBigUint64(from - 8, true))
      }
      const size = long(sizes.size)
      const packedSize = long(sizes.packedSize)
      return { size, packedSize, at: long(sizes.at) }
    }
    at += 4 + length
  }
  return sizes
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

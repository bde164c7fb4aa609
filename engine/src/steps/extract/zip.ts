import { crc32, createInflateRaw } from 'node:zlib'
import { AppError } from '../../domain/errors.ts'
import type { ExtractLimits, Source } from './reader.ts'

export interface ZipEntry {
  readonly name: string
  readonly packed: number // bytes
  readonly unpacked: number // bytes, as the archive claims; never trusted
  readonly encrypted: boolean
  readonly method: number
  readonly crc: number
  readonly offset: number // of the local header
}

/**
 * The parts of a zip file, read one at a time. Unpacked bytes are counted over all parts together while they inflate.
 * Reading throws AppError document/hostile past `limits`, document/encrypted, document/truncated or document/corrupt.
 */
export interface ZipParts {
  /** In the order of the archive; of two entries with one name the first counts. */
  readonly names: readonly string[]
  entry(name: string): ZipEntry | undefined
  /** The content in pieces. A wrong checksum is told to `onDamage` after the last piece. */
  stream(name: string): AsyncIterable<Uint8Array>
  /** The whole content; undefined when there is no such part. */
  read(name: string): Promise<Uint8Array | undefined>
  /** Parts whose checksum did not match. */
  readonly damaged: readonly string[]
}

const END = 0x06054b50
const END64 = 0x06064b50
const END64_LOCATOR = 0x07064b50
const CENTRAL = 0x02014b50
const LOCAL = 0x04034b50
const RATIO_FREE = 2 ** 20 // bytes that may be unpacked before the ratio counts

/** @throws AppError document/truncated, document/corrupt, document/hostile */
export function openZip(source: Pick<Source, 'bytes'>, limits: ExtractLimits): ZipParts {
  const bytes = source.bytes()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const entries = readDirectory(bytes, view, limits)
  const damaged: string[] = []
  let packedTotal = 0
  let unpackedTotal = 0

  function count(added: number): void {
    unpackedTotal += added
    if (unpackedTotal > limits.unpackedBytes) throw new AppError('document/hostile', { reason: `unpacks to more than ${limits.unpackedBytes} bytes` })
    if (unpackedTotal > RATIO_FREE && unpackedTotal > packedTotal * limits.ratio) {
      throw new AppError('document/hostile', { reason: `unpacks to more than ${limits.ratio} times its size` })
    }
  }

  function content(entry: ZipEntry): Uint8Array {
    if (entry.encrypted) throw new AppError('document/encrypted', { part: shown(entry.name) })
    if (entry.offset + 30 > bytes.length) throw new AppError('document/truncated', { part: shown(entry.name) })
    if (view.getUint32(entry.offset, true) !== LOCAL) throw new AppError('document/corrupt', { part: shown(entry.name) })
    const start = entry.offset + 30 + view.getUint16(entry.offset + 26, true) + view.getUint16(entry.offset + 28, true)
    if (start + entry.packed > bytes.length) throw new AppError('document/truncated', { part: shown(entry.name) })
    return bytes.subarray(start, start + entry.packed)
  }

  async function* stream(name: string): AsyncIterable<Uint8Array> {
    const entry = entries.get(name)
    if (entry === undefined) throw new AppError('document/corrupt', { missing: shown(name) })
    const packed = content(entry)
    packedTotal += packed.length
    let checksum = 0
    for await (const piece of unpack(entry, packed)) {
      count(piece.length)
      checksum = crc32(piece, checksum)
      yield piece
    }
    if (checksum !== entry.crc) damaged.push(name)
  }

  return {
    names: [...entries.keys()],
    entry: (name) => entries.get(name),
    stream,
    async read(name) {
      if (!entries.has(name)) return undefined
      const pieces: Uint8Array[] = []
      for await (const piece of stream(name)) pieces.push(piece)
      return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
    },
    damaged,
  }
}

async function* unpack(entry: ZipEntry, packed: Uint8Array): AsyncIterable<Uint8Array> {
  if (entry.method === 0) {
    yield packed
    return
  }
  if (entry.method !== 8) throw new AppError('document/unsupported', { compression: entry.method })
  const inflate = createInflateRaw({ chunkSize: 65_536 })
  inflate.end(packed)
  try {
    for await (const piece of inflate) yield piece as Uint8Array
  } catch (error) {
    if (error instanceof AppError) throw error
    const cut = error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR'
    throw new AppError(cut ? 'document/truncated' : 'document/corrupt', { part: shown(entry.name) }, error)
  } finally {
    inflate.destroy()
  }
}

function readDirectory(bytes: Uint8Array, view: DataView, limits: ExtractLimits): Map<string, ZipEntry> {
  const end = findEnd(view)
  if (end === undefined) {
    const zip = bytes.length >= 4 && view.getUint32(0, true) === LOCAL
    throw new AppError(zip ? 'document/truncated' : 'document/corrupt', { expected: 'a zip container' })
  }
  let total = view.getUint16(end + 10, true)
  let size = view.getUint32(end + 12, true)
  let offset = view.getUint32(end + 16, true)
  let stop = end
  const locator = end - 20
  if (locator >= 0 && view.getUint32(locator, true) === END64_LOCATOR) {
    const at = Number(view.getBigUint64(locator + 8, true))
    if (at + 56 <= bytes.length && view.getUint32(at, true) === END64) {
      total = Number(view.getBigUint64(at + 32, true))
      size = Number(view.getBigUint64(at + 40, true))
      offset = Number(view.getBigUint64(at + 48, true))
      stop = at
    }
  }
  if (total > limits.entries) throw new AppError('document/hostile', { reason: `more than ${limits.entries} parts` })
  // Bytes before the archive (a stub, a mail gateway's banner) shift every offset by the same amount.
  const shift = stop - size - offset
  let at = stop - size
  if (at < 0 || shift < 0 || at > stop) throw new AppError('document/truncated', { expected: 'a complete zip directory' })
  const entries = new Map<string, ZipEntry>()
  for (let count = 0; count < total; count += 1) {
    if (at + 46 > stop || view.getUint32(at, true) !== CENTRAL) throw new AppError('document/corrupt', { expected: 'a complete zip directory' })
    const nameLength = view.getUint16(at + 28, true)
    const extraLength = view.getUint16(at + 30, true)
    const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true)
    if (next > stop) throw new AppError('document/corrupt', { expected: 'a complete zip directory' })
    const flags = view.getUint16(at + 8, true)
    const raw = bytes.subarray(at + 46, at + 46 + nameLength)
    const name = Buffer.from(raw)
      .toString((flags & 0x800) !== 0 ? 'utf8' : isUtf8(raw) ? 'utf8' : 'latin1')
      .replaceAll('\\', '/')
      .replace(/^\/+/, '')
    const large = readZip64(view, at + 46 + nameLength, extraLength, {
      unpacked: view.getUint32(at + 24, true),
      packed: view.getUint32(at + 20, true),
      offset: view.getUint32(at + 42, true),
    })
    if (!entries.has(name)) {
      entries.set(name, {
        name,
        ...large,
        offset: large.offset + shift,
        encrypted: (flags & 1) !== 0,
        method: view.getUint16(at + 10, true),
        crc: view.getUint32(at + 16, true),
      })
    }
    at = next
  }
  return entries
}

function readZip64(view: DataView, start: number, length: number, small: { unpacked: number; packed: number; offset: number }): typeof small {
  const result = { ...small }
  for (let at = start; at + 4 <= start + length; ) {
    const size = view.getUint16(at + 2, true)
    if (view.getUint16(at, true) === 1) {
      let field = at + 4
      for (const key of ['unpacked', 'packed', 'offset'] as const) {
        if (small[key] !== 0xffffffff || field + 8 > Math.min(at + 4 + size, start + length)) continue
        result[key] = Number(view.getBigUint64(field, true))
        field += 8
      }
    }
    at += 4 + size
  }
  return result
}

function findEnd(view: DataView): number | undefined {
  const last = view.byteLength - 22
  for (let at = last; at >= Math.max(0, last - 65_535); at -= 1) {
    if (view.getUint32(at, true) === END) return at
  }
  return undefined
}

function isUtf8(bytes: Uint8Array): boolean {
  return !new TextDecoder().decode(bytes).includes('\ufffd')
}

/** A part's name as it may be shown: short, without control characters. */
export function shown(name: string): string {
  return name.replace(/\p{Cc}/gu, '').slice(0, 100)
}

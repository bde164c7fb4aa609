import { crc32, createInflateRaw } from 'node:zlib'
import { AppError } from '../../domain/errors.ts'
import type { TextBuilder } from './builder.ts'
import { decodeText } from './encoding.ts'
import type { ExtractEvents } from './extract.ts'
import type { ExtractLimits, ReadContext, Source } from './reader.ts'
import { packedStart, readZipDirectory, type ZipRow } from './zip-directory.ts'

/** Source: small entries pack by more than the ratio without meaning harm. */
const FREE_BYTES = 1 << 20
const PIECE_BYTES = 256 << 10
/** Source: entries are streamed, never held; this bounds the disk that one upload can fill. */
const ARCHIVE_BYTES = 4 * 2 ** 30
const MAX_PATH = 1024 // characters
const FILE_TYPE = 0o170000
const REGULAR = 0o100000
/** What packers of operating systems add. */
const CLUTTER = /(?:^|\/)(?:__MACOSX\/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\._[^/]*$)/i

interface Entry {
  readonly path: string
  readonly row: ZipRow
}

/**
 * Streams the entries of a zip archive, in order; nothing is ever written to a path, names are labels. Links, encrypted
 * and repeated entries are left out with a warning.
 * @returns sentences for a person
 * @throws AppError document/hostile when it unpacks to more than the limits allow, counted while unpacking; or when
 *   entries share bytes. What was sent before is then to be forgotten
 */
export async function readArchive(source: Source, limits: ExtractLimits, events: ExtractEvents): Promise<string[]> {
  const warnings = new Set<string>()
  const entries = entriesOf(source, limits, (sentence) => warnings.add(sentence))
  const meter = meterOf(source.size, limits.ratio, ARCHIVE_BYTES)
  for (const [index, { path, row }] of entries.entries()) {
    events.progress(index, entries.length)
    events.entryStart(path)
    try {
      await unpack(source, row, meter, (piece) => events.entryData(piece))
      events.entryEnd()
    } catch (cause) {
      if (cause instanceof AppError && cause.code !== 'document/corrupt') throw cause
      events.entryBroken()
      warnings.add(`"${path}" is damaged and was left out.`)
    }
  }
  return [...warnings].slice(0, 100)
}

/** An archive that is itself a file inside a file: its entries are read as sections. */
export async function readArchiveInside(source: Source, out: TextBuilder, context: ReadContext): Promise<void> {
  const entries = entriesOf(source, context.limits, (sentence) => out.warn(sentence))
  const meter = meterOf(source.size, context.limits.ratio, context.limits.unpackedBytes)
  for (const { path, row } of entries) {
    const pieces: Uint8Array[] = []
    try {
      await unpack(source, row, meter, (piece) => pieces.push(piece))
    } catch (cause) {
      if (cause instanceof AppError && cause.code !== 'document/corrupt') throw cause
      out.warn(`"${path}" is damaged and was left out.`)
      continue
    }
    await context.nested(path, Buffer.concat(pieces))
  }
}

function entriesOf(source: Source, limits: ExtractLimits, warn: (sentence: string) => void): Entry[] {
  const rows = readZipDirectory(source, limits.entries)
  checkOverlap(source, rows)
  const seen = new Set<string>()
  const entries: Entry[] = []
  let encrypted = 0
  for (const row of rows) {
    const raw = row.utf8 ? new TextDecoder().decode(row.name) : decodeText(row.name).text
    if (raw.endsWith('/') || raw.endsWith('\\')) continue
    const path = cleanPath(raw)
    if (path !== raw.replaceAll('\\', '/').normalize('NFC')) warn(`The name "${shown(raw)}" was read as "${path}".`)
    if (CLUTTER.test(path)) continue
    const key = path.toLowerCase()
    if (row.mode !== 0 && (row.mode & FILE_TYPE) !== REGULAR && (row.mode & FILE_TYPE) !== 0) warn(`"${path}" is a link or a device and was left out.`)
    else if (row.encrypted) {
      encrypted += 1
      warn(`"${path}" is protected by a password and was left out.`)
    } else if (row.method !== 0 && row.method !== 8) warn(`"${path}" is packed in a way that cannot be read and was left out.`)
    else if (seen.has(key)) warn(`"${path}" is there twice; only the first was read.`)
    else {
      seen.add(key)
      entries.push({ path, row })
    }
  }
  if (entries.length === 0) throw new AppError(encrypted > 0 ? 'document/encrypted' : 'document/empty', { entries: rows.length })
  return entries
}

/** Bombs let many entries share the same packed bytes. */
function checkOverlap(source: Source, rows: readonly ZipRow[]): void {
  let end = 0
  for (const row of rows.toSorted((a, b) => a.at - b.at)) {
    if (row.at < end) throw new AppError('document/hostile', { reason: 'entries of the archive overlap' })
    end = row.at + 30 + row.packedSize
  }
  if (end > source.size) throw new AppError('document/truncated', { expected: end, got: source.size })
}

function meterOf(packedSize: number, ratio: number, most: number): { add(bytes: number): void } {
  const limit = Math.min(most, Math.max(FREE_BYTES, packedSize * ratio))
  let total = 0
  return {
    add(bytes) {
      total += bytes
      if (total > limit) throw new AppError('document/hostile', { limit: `${limit} bytes unpacked` })
    },
  }
}

async function unpack(source: Source, row: ZipRow, meter: { add(bytes: number): void }, keep: (piece: Uint8Array) => void): Promise<void> {
  const start = packedStart(source, row)
  const most = Math.max(FREE_BYTES, row.packedSize * 1032) // deflate cannot do more
  let sum = 0
  let length = 0
  const take = (piece: Uint8Array): void => {
    length += piece.length
    if (length > Math.min(most, row.size)) throw new AppError('document/corrupt', { reason: 'an entry is longer than it says' })
    meter.add(piece.length)
    sum = crc32(piece, sum)
    keep(piece)
  }
  if (row.method === 0) for (const piece of piecesOf(source, start, row.packedSize)) take(piece)
  else {
    const inflate = createInflateRaw()
    const feed = (async () => {
      for (const piece of piecesOf(source, start, row.packedSize)) {
        if (inflate.destroyed) return
        if (!inflate.write(piece)) await new Promise<void>((resolve) => inflate.once('drain', resolve).once('close', resolve))
      }
      inflate.end()
    })()
    try {
      for await (const piece of inflate as AsyncIterable<Buffer>) take(piece)
    } catch (cause) {
      throw cause instanceof AppError ? cause : new AppError('document/corrupt', {}, cause)
    } finally {
      inflate.destroy()
      await feed
    }
  }
  if (sum !== row.crc || length !== row.size) throw new AppError('document/corrupt', { reason: 'the check sum of an entry is wrong' })
}

function* piecesOf(source: Source, start: number, length: number): Generator<Uint8Array> {
  for (let at = 0; at < length; at += PIECE_BYTES) yield source.at(start + at, Math.min(PIECE_BYTES, length - at))
}

/** A label: no drive, no leading slash, no "..", no control characters. */
export function cleanPath(raw: string): string {
  const parts = raw
    .toWellFormed()
    .normalize('NFC')
    .replace(/\p{Cc}/gu, '')
    .replaceAll('\\', '/')
    .split('/')
    // Drive letters may stand one behind the other; what is left is looked at for ".." last.
    .map((part) => part.replace(/^(?:\s*[A-Za-z]:)*\s*/, '').trim())
    .filter((part) => part !== '' && part !== '.' && part !== '..')
  const kept = parts.join('/')
  // A name that is too long loses its first folders, whole, so that no cut makes a new "..".
  const path = kept.length <= MAX_PATH ? kept : (kept.slice(-MAX_PATH).split('/').slice(1).join('/') || (parts.at(-1) ?? '').slice(0, MAX_PATH)).toWellFormed()
  return path === '' ? 'unnamed' : path
}

function shown(raw: string): string {
  return raw
    .toWellFormed()
    .replace(/\p{Cc}/gu, '')
    .slice(0, 100)
}

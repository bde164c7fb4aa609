import iconv from 'iconv-lite'
import { AppError } from '../../domain/errors.ts'
import { type CompoundFile, viewOf } from './doc-compound.ts'
import { readCharacterMarks, readParagraphMarks, readStyleLevels } from './doc-marks.ts'
import type { ExtractLimits } from './reader.ts'
import { encodingOf } from './rtf-words.ts'

/** A run of text that lies in one place of the file. */
export interface Piece {
  readonly start: number // character position
  readonly end: number
  readonly offset: number // of the first byte in the WordDocument stream
  readonly width: 1 | 2 // bytes per character
}

export interface ParagraphMark {
  readonly start: number // byte offsets in the WordDocument stream
  readonly end: number
  readonly style: number
  readonly level: number | undefined // outline level from 1
  readonly inTable: boolean
  readonly rowEnd: boolean
  readonly listed: boolean
}

/** The characters of a Word file and what is known of its paragraphs. Positions count characters over all parts. */
export interface WordFile {
  /** Word 6/95 files tell nothing about paragraphs. */
  readonly version: 6 | 97
  text(start: number, end: number): string
  /** Lengths in characters; the parts follow each other in this order. */
  readonly lengths: Readonly<Record<(typeof PARTS)[number], number>>
  offsetOf(position: number): number | undefined
  readonly paragraphs: readonly ParagraphMark[]
  readonly deleted: readonly { readonly start: number; readonly end: number }[]
  /** Heading level by style number; 0 for the title. */
  readonly levels: ReadonlyMap<number, number>
  /** Where a note is referred to, and the range of its text within its part. */
  notes(kind: 'footnotes' | 'endnotes' | 'comments'): readonly { readonly at: number; readonly start: number; readonly end: number }[]
}

export const PARTS = ['body', 'footnotes', 'headers', 'macros', 'comments', 'endnotes', 'boxes', 'headerBoxes'] as const
const MAX_PIECES = 1_000_000

/** @throws AppError document/encrypted, document/corrupt, document/truncated, document/unsupported */
export function openWord(file: CompoundFile, limits: ExtractLimits): WordFile {
  const stream = file.stream('WordDocument')
  if (stream === undefined) throw new AppError('document/corrupt', { missing: 'WordDocument' })
  if (stream.length < 0x200) throw new AppError('document/truncated', { stream: 'WordDocument' })
  const view = viewOf(stream)
  const magic = view.getUint16(0, true)
  if (magic !== 0xa5ec && magic !== 0xa5dc) throw new AppError(magic === 0xa5db ? 'document/unsupported' : 'document/corrupt', { expected: 'Word 6 or later' })
  const flags = view.getUint16(10, true)
  if ((flags & 0x100) !== 0) throw new AppError('document/encrypted')
  if (view.getUint16(2, true) < 0xc1) return openWord6(stream, view, (flags & 4) !== 0, limits)

  const table = file.stream((flags & 0x200) !== 0 ? '1Table' : '0Table') ?? file.stream((flags & 0x200) !== 0 ? '0Table' : '1Table')
  if (table === undefined) throw new AppError('document/corrupt', { missing: 'the table stream' })
  /** A structure in the table stream by its number in the file information block; empty when it is missing or out of bounds. */
  const structure = (index: number): Uint8Array => {
    const at = 0x9a + index * 8
    const offset = view.getUint32(at, true)
    const size = view.getUint32(at + 4, true)
    return offset + size > table.length ? new Uint8Array() : table.subarray(offset, offset + size)
  }
  const pieces = readPieces(structure(33), (fc) =>
    (fc & 0x40000000) !== 0 ? { offset: (fc & 0x3fffffff) >>> 1, width: 1 } : { offset: fc & 0x3fffffff, width: 2 },
  )
  if (pieces.length === 0) throw new AppError('document/corrupt', { missing: 'the text' })
  refuseEndless(pieces, limits)
  return {
    version: 97,
    ...textAccess(stream, pieces, 'cp1252'),
    lengths: lengthsAt(view, 0x4c, pieces.at(-1)?.end ?? 0),
    paragraphs: readParagraphMarks(stream, structure(13)),
    deleted: readCharacterMarks(stream, structure(12)),
    levels: readStyleLevels(structure(1)),
    notes(kind) {
      const first = { footnotes: 2, comments: 4, endnotes: 46 }[kind]
      const places = positionsIn(structure(first), kind === 'comments' ? 30 : 2)
      const texts = positionsIn(structure(first + 1), 0)
      let last = 0 // texts that lie over each other would multiply
      return places.slice(0, -1).flatMap((at, index) => {
        const [start, end] = [texts[index], texts[index + 1]]
        if (start === undefined || end === undefined || start < last || end < start) return []
        last = end
        return [{ at, start, end }]
      })
    },
  }
}

/** Pieces may lie over each other: few bytes could stand for any number of characters. */
function refuseEndless(pieces: readonly Piece[], limits: ExtractLimits): void {
  if ((pieces.at(-1)?.end ?? 0) > limits.characters) throw new AppError('document/too-large', { limit: `${limits.characters} characters of text` })
}

function openWord6(stream: Uint8Array, view: DataView, complex: boolean, limits: ExtractLimits): WordFile {
  const start = view.getUint32(0x18, true)
  const end = Math.min(view.getUint32(0x1c, true), stream.length)
  if (start >= stream.length || end <= start) throw new AppError('document/corrupt', { missing: 'the text' })
  let pieces: Piece[] = []
  if (complex) {
    const offset = view.getUint32(0x160, true)
    const size = view.getUint32(0x164, true)
    if (offset + size <= stream.length) pieces = readPieces(stream.subarray(offset, offset + size), (fc) => ({ offset: fc, width: 1 }))
  }
  if (pieces.length === 0) pieces = [{ start: 0, end: end - start, offset: start, width: 1 }]
  refuseEndless(pieces, limits)
  return {
    version: 6,
    ...textAccess(stream, pieces, encodingOf(codePageOfLanguage(view.getUint16(6, true)))),
    lengths: lengthsAt(view, 0x34, pieces.at(-1)?.end ?? 0),
    paragraphs: [],
    deleted: [],
    levels: new Map(),
    notes: () => [],
  }
}

function lengthsAt(view: DataView, at: number, most: number): WordFile['lengths'] {
  let left = most
  const lengths = PARTS.map((_, index) => {
    const length = Math.min(view.getUint32(at + index * 4, true), left)
    left -= length
    return length
  })
  const [body = 0, footnotes = 0, headers = 0, macros = 0, comments = 0, endnotes = 0, boxes = 0, headerBoxes = 0] = lengths
  return { body, footnotes, headers, macros, comments, endnotes, boxes, headerBoxes }
}

/** The piece table: format changes (1), then the pieces (2). */
function readPieces(bytes: Uint8Array, place: (fc: number) => { offset: number; width: 1 | 2 }): Piece[] {
  const view = viewOf(bytes)
  let at = 0
  while (at + 3 <= bytes.length && bytes[at] === 1) at += 3 + view.getUint16(at + 1, true)
  if (at + 5 > bytes.length || bytes[at] !== 2) return []
  const size = Math.min(view.getUint32(at + 1, true), bytes.length - at - 5)
  const count = Math.min(Math.floor((size - 4) / 12), MAX_PIECES)
  const first = at + 5
  const pieces: Piece[] = []
  for (let index = 0; index < count; index += 1) {
    const start = view.getUint32(first + index * 4, true)
    const end = view.getUint32(first + index * 4 + 4, true)
    const fc = view.getUint32(first + (count + 1) * 4 + index * 8 + 2, true)
    if (end <= start || start !== (pieces.at(-1)?.end ?? 0)) break
    pieces.push({ start, end, ...place(fc) })
  }
  return pieces
}

function textAccess(stream: Uint8Array, pieces: readonly Piece[], encoding: string): Pick<WordFile, 'text' | 'offsetOf'> {
  /** Index of the piece with this position; -1 when there is none. */
  const pieceAt = (position: number): number => {
    let low = 0
    let high = pieces.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const piece = pieces[middle]
      if (piece === undefined || position < piece.start) high = middle - 1
      else if (position >= piece.end) low = middle + 1
      else return middle
    }
    return -1
  }
  return {
    text(start, end) {
      const parts: string[] = []
      for (let index = Math.max(0, pieceAt(start)); index < pieces.length; index += 1) {
        const piece = pieces[index]
        if (piece === undefined || piece.start >= end) break
        const from = Math.max(start, piece.start)
        const to = Math.min(end, piece.end)
        if (from >= to) continue
        const bytes = stream.subarray(piece.offset + (from - piece.start) * piece.width, piece.offset + (to - piece.start) * piece.width)
        parts.push(piece.width === 2 ? Buffer.from(bytes).toString('utf16le') : iconv.decode(Buffer.from(bytes), encoding))
      }
      return parts.join('')
    },
    offsetOf(position) {
      const piece = pieces[pieceAt(position)]
      return piece === undefined ? undefined : piece.offset + (position - piece.start) * piece.width
    },
  }
}

/** The positions of a PLC whose entries have `size` bytes of data each. */
function positionsIn(bytes: Uint8Array, size: number): number[] {
  const view = viewOf(bytes)
  const count = Math.floor((bytes.length - 4) / (4 + size)) + 1
  return Array.from({ length: Math.max(0, count) }, (_, index) => view.getUint32(index * 4, true))
}

const CODE_PAGES: Readonly<Record<number, number>> = {
  1: 1256,
  2: 1251,
  4: 936,
  5: 1250,
  8: 1253,
  13: 1255,
  14: 1250,
  17: 932,
  18: 949,
  21: 1250,
  24: 1250,
  25: 1251,
  26: 1250,
  27: 1250,
  28: 1250,
  30: 874,
  31: 1254,
  34: 1251,
  35: 1251,
  36: 1250,
  37: 1257,
  38: 1257,
  39: 1257,
  41: 1256,
  42: 1258,
}

function codePageOfLanguage(language: number): number {
  if (language === 0x0404 || language === 0x0c04) return 950
  return CODE_PAGES[language & 0x3ff] ?? 1252
}

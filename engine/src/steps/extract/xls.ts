import { AppError } from '../../domain/errors.ts'
import type { TextBuilder } from './builder.ts'
import { isCompound, openCompound, viewOf } from './doc-compound.ts'
import { readSummary } from './doc-properties.ts'
import type { ExtractLimits, Reader } from './reader.ts'
import { encodingOf } from './rtf-words.ts'
import { BIFF, type BiffRecord, biffRecords, shortString, stringCursor, unpackRk } from './xls-records.ts'
import { formatted, type NumberStyle, styleOf, styleOfId } from './xlsx-format.ts'
import { type Cell, sheetRows } from './xlsx-rows.ts'

const MAX_SHEETS = 2_000

/** Excel 5 to 2003 workbooks: a section per sheet, hidden ones too; values of formulas as they were stored. */
export const readXls: Reader = async (source, out, context) => {
  const stream = workbookStream(source.bytes(), out)
  const book = readGlobals(stream, context.limits)
  for (const [index, sheet] of book.sheets.entries()) {
    await out.section(sheet.name, () => readSheet(stream, sheet.offset, book, out, context.limits))
    context.progress(index + 1, book.sheets.length)
  }
}

interface Book {
  readonly biff8: boolean
  readonly encoding: string
  readonly date1904: boolean
  readonly strings: readonly string[]
  readonly styles: readonly NumberStyle[]
  readonly sheets: readonly { readonly name: string; readonly offset: number }[]
}

function workbookStream(bytes: Uint8Array, out: TextBuilder): Uint8Array {
  let stream: Uint8Array | undefined
  if (isCompound(bytes)) {
    const file = openCompound(bytes)
    if (file.names.includes('encryptedpackage')) throw new AppError('document/encrypted')
    stream = file.stream('Workbook') ?? file.stream('Book')
    if (stream === undefined) throw new AppError('document/corrupt', { missing: 'Workbook' })
    readSummary(file, out)
  } else stream = bytes
  const type = stream.length >= 8 ? viewOf(stream).getUint16(0, true) : 0
  if (type === 0x0009 || type === 0x0209 || type === 0x0409) throw new AppError('document/unsupported', { expected: 'Excel 5 or later' })
  if (type !== BIFF.beginOfFile) throw new AppError('document/corrupt', { expected: 'an Excel workbook' })
  return stream
}

function readGlobals(stream: Uint8Array, limits: ExtractLimits): Book {
  const view = viewOf(stream)
  const biff8 = view.getUint16(4, true) >= 0x0600
  const codes = new Map<number, NumberStyle>()
  const formats: number[] = []
  const sheets: Book['sheets'][number][] = []
  let encoding = 'cp1252'
  let date1904 = false
  let strings: string[] = []
  let open: { readonly segments: BiffRecord[] } | undefined
  for (const record of biffRecords(stream, 0)) {
    const { type, start, end } = record
    const size = end - start
    if (type === BIFF.continued) {
      open?.segments.push(record)
      continue
    }
    if (open !== undefined) {
      strings = readStrings(stream, open.segments, limits)
      open = undefined
    }
    if (type === BIFF.filePass) throw new AppError('document/encrypted')
    if (type === BIFF.codePage && size >= 2) encoding = encodingOf(codePageOf(view.getUint16(start, true)))
    else if (type === BIFF.dateMode && size >= 2) date1904 = view.getUint16(start, true) === 1
    else if (type === BIFF.format && size >= 3) codes.set(view.getUint16(start, true), styleOf(shortString(stream, start + 2, end, biff8, biff8, encoding)))
    else if (type === BIFF.extendedFormat && size >= 4) formats.push(view.getUint16(start + 2, true))
    else if (type === BIFF.sharedStrings && size >= 8) open = { segments: [record] }
    else if (type === BIFF.boundSheet && size >= 8 && stream[start + 5] === 0 && !sheets.some((sheet) => sheet.offset === view.getUint32(start, true))) {
      if (sheets.length >= MAX_SHEETS) throw new AppError('document/too-large', { limit: `${MAX_SHEETS} sheets` })
      sheets.push({ offset: view.getUint32(start, true), name: shortString(stream, start + 6, end, false, biff8, encoding) })
    }
  }
  if (open !== undefined) strings = readStrings(stream, open.segments, limits)
  return { biff8, encoding, date1904, strings, styles: formats.map((id) => styleOfId(id, codes)), sheets }
}

function codePageOf(stated: number): number {
  return stated === 0x8000 ? 10_000 : stated === 0x8001 ? 1252 : stated
}

function readStrings(stream: Uint8Array, segments: readonly BiffRecord[], limits: ExtractLimits): string[] {
  const first = segments[0]
  if (first === undefined) return []
  const count = viewOf(stream).getUint32(first.start + 4, true)
  const cursor = stringCursor(stream, segments, 8)
  const strings: string[] = []
  let characters = 0
  while (strings.length < count) {
    const text = cursor.next()
    if (text === undefined) break
    characters += text.length
    if (characters > limits.characters) throw new AppError('document/too-large', { limit: `${limits.characters} characters of text` })
    strings.push(text)
  }
  return strings
}

function readSheet(stream: Uint8Array, offset: number, book: Book, out: TextBuilder, limits: ExtractLimits): void {
  const view = viewOf(stream)
  const rows = new Map<number, Cell[]>()
  const shapes: string[] = []
  let formula: { readonly row: number; readonly column: number } | undefined
  let shapeFollows = 0 // characters of a drawn text that follows
  let whole = false

  const put = (row: number, column: number, text: string): void => {
    if (text === '') return
    const cells = rows.get(row)
    if (cells === undefined) rows.set(row, [[column, text]])
    else cells.push([column, text])
  }
  const number = (value: number, style: number): string => (Number.isFinite(value) ? formatted(value, book.styles[style] ?? 'general', book.date1904) : '')

  for (const { type, start, end } of biffRecords(stream, offset)) {
    const size = end - start
    if (type === BIFF.endOfFile) whole = true
    if (type === BIFF.continued) {
      if (shapeFollows > 0 && size > 1) {
        const width = ((stream[start] ?? 0) & 1) !== 0 ? 2 : 1
        const raw = Buffer.from(stream.subarray(start + 1, Math.min(end, start + 1 + shapeFollows * width)))
        shapes.push(raw.toString(width === 2 ? 'utf16le' : 'latin1'))
      }
      shapeFollows = 0
      continue
    }
    if (type === BIFF.filePass) throw new AppError('document/encrypted')
    if (type === BIFF.textObject) shapeFollows = size >= 12 ? view.getUint16(start + 10, true) : 0
    if (type === BIFF.string && formula !== undefined) {
      put(formula.row, formula.column, shortString(stream, start, end, true, book.biff8, book.encoding))
      formula = undefined
    }
    if (size < 6 || !CELLS.has(type)) continue
    const row = view.getUint16(start, true)
    const column = view.getUint16(start + 2, true)
    const style = view.getUint16(start + 4, true)
    if (type === BIFF.labelShared && size >= 10) put(row, column, book.strings[view.getUint32(start + 6, true)] ?? '')
    else if (type === BIFF.label || type === BIFF.richString) put(row, column, shortString(stream, start + 6, end, true, book.biff8, book.encoding))
    else if (type === BIFF.number && size >= 14) put(row, column, number(view.getFloat64(start + 6, true), style))
    else if (type === BIFF.rk && size >= 10) put(row, column, number(unpackRk(view.getInt32(start + 6, true)), style))
    else if (type === BIFF.boolOrError && size >= 8 && stream[start + 7] === 0) put(row, column, stream[start + 6] === 0 ? 'FALSE' : 'TRUE')
    else if (type === BIFF.mulRk) {
      for (let at = start + 4, next = column; at + 6 <= end - 2; at += 6, next += 1) {
        put(row, next, number(unpackRk(view.getInt32(at + 2, true)), view.getUint16(at, true)))
      }
    } else if (type === BIFF.formula && size >= 14) {
      formula = undefined
      if (view.getUint16(start + 12, true) !== 0xffff) put(row, column, number(view.getFloat64(start + 6, true), style))
      else if (stream[start + 6] === 0) formula = { row, column }
      else if (stream[start + 6] === 1) put(row, column, stream[start + 8] === 0 ? 'FALSE' : 'TRUE')
    }
  }
  const table = sheetRows(out, limits)
  for (const [row, cells] of [...rows].sort((a, b) => a[0] - b[0]))
    table.row(
      row,
      cells.sort((a, b) => a[0] - b[0]),
    )
  table.end()
  for (const text of shapes) out.add('paragraph', text)
  if (!whole) out.warn('A sheet ends in the middle. Rows may be missing at its end.')
}

const CELLS: ReadonlySet<number> = new Set([BIFF.labelShared, BIFF.label, BIFF.richString, BIFF.number, BIFF.rk, BIFF.boolOrError, BIFF.mulRk, BIFF.formula])

import { parse } from 'csv-parse/sync'
import { AppError } from '../../domain/errors.ts'
import { decodeText } from './encoding.ts'
import { MEDIA } from './formats.ts'
import type { Reader } from './reader.ts'

const SEPARATORS = ['\t', ';', ',', '|']
/** Source: more would be a matrix of numbers, not a table that people ask about. */
const MAX_COLUMNS = 16_384

/** A table; the separator is found by looking, and the first row is its header when it reads like one. */
export const readCsv: Reader = async (source, out) => {
  const { text, doubt } = decodeText(source.bytes())
  if (doubt !== undefined) out.warn(doubt)
  const delimiter = source.mediaType === MEDIA.tsv ? '\t' : separatorOf(text)
  let rows: string[][]
  try {
    rows = parse(text, { delimiter, relax_column_count: true, relax_quotes: true, skip_empty_lines: true, bom: true, trim: true, max_record_size: 4 << 20 })
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause
    // Quotes that never close: a line is a row, then.
    out.warn('The quotes in this table do not match; its lines were read as they stand.')
    rows = text.split(/\r?\n/).map((line) => line.split(delimiter))
  }
  if (rows.some((row) => row.length > MAX_COLUMNS)) throw new AppError('document/too-large', { limit: `${MAX_COLUMNS} columns` })
  out.table(rows.map(withoutEmptyEnd), { hasHeader: hasHeader(rows) })
}

function separatorOf(text: string): string {
  const sample = text.slice(0, 32_768)
  const lines = unquoted(sample)
    .split('\n')
    .slice(0, 50)
    .filter((line) => line.trim() !== '')
  const score = (separator: string): number => {
    const counts = lines.map((line) => line.split(separator).length - 1)
    const most = counts.toSorted((a, b) => a - b)[Math.floor(counts.length / 2)] ?? 0
    return most === 0 ? Math.max(0, ...counts) / 1000 : (counts.filter((count) => count === most).length / counts.length) * Math.min(most, 20) ** 0.25
  }
  return SEPARATORS.toSorted((a, b) => score(b) - score(a))[0] ?? ','
}

function unquoted(text: string): string {
  let inside = false
  let kept = ''
  for (const character of text) {
    if (character === '"') inside = !inside
    else if (!inside) kept += character
  }
  return kept
}

function withoutEmptyEnd(row: string[]): string[] {
  let end = row.length
  while (end > 0 && row[end - 1]?.trim() === '') end -= 1
  return row.slice(0, end)
}

/** Names, all different, over columns that hold something else. */
export function hasHeader(rows: readonly (readonly string[])[]): boolean {
  const [first = [], ...rest] = rows
  const names = first.map((cell) => cell.trim())
  if (rest.length === 0 || names.length < 2 || names.some((name) => name === '' || name.length > 200 || isNumber(name))) return false
  if (new Set(names).size < names.length) return false
  return rest.slice(0, 50).some((row) => row.some((cell) => cell.trim() !== '' && !names.includes(cell.trim())))
}

function isNumber(text: string): boolean {
  return /^[-+]?[\d.,\s%€$£]+$/.test(text)
}

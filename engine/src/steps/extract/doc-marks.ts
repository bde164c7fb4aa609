import { viewOf } from './doc-compound.ts'
import type { ParagraphMark } from './doc-file.ts'

const PAGE = 512
const MAX_MARKS = 2_000_000
const IN_TABLE = 0x2416
const ROW_END = 0x2417
const OUTLINE = 0x2640
const LIST = 0x460b
const DELETED = 0x0800
const HEADING_1 = 1 // built-in style identifiers
const HEADING_9 = 9
const TITLE = 62
const NO_STYLE = 0xfff
const MAX_CHAIN = 20

/** Paragraph properties by byte range, ascending. */
export function readParagraphMarks(stream: Uint8Array, places: Uint8Array): ParagraphMark[] {
  const marks: ParagraphMark[] = []
  for (const { page, start, end, entry } of runs(stream, places, 13)) {
    const at = (stream[entry] ?? 0) * 2
    let style = 0
    let level: number | undefined
    let inTable = false
    let rowEnd = false
    let listed = false
    if (at > 0) {
      const short = stream[page + at] ?? 0
      const from = page + at + (short === 0 ? 2 : 1)
      const length = short === 0 ? (stream[page + at + 1] ?? 0) * 2 : short * 2 - 1
      const properties = stream.subarray(from, Math.min(from + length, page + PAGE))
      if (properties.length >= 2) style = viewOf(properties).getUint16(0, true)
      for (const [name, value] of modifiers(properties.subarray(2))) {
        if (name === IN_TABLE) inTable = value !== 0
        else if (name === ROW_END) rowEnd = value !== 0
        else if (name === OUTLINE) level = value < 9 ? value + 1 : 10
        else if (name === LIST) listed = value !== 0
      }
    }
    marks.push({ start, end, style, level, inTable, rowEnd, listed })
    if (marks.length >= MAX_MARKS) break
  }
  return marks.sort((a, b) => a.start - b.start)
}

/** Byte ranges that tracked changes have deleted, ascending. */
export function readCharacterMarks(stream: Uint8Array, places: Uint8Array): { start: number; end: number }[] {
  const marks: { start: number; end: number }[] = []
  let count = 0
  for (const { page, start, end, entry } of runs(stream, places, 1)) {
    count += 1
    if (count > MAX_MARKS) break
    const at = (stream[entry] ?? 0) * 2
    if (at === 0) continue
    const length = stream[page + at] ?? 0
    const properties = stream.subarray(page + at + 1, Math.min(page + at + 1 + length, page + PAGE))
    for (const [name, value] of modifiers(properties)) if (name === DELETED && value !== 0 && value !== 0x80) marks.push({ start, end })
  }
  return marks.sort((a, b) => a.start - b.start)
}

/** The runs of all formatted disk pages; `entry` is the byte that leads to a run's properties. */
function* runs(stream: Uint8Array, places: Uint8Array, entrySize: number): Generator<{ page: number; start: number; end: number; entry: number }> {
  const view = viewOf(stream)
  const table = viewOf(places)
  const count = Math.max(0, Math.floor((places.length - 4) / 8))
  const seen = new Set<number>()
  for (let index = 0; index < count; index += 1) {
    const page = (table.getUint32((count + 1) * 4 + index * 4, true) & 0x3fffff) * PAGE
    if (page + PAGE > stream.length || seen.has(page)) continue
    seen.add(page)
    const size = stream[page + PAGE - 1] ?? 0
    const entries = page + (size + 1) * 4
    if (entries + size * entrySize > page + PAGE) continue
    for (let run = 0; run < size; run += 1) {
      const start = view.getUint32(page + run * 4, true)
      const end = view.getUint32(page + run * 4 + 4, true)
      if (end > start) yield { page, start, end, entry: entries + run * entrySize }
    }
  }
}

/** Property modifiers with the first number of their operand. */
function* modifiers(bytes: Uint8Array): Generator<[name: number, value: number]> {
  const view = viewOf(bytes)
  let at = 0
  while (at + 3 <= bytes.length) {
    const name = view.getUint16(at, true)
    at += 2
    const kind = name >> 13
    const variable = kind === 6
    const size = variable
      ? name === 0xd608
        ? 1 + (at + 2 <= bytes.length ? view.getUint16(at, true) : 0)
        : 1 + (bytes[at] ?? 0)
      : ([1, 1, 2, 4, 2, 2, 0, 3][kind] ?? 1)
    yield [name, size === 2 && at + 2 <= bytes.length ? view.getUint16(at, true) : (bytes[at] ?? 0)]
    at += size
  }
}

/** Heading level by style number, along what styles are based on; 0 for the title. */
export function readStyleLevels(sheet: Uint8Array): Map<number, number> {
  const levels = new Map<number, number>()
  if (sheet.length < 8) return levels
  const view = viewOf(sheet)
  const count = Math.min(view.getUint16(2, true), NO_STYLE)
  const styles: { identifier: number; base: number }[] = []
  let at = 2 + view.getUint16(0, true)
  for (let index = 0; index < count && at + 2 <= sheet.length; index += 1) {
    const size = view.getUint16(at, true)
    const filled = size >= 4 && at + 6 <= sheet.length
    styles.push(
      filled ? { identifier: view.getUint16(at + 2, true) & 0xfff, base: view.getUint16(at + 4, true) >> 4 } : { identifier: NO_STYLE, base: NO_STYLE },
    )
    at += 2 + size
  }
  for (const index of styles.keys()) {
    let current = styles[index]
    for (let step = 0; current !== undefined && step < MAX_CHAIN; step += 1) {
      if (current.identifier >= HEADING_1 && current.identifier <= HEADING_9) levels.set(index, current.identifier)
      else if (current.identifier === TITLE) levels.set(index, 0)
      if (levels.has(index)) break
      current = styles[current.base]
    }
  }
  return levels
}

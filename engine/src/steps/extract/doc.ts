import type { TextBuilder } from './builder.ts'
import { openCompound } from './doc-compound.ts'
import { openWord, PARTS, type ParagraphMark, type WordFile } from './doc-file.ts'
import { readSummary } from './doc-properties.ts'
import { LAYOUT_CELL, looksLikeHeader, MAX_HEADING, tidyRows } from './ooxml-rows.ts'
import type { Reader } from './reader.ts'

/**
 * Word documents of 1993 to 2003 (Word 6, 95, 97 and later): text, headings, tables, notes after the paragraph that
 * refers to them; text boxes, headers and footers once, at the end.
 */
export const readDoc: Reader = async (source, out, context) => {
  const file = openCompound(source.bytes())
  const word = openWord(file, context.limits)
  readSummary(file, out)
  const starts = partStarts(word)
  const notes = [
    ...notesOf(word, 'footnotes', starts.footnotes, ''),
    ...notesOf(word, 'endnotes', starts.endnotes, ''),
    ...notesOf(word, 'comments', starts.comments, 'Comment: '),
  ].sort((a, b) => a.at - b.at)
  addPart(word, 0, word.lengths.body, notes, out)
  await out.section('', () => {
    const told = new Set<string>()
    for (const part of ['boxes', 'headerBoxes', 'headers', ...(word.version === 6 ? (['footnotes', 'endnotes', 'comments'] as const) : [])] as const) {
      for (const line of plainLines(word.text(starts[part], starts[part] + word.lengths[part]))) {
        const key = line.replace(/[\s\d]+/g, ' ')
        if (told.has(key) || !/\p{L}\P{Z}*\p{L}/u.test(key)) continue
        told.add(key)
        out.add('paragraph', line)
      }
    }
  })
}

function partStarts(word: WordFile): Record<(typeof PARTS)[number], number> {
  const starts: Record<(typeof PARTS)[number], number> = { body: 0, footnotes: 0, headers: 0, macros: 0, comments: 0, endnotes: 0, boxes: 0, headerBoxes: 0 }
  let at = 0
  for (const part of PARTS) {
    starts[part] = at
    at += word.lengths[part]
  }
  return starts
}

interface Note {
  readonly at: number
  readonly text: string
}

function notesOf(word: WordFile, kind: 'footnotes' | 'endnotes' | 'comments', base: number, lead: string): Note[] {
  return word.notes(kind).flatMap(({ at, start, end }) => {
    if (end > word.lengths[kind]) return []
    const text = plainLines(word.text(base + start, base + end)).join('\n')
    return text === '' ? [] : [{ at, text: lead + text }]
  })
}

function plainLines(text: string): string[] {
  return withoutFields(text)
    .replaceAll('\u0007', '\r')
    .replaceAll('\f', '\r')
    .split('\r')
    .map(visible)
    .filter((line) => line !== '')
}

/** Paragraphs, lists and tables of one part, in order. */
function addPart(word: WordFile, start: number, end: number, notes: readonly Note[], out: TextBuilder): void {
  const raw = word.text(start, end)
  const text = withoutFields(withoutDeleted(word, start, raw))
  let rows: string[][] = []
  let cells: string[] = []
  let cell: string[] = []
  let list: string[] = []
  let nextNote = 0
  let markIndex = 0

  const markAt = (position: number): ParagraphMark | undefined => {
    const offset = word.offsetOf(start + position)
    if (offset === undefined) return undefined
    // Mostly ascending, so the search goes on where it was.
    const current = word.paragraphs[markIndex]
    if (current === undefined || offset < current.start || offset >= current.end) markIndex = lastBefore(word.paragraphs, offset)
    const mark = word.paragraphs[markIndex]
    return mark !== undefined && offset >= mark.start && offset < mark.end ? mark : undefined
  }
  const flushList = (): void => {
    out.add('list', list.join('\n'))
    list = []
  }
  const flushTable = (): void => {
    if (cell.length > 0) cells.push(cell.join('\n'))
    if (cells.length > 0) rows.push(cells)
    cells = []
    cell = []
    if (rows.length === 0) return
    const table = tidyRows(rows)
    rows = []
    const widest = table.reduce((most, row) => Math.max(most, row.length), 0)
    if (widest <= 1 || table.some((row) => row.some((one) => one.length > LAYOUT_CELL))) {
      for (const one of table.flat()) for (const line of one.split('\n')) out.add('paragraph', line)
    } else out.table(table, { hasHeader: looksLikeHeader(table) })
  }
  const addNotes = (until: number): void => {
    for (let note = notes[nextNote]; note !== undefined && note.at < until; note = notes[nextNote]) {
      flushList()
      out.add('paragraph', note.text)
      nextNote += 1
    }
  }
  const paragraph = (line: string, mark: ParagraphMark | undefined): void => {
    const styled = mark === undefined ? undefined : word.levels.get(mark.style)
    const level = mark?.level === undefined ? styled : mark.level === 10 ? undefined : mark.level
    if (level !== undefined && line.length <= MAX_HEADING) {
      flushList()
      if (level === 0 && line !== '') out.title ??= line
      out.heading(Math.max(level, 1), line)
    } else if (mark?.listed === true && line !== '') list.push(`- ${line}`)
    else if (line !== '') {
      flushList()
      out.add('paragraph', line)
    }
  }

  let from = 0
  for (let at = 0; at <= text.length; at += 1) {
    const code = at === text.length ? 13 : text.charCodeAt(at)
    if (code !== 13 && code !== 7 && code !== 12) continue
    const line = visible(text.slice(from, at))
    const mark = at === text.length ? undefined : markAt(at)
    const empty = at === from
    from = at + 1
    if (code === 7) {
      flushList()
      // Word 6 tells no row ends: an empty cell right after another cell is taken for one.
      const rowEnd = word.version === 6 ? empty && cells.length > 0 : mark?.rowEnd === true
      if (rowEnd) {
        rows.push(cells)
        cells = []
        cell = []
      } else {
        cells.push([...cell, line].filter((part) => part !== '').join('\n'))
        cell = []
      }
      continue
    }
    // Word 6 does not tell which paragraphs lie in a cell: those of an open row do.
    if (mark?.inTable === true || (word.version === 6 && cells.length > 0)) {
      flushList()
      if (line !== '') cell.push(line)
      continue
    }
    flushTable()
    paragraph(line, mark)
    addNotes(start + at + 1)
  }
  flushTable()
  flushList()
  addNotes(Number.POSITIVE_INFINITY)
}

/** Index of the last range that starts at or before the offset; 0 when there is none. */
function lastBefore(ranges: readonly { readonly start: number }[], offset: number): number {
  let low = 0
  let high = ranges.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((ranges[middle]?.start ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/** Deleted text becomes NUL characters, which are cleaned away later; positions stay. */
function withoutDeleted(word: WordFile, start: number, raw: string): string {
  const { deleted } = word
  if (deleted.length === 0) return raw
  const parts: string[] = []
  let index = 0
  for (let at = 0; at < raw.length; at += 1) {
    const offset = word.offsetOf(start + at) ?? -1
    const current = deleted[index]
    if (current === undefined || offset < current.start || offset >= current.end) index = lastBefore(deleted, offset)
    const range = deleted[index]
    parts.push(range !== undefined && offset >= range.start && offset < range.end ? '\0' : (raw[at] ?? ''))
  }
  return parts.join('')
}

/** Field codes between the marks 0x13 and 0x14 become NUL characters; their results stay. */
function withoutFields(text: string): string {
  if (!text.includes('\x13')) return text
  const parts: string[] = []
  const open: boolean[] = [] // true while in the code of a field
  let codes = 0
  for (const sign of text.split('')) {
    if (sign === '\x13') {
      open.push(true)
      codes += 1
    } else if ((sign === '\x14' || sign === '\x15') && open.length > 0) {
      if (open.at(-1) === true) codes -= 1
      if (sign === '\x15') open.pop()
      else open[open.length - 1] = false
    } else if (codes === 0 || sign === '\r' || sign === '\x07') {
      parts.push(sign)
      continue
    }
    parts.push('\0')
  }
  return parts.join('')
}

/** Word's own signs as ordinary ones. */
function visible(line: string): string {
  return line
    .replaceAll('\v', '\n')
    .replaceAll('\u001e', '-')
    .replace(/[^\P{Cc}\t\n]/gu, '')
    .trim()
}

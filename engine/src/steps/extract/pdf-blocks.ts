import type { Segment } from './pdf-lines.ts'
import { boxOf, type Row, toRows } from './pdf-rows.ts'
import type { Rectangle } from './pdf-runs.ts'
import { LIST_MARK, tableEnd, toTable } from './pdf-tables.ts'

/** A block before the whole document is known: its lines are not yet joined, its heading level is open. */
export type Draft =
  | { readonly kind: 'table'; readonly rows: readonly (readonly string[])[]; readonly hasHeader: boolean; readonly boxes: Rectangle[] }
  | TextDraft
export interface TextDraft {
  readonly kind: 'text'
  /** One entry per list item; one for a paragraph. Each holds its lines. */
  readonly items: string[][]
  readonly list: boolean
  readonly size: number
  readonly bold: boolean
  readonly level: number | undefined // by the structure tree
  /** A running header or footer: never a heading. */
  readonly running?: boolean
  readonly boxes: Rectangle[]
}

const MARKED = /^(?:[•‣▪▫●○◦■□➢✓✔❖◆*–—]|\[\w{1,12}\]|\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[.)])\s+\S/
const SENTENCE_END = /[.!?:;。！？؟।…]["'”’)\]]*$/

export function toDrafts(region: readonly Segment[]): Draft[] {
  const rows = toRows(region)
  const drafts: Draft[] = []
  const leading = usualLeading(rows)
  let paragraph: Row[] = []
  const flush = () => {
    if (paragraph.length > 0) drafts.push(...paragraphs(paragraph, leading))
    paragraph = []
  }
  for (let i = 0; i < rows.length; ) {
    const row = rows[i]
    if (row === undefined) break
    const end = row.cells.length > 1 ? tableEnd(rows, i) : i
    if (end > i) {
      const table = rows.slice(captionless(rows, i, paragraph), end)
      const draft = toTable(table)
      // What comes down to one column is no table: stacked signs of a formula, say.
      if (draft.rows.filter((row) => row.filter((cell) => cell !== '').length > 1).length < 2) paragraph.push(...table)
      else {
        flush()
        drafts.push({ kind: 'table', ...draft, boxes: [boxOf(table)] })
      }
      i = end
    } else {
      paragraph.push(row)
      i++
    }
  }
  flush()
  return drafts
}

/** Running headers and footers, one block each. */
export function runningDrafts(segments: readonly Segment[]): TextDraft[] {
  return toRows(segments).map((row) => ({ ...toDraft([toLine(row)]), list: false, running: true }))
}

/** Header lines with one cell ("Three Months Ended" over two columns) that stand right above belong to the table. */
function captionless(rows: readonly Row[], at: number, paragraph: Row[]): number {
  let from = at
  const right = rows[at]?.cells.at(-1)?.x1 ?? 0
  while (from > 0 && at - from < 2 && paragraph.length > 0) {
    const above = rows[from - 1]
    const below = rows[from]
    const [cell] = above?.cells ?? []
    if (above === undefined || below === undefined || cell === undefined || above.cells.length > 1) break
    const overCells = cell.x0 > leftOf(rows, at) + 60 && cell.x1 < right + 30 && cell.text.length < 60
    if (!overCells || below.y - above.y > 2.2 * below.size || /[.]$/.test(cell.text)) break
    paragraph.pop()
    from--
  }
  return from
}

function leftOf(rows: readonly Row[], at: number): number {
  return Math.min(...rows.slice(at, at + 12).map((row) => row.cells[0]?.x0 ?? Number.POSITIVE_INFINITY))
}

/** The distance of baselines, in type sizes, that is most usual between neighbours. */
function usualLeading(rows: readonly Row[]): number {
  const counts = new Map<number, number>()
  for (let i = 1; i < rows.length; i++) {
    const [before, row] = [rows[i - 1], rows[i]]
    if (before === undefined || row === undefined) continue
    const leading = Math.round(((row.y - before.y) / row.size) * 20) / 20
    if (leading > 0.8 && leading < 2.6) counts.set(leading, (counts.get(leading) ?? 0) + (row.cells[0]?.text.length ?? 0))
  }
  let best = 1.2
  let most = 0
  for (const [leading, count] of counts) if (count > most) [best, most] = [leading, count]
  return best
}

interface TextLine {
  readonly text: string
  readonly row: Row
  readonly x0: number
  readonly x1: number
  readonly bold: boolean
  readonly rtl: boolean
  readonly level: number | undefined
}

function toLine(row: Row): TextLine {
  const rtl = row.cells.filter((cell) => cell.rtl).length * 2 > row.cells.length
  const cells = rtl ? row.cells.toReversed() : row.cells
  return {
    text: cells.map((cell) => cell.text).join(' '),
    row,
    x0: row.cells[0]?.x0 ?? 0,
    x1: row.cells.at(-1)?.x1 ?? 0,
    bold: row.cells.every((cell) => cell.bold),
    rtl,
    level: row.cells[0]?.level,
  }
}

function paragraphs(rows: readonly Row[], leading: number): Draft[] {
  const lines = rows.map(toLine)
  const left = Math.min(...lines.map((line) => line.x0))
  const right = Math.max(...lines.map((line) => line.x1))
  const drafts: TextDraft[] = []
  let open: TextLine[] = []
  const flush = () => {
    if (open.length > 0) drafts.push(toDraft(open))
    open = []
  }
  for (const line of lines) {
    const last = open.at(-1)
    if (last !== undefined && breaksBefore(last, line, open, { leading, left, right })) flush()
    open.push(line)
  }
  flush()
  return joinLists(drafts)
}

function breaksBefore(last: TextLine, line: TextLine, open: readonly TextLine[], frame: { leading: number; left: number; right: number }): boolean {
  const size = Math.max(last.row.size, line.row.size)
  const gap = (line.row.y - last.row.y) / size
  const ratio = line.row.size / last.row.size
  if (gap < -0.5) return true
  if (gap > Math.max(frame.leading * 1.25, frame.leading + 0.22)) {
    // Some passages are set wider than the rest: a full line that goes on in lower case goes on.
    const short = line.rtl ? last.x0 - frame.left : frame.right - last.x1
    if (gap > 2.6 || short > 0.12 * (frame.right - frame.left) || SENTENCE_END.test(last.text) || !/^\p{Ll}/u.test(line.text)) return true
  }
  // A raised digit or a formula makes a line larger or smaller without making it another kind of text.
  if (
    (ratio > 1.12 || ratio < 0.89) &&
    Math.min(line.text.length, last.text.length) > 3 &&
    !(line.bold === last.bold && /^[\p{Ll}]/u.test(line.text) && ratio > 0.8 && ratio < 1.25)
  )
    return true
  if (line.bold !== last.bold && (last.bold ? open.every((other) => other.bold) : line.text.length > 3) && !/^\p{Ll}/u.test(line.text)) return true
  if (line.level !== last.level) return true
  // A row of loose words is not part of the text around it.
  if (
    line.row.cells.length > 1 !== last.row.cells.length > 1 &&
    !MARKED.test(`${line.text} x`) &&
    !LIST_MARK.test(line.row.cells[0]?.text ?? '') &&
    !LIST_MARK.test(last.row.cells[0]?.text ?? '')
  )
    return true
  if (MARKED.test(line.text) && !/^[\p{Ll}]{1,3}[.)]/u.test(line.text)) return true
  const width = frame.right - frame.left
  const begin = line.rtl ? frame.right - line.x1 : line.x0 - frame.left
  const beginBefore = line.rtl ? frame.right - last.x1 : last.x0 - frame.left
  const endBefore = line.rtl ? last.x0 - frame.left : frame.right - last.x1
  const centred = Math.abs(line.x0 + line.x1 - last.x0 - last.x1) < size
  if (!centred && begin > beginBefore + 0.8 * size && begin < beginBefore + 5 * size && open.length > 1 && !MARKED.test(open[0]?.text ?? '')) return true
  if (endBefore > 0.12 * width && SENTENCE_END.test(last.text) && !/^\p{Ll}/u.test(line.text)) return true
  return endBefore > 0.45 * width && width > 20 * size && /^[\p{Lu}\p{N}]/u.test(line.text) && last.text.length < 60
}

function toDraft(lines: readonly TextLine[]): TextDraft {
  const characters = lines.reduce((sum, line) => sum + line.text.length, 0)
  const size = lines.reduce((sum, line) => sum + line.row.size * line.text.length, 0) / Math.max(1, characters)
  return {
    kind: 'text',
    items: [lines.map((line) => line.text)],
    list: MARKED.test(lines[0]?.text ?? '') && !LIST_MARK.test(lines[0]?.text ?? ''),
    size,
    bold: lines.every((line) => line.bold),
    level: lines[0]?.level,
    boxes: [boxOf(lines.map((line) => line.row))],
  }
}

function joinLists(drafts: readonly TextDraft[]): TextDraft[] {
  const joined: TextDraft[] = []
  for (const draft of drafts) {
    const last = joined.at(-1)
    if (last?.list && draft.list && !last.bold && !draft.bold) {
      last.items.push(...draft.items)
      const [a, b] = [last.boxes[0], draft.boxes[0]]
      if (a !== undefined && b !== undefined)
        last.boxes[0] = { x0: Math.min(a.x0, b.x0), y0: Math.min(a.y0, b.y0), x1: Math.max(a.x1, b.x1), y1: Math.max(a.y1, b.y1) }
    } else joined.push(draft)
  }
  return joined
}

/** A paragraph that runs on in the next column of the page is one paragraph with two boxes. */
export function joinAcrossColumns(drafts: readonly Draft[]): Draft[] {
  const joined: Draft[] = []
  for (const draft of drafts) {
    const last = joined.at(-1)
    const opening = draft.kind === 'text' ? draft.items[0]?.[0] : undefined
    const closing = last?.kind === 'text' ? last.items.at(-1)?.at(-1) : undefined
    const a = last?.boxes.at(-1)
    const b = draft.boxes[0]
    if (
      last?.kind === 'text' &&
      draft.kind === 'text' &&
      opening !== undefined &&
      closing !== undefined &&
      a !== undefined &&
      b !== undefined &&
      b.y0 < a.y0 &&
      /^\p{Ll}/u.test(opening) &&
      /[\p{L},-]$/u.test(closing) &&
      Math.abs(last.size - draft.size) < 0.6 &&
      last.level === draft.level
    ) {
      last.items.at(-1)?.push(...(draft.items[0] ?? []))
      last.items.push(...draft.items.slice(1))
      last.boxes.push(...draft.boxes)
    } else joined.push(draft)
  }
  return joined
}

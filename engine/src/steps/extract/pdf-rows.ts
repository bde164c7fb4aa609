import { closesAmount, type Segment, tidy } from './pdf-lines.ts'
import type { Rectangle } from './pdf-runs.ts'

/** Segments on one baseline of a region, left to right. */
export interface Row {
  readonly cells: readonly Cell[]
  readonly y: number
  readonly size: number
}
export interface Cell {
  readonly text: string
  readonly x0: number
  readonly x1: number
  readonly bold: boolean
  readonly rtl: boolean
  readonly level: number | undefined
  /** What stands apart inside by more than a blank, in the order of the text. */
  readonly parts: readonly Part[]
}
interface Part {
  readonly text: string
  readonly x0: number
  readonly x1: number
}

const NUMBER = /^[-+–—(]{0,2}[$€£¥]? ?[-(]?[\d.,\u00a0]*\d[\d.,/]*[)%xX†*]{0,3}$|^[-–—]{1,3}$|^n\/?[am]$|^\(?\*\)?$/i
/** "2.1" before the title of a section, in a table of contents say. */
const SECTION_NUMBER = /^(?:\d{1,2}|[A-Z])(?:\.\d{1,3}){0,4}\.?$/
/** A cell that holds an amount, a percentage, or the dash that stands for none. */
export function isAmount(text: string): boolean {
  return text.length <= 40 && NUMBER.test(text)
}

/** No honest row has as many; bounds the work on pages that are made to be slow. */
const MAX_CELLS = 300

export function toRows(region: readonly Segment[]): Row[] {
  const sorted = [...region].sort((a, b) => a.y - b.y)
  const rows: Row[] = []
  let open: Segment[] = []
  let y = Number.NEGATIVE_INFINITY
  const flush = () => {
    if (open.length > 0) rows.push(toRow(open))
    open = []
  }
  for (const segment of sorted) {
    // Cells of one row may sit a little apart (other type sizes), but never on each other.
    const size = Math.min(segment.size, open[0]?.size ?? segment.size)
    if (open.length >= MAX_CELLS || segment.y - y > 0.35 * size || open.some((other) => other.x0 < segment.x1 - 1 && segment.x0 < other.x1 - 1)) {
      flush()
      y = segment.y
    }
    open.push(segment)
  }
  flush()
  return rows.map((row, at) =>
    row.cells.length > 1 && (isJustified(row, rows[at - 1]) || isJustified(row, rows[at + 1])) ? { ...row, cells: [asOne(row.cells)] } : row,
  )
}

/** A line with wide blanks between two edges that it shares with the line of text above or below. */
function isJustified(row: Row, neighbour: Row | undefined): boolean {
  const [cell] = neighbour?.cells ?? []
  const [first, last] = [row.cells[0], row.cells.at(-1)]
  if (neighbour === undefined || cell === undefined || first === undefined || last === undefined || neighbour.cells.length > 1) return false
  if (Math.abs(neighbour.y - row.y) > 2.2 * row.size || cell.text.length < 25) return false
  return Math.abs(cell.x1 - last.x1) < 3 && first.x0 > cell.x0 - 3 && first.x0 < cell.x0 + 3 * row.size
}

function asOne(cells: readonly Cell[]): Cell {
  const [first = { text: '', x0: 0, x1: 0, bold: false, rtl: false, level: undefined, parts: [] }] = cells
  const ordered = first.rtl ? cells.toReversed() : cells
  return { ...first, text: ordered.map((cell) => cell.text).join(' '), x1: cells.at(-1)?.x1 ?? first.x1, bold: cells.every((cell) => cell.bold) }
}

function toRow(segments: Segment[]): Row {
  segments.sort((a, b) => a.x0 - b.x0)
  const cells: { -readonly [key in keyof Cell]: Cell[key] }[] = []
  const size = Math.max(...segments.map((segment) => segment.size))
  for (const cell of segments.flatMap(toCells)) {
    const { text, x0, x1, bold, rtl } = cell
    const last = cells.at(-1)
    const extend = (joined: string) => {
      if (last === undefined) return
      last.text = joined
      last.x1 = Math.max(last.x1, x1)
      last.bold &&= bold
    }
    // A currency sign belongs to the amount behind it; a closing bracket or percent sign to the one before.
    if (last !== undefined && /^[-(]?[$€£¥]$/.test(last.text) && isAmount(text)) {
      extend(last.text + text)
      last.parts = [{ text: last.text, x0: last.x0, x1 }]
    } else if (last !== undefined && /^(\)|%|\)%|x)$/.test(text) && /[\d—–-]$|\d\)$/.test(last.text)) {
      extend(last.text + text)
      last.parts = [...last.parts.slice(0, -1), { text: (last.parts.at(-1)?.text ?? '') + text, x0: last.parts.at(-1)?.x0 ?? x0, x1 }]
    } else if (last !== undefined && x0 - last.x1 < 0.9 * size && !((isAmount(text) || isSign(text)) && isAmount(last.text))) {
      extend(last.rtl && rtl ? `${text} ${last.text}` : `${last.text} ${text}`)
      last.parts = [...last.parts, ...cell.parts]
    } else if (last !== undefined && cells.length === 1 && SECTION_NUMBER.test(last.text) && !isAmount(text) && x0 - last.x1 < 4 * size && text.length > 3) {
      extend(`${last.text} ${text}`)
      last.parts = [{ text: last.text, x0: last.x0, x1: last.x1 }]
    } else cells.push({ ...cell })
  }
  return { cells, y: segments[0]?.y ?? 0, size }
}

function isSign(text: string): boolean {
  return /^[-(]?[$€£¥]$/.test(text)
}

/** One cell, or several amounts that stand close to each other. */
function toCells({ text, x0, x1, bold, rtl, level, runs }: Segment): Cell[] {
  const whole: Cell = { text, x0, x1, bold, rtl, level, parts: [{ text, x0, x1 }] }
  if (runs.length < 2 || rtl) return [whole]
  const parts: { text: string; x0: number; x1: number }[] = []
  for (const run of runs) {
    const last = parts.at(-1)
    const gap = run.x0 - (last?.x1 ?? 0)
    if (last === undefined || (gap > 0.45 * run.size && !closesAmount(last.text, run.text, gap / run.size)))
      parts.push({ text: run.text, x0: run.x0, x1: run.x1 })
    else {
      const blank = (gap > 0.17 * run.size || (run.spaced && gap > 0.06 * run.size)) && !closesAmount(last.text, run.text, gap / run.size)
      last.text += blank ? ` ${run.text}` : run.text
      last.x1 = Math.max(last.x1, run.x1)
    }
  }
  if (parts.length < 2) return [whole]
  for (const part of parts) part.text = tidy(part.text)
  if (parts.every((part) => isAmount(part.text) || isSign(part.text) || /^[)%]{1,2}$/.test(part.text))) {
    return parts.map((part) => ({ ...part, bold, rtl, level, parts: [part] }))
  }
  return [{ ...whole, parts }]
}

export function boxOf(rows: readonly Row[]): Rectangle {
  let [x0, y0, x1, y1] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const row of rows) {
    x0 = Math.min(x0, row.cells[0]?.x0 ?? x0)
    for (const cell of row.cells) x1 = Math.max(x1, cell.x1)
    y0 = Math.min(y0, row.y - 0.85 * row.size)
    y1 = Math.max(y1, row.y + 0.25 * row.size)
  }
  return { x0, y0, x1, y1 }
}

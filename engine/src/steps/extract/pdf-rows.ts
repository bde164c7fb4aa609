import type { Segment } from './pdf-lines.ts'
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
}

const NUMBER = /^[-+–—(]{0,2}[$€£¥]? ?[-(]?[\d.,\u00a0]*\d[\d.,/]*[)%xX†*]{0,3}$|^[-–—]{1,3}$|^n\/?[am]$|^\(?\*\)?$/i
/** A cell that holds an amount, a percentage, or the dash that stands for none. */
export function isAmount(text: string): boolean {
  return text.length <= 40 && NUMBER.test(text)
}

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
    if (segment.y - y > 0.35 * size || open.some((other) => other.x0 < segment.x1 - 1 && segment.x0 < other.x1 - 1)) {
      flush()
      y = segment.y
    }
    open.push(segment)
  }
  flush()
  return rows
}

function toRow(segments: Segment[]): Row {
  segments.sort((a, b) => a.x0 - b.x0)
  const cells: { -readonly [key in keyof Cell]: Cell[key] }[] = []
  const size = Math.max(...segments.map((segment) => segment.size))
  for (const { text, x0, x1, bold, rtl, level } of segments) {
    const last = cells.at(-1)
    // A currency sign belongs to the amount behind it; a closing bracket or percent sign to the one before.
    if (last !== undefined && /^[-(]?[$€£¥]$/.test(last.text) && isAmount(text)) {
      last.text += text
      last.x1 = x1
    } else if (last !== undefined && /^(\)|%|\)%|pts?\.?|x)$/.test(text) && /[\d—–-]$|\d\)$/.test(last.text)) {
      last.text += text
      last.x1 = x1
    } else if (last !== undefined && x0 - last.x1 < 0.9 * size && !(isAmount(text) && isAmount(last.text))) {
      const [first, second] = last.rtl && rtl ? [text, last.text] : [last.text, text]
      last.text = `${first} ${second}`
      last.x1 = Math.max(last.x1, x1)
      last.bold &&= bold
    } else cells.push({ text, x0, x1, bold, rtl, level })
  }
  return { cells, y: segments[0]?.y ?? 0, size }
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

import type { Segment } from './pdf-lines.ts'

/** Lines in the margins of a page that may be running headers, footers or page numbers. */
export interface Margins {
  readonly page: number
  readonly lines: readonly MarginLine[]
}
interface MarginLine {
  readonly key: string
  readonly y: number
  readonly segment: Segment
  readonly numberOnly: boolean
  /** The very first or last line of the page, wherever that stands. */
  readonly outermost: boolean
}

/** How many pages on each side are compared. */
export const WINDOW = 10
const PAGE_NUMBER =
  /^(?:page|seite|página|pagina|s\.|p\.)?\s*[-–—|([]?\s*(?:\d{1,5}|[ivxlc]{1,7}|[a-z]-?\d{1,4})(?:\s*(?:of|von|de|\/)\s*\d{1,5})?\s*[-–—|)\]]?$/i

export function marginsOf(page: number, segments: readonly Segment[], height: number): Margins {
  const rows = [...segments].sort((a, b) => a.y - b.y)
  const [first = 0, last = 0] = [rows[0]?.y, rows.at(-1)?.y]
  const top = firstLines(rows, 3).filter((segment) => segment.y < 0.13 * height || segment.y < first + 3)
  const bottom = firstLines(rows.toReversed(), 3).filter((segment) => segment.y > 0.87 * height || segment.y > last - 3)
  const lines: MarginLine[] = []
  for (const segment of new Set([...top, ...bottom])) {
    const { text, y } = segment
    if (text.length > 160) continue
    // Page numbers differ from page to page, Roman ones too.
    const key = text
      .replace(/^[ivxlc]{1,7}(?= )|(?<= )[ivxlc]{1,7}$/, '#')
      .toLowerCase()
      .replace(/\d+/g, '#')
      .replace(/\s+/g, '')
    lines.push({ key, y, segment, numberOnly: text.length < 30 && PAGE_NUMBER.test(text), outermost: y < first + 3 || y > last - 3 })
  }
  return { page, lines }
}

function firstLines(segments: readonly Segment[], count: number): Segment[] {
  const found: Segment[] = []
  let lines = 0
  let y = Number.NaN
  for (const segment of segments) {
    if (!(Math.abs(segment.y - y) < 3) && ++lines > count) break
    y = segment.y
    found.push(segment)
  }
  return found
}

export interface Furniture {
  readonly drop: ReadonlySet<Segment>
  /** The first of its kind: kept, but no part of the text around it. */
  readonly first: ReadonlySet<Segment>
}

/**
 * Tells which segments of a page repeat on the pages around it. The first line of its kind in the document is kept,
 * so that no text is lost for good; page numbers go everywhere.
 */
export function furnitureFilter(): (page: Margins, around: readonly Margins[]) => Furniture {
  const kept = new Set<string>()
  return (page, around) => {
    const drop = new Set<Segment>()
    const first = new Set<Segment>()
    const others = around.filter((other) => other.page !== page.page)
    if (others.length < 2) return { drop, first }
    const before = others.filter((other) => other.page < page.page)
    const after = others.filter((other) => other.page > page.page)
    for (const line of page.lines) {
      const same = (other: MarginLine) =>
        (line.numberOnly ? other.numberOnly : other.key === line.key) && ((other.outermost && line.outermost) || Math.abs(other.y - line.y) < 4)
      // Left and right pages may differ, and chapters begin and end: a third of the pages on one side is enough.
      const repeats = [before, after].some((side) => {
        const hits = side.filter((other) => other.lines.some(same)).length
        return hits >= Math.max(2, Math.ceil(side.length * (line.numberOnly ? 0.4 : 0.3)))
      })
      const inSmall = others.length < 6 && others.filter((other) => other.lines.some(same)).length >= Math.max(2, 0.6 * others.length)
      if (!repeats && !inSmall) continue
      if (line.numberOnly || kept.has(line.key)) drop.add(line.segment)
      else {
        kept.add(line.key)
        first.add(line.segment)
      }
    }
    return { drop, first }
  }
}

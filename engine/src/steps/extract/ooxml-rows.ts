/** Longer "headings" are body text in a heading's clothes. */
export const MAX_HEADING = 200
/** A cell with more is a place on the page, not a value: its table is read as running text. */
export const LAYOUT_CELL = 2_000

/** True when the first row names the columns: short, different words over at least one row of data. */
export function looksLikeHeader(rows: readonly (readonly string[])[]): boolean {
  const first = rows[0]
  if (first === undefined || rows.length < 2) return false
  const cells = first.map((cell) => cell.trim())
  const filled = cells.filter((cell) => cell !== '')
  const widest = rows.slice(0, 20).reduce((most, row) => Math.max(most, row.length), 0)
  if (filled.length < 2 || filled.length < widest * 0.6) return false
  if (new Set(filled).size < filled.length) return false
  return filled.every((cell) => cell.length <= 60 && !isValue(cell))
}

/** A number, amount or date rather than a name. Years are names of columns often enough. */
function isValue(cell: string): boolean {
  if (/^(19|20)\d\d$/.test(cell)) return false
  return cell.length < 40 && /\d/.test(cell) && /^[\s\d.,:%()/+\-–€$£¥TZ]+$/.test(cell)
}

/** Puts short text of a merged cell into each row that it spans, so that every row can be understood alone. */
export const MAX_REPEATED_CELL = 80

/** Columns that one cell may span; more is a mistake or an attack. */
export const MAX_SPAN = 64

/** Without the columns and the ends of rows that hold nothing: what remains of wide spans in forms. */
export function tidyRows(rows: readonly (readonly string[])[]): string[][] {
  const used: boolean[] = []
  for (const row of rows) for (const [index, cell] of row.entries()) used[index] = used[index] === true || cell.trim() !== ''
  return rows.map((row) => {
    const kept = row.filter((_, index) => used[index] === true)
    let length = kept.length
    while (length > 0 && (kept[length - 1] ?? '').trim() === '') length -= 1
    return kept.slice(0, length)
  })
}

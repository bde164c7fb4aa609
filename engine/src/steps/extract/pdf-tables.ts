import { type Cell, isAmount, type Row } from './pdf-rows.ts'

export interface TableDraft {
  readonly rows: readonly (readonly string[])[]
  readonly hasHeader: boolean
}

/** What looks like a bullet or an item number is the mark of a list, not a cell. */
export const LIST_MARK = /^(?:[•‣▪▫●○◦■□➢✓✔❖◆*–—-]|\[\w{1,12}\]|\(?(?:\d{1,2}|[a-z]|[ivx]{1,5})[.)]|(?:item|note|part|section|exhibit) [\divx]{1,4}[a-z]?\.?)$/i
const DATE = /^(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? ?\d{0,2},?|(?:19|20)\d\d|q[1-4].*|fy ?\d+)$/i

/** Rows from `from` that form a table: exclusive end, or `from` when they do not. */
export function tableEnd(rows: readonly Row[], from: number): number {
  let end = from
  let many = 0
  let amounts = 0
  let idle = 0
  let pitch = 0
  for (let i = from; i < rows.length; i++) {
    const row = rows[i]
    const before = rows[i - 1]
    if (row === undefined) break
    if (before !== undefined && i > from) {
      const gap = row.y - before.y
      if (gap > Math.max(3 * Math.max(row.size, before.size), 2.2 * pitch)) break
      // The title of the next table.
      const [title] = row.cells
      if (row.cells.length === 1 && title?.bold && i > from + 3 && gap > 1.4 * pitch && headFollows(rows, i, title.x0)) break
      pitch = pitch === 0 ? gap : Math.max(pitch * 0.8, Math.min(gap, pitch * 1.5))
    }
    if (isCells(row)) {
      many++
      amounts += row.cells.filter((cell) => isAmount(cell.text)).length
      end = i + 1
      idle = 0
    } else if (++idle > 3 || looksLikeProse(row, rows, i)) break
  }
  if (many < 2 || (many < 3 && amounts < 2)) return from
  // Rows of loose words: every row has cells, and they line up.
  if (amounts < many * 0.5 && !linesUp(rows.slice(from, end))) return from
  return end
}

function isCells(row: Row): boolean {
  return row.cells.length > 2 || (row.cells.length === 2 && !LIST_MARK.test(row.cells[0]?.text ?? ''))
}

/** Whether a row of column heads, without a label, comes within the next three rows. */
function headFollows(rows: readonly Row[], at: number, left: number): boolean {
  return rows.slice(at + 1, at + 4).some(({ cells }) => (cells[0]?.x0 ?? 0) > left + 60 && cells.every((cell) => !isAmount(cell.text) || DATE.test(cell.text)))
}

/** Text between tables: a long line that another follows, or a sentence. */
function looksLikeProse(row: Row, rows: readonly Row[], at: number): boolean {
  const text = row.cells[0]?.text ?? ''
  const next = rows[at + 1]
  if (text.length > 15 && text.endsWith('.') && text.split(' ').length > 2) return true
  const isLong = (row: Row | undefined) => row !== undefined && row.cells.length === 1 && (row.cells[0]?.text.length ?? 0) > 40
  return text.length > 70 && isLong(next) && isLong(rows[at + 2])
}

function linesUp(rows: readonly Row[]): boolean {
  const cells = rows.filter(isCells)
  const starts = new Map<number, number>()
  let others = 0
  for (const row of cells) {
    for (const cell of row.cells.slice(1)) {
      others++
      const key = Math.round(cell.x0 / 6)
      starts.set(key, (starts.get(key) ?? 0) + 1)
    }
  }
  let inLine = 0
  for (const [key, count] of starts) if (count + (starts.get(key - 1) ?? 0) + (starts.get(key + 1) ?? 0) >= 3) inLine += count
  return cells.length >= 3 && inLine >= 0.6 * others
}

interface Column {
  readonly x0: number
  readonly x1: number
}

export function toTable(raw: readonly Row[]): TableDraft {
  const rows = mergeShifted(raw)
  const columns = findColumns(rows)
  const rtl = rows.filter((row) => row.cells[0]?.rtl).length * 2 > rows.length
  const lines = mergeWrapped(rows.map((row) => ({ row, cells: spread(row, columns) })))
  const firstData = lines.findIndex((line) => isData(line.cells))
  let header: string[] | undefined
  let body = lines
  if (firstData > 0) {
    const head = lines.slice(0, firstData)
    // The last rows that have only a label open the first part of the body: "Net sales:".
    let split = head.length
    while (
      split > 0 &&
      head[split - 1]?.cells.slice(1).every((cell) => cell === '') &&
      head.slice(0, split - 1).some((line) => line.cells.slice(1).some((cell) => cell !== ''))
    )
      split--
    const stacked = head.slice(0, split)
    // Two rows with a label are rows of data without amounts, not heads.
    const labelled = stacked.filter((line) => line.cells[0] !== '' && line.cells.slice(1).some((cell) => cell !== '')).length
    if (labelled < 2 && stacked.length <= 6 && stacked.some((line) => line.cells.slice(1).some((cell) => cell !== ''))) {
      header = columns.map((_, at) =>
        stacked
          .map((line) => headerCell(line.row, columns, at, line.cells))
          .filter((text) => text !== '')
          .join(' '),
      )
      body = lines.slice(split)
    }
  }
  const all = header === undefined ? body.map((line) => line.cells) : [header, ...body.map((line) => line.cells)]
  return { rows: all.map((cells) => trimmed(rtl ? cells.toReversed() : cells)), hasHeader: header !== undefined }
}

/** Cells that sit a little higher or lower than their neighbours are of the same row when nothing is in the way. */
function mergeShifted(rows: readonly Row[]): Row[] {
  const merged: Row[] = []
  for (const row of rows) {
    const last = merged.at(-1)
    const clear = last?.cells.every((a) => row.cells.every((b) => b.x0 > a.x1 + 2 || a.x0 > b.x1 + 2))
    if (last !== undefined && clear && row.y - last.y < 0.65 * Math.min(row.size, last.size)) {
      merged[merged.length - 1] = { ...last, cells: [...last.cells, ...row.cells].sort((a, b) => a.x0 - b.x0) }
    } else merged.push(row)
  }
  return merged
}

/** Columns are what stands between the blank strips that hardly any row crosses. */
function findColumns(rows: readonly Row[]): Column[] {
  const data = rows.filter((row) => row.cells.slice(1).some((cell) => isAmount(cell.text) && !DATE.test(cell.text)))
  // Heading cells lie across columns: where there are enough rows of amounts, those alone tell the columns.
  const counted = data.length >= 2 ? data : rows.filter(isCells)
  const edges: [x: number, step: 1 | -1][] = []
  for (const row of counted) for (const cell of row.cells) edges.push([cell.x0 + 0.3, 1], [Math.max(cell.x1, cell.x0 + 1) - 0.3, -1])
  edges.sort((a, b) => a[0] - b[0] || a[1] - b[1])
  const allowed = Math.floor(0.12 * counted.length)
  const columns: { x0: number; x1: number }[] = []
  let covered = 0
  let start: number | undefined
  for (const [x, step] of edges) {
    covered += step
    if (start === undefined && covered > allowed) start = x
    else if (start !== undefined && covered <= allowed) {
      const last = columns.at(-1)
      if (last !== undefined && start - last.x1 < 1.5) last.x1 = x
      else columns.push({ x0: start, x1: x })
      start = undefined
    }
  }
  return columns.length > 0 ? columns : [{ x0: 0, x1: 0 }]
}

function spread(row: Row, columns: readonly Column[]): string[] {
  const cells: string[] = columns.map(() => '')
  const [only] = row.cells
  if (row.cells.length === 1 && only !== undefined && (only.text.endsWith(':') || isCapitals(only.text))) return cells.with(0, only.text)
  for (const cell of row.cells) {
    const overlapped = columns.filter((column) => column.x0 < cell.x1 && cell.x0 < column.x1).length
    for (const { text, x0, x1 } of overlapped > 1 ? cell.parts : [cell]) {
      const at = columnOf({ x0, x1 }, columns)
      cells[at] = cells[at] === '' ? text : `${cells[at]} ${text}`
    }
  }
  return cells
}

/** The title of a part of the table, wherever it is centred. */
function isCapitals(text: string): boolean {
  return text.length > 5 && text === text.toUpperCase() && (text.match(/\p{Lu}/gu)?.length ?? 0) > 0.6 * text.length
}

/** The column that it overlaps first to a good part, else the nearest. */
function columnOf(cell: Pick<Cell, 'x0' | 'x1'>, columns: readonly Column[]): number {
  let best = 0
  let bestOverlap = Number.NEGATIVE_INFINITY
  for (const [at, column] of columns.entries()) {
    const overlap = Math.min(cell.x1, column.x1) - Math.max(cell.x0, column.x0)
    if (overlap > bestOverlap) {
      best = at
      bestOverlap = overlap
    }
    if (overlap > 0 && cell.x0 <= column.x1 && cell.x1 - cell.x0 > 1.5 * (column.x1 - column.x0)) return at
  }
  return best
}

/** A heading cell over several columns counts for each of them. */
function headerCell(row: Row, columns: readonly Column[], at: number, cells: readonly string[]): string {
  const own = cells[at] ?? ''
  const [column, first, last] = [columns[at], columns[1], columns.at(-1)]
  if (at === 0 || own !== '' || column === undefined || first === undefined || last === undefined) return own
  const over = row.cells.find((cell) => cell.x0 < column.x1 && column.x0 < cell.x1)
  if (over !== undefined) return over.text
  const heads = row.cells.filter((cell) => cell.x1 > first.x0 && !isAmount(cell.text))
  const [only] = heads
  // A single head in the middle of all columns of amounts stands for each.
  if (heads.length === 1 && only !== undefined && Math.abs(centre(only) - (centre(first) + centre(last)) / 2) < 0.15 * (centre(last) - centre(first)) + 4)
    return only.text
  if (cells.filter((cell) => cell !== '').length >= cells.length - 2) return ''
  const near = heads.filter((cell) => Math.abs(centre(cell) - centre(column)) < (cell.x1 - cell.x0) / 2 + 1.5 * (column.x1 - column.x0))
  return near.sort((a, b) => Math.abs(centre(a) - centre(column)) - Math.abs(centre(b) - centre(column)))[0]?.text ?? ''
}

function centre({ x0, x1 }: Column): number {
  return (x0 + x1) / 2
}

function isData(cells: readonly string[]): boolean {
  return cells.slice(1).some((cell) => isAmount(cell) && !DATE.test(cell))
}

interface Line {
  readonly row: Row
  readonly cells: string[]
}

/** Cells that run over several lines become one row again. */
function mergeWrapped(lines: readonly Line[]): Line[] {
  const merged: Line[] = []
  for (const [at, line] of lines.entries()) {
    const last = merged.at(-1)
    const before = lines[at - 1]
    if (last === undefined || before === undefined || !continues(last, line, line.row.y - before.row.y)) {
      merged.push({ row: line.row, cells: [...line.cells] })
      continue
    }
    for (const [column, cell] of line.cells.entries()) if (cell !== '') last.cells[column] = last.cells[column] ? `${last.cells[column]} ${cell}` : cell
  }
  return merged
}

function continues(last: Line, line: Line, gap: number): boolean {
  if (gap > 1.6 * line.row.size) return false
  const label = line.cells[0] ?? ''
  const lastLabel = last.cells[0] ?? ''
  const lastBare = last.cells.slice(1).every((cell) => cell === '')
  const bare = line.cells.slice(1).every((cell) => cell === '')
  const opensLower = /^[\p{Ll}(&]/u.test(label) && !LIST_MARK.test(label.split(' ')[0] ?? '')
  // "Other comprehensive income, net" / "of tax   12   34"
  if (lastBare && lastLabel !== '' && !lastLabel.endsWith(':') && opensLower) return true
  if (bare && label !== '' && opensLower && lastLabel !== '' && isData(last.cells)) return true
  if (lastBare && lastLabel !== '' && label === '' && gap < 0.8 * line.row.size) return true
  return (
    label === '' &&
    isAllWords(line.cells) &&
    last.cells.filter((cell) => cell !== '').length > 1 &&
    !isData(line.cells) &&
    isAllWords(last.cells.slice(1)) &&
    gap < 1.35 * line.row.size
  )
}

function isAllWords(cells: readonly string[]): boolean {
  return cells.every((cell) => cell === '' || (!isAmount(cell) && !DATE.test(cell)))
}

function trimmed(cells: readonly string[]): string[] {
  let end = cells.length
  while (end > 1 && cells[end - 1] === '') end--
  return cells.slice(0, end)
}

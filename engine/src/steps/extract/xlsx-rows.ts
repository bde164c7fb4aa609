import { AppError } from '../../domain/errors.ts'
import type { TextBuilder } from './builder.ts'
import { looksLikeHeader } from './ooxml-rows.ts'
import type { ExtractLimits } from './reader.ts'

export type Cell = readonly [column: number, text: string]

/** Takes the rows of one sheet, of which any number may be missing or empty, and writes the tables that they form. */
export interface SheetRows {
  /** Rows in ascending order; `index` from 0; cells with text only. */
  row(index: number, cells: readonly Cell[]): void
  /** Writes what is left. */
  end(): void
}

/** Beyond this, a sparse table is written without its empty cells. */
const MAX_GRID = 2_000_000

/** Tables are parted by empty rows. Rows with one cell above a table are its title: a paragraph. */
export function sheetRows(out: TextBuilder, limits: ExtractLimits): SheetRows {
  let rows: (readonly Cell[])[] = []
  let last = -1
  let characters = 0

  function flush(): void {
    const table = rows
    rows = []
    let start = 0
    while (start < table.length && table[start]?.length === 1) start += 1
    // A column of single cells is a list of values, not a pile of titles.
    const titles = start < table.length || start === 1 ? start : 0
    for (const row of table.slice(0, titles)) out.add('paragraph', row[0]?.[1] ?? '')
    const grid = gridOf(table.slice(titles))
    if (grid.length > 0) out.table(grid, { hasHeader: looksLikeHeader(grid) })
  }

  return {
    row(index, cells) {
      const filled = cells.filter((cell) => cell[1].trim() !== '')
      if (filled.length === 0) return
      for (const cell of filled) characters += cell[1].length + 3
      if (characters > limits.characters) throw new AppError('document/too-large', { limit: `${limits.characters} characters of text` })
      // One empty row between a row of names and its data does not part them.
      const headed = index === last + 2 && rows.length === 1 && (rows[0]?.length ?? 0) > 1
      if (index > last + 1 && !headed) flush()
      last = index
      rows.push(filled)
    },
    end: flush,
  }
}

/** Rows with a place for every column that any of them uses; each ends with its last filled cell. */
function gridOf(rows: readonly (readonly Cell[])[]): string[][] {
  const used = new Set<number>()
  let filled = 0
  for (const row of rows) for (const [column] of row) used.add(column)
  for (const row of rows) filled += row.length
  if (rows.length * used.size > MAX_GRID && filled * 10 < rows.length * used.size) return rows.map((row) => row.map((cell) => cell[1]))
  const place = new Map([...used].sort((a, b) => a - b).map((column, index) => [column, index]))
  return rows.map((row) => {
    const line: string[] = []
    for (const [column, text] of row) {
      const index = place.get(column) ?? 0
      while (line.length < index) line.push('')
      line[index] = text
    }
    return line
  })
}

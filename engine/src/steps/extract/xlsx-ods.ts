import type { TextBuilder } from './builder.ts'
import { readOdfProperties, refuseEncryptedOdf } from './odf-package.ts'
import { odfText } from './odf-text.ts'
import type { Package } from './ooxml.ts'
import type { ReadContext } from './reader.ts'
import { plainNumber } from './xlsx-format.ts'
import { type Cell, type SheetRows, sheetRows } from './xlsx-rows.ts'
import { children, type XmlElement } from './xml-stream.ts'

/** Repetitions of one filled row or cell that are written out; real sheets repeat empty ones. */
const MAX_REPEATED = 1_000
const MAX_COLUMN = 16_384
const PATH = new Set([
  'office:document-content',
  'office:body',
  'office:spreadsheet',
  'table:table',
  'table:table-header-rows',
  'table:table-row-group',
  'table:table-rows',
])

/** OpenDocument spreadsheets: a section per sheet. */
export async function readOds(pack: Package, out: TextBuilder, context: ReadContext): Promise<void> {
  await refuseEncryptedOdf(pack)
  await readOdfProperties(pack, out)
  let rows: SheetRows | undefined
  let next = 0
  let sheets = 0
  await pack.stream('content.xml', {
    open: (name, attributes) => {
      if (name === 'table:table') {
        out.heading(1, attributes['table:name'] ?? '')
        rows = sheetRows(out, context.limits)
        next = 0
      }
      return name === 'table:table-row' ? 'unit' : PATH.has(name) ? undefined : 'skip'
    },
    unit: (row) => {
      const repeated = times(row.attributes['table:number-rows-repeated'])
      const cells = cellsOf(row)
      if (cells.length > 0) {
        for (let count = 0; count < Math.min(repeated, MAX_REPEATED); count += 1) rows?.row(next + count, cells)
        if (repeated > MAX_REPEATED) out.warn(`A row that is repeated ${repeated} times was written ${MAX_REPEATED} times.`)
      }
      next += repeated
    },
    close: (name) => {
      if (name !== 'table:table') return
      rows?.end()
      sheets += 1
      context.progress(sheets, 0)
    },
  })
}

function cellsOf(row: XmlElement): Cell[] {
  const cells: Cell[] = []
  let column = 0
  for (const cell of children(row)) {
    if (cell.name !== 'table:table-cell' && cell.name !== 'table:covered-table-cell') continue
    const repeated = times(cell.attributes['table:number-columns-repeated'])
    const text = cellText(cell)
    for (let count = 0; text !== '' && count < Math.min(repeated, MAX_REPEATED) && column + count < MAX_COLUMN; count += 1) cells.push([column + count, text])
    column += repeated
  }
  return cells
}

function cellText(cell: XmlElement): string {
  const { attributes } = cell
  const type = attributes['office:value-type']
  if (type === 'date' && attributes['office:date-value'] !== undefined) return attributes['office:date-value']
  const value = attributes['office:value']
  if ((type === 'float' || type === 'currency') && value !== undefined && Number.isFinite(Number(value))) return plainNumber(Number(value))
  const lines = children(cell)
    .filter((part) => part.name === 'text:p' || part.name === 'text:h')
    .map((part) => odfText(part).text)
  const notes = children(cell, 'office:annotation').flatMap((note) => children(note, 'text:p').map((part) => odfText(part).text))
  return [...lines, ...notes.map((note) => `(${note})`)].join('\n').trim()
}

function times(text: string | undefined): number {
  const count = Number(text ?? 1)
  return Number.isInteger(count) && count > 0 ? Math.min(count, 2 ** 24) : 1
}

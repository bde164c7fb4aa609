import { posix } from 'node:path'
import { AppError } from '../../domain/errors.ts'
import type { TextBuilder } from './builder.ts'
import { mainPart, openPackage, type Package, readable, readCoreProperties } from './ooxml.ts'
import { drawingParagraph } from './ooxml-drawing.ts'
import type { ExtractLimits, Reader } from './reader.ts'
import { type NumberFormats, readFormats } from './xlsx-format.ts'
import { readOds } from './xlsx-ods.ts'
import { type Cell, sheetRows } from './xlsx-rows.ts'
import { child, children, descendants, isElement, textOf, type XmlElement } from './xml-stream.ts'

/** Source: the largest sheet of the format. */
const MAX_COLUMN = 16_384
const MAX_SHEETS = 2_000

/**
 * Workbooks (xlsx, xlsm, ods): a section per sheet, hidden ones too; its tables with their header; formulas as the
 * values that were stored with them; dates as ISO 8601.
 */
export const readXlsx: Reader = async (source, out, context) => {
  const pack = openPackage(source, context.limits, out)
  if (pack.has('content.xml')) return readOds(pack, out, context)
  if (pack.has('xl/workbook.bin')) throw new AppError('document/unsupported', { format: 'xlsb' })
  const main = await mainPart(pack, 'xl/workbook.xml')
  await readCoreProperties(pack, out)
  const workbook = await pack.tree(main)
  const relationships = await pack.relationships(main)
  const part = (type: string): string => relationships.find((one) => one.type === type)?.target ?? posix.join(posix.dirname(main), `${type}.xml`)
  const date1904 = ['1', 'true'].includes(child(workbook, 'workbookPr')?.attributes.date1904 ?? '')
  const book: Workbook = {
    strings: await readStrings(pack, part('sharedStrings'), context.limits, out),
    formats: readFormats(await pack.optional(part('styles')), date1904),
  }
  const sheets = children(child(workbook, 'sheets'), 'sheet').flatMap((sheet) => {
    const target = relationships.find((one) => one.id === sheet.attributes['r:id'])
    return target?.type === 'worksheet' ? [{ name: sheet.attributes.name ?? '', part: target.target }] : []
  })
  if (sheets.length > MAX_SHEETS) throw new AppError('document/too-large', { limit: `${MAX_SHEETS} sheets` })
  for (const [index, sheet] of sheets.entries()) {
    await out.section(sheet.name, async () => {
      await readable(out, `sheet ${sheet.name}`, () => readSheet(pack, sheet.part, book, out, context.limits))
      await readable(out, `notes of sheet ${sheet.name}`, () => readAside(pack, sheet.part, out))
    })
    context.progress(index + 1, sheets.length)
  }
}

interface Workbook {
  readonly strings: readonly string[]
  readonly formats: NumberFormats
}

async function readStrings(pack: Package, part: string, limits: ExtractLimits, out: TextBuilder): Promise<string[]> {
  const strings: string[] = []
  let characters = 0
  if (!pack.has(part)) return strings
  const read = pack.stream(part, {
    open: (name) => (name === 'sst' ? undefined : name === 'si' ? 'unit' : 'skip'),
    unit: (item) => {
      const text = stringOf(item)
      characters += text.length
      if (characters > limits.characters) throw new AppError('document/too-large', { limit: `${limits.characters} characters of text` })
      strings.push(text)
    },
  })
  await readable(out, 'shared texts', () => read)
  return strings
}

/** Plain or rich text; the pronunciation of Japanese words (rPh) is left out. */
function stringOf(item: XmlElement): string {
  let text = ''
  for (const node of item.children) {
    if (!isElement(node)) continue
    if (node.name === 't') text += textOf(node)
    else if (node.name === 'r') text += textOf(child(node, 't'))
  }
  // Characters that XML cannot hold are written as _x000D_.
  return text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

async function readSheet(pack: Package, part: string, book: Workbook, out: TextBuilder, limits: ExtractLimits): Promise<void> {
  const rows = sheetRows(out, limits)
  let next = 0
  try {
    await pack.stream(part, {
      drop: new Set(['f', 'extLst']),
      open: (name) => (name === 'row' ? 'unit' : name === 'worksheet' || name === 'sheetData' ? undefined : 'skip'),
      unit: (row) => {
        const stated = Number(row.attributes.r)
        const index = Number.isInteger(stated) && stated > 0 ? stated - 1 : next
        next = index + 1
        if (row.children.length > 0) rows.row(index, cellsOf(row, book))
      },
    })
  } catch (error) {
    // Of a damaged sheet at least the rows before the damage.
    if (error instanceof AppError && (error.code === 'document/corrupt' || error.code === 'document/truncated')) rows.end()
    throw error
  }
  rows.end()
}

function cellsOf(row: XmlElement, book: Workbook): Cell[] {
  const cells: Cell[] = []
  let next = 0
  for (const cell of children(row, 'c')) {
    const column = columnOf(cell.attributes.r) ?? next
    next = column + 1
    if (column >= MAX_COLUMN) continue
    const text = cellText(cell, book)
    if (text !== '') cells.push([column, text])
  }
  return cells
}

function cellText(cell: XmlElement, book: Workbook): string {
  const inline = child(cell, 'is')
  if (inline !== undefined) return stringOf(inline)
  const raw = textOf(child(cell, 'v'))
  if (raw === '') return ''
  switch (cell.attributes.t) {
    case 's':
      return book.strings[Number(raw)] ?? ''
    case 'b':
      return raw === '1' ? 'TRUE' : 'FALSE'
    case 'e':
      return '' // #REF! and the like say nothing about the subject
    case 'str':
    case 'd':
      return raw
    default: {
      const number = Number(raw)
      const style = cell.attributes.s
      return Number.isFinite(number) ? book.formats.text(number, style === undefined ? undefined : Number(style)) : raw
    }
  }
}

/** `AB12` to 27. */
export function columnOf(reference: string | undefined): number | undefined {
  if (reference === undefined) return undefined
  let column = 0
  let letters = 0
  for (const sign of reference) {
    const code = sign.charCodeAt(0) & ~32
    if (code < 65 || code > 90 || letters > 3) break
    column = column * 26 + code - 64
    letters += 1
  }
  return letters === 0 ? undefined : column - 1
}

/** Comments on cells, and texts of drawn shapes. */
async function readAside(pack: Package, sheet: string, out: TextBuilder): Promise<void> {
  for (const { type, target } of await pack.relationships(sheet)) {
    if (type !== 'comments' && type !== 'drawing') continue
    const root = await pack.optional(target)
    if (root === undefined) continue
    for (const comment of type === 'comments' ? descendants(root, 'comment') : []) {
      const text = [...descendants(comment, 't')].map(textOf).join('').trim()
      if (text !== '') out.add('paragraph', `Comment on ${comment.attributes.ref ?? 'a cell'}: ${text}`)
    }
    for (const shape of type === 'drawing' ? descendants(root, 'xdr:txBody') : []) {
      out.add('paragraph', [...descendants(shape, 'a:p')].map(drawingParagraph).join('\n'))
    }
  }
}

import type { TextBuilder } from './builder.ts'
import { LAYOUT_CELL, looksLikeHeader, MAX_HEADING, tidyRows } from './ooxml-rows.ts'

export interface RtfParagraph {
  readonly text: string
  readonly label: string
  readonly level: number | undefined // of a heading
  readonly inTable: boolean
  /** Footnotes, comments and text boxes that hang on it. */
  readonly notes: readonly string[]
}

/** Puts paragraphs, lists and table rows together. */
export interface RtfWriter {
  paragraph(paragraph: RtfParagraph): void
  cell(paragraph: RtfParagraph): void
  row(): void
  end(): void
}

export function rtfWriter(out: TextBuilder): RtfWriter {
  let list: string[] = []
  let rows: string[][] = []
  let cells: string[] = []
  let cell: string[] = []
  let notes: string[] = []

  function flushList(): void {
    const lines = list
    list = []
    out.add('list', lines.join('\n'))
  }

  function flushTable(): void {
    if (cell.length > 0) endCell()
    if (cells.length > 0) endRow()
    const table = rows
    rows = []
    const hung = notes
    notes = []
    const widest = table.reduce((most, row) => Math.max(most, row.length), 0)
    if (widest <= 1 || table.some((row) => row.some((text) => text.length > LAYOUT_CELL))) {
      for (const text of table.flat()) for (const line of text.split('\n')) out.add('paragraph', line)
    } else {
      const tidy = tidyRows(table)
      out.table(tidy, { hasHeader: looksLikeHeader(tidy) })
    }
    for (const note of hung) out.add('paragraph', note)
  }

  function endCell(): void {
    cells.push(cell.join('\n'))
    cell = []
  }

  function endRow(): void {
    rows.push(cells)
    cells = []
  }

  return {
    paragraph(paragraph) {
      const text = paragraph.text.trim()
      if (paragraph.inTable) {
        if (text !== '') cell.push(labelled(paragraph))
        notes.push(...paragraph.notes)
        return
      }
      flushTable()
      const label = paragraph.label.trim()
      if (paragraph.level !== undefined && text.length <= MAX_HEADING) {
        flushList()
        out.heading(paragraph.level, isBullet(label) ? text : `${label} ${text}`)
      } else if (label !== '' && text !== '') list.push(labelled(paragraph))
      else if (text !== '') {
        flushList()
        out.add('paragraph', text)
      }
      if (paragraph.notes.length > 0) flushList()
      for (const note of paragraph.notes) out.add('paragraph', note)
    },
    cell(paragraph) {
      flushList()
      if (paragraph.text.trim() !== '') cell.push(labelled(paragraph))
      notes.push(...paragraph.notes)
      endCell()
    },
    row() {
      if (cell.length > 0) endCell()
      if (cells.length > 0) endRow()
    },
    end() {
      flushTable()
      flushList()
    },
  }
}

function labelled(paragraph: RtfParagraph): string {
  const label = paragraph.label.trim()
  const text = paragraph.text.trim()
  if (label === '') return text
  return `${isBullet(label) ? '-' : label} ${text}`
}

/** A number or a letter with a digit tells something; any other sign is a bullet. */
function isBullet(label: string): boolean {
  return label === '' || !/[\p{N}\p{L}]/u.test(label) || (label.length === 1 && !/[\p{N}]/u.test(label))
}

import type { TextBuilder } from './builder.ts'
import { isOn, type Numbering, type NumberingRef, outlineLevel, type ParagraphStyle, value } from './docx-styles.ts'
import { type Inline, inlineOf } from './docx-text.ts'
import { addDrawings, type Drawings } from './ooxml-drawing.ts'
import { LAYOUT_CELL, looksLikeHeader, MAX_HEADING, MAX_REPEATED_CELL, MAX_SPAN, tidyRows } from './ooxml-rows.ts'
import { child, children, type XmlElement } from './xml-stream.ts'

export interface BodyParts {
  readonly styles: ReadonlyMap<string, ParagraphStyle>
  readonly numbering: Numbering
  /** Text of notes by `footnote 3`, `endnote 1`, `comment 0`; each is told once, after the block that refers to it. */
  readonly notes: ReadonlyMap<string, string>
  readonly drawings: Drawings
  /** Leaves text out when it says no: repeated headers and footers. */
  keep?(text: string): boolean
}

export interface BodyWriter {
  /** One element of the body: paragraph, table, content control … */
  block(element: XmlElement): void
  /** Ends a list that is still open. */
  flush(): void
}

export function bodyWriter(parts: BodyParts, out: TextBuilder): BodyWriter {
  const told = new Set<string>()
  let open: { readonly kind: 'list' | 'code'; readonly lines: string[] } | undefined

  function flush(): void {
    if (open === undefined) return
    const { kind, lines } = open
    open = undefined
    out.add(kind, lines.join('\n'))
  }

  function line(kind: 'list' | 'code', text: string): void {
    if (open?.kind !== kind) flush()
    open ??= { kind, lines: [] }
    open.lines.push(text)
  }

  function block(element: XmlElement): void {
    switch (element.name) {
      case 'w:p':
        paragraph(element)
        return
      case 'w:tbl':
        table(element)
        return
      case 'w:sdt':
        if (!isContents(element)) for (const part of children(child(element, 'w:sdtContent'))) block(part)
        return
      case 'mc:AlternateContent':
        for (const part of children(child(element, 'mc:Choice') ?? child(element, 'mc:Fallback'))) block(part)
        return
      case 'w:altChunk':
        out.warn('Text that is inserted from another file was left out.')
        return
      case 'w:del':
      case 'w:moveFrom':
      case 'w:sectPr':
      case 'w:tcPr':
        return
      default:
        for (const part of children(element)) block(part)
    }
  }

  function paragraph(element: XmlElement): void {
    const properties = child(element, 'w:pPr')
    const style = parts.styles.get(value(child(properties, 'w:pStyle')) ?? '')
    const inline = inlineOf(element)
    const own = outlineLevel(properties)
    const level = own === undefined ? style?.level : own === 10 ? undefined : own
    const ref = numberingOf(properties, style)
    const label = ref === undefined ? undefined : parts.numbering.next(ref)
    const text = inline.text.trim()
    const wanted = text !== '' && style?.kind !== 'contents' && (parts.keep?.(text) ?? true)
    if (wanted) write(text, inline.text, { level, kind: style?.kind, label, indent: ref?.level ?? 0 })
    attachments(element, inline)
  }

  interface Look {
    readonly level: number | undefined
    readonly kind: ParagraphStyle['kind']
    readonly label: string | undefined
    readonly indent: number
  }

  function write(text: string, raw: string, { level, kind, label, indent }: Look): void {
    const labelled = label === undefined || label === '•' || label.trim() === '' ? text : `${label.trim()} ${text}`
    if (text.length <= MAX_HEADING && (level !== undefined || kind === 'title')) {
      flush()
      if (kind === 'title') out.title ??= text
      out.heading(level ?? 1, labelled)
    } else if (kind === 'code') line('code', raw)
    else if (label !== undefined && label.trim() !== '') line('list', `${'  '.repeat(indent)}${label === '•' ? `- ${text}` : labelled}`)
    else {
      flush()
      out.add(kind === 'caption' || kind === 'quote' ? kind : 'paragraph', text)
    }
  }

  function attachments(element: XmlElement | undefined, inline: Inline): void {
    if (inline.boxes.length + inline.drawn.length + inline.notes.length > 0) flush()
    for (const id of inline.notes) note(id)
    for (const box of inline.boxes) for (const part of children(box)) block(part)
    const drawn = inline.drawn.filter((text) => text.trim() !== '').join('\n')
    if (drawn !== '' && (parts.keep?.(drawn) ?? true)) out.add('paragraph', drawn)
    if (element !== undefined) addDrawings(element, parts.drawings, out)
  }

  function note(id: string): void {
    if (told.has(id)) return
    told.add(id)
    const text = parts.notes.get(id)
    if (text !== undefined) out.add('paragraph', text)
  }

  function table(element: XmlElement): void {
    flush()
    const rows = rowsOf(element)
    const cells = rows.map(cellsOf)
    const widest = cells.reduce((most, row) => Math.max(most, row.length), 0)
    const hung: Inline[] = []
    const texts = cells.map((row) => row.map((cell) => cellText(cell, hung)))
    if (widest <= 1 || texts.some((row) => row.some((text) => text.length > LAYOUT_CELL))) {
      for (const row of cells) for (const cell of row) for (const part of children(cell)) block(part)
      flush()
      return
    }
    const filled = tidyRows(spread(cells, texts))
    const hasHeader = isOn(child(child(rows[0], 'w:trPr'), 'w:tblHeader')) || looksLikeHeader(filled)
    if (parts.keep === undefined || parts.keep(filled.flat().join(' '))) out.table(filled, { hasHeader })
    for (const inline of hung) attachments(undefined, inline)
    addDrawings(element, parts.drawings, out)
  }

  return { block, flush }
}

/** The texts of a table's cells; merged cells fill each row that they span. */
function spread(cells: readonly (readonly XmlElement[])[], texts: readonly (readonly string[])[]): string[][] {
  const above: string[] = []
  return cells.map((row, rowIndex) => {
    const line: string[] = []
    for (const [index, cell] of row.entries()) {
      const properties = child(cell, 'w:tcPr')
      const span = Math.min(Math.max(Number(value(child(properties, 'w:gridSpan')) ?? 1) || 1, 1), MAX_SPAN)
      const merge = child(properties, 'w:vMerge')
      const goesOn = merge !== undefined && value(merge) !== 'restart'
      const own = texts[rowIndex]?.[index] ?? ''
      const text = goesOn && own.trim() === '' ? (above[line.length] ?? '') : own
      above[line.length] = merge !== undefined && text.length <= MAX_REPEATED_CELL ? text : ''
      line.push(text, ...Array.from({ length: span - 1 }, () => ''))
    }
    return line
  })
}

function cellText(cell: XmlElement, hung: Inline[]): string {
  const lines: string[] = []
  const visit = (element: XmlElement): void => {
    if (element.name === 'w:p') {
      const inline = inlineOf(element)
      lines.push(inline.text)
      if (inline.boxes.length + inline.notes.length + inline.drawn.length > 0) hung.push(inline)
    } else if (!SKIPPED_IN_CELL.has(element.name)) for (const part of children(element)) visit(part)
  }
  for (const part of children(cell)) visit(part)
  return lines.filter((text) => text.trim() !== '').join('\n')
}

const SKIPPED_IN_CELL = new Set(['w:tcPr', 'w:trPr', 'w:tblPr', 'w:tblGrid', 'w:sdtPr', 'w:del', 'w:moveFrom', 'mc:Fallback'])

/** Rows of the table itself, also those inside content controls and tracked changes; deleted rows are left out. */
function rowsOf(table: XmlElement): XmlElement[] {
  return within(table, 'w:tr').filter((row) => child(child(row, 'w:trPr'), 'w:del') === undefined)
}

function cellsOf(row: XmlElement): XmlElement[] {
  return within(row, 'w:tc')
}

function within(element: XmlElement, name: string): XmlElement[] {
  return children(element).flatMap((part) => {
    if (part.name === name) return [part]
    return ['w:sdt', 'w:sdtContent', 'w:ins', 'w:customXml', 'w:moveTo'].includes(part.name) ? within(part, name) : []
  })
}

function numberingOf(properties: XmlElement | undefined, style: ParagraphStyle | undefined): NumberingRef | undefined {
  const own = child(properties, 'w:numPr')
  if (own === undefined) return style?.numbering
  const id = value(child(own, 'w:numId')) ?? style?.numbering?.id
  if (id === undefined || id === '0') return undefined
  const level = Number(value(child(own, 'w:ilvl')) ?? style?.numbering?.level ?? 0)
  return { id, level: Number.isInteger(level) && level >= 0 && level <= 8 ? level : 0 }
}

/** A table of contents repeats the headings with page numbers that fit nobody. */
function isContents(control: XmlElement): boolean {
  const gallery = child(child(child(control, 'w:sdtPr'), 'w:docPartObj'), 'w:docPartGallery')
  return /^table of contents$/i.test(value(gallery) ?? '')
}

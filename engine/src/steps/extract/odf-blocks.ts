import type { TextBuilder } from './builder.ts'
import { headingLevel } from './docx-styles.ts'
import { type OdfText, odfText } from './odf-text.ts'
import { LAYOUT_CELL, looksLikeHeader, MAX_HEADING, MAX_REPEATED_CELL, MAX_SPAN, tidyRows } from './ooxml-rows.ts'
import { children, descendants, type XmlElement } from './xml-stream.ts'

/** What is known of styles; filled while the styles are read, before the text. */
export interface OdfStyles {
  readonly parents: Map<string, string>
  readonly outline: Map<string, number>
  /** List styles whose first level is numbered. */
  readonly numbered: Set<string>
}

export interface OdfWriter {
  block(element: XmlElement): void
}

const MAX_CHAIN = 20
const LEFT_OUT = new Set([
  'text:tracked-changes',
  'text:table-of-content',
  'text:sequence-decls',
  'text:variable-decls',
  'office:forms',
  'office:annotation',
  'svg:title',
  'svg:desc',
  'presentation:notes',
])

export function emptyStyles(): OdfStyles {
  return { parents: new Map(), outline: new Map(), numbered: new Set() }
}

/** Takes a `style:style` or `text:list-style` element in. */
export function learnStyle(style: XmlElement, styles: OdfStyles): void {
  const name = style.attributes['style:name'] ?? ''
  if (style.name === 'text:list-style') {
    if (children(style, 'text:list-level-style-number').some((level) => level.attributes['text:level'] === '1' && level.attributes['style:num-format'])) {
      styles.numbered.add(name)
    }
    return
  }
  const parent = style.attributes['style:parent-style-name']
  if (parent !== undefined) styles.parents.set(name, parent)
  const level = Number(style.attributes['style:default-outline-level'])
  if (level >= 1 && level <= 10) styles.outline.set(name, level)
}

export function odfWriter(styles: OdfStyles, out: TextBuilder): OdfWriter {
  function block(element: XmlElement): void {
    switch (element.name) {
      case 'text:p':
      case 'text:h':
        paragraph(element)
        return
      case 'text:list':
        list(element)
        return
      case 'table:table':
        table(element)
        return
      default:
        if (!LEFT_OUT.has(element.name)) for (const part of children(element)) block(part)
    }
  }

  function paragraph(element: XmlElement): void {
    const content = odfText(element)
    const text = content.text.trim()
    const look = lookOf(element)
    if (look.title && text !== '') out.title ??= text
    if (look.level !== undefined && text.length <= MAX_HEADING) out.heading(look.level, text)
    else out.add(look.code ? 'code' : 'paragraph', text)
    attachments(content)
  }

  function lookOf(element: XmlElement): { level: number | undefined; title: boolean; code: boolean } {
    const chain = [...styleChain(element.attributes['text:style-name'])]
    const names = chain.map((name) => name.replaceAll('_20_', ' '))
    const title = names.some((name) => /^title$/i.test(name))
    const code = names.some((name) => /^preformatted text$/i.test(name))
    if (element.name === 'text:h') return { level: Math.max(1, Number(element.attributes['text:outline-level'] ?? 1) || 1), title, code: false }
    const named = names.map(headingLevel).find((level) => level !== undefined)
    return { level: title ? 1 : (named ?? chain.map((name) => styles.outline.get(name)).find((level) => level !== undefined)), title, code }
  }

  function* styleChain(first: string | undefined): Generator<string> {
    let name = first
    for (let step = 0; name !== undefined && step < MAX_CHAIN; step += 1) {
      yield name
      name = styles.parents.get(name)
    }
  }

  function attachments({ notes, frames }: OdfText): void {
    for (const note of notes) out.add('paragraph', note)
    for (const frame of frames) block(frame)
  }

  function list(element: XmlElement): void {
    const lines: string[] = []
    const hung: OdfText[] = []
    const flush = (): void => {
      out.add('list', lines.join('\n'))
      lines.length = 0
      for (const content of hung) attachments(content)
      hung.length = 0
    }
    const items = (current: XmlElement, depth: number, inherited: boolean): void => {
      const style = current.attributes['text:style-name']
      const goesOn = current.attributes['text:continue-numbering'] === 'true' || current.attributes['text:continue-list'] !== undefined
      const numbered = !goesOn && (style === undefined ? inherited : styles.numbered.has(style))
      let count = 0
      for (const item of children(current)) {
        let first = item.name === 'text:list-item'
        if (first && children(item).some((part) => part.name === 'text:p')) count += 1
        for (const part of children(item)) {
          if (part.name === 'text:list') items(part, depth + 1, numbered)
          else if (part.name === 'text:p') {
            const content = odfText(part)
            const text = content.text.trim()
            const label = !first ? '  ' : numbered ? `${count}. ` : '- '
            if (text !== '') lines.push(`${'  '.repeat(Math.min(depth, 10))}${label}${text}`)
            if (content.notes.length + content.frames.length > 0) hung.push(content)
            first = false
          } else {
            flush()
            block(part)
          }
        }
      }
    }
    items(element, 0, false)
    flush()
  }

  function table(element: XmlElement): void {
    const hung: OdfText[] = []
    const rows = rowsOf(element)
    const cells = rows.map((row) => children(row.element).filter((cell) => /^table:(covered-)?table-cell$/.test(cell.name)))
    const texts = cells.map((row) => row.map((cell) => cellText(cell, hung)))
    const widest = cells.reduce((most, row) => Math.max(most, row.length), 0)
    if (widest <= 1 || texts.some((row) => row.some((text) => text.length > LAYOUT_CELL))) {
      for (const row of cells) for (const cell of row) for (const part of children(cell)) block(part)
      return
    }
    const spans: { rows: number; text: string }[] = []
    const filled = cells.map((row, rowIndex) => {
      const line: string[] = []
      for (const [index, cell] of row.entries()) {
        const span = spans[line.length]
        const own = texts[rowIndex]?.[index] ?? ''
        const covered = cell.name === 'table:covered-table-cell' && span !== undefined && span.rows > 0
        const text = covered ? span.text : own
        const tall = Number(cell.attributes['table:number-rows-spanned'] ?? 1)
        spans[line.length] = covered ? { rows: span.rows - 1, text } : { rows: tall - 1, text: own.length <= MAX_REPEATED_CELL ? own : '' }
        const repeated = Math.min(Math.max(Number(cell.attributes['table:number-columns-repeated'] ?? 1) || 1, 1), MAX_SPAN)
        for (let count = 0; count < repeated; count += 1) line.push(text)
      }
      return line
    })
    const tidy = tidyRows(filled)
    out.table(tidy, { hasHeader: rows[0]?.header === true || looksLikeHeader(tidy) })
    for (const content of hung) attachments(content)
  }

  return { block }
}

function cellText(cell: XmlElement, hung: OdfText[]): string {
  const lines: string[] = []
  for (const part of [...descendants(cell, 'text:h'), ...descendants(cell, 'text:p')]) {
    const content = odfText(part)
    lines.push(content.text.trim())
    for (const frame of content.frames) for (const inner of descendants(frame, 'text:p')) lines.push(odfText(inner).text.trim())
    if (content.notes.length > 0) hung.push({ ...content, frames: [] })
  }
  return lines.filter((line) => line !== '').join('\n')
}

function rowsOf(table: XmlElement, header = false): { readonly element: XmlElement; readonly header: boolean }[] {
  return children(table).flatMap((part) => {
    if (part.name === 'table:table-row') return [{ element: part, header }]
    if (part.name === 'table:table-header-rows') return rowsOf(part, true)
    return part.name === 'table:table-row-group' || part.name === 'table:table-rows' ? rowsOf(part, header) : []
  })
}

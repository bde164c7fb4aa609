import type { Block, BlockKind, Box, ExtractedText, Page } from '../../domain/block.ts'
import { AppError } from '../../domain/errors.ts'
import { METADATA_LIMITS, type MetadataValue } from '../../domain/metadata.ts'

export interface BlockFacts {
  readonly boxes?: readonly Box[]
  readonly hasHeader?: boolean
  readonly language?: string
}

/**
 * Collects what a reader finds, in reading order, and keeps ranges, pages and heading paths right by itself.
 * Blocks are separated by an empty line, table rows by a line break.
 */
export interface TextBuilder {
  title: string | undefined
  /** Following blocks lie on this page (1-based), until the next call. */
  page(number: number, facts?: { readonly label?: string; readonly width?: number; readonly height?: number; readonly ocr?: boolean }): void
  /** Level from 1; a heading closes those of its level and deeper. */
  heading(level: number, text: string, facts?: BlockFacts): void
  add(kind: Exclude<BlockKind, 'heading' | 'table'>, text: string, facts?: BlockFacts): void
  /** One line per row. Cells are joined by " | ", line breaks inside a cell become spaces; empty rows are left out. */
  table(rows: readonly (readonly string[])[], facts?: BlockFacts): void
  /** Runs `read` with all its headings below one of this text: a sheet, a slide, an attachment. One without content leaves nothing. */
  section(text: string, read: () => Promise<void> | void): Promise<void>
  property(name: string, value: MetadataValue | undefined): void
  /** A sentence for a person. The same sentence counts once, and at most 100 are kept. */
  warn(sentence: string): void
  /** UTF-16 length so far. */
  readonly length: number
  finish(mediaType: string): ExtractedText
}

const SEPARATOR = '\n\n'
const MAX_WARNINGS = 100

export function textBuilder(maxCharacters: number): TextBuilder {
  const parts: string[] = []
  const blocks: Block[] = []
  const pages: (Page & { end: number })[] = []
  const properties: Record<string, MetadataValue> = {}
  const warnings = new Set<string>()
  let open: { level: number; text: string }[] = []
  let pending: { level: number; text: string; open: { level: number; text: string }[] }[] = [] // section headings whose content has not come yet
  let base = 0 // level offset of the section that is open
  let length = 0
  let title: string | undefined

  function append(kind: BlockKind, raw: string, facts: BlockFacts & { readonly level?: number }): void {
    const text = cleanText(raw)
    if (text === '') return
    const headings = pending
    pending = []
    const inside = open
    for (const heading of headings) {
      open = heading.open
      append('heading', heading.text, { level: heading.level })
    }
    open = inside
    if (length + text.length + SEPARATOR.length > maxCharacters) {
      throw new AppError('document/too-large', { limit: `${maxCharacters} characters of text` })
    }
    if (length > 0) {
      parts.push(SEPARATOR)
      length += SEPARATOR.length
    }
    const start = length
    parts.push(text)
    length += text.length
    const page = pages.at(-1)
    if (page !== undefined) {
      if (page.end === page.start) Object.assign(page, { start })
      page.end = length
    }
    const { level, boxes, hasHeader, language } = facts
    blocks.push({
      kind,
      start,
      end: length,
      headingPath: open.map((heading) => heading.text),
      ...(page === undefined ? {} : { page: page.number }),
      ...(level === undefined ? {} : { level }),
      ...(boxes === undefined || boxes.length === 0 ? {} : { boxes }),
      ...(hasHeader === true ? { hasHeader } : {}),
      ...(language === undefined ? {} : { language }),
    })
  }

  return {
    get title() {
      return title
    },
    set title(text: string | undefined) {
      const line = text === undefined ? '' : oneLine(text).slice(0, METADATA_LIMITS.stringLength)
      title = line === '' ? undefined : line
    },
    page(number, facts = {}) {
      pages.push({ number, start: length, end: length, ...facts })
    },
    heading(level, text, facts = {}) {
      const line = oneLine(text)
      if (line === '') return
      const depth = base + Math.max(1, level)
      open = open.filter((heading) => heading.level < depth)
      append('heading', line, { ...facts, level: depth })
      open.push({ level: depth, text: line })
    },
    add(kind, text, facts = {}) {
      append(kind, text, facts)
    },
    table(rows, facts = {}) {
      const lines = rows.map((row) => row.map((cell) => oneLine(cell)).join(' | ')).filter((line) => /[^\s|]/.test(line))
      append('table', lines.join('\n'), facts)
    },
    async section(text, read) {
      const before = { base, open }
      const depth = base + 1
      open = open.filter((heading) => heading.level <= base)
      const line = oneLine(text)
      const heading = { level: depth, text: line, open }
      if (line !== '') {
        pending.push(heading)
        open = [...open, { level: depth, text: line }]
        base = depth
      }
      try {
        await read()
      } finally {
        pending = pending.filter((one) => one !== heading)
        base = before.base
        open = before.open.filter((heading) => heading.level <= base)
      }
    },
    property(name, value) {
      if (value === undefined || value === '') return
      properties[name] = typeof value === 'string' ? oneLine(value).slice(0, METADATA_LIMITS.stringLength) : value
    },
    warn(sentence) {
      if (warnings.size < MAX_WARNINGS) warnings.add(oneLine(sentence))
    },
    get length() {
      return length
    },
    finish(mediaType) {
      return { text: parts.join(''), blocks, pages, mediaType, title, properties, warnings: [...warnings] }
    },
  }
}

/** NFC, line breaks as \n, no control or non-characters, no lone surrogates, no trailing blanks. */
export function cleanText(raw: string): string {
  return (
    raw
      .toWellFormed()
      .normalize('NFC')
      .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u00ad\ufeff\ufffe\uffff]/g, '')
      .replace(/[^\S\n]+\n/g, '\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim()
  )
}

function oneLine(text: string): string {
  return cleanText(text).replace(/\s+/g, ' ')
}

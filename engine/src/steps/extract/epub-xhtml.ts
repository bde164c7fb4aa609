import { type DefaultTreeAdapterTypes, parse } from 'parse5'
import { AppError } from '../../domain/errors.ts'
import type { TextBuilder } from './builder.ts'
import { XHTML_ENTITIES } from './epub-entities.ts'
import { looksLikeHeader, MAX_SPAN, tidyRows } from './ooxml-rows.ts'
import type { ExtractLimits } from './reader.ts'
import { readXml } from './xml-stream.ts'

/** A chapter that is not well-formed is read as HTML up to this size. */
const MAX_LOOSE = 5 * 2 ** 20
const HEADING = /^h[1-6]$/
const SKIPPED = new Set(['head', 'script', 'style', 'svg', 'rt', 'rp', 'template', 'noscript', 'object', 'audio', 'video', 'iframe', 'select', 'button'])
const BLOCKS = new Set(
  'address article aside body center dd details dialog div dl dt fieldset figcaption figure footer form header hr html main nav ol p section summary ul'.split(
    ' ',
  ),
)
const VOID = new Set('area base br col embed hr img input link meta param source track wbr'.split(' '))

type Event = readonly ['open', string, Readonly<Record<string, string>>] | readonly ['close', string] | readonly ['text', string]

/**
 * Reads one XHTML chapter into blocks. `title` heads it when it does not begin with a heading of its own.
 * @throws AppError document/hostile, document/too-large
 */
export async function readXhtml(bytes: Uint8Array, out: TextBuilder, limits: ExtractLimits, part: string, title: string | undefined): Promise<void> {
  const events = await eventsOf(bytes, limits, part)
  const write = (): void => {
    const writer = xhtmlWriter(out)
    for (const event of events) {
      if (event[0] === 'open') writer.open(event[1], event[2])
      else if (event[0] === 'close') writer.close(event[1])
      else writer.text(event[1])
    }
    writer.close('html')
  }
  if (title === undefined || beginsWithHeading(events)) write()
  else await out.section(title, write)
}

function beginsWithHeading(events: readonly Event[]): boolean {
  let inside = 0
  for (const event of events) {
    if (event[0] === 'text') {
      if (event[1].trim() !== '') return inside > 0
    } else if (HEADING.test(event[1])) inside += event[0] === 'open' ? 1 : -1
  }
  return true // no text at all: nothing to head
}

/** As XML; as HTML when it is not well-formed. */
async function eventsOf(bytes: Uint8Array, limits: ExtractLimits, part: string): Promise<Event[]> {
  const events: Event[] = []
  try {
    await readXml(
      pieces(bytes),
      {
        named: XHTML_ENTITIES,
        open(name, attributes) {
          const local = localName(name)
          if (SKIPPED.has(local)) return 'skip'
          events.push(['open', local, attributes])
          return undefined
        },
        close: (name) => events.push(['close', localName(name)]),
        text: (text) => events.push(['text', text]),
      },
      limits,
      part,
    )
    return events
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'document/corrupt') throw error
    return looseEvents(bytes, limits)
  }
}

async function* pieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

function looseEvents(bytes: Uint8Array, limits: ExtractLimits): Event[] {
  if (bytes.length > MAX_LOOSE) throw new AppError('document/too-large', { limit: `${MAX_LOOSE} bytes in a damaged chapter` })
  const html = new TextDecoder().decode(bytes)
  refuseDeep(html, limits)
  const events: Event[] = []
  type Step = { readonly node: DefaultTreeAdapterTypes.Node } | { readonly close: string }
  const pending: Step[] = [{ node: parse(html) }]
  for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
    if ('close' in step) {
      events.push(['close', step.close])
      continue
    }
    const { node } = step
    if (node.nodeName === '#text' && 'value' in node) events.push(['text', node.value])
    if (!('childNodes' in node)) continue
    if ('tagName' in node) {
      if (SKIPPED.has(node.tagName)) continue
      events.push(['open', node.tagName, Object.fromEntries(node.attrs.map(({ name, value }) => [name, value]))])
      pending.push({ close: node.tagName })
    }
    for (let index = node.childNodes.length - 1; index >= 0; index -= 1) {
      const below = node.childNodes[index]
      if (below !== undefined) pending.push({ node: below })
    }
  }
  return events
}

/** Deep nesting makes a lenient parser slow: it is refused before that. */
function refuseDeep(html: string, limits: ExtractLimits): void {
  let depth = 0
  for (const match of html.matchAll(/<(\/?)([a-zA-Z][a-zA-Z0-9]{0,20})/g)) {
    const name = (match[2] ?? '').toLowerCase()
    if (VOID.has(name) || name === 'p' || name === 'li') continue
    depth = Math.max(0, depth + (match[1] === '/' ? -1 : 1))
    if (depth > limits.nesting) throw new AppError('document/hostile', { reason: `elements nested deeper than ${limits.nesting}` })
  }
}

interface XhtmlWriter {
  open(name: string, attributes: Readonly<Record<string, string>>): void
  close(name: string): void
  text(text: string): void
}

/** Turns elements and text into blocks, in order. */
function xhtmlWriter(out: TextBuilder): XhtmlWriter {
  let text = ''
  let blank = true // the text ends in a blank; looking at it each time would copy it
  const lists: { readonly ordered: boolean; count: number }[] = []
  let lines: string[] = []
  let label = ''
  let heading = 0
  let quoted = 0
  let pre = 0
  const tables: { rows: string[][]; header: boolean }[] = []
  let spare = 0

  function flushList(): void {
    const list = lines
    lines = []
    if (list.length === 0) return
    out.add('list', list.join('\n'))
  }

  function flush(): void {
    const content = pre > 0 ? text : text.trim()
    text = ''
    blank = true
    if (tables.length > 0) {
      const row = tables[0]?.rows.at(-1)
      if (row !== undefined && row.length > 0 && content !== '') row[row.length - 1] = `${row.at(-1) ?? ''} ${content}`.trim()
      return
    }
    if (content.trim() === '') return
    if (heading > 0) {
      flushList()
      out.heading(heading, content)
    } else if (lists.length > 0) {
      lines.push(`${'  '.repeat(Math.min(lists.length - 1, 10))}${label === '' ? '  ' : label}${content}`)
      label = ''
    } else {
      flushList()
      out.add(pre > 0 ? 'code' : quoted > 0 ? 'quote' : 'paragraph', content)
    }
  }

  return {
    open(name, attributes) {
      const table = tables[0]
      if (HEADING.test(name)) {
        flush()
        heading = Number(name[1])
      } else if (name === 'br') {
        text += pre > 0 || tables.length === 0 ? '\n' : ' '
        blank = true
      } else if (name === 'table') {
        flush()
        if (tables.length === 0) flushList()
        tables.push({ rows: [], header: false })
      } else if (name === 'tr' && tables.length === 1) {
        flush()
        table?.rows.push([])
      } else if ((name === 'td' || name === 'th') && tables.length === 1 && table !== undefined) {
        flush()
        if (table.rows.length === 0) table.rows.push([])
        if (name === 'th' && table.rows.length === 1) table.header = true
        table.rows.at(-1)?.push('')
        spare = Math.min(Math.max(Number(attributes.colspan ?? 1) || 1, 1), MAX_SPAN) - 1
      } else if (name === 'ul' || name === 'ol') {
        flush()
        lists.push({ ordered: name === 'ol', count: 0 })
      } else if (name === 'li') {
        flush()
        const list = lists.at(-1)
        if (list !== undefined) list.count += 1
        label = list?.ordered === true ? `${list.count}. ` : '- '
      } else if (name === 'pre') {
        flush()
        pre += 1
      } else if (name === 'blockquote') {
        flush()
        flushList()
        quoted += 1
      } else if (BLOCKS.has(name)) {
        flush()
        if (name === 'p') heading = 0 // a heading that was never closed
      }
    },
    close(name) {
      if (HEADING.test(name)) {
        flush()
        heading = 0
      } else if (name === 'table') {
        flush()
        const table = tables.pop()
        if (table === undefined || tables.length > 0) return
        const rows = tidyRows(table.rows)
        if (rows.every((row) => row.length <= 1)) for (const row of rows) out.add('paragraph', row[0] ?? '')
        else out.table(rows, { hasHeader: rows.length > 1 && (table.header || looksLikeHeader(rows)) })
      } else if ((name === 'td' || name === 'th') && tables.length === 1) {
        flush()
        for (; spare > 0; spare -= 1) tables[0]?.rows.at(-1)?.push('')
      } else if (name === 'ul' || name === 'ol') {
        flush()
        lists.pop()
        if (lists.length === 0) flushList()
      } else if (name === 'pre') {
        flush()
        pre = Math.max(0, pre - 1)
      } else if (name === 'blockquote') {
        flush()
        quoted = Math.max(0, quoted - 1)
      } else if (name === 'html') {
        flush()
        flushList()
      } else if (name === 'li' || name === 'tr' || BLOCKS.has(name)) flush()
    },
    text(added) {
      if (pre > 0) text += added
      else {
        const collapsed = added.replace(/[ \t\r\n\f]+/g, ' ')
        const piece = blank && collapsed.startsWith(' ') ? collapsed.slice(1) : collapsed
        if (piece === '') return
        text += piece
        blank = piece.endsWith(' ')
      }
    },
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1).toLowerCase()
}

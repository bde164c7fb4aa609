import type { DefaultTreeAdapterTypes as Tree } from 'parse5'
import { AppError } from '../../domain/errors.ts'
import type { TextBuilder } from './builder.ts'
import { tableRows } from './html-table.ts'

/** What a piece of HTML comes to, in reading order. */
export type HtmlItem =
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'paragraph' | 'list' | 'caption' | 'quote'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string; readonly language: string | undefined }
  | { readonly kind: 'table'; readonly rows: readonly (readonly string[])[]; readonly hasHeader: boolean }

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))
const UNSEEN = words(
  'script style template noscript head iframe frame object embed applet svg canvas audio video button select option datalist textarea input rt rp map area link meta title dialog',
)
const BLOCKS = words(
  'address article aside body blockquote center dd details dir div dl dt fieldset figcaption figure footer form header hgroup hr html legend li main menu nav ol p pre section summary table tbody td tfoot th thead tr ul caption h1 h2 h3 h4 h5 h6',
)
/** Source: a list item longer than this is a text of its own. */
const LONG_ITEM = 1500

/**
 * Reads a tree in document order. Nothing is fetched: images, frames, styles and scripts are left out.
 * @throws AppError document/hostile when elements are nested deeper than `nesting`
 */
export function htmlItems(root: Tree.ParentNode, nesting: number): HtmlItem[] {
  checkNesting(root, nesting)
  const items: HtmlItem[] = []
  let line = ''
  let quoted = 0

  function flush(kind: 'paragraph' | 'caption' = 'paragraph'): void {
    const text = tidy(line)
    line = ''
    if (text !== '') items.push({ kind: kind === 'paragraph' && quoted > 0 ? 'quote' : kind, text })
  }

  function children(node: Tree.ParentNode): void {
    for (const child of node.childNodes) visit(child)
  }

  function block(element: Tree.Element, kind: 'paragraph' | 'caption' = 'paragraph'): void {
    flush()
    children(element)
    flush(kind)
  }

  function visit(node: Tree.ChildNode): void {
    if (node.nodeName === '#text' && 'value' in node) {
      line += node.value.replace(/\s+/g, ' ')
      return
    }
    if (!isElement(node) || isUnseen(node)) return
    const { tagName } = node
    if (/^h[1-6]$/.test(tagName)) {
      heading(node, Number(tagName[1]))
      return
    }
    switch (tagName) {
      case 'br':
        line += '\n'
        return
      case 'img':
        line += formulaOf(node)
        return
      case 'math': {
        line += ` ${attribute(node, 'alttext') ?? textOf(node)} `
        return
      }
      case 'pre':
        code(node)
        return
      case 'ul':
      case 'ol':
      case 'menu':
      case 'dir':
        list(node)
        return
      case 'table':
        table(node)
        return
      case 'blockquote': {
        flush()
        quoted += 1
        children(node)
        flush()
        quoted -= 1
        return
      }
      case 'figcaption':
      case 'caption':
        block(node, 'caption')
        return
      default:
        if (BLOCKS.has(tagName)) block(node)
        else children(node)
    }
  }

  function heading(element: Tree.Element, level: number): void {
    flush()
    const text = tidy(textOf(element)).replace(/\s*[¶#§]$/, '')
    if (text !== '') items.push({ kind: 'heading', level, text })
  }

  function code(element: Tree.Element): void {
    flush()
    const text = rawText(element).replace(/^\n/, '')
    if (text.trim() !== '') items.push({ kind: 'code', text, language: languageOfClass(element) })
  }

  function list(element: Tree.Element): void {
    flush()
    const lines = listLines(element, 0)
    if (lines === undefined) {
      // Items that hold whole sections are read as what they hold.
      children(element)
      flush()
    } else if (lines.length > 0) items.push({ kind: 'list', text: lines.join('\n') })
  }

  function table(element: Tree.Element): void {
    flush()
    const found = tableRows(element, (cell) => tidy(textOf(cell)))
    if (found === undefined) {
      children(element)
      flush()
      return
    }
    for (const child of element.childNodes) if (isElement(child) && child.tagName === 'caption') block(child, 'caption')
    if (found.rows.length > 0) items.push({ kind: 'table', ...found })
  }

  children(root)
  flush()
  return items
}

export function addItems(items: readonly HtmlItem[], out: TextBuilder): void {
  for (const item of items) {
    if (item.kind === 'heading') out.heading(item.level, item.text)
    else if (item.kind === 'table') out.table(item.rows, { hasHeader: item.hasHeader })
    else if (item.kind === 'code') out.add('code', item.text, item.language === undefined ? {} : { language: item.language })
    else out.add(item.kind, item.text)
  }
}

/** Lines of a simple list; undefined when an item holds headings, tables, code or a long text. */
function listLines(element: Tree.Element, depth: number): string[] | undefined {
  const lines: string[] = []
  let number = Number.parseInt(attribute(element, 'start') ?? '1', 10) || 1
  for (const child of element.childNodes) {
    if (!isElement(child) || isUnseen(child)) continue
    if (child.tagName === 'ul' || child.tagName === 'ol') {
      const inner = listLines(child, depth + 1)
      if (inner === undefined) return undefined
      lines.push(...inner)
      continue
    }
    if (child.tagName !== 'li') return undefined
    const inner: Tree.Element[] = []
    if (holdsSection(child, inner)) return undefined
    const text = tidy(textOf(child, (node) => node.tagName === 'ul' || node.tagName === 'ol')).replaceAll('\n', ' ')
    if (text.length > LONG_ITEM) return undefined
    if (text !== '') lines.push(`${'  '.repeat(Math.min(depth, 8))}${element.tagName === 'ol' ? `${number}.` : '-'} ${text}`)
    number += 1
    for (const nested of inner) {
      const below = listLines(nested, depth + 1)
      if (below === undefined) return undefined
      lines.push(...below)
    }
  }
  return lines
}

/** True when the item is more than words and lists; lists directly inside are collected. */
function holdsSection(item: Tree.Element, lists: Tree.Element[]): boolean {
  for (const child of item.childNodes) {
    if (!isElement(child) || isUnseen(child)) continue
    if (/^(?:h[1-6]|table|pre|blockquote|dl)$/.test(child.tagName)) return true
    if (child.tagName === 'ul' || child.tagName === 'ol') lists.push(child)
    else if (holdsSection(child, lists)) return true
  }
  return false
}

/** The words in an element; block elements and line breaks part them. */
export function textOf(element: Tree.Element, leaveOut?: (element: Tree.Element) => boolean): string {
  let text = ''
  const visit = (node: Tree.ChildNode): void => {
    if (node.nodeName === '#text' && 'value' in node) text += node.value.replace(/\s+/g, ' ')
    if (!isElement(node) || isUnseen(node) || leaveOut?.(node) === true) return
    if (node.tagName === 'br') text += '\n'
    if (node.tagName === 'img') text += formulaOf(node)
    const parted = BLOCKS.has(node.tagName)
    if (parted) text += '\n'
    for (const child of node.childNodes) visit(child)
    if (parted) text += '\n'
  }
  for (const child of element.childNodes) visit(child)
  return text
}

/** Wikis show formulas as pictures that carry their TeX; other pictures say nothing for sure. */
function formulaOf(image: Tree.Element): string {
  const tex = /^\{\\(?:display|text)style ([\s\S]{1,2000})\}$/.exec((attribute(image, 'alt') ?? '').trim())?.[1]
  return tex === undefined ? '' : ` ${tex.trim()} `
}

function rawText(element: Tree.Element): string {
  let text = ''
  const visit = (node: Tree.ChildNode): void => {
    if (node.nodeName === '#text' && 'value' in node) text += node.value
    if (!isElement(node)) return
    if (node.tagName === 'br') text += '\n'
    for (const child of node.childNodes) visit(child)
    // Some highlighters wrap each line in a block.
    if ((node.tagName === 'div' || node.tagName === 'li') && !text.endsWith('\n')) text += '\n'
  }
  for (const child of element.childNodes) visit(child)
  return text
}

export function isElement(node: Tree.Node): node is Tree.Element {
  return 'tagName' in node
}

export function attribute(element: Tree.Element, name: string): string | undefined {
  return element.attrs.find((one) => one.name === name)?.value
}

function isUnseen(element: Tree.Element): boolean {
  if (UNSEEN.has(element.tagName)) return true
  if (element.attrs.length === 0) return false
  return attribute(element, 'hidden') !== undefined || /display\s*:\s*none|visibility\s*:\s*hidden/i.test((attribute(element, 'style') ?? '').slice(0, 500))
}

function languageOfClass(element: Tree.Element): string | undefined {
  const inner = element.childNodes.find((child): child is Tree.Element => isElement(child) && child.tagName === 'code')
  const classes = [attribute(element, 'class'), inner && attribute(inner, 'class'), attribute(element, 'data-lang')].join(' ').slice(0, 500)
  return /(?:^|\s)(?:language|lang|highlight-source|brush)[-: ]+([A-Za-z0-9+#_-]{1,30})/.exec(classes)?.[1]?.toLowerCase()
}

function tidy(text: string): string {
  return text
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{2,}/g, '\n')
    .trim()
}

function checkNesting(root: Tree.ParentNode, nesting: number): void {
  let level: Tree.ParentNode[] = [root]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > nesting) throw new AppError('document/hostile', { limit: `${nesting} levels of elements` })
    const next: Tree.ParentNode[] = []
    for (const parent of level) for (const child of parent.childNodes) if (isElement(child)) next.push(child)
    level = next
  }
}

import type { Nodes, Parents, RootContent, Table } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { gfm } from 'micromark-extension-gfm'
import { parseFragment } from 'parse5'
import { AppError } from '../../domain/errors.ts'
import type { TextBuilder } from './builder.ts'
import { decodeText } from './encoding.ts'
import { addItems, htmlItems } from './html-items.ts'
import type { Reader } from './reader.ts'

/** CommonMark with GitHub's tables, and front matter as properties. */
export const readMarkdown: Reader = async (source, out, { limits }) => {
  const { text, doubt } = decodeText(source.bytes())
  if (doubt !== undefined) out.warn(doubt)
  addMarkdown(text.replace(/\r\n?/g, '\n'), out, limits.nesting)
}

export function addMarkdown(text: string, out: TextBuilder, nesting: number): void {
  const body = readFrontMatter(text, out)
  checkLineDepth(body, nesting)
  for (const piece of piecesOf(body)) {
    const root = fromMarkdown(piece, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] })
    const first = root.children.find((node) => node.type === 'heading')
    if (first !== undefined && first.type === 'heading' && first.depth === 1) out.title ??= inline(first)
    for (const node of root.children) addNode(node, out, nesting, false)
  }
}

/** Source: the parser needs some 200 bytes of memory per byte of text, so long texts go in pieces that begin at a heading. */
const PIECE_CHARACTERS = 200_000

/** A piece ends before a heading, or when none comes for long, between paragraphs; never within fenced code. */
function* piecesOf(text: string): Generator<string> {
  if (text.length <= PIECE_CHARACTERS * 2) return yield text
  let start = 0
  let fence = ''
  let afterEmptyLine = false
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf('\n', at) + 1 || text.length
    const line = text.slice(at, Math.min(next, at + 200))
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? ''
    const length = at - start
    const apart = /^#{1,6} /.test(line) || (length > PIECE_CHARACTERS * 3 && afterEmptyLine && /^[\p{L}\p{N}]/u.test(line))
    if (fence === '' && length >= PIECE_CHARACTERS && apart) {
      yield text.slice(start, at)
      start = at
    }
    if (fence === '') fence = mark
    else if (mark.startsWith(fence)) fence = ''
    afterEmptyLine = line.trim() === ''
    at = next
  }
  yield text.slice(start)
}

function addNode(node: RootContent, out: TextBuilder, nesting: number, quoted: boolean): void {
  switch (node.type) {
    case 'heading':
      out.heading(node.depth, inline(node))
      return
    case 'paragraph':
      out.add(quoted ? 'quote' : 'paragraph', inline(node))
      return
    case 'code':
      out.add('code', node.value, node.lang == null ? {} : { language: node.lang.toLowerCase().slice(0, 30) })
      return
    case 'list':
      out.add('list', listLines(node, 0).join('\n'))
      return
    case 'table':
      out.table(rowsOf(node), { hasHeader: true })
      return
    case 'html':
      addItems(htmlItems(parseFragment(node.value), nesting), out)
      return
    case 'blockquote':
      for (const child of node.children) addNode(child, out, nesting, true)
      return
    case 'footnoteDefinition':
      out.add('paragraph', `[${node.identifier}] ${node.children.map((child) => inline(child)).join('\n')}`)
      return
    default: // breaks and link definitions hold no words
  }
}

function rowsOf(table: Table): string[][] {
  return table.children.map((row) => row.children.map((cell) => inline(cell)))
}

function listLines(list: Extract<RootContent, { type: 'list' }>, depth: number): string[] {
  let number = list.start ?? 1
  return list.children.flatMap((item) => {
    const mark = list.ordered === true ? `${number++}.` : '-'
    const done = item.checked == null ? '' : item.checked ? '[x] ' : '[ ] '
    const indent = '  '.repeat(Math.min(depth, 8))
    const lines: string[] = []
    for (const child of item.children) {
      if (child.type === 'list') lines.push(...listLines(child, depth + 1))
      else {
        const text =
          child.type === 'code'
            ? child.value
            : child.type === 'table'
              ? rowsOf(child)
                  .map((row) => row.join(' | '))
                  .join('\n')
              : inline(child)
        if (text !== '') lines.push(`${indent}${lines.length === 0 ? `${mark} ${done}` : '  '}${text.replaceAll('\n', `\n${indent}  `)}`)
      }
    }
    return lines
  })
}

/** The words of a node. The address of a link follows its text, unless it is the text. */
function inline(node: Nodes): string {
  switch (node.type) {
    case 'text':
    case 'inlineCode':
    case 'code':
      return node.value
    case 'break':
      return '\n'
    case 'html':
      return /^<br\b/i.test(node.value) ? '\n' : ''
    case 'image':
    case 'imageReference':
      return node.alt ?? ''
    case 'footnoteReference':
      return `[${node.identifier}]`
    case 'link': {
      const text = wordsOf(node)
      return text.includes(node.url.replace(/^mailto:/, '')) || !/^(?:https?|mailto|ftp):/i.test(node.url) ? text : `${text} (${node.url})`
    }
    default:
      return 'children' in node ? wordsOf(node) : ''
  }
}

function wordsOf(node: Parents): string {
  const between = node.children.some((child) => child.type === 'paragraph') ? '\n' : ''
  return node.children.map((child) => inline(child)).join(between)
}

/** Simple `name: value` lines between two lines of dashes; anything else in there is left alone. */
function readFrontMatter(text: string, out: TextBuilder): string {
  if (!text.startsWith('---\n')) return text
  const end = text.indexOf('\n---\n', 3)
  if (end < 0 || end > 20_000) return text
  for (const line of text.slice(4, end).split('\n')) {
    const [, name, value] = /^([A-Za-z][\w-]{0,60}):[ \t]+(\S.{0,2000})$/.exec(line) ?? []
    if (name === undefined || value === undefined) continue
    const plain = value.trim().replace(/^(["'])(.*)\1$/, '$2')
    if (name.toLowerCase() === 'title') out.title = plain
    else out.property(name, plain)
  }
  return text.slice(end + 5)
}

/** One quote or list that begins on a line: several of them, one within the other, may. */
const CONTAINER = /[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))/y

/** The parser's time and stack grow with the nesting of one line's quotes and lists. */
function checkLineDepth(text: string, nesting: number): void {
  const most = Math.min(nesting, 500)
  for (let at = 0; at < text.length; at = text.indexOf('\n', at) + 1 || text.length) {
    CONTAINER.lastIndex = at
    for (let depth = 1; CONTAINER.test(text); depth += 1) {
      if (depth > most) throw new AppError('document/hostile', { limit: `${most} levels of quotes and lists` })
    }
  }
}

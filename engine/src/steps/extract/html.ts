import { Readability } from '@mozilla/readability'
import { parseHTML } from 'linkedom'
import { parse, parseFragment, serialize, type DefaultTreeAdapterTypes as Tree } from 'parse5'
import type { TextBuilder } from './builder.ts'
import { decodeText } from './encoding.ts'
import { addItems, attribute, type HtmlItem, htmlItems, isElement, textOf } from './html-items.ts'
import type { Reader } from './reader.ts'

/** Source: below this an "article" is a teaser or a fragment. */
const MIN_ARTICLE = 250 // characters
/** Source: prose that the article lacks but the page has, before the whole page is read instead. */
const KEPT_SHARE = 0.4
/** Source: Readability's work grows with the square of what lies side by side; a page of this size is a book, not an article. */
const MAX_ARTICLE_ELEMENTS = 15_000
const PROSE = 80 // characters of a block that is more than a menu entry

/** A web page: the article without menus where there is one, otherwise everything that can be seen. */
export const readHtml: Reader = async (source, out, { limits }) => {
  const bytes = source.bytes()
  const { text, doubt } = decodeText(bytes, declaredCharset(bytes))
  if (doubt !== undefined) out.warn(doubt)
  const document = parse(text)
  const whole = htmlItems(document, limits.nesting)
  dropElements(document, isSelfLink)
  readHead(document, out)
  const article = articleItems(document, limits.nesting, out)
  addItems(article !== undefined && keepsEnough(article, whole) ? article : withoutMenus(document, whole, limits.nesting), out)
}

/** HTML that is all content, such as a letter. */
export function readHtmlContent(html: string, out: TextBuilder, nesting: number): void {
  addItems(htmlItems(parse(html), nesting), out)
}

function articleItems(document: Tree.Document, nesting: number, out: TextBuilder): HtmlItem[] | undefined {
  if (elementCount(document) > MAX_ARTICLE_ELEMENTS) return undefined
  // linkedom must be given a whole document: it loses fragments. What parse5 writes is one.
  const { document: page } = parseHTML(serialize(document))
  let article: { content?: string | null | undefined; title?: string | null | undefined } | null
  try {
    article = new Readability(page as unknown as ConstructorParameters<typeof Readability>[0], {
      charThreshold: MIN_ARTICLE,
      maxElemsToParse: MAX_ARTICLE_ELEMENTS,
    }).parse()
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause
    return undefined // not a page that it can judge; the whole is read
  }
  if (article?.content == null) return undefined
  out.title ??= article.title ?? undefined
  return htmlItems(parseFragment(article.content), nesting)
}

function elementCount(root: Tree.ParentNode): number {
  let count = 0
  const open: Tree.ParentNode[] = [root]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const child of node.childNodes) {
      if (!isElement(child)) continue
      count += 1
      open.push(child)
    }
  }
  return count
}

function keepsEnough(article: readonly HtmlItem[], whole: readonly HtmlItem[]): boolean {
  const kept = prose(article)
  return kept >= MIN_ARTICLE && kept >= prose(whole) * KEPT_SHARE
}

function prose(items: readonly HtmlItem[]): number {
  return items.reduce(
    (sum, item) => sum + (item.kind === 'table' ? item.rows.flat().join(' ').length : item.text.length >= PROSE && item.kind !== 'list' ? item.text.length : 0),
    0,
  )
}

/** Everything but navigation, as long as that leaves most of it. */
function withoutMenus(document: Tree.Document, whole: HtmlItem[], nesting: number): HtmlItem[] {
  const size = (items: readonly HtmlItem[]): number =>
    items.reduce((sum, item) => sum + (item.kind === 'table' ? item.rows.flat().join('').length : item.text.length), 0)
  dropElements(document, isMenu)
  const rest = htmlItems(document, nesting)
  return size(rest) >= size(whole) * 0.3 ? rest : whole
}

function dropElements(node: Tree.ParentNode, unwanted: (element: Tree.Element) => boolean): void {
  node.childNodes = node.childNodes.filter((child) => !(isElement(child) && unwanted(child)))
  for (const child of node.childNodes) if (isElement(child)) dropElements(child, unwanted)
}

function isMenu(element: Tree.Element): boolean {
  return element.tagName === 'nav' || attribute(element, 'role') === 'navigation'
}

/** The "edit" and "¶" that stand beside headings in wikis and manuals. */
function isSelfLink(element: Tree.Element): boolean {
  return /(?:^|\s)(?:mw-editsection|headerlink|anchor-link)(?:\s|$)/.test((attribute(element, 'class') ?? '').slice(0, 300))
}

function readHead(document: Tree.Document, out: TextBuilder): void {
  const head = elementsOf(document, 'head')[0]
  const html = elementsOf(document, 'html')[0]
  out.property('language', html === undefined ? undefined : attribute(html, 'lang'))
  if (head === undefined) return
  const title = elementsOf(head, 'title')[0]
  if (title !== undefined) out.title = textOf(title)
  for (const meta of elementsOf(head, 'meta')) {
    const name = (attribute(meta, 'name') ?? attribute(meta, 'property') ?? '').toLowerCase()
    const content = attribute(meta, 'content')
    const property = { author: 'author', description: 'description', keywords: 'keywords', 'article:published_time': 'created', date: 'created' }[name]
    if (property !== undefined) out.property(property, content)
    if (name === 'og:title') out.title ??= content
  }
}

function elementsOf(root: Tree.ParentNode, name: string): Tree.Element[] {
  const found: Tree.Element[] = []
  const open: Tree.ParentNode[] = [root]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const child of node.childNodes) {
      if (!isElement(child)) continue
      if (child.tagName === name) found.push(child)
      if (name !== 'html' || child.tagName === 'html') open.push(child)
    }
  }
  return found
}

/** What the page says of its encoding, in the first kilobytes; it may lie. */
function declaredCharset(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 4096)).toString('latin1')
  return (
    /<meta[^>]{1,300}charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})/i.exec(head)?.[1] ??
    /^<\?xml[^>]{1,200}encoding\s*=\s*["']([A-Za-z0-9_:.-]{2,40})/.exec(head)?.[1]
  )
}

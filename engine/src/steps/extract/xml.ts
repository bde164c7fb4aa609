import { SaxesParser } from 'saxes'
import { AppError } from '../../domain/errors.ts'
import type { TextBuilder } from './builder.ts'
import { decodeText } from './encoding.ts'
import type { ExtractLimits, Reader } from './reader.ts'

interface Element {
  readonly name: string
  readonly attributes: readonly (readonly [name: string, value: string])[]
  readonly children: (Element | string)[]
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))
const HEADINGS = words('title head heading h1 h2 h3 h4 h5 h6 subtitle')
const ROWS = words('row tr')
const TABLES = words('table tgroup tbody thead')
const CODE = words('codeblock programlisting pre code-block screen')
const QUIET = words('style script')
/** Source: more elements than a document of 50 million characters needs. */
const MAX_ELEMENTS = 2_000_000

/** Any XML: prose as paragraphs under its titles, records as "name: value" lines. Entities and external parts are never followed. */
export const readXml: Reader = async (source, out, { limits }) => {
  const bytes = source.bytes()
  const declared = /^<\?xml[^>]{1,200}?encoding\s*=\s*["']([A-Za-z0-9_:.-]{2,40})/.exec(Buffer.from(bytes.subarray(0, 300)).toString('latin1'))?.[1]
  const { text, doubt } = decodeText(bytes, declared)
  if (doubt !== undefined) out.warn(doubt)
  const root = treeOf(text, out, limits)
  if (root === undefined) throw new AppError('document/corrupt', { reason: 'no element could be read' })
  const title = root.children.find((child): child is Element => typeof child !== 'string' && HEADINGS.has(child.name))
  if (title !== undefined) out.title = textOf(title)
  addElement(root, out, 1)
}

function treeOf(text: string, out: TextBuilder, limits: ExtractLimits): Element | undefined {
  const parser = new SaxesParser({ xmlns: false, position: true })
  const open: Element[] = []
  let root: Element | undefined
  let elements = 0
  let fault: string | undefined
  parser.on('doctype', (doctype) => checkDoctype(doctype, out))
  parser.on('opentag', ({ name, attributes }) => {
    elements += 1
    if (open.length >= limits.nesting) throw new AppError('document/hostile', { limit: `${limits.nesting} levels of elements` })
    if (elements > MAX_ELEMENTS) throw new AppError('document/too-large', { limit: `${MAX_ELEMENTS} elements` })
    const element: Element = { name: localName(name), attributes: Object.entries(attributes).map(([key, value]) => [key, String(value)]), children: [] }
    open.at(-1)?.children.push(element)
    root ??= element
    open.push(element)
  })
  const addText = (piece: string): void => {
    open.at(-1)?.children.push(piece)
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => open.pop())
  parser.on('error', (cause) => {
    fault ??= cause.message
  })
  parser.write(text).close()
  if (fault !== undefined) out.warn(`The XML is not well-formed; what follows the first fault may be wrong (${fault.slice(0, 120)}).`)
  return root
}

/** Entities stay as they are written. One that is built from others, or from another file, has no honest use here. */
function checkDoctype(doctype: string, out: TextBuilder): void {
  const entities = doctype.match(/<!ENTITY\s[^>]{0,10000}>/g) ?? []
  for (const entity of entities) {
    if (/\s(?:SYSTEM|PUBLIC)\s/.test(entity)) throw new AppError('document/hostile', { reason: 'it refers to another file' })
    if (/["'][^"']{0,5000}[&%][A-Za-z_]/.test(entity)) throw new AppError('document/hostile', { reason: 'its entities are built from each other' })
  }
  if (entities.length > 0) out.warn('The document declares entities; they were left as they are written.')
}

function addElement(element: Element, out: TextBuilder, level: number): void {
  if (QUIET.has(element.name)) return
  if (HEADINGS.has(element.name) && textOf(element) !== '') {
    out.heading(level, textOf(element))
    return
  }
  if (CODE.has(element.name)) {
    out.add('code', rawText(element))
    return
  }
  if (TABLES.has(element.name)) {
    const rows = rowsOf(element)
    if (rows.length > 0) {
      out.table(rows)
      return
    }
  }
  if (isMixed(element)) {
    out.add('paragraph', textOf(element))
    return
  }
  const inside = element.children.filter((child): child is Element => typeof child !== 'string')
  if (isRecord(element, inside)) {
    addRecord(element, inside, out)
    return
  }
  const deeper = inside.some((child) => HEADINGS.has(child.name)) ? level + 1 : level
  for (const child of inside) addElement(child, out, HEADINGS.has(child.name) ? level : deeper)
}

/** Words beside elements, or nothing but words. */
function isMixed(element: Element): boolean {
  return element.children.some((child) => typeof child === 'string' && child.trim() !== '')
}

/** An element whose parts are single values with names, as in data. */
function isRecord(element: Element, inside: readonly Element[]): boolean {
  if (inside.length === 0) return element.attributes.length > 0
  const names = new Set(inside.map((child) => child.name))
  const leaves = inside.filter((child) => child.children.every((grandchild) => typeof grandchild === 'string'))
  return (
    leaves.length === inside.length &&
    inside.every((child) => !HEADINGS.has(child.name)) &&
    names.size > 1 &&
    names.size >= inside.length * 0.6 &&
    !names.has('p')
  )
}

function addRecord(element: Element, inside: readonly Element[], out: TextBuilder): void {
  const lines = element.attributes.filter(([name]) => !/^xmlns|^xml:|:/.test(name)).map(([name, value]) => `${name}: ${value}`)
  for (const child of inside) {
    const text = textOf(child)
    if (text !== '') lines.push(`${child.name}: ${text}`)
  }
  out.add('paragraph', lines.join('\n'))
}

function rowsOf(table: Element): string[][] {
  const rows: string[][] = []
  const open: Element[] = [table]
  for (let element = open.pop(); element !== undefined; element = open.pop()) {
    if (ROWS.has(element.name)) rows.push(element.children.filter((child): child is Element => typeof child !== 'string').map(textOf))
    else open.push(...element.children.filter((child): child is Element => typeof child !== 'string').toReversed())
  }
  return rows
}

function textOf(element: Element): string {
  return rawText(element).replace(/\s+/g, ' ').trim()
}

function rawText(element: Element): string {
  return element.children.map((child) => (typeof child === 'string' ? child : rawText(child))).join('')
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

import { SaxesParser } from 'saxes'
import { AppError } from '../../domain/errors.ts'
import type { ExtractLimits } from './reader.ts'
import { shown } from './zip.ts'

export interface XmlElement {
  /** With the usual prefix of its namespace (`w:p`), whatever prefix the file uses. */
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlNode[]
}
export type XmlNode = XmlElement | string

export interface XmlHandlers {
  /** `unit`: build the element with all below and hand it to `unit`. `skip`: leave it out. Otherwise its children are asked in turn. */
  open?(name: string, attributes: Readonly<Record<string, string>>): 'unit' | 'skip' | undefined
  unit?(element: XmlElement): void
  /** Elements that were neither unit nor skipped. */
  close?(name: string): void
  /** Text outside units. */
  text?(text: string): void
  /** Elements inside units that nobody will read: not built, to save memory. */
  readonly drop?: ReadonlySet<string>
  /** Names for characters beyond the five of XML, such as those of XHTML. */
  readonly named?: Readonly<Record<string, string>>
  /** Told once when the file declares entities of its own: they are left out, never expanded or fetched. */
  entities?(): void
  /** Awaited after each piece of the input: work on finished units that cannot be done at once. */
  settle?(): Promise<void>
}

const HEAD = 200 // bytes in which the encoding is stated
/** Elements of one unit; about 250 bytes each. */
const MAX_UNIT_ELEMENTS = 1_000_000

const PREFIXES: Readonly<Record<string, string>> = {
  'http://schemas.openxmlformats.org/wordprocessingml/2006/main': 'w',
  'http://purl.oclc.org/ooxml/wordprocessingml/main': 'w',
  'http://schemas.openxmlformats.org/drawingml/2006/main': 'a',
  'http://purl.oclc.org/ooxml/drawingml/main': 'a',
  'http://schemas.openxmlformats.org/presentationml/2006/main': 'p',
  'http://purl.oclc.org/ooxml/presentationml/main': 'p',
  'http://schemas.openxmlformats.org/officeDocument/2006/relationships': 'r',
  'http://purl.oclc.org/ooxml/officeDocument/relationships': 'r',
  'http://schemas.openxmlformats.org/drawingml/2006/chart': 'c',
  'http://purl.oclc.org/ooxml/drawingml/chart': 'c',
  'http://schemas.openxmlformats.org/drawingml/2006/diagram': 'dgm',
  'http://purl.oclc.org/ooxml/drawingml/diagram': 'dgm',
  'http://schemas.openxmlformats.org/officeDocument/2006/math': 'm',
  'http://schemas.openxmlformats.org/markup-compatibility/2006': 'mc',
  'http://schemas.openxmlformats.org/spreadsheetml/2006/main': '',
  'http://purl.oclc.org/ooxml/spreadsheetml/main': '',
  'http://schemas.openxmlformats.org/package/2006/relationships': '',
  'http://schemas.openxmlformats.org/package/2006/content-types': '',
  'http://schemas.openxmlformats.org/package/2006/metadata/core-properties': 'cp',
  'http://purl.org/dc/elements/1.1/': 'dc',
  'http://purl.org/dc/terms/': 'dcterms',
  'urn:oasis:names:tc:opendocument:xmlns:office:1.0': 'office',
  'urn:oasis:names:tc:opendocument:xmlns:text:1.0': 'text',
  'urn:oasis:names:tc:opendocument:xmlns:table:1.0': 'table',
  'urn:oasis:names:tc:opendocument:xmlns:drawing:1.0': 'draw',
  'urn:oasis:names:tc:opendocument:xmlns:presentation:1.0': 'presentation',
  'urn:oasis:names:tc:opendocument:xmlns:style:1.0': 'style',
  'urn:oasis:names:tc:opendocument:xmlns:meta:1.0': 'meta',
  'urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0': 'svg',
  'urn:oasis:names:tc:opendocument:xmlns:manifest:1.0': 'manifest',
  'http://www.idpf.org/2007/opf': '',
  'urn:oasis:names:tc:opendocument:xmlns:container': '',
}

/** Faults that programs do write and that lose at most a character. */
const HARMLESS =
  /undefined entity|disallowed character\.|disallowed character in entity name|malformed character entity|"]]>"|XML declaration|version number|encoding value|malformed name/

/**
 * Reads XML as it arrives: no DTD entity is ever expanded, nothing external is ever read.
 * Handlers run in document order and may throw; what they throw ends the reading.
 * @throws AppError document/corrupt (not well-formed), document/hostile (nesting deeper than limits.nesting), document/too-large
 */
export async function readXml(chunks: AsyncIterable<Uint8Array>, handlers: XmlHandlers, limits: ExtractLimits, part: string): Promise<void> {
  const parser = new SaxesParser({ position: false })
  const entities: Record<string, string> = Object.assign(Object.create(null), handlers.named, { amp: '&', gt: '>', lt: '<', quot: '"', apos: "'" })
  parser.ENTITIES = entities
  const spaces: { readonly depth: number; readonly aliases: ReadonlyMap<string, string> }[] = []
  let aliases: ReadonlyMap<string, string> = new Map()
  let depth = 0
  let skipFrom = 0 // depth of the element that is left out; 0 when none
  const stack: { name: string; attributes: Record<string, string>; children: XmlNode[] }[] = []
  let elements = 0
  const names: string[] = []

  parser.on('error', (error) => {
    if (!HARMLESS.test(error.message)) throw new AppError('document/corrupt', { part: shown(part), fault: error.message.slice(0, 100) }, error)
  })
  parser.on('doctype', (doctype) => {
    for (const match of doctype.matchAll(/<!ENTITY\s+(?:%\s+)?([^\s"'<>]+)/g)) if (match[1] !== undefined) entities[match[1]] ??= ''
    if (doctype.includes('<!ENTITY')) handlers.entities?.()
  })
  parser.on('opentag', (tag) => {
    depth += 1
    if (depth > limits.nesting) throw new AppError('document/hostile', { reason: `elements nested deeper than ${limits.nesting}` })
    if (skipFrom > 0) return
    const attributes = tag.attributes as Record<string, string>
    const declared = declaredAliases(attributes, aliases)
    if (declared !== undefined) {
      spaces.push({ depth, aliases })
      aliases = declared
    }
    const name = canonical(tag.name, aliases, true)
    if (aliases.size > 0) canonicalAttributes(attributes, aliases)
    if (stack.length > 0) {
      if (handlers.drop?.has(name) === true) {
        skipFrom = depth
        return
      }
      elements += 1
      if (elements > MAX_UNIT_ELEMENTS) throw new AppError('document/too-large', { limit: `${MAX_UNIT_ELEMENTS} elements in one table or paragraph` })
      stack.push({ name, attributes, children: [] })
      return
    }
    const wish = handlers.open?.(name, attributes)
    if (wish === 'skip') skipFrom = depth
    else if (wish === 'unit') {
      elements = 1
      stack.push({ name, attributes, children: [] })
    } else names.push(name)
  })
  parser.on('closetag', () => {
    if (skipFrom === 0) {
      const done = stack.pop()
      if (done === undefined) handlers.close?.(names.pop() ?? '')
      else if (stack.length === 0) handlers.unit?.(done)
      else stack.at(-1)?.children.push(done)
    } else if (skipFrom === depth) skipFrom = 0
    if (spaces.at(-1)?.depth === depth) aliases = spaces.pop()?.aliases ?? aliases
    depth -= 1
  })
  const onText = (text: string): void => {
    if (skipFrom > 0 || text === '') return
    const top = stack.at(-1)
    if (top === undefined) handlers.text?.(text)
    else top.children.push(text)
  }
  parser.on('text', onText)
  parser.on('cdata', onText)

  let decoder: InstanceType<typeof TextDecoder> | undefined
  let head: Uint8Array = new Uint8Array() // what is needed to tell the encoding
  for await (const chunk of chunks) {
    let piece: Uint8Array = chunk
    if (decoder === undefined) {
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk])
      if (head.length < HEAD) continue
      decoder = decoderFor(head)
      piece = head
    }
    parser.write(decoder.decode(piece, { stream: true }))
    await handlers.settle?.()
  }
  if (decoder === undefined) parser.write(decoderFor(head).decode(head))
  else parser.write(decoder.decode())
  parser.close()
  await handlers.settle?.()
}

/** The whole of a small XML part as one tree, its root. */
export async function readXmlTree(chunks: AsyncIterable<Uint8Array>, limits: ExtractLimits, part: string, drop?: ReadonlySet<string>): Promise<XmlElement> {
  let root: XmlElement | undefined
  await readXml(
    chunks,
    {
      open: () => 'unit',
      unit: (element) => {
        root = element
      },
      ...(drop === undefined ? {} : { drop }),
    },
    limits,
    part,
  )
  if (root === undefined) throw new AppError('document/corrupt', { part: shown(part) })
  return root
}

export function isElement(node: XmlNode): node is XmlElement {
  return typeof node !== 'string'
}

export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((node): node is XmlElement => isElement(node) && node.name === name)
}

export function children(element: XmlElement | undefined, name?: string): XmlElement[] {
  return (element?.children ?? []).filter((node): node is XmlElement => isElement(node) && (name === undefined || node.name === name))
}

/** Every element of that name below, in document order. */
export function* descendants(element: XmlElement, name: string): Generator<XmlElement> {
  const pending: XmlNode[] = [...element.children].reverse()
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (!isElement(node)) continue
    if (node.name === name) yield node
    for (let index = node.children.length - 1; index >= 0; index -= 1) {
      const below = node.children[index]
      if (below !== undefined) pending.push(below)
    }
  }
}

/** All text below, joined as it stands. */
export function textOf(element: XmlElement | undefined): string {
  if (element === undefined) return ''
  const parts: string[] = []
  const pending: XmlNode[] = [element]
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (!isElement(node)) parts.push(node)
    else for (let index = node.children.length - 1; index >= 0; index -= 1) pending.push(node.children[index] ?? '')
  }
  return parts.join('')
}

function declaredAliases(attributes: Record<string, string>, current: ReadonlyMap<string, string>): ReadonlyMap<string, string> | undefined {
  let result: Map<string, string> | undefined
  for (const key in attributes) {
    if (!key.startsWith('xmlns')) continue
    const prefix = key === 'xmlns' ? '' : key.startsWith('xmlns:') ? key.slice(6) : undefined
    if (prefix === undefined) continue
    const uri = attributes[key] ?? ''
    const usual = Object.hasOwn(PREFIXES, uri) ? (PREFIXES[uri] ?? prefix) : prefix
    if ((current.get(prefix) ?? prefix) === usual) continue
    result ??= new Map(current)
    if (usual === prefix) result.delete(prefix)
    else result.set(prefix, usual)
  }
  return result
}

function canonical(name: string, aliases: ReadonlyMap<string, string>, element: boolean): string {
  if (aliases.size === 0) return name
  const colon = name.indexOf(':')
  if (colon === -1 && !element) return name
  const usual = aliases.get(colon === -1 ? '' : name.slice(0, colon))
  if (usual === undefined) return name
  const local = name.slice(colon + 1)
  return usual === '' ? local : `${usual}:${local}`
}

function canonicalAttributes(attributes: Record<string, string>, aliases: ReadonlyMap<string, string>): void {
  for (const key of Object.keys(attributes)) {
    const name = canonical(key, aliases, false)
    if (name !== key) attributes[name] ??= attributes[key] ?? ''
  }
}

function decoderFor(chunk: Uint8Array): InstanceType<typeof TextDecoder> {
  const [a, b] = chunk
  if ((a === 0xff && b === 0xfe) || (a === 0x3c && b === 0)) return new TextDecoder('utf-16le')
  if ((a === 0xfe && b === 0xff) || (a === 0 && b === 0x3c)) return new TextDecoder('utf-16be')
  const head = Buffer.from(chunk.subarray(0, HEAD)).toString('latin1')
  const label = /^(?:\xef\xbb\xbf)?<\?xml[^>]{0,100}?encoding\s{0,5}=\s{0,5}["']([A-Za-z0-9._-]{1,40})["']/.exec(head)?.[1]
  try {
    // Two-byte encodings were recognised above; a file that only claims one is read as what it is.
    return new TextDecoder(label === undefined || /^utf-?16|^ucs/i.test(label) ? 'utf-8' : label)
  } catch {
    return new TextDecoder('utf-8') // an encoding nobody knows: ASCII at least is right
  }
}

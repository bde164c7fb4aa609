import { posix } from 'node:path'
import { AppError } from '../../domain/errors.ts'
import type { TextBuilder } from './builder.ts'
import { readXhtml } from './epub-xhtml.ts'
import { openPackage, type Package, readable, refuseEmptied } from './ooxml.ts'
import type { Reader } from './reader.ts'
import { child, children, descendants, textOf, type XmlElement } from './xml-stream.ts'

const PROPERTIES: Readonly<Record<string, string>> = {
  'dc:creator': 'author',
  'dc:language': 'language',
  'dc:date': 'created',
  'dc:publisher': 'publisher',
  'dc:subject': 'subject',
  'dc:description': 'description',
  'dc:identifier': 'identifier',
}
/** Scrambled fonts are no protection of the text. */
const FONT_SCRAMBLING = /obfuscation|#RC$/i

/** Books (epub 2 and 3): chapters in reading order, headed by their own headings or else by the table of contents. */
export const readEpub: Reader = async (source, out, context) => {
  const pack = openPackage(source, context.limits, out)
  const container = await pack.tree('META-INF/container.xml')
  const main = [...descendants(container, 'rootfile')].map((file) => file.attributes['full-path']).find((path) => path !== undefined && pack.has(path))
  if (main === undefined) throw new AppError('document/corrupt', { missing: 'the package file' })
  const root = await pack.tree(main)
  const items = children(child(root, 'manifest'), 'item')
  const pathOf = (item: XmlElement | undefined): string | undefined => resolve(main, item?.attributes.href)
  const spine = children(child(root, 'spine'), 'itemref').flatMap((entry) => {
    const item = items.find((one) => one.attributes.id === entry.attributes.idref)
    const path = pathOf(item)
    return path === undefined || !/html|xml/.test(item?.attributes['media-type'] ?? 'html') ? [] : [path]
  })
  if (spine.length === 0) throw new AppError('document/corrupt', { missing: 'the reading order' })
  await refuseProtected(pack, new Set(spine))
  readMetadata(child(root, 'metadata'), out)
  const contents = items.find((item) => (item.attributes.properties ?? '').split(/\s+/).includes('nav'))
  const ncx = items.find((item) => item.attributes['media-type'] === 'application/x-dtbncx+xml')
  const titles = await readTitles(pack, pathOf(ncx), pathOf(contents))
  for (const [index, path] of spine.entries()) {
    context.progress(index + 1, spine.length)
    if (path === pathOf(contents)) continue
    await readable(out, path, async () => {
      const bytes = await pack.zip.read(path)
      if (bytes === undefined) throw new AppError('document/corrupt', { missing: path })
      await readXhtml(bytes, out, context.limits, path, titles.get(path))
    })
  }
  refuseEmptied(out)
}

async function refuseProtected(pack: Package, chapters: ReadonlySet<string>): Promise<void> {
  const root = await pack.optional('META-INF/encryption.xml')
  if (root === undefined) return
  for (const name of ['enc:EncryptedData', 'EncryptedData']) {
    for (const data of descendants(root, name)) {
      const nodes = children(data)
      const method = nodes.find((node) => node.name.endsWith('EncryptionMethod'))?.attributes.Algorithm ?? ''
      const references = ['enc:CipherReference', 'CipherReference'].flatMap((reference) => [...descendants(data, reference)])
      const hit = references.some((reference) => chapters.has(decoded(reference.attributes.URI ?? '')))
      if (hit && !FONT_SCRAMBLING.test(method)) throw new AppError('document/encrypted')
    }
  }
}

function readMetadata(metadata: XmlElement | undefined, out: TextBuilder): void {
  const seen = new Set<string>()
  for (const element of children(metadata)) {
    const text = textOf(element).trim()
    if (text === '' || seen.has(element.name)) continue
    seen.add(element.name)
    if (element.name === 'dc:title') out.title = text
    else if (Object.hasOwn(PROPERTIES, element.name)) out.property(PROPERTIES[element.name] ?? element.name, text)
  }
}

/** Chapter file to its title; the first entry that leads to a file names it. */
async function readTitles(pack: Package, ncx: string | undefined, nav: string | undefined): Promise<Map<string, string>> {
  const titles = new Map<string, string>()
  const put = (from: string, href: string | undefined, title: string): void => {
    const path = resolve(from, href)
    const text = title.replace(/\s+/g, ' ').trim()
    if (path !== undefined && text !== '' && !titles.has(path)) titles.set(path, text)
  }
  const root = await pack.optional(ncx)
  if (root !== undefined && ncx !== undefined) {
    for (const point of descendants(root, 'navPoint')) put(ncx, child(point, 'content')?.attributes.src, textOf(child(point, 'navLabel')))
  }
  const page = await pack.optional(nav)
  if (page !== undefined && nav !== undefined) for (const link of descendants(page, 'a')) put(nav, link.attributes.href, textOf(link))
  return titles
}

/** A part of this book; links that lead elsewhere and fragments are cut. */
function resolve(from: string, href: string | undefined): string | undefined {
  if (href === undefined || /^[a-z][a-z0-9+.-]*:/i.test(href)) return undefined
  const path = decoded(href.split('#')[0] ?? '')
  return path === '' ? undefined : posix.normalize(posix.join(posix.dirname(from), path)).replace(/^(?:\.\.\/)+/, '')
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path // a stray percent sign: the name as it stands
  }
}

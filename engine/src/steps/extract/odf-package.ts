import { AppError } from '../../domain/errors.ts'
import type { TextBuilder } from './builder.ts'
import type { Package } from './ooxml.ts'
import { child, children, textOf } from './xml-stream.ts'

const PROPERTIES: Readonly<Record<string, string>> = {
  'dc:subject': 'subject',
  'dc:description': 'description',
  'dc:language': 'language',
  'dc:creator': 'last_modified_by',
  'dc:date': 'modified',
  'meta:initial-creator': 'author',
  'meta:creation-date': 'created',
  'meta:keyword': 'keywords',
}

/** @throws AppError document/encrypted */
export async function refuseEncryptedOdf(pack: Package): Promise<void> {
  const manifest = await pack.optional('META-INF/manifest.xml')
  for (const entry of children(manifest, 'manifest:file-entry')) {
    const path = entry.attributes['manifest:full-path']
    const encrypted = child(entry, 'manifest:encryption-data') !== undefined
    if (encrypted && (path === 'content.xml' || path === 'encrypted-package')) throw new AppError('document/encrypted')
  }
  if (!pack.has('content.xml')) throw new AppError('document/corrupt', { missing: 'content.xml' })
}

export async function readOdfProperties(pack: Package, out: TextBuilder): Promise<void> {
  const root = await pack.optional('meta.xml')
  for (const element of children(child(root, 'office:meta'))) {
    const text = textOf(element).trim()
    if (text === '') continue
    if (element.name === 'dc:title') out.title = text
    else if (Object.hasOwn(PROPERTIES, element.name)) out.property(PROPERTIES[element.name] ?? element.name, text)
  }
}

import { posix } from 'node:path'
import type { TextBuilder } from './builder.ts'
import { type BodyParts, bodyWriter } from './docx-body.ts'
import { readNumbering, readStyles } from './docx-styles.ts'
import { inlineOf, UNREAD } from './docx-text.ts'
import { mainPart, openPackage, type Package, type Relationship, readable, readCoreProperties } from './ooxml.ts'
import { readDrawings } from './ooxml-drawing.ts'
import type { Reader } from './reader.ts'
import { children, descendants } from './xml-stream.ts'

/**
 * Word documents (docx, docm, dotx). The format has no pages: headings, by style or outline level, tell the place.
 * Notes and comments follow the block that refers to them; headers and footers come once, at the end.
 */
export const readDocx: Reader = async (source, out, context) => {
  const pack = openPackage(source, context.limits, out)
  const main = await mainPart(pack, 'word/document.xml')
  await readCoreProperties(pack, out)
  const relationships = await pack.relationships(main)
  const part = (type: string): string => partOf(relationships, type) ?? posix.join(posix.dirname(main), `${type}.xml`)
  const parts: BodyParts = {
    styles: readStyles(await pack.optional(part('styles'), UNREAD)),
    numbering: readNumbering(await pack.optional(part('numbering'), UNREAD)),
    notes: new Map([
      ...(await readNotes(pack, part('footnotes'), 'footnote')),
      ...(await readNotes(pack, part('endnotes'), 'endnote')),
      ...(await readNotes(pack, part('comments'), 'comment')),
    ]),
    drawings: await readDrawings(relationships, pack),
  }
  const writer = bodyWriter(parts, out)
  await pack.stream(main, {
    drop: UNREAD,
    open: (name) => (name === 'w:document' || name === 'w:body' ? undefined : name === 'w:background' ? 'skip' : 'unit'),
    unit: writer.block,
  })
  writer.flush()
  await out.section('', () => readMargins(pack, relationships, parts, out))
  for (const { type, target } of relationships) {
    if (type !== 'package' || !pack.has(target)) continue
    const content = await readable(out, target, () => pack.zip.read(target))
    if (content !== undefined) await context.nested(posix.basename(target), content)
  }
}

function partOf(relationships: readonly Relationship[], type: string): string | undefined {
  return relationships.find((relationship) => relationship.type === type)?.target
}

async function readNotes(pack: Package, part: string, kind: 'footnote' | 'endnote' | 'comment'): Promise<[string, string][]> {
  const root = await pack.optional(part, UNREAD)
  return children(root, `w:${kind}`).flatMap((note): [string, string][] => {
    const type = note.attributes['w:type']
    if (type !== undefined && type !== 'normal') return [] // separators
    const lines = [...descendants(note, 'w:p')].map((paragraph) => inlineOf(paragraph).text.trim())
    const text = lines.filter((line) => line !== '').join('\n')
    if (text === '') return []
    const author = note.attributes['w:author']
    const lead = kind === 'comment' ? `Comment${author === undefined || author === '' ? '' : ` by ${author}`}: ` : ''
    return [[`${kind} ${note.attributes['w:id'] ?? ''}`, lead + text]]
  })
}

/** Headers and footers of all sections, each text once; page numbers alone are left out. */
async function readMargins(pack: Package, relationships: readonly Relationship[], parts: BodyParts, out: TextBuilder): Promise<void> {
  const seen = new Set<string>()
  const keep = (text: string): boolean => {
    const key = text.replace(/[\s\d]+/g, ' ').trim()
    if (seen.has(key) || !/\p{L}\P{Z}*\p{L}/u.test(key) || isPageNumber(text)) return false
    seen.add(key)
    return true
  }
  for (const { type, target } of relationships) {
    if (type !== 'header' && type !== 'footer') continue
    const root = await pack.optional(target, UNREAD)
    if (root === undefined) continue
    const drawings = await readDrawings(await pack.relationships(target), pack)
    const writer = bodyWriter({ ...parts, drawings, keep }, out)
    for (const element of children(root)) writer.block(element)
    writer.flush()
  }
}

/** "Page 3", "Seite 3 von 10": short numbers and at most two short words. */
function isPageNumber(text: string): boolean {
  const words = text.match(/[\p{L}\p{N}]+/gu) ?? []
  const names = words.filter((word) => !/^\d{1,3}$/.test(word))
  return names.length < words.length && names.length <= 2 && names.every((word) => word.length <= 6)
}

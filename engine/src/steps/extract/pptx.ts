import { AppError } from '../../domain/errors.ts'
import type { TextBuilder } from './builder.ts'
import { mainPart, openPackage, type Package, type Relationship, readable, readCoreProperties, refuseEmptied } from './ooxml.ts'
import { addDrawings, type Drawings, drawingParagraph, readDrawings } from './ooxml-drawing.ts'
import { looksLikeHeader, MAX_REPEATED_CELL, tidyRows } from './ooxml-rows.ts'
import type { Reader } from './reader.ts'
import { child, children, descendants, textOf, type XmlElement } from './xml-stream.ts'

/** What programs write when the author gave no title. */
const NO_TITLE = /^(?:powerpoint[- ]\S{1,20}|\S{1,20} powerpoint|slide 1|folie 1|präsentation\d?|presentation\d?)$/i
const UNREAD = new Set(['a:rPr', 'a:endParaRPr', 'a:ln', 'a:xfrm', 'p:style', 'p:pic', 'p:timing', 'a:tcPr', 'p:bg'])
/** Placeholders that repeat on every slide. */
const REPEATED = new Set(['sldNum', 'dt', 'ftr', 'hdr', 'sldImg'])

/** PowerPoint presentations (pptx, pptm, ppsx): one page per slide, its title as heading, its notes at its end. */
export const readPptx: Reader = async (source, out, context) => {
  const pack = openPackage(source, context.limits, out)
  const main = await mainPart(pack, 'ppt/presentation.xml')
  await readCoreProperties(pack, out)
  if (out.title !== undefined && NO_TITLE.test(out.title)) out.title = undefined
  const slides = await slideParts(pack, main)
  if (slides.length > context.limits.pages) throw new AppError('document/too-large', { limit: `${context.limits.pages} slides` })
  for (const [index, part] of slides.entries()) {
    out.page(index + 1)
    await readable(out, `slide ${index + 1}`, () => readSlide(pack, part, out))
    context.progress(index + 1, slides.length)
  }
  refuseEmptied(out)
}

async function slideParts(pack: Package, main: string): Promise<string[]> {
  const relationships = await pack.relationships(main)
  const root = await pack.tree(main)
  const byId = new Map(relationships.map((relationship) => [relationship.id, relationship.target]))
  const listed = children(child(root, 'p:sldIdLst'), 'p:sldId').flatMap((slide) => byId.get(slide.attributes['r:id'] ?? '') ?? [])
  return listed.length > 0 ? listed : relationships.filter((relationship) => relationship.type === 'slide').map((relationship) => relationship.target)
}

async function readSlide(pack: Package, part: string, out: TextBuilder): Promise<void> {
  const root = await pack.tree(part, UNREAD)
  const relationships = await pack.relationships(part)
  const drawings = await readDrawings(relationships, pack)
  const shapes = shapesOf(child(child(root, 'p:cSld'), 'p:spTree'))
  const written = shapes.filter((shape) => shapeText(shape) !== '' && !REPEATED.has(placeholder(shape) ?? ''))
  const titled = written.find(isTitle) ?? written.slice(0, 1).find((shape) => shapes.length > 1 && isLine(shape))
  const title = titled === undefined ? '' : shapeText(titled)
  if (title !== '') out.title ??= title
  await out.section(title, async () => {
    for (const shape of shapes) if (shape !== titled) addShape(shape, drawings, out)
    await addRemarks(pack, relationships, out)
  })
}

/** Shapes in drawing order, those of groups too. */
function shapesOf(tree: XmlElement | undefined): XmlElement[] {
  return children(tree).flatMap((shape) => {
    if (shape.name === 'p:grpSp') return shapesOf(shape)
    if (shape.name === 'mc:AlternateContent') return shapesOf(child(shape, 'mc:Choice') ?? child(shape, 'mc:Fallback'))
    return shape.name === 'p:sp' || shape.name === 'p:graphicFrame' || shape.name === 'p:cxnSp' ? [shape] : []
  })
}

function placeholder(shape: XmlElement): string | undefined {
  const found = child(child(child(shape, 'p:nvSpPr'), 'p:nvPr'), 'p:ph')
  return found === undefined ? undefined : (found.attributes.type ?? 'obj')
}

function isTitle(shape: XmlElement): boolean {
  const kind = placeholder(shape)
  return kind === 'title' || kind === 'ctrTitle'
}

/** A line of its own on top of a slide without a title placeholder serves as title. */
function isLine(shape: XmlElement): boolean {
  return (
    shapeText(shape).length <= 120 && children(child(shape, 'p:txBody'), 'a:p').filter((paragraph) => drawingParagraph(paragraph).trim() !== '').length === 1
  )
}

function shapeText(shape: XmlElement): string {
  const lines = children(child(shape, 'p:txBody'), 'a:p').map((paragraph) => drawingParagraph(paragraph))
  return lines.join(' ').replace(/\s+/g, ' ').trim()
}

function addShape(shape: XmlElement, drawings: Drawings, out: TextBuilder): void {
  if (shape.name === 'p:graphicFrame') {
    for (const table of descendants(shape, 'a:tbl')) addTable(table, out)
    addDrawings(shape, drawings, out)
    return
  }
  const kind = placeholder(shape)
  if (kind !== undefined && REPEATED.has(kind)) return
  const paragraphs = children(child(shape, 'p:txBody'), 'a:p')
  const bulleted = kind === 'obj' || kind === 'body'
  const lines: string[] = []
  let bullets = 0
  for (const paragraph of paragraphs) {
    const text = drawingParagraph(paragraph).trim()
    if (text === '') continue
    const properties = child(paragraph, 'a:pPr')
    const bullet =
      child(properties, 'a:buNone') === undefined && (bulleted || child(properties, 'a:buChar') !== undefined || child(properties, 'a:buAutoNum') !== undefined)
    if (bullet) bullets += 1
    const level = Math.min(Number(properties?.attributes.lvl ?? 0) || 0, 8)
    lines.push(bullet ? `${'  '.repeat(level)}- ${text}` : text)
  }
  if (lines.length === 1 && bullets === 1) out.add('paragraph', (lines[0] ?? '').trim().slice(2))
  else out.add(bullets > 0 ? 'list' : 'paragraph', lines.join('\n'))
}

function addTable(table: XmlElement, out: TextBuilder): void {
  const above: string[] = []
  const rows = children(table, 'a:tr').map((row) =>
    children(row, 'a:tc').map((cell, column) => {
      const own = children(child(cell, 'a:txBody'), 'a:p').map(drawingParagraph).join('\n').trim()
      const text = cell.attributes.vMerge === '1' && own === '' ? (above[column] ?? '') : own
      above[column] = text.length <= MAX_REPEATED_CELL ? text : ''
      return text
    }),
  )
  const tidy = tidyRows(rows)
  out.table(tidy, { hasHeader: looksLikeHeader(tidy) })
}

/** Speaker notes and comments. */
async function addRemarks(pack: Package, relationships: readonly Relationship[], out: TextBuilder): Promise<void> {
  for (const { type, target } of relationships) {
    if (type === 'notesSlide') {
      const root = await pack.optional(target, UNREAD)
      const notes = shapesOf(child(child(root, 'p:cSld'), 'p:spTree')).filter((shape) => placeholder(shape) === 'body')
      const lines = notes.flatMap((shape) => children(child(shape, 'p:txBody'), 'a:p')).map((paragraph) => drawingParagraph(paragraph).trim())
      const text = lines.filter((line) => line !== '').join('\n')
      if (text !== '') out.add('paragraph', `Notes: ${text}`)
    } else if (type === 'comments') {
      const root = await pack.optional(target)
      if (root === undefined) continue
      for (const comment of [...descendants(root, 'p:text'), ...descendants(root, 'a:p')]) {
        const text = comment.name === 'a:p' ? drawingParagraph(comment) : textOf(comment)
        if (text.trim() !== '') out.add('paragraph', `Comment: ${text.trim()}`)
      }
    }
  }
}

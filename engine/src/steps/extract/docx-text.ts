import { drawingParagraph } from './ooxml-drawing.ts'
import { child, isElement, type XmlElement, type XmlNode } from './xml-stream.ts'

/** What stands in one paragraph, and what hangs on it. */
export interface Inline {
  text: string
  /** Text boxes (w:txbxContent), in order. */
  readonly boxes: XmlElement[]
  /** `footnote 3`, `endnote 1`, `comment 0`. */
  readonly notes: string[]
  /** Paragraphs of drawn shapes. */
  readonly drawn: string[]
}

/** Deleted text, field codes, the pronunciation of ruby text. */
const LEFT_OUT = new Set([
  'w:pPr',
  'w:rPr',
  'w:del',
  'w:moveFrom',
  'w:instrText',
  'w:delText',
  'w:delInstrText',
  'w:fldData',
  'w:rt',
  'w:sdtPr',
  'w:sectPr',
  'wp:docPr',
])

/** Elements that nobody reads; leaving them out halves the memory of a paragraph. */
export const UNREAD = new Set([
  'w:rPr',
  'w:proofErr',
  'w:bookmarkStart',
  'w:bookmarkEnd',
  'w:lastRenderedPageBreak',
  'w:tcBorders',
  'w:tblBorders',
  'w:tcW',
  'w:shd',
  'w:ind',
  'w:spacing',
  'w:jc',
  'w:rsids',
  'w:latentStyles',
  'a:ln',
  'a:xfrm',
  'wp:positionH',
  'wp:positionV',
  'pic:pic',
])

export function inlineOf(paragraph: XmlElement): Inline {
  const inline: Inline = { text: '', boxes: [], notes: [], drawn: [] }
  collect(paragraph.children, inline)
  return inline
}

function collect(nodes: readonly XmlNode[], inline: Inline): void {
  for (const node of nodes) if (isElement(node)) collectElement(node, inline)
}

function collectElement(element: XmlElement, inline: Inline): void {
  switch (element.name) {
    case 'w:t':
    case 'm:t':
      for (const node of element.children) if (!isElement(node)) inline.text += node
      return
    case 'w:tab':
    case 'w:ptab':
      inline.text += '\t'
      return
    case 'w:br':
    case 'w:cr':
      inline.text += '\n'
      return
    case 'w:noBreakHyphen':
      inline.text += '-'
      return
    case 'w:footnoteReference':
    case 'w:endnoteReference':
    case 'w:commentReference':
      inline.notes.push(`${element.name.slice(2, -9)} ${element.attributes['w:id'] ?? ''}`)
      return
    case 'w:txbxContent':
      inline.boxes.push(element)
      return
    case 'a:p':
      inline.drawn.push(drawingParagraph(element))
      return
    case 'w:ruby':
      collect(child(element, 'w:rubyBase')?.children ?? [], inline)
      return
    case 'mc:AlternateContent':
      collectAlternative(element, inline)
      return
    default:
      if (!LEFT_OUT.has(element.name)) collect(element.children, inline)
  }
}

/** The same content twice, for newer and older programs: the first that holds anything. */
function collectAlternative(element: XmlElement, inline: Inline): void {
  const before = sizeOf(inline)
  for (const name of ['mc:Choice', 'mc:Fallback']) {
    collect(child(element, name)?.children ?? [], inline)
    if (sizeOf(inline) > before) return
  }
}

function sizeOf(inline: Inline): number {
  return inline.text.length + inline.boxes.length + inline.drawn.length + inline.notes.length
}

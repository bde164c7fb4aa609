import { child, children, descendants, isElement, type XmlElement, type XmlNode } from './xml-stream.ts'

/** What stands in one OpenDocument paragraph, and what hangs on it. */
export interface OdfText {
  text: string
  /** The text ends in a blank, or is empty. */
  blank: boolean
  /** Footnotes, endnotes and comments. */
  readonly notes: string[]
  /** Frames and shapes with text of their own. */
  readonly frames: XmlElement[]
}

const LEFT_OUT = new Set([
  'text:tracked-changes',
  'text:ruby-text',
  'svg:title',
  'svg:desc',
  'office:binary-data',
  'text:note-citation',
  'office:event-listeners',
])
const MAX_BLANKS = 100

export function odfText(paragraph: XmlElement): OdfText {
  const result: OdfText = { text: '', blank: true, notes: [], frames: [] }
  collect(paragraph.children, result)
  return result
}

function collect(nodes: readonly XmlNode[], result: OdfText): void {
  for (const node of nodes) {
    if (isElement(node)) collectElement(node, result)
    else {
      // Runs of blanks count as one, also across elements.
      const text = node.replace(/[ \t\r\n]+/g, ' ')
      const piece = result.blank && text.startsWith(' ') ? text.slice(1) : text
      if (piece === '') continue
      result.text += piece
      result.blank = piece.endsWith(' ')
    }
  }
}

function collectElement(element: XmlElement, result: OdfText): void {
  switch (element.name) {
    case 'text:s':
      result.text += ' '.repeat(Math.min(Number(element.attributes['text:c'] ?? 1) || 1, MAX_BLANKS))
      return
    case 'text:tab':
      result.text += '\t'
      result.blank = true
      return
    case 'text:line-break':
      result.text += '\n'
      result.blank = true
      return
    case 'text:note':
      result.notes.push(paragraphsOf(child(element, 'text:note-body')))
      return
    case 'office:annotation': {
      const author = children(element, 'dc:creator').map((creator) => odfText(creator).text)[0]
      result.notes.push(`Comment${author === undefined || author === '' ? '' : ` by ${author}`}: ${paragraphsOf(element)}`)
      return
    }
    default:
      if (element.name.startsWith('draw:') && element.name !== 'draw:a') result.frames.push(element)
      else if (!LEFT_OUT.has(element.name)) collect(element.children, result)
  }
}

/** The text of all paragraphs below, one per line. */
export function paragraphsOf(element: XmlElement | undefined): string {
  if (element === undefined) return ''
  const lines = [...descendants(element, 'text:p')].map((paragraph) => odfText(paragraph).text.trim())
  return lines.filter((line) => line !== '').join('\n')
}

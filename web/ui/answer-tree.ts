import { ANSWER } from '../strings/chat.ts'
import { addressToFollow, marksIn, splitMarks } from './answer-marks.ts'

/** A part of the text, in UTF-16 offsets, and which of the answer's sentences it is. */
export interface DoubtedRange {
  readonly start: number
  readonly end: number
  readonly sentence: number
}

/** As much of a node of a Markdown tree as is needed here. */
export interface MarkdownNode {
  readonly type: string
  readonly value?: string
  readonly url?: string
  readonly alt?: string | null
  readonly depth?: number
  readonly checked?: boolean | null
  readonly position?: { readonly start: { readonly offset?: number }; readonly end: { readonly offset?: number } }
  readonly data?: object
  readonly children?: readonly MarkdownNode[]
}

/** Inside these there are only words and marks. */
const FLOW = new Set(['root', 'blockquote', 'listItem', 'footnoteDefinition'])

/**
 * Makes a Markdown tree harmless, whatever a model or a document wrote: HTML, images and definitions become the text that they
 * are, links show where they lead, headings do not disturb those of the page, and [1] becomes a mark. Words of `doubted` ranges stand in a node of their own.
 */
export function harmlessTree(root: MarkdownNode, source: string, doubted: readonly DoubtedRange[] = []): MarkdownNode {
  return { ...root, children: childrenOf(root, source, doubted) }
}

function childrenOf(node: MarkdownNode, source: string, doubted: readonly DoubtedRange[]): readonly MarkdownNode[] {
  const isFlow = FLOW.has(node.type)
  return (node.children ?? []).flatMap((child) => harmless(child, isFlow, source, doubted))
}

function harmless(node: MarkdownNode, isFlow: boolean, source: string, doubted: readonly DoubtedRange[]): readonly MarkdownNode[] {
  switch (node.type) {
    case 'text':
      return doubtedPieces(node, source, doubted).flatMap(([text, sentence]) => (sentence === undefined ? words(text) : [doubt(text, sentence)]))
    case 'inlineCode':
    case 'code':
    case 'break':
    case 'thematicBreak':
      return [node]
    case 'link':
      return linkOf(node, source, doubted)
    case 'image':
      return words(ANSWER.image(node.alt ?? '', node.url ?? ''))
    case 'heading':
      return [{ type: 'paragraph', data: { hProperties: { dataHeading: String(node.depth ?? 1) } }, children: childrenOf(node, source, doubted) }]
    case 'listItem':
      return [itemOf(node, source, doubted)]
    case 'paragraph':
    case 'blockquote':
    case 'list':
    case 'emphasis':
    case 'strong':
    case 'delete':
    case 'table':
    case 'tableRow':
    case 'tableCell':
      return [{ ...node, children: childrenOf(node, source, doubted) }]
    default: {
      // HTML, references with their definitions, footnotes, and whatever else may come: as it was written.
      const text = words(node.value ?? written(node, source))
      return isFlow ? [{ type: 'paragraph', children: text }] : text
    }
  }
}

/** The value of a text cut where doubted ranges begin and end. One that is not written as it reads (escapes, say) is cut nowhere. */
function doubtedPieces(
  node: MarkdownNode,
  source: string,
  doubted: readonly DoubtedRange[],
): readonly (readonly [text: string, sentence: number | undefined])[] {
  const value = node.value ?? ''
  const from = node.position?.start.offset
  if (doubted.length === 0 || from === undefined) return [[value, undefined]]
  const isPlain = source.startsWith(value, from)
  const to = node.position?.end.offset ?? from + value.length
  const meeting = doubted.filter(({ start, end }) => start < to && end > from)
  if (!isPlain) return [[value, meeting[0]?.sentence]]
  const pieces: (readonly [string, number | undefined])[] = []
  let at = from
  for (const range of meeting) {
    const [start, end] = [Math.max(at, from + behindMark(value, range.start - from)), from + behindMark(value, range.end - from)]
    if (start > at) pieces.push([value.slice(at - from, start - from), undefined])
    if (end > start) pieces.push([value.slice(start - from, end - from), range.sentence])
    at = Math.max(at, start, end)
  }
  pieces.push([value.slice(at - from), undefined])
  return pieces.filter(([text]) => text !== '')
}

/** The place itself, or the end of the mark that it is inside of: a mark stays whole. */
function behindMark(text: string, at: number): number {
  for (const [mark, place] of marksIn(text)) if (place < at && at < place + mark.length) return place + mark.length
  return at
}

function doubt(text: string, sentence: number): MarkdownNode {
  return { type: 'doubt', data: { hName: 'mark', hProperties: { dataSentence: String(sentence) } }, children: words(text) }
}

function words(text: string): readonly MarkdownNode[] {
  return splitMarks(text).map((part) =>
    typeof part === 'string'
      ? { type: 'text', value: part }
      : { type: 'mark', data: { hName: 'sup', hProperties: { dataMark: String(part) } }, children: [{ type: 'text', value: `[${part}]` }] },
  )
}

/** The words, and the address behind them to be seen before it is followed. */
function linkOf(node: MarkdownNode, source: string, doubted: readonly DoubtedRange[]): readonly MarkdownNode[] {
  const url = node.url ?? ''
  const address = addressToFollow(url)
  const link: MarkdownNode = address === undefined ? { type: 'text', value: url } : { type: 'link', url: address, children: [{ type: 'text', value: address }] }
  const shown = textOf(node)
  if (shown === '' || shown === url || shown === address || `mailto:${shown}` === url || `http://${shown}` === url) return [link]
  return [...childrenOf(node, source, doubted), { type: 'text', value: ' (' }, link, { type: 'text', value: ')' }]
}

function itemOf(node: MarkdownNode, source: string, doubted: readonly DoubtedRange[]): MarkdownNode {
  const children = childrenOf(node, source, doubted)
  if (node.checked === undefined || node.checked === null) return { ...node, children }
  const box: MarkdownNode = { type: 'text', value: `${node.checked ? ANSWER.task.done : ANSWER.task.open} ` }
  const [first, ...rest] = children
  const opened: readonly MarkdownNode[] =
    first?.type === 'paragraph' ? [{ ...first, children: [box, ...(first.children ?? [])] }, ...rest] : [{ type: 'paragraph', children: [box] }, ...children]
  return { ...node, checked: null, children: opened }
}

function textOf(node: MarkdownNode): string {
  return node.value ?? (node.children ?? []).map(textOf).join('')
}

function written({ position }: MarkdownNode, source: string): string {
  const { start, end } = position ?? {}
  return start?.offset === undefined || end?.offset === undefined ? '' : source.slice(start.offset, end.offset)
}

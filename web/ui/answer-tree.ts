import { ANSWER } from '../strings/chat.ts'
import { addressToFollow, splitMarks } from './answer-marks.ts'

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
 * are, links show where they lead, headings do not disturb those of the page, and [1] becomes a mark.
 */
export function harmlessTree(root: MarkdownNode, source: string): MarkdownNode {
  return { ...root, children: childrenOf(root, source) }
}

function childrenOf(node: MarkdownNode, source: string): readonly MarkdownNode[] {
  const isFlow = FLOW.has(node.type)
  return (node.children ?? []).flatMap((child) => harmless(child, isFlow, source))
}

function harmless(node: MarkdownNode, isFlow: boolean, source: string): readonly MarkdownNode[] {
  switch (node.type) {
    case 'text':
      return words(node.value ?? '')
    case 'inlineCode':
    case 'code':
    case 'break':
    case 'thematicBreak':
      return [node]
    case 'link':
      return linkOf(node, source)
    case 'image':
      return words(ANSWER.image(node.alt ?? '', node.url ?? ''))
    case 'heading':
      return [{ type: 'paragraph', data: { hProperties: { dataHeading: String(node.depth ?? 1) } }, children: childrenOf(node, source) }]
    case 'listItem':
      return [itemOf(node, source)]
    case 'paragraph':
    case 'blockquote':
    case 'list':
    case 'emphasis':
    case 'strong':
    case 'delete':
    case 'table':
    case 'tableRow':
    case 'tableCell':
      return [{ ...node, children: childrenOf(node, source) }]
    default: {
      // HTML, references with their definitions, footnotes, and whatever else may come: as it was written.
      const text = words(node.value ?? written(node, source))
      return isFlow ? [{ type: 'paragraph', children: text }] : text
    }
  }
}

function words(text: string): readonly MarkdownNode[] {
  return splitMarks(text).map((part) =>
    typeof part === 'string'
      ? { type: 'text', value: part }
      : { type: 'mark', data: { hName: 'sup', hProperties: { dataMark: String(part) } }, children: [{ type: 'text', value: `[${part}]` }] },
  )
}

/** The words, and the address behind them to be seen before it is followed. */
function linkOf(node: MarkdownNode, source: string): readonly MarkdownNode[] {
  const url = node.url ?? ''
  const address = addressToFollow(url)
  const link: MarkdownNode = address === undefined ? { type: 'text', value: url } : { type: 'link', url: address, children: [{ type: 'text', value: address }] }
  const shown = textOf(node)
  if (shown === '' || shown === url || shown === address || `mailto:${shown}` === url || `http://${shown}` === url) return [link]
  return [...childrenOf(node, source), { type: 'text', value: ' (' }, link, { type: 'text', value: ')' }]
}

function itemOf(node: MarkdownNode, source: string): MarkdownNode {
  const children = childrenOf(node, source)
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

import type { PDFDocumentProxy, PDFPageProxy } from 'pdfjs-dist/types/src/display/api.js'
import { type PageRuns, type Run, type TextChunk, toRuns } from './pdf-runs.ts'

/** Processor time, so that a busy machine changes nothing. Source: the slowest honest page of our collection takes 0.3 s. */
const PAGE_MILLISECONDS = 10_000
const PAGE_ITEMS = 100_000
/** Reading the fonts of a page runs through its drawing once more; on huge drawings their weight is not worth it. */
const FONT_MILLISECONDS = 2_000

/** Structure trees are slow to read; after so many pages without a heading in theirs they are left alone. */
const UNTAGGED_PAGES = 8

export interface LoadedPage {
  readonly runs: PageRuns
  /** What readers pinned to the page: comments. */
  readonly notes: readonly string[]
  /** The page was cut short by its time or size limit. */
  readonly cut: boolean
  readonly attachments: readonly { readonly id: string; readonly name: string }[]
}

interface Annotation {
  readonly subtype?: string
  readonly rect?: readonly number[]
  readonly contentsObj?: { readonly str?: string }
  readonly textContent?: readonly string[]
  readonly fieldType?: string
  readonly fieldValue?: unknown
  readonly checkBox?: boolean
  readonly hidden?: boolean
  readonly password?: boolean
  readonly fileId?: string
  readonly file?: { readonly filename?: string }
}

/** Loads pages one after the other; remembers the weights of fonts. */
export function pageLoader(document: PDFDocumentProxy, tagged: boolean): (number: number) => Promise<LoadedPage> {
  const weights = new Map<string, boolean>()
  let lastTagged = tagged ? 0 : Number.NEGATIVE_INFINITY

  async function learnFonts(page: PDFPageProxy, chunks: readonly TextChunk[], spent: number): Promise<void> {
    const fresh = new Set<string>()
    for (const chunk of chunks) for (const font of Object.keys(chunk.styles)) if (!weights.has(font)) fresh.add(font)
    if (fresh.size === 0) return
    if (spent < FONT_MILLISECONDS) await page.getOperatorList()
    for (const font of fresh) weights.set(font, page.commonObjs.has(font) && isBold(page.commonObjs.get(font) as Font | null))
  }

  return async (number) => {
    const page = await document.getPage(number)
    try {
      const began = cpuMilliseconds()
      const { chunks, cut } = await textOf(page, began)
      await learnFonts(page, chunks, cpuMilliseconds() - began)
      const levels = number - lastTagged <= UNTAGGED_PAGES ? headingLevels(await page.getStructTree()) : new Map<string, number>()
      if (levels.size > 0) lastTagged = number
      const runs = toRuns(page, chunks, { bold: (font) => weights.get(font) === true, levels })
      const annotations = (await page.getAnnotations({ intent: 'display' })) as readonly Annotation[]
      return { ...fromAnnotations(page, runs, annotations), cut }
    } finally {
      page.cleanup()
    }
  }
}

function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

async function textOf(page: PDFPageProxy, began: number): Promise<{ chunks: TextChunk[]; cut: boolean }> {
  const reader = page.streamTextContent({ includeMarkedContent: true, disableNormalization: true }).getReader()
  const chunks: TextChunk[] = []
  let items = 0
  for (;;) {
    const { done, value } = (await reader.read()) as { done: boolean; value?: TextChunk }
    if (done || value === undefined) return { chunks, cut: false }
    chunks.push(value)
    items += value.items.length
    if (items > PAGE_ITEMS || cpuMilliseconds() - began > PAGE_MILLISECONDS) {
      await reader.cancel(new Error('page limit'))
      return { chunks, cut: true }
    }
  }
}

interface Font {
  readonly name?: string
  readonly bold?: boolean
  readonly black?: boolean
}

function isBold(font: Font | null): boolean {
  if (font === null) return false
  return font.bold === true || font.black === true || /bold|black|heavy|demi|cmbx|cmssbx|[es]fbx|ecbx|lmbx|[-,]bd/i.test(font.name ?? '')
}

interface TagNode {
  readonly role?: string
  readonly type?: string
  readonly id?: string
  readonly children?: readonly TagNode[]
}

/** Marked content under H, H1 to H6 and Title. */
function headingLevels(root: TagNode | null): Map<string, number> {
  const levels = new Map<string, number>()
  const todo: { node: TagNode; level: number | undefined }[] = root === null ? [] : [{ node: root, level: undefined }]
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { node, level } = next
    const match = /^H([1-6]?)$/.exec(node.role ?? '')
    const own = match === null ? (node.role === 'Title' ? 1 : level) : Number(match[1] || 1)
    if (node.type === 'content' && node.id !== undefined && own !== undefined) levels.set(node.id, own)
    for (const child of node.children ?? []) todo.push({ node: child, level: own })
  }
  return levels
}

/** Field values and free text become runs where they stand; comments become notes. */
function fromAnnotations(page: PDFPageProxy, runs: PageRuns, annotations: readonly Annotation[]): Omit<LoadedPage, 'cut'> {
  const viewport = page.getViewport({ scale: 1 })
  const added: Run[] = []
  const notes: string[] = []
  const attachments: { id: string; name: string }[] = []
  for (const annotation of annotations) {
    const { subtype, rect, hidden, fileId, file } = annotation
    if (subtype === 'FileAttachment' && fileId !== undefined) attachments.push({ id: fileId, name: file?.filename ?? 'attachment' })
    const text = shownValue(annotation)
    if (text === '' || rect === undefined || hidden) continue
    if (subtype !== 'FreeText' && subtype !== 'Widget') {
      notes.push(text)
      continue
    }
    const [a = 0, b = 0] = viewport.convertToViewportPoint(rect[0] ?? 0, rect[1] ?? 0)
    const [c = 0, d = 0] = viewport.convertToViewportPoint(rect[2] ?? 0, rect[3] ?? 0)
    const [x0, x1, y0, y1] = [Math.min(a, c), Math.max(a, c), Math.min(b, d), Math.max(b, d)]
    const lines = text.split(/\r\n?|\n/).filter((line) => line.trim() !== '')
    const pitch = (y1 - y0) / lines.length
    const size = Math.min(Math.max(pitch / 1.3, 4), 10)
    for (const [at, line] of lines.entries()) {
      const y = lines.length === 1 ? (y0 + y1) / 2 + 0.35 * size : y0 + (at + 0.75) * pitch
      const width = Math.min(x1 - x0, 0.5 * size * line.length)
      added.push({ text: line.trim(), x0, x1: x0 + width, y, size, bold: false, rtl: /[\u0590-\u08ff]/.test(line), spaced: true, level: undefined })
    }
  }
  if (added.length === 0) return { runs, notes, attachments }
  const byTurn = new Map(runs.byTurn)
  byTurn.set(0, [...(byTurn.get(0) ?? []), ...added])
  const characters = runs.characters + added.reduce((sum, run) => sum + run.text.length, 0)
  return { runs: { ...runs, byTurn, characters }, notes, attachments }
}

function shownValue(annotation: Annotation): string {
  const { subtype, fieldType, fieldValue, checkBox, contentsObj, textContent, password } = annotation
  if (subtype === 'Popup' || subtype === 'Link' || password) return ''
  if (subtype === 'Widget') {
    if (fieldType === 'Btn') return checkBox && typeof fieldValue === 'string' && fieldValue !== 'Off' ? '☒' : ''
    if (fieldType !== 'Tx' && fieldType !== 'Ch') return ''
    const value = Array.isArray(fieldValue) ? fieldValue.filter((part) => typeof part === 'string').join(', ') : fieldValue
    return typeof value === 'string' ? value.trim() : ''
  }
  const contents = contentsObj?.str?.trim() ?? ''
  return contents !== '' || subtype !== 'FreeText' ? contents : (textContent ?? []).join('\n').trim()
}

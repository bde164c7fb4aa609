import { api } from '../../lib/api.ts'
import { type Found, findQuote } from './find-quote.ts'
import type { Highlight } from './highlight.ts'
import type { PdfFile } from './pdf-file.ts'

/** In shares of the page, from its top left corner. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** What is to be marked on one page: words of it, or where the server saw the paragraphs that hold the passage. */
export type PageMark = { readonly kind: 'words'; readonly found: Found } | { readonly kind: 'boxes'; readonly boxes: readonly Box[] }
export type PageMarks = ReadonlyMap<number, PageMark>

/** Source: that many pages are read in about a second; only passages without a page need it. */
const PAGES_WITHOUT_HINT = 60
/** Of the quote on all its pages together. */
const ENOUGH = 0.5
/** Of the quote on one of several pages: two or three lines of a passage that goes on there. */
const ENOUGH_OF_ONE = 0.05

/** The words of a page in the order of its text layer. */
export async function pageText(file: PdfFile, number: number) {
  const page = await file.getPage(number)
  const content = await page.getTextContent()
  return { content, items: content.items.flatMap((item) => ('str' in item ? [item.str] : [])) }
}

/** Pages on which the passage can be, the likeliest first. */
export function candidates({ page, lastPage }: Pick<Highlight, 'page' | 'lastPage'>, pages: number): readonly (readonly number[])[] {
  const inFile = (number: number) => number >= 1 && number <= pages
  if (page === undefined || page === null) return Array.from({ length: Math.min(pages, PAGES_WITHOUT_HINT) }, (_, index) => [index + 1])
  const last = Math.max(page, lastPage ?? page)
  const told = Array.from({ length: Math.min(last - page + 1, PAGES_WITHOUT_HINT) }, (_, index) => page + index)
  return [told, [page, page + 1], [page - 1]].map((group) => group.filter(inFile)).filter((group) => group.length > 0)
}

/** @returns nothing when neither the words nor the paragraphs have a place on the pages */
export async function placeOnPages(
  file: PdfFile,
  ids: { readonly database: string; readonly document: string },
  highlight: Highlight,
  signal: AbortSignal,
): Promise<PageMarks> {
  for (const group of candidates(highlight, file.numPages)) {
    const marks = new Map<number, PageMark>()
    let share = 0
    for (const number of group) {
      const { items } = await pageText(file, number)
      signal.throwIfAborted()
      const found = findQuote(items.join(''), highlight.quote, { least: group.length > 1 ? ENOUGH_OF_ONE : ENOUGH })
      if (found === undefined) continue
      marks.set(number, { kind: 'words', found })
      share += found.share
      if (found.share === 1) return new Map([[number, { kind: 'words', found }]])
    }
    if (share >= ENOUGH) return marks
  }
  return placeOfBlocks(file, ids, highlight, signal)
}

/** Scans have no words of their own, but the server knows where on the page it read them. */
async function placeOfBlocks(
  file: PdfFile,
  ids: { readonly database: string; readonly document: string },
  { start, end }: Highlight,
  signal: AbortSignal,
): Promise<PageMarks> {
  if (end <= start) return new Map()
  const { blocks } = await api.call('readText', { parameters: ids, query: { start, end }, signal })
  const boxes = blocks.filter((block) => block.start < end && block.end > start).flatMap((block) => block.boxes)
  const marks = new Map<number, PageMark>()
  for (const number of new Set(boxes.map(({ page }) => page))) {
    if (number < 1 || number > file.numPages) continue
    const { width, height } = (await file.getPage(number)).getViewport({ scale: 1 })
    const shares = boxes
      .filter(({ page }) => page === number)
      .map((box) => ({ left: box.x / width, top: box.y / height, width: box.width / width, height: box.height / height }))
    marks.set(number, { kind: 'boxes', boxes: shares })
  }
  return marks
}

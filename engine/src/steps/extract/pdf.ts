import type { PDFDocumentProxy } from 'pdfjs-dist/types/src/display/api.js'
import { AppError } from '../../domain/errors.ts'
import type { TextBuilder } from './builder.ts'
import { type OcrReader, ocrReader } from './ocr.ts'
import { type Draft, joinAcrossColumns, runningDrafts, toDrafts } from './pdf-blocks.ts'
import { intoColumns } from './pdf-columns.ts'
import { type Furniture, furnitureFilter, type Margins, marginsOf, WINDOW } from './pdf-furniture.ts'
import { findHeadings, readOutline } from './pdf-headings.ts'
import { type Segment, toSegments } from './pdf-lines.ts'
import { hasEnd, openPdf } from './pdf-open.ts'
import { type LoadedPage, pageLoader } from './pdf-page.ts'
import { type PageRenderer, pageRenderer } from './pdf-render.ts'
import { ontoPage, type Rectangle, type Turn } from './pdf-runs.ts'
import { learnDraft, textOf, vocabulary } from './pdf-text.ts'
import type { ReadContext, Reader } from './reader.ts'

/** A page with fewer letters may be a picture with a stamp on it. */
const FEW_LETTERS = 25

interface PageWork {
  readonly number: number
  readonly width: number
  readonly height: number
  readonly parts: { readonly turn: Turn; readonly segments: Segment[] }[]
  readonly margins: Margins
  readonly notes: readonly string[]
  readonly scanned: readonly OcrParagraphOnPage[] | undefined
}
interface OcrParagraphOnPage {
  readonly text: string
  readonly boxes: readonly Rectangle[]
}
interface PageResult {
  readonly number: number
  readonly width: number
  readonly height: number
  readonly ocr: boolean
  readonly drafts: readonly Draft[]
  readonly boxes: ReadonlyMap<Draft, readonly Rectangle[]> // on the page as shown, as x0 y0 x1 y1
  readonly notes: readonly string[]
  readonly scanned: readonly OcrParagraphOnPage[] | undefined
}

/** Text PDFs, scanned PDFs, forms and packages. Pages without text are read by OCR, up to `limits.ocrPages`. */
export const readPdf: Reader = async (source, out, context) => {
  const bytes = source.bytes()
  const { document, close } = await openPdf(bytes)
  const renderer = pageRenderer(bytes)
  try {
    if (document.numPages > context.limits.pages) throw new AppError('document/too-large', { limit: `${context.limits.pages} pages`, pages: document.numPages })
    if (!hasEnd(bytes)) out.warn('The file seems to be cut off; what could be read of it is kept.')
    await describe(document, out)
    const attachments = new Map<string, string>()
    const results = await readPages(document, { out, context, renderer, ocr: ocrReader(), attachments })
    const letters = results.reduce((sum, page) => sum + page.drafts.length + page.notes.length + (page.scanned?.length ?? 0), 0)
    if (letters === 0 && (!holdsPage(bytes) || !(await renderer.opens()))) throw new AppError('document/corrupt', { reason: 'no readable page' })
    await emit(document, results, out)
    await readAttachments(document, attachments, out, context)
  } finally {
    renderer.close()
    await close()
  }
}

interface Tools {
  readonly out: TextBuilder
  readonly context: ReadContext
  readonly renderer: PageRenderer
  readonly ocr: OcrReader
  readonly attachments: Map<string, string>
}

async function readPages(document: PDFDocumentProxy, tools: Tools): Promise<PageResult[]> {
  const { out, context } = tools
  const total = document.numPages
  const markInfo = (await document.getMarkInfo()) as ReadonlyMap<string, boolean> | { readonly Marked?: boolean } | null
  const load = pageLoader(document, markInfo instanceof Map ? markInfo.get('Marked') === true : false)
  const furniture = furnitureFilter()
  const margins: (Margins | undefined)[] = []
  const waiting: PageWork[] = []
  const results: PageResult[] = []
  let scanned = 0
  for (let number = 1; number <= total; number++) {
    try {
      const page = await load(number)
      if (page.cut) out.warn(`Page ${number} holds far more than a page does; only its beginning was read.`)
      for (const { id, name } of page.attachments) tools.attachments.set(id, name)
      const work = prepare(number, page)
      const withOcr = needsOcr(page) && scanned < context.limits.ocrPages ? await scan(work, page, tools) : work
      if (withOcr.scanned !== undefined) scanned++
      else if (needsOcr(page) && scanned >= context.limits.ocrPages) out.warn(`Only ${context.limits.ocrPages} scanned pages were read.`)
      waiting.push(withOcr)
      margins[number] = work.margins
    } catch (error) {
      if (error instanceof AppError) throw error
      if (process.argv.includes('DBG')) console.log(error)
      out.warn(`Page ${number} could not be read.`)
    }
    while ((waiting[0]?.number ?? Number.POSITIVE_INFINITY) <= number - WINDOW) finishFirst()
    margins[number - 2 * WINDOW - 1] = undefined
    context.progress(number, total)
    // Lets messages out and a kill in between pages.
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  while (waiting.length > 0) finishFirst()
  return results

  function finishFirst(): void {
    const work = waiting.shift()
    if (work === undefined) return
    const around = margins.slice(Math.max(1, work.number - WINDOW), work.number + WINDOW + 1).filter((other) => other !== undefined)
    try {
      results.push(layOut(work, furniture(work.margins, around)))
    } catch (error) {
      if (error instanceof AppError) throw error
      out.warn(`Page ${work.number} could not be read.`)
    }
  }
}

function prepare(number: number, page: LoadedPage): PageWork {
  const { width, height, byTurn } = page.runs
  const parts = [...byTurn].map(([turn, runs]) => ({ turn, segments: toSegments(runs), weight: runs.length })).sort((a, b) => b.weight - a.weight)
  const main = parts[0]
  const margins = marginsOf(number, main?.segments ?? [], (main?.turn ?? 0) % 2 === 0 ? height : width)
  return { number, width, height, parts, margins, notes: page.notes, scanned: undefined }
}

/** Hardly any letters, or letters without a meaning (a font without a Unicode map). */
function needsOcr({ runs }: LoadedPage): boolean {
  let [letters, garbage] = [0, 0]
  for (const list of runs.byTurn.values()) {
    for (const { text } of list) {
      letters += text.match(/[\p{L}\p{N}]/gu)?.length ?? 0
      garbage += text.match(/[\p{Co}\p{Cn}\p{Cc}\ufffd]/gu)?.length ?? 0
    }
    if (letters > 20 * FEW_LETTERS && garbage === 0) return false
  }
  return letters < FEW_LETTERS || garbage > letters
}

async function scan(work: PageWork, page: LoadedPage, { out, context, renderer, ocr }: Tools): Promise<PageWork> {
  const inkOnly = page.runs.characters === 0 ? 0.0005 : 0.03
  try {
    const image = await renderer.render(work.number, context.limits.pixels, inkOnly)
    if (image === undefined) return work
    const paragraphs = await ocr.readGrey(image)
    const letters = paragraphs.reduce((sum, paragraph) => sum + paragraph.text.length, 0)
    if (letters <= page.runs.characters) return work
    const scale = (value: number) => value / image.scale
    return {
      ...work,
      scanned: paragraphs.map(({ text, lines }) => ({
        text,
        boxes: lines.map((box) => ({ x0: scale(box.x0), y0: scale(box.y0), x1: scale(box.x1), y1: scale(box.y1) })),
      })),
    }
  } catch (error) {
    if (error instanceof AppError) throw error
    if (process.argv.includes('DBG')) console.log(error)
    out.warn(`The picture on page ${work.number} could not be read.`)
    return work
  }
}

function layOut(work: PageWork, { drop, first }: Furniture): PageResult {
  const boxes = new Map<Draft, readonly Rectangle[]>()
  const all: Draft[] = []
  for (const { turn, segments } of work.scanned === undefined ? work.parts : []) {
    const middle = (turn % 2 === 0 ? work.height : work.width) / 2
    const running = [...first].filter((segment) => segments.includes(segment))
    const regions = intoColumns(segments.filter((segment) => !drop.has(segment) && !first.has(segment)))
    const drafts = [
      ...runningDrafts(running.filter((segment) => segment.y < middle)),
      ...joinAcrossColumns(regions.flatMap((region) => toDrafts(region))),
      ...runningDrafts(running.filter((segment) => segment.y >= middle)),
    ]
    for (const draft of drafts) {
      boxes.set(
        draft,
        draft.boxes.map((box) => asRectangle(ontoPage(turn, box, work.width, work.height))),
      )
      all.push(draft)
    }
  }
  const { number, width, height, notes, scanned } = work
  return { number, width, height, drafts: all, boxes, notes, scanned, ocr: scanned !== undefined }
}

function asRectangle(box: { x: number; y: number; width: number; height: number }): Rectangle {
  return { x0: box.x, y0: box.y, x1: box.x + box.width, y1: box.y + box.height }
}

async function emit(document: PDFDocumentProxy, pages: readonly PageResult[], out: TextBuilder): Promise<void> {
  const known = vocabulary()
  for (const page of pages) for (const draft of page.drafts) learnDraft(known, draft)
  const headings = findHeadings(pages, { outline: await readOutline(document), textOf: (draft) => textOf(draft, known) })
  const labels = await document.getPageLabels()
  let largest = 0
  for (const page of pages) {
    const { number, width, height } = page
    const label = labels?.[number - 1]
    out.page(number, {
      width: round(width),
      height: round(height),
      ...(label === undefined || label === null || label === '' ? {} : { label }),
      ...(page.ocr ? { ocr: true } : {}),
    })
    const onPage = (rectangles: readonly Rectangle[]) =>
      rectangles.map(({ x0, y0, x1, y1 }) => ({
        page: number,
        x: round(x0),
        y: round(y0),
        width: round(Math.min(x1, width) - x0),
        height: round(Math.min(y1, height) - y0),
      }))
    for (const draft of page.drafts) {
      const facts = { boxes: onPage(page.boxes.get(draft) ?? []) }
      const level = headings.get(draft)
      if (draft.kind === 'table') out.table(draft.rows, { ...facts, hasHeader: draft.hasHeader })
      else if (level !== undefined) {
        const text = textOf(draft, known)
        out.heading(level, text, facts)
        if (number <= 2 && draft.size > largest * 1.05 && !(largest > 0 && number === 2)) {
          if (out.title === undefined || largest > 0) out.title = text
          largest = out.title === undefined ? 0 : draft.size
        }
      } else out.add(draft.list ? 'list' : 'paragraph', textOf(draft, known), facts)
    }
    for (const paragraph of page.scanned ?? []) out.add('paragraph', paragraph.text, { boxes: onPage(paragraph.boxes) })
    for (const note of page.notes) out.add('paragraph', note)
  }
}

function round(value: number): number {
  return Math.max(0, Math.round(value * 100) / 100)
}

async function describe(document: PDFDocumentProxy, out: TextBuilder): Promise<void> {
  const { info } = (await document.getMetadata()) as { readonly info: Readonly<Record<string, unknown>> }
  const text = (name: string) => (typeof info[name] === 'string' ? info[name].trim() : '')
  const title = text('Title')
  // Writers put file names and "untitled" there.
  if (/\p{L}{2}/u.test(title) && !/^(?:untitled|microsoft word - |document\d*$|title$)|\.(?:docx?|pdf|indd|qxd|tex|dvi|pptx?|xlsx?)$/i.test(title))
    out.title = title
  for (const [name, key] of [
    ['author', 'Author'],
    ['subject', 'Subject'],
    ['keywords', 'Keywords'],
    ['creator', 'Creator'],
    ['producer', 'Producer'],
  ] as const)
    out.property(name, text(key))
  out.property('created', toIsoDate(text('CreationDate')))
  out.property('modified', toIsoDate(text('ModDate')))
}

/** "D:20221028100608+02'00'" as ISO 8601. */
export function toIsoDate(date: string): string | undefined {
  const match = /^(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:(Z)|([+-])(\d\d)'?(\d\d)?)?/.exec(date)
  if (match === null) return undefined
  const [, year, month = '01', day = '01', hour = '00', minute = '00', second = '00', , sign, zoneHours = '00', zoneMinutes = '00'] = match
  const zone = sign === undefined ? 'Z' : `${sign}${zoneHours}:${zoneMinutes}`
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`)
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}

/** False when nothing in the file calls itself a page; packed objects may. */
function holdsPage(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (text.includes('ObjStm')) return true
  for (let at = text.indexOf('/Page'); at >= 0; at = text.indexOf('/Page', at + 1))
    if (text[at + 5] !== 0x73 && text[at + 5] !== 0x4c && text[at + 5] !== 0x4d) return true
  return false
}

async function readAttachments(document: PDFDocumentProxy, pinned: ReadonlyMap<string, string>, out: TextBuilder, context: ReadContext): Promise<void> {
  const listed = (await document.getAttachments()) as ReadonlyMap<string, { readonly filename?: string }> | null
  const names = new Map<string, string>(pinned)
  for (const [id, { filename }] of listed ?? []) names.set(id, filename ?? id)
  let [count, bytes] = [0, 0]
  for (const [id, name] of names) {
    if (++count > context.limits.entries) throw new AppError('document/hostile', { limit: `${context.limits.entries} attachments` })
    let content: Uint8Array | null
    try {
      content = (await document.getAttachmentContent(id)) as Uint8Array | null
    } catch {
      content = null
    }
    if (content === null || content.length === 0) {
      out.warn(`The attachment "${name}" could not be read.`)
      continue
    }
    bytes += content.length
    if (bytes > context.limits.unpackedBytes) throw new AppError('document/hostile', { limit: `${context.limits.unpackedBytes} bytes of attachments` })
    await context.nested(name, content)
  }
}

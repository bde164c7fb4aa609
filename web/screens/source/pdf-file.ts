import type { PDFDocumentProxy } from 'pdfjs-dist'
import { AppError } from 'quarry-engine/client'
import { api } from '../../lib/api.ts'

export type PdfFile = PDFDocumentProxy

/** Where the build puts the files that pdf.js asks for: see pdf-files.mjs. */
const FILES = '/pdf/'
/** Source: a page of A3 at twice the size on a screen of two dots per pixel; more makes phones run out of memory. */
const CANVAS_BYTES = 96 * 1024 * 1024
/** Source: a scan of A3 at 1,200 dots per inch; larger pictures are bombs rather than pictures. */
const LARGEST_IMAGE = 300_000_000

async function pdfjs() {
  const library = await import('pdfjs-dist')
  // A file of its own beside the others: pages may run scripts and workers of their own address only.
  library.GlobalWorkerOptions.workerSrc = new URL('pdfjs-dist/build/pdf.worker.min.mjs', import.meta.url).toString()
  return library
}

/** The library's layer of text that lies over a drawn page, so that one can select it. */
export async function textLayerOf(...[options]: ConstructorParameters<typeof import('pdfjs-dist').TextLayer>) {
  const { TextLayer } = await pdfjs()
  return new TextLayer(options)
}

/**
 * Fetches the original and opens it; `told` hears how many bytes have come. Scripts and forms in the file do nothing: pages
 * are pictures and text.
 * @throws what the server told, or what pdf.js says of a file that it cannot read; the signal's reason
 */
export async function openPdf(database: string, document: string, told: (bytes: number) => void, signal: AbortSignal): Promise<PdfFile> {
  const [library, data] = await Promise.all([pdfjs(), bytesOf(await api.content({ database, document }, signal), told)])
  signal.throwIfAborted()
  const opening = library.getDocument({
    data,
    cMapUrl: `${FILES}cmaps/`,
    cMapPacked: true,
    standardFontDataUrl: `${FILES}standard_fonts/`,
    wasmUrl: `${FILES}wasm/`,
    useWorkerFetch: false,
    enableXfa: false,
    maxImageSize: LARGEST_IMAGE,
    canvasMaxAreaInBytes: CANVAS_BYTES,
    verbosity: library.VerbosityLevel.ERRORS,
  })
  signal.addEventListener('abort', () => void opening.destroy(), { once: true })
  return opening.promise
}

async function bytesOf(stream: ReadableStream<Uint8Array>, told: (bytes: number) => void): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  const reader = stream.getReader() // not every browser has the loop over a stream
  const next = () =>
    reader.read().catch((fault: unknown) => {
      throw new AppError('server/unreachable', { reason: 'the connection was cut off' }, fault)
    })
  for (let piece = await next(); !piece.done; piece = await next()) {
    pieces.push(piece.value)
    length += piece.value.length
    told(length)
  }
  const whole = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

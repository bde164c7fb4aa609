import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { PDFDocumentLoadingTask, PDFDocumentProxy } from 'pdfjs-dist/types/src/display/api.js'
import { AppError } from '../../domain/errors.ts'

type PdfJs = typeof import('pdfjs-dist')
export interface OpenPdf {
  readonly document: PDFDocumentProxy
  close(): Promise<void>
}

const require = createRequire(import.meta.url)
let loaded: Promise<PdfJs> | undefined

/** pdf.js complains on loading when it has no canvas to paint on, which we never ask for: that one moment is kept quiet. */
async function load(): Promise<PdfJs> {
  const { warn } = console
  console.warn = () => undefined
  try {
    return (await import('pdfjs-dist/legacy/build/pdf.mjs')) as unknown as PdfJs
  } finally {
    console.warn = warn
  }
}

/**
 * Opens a PDF; one that is encrypted with an empty user password opens too. The bytes stay the caller's.
 * @throws AppError document/encrypted, document/truncated, document/corrupt
 */
export async function openPdf(bytes: Uint8Array): Promise<OpenPdf> {
  loaded ??= load()
  const { getDocument } = await loaded
  const root = dirname(require.resolve('pdfjs-dist/package.json'))
  const options = {
    data: new Uint8Array(bytes), // a copy: pdf.js takes the buffer for itself
    cMapUrl: `${join(root, 'cmaps')}/`,
    standardFontDataUrl: `${join(root, 'standard_fonts')}/`,
    wasmUrl: `${join(root, 'wasm')}/`,
    iccUrl: `${join(root, 'iccs')}/`,
    cMapPacked: true,
    isEvalSupported: false,
    useSystemFonts: false,
    disableFontFace: true,
    fontExtraProperties: true, // else names and weights of fonts are dropped
    maxImageSize: 1, // images are not decoded: OCR renders by other means
    enableXfa: false,
    stopAtErrors: false,
    verbosity: 0,
  }
  let task: PDFDocumentLoadingTask
  try {
    task = getDocument(options)
    const document = await task.promise
    return { document, close: () => task.destroy() }
  } catch (error) {
    throw faultOf(error, bytes)
  }
}

export function faultOf(error: unknown, bytes: Uint8Array): AppError {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
  if (name === 'PasswordException') return new AppError('document/encrypted')
  return new AppError(hasEnd(bytes) ? 'document/corrupt' : 'document/truncated', { parser: message.slice(0, 200) })
}

/** Whether the end-of-file mark stands near the end; trailing rubbish is common. */
export function hasEnd(bytes: Uint8Array): boolean {
  const tail = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(-4096)
  return tail.includes('%%EOF') || (bytes.length < 1024 && tail.includes('trailer'))
}

/** A file of an installed package, as bytes. */
export function packageFile(specifier: string): Uint8Array {
  return readFileSync(require.resolve(specifier))
}

import type { PDFiumDocument, PDFiumLibrary } from '@hyzyla/pdfium'
import type { GreyImage } from './ocr.ts'
import { packageFile } from './pdf-open.ts'

/** A page painted in grey. */
export interface PageImage extends GreyImage {
  readonly scale: number // pixels per point
}

export interface PageRenderer {
  /** Whether a second, stricter parser opens the file too. */
  opens(): Promise<boolean>
  /** Undefined when less than `ink` of the page is not white, or the page cannot be painted. */
  render(number: number, maxPixels: number, ink: number): Promise<PageImage | undefined>
  close(): void
}

const DPI = 220
const PROOF_DPI = 36
/** Source: OCR of more takes longer and reads no better. */
const MAX_OCR_PIXELS = 16_000_000

/** Opens the file only when asked to paint. */
export function pageRenderer(bytes: Uint8Array): PageRenderer {
  let library: PDFiumLibrary | undefined
  let document: PDFiumDocument | undefined
  let broken = false

  async function open(): Promise<PDFiumDocument | undefined> {
    if (document !== undefined || broken) return document
    const { PDFiumLibrary: Library } = await import('@hyzyla/pdfium')
    const wasm = packageFile('@hyzyla/pdfium/pdfium.wasm')
    library = await Library.init({ wasmBinary: wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength) as ArrayBuffer })
    try {
      document = await library.loadDocument(bytes)
    } catch {
      broken = true // told by `opens` and by undefined from `render`
    }
    return document
  }

  return {
    async opens() {
      return (await open()) !== undefined
    },
    async render(number, maxPixels, ink) {
      const opened = await open()
      if (opened === undefined || number > opened.getPageCount()) return undefined
      const { originalWidth, originalHeight } = opened.getPage(number - 1).getOriginalSize()
      const area = originalWidth * originalHeight
      if (!(area > 0)) return undefined
      const paint = async (wanted: number) => {
        const scale = Math.min(wanted, Math.sqrt(Math.min(maxPixels, MAX_OCR_PIXELS) / area))
        // Painting closes the page, so each time it is taken anew.
        const image = await opened.getPage(number - 1).render({ scale, colorSpace: 'Gray', renderFormFields: true, render: async ({ data }) => data.slice() })
        return { ...image, scale }
      }
      const proof = await paint(PROOF_DPI / 72)
      if (inkOf(proof.data) < ink) return undefined
      const { data, width, height, scale } = await paint(DPI / 72)
      return { pixels: data, width, height, scale }
    },
    close() {
      document?.destroy()
      library?.destroy()
    },
  }
}

function inkOf(grey: Uint8Array): number {
  let dark = 0
  for (const value of grey) if (value < 200) dark++
  return dark / Math.max(1, grey.length)
}

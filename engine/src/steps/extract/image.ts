import type { IFD } from 'utif2'
import { AppError } from '../../domain/errors.ts'
import type { TextBuilder } from './builder.ts'
import { imageSize } from './image-size.ts'
import { type GreyImage, type OcrParagraph, ocrReader, orientationOf } from './ocr.ts'
import type { ExtractLimits, Reader } from './reader.ts'

/**
 * Reads the words in a picture: PNG, JPEG, GIF (first frame), BMP, WebP, and TIFF with one page per image. Every image
 * is a page marked `ocr`; one pixel counts as one point, turned upright as its EXIF orientation says.
 */
export const readImage: Reader = async (source, out, context) => {
  const bytes = source.bytes()
  if (source.mediaType === 'image/tiff' || isTiff(bytes)) return readTiff(bytes, out, context.limits, context.progress)
  const size = imageSize(bytes)
  if (size === undefined || size.width === 0 || size.height === 0) throw new AppError('document/corrupt', { reason: 'not an image' })
  checkPixels(size.width * size.height, context.limits)
  const turned = orientationOf(bytes) >= 5
  const paragraphs = await recognise(bytes)
  out.page(1, { width: turned ? size.height : size.width, height: turned ? size.width : size.height, ocr: true })
  addParagraphs(paragraphs, 1, out)
  context.progress(1, 1)
}

function checkPixels(pixels: number, limits: ExtractLimits): void {
  if (pixels > limits.pixels) throw new AppError('document/hostile', { pixels, limit: limits.pixels })
}

async function recognise(bytes: Uint8Array): Promise<readonly OcrParagraph[]> {
  try {
    return await ocrReader().read(bytes)
  } catch (error) {
    throw new AppError(endsTooEarly(bytes) ? 'document/truncated' : 'document/corrupt', {}, error)
  }
}

/** PNG and JPEG name their own end. */
function endsTooEarly(bytes: Uint8Array): boolean {
  const tail = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(-64)
  if (bytes[0] === 0x89) return !tail.includes('IEND')
  return bytes[0] === 0xff && bytes[1] === 0xd8 && !tail.includes(Buffer.from([0xff, 0xd9]))
}

function addParagraphs(paragraphs: readonly OcrParagraph[], page: number, out: TextBuilder): void {
  for (const { text, lines } of paragraphs) {
    out.add('paragraph', text, { boxes: lines.map(({ x0, y0, x1, y1 }) => ({ page, x: x0, y: y0, width: x1 - x0, height: y1 - y0 })) })
  }
}

function isTiff(bytes: Uint8Array): boolean {
  return (bytes[0] === 0x49 && bytes[1] === 0x49 && bytes[2] === 0x2a) || (bytes[0] === 0x4d && bytes[1] === 0x4d && bytes[3] === 0x2a)
}

async function readTiff(bytes: Uint8Array, out: TextBuilder, limits: ExtractLimits, progress: (done: number, total: number) => void): Promise<void> {
  const { default: utif } = await import('utif2')
  const buffer = new Uint8Array(bytes).buffer
  let images: IFD[]
  try {
    images = utif.decode(buffer).filter((image) => pixelsOf(image) > 0)
  } catch (error) {
    throw new AppError('document/corrupt', {}, error)
  }
  if (images.length === 0) throw new AppError('document/corrupt', { reason: 'no image' })
  if (images.length > limits.pages) throw new AppError('document/too-large', { limit: `${limits.pages} pages` })
  for (const image of images) checkPixels(pixelsOf(image), limits)
  const ocr = ocrReader()
  let broken = 0
  for (const [at, image] of images.entries()) {
    const number = at + 1
    if (at >= limits.ocrPages) {
      out.warn(`Only ${limits.ocrPages} scanned pages were read.`)
      break
    }
    try {
      utif.decodeImage(buffer, image)
      const paragraphs = await ocr.readGrey(toGrey(utif.toRGBA8(image), image.width, image.height))
      out.page(number, { width: image.width, height: image.height, ocr: true })
      addParagraphs(paragraphs, number, out)
    } catch (error) {
      if (error instanceof AppError) throw error
      broken++
      out.warn(`Page ${number} could not be read.`)
    }
    image.data = new Uint8Array(0)
    progress(number, images.length)
  }
  if (broken === images.length) throw new AppError('document/corrupt', { reason: 'no readable page' })
}

function pixelsOf(image: IFD): number {
  const side = (tag: string) => {
    const value = image[tag]
    return Array.isArray(value) ? Number(value[0] ?? 0) : 0
  }
  return side('t256') * side('t257')
}

function toGrey(rgba: Uint8Array, width: number, height: number): GreyImage {
  const pixels = new Uint8Array(width * height)
  for (let from = 0, to = 0; to < pixels.length; from += 4, to++) {
    const [r = 255, g = 255, b = 255, a = 255] = [rgba[from], rgba[from + 1], rgba[from + 2], rgba[from + 3]]
    pixels[to] = 255 - ((255 - (0.299 * r + 0.587 * g + 0.114 * b)) * a) / 255 // on white
  }
  return { pixels, width, height }
}

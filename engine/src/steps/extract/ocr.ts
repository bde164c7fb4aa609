import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Rectangle } from './pdf-runs.ts'

/** A paragraph that was recognised; boxes in pixels, one per line. */
export interface OcrParagraph {
  readonly text: string
  readonly lines: readonly Rectangle[]
}
export interface OcrReader {
  /**
   * Recognises one image: PNG, JPEG, WebP, GIF or PNM.
   * @throws Error when the image cannot be decoded
   */
  read(image: Uint8Array): Promise<readonly OcrParagraph[]>
  /** Recognises pixels; looks twice when the lines are far larger or smaller than print. */
  readGrey(image: GreyImage): Promise<readonly OcrParagraph[]>
}
/** One byte per pixel, row by row, 255 is white. */
export interface GreyImage {
  readonly pixels: Uint8Array
  readonly width: number
  readonly height: number
}

/** The part of the Tesseract build that is used; it runs in this thread and knows only its own file system in memory. */
interface TesseractApi {
  Init(path: null, languages: string, engine: number): number
  SetVariable(name: string, value: string): void
  SetImageFile(orientation: number, angle: number): number
  Recognize(monitor: null): number
  GetTSVText(page: number): string
  Clear(): void
}
interface TesseractModule {
  readonly FS: { writeFile(path: string, content: Uint8Array): void; unlink(path: string): void }
  readonly TessBaseAPI: new () => TesseractApi
}
type Core = (options: object) => Promise<TesseractModule>

const LSTM_ONLY = 1
/** Pixels from descender to ascender: the model was trained on such lines; far from it, another look reads more. */
const GOOD_LINES = [36, 24] as const
/** Short words that the engine itself doubts more than this are specks and rules. */
const MIN_CONFIDENCE = 25
const MIN_PARAGRAPH = 45
/** With more words than this, doubt means a photograph, which no second look makes readable. */
const MAX_WORDS_TWICE = 60
const require = createRequire(import.meta.url)
let engine: Promise<{ readonly module: TesseractModule; readonly api: TesseractApi }> | undefined

/** English, from the installed package; loaded on the first image. */
export function ocrReader(): OcrReader {
  async function recognise(image: Uint8Array): Promise<string> {
    engine ??= start()
    const { module, api } = await engine
    module.FS.writeFile('/input', image)
    try {
      if (api.SetImageFile(orientationOf(image), 0) === 1) throw new Error('The image cannot be decoded.')
      api.Recognize(null)
      return api.GetTSVText(0)
    } finally {
      api.Clear()
      module.FS.unlink('/input')
    }
  }

  return {
    async read(image) {
      return toParagraphs(await recognise(image))
    },
    async readGrey(image) {
      let best = await recognise(toPgm(image))
      let scale = 1
      const { lineHeight, doubtful } = qualityOf(best)
      let doubts = doubtful
      for (const height of GOOD_LINES) {
        const next = Math.min(height / lineHeight, 3)
        if (doubts === 0 || (next > 0.65 && next < 1.8)) break
        const again = await recognise(toPgm(resize(image, next)))
        if (qualityOf(again).doubtful < doubts) [best, scale, doubts] = [again, next, qualityOf(again).doubtful]
      }
      const back = (value: number) => Math.round(value / scale)
      return toParagraphs(best).map(({ text, lines }) => ({
        text,
        lines: lines.map(({ x0, y0, x1, y1 }) => ({ x0: back(x0), y0: back(y0), x1: back(x1), y1: back(y1) })),
      }))
    },
  }
}

/** `doubtful` is the share of words that the engine doubts, 0 when they are few. */
function qualityOf(tsv: string): { lineHeight: number; doubtful: number } {
  const heights: number[] = []
  let [words, doubtful] = [0, 0]
  for (const row of tsv.split('\n')) {
    const cells = row.split('\t')
    if (cells[0] === '4') heights.push(Number(cells[9]))
    if (cells[0] !== '5') continue
    words++
    if (Number(cells[10]) < 70) doubtful++
  }
  heights.sort((a, b) => a - b)
  const share = doubtful / Math.max(1, words)
  return { lineHeight: heights[heights.length >> 1] ?? GOOD_LINES[0], doubtful: share < 0.15 || words > MAX_WORDS_TWICE ? 0 : share }
}

function toPgm({ pixels, width, height }: GreyImage): Uint8Array {
  return Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`, 'latin1'), pixels])
}

/** Means over the source pixels under each target pixel; repeats pixels when enlarging. */
function resize({ pixels, width, height }: GreyImage, scale: number): GreyImage {
  const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))]
  const resized = new Uint8Array(w * h)
  for (let y = 0; y < h; y++) {
    const [top, bottom] = [Math.floor((y * height) / h), Math.max(Math.floor(((y + 1) * height) / h), Math.floor((y * height) / h) + 1)]
    for (let x = 0; x < w; x++) {
      const [left, right] = [Math.floor((x * width) / w), Math.max(Math.floor(((x + 1) * width) / w), Math.floor((x * width) / w) + 1)]
      let sum = 0
      for (let v = top; v < bottom; v++) for (let u = left; u < right; u++) sum += pixels[v * width + u] ?? 255
      resized[y * w + x] = sum / ((bottom - top) * (right - left))
    }
  }
  return { pixels: resized, width: w, height: h }
}

async function start(): Promise<{ module: TesseractModule; api: TesseractApi }> {
  const data = join(dirname(require.resolve('@tesseract.js-data/eng/package.json')), '4.0.0_best_int', 'eng.traineddata.gz')
  const module = await loadCore()
  module.FS.writeFile('/eng.traineddata', gunzipSync(readFileSync(data)))
  const api = new module.TessBaseAPI()
  if (api.Init(null, 'eng', LSTM_ONLY) !== 0) throw new Error('The OCR engine did not start.')
  api.SetVariable('debug_file', '/dev/null')
  return { module, api }
}

/** The fastest build that this machine's WebAssembly takes. */
async function loadCore(): Promise<TesseractModule> {
  const fromTesseract = createRequire(require.resolve('tesseract.js/package.json'))
  const silent = { print: () => undefined, printErr: () => undefined }
  let fault: unknown
  for (const build of ['relaxedsimd-lstm', 'simd-lstm', 'lstm']) {
    try {
      return await (fromTesseract(`tesseract.js-core/tesseract-core-${build}`) as Core)(silent)
    } catch (error) {
      fault = error
    }
  }
  throw fault
}

/** EXIF orientation of a JPEG, 1 to 8. */
export function orientationOf(image: Uint8Array): number {
  if (image[0] !== 0xff || image[1] !== 0xd8) return 1
  const head = Buffer.from(image.buffer, image.byteOffset, Math.min(image.length, 65_536))
  const exif = head.indexOf('Exif\0\0')
  if (exif < 0 || exif > 4096 || exif + 14 > head.length) return 1
  const tiff = exif + 6
  const little = head[tiff] === 0x49
  const u16 = (at: number) => (at + 2 > head.length ? 0 : little ? head.readUInt16LE(at) : head.readUInt16BE(at))
  const u32 = (at: number) => (at + 4 > head.length ? 0 : little ? head.readUInt32LE(at) : head.readUInt32BE(at))
  const directory = tiff + u32(tiff + 4)
  for (let at = directory + 2, i = Math.min(u16(directory), 100); i > 0; i--, at += 12) {
    if (u16(at) !== 0x0112) continue
    const value = u16(at + 8)
    return value >= 1 && value <= 8 ? value : 1
  }
  return 1
}

/** Tesseract's TSV: level, page, block, paragraph, line, word, left, top, width, height, confidence, text. */
export function toParagraphs(tsv: string): OcrParagraph[] {
  const paragraphs: { words: string[]; lines: Rectangle[]; key: string; line: string; trust: number; counted: number }[] = []
  for (const row of tsv.split('\n')) {
    const [level, , block, part, line, , left, top, width, height, confidence, ...rest] = row.split('\t')
    const text = rest.join(' ').trim()
    if (level !== '5' || text === '' || (Number(confidence) < MIN_CONFIDENCE && (text.match(/[\p{L}\p{N}]/gu)?.length ?? 0) < 3)) continue
    const box = { x0: Number(left), y0: Number(top), x1: Number(left) + Number(width), y1: Number(top) + Number(height) }
    const key = `${block}.${part}`
    let open = paragraphs.at(-1)
    if (open?.key !== key) {
      open = { words: [], lines: [], key, line: '', trust: 0, counted: 0 }
      paragraphs.push(open)
    }
    open.trust += Number(confidence)
    open.counted++
    const last = open.lines.at(-1)
    if (last === undefined || open.line !== line) {
      open.lines.push(box)
      const before = open.words.at(-1)
      // A word that was split at the end of the line.
      if (before !== undefined && /\p{Ll}-$/u.test(before.slice(-2)) && /^\p{Ll}/u.test(text)) open.words[open.words.length - 1] = before.slice(0, -1) + text
      else open.words.push(text)
    } else {
      open.lines[open.lines.length - 1] = {
        x0: Math.min(last.x0, box.x0),
        y0: Math.min(last.y0, box.y0),
        x1: Math.max(last.x1, box.x1),
        y1: Math.max(last.y1, box.y1),
      }
      open.words.push(text)
    }
    open.line = line ?? ''
  }
  // Photographs give paragraphs of nonsense.
  return paragraphs.filter(({ trust, counted }) => trust >= MIN_PARAGRAPH * counted).map(({ words, lines }) => ({ text: words.join(' '), lines }))
}

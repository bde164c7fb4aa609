import type { PDFPageProxy } from 'pdfjs-dist/types/src/display/api.js'

/**
 * A run of glyphs as the page shows it, in its frame: x runs along the text, y down the lines, in points. Text turned
 * by 90, 180 or 270 degrees has a frame of its own, so that everything behind this file sees upright text only.
 */
export interface Run {
  readonly text: string
  readonly x0: number
  readonly x1: number
  readonly y: number // of the baseline
  readonly size: number
  readonly bold: boolean
  readonly rtl: boolean
  /** The page's content had a blank before it. */
  readonly spaced: boolean
  /** Role in the document's structure tree when that says heading: 1 to 6. */
  readonly level: number | undefined
}

export type Turn = 0 | 1 | 2 | 3 // quarter turns, clockwise

export interface PageRuns {
  readonly width: number
  readonly height: number
  readonly byTurn: ReadonlyMap<Turn, Run[]>
  readonly characters: number
}

/** The parts of pdf.js text content that are used; its marked-content items have a type instead of text. */
interface TextItem {
  readonly str?: string
  readonly transform?: readonly number[]
  readonly width?: number
  readonly height?: number
  readonly fontName?: string
  readonly dir?: string
  readonly hasEOL?: boolean
  readonly type?: string
  readonly id?: string | null
}
export interface TextChunk {
  readonly items: readonly TextItem[]
  readonly styles: Readonly<Record<string, { readonly vertical?: boolean }>>
}

export interface RunFacts {
  readonly bold: (font: string) => boolean
  readonly levels: ReadonlyMap<string, number> // heading level by marked-content id
}

export function toRuns(page: PDFPageProxy, chunks: readonly TextChunk[], facts: RunFacts): PageRuns {
  const viewport = page.getViewport({ scale: 1 })
  const { width, height } = viewport
  const matrix = viewport.transform
  const scale = Math.hypot(matrix[0] ?? 1, matrix[1] ?? 0)
  const byTurn = new Map<Turn, Run[]>()
  const marks: (number | undefined)[] = []
  let characters = 0
  let spaced = false
  for (const chunk of chunks) {
    for (const item of chunk.items) {
      if (item.str === undefined) {
        if (item.type?.startsWith('begin')) marks.push(facts.levels.get(item.id ?? '') ?? marks.at(-1))
        else marks.pop()
        continue
      }
      const text = item.str
      if (text.trim() === '' || item.transform === undefined) {
        if (text !== '' || item.hasEOL) spaced = true
        continue
      }
      const [a, b, c, d, x, y] = multiply(matrix, item.transform)
      const size = Math.hypot(c, d)
      const vertical = chunk.styles[item.fontName ?? '']?.vertical === true
      const along = (vertical ? (item.height ?? 0) : (item.width ?? 0)) * scale
      if (!(size > 0.5) || !Number.isFinite(x + y + along)) continue
      const turn = ((((Math.round(Math.atan2(b, a) / (Math.PI / 2)) + 4) % 4) + (vertical ? 1 : 0)) % 4) as Turn
      const [u, v] = intoFrame(turn, x, y, width, height)
      // What lies wholly off the page is printer's marks.
      if (x < -size || y < -size || x > width + size || y > height + size) continue
      const run: Run = {
        text: text.trim(),
        x0: u,
        x1: u + Math.max(along, 0),
        y: v,
        size,
        bold: facts.bold(item.fontName ?? ''),
        rtl: item.dir === 'rtl',
        spaced: spaced || /^\s/.test(text),
        level: marks.at(-1),
      }
      spaced = /\s$/.test(text) || item.hasEOL === true
      characters += run.text.length
      const list = byTurn.get(turn)
      if (list === undefined) byTurn.set(turn, [run])
      else list.push(run)
    }
  }
  return { width, height, byTurn, characters }
}

function intoFrame(turn: Turn, x: number, y: number, width: number, height: number): [number, number] {
  if (turn === 0) return [x, y]
  if (turn === 1) return [y, width - x]
  if (turn === 2) return [width - x, height - y]
  return [height - y, x]
}

export interface Rectangle {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
}

/** A rectangle of a frame on the page as shown, cut to the page. */
export function ontoPage(turn: Turn, box: Rectangle, width: number, height: number): { x: number; y: number; width: number; height: number } {
  const corners: Rectangle =
    turn === 0
      ? box
      : turn === 1
        ? { x0: width - box.y1, x1: width - box.y0, y0: box.x0, y1: box.x1 }
        : turn === 2
          ? { x0: width - box.x1, x1: width - box.x0, y0: height - box.y1, y1: height - box.y0 }
          : { x0: box.y0, x1: box.y1, y0: height - box.x1, y1: height - box.x0 }
  const within = (value: number, limit: number) => Math.round(Math.min(Math.max(value, 0), limit) * 100) / 100
  const [x0, y0, x1, y1] = [within(corners.x0, width), within(corners.y0, height), within(corners.x1, width), within(corners.y1, height)]
  return { x: x0, y: y0, width: Math.round((x1 - x0) * 100) / 100, height: Math.round((y1 - y0) * 100) / 100 }
}

function multiply(m: readonly number[], n: readonly number[]): [number, number, number, number, number, number] {
  const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = m
  const [g = 1, h = 0, i = 0, j = 1, k = 0, l = 0] = n
  return [a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * l + e, b * k + d * l + f]
}

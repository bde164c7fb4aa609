/**
 * A text of any length is shown in rows of about ROW characters, of which only those that are seen exist. Rows end at the
 * end of a line or between words. Where, follows from the text behind their nominal end alone, so that two windows of the
 * text that were fetched by themselves agree.
 */
export const ROW = 4000
export const ROWS_PER_WINDOW = 16
const WINDOW = ROW * ROWS_PER_WINDOW
/** How far a row looks for the end of its line. */
export const LOOK_AHEAD = 1000

export interface TextWindow {
  readonly start: number
  readonly text: string
  /** Of the whole text. */
  readonly characters: number
}

export const rowsOf = (characters: number): number => Math.max(1, Math.ceil(characters / ROW))
export const rowAt = (offset: number): number => Math.floor(offset / ROW)
export const windowOfRow = (row: number): number => Math.floor(row / ROWS_PER_WINDOW)
export const rangeOfWindow = (window: number): { readonly start: number; readonly end: number } => ({
  start: window * WINDOW,
  end: (window + 1) * WINDOW + LOOK_AHEAD,
})

/** Where a row begins; the window must hold the text from its nominal beginning on. */
export function beginningOf(row: number, { start, text, characters }: TextWindow): number {
  const nominal = row * ROW
  if (row <= 0) return 0
  if (nominal >= characters) return characters
  const ahead = text.slice(nominal - start, nominal - start + LOOK_AHEAD)
  const line = ahead.indexOf('\n')
  if (line !== -1) return nominal + line + 1
  const space = ahead.search(/\s/u)
  if (space !== -1) return nominal + space + 1
  if (nominal + ahead.length >= characters) return characters // what is left is one word
  const first = ahead.charCodeAt(0)
  return first >= 0xdc00 && first <= 0xdfff ? nominal + 1 : nominal
}

export function rowRange(row: number, window: TextWindow): { readonly start: number; readonly end: number } {
  return { start: beginningOf(row, window), end: row + 1 >= rowsOf(window.characters) ? window.characters : beginningOf(row + 1, window) }
}

export type Look = 'heading' | 'code' | 'table' | 'plain'

export interface Segment {
  readonly start: number
  readonly text: string
  readonly look: Look
  readonly marked: boolean
}

interface Range {
  readonly start: number
  readonly end: number
}

/** Cuts a piece of the text at the edges of the mark and of what looks different; `blocks` are in order. */
export function segmentsOf(text: string, start: number, mark: Range | undefined, blocks: readonly (Range & { readonly kind: string })[]): readonly Segment[] {
  const end = start + text.length
  const styled = blocks.filter((block) => block.start < end && block.end > start && lookOf(block.kind) !== 'plain')
  const cuts = [start, end, ...[...styled, ...(mark === undefined ? [] : [mark])].flatMap((range) => [range.start, range.end])]
  const edges = [...new Set(cuts.filter((cut) => cut >= start && cut <= end))].sort((one, other) => one - other)
  const segments: Segment[] = []
  let next = 0
  for (const [index, from] of edges.slice(0, -1).entries()) {
    const to = edges[index + 1] ?? end
    while (next < styled.length && (styled[next]?.end ?? 0) <= from) next += 1
    const block = styled[next]
    const look = block !== undefined && block.start <= from ? lookOf(block.kind) : 'plain'
    segments.push({ start: from, text: text.slice(from - start, to - start), look, marked: mark !== undefined && mark.start <= from && mark.end >= to })
  }
  return segments
}

function lookOf(kind: string): Look {
  return kind === 'heading' || kind === 'code' || kind === 'table' ? kind : 'plain'
}

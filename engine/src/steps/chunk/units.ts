import type { Block } from '../../domain/block.ts'
import { countTokens } from './tokens.ts'

/** The smallest piece that a chunk is put together from: a sentence, a table row, a line of code, a heading. */
export interface Unit {
  readonly start: number // UTF-16 offsets in the extracted text
  readonly end: number
  readonly tokens: number
  readonly block: Block
  /** First unit of its block: a better place to cut than inside. */
  readonly first: boolean
}

/** Cuts a block into units of at most `size` tokens: at sentences, else lines, else words, else anywhere between characters. */
export function unitsOf(text: string, block: Block, size: number, sentences: Intl.Segmenter): Unit[] {
  const ranges = byLines(block.kind) ? linesOf(text, block.start, block.end) : sentencesOf(text, block.start, block.end, sentences)
  const units: Unit[] = []
  for (const range of ranges) {
    const trimmed = trim(text, range.start, range.end)
    if (trimmed === undefined) continue
    const tokens = countTokens(text.slice(trimmed.start, trimmed.end))
    const pieces = tokens <= size ? [{ ...trimmed, tokens }] : cut(text, trimmed, tokens, size)
    for (const piece of pieces) units.push({ ...piece, block, first: units.length === 0 })
  }
  return units
}

function byLines(kind: Block['kind']): boolean {
  return kind === 'table' || kind === 'code' || kind === 'list'
}

interface Range {
  readonly start: number
  readonly end: number
}

function linesOf(text: string, start: number, end: number): Range[] {
  const ranges: Range[] = []
  for (let at = start; at < end; ) {
    const stop = text.indexOf('\n', at)
    const lineEnd = stop === -1 || stop >= end ? end : stop
    ranges.push({ start: at, end: lineEnd })
    at = lineEnd + 1
  }
  return ranges
}

function sentencesOf(text: string, start: number, end: number, sentences: Intl.Segmenter): Range[] {
  return Array.from(sentences.segment(text.slice(start, end)), ({ index, segment }) => ({
    start: start + index,
    end: start + index + segment.length,
  }))
}

function trim(text: string, start: number, end: number): Range | undefined {
  let from = start
  let to = end
  while (from < to && /\s/.test(text.charAt(from))) from += 1
  while (to > from && /\s/.test(text.charAt(to - 1))) to -= 1
  return from === to ? undefined : { start: from, end: to }
}

/** Cuts a long range at blanks into pieces of at most `size` tokens, in time proportional to its length. */
function cut(text: string, range: Range, tokens: number, size: number): { start: number; end: number; tokens: number }[] {
  const pieces: { start: number; end: number; tokens: number }[] = []
  let step = Math.max(1, Math.floor(((range.end - range.start) / tokens) * size * 0.8))
  for (let at = range.start; at < range.end; ) {
    let to = wordEnd(text, at, Math.min(at + step, range.end), range.end)
    let piece = counted(text, at, to)
    while (piece.tokens > size && to - at > 1) {
      to = wordEnd(text, at, at + Math.max(1, Math.floor(((to - at) * size * 0.9) / piece.tokens)), range.end)
      piece = counted(text, at, to)
      step = to - at
    }
    if (piece.tokens > 0) pieces.push(piece)
    at = to
  }
  return pieces
}

function counted(text: string, start: number, end: number): { start: number; end: number; tokens: number } {
  const range = trim(text, start, end) ?? { start, end: start }
  return { ...range, tokens: countTokens(text.slice(range.start, range.end)) }
}

/** The last blank before `to`, or `to` moved off the middle of a character. */
function wordEnd(text: string, from: number, to: number, limit: number): number {
  if (to >= limit) return limit
  for (let at = to; at > from + (to - from) / 2; at -= 1) if (/\s/.test(text.charAt(at))) return at
  const code = text.charCodeAt(to)
  const splitsPair = code >= 0xdc00 && code <= 0xdfff
  return splitsPair ? to + 1 : to
}

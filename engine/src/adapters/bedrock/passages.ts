import type { ChatPassage, NativeCitation } from '../../ports/chat.ts'
import { field, numberAt, textAt } from '../chat-wire.ts'

/**
 * Passages as one document of small chunks, and the way back from what the model cites.
 *
 * Bedrock takes five documents in a request and refuses two of one name, so passages cannot be documents each. A document may be
 * given in chunks of our own instead, and then chunks are cited: each chunk here is one sentence, so that quotes are exact. A
 * passage begins with a chunk that tells its number and title.
 */
export interface CitedDocument {
  readonly block: unknown
  /** As `citation` of a delta gives it; nothing for what cannot be traced to a passage. */
  citationsOf(citation: unknown): readonly Omit<NativeCitation, 'claim'>[]
}

interface Chunk {
  readonly text: string
  /** From 1. */
  readonly passage: number
  /** Undefined: the title. */
  readonly place: { readonly start: number; readonly end: number } | undefined
}

/** Source: a neutral name, since models may take it for an instruction. */
const NAME = 'passages'

export function citedDocument(passages: readonly ChatPassage[]): CitedDocument {
  const chunks = passages.flatMap((passage, index) => chunksOf(passage, index + 1))
  return {
    block: {
      document: { format: 'txt', name: NAME, source: { content: chunks.map(({ text }) => ({ text: text.toWellFormed() })) }, citations: { enabled: true } },
    },
    citationsOf(citation) {
      const quote = quoteOf(citation)
      const cited = chunksAt(chunks, field(field(citation, 'location'), 'documentChunk'))
      // Where the place and the quote differ the quote is right: places are told in other forms too, or not at all.
      const isRight = quote === undefined || squeezed(cited.map(({ text }) => text).join('')).includes(squeezed(quote))
      return isRight ? placed(cited, passages) : found(passages, quote)
    },
  }
}

function chunksOf({ title, text }: ChatPassage, passage: number): Chunk[] {
  const head: Chunk = { text: `Passage ${passage}: ${title}`.trim(), passage, place: undefined }
  const sentences = [...new Intl.Segmenter('en', { granularity: 'sentence' }).segment(text)].flatMap(({ segment, index }): Chunk[] => {
    const start = index + segment.length - segment.trimStart().length
    const end = index + segment.trimEnd().length
    return end > start ? [{ text: text.slice(start, end), passage, place: { start, end } }] : [] // blank texts are refused
  })
  return [head, ...sentences]
}

/** `end` is the first chunk that is not cited any more. */
function chunksAt(chunks: readonly Chunk[], location: unknown): readonly Chunk[] {
  const [start, end] = [numberAt(location, 'start'), numberAt(location, 'end')]
  if (start === undefined || end === undefined || start < 0) return []
  return chunks.slice(start, Math.max(start + 1, end))
}

/** One citation for each passage that the chunks are of, from the first of them to the last. */
function placed(chunks: readonly Chunk[], passages: readonly ChatPassage[]): Omit<NativeCitation, 'claim'>[] {
  return [...new Set(chunks.map(({ passage }) => passage))].map((passage) => {
    const places = chunks.flatMap((chunk) => (chunk.passage === passage && chunk.place !== undefined ? [chunk.place] : []))
    const [first, last] = [places[0], places.at(-1)]
    if (first === undefined || last === undefined) return { type: 'citation', passage, quote: undefined }
    const quote = passages[passage - 1]?.text.slice(first.start, last.end)
    return { type: 'citation', passage, quote, start: first.start, end: last.end }
  })
}

function found(passages: readonly ChatPassage[], quote: string): Omit<NativeCitation, 'claim'>[] {
  const wanted = squeezed(quote)
  if (wanted === '') return []
  const index = passages.findIndex(({ text }) => squeezed(text).includes(wanted))
  return index === -1 ? [] : [{ type: 'citation', passage: index + 1, quote }]
}

function quoteOf(citation: unknown): string | undefined {
  const parts = field(citation, 'sourceContent')
  if (!Array.isArray(parts)) return undefined
  const texts = parts.flatMap((part: unknown) => textAt(part, 'text') ?? [])
  return texts.length === 0 ? undefined : texts.join(' ')
}

/** Chunks are joined with blanks or without. */
function squeezed(text: string): string {
  return text.replace(/\s+/g, '')
}

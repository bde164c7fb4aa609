/**
 * A piece of a document that is indexed. `text` is exactly `extracted.slice(start, end)` and so quotable;
 * `context` (a table's header row, say) helps to understand it and is embedded and indexed, never quoted.
 */
export interface ChunkDraft {
  readonly ordinal: number // from 0 within the document
  readonly text: string
  readonly start: number // UTF-16 offsets in the extracted text
  readonly end: number
  readonly headingPath: readonly string[]
  /** First and last page, 1-based. */
  readonly pages: readonly [first: number, last: number] | undefined
  readonly tokens: number
  readonly context: string | undefined
}

export interface Chunk extends ChunkDraft {
  /** `<documentId>.<revision>.<ordinal>`: the same work done twice gives the same ids. */
  readonly id: string
  readonly documentId: string
  readonly revision: number
  /** sha256 (hex) of the text that is embedded; equal hashes share their vector. */
  readonly hash: string
}

/** Terms of a chunk by field, already analysed; repeated as often as they occur, in order. */
export interface ChunkTerms {
  readonly title: readonly string[]
  readonly headings: readonly string[]
  readonly body: readonly string[]
}

export interface IndexedChunk extends Chunk {
  readonly terms: ChunkTerms
  /** Unit length or as the model gave it; undefined in lexical mode. */
  readonly vector: Float32Array | undefined
}

export function chunkId(documentId: string, revision: number, ordinal: number): string {
  return `${documentId}.${revision}.${ordinal}`
}

/** What is embedded for a chunk. */
export function embeddedText(title: string | undefined, chunk: Pick<ChunkDraft, 'text' | 'headingPath' | 'context'>): string {
  const lead = [title, ...chunk.headingPath].filter((part) => part !== undefined && part !== '').join(' > ')
  return [lead, chunk.context, chunk.text].filter((part) => part !== undefined && part !== '').join('\n')
}

/** A name with a word or a year in it; others are running numbers. */
const TELLING = /\p{L}{2}|(?<!\d)(?:19|20)\d\d(?!\d)/u
/** Hashes, ids and long numbers say nothing. */
const MEANINGLESS = /^(?=[^a-f]*[a-f]|.{20})(?=\D*\d)[0-9a-f-]{8,}$|^\d{5,}$/i

/**
 * What is indexed as the title of a document: the title, and words of the file name that it lacks. A report's name
 * often says the quarter or the customer that its pages do not.
 */
export function indexedTitle(title: string | undefined, name: string): string {
  const known = new Set((title ?? '').toLowerCase().match(WORDS))
  const bare = name.slice(name.lastIndexOf('/') + 1).replace(/\.[A-Za-z0-9]{1,5}$/, '')
  const words = TELLING.test(bare) ? (bare.slice(0, 200).match(WORDS) ?? []) : []
  const added = words.filter((word) => !known.has(word.toLowerCase()) && !MEANINGLESS.test(word))
  return [title ?? '', ...added].join(' ').trim()
}

const WORDS = /[\p{L}\p{M}\p{N}-]+/gu

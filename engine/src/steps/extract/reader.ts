import type { TextBuilder } from './builder.ts'

/** The file under the reader's hands. Readers get bytes only: never a path, never the network. */
export interface Source {
  readonly name: string
  readonly size: number // bytes
  /** As detected from the content. */
  readonly mediaType: string
  /** The whole content; the same array each time. */
  bytes(): Uint8Array
  /** Up to `length` bytes from `offset`, without reading the rest. */
  at(offset: number, length: number): Uint8Array
}

export interface ReadContext {
  readonly limits: ExtractLimits
  /** Pages or other units read so far; total 0 while unknown. */
  progress(done: number, total: number): void
  /**
   * Reads a file inside the file (an attachment, an embedded object) into the same builder, as a section headed by its
   * name. What cannot be read becomes a warning; nesting deeper than `limits.depth` too.
   */
  nested(name: string, content: Uint8Array, mediaType?: string): Promise<void>
}

/**
 * Reads one format into the builder.
 * @throws AppError document/encrypted, document/truncated, document/corrupt, document/unsupported, document/hostile, document/too-large
 */
export type Reader = (source: Source, out: TextBuilder, context: ReadContext) => Promise<void>

export interface ExtractLimits {
  readonly pages: number
  readonly unpackedBytes: number // of all compressed parts together, counted while unpacking
  readonly ratio: number // unpacked : packed, once more than 1 MiB has been unpacked
  readonly entries: number // of an archive
  readonly depth: number // files inside files
  readonly characters: number // of extracted text
  readonly pixels: number // of one image
  readonly nesting: number // of elements, lists, objects
  readonly ocrPages: number
}

/** Source: part 1.2, class C04 of the security review; nothing real comes near them. */
export const EXTRACT_LIMITS: ExtractLimits = {
  pages: 5_000,
  unpackedBytes: 512 * 2 ** 20,
  ratio: 100,
  entries: 10_000,
  depth: 2,
  characters: 50_000_000,
  pixels: 50_000_000,
  nesting: 2_000,
  ocrPages: 200,
}

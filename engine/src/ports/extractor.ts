import type { ExtractedText } from '../domain/block.ts'

/**
 * Reads an untrusted file in a process of its own: no network, no secrets, no other files, bounded memory and time.
 *
 * Result   the text with its blocks; or, for an archive, its entries, each stored through `store` while it streams.
 * Errors   AppError `document/…` says what is wrong with the file (final); `extract/crashed` may be tried again.
 * Cancel   aborting the signal kills the process.
 */
export interface Extractor {
  extract(file: FileToExtract, options: ExtractOptions): Promise<Extraction>
  close(): Promise<void>
}

export interface FileToExtract {
  readonly path: string // of a local file, only read
  readonly size: number // bytes
  /** A hint only: the type is decided by content. */
  readonly name: string
  readonly mediaType: string
}

export interface ExtractOptions {
  readonly signal: AbortSignal
  /** Pages or other units read so far; total 0 while unknown. */
  onProgress?(done: number, total: number): void
  /** Keeps an archive's entry; gets its bytes as a stream. */
  store(content: AsyncIterable<Uint8Array>): Promise<{ readonly sha256: string; readonly size: number }>
}

export type Extraction =
  | { readonly kind: 'text'; readonly extracted: ExtractedText }
  | { readonly kind: 'archive'; readonly entries: readonly ArchiveEntry[]; readonly warnings: readonly string[] }

export interface ArchiveEntry {
  /** Path inside the archive, cleaned of "..", drive letters and leading slashes; only a label. */
  readonly path: string
  readonly sha256: string
  readonly size: number
}

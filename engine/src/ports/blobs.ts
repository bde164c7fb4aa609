/**
 * Content-addressed storage of uploads and extractions.
 *
 * Keys     the sha256 of the content in lower-case hex; nothing a user named is ever a key or a path.
 * Fresh    a blob can be read once the promise of its `put` has resolved, and survives a kill from then on.
 * Memory   content is streamed; no call holds more than a few MiB, whatever the size.
 * Errors   AppError `blob/not-found`, `store/damaged` (content does not match its key), `store/full`, `store/unavailable`.
 */
export interface Blobs {
  /** Stores the stream and tells its key. The same content is stored once. A stream that fails leaves nothing. Stops with `request/too-large` past `maxBytes`. */
  put(content: AsyncIterable<Uint8Array>, options?: { readonly maxBytes?: number }): Promise<StoredBlob>
  /** Streams a range: `start` inclusive, `end` exclusive; the whole by default. */
  read(sha256: string, range?: { readonly start: number; readonly end: number }): AsyncIterable<Uint8Array>
  /** The whole content at once, for blobs that are known to be small or that must be held anyway. */
  bytes(sha256: string): Promise<Uint8Array>
  size(sha256: string): Promise<number | undefined>
  /** Runs `use` with the path of a local file that holds the content and is only read; a remote store makes a temporary copy. */
  withFile<T>(sha256: string, use: (path: string) => Promise<T>): Promise<T>
  /**
   * Removing what is not there is fine. With `idleMs` it is removed only when its last `put` is longer ago, so that an
   * upload of the same content that is under way keeps it (a `put` of stored content counts anew). Returns whether it is gone.
   */
  remove(sha256: string, options?: { readonly idleMs?: number }): Promise<boolean>
  /** Every stored key, in no order, with the time it was last put (epoch ms): for finding orphans. */
  keys(): AsyncIterable<{ readonly sha256: string; readonly storedAt: number }>
  /** Room for more, in bytes; undefined where nobody can tell. */
  space(): Promise<{ readonly free: number; readonly total: number } | undefined>
  close(): Promise<void>
}

export interface StoredBlob {
  readonly sha256: string
  readonly size: number // bytes
}

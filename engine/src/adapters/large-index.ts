/**
 * An index beside a store that is too large to be scanned for every query: made once of vectors that never change, read
 * by many threads, thrown away. A module that offers it exports `largeIndexEngine` and is named by its URL, so that
 * threads and processes can load it when they need it.
 */
export interface LargeIndexEngine {
  /**
   * Makes the index in a folder that does not exist yet; what it holds afterwards is complete and is never changed.
   * Directions have unit length, rows are 1 to 2^32 - 1. Blocks the caller for seconds.
   */
  build(directory: string, dimensions: number, batches: Iterable<readonly RowDirection[]>): void
  /** The folder is as `build` left it: the caller has made sure of that. Throws when it cannot be opened. */
  open(directory: string): LargeIndex
}

export interface RowDirection {
  readonly row: number
  readonly direction: Float32Array
}

export interface LargeIndex {
  /** About the `count` nearest rows by cosine, nearest first. */
  nearest(direction: Float32Array, count: number): number[]
  close(): void
}

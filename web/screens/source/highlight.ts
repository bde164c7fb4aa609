/** A passage of a document: where it stands in the extracted text, and its words, by which it is found on the pages of the original. */
export interface Highlight {
  /** UTF-16 offsets in the extracted text, as citations, hits and chunks tell them. */
  readonly start: number
  readonly end: number
  readonly quote: string
  /** Where the passage begins in formats with pages; it may end on a later one. */
  readonly page?: number | null
  readonly lastPage?: number | null
  /** Of the document when it was cited: tells a passage that has changed since from one that never was there. */
  readonly revision?: number | null
}

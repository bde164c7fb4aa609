import type { Metadata } from './metadata.ts'

/** In points (1/72 inch) from the top left corner of the page as shown. */
export interface Box {
  readonly page: number
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export type BlockKind = 'heading' | 'paragraph' | 'list' | 'table' | 'code' | 'caption' | 'quote'

/**
 * A piece of an extracted document, in reading order. `start` and `end` are UTF-16 offsets into the extracted
 * text (end exclusive); blocks do not overlap and are ascending. Tables have one line per row, cells joined by
 * " | "; the first line is the header when `hasHeader`.
 */
export interface Block {
  readonly kind: BlockKind
  readonly start: number
  readonly end: number
  /** Heading level from 1; headings only. */
  readonly level?: number
  /** 1-based page or slide, where the format has them. A block lies on one page. */
  readonly page?: number
  /** Headings above this block, outermost first; for a heading without itself. Sheet, slide title and attachment names are headings. */
  readonly headingPath: readonly string[]
  readonly hasHeader?: boolean
  readonly language?: string // of code
  readonly boxes?: readonly Box[]
}

export interface Page {
  readonly number: number // 1-based
  readonly label?: string
  readonly start: number // range in the extracted text
  readonly end: number
  readonly width?: number // points
  readonly height?: number
  readonly ocr?: boolean
}

/** What extraction yields. `text.slice(block.start, block.end)` is the quotable text of a block. */
export interface ExtractedText {
  readonly text: string
  readonly blocks: readonly Block[]
  readonly pages: readonly Page[]
  readonly mediaType: string
  readonly title: string | undefined
  /** Author, dates, subject … as the file states them; never trusted. */
  readonly properties: Metadata
  /** Sentences for a person: "Page 3 could not be read", "Text was cut off". */
  readonly warnings: readonly string[]
}

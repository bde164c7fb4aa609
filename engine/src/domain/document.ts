import type { ErrorBody } from './errors.ts'
import type { Metadata } from './metadata.ts'

/**
 * `queued` → `processing` → `ready` | `failed` describes the newest revision. An older revision that is
 * complete goes on answering (`liveRevision`) until the newer one is. `archive` is a .zip whose entries
 * became documents of their own. `deleting` documents are invisible everywhere at once.
 */
export type DocumentState = 'queued' | 'processing' | 'ready' | 'failed' | 'archive' | 'deleting'

export interface Document {
  readonly id: string
  readonly databaseId: string
  /** Unique within the database: chosen by the uploader, or the relative file name. */
  readonly externalId: string
  /** As uploaded; only ever shown, never a path. */
  readonly name: string
  readonly title: string | undefined
  /** Decided by content during extraction; before that, what the uploader claimed. */
  readonly mediaType: string
  readonly size: number // bytes
  readonly sha256: string // hex, of the uploaded bytes
  readonly metadata: Metadata
  readonly state: DocumentState
  /** Counts uploads of this document from 1. */
  readonly revision: number
  readonly liveRevision: number | undefined
  /** Blob of the extraction (an ExtractedText as JSON) of the live revision; of the newest when none is live. */
  readonly extractedSha256: string | undefined
  readonly error: ErrorBody | undefined
  readonly warnings: readonly string[]
  readonly pages: number | undefined
  readonly chunks: number
  readonly tokens: number
  /** The archive that it came from. */
  readonly parentId: string | undefined
  readonly createdAt: number // epoch ms
  readonly updatedAt: number
}

/** What filters and hits know of a document; kept beside its chunks in every store. */
export interface DocumentFields {
  readonly documentId: string
  readonly externalId: string
  readonly name: string
  readonly title: string | undefined
  readonly mediaType: string
  readonly createdAt: number // epoch ms
  readonly updatedAt: number
  readonly metadata: Metadata
}

export function fieldsOf(document: Document): DocumentFields {
  const { id, externalId, name, title, mediaType, createdAt, updatedAt, metadata } = document
  return { documentId: id, externalId, name, title, mediaType, createdAt, updatedAt, metadata }
}

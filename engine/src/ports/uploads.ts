import type { Metadata } from '../domain/metadata.ts'
import type { UploadOutcome } from './catalog.ts'

/**
 * Uploads in pieces, so that a cut connection costs one piece. A piece is durable when its promise resolves. An upload that
 * is not finished is deleted a day after its last piece.
 *
 * Tenancy  every look-up takes the account and the database: a foreign id is answered like an unknown one.
 * Errors   AppError `upload/not-found`, `upload/offset` (the piece does not begin where the last one ended; the facts say
 *          where), `request/too-large`, `limit/storage` (too many are open), `store/full`, `store/damaged`.
 */
export interface Uploads {
  /**
   * Begins an upload, or goes on with one: where account, database, name, external id, size and a fingerprint that was told
   * are the same, the open upload is given. What else is told of it counts as it was told last.
   */
  begin(input: NewResumableUpload): Promise<ResumableUpload>
  upload(accountId: string, databaseId: string, id: string): Promise<ResumableUpload>
  /**
   * Appends at `offset`, which must be what has arrived so far. What came in before the source failed is kept; of a piece
   * that goes beyond the size nothing is. While one piece is written another is told `upload/offset`.
   */
  append(accountId: string, databaseId: string, id: string, offset: number, bytes: AsyncIterable<Uint8Array>): Promise<ResumableUpload>
  /**
   * Has a complete upload taken in, and lets its bytes go. `take` runs once: what it gave is remembered for a day and given
   * to whoever finishes the same upload again, also at the same time. When it fails the upload stays as it was.
   */
  finish(
    accountId: string,
    databaseId: string,
    id: string,
    take: (upload: ResumableUpload, content: AsyncIterable<Uint8Array>) => Promise<TakenIn>,
  ): Promise<TakenIn>
  /** Returns whether there was one. */
  discard(accountId: string, databaseId: string, id: string): Promise<boolean>
  /** Removes what was given up and what is damaged; with an account also all that it began and all into databases of its own. Returns how many. */
  sweep(accountId?: string): Promise<number>
}

/** Source: a hundred files at a time is more than a person or a program sends side by side. */
export const OPEN_UPLOADS = 100
/** How long an upload waits for its next piece, and what became of it is remembered. */
export const UPLOAD_KEPT_MS = 24 * 60 * 60_000

export interface NewResumableUpload {
  /** Who uploads. */
  readonly accountId: string
  readonly databaseId: string
  /** The account that the database belongs to. */
  readonly ownerId: string
  readonly name: string
  /** Bytes, told beforehand. */
  readonly size: number
  readonly mediaType: string
  readonly externalId: string | undefined
  readonly title: string | undefined
  readonly metadata: Metadata
  /** By what the client knows the file again; without one every upload is a new one. */
  readonly fingerprint: string | undefined
}

export interface ResumableUpload extends NewResumableUpload {
  readonly id: string
  /** Bytes that have arrived. */
  readonly offset: number
  /** Once it was finished. */
  readonly taken: TakenIn | undefined
  readonly createdAt: number
  readonly expiresAt: number
}

/** What became of an upload. */
export interface TakenIn {
  readonly documentId: string
  readonly outcome: UploadOutcome
  readonly jobId: string | undefined
}

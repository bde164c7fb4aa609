import type { Document } from '../domain/document.ts'
import { AppError } from '../domain/errors.ts'
import type { Metadata } from '../domain/metadata.ts'
import type { NewUpload, PageOf, UploadOutcome } from '../ports/catalog.ts'

/** Rules that every catalog keeps in the same way, whatever it is stored in. */

export const LARGEST_PAGE = 1000
/** How long the reply to a request with an Idempotency-Key is remembered, in ms. */
export const REMEMBER_MS = 24 * 3600 * 1000
/** The most ids that `switchLive` names as missing. */
export const MISSING_LIMIT = 1000
/** Versions that may wait beside the live one of a database: every upload is indexed in each. */
export const MOST_BUILT = 3
/** How long the job that brings a waiting version up to date waits, in ms: so that a batch of uploads shares one. */
export const BRING_UP_AFTER = 5000
/** How far the time of the last activity of a database may be behind, in ms: so that not every job writes it. */
export const ACTIVE_WITHIN = 5000
/** What is left of a measured speed's weight when the next is noted. */
export const SPEED_FADES = 0.8

/** The place of the last item of a page in the order "newest first, then by id". */
export interface Place {
  readonly createdAt: number
  readonly id: string
}

export function readCursor(cursor: string | undefined): Place | undefined {
  if (cursor === undefined) return undefined
  const match = /^([0-9]{1,15})~(.{1,200})$/su.exec(Buffer.from(cursor, 'base64url').toString('utf8'))
  if (match?.[1] === undefined || match[2] === undefined)
    throw new AppError('request/invalid', { at: 'cursor', expected: 'the next_cursor of an earlier page' })
  return { createdAt: Number(match[1]), id: match[2] }
}

export function pageSize(limit: number): number {
  return Math.max(1, Math.min(LARGEST_PAGE, Math.floor(limit)))
}

/** `found` holds one item more than the page when there is a next page. */
export function pageOf<T extends Place>(found: readonly T[], limit: number): PageOf<T> {
  const items = found.slice(0, limit)
  const last = found.length > limit ? items.at(-1) : undefined
  return { items, nextCursor: last === undefined ? undefined : Buffer.from(`${last.createdAt}~${last.id}`).toString('base64url') }
}

/** Names that look the same are the same; case tells them apart. */
export function nameKey(name: string): string {
  return name.normalize('NFC')
}

export function foldForSearch(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

export function searchKey(document: Pick<Document, 'name' | 'title' | 'externalId'>): string {
  return foldForSearch([document.name, document.title ?? '', document.externalId].join('\n'))
}

/** What an upload means for the document that is there under its external id. */
export function outcomeOf(
  existing: Pick<Document, 'sha256' | 'state' | 'metadata' | 'name' | 'title'>,
  input: Pick<NewUpload, 'sha256' | 'metadata' | 'name' | 'title'>,
): Exclude<UploadOutcome, 'created'> {
  if (existing.sha256 !== input.sha256) return 'updated'
  if (existing.state === 'failed') return 'retried'
  const sameTitle = input.title === undefined || input.title === existing.title
  if (sameTitle && input.name === existing.name && sameMetadata(existing.metadata, input.metadata)) return 'unchanged'
  // Its labels are those of its entries: unpacking it again brings them there.
  return existing.state === 'archive' ? 'retried' : 'relabelled'
}

function sameMetadata(left: Metadata, right: Metadata): boolean {
  const sorted = (metadata: Metadata) => JSON.stringify(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
  return sorted(left) === sorted(right)
}

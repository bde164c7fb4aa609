import type { AnswerSettings } from './answering.ts'

/** How the two searches are mixed; see the manual, "How results are ranked". */
export interface RetrievalWeights {
  readonly dense: number // 0 to 1
  readonly lexical: number // 0 to 1
}

/** What decides how a database is indexed. Changing any of it makes a new index version. */
export interface IndexSettings {
  /** `none` (lexical search only) or `provider:model`, such as `openai:text-embedding-3-small`. */
  readonly embedder: string
  readonly dimensions: number // 0 when embedder is `none`
  readonly chunkSize: number // tokens
  readonly chunkOverlap: number // tokens
  /** Name and revision of the text analysis, such as `quarry-1`. */
  readonly analyzer: string
}

export const DEFAULT_CHUNK_SIZE = 512
export const DEFAULT_CHUNK_OVERLAP = 64
export const NO_EMBEDDER = 'none'
export const DEFAULT_WEIGHTS: RetrievalWeights = { dense: 0.5, lexical: 0.5 }

export interface Database {
  readonly id: string
  /** The tenant; every look-up goes by it. */
  readonly ownerId: string
  readonly name: string
  readonly description: string | undefined
  readonly weights: RetrievalWeights
  readonly answers: AnswerSettings
  readonly liveVersionId: string
  readonly state: 'live' | 'deleting'
  readonly createdAt: number // epoch ms
  readonly updatedAt: number
  /** When last something was uploaded, worked on, or asked, within seconds; never before `updatedAt`. */
  readonly activeAt: number
}

/**
 * `building` is made beside the live one; `built` is complete and stays beside it, kept up to date, until somebody switches
 * to it; `retired` was live and can be rolled back to until it is dropped.
 */
export type VersionState = 'building' | 'built' | 'live' | 'retired' | 'dropped'

export interface IndexVersion {
  readonly id: string
  readonly databaseId: string
  readonly ordinal: number // from 1 within the database
  readonly settings: IndexSettings
  readonly state: VersionState
  readonly createdAt: number
  /** When it was complete and began to wait; undefined for one that was switched to as soon as it was complete. */
  readonly builtAt: number | undefined
  readonly switchedAt: number | undefined
}

/** Whether it holds what it should, so that questions may be put to it: also while it is brought up to date to be switched to. */
export function isAnswering({ state, builtAt, switchedAt }: IndexVersion): boolean {
  return state === 'building' ? builtAt !== undefined || switchedAt !== undefined : state !== 'dropped'
}

/** `lexical`, or `hybrid` with the named model: always told to the caller. */
export type SearchMode = { readonly mode: 'lexical' } | { readonly mode: 'hybrid'; readonly model: string }

export function modeOf(settings: Pick<IndexSettings, 'embedder'>): SearchMode {
  return settings.embedder === NO_EMBEDDER ? { mode: 'lexical' } : { mode: 'hybrid', model: settings.embedder }
}

/** Names of databases: as people write them, 1 to 100 characters without control characters or slashes. */
export const DATABASE_NAME = /^(?=\S)[^\p{Cc}\p{Cf}/\\]{1,100}(?<=\S)$/u

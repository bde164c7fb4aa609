import type { ErrorBody } from './errors.ts'

/**
 * ingest: one revision of one document. remove: purge a document. drop: purge a database, or one version of it. switch: build or
 * catch up a version, then make it live. build: the same without making it live.
 */
export type JobKind = 'ingest' | 'remove' | 'drop' | 'switch' | 'build'
export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
export type JobStage = 'waiting' | 'extract' | 'unpack' | 'chunk' | 'embed' | 'index' | 'publish' | 'purge' | 'finished'

export interface JobSeed {
  readonly kind: JobKind
  readonly ownerId: string
  readonly databaseId: string
  readonly documentId: string | undefined
  readonly revision: number | undefined
  readonly versionId: string | undefined
}

export interface Job extends JobSeed {
  readonly id: string
  readonly state: JobState
  readonly stage: JobStage
  /** Units of the stage: pages, chunks or documents. */
  readonly done: number
  readonly total: number
  readonly attempts: number
  /** What the job needs to go on where it was; its own business. */
  readonly checkpoint: string | undefined
  readonly error: ErrorBody | undefined
  readonly cancelRequested: boolean
  readonly runAfter: number // epoch ms
  readonly createdAt: number
  readonly updatedAt: number
}

export const JOB_TERMINAL: ReadonlySet<JobState> = new Set(['done', 'failed', 'cancelled'])

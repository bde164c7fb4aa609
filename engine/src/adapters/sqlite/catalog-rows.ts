import { type AnswerSettings, DEFAULT_ANSWERS } from '../../domain/answering.ts'
import type { Database, IndexSettings, IndexVersion, VersionState } from '../../domain/database.ts'
import type { Document, DocumentState } from '../../domain/document.ts'
import type { ErrorBody } from '../../domain/errors.ts'
import type { Job, JobKind, JobStage, JobState } from '../../domain/job.ts'
import type { Metadata } from '../../domain/metadata.ts'
import type { Row } from './database.ts'

export const text = (row: Row, column: string): string => String(row[column])
export const number = (row: Row, column: string): number => Number(row[column])
export const optionalText = (row: Row, column: string): string | undefined => (row[column] === null ? undefined : String(row[column]))
export const optionalNumber = (row: Row, column: string): number | undefined => (row[column] === null ? undefined : Number(row[column]))

// The values below were checked when they were written (CHECK constraints, types): they are read as what they are.
export function json<T>(row: Row, column: string): T {
  return JSON.parse(text(row, column)) as T
}

export function databaseOf(row: Row): Database {
  return {
    id: text(row, 'id'),
    ownerId: text(row, 'owner_id'),
    name: text(row, 'name'),
    description: optionalText(row, 'description'),
    weights: { dense: number(row, 'weight_dense'), lexical: number(row, 'weight_lexical') },
    answers: { ...DEFAULT_ANSWERS, ...json<Partial<AnswerSettings>>(row, 'answers') },
    liveVersionId: text(row, 'live_version_id'),
    state: text(row, 'state') as Database['state'],
    createdAt: number(row, 'created_at'),
    updatedAt: number(row, 'updated_at'),
    activeAt: Math.max(number(row, 'updated_at'), number(row, 'active_at')),
  }
}

/** What is undefined is not written, and so is read as by default. */
export function answersJson(answers: Partial<AnswerSettings>): string {
  return JSON.stringify(answers)
}

export function versionOf(row: Row): IndexVersion {
  return {
    id: text(row, 'id'),
    databaseId: text(row, 'database_id'),
    ordinal: number(row, 'ordinal'),
    settings: json<IndexSettings>(row, 'settings'),
    state: text(row, 'state') as VersionState,
    createdAt: number(row, 'created_at'),
    builtAt: optionalNumber(row, 'built_at'),
    switchedAt: optionalNumber(row, 'switched_at'),
  }
}

export function documentOf(row: Row): Document {
  return {
    id: text(row, 'id'),
    databaseId: text(row, 'database_id'),
    externalId: text(row, 'external_id'),
    name: text(row, 'name'),
    title: optionalText(row, 'title'),
    mediaType: text(row, 'media_type'),
    size: number(row, 'size'),
    sha256: text(row, 'sha256'),
    metadata: json<Metadata>(row, 'metadata'),
    state: text(row, 'state') as DocumentState,
    revision: number(row, 'revision'),
    liveRevision: optionalNumber(row, 'live_revision'),
    extractedSha256: optionalText(row, 'extracted_sha256'),
    error: row.error === null ? undefined : json<ErrorBody>(row, 'error'),
    warnings: json<string[]>(row, 'warnings'),
    pages: optionalNumber(row, 'pages'),
    chunks: number(row, 'chunks'),
    tokens: number(row, 'tokens'),
    parentId: optionalText(row, 'parent_id'),
    createdAt: number(row, 'created_at'),
    updatedAt: number(row, 'updated_at'),
  }
}

export function jobOf(row: Row): Job {
  return {
    id: text(row, 'id'),
    kind: text(row, 'kind') as JobKind,
    ownerId: text(row, 'owner_id'),
    databaseId: text(row, 'database_id'),
    documentId: optionalText(row, 'document_id'),
    revision: optionalNumber(row, 'revision'),
    versionId: optionalText(row, 'version_id'),
    state: text(row, 'state') as JobState,
    stage: text(row, 'stage') as JobStage,
    done: number(row, 'done'),
    total: number(row, 'total'),
    attempts: number(row, 'attempts'),
    checkpoint: optionalText(row, 'checkpoint'),
    error: row.error === null ? undefined : json<ErrorBody>(row, 'error'),
    cancelRequested: number(row, 'cancel_requested') === 1,
    runAfter: number(row, 'run_after'),
    createdAt: number(row, 'created_at'),
    updatedAt: number(row, 'updated_at'),
  }
}

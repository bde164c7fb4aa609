import type { z } from 'zod'
import type { databaseReply } from '../api/databases.ts'
import type { blockReply, chunkReply, documentReply, uploadReply } from '../api/documents.ts'
import type { jobReply } from '../api/jobs.ts'
import type { chunkDraft } from '../api/preview.ts'
import type { answersReply } from '../api/schemas.ts'
import type { citationReply, passageReply } from '../api/search.ts'
import type { versionReply } from '../api/versions.ts'
import type { Citation, Passage } from '../domain/answer.ts'
import type { AnswerSettings } from '../domain/answering.ts'
import type { Block } from '../domain/block.ts'
import type { Chunk, ChunkDraft } from '../domain/chunk.ts'
import { type Database, type IndexVersion, modeOf, type SearchMode } from '../domain/database.ts'
import type { Document } from '../domain/document.ts'
import { AppError, type ErrorBody } from '../domain/errors.ts'
import type { Job } from '../domain/job.ts'
import type { Metadata } from '../domain/metadata.ts'
import type { DatabaseSummary, UploadOutcome } from '../ports/catalog.ts'
import type { JobCounts } from '../ports/queue.ts'
import { withoutSaid } from './problems.ts'

// What leaves the server, chosen field by field: a new column stays inside until somebody names it here.

export const iso = (epochMs: number): string => new Date(epochMs).toISOString()

export function presentMode(mode: SearchMode): { mode: 'lexical' | 'hybrid'; model: string | null } {
  return { mode: mode.mode, model: mode.mode === 'hybrid' ? mode.model : null }
}

export function presentCounts(summary: DatabaseSummary) {
  const { queued, processing, ready, failed, archive } = summary.documents
  return { queued, processing, ready, failed, archive, total: queued + processing + ready + failed + archive }
}

export function presentDatabase(
  database: Database,
  version: IndexVersion,
  summary: DatabaseSummary,
  access: z.input<typeof databaseReply>['access'],
  jobs: JobCounts,
): z.input<typeof databaseReply> {
  return {
    id: database.id,
    name: database.name,
    description: database.description ?? null,
    ...presentMode(modeOf(version.settings)),
    settings: presentSettings(version),
    weights: { dense: database.weights.dense, lexical: database.weights.lexical },
    answers: presentAnswers(database.answers),
    live_version_id: database.liveVersionId,
    access,
    documents: presentCounts(summary),
    chunks: summary.chunks,
    tokens: summary.tokens,
    bytes: summary.bytes,
    jobs: { queued: jobs.queued, running: jobs.running },
    created_at: iso(database.createdAt),
    updated_at: iso(database.updatedAt),
    last_activity_at: iso(database.activeAt),
  }
}

function presentAnswers({ chatModel, rerankModel, voice, strictness }: AnswerSettings): z.input<typeof answersReply> {
  return { chat_model: chatModel ?? null, rerank_model: rerankModel ?? null, voice: voice ?? null, strictness }
}

export function presentSettings({ settings }: Pick<IndexVersion, 'settings'>) {
  return {
    model: settings.embedder,
    dimensions: settings.dimensions,
    chunk_size: settings.chunkSize,
    chunk_overlap: settings.chunkOverlap,
    analyzer: settings.analyzer,
  }
}

export function presentVersion(version: IndexVersion): z.input<typeof versionReply> {
  return {
    id: version.id,
    ordinal: version.ordinal,
    state: version.state,
    ...presentMode(modeOf(version.settings)),
    settings: presentSettings(version),
    created_at: iso(version.createdAt),
    built_at: version.builtAt === undefined ? null : iso(version.builtAt),
    switched_at: version.switchedAt === undefined ? null : iso(version.switchedAt),
  }
}

export function presentError(error: ErrorBody | undefined, isManager: boolean) {
  return error === undefined ? null : presentProblem(error, isManager)
}

/** What a model's provider said is for those who manage what it was asked for. */
export function presentProblem(error: ErrorBody, isManager: boolean) {
  const { code, message, facts, hint, retry } = isManager ? error : withoutSaid(new AppError(error.code, error.facts)).body()
  return { code, message, facts: { ...facts }, hint, retry }
}

export function presentDocument(document: Document, isManager: boolean): z.input<typeof documentReply> {
  return {
    id: document.id,
    database_id: document.databaseId,
    external_id: document.externalId,
    name: document.name,
    title: document.title ?? null,
    media_type: document.mediaType,
    size: document.size,
    sha256: document.sha256,
    metadata: presentMetadata(document.metadata),
    state: document.state,
    revision: document.revision,
    live_revision: document.liveRevision ?? null,
    error: presentError(document.error, isManager),
    warnings: [...document.warnings],
    pages: document.pages ?? null,
    chunks: document.chunks,
    tokens: document.tokens,
    parent_id: document.parentId ?? null,
    created_at: iso(document.createdAt),
    updated_at: iso(document.updatedAt),
  }
}

export function presentMetadata(metadata: Metadata): Record<string, string | number | boolean | string[] | number[]> {
  // Copied, because replies own their lists; the types of a list's items are one by the rule for metadata.
  return structuredClone(metadata) as Record<string, string | number | boolean | string[] | number[]>
}

export function presentUpload(upload: { document: Document; outcome: UploadOutcome; job: Job | undefined }): z.input<typeof uploadReply> {
  return { document: presentDocument(upload.document, false), outcome: upload.outcome, job_id: upload.job?.id ?? null }
}

export function presentJob(job: Job, isManager = false): z.input<typeof jobReply> {
  return {
    id: job.id,
    kind: job.kind,
    state: job.state,
    stage: job.stage,
    done: job.done,
    total: job.total,
    attempts: job.attempts,
    database_id: job.databaseId,
    document_id: job.documentId ?? null,
    revision: job.revision ?? null,
    version_id: job.versionId ?? null,
    error: presentError(job.error, isManager),
    cancel_requested: job.cancelRequested,
    run_after: iso(job.runAfter),
    created_at: iso(job.createdAt),
    updated_at: iso(job.updatedAt),
  }
}

export function presentDraft(chunk: ChunkDraft): z.input<typeof chunkDraft> {
  return {
    ordinal: chunk.ordinal,
    text: chunk.text,
    start: chunk.start,
    end: chunk.end,
    heading_path: [...chunk.headingPath],
    pages: presentPages(chunk.pages),
    tokens: chunk.tokens,
    context: chunk.context ?? null,
  }
}

export function presentChunk(chunk: Chunk): z.input<typeof chunkReply> {
  return { id: chunk.id, document_id: chunk.documentId, revision: chunk.revision, ...presentDraft(chunk) }
}

function presentPages(pages: readonly [number, number] | undefined): [number, number] | null {
  return pages === undefined ? null : [pages[0], pages[1]]
}

export function presentBlock(block: Block): z.input<typeof blockReply> {
  return {
    kind: block.kind,
    start: block.start,
    end: block.end,
    level: block.level ?? null,
    page: block.page ?? null,
    heading_path: [...block.headingPath],
    boxes: (block.boxes ?? []).map(({ page, x, y, width, height }) => ({ page, x, y, width, height })),
  }
}

export function presentPassage(passage: Passage, explain: boolean): z.input<typeof passageReply> {
  return {
    database_id: passage.databaseId,
    chunk_id: passage.chunkId,
    document_id: passage.documentId,
    revision: passage.revision,
    external_id: passage.externalId,
    name: passage.name,
    title: passage.title ?? null,
    media_type: passage.mediaType,
    metadata: presentMetadata(passage.metadata),
    text: passage.text,
    start: passage.start,
    end: passage.end,
    heading_path: [...passage.headingPath],
    pages: presentPages(passage.pages),
    score: passage.score,
    explanation: explain ? presentExplanation(passage.explanation) : null,
  }
}

function presentExplanation({ dense, lexical, fused, merged, reranked }: Passage['explanation']) {
  return {
    dense: dense === undefined ? null : { rank: dense.rank, score: dense.score },
    lexical: lexical === undefined ? null : presentLexical(lexical),
    fused,
    reranked: reranked === undefined ? null : { rank: reranked.rank, score: reranked.score },
    merged: [...merged],
  }
}

function presentLexical({ rank, score, terms, document }: NonNullable<Passage['explanation']['lexical']>) {
  return { rank, score, terms: terms.map((one) => ({ term: one.term, score: one.score })), ...(document === undefined ? {} : { document }) }
}

export function presentCitation(citation: Citation): z.input<typeof citationReply> {
  return {
    number: citation.number,
    database_id: citation.databaseId,
    document_id: citation.documentId,
    revision: citation.revision,
    chunk_id: citation.chunkId,
    external_id: citation.externalId,
    name: citation.name,
    page: citation.page ?? null,
    heading_path: [...citation.headingPath],
    start: citation.start,
    end: citation.end,
    quote: citation.quote,
    verdict: citation.verdict,
    reason: citation.reason ?? null,
  }
}

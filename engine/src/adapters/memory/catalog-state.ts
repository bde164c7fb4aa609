import { LEVELS, type Level } from '../../domain/caller.ts'
import type { Database, IndexVersion, VersionState } from '../../domain/database.ts'
import type { Document } from '../../domain/document.ts'
import { AppError, type ErrorBody } from '../../domain/errors.ts'
import type { Job, JobSeed } from '../../domain/job.ts'
import { EVERYONE, type RememberedReply, type Share } from '../../ports/catalog.ts'
import { ACTIVE_WITHIN, BRING_UP_AFTER, type Place } from '../catalog-rules.ts'

/** Catalog and queue as plain maps: the oracle that other adapters are compared with. Nothing survives the process. */
export interface CatalogState {
  readonly databases: Map<string, Database>
  readonly versions: Map<string, IndexVersion>
  readonly documents: Map<string, MemoryDocument>
  /** Per version, then per document. */
  readonly published: Map<string, Map<string, Published>>
  /** In the order of creation. */
  readonly jobs: Map<string, MemoryJob>
  readonly replies: Map<string, RememberedReply & { readonly expiresAt: number }>
  /** By database and grantee. */
  readonly shares: Map<string, Share>
  /** What was measured, by the kind of work. */
  readonly speeds: Map<string, { readonly units: number; readonly ms: number }>
  now(): number
  newId(prefix: string): string
}

export interface MemoryDocument extends Document {
  /** Takes the place of `extractedSha256` when its revision becomes live. */
  readonly nextExtractedSha256: string | undefined
}

export interface Published {
  readonly revision: number
  readonly chunks: number
  readonly tokens: number
}

export interface MemoryJob extends Job {
  readonly worker: string | undefined
  readonly leaseUntil: number
}

export function catalogState(making: { now(): number; newId(prefix: string): string }): CatalogState {
  return {
    databases: new Map(),
    versions: new Map(),
    documents: new Map(),
    published: new Map(),
    jobs: new Map(),
    replies: new Map(),
    shares: new Map(),
    speeds: new Map(),
    now: making.now,
    newId: making.newId,
  }
}

export const CANCELLED: ErrorBody = new AppError('job/cancelled').body()

export function isActive(job: Job): boolean {
  return job.state === 'queued' || job.state === 'running'
}

/** Jobs of one lane run one after the other. */
export function laneOf(job: JobSeed): string {
  return job.documentId ?? job.databaseId
}

export function publicJob(row: MemoryJob): Job {
  const { worker: _worker, leaseUntil: _leaseUntil, ...job } = row
  return job
}

export function publicDocument(row: MemoryDocument): Document {
  const { nextExtractedSha256: _next, ...document } = row
  return document
}

export function changeJob(state: CatalogState, id: string, change: Partial<MemoryJob>): void {
  const row = state.jobs.get(id)
  if (row === undefined) return
  const time = state.now()
  state.jobs.set(id, { ...row, ...change, updatedAt: time })
  if (change.state !== undefined) markActive(state, row.databaseId, time)
}

export function changeDocument(state: CatalogState, id: string, change: Partial<MemoryDocument>): void {
  const row = state.documents.get(id)
  if (row !== undefined) state.documents.set(id, { ...row, ...change })
}

export function changeVersion(state: CatalogState, id: string, change: Partial<IndexVersion>): void {
  const row = state.versions.get(id)
  if (row !== undefined) state.versions.set(id, { ...row, ...change })
}

export function addJob(state: CatalogState, seed: JobSeed, delay = 0): Job {
  const id = state.newId('job')
  const time = state.now()
  const row: MemoryJob = {
    ...seed,
    id,
    state: 'queued',
    stage: 'waiting',
    done: 0,
    total: 0,
    attempts: 0,
    checkpoint: undefined,
    error: undefined,
    cancelRequested: false,
    runAfter: time + delay,
    createdAt: time,
    updatedAt: time,
    worker: undefined,
    leaseUntil: 0,
  }
  state.jobs.set(id, row)
  markActive(state, seed.databaseId, time)
  return publicJob(row)
}

function markActive(state: CatalogState, databaseId: string, time: number): void {
  const row = state.databases.get(databaseId)
  if (row !== undefined && row.activeAt < time - ACTIVE_WITHIN) state.databases.set(databaseId, { ...row, activeAt: time })
}

export function supersedeIngests(state: CatalogState, documentId: string): void {
  for (const job of state.jobs.values()) {
    if (job.kind !== 'ingest' || job.documentId !== documentId || !isActive(job)) continue
    if (job.state === 'queued') changeJob(state, job.id, { state: 'cancelled', cancelRequested: true })
    else if (!job.cancelRequested) changeJob(state, job.id, { cancelRequested: true })
  }
}

/** A job has ended without its result: neither its document nor its version may wait for it for ever. */
export function abandon(state: CatalogState, job: Job, error: ErrorBody): void {
  if (job.kind === 'ingest' && job.documentId !== undefined) {
    const document = state.documents.get(job.documentId)
    const others = [...state.jobs.values()].some((each) => each.id !== job.id && each.kind === 'ingest' && each.documentId === job.documentId && isActive(each))
    const waits = document?.state === 'queued' || document?.state === 'processing'
    if (waits && document.revision === job.revision && !others) changeDocument(state, document.id, { state: 'failed', error })
  }
  const version = state.versions.get(job.versionId ?? '')
  if (version?.state !== 'building') return
  const before: VersionState = version.switchedAt !== undefined ? 'retired' : version.builtAt !== undefined ? 'built' : 'dropped'
  if (job.kind === 'switch' || (job.kind === 'build' && before === 'dropped')) changeVersion(state, version.id, { state: before })
}

/** Versions that wait beside the live one take what it took. Those that are being switched to as well: the switch may be cancelled. */
export function bringUpBuilt(state: CatalogState, databaseId: string): void {
  const database = state.databases.get(databaseId)
  if (database?.state !== 'live') return
  const waits = (versionId: string) => [...state.jobs.values()].some((job) => job.kind === 'build' && job.state === 'queued' && job.versionId === versionId)
  for (const { id, databaseId: place, state: now, builtAt, switchedAt } of state.versions.values()) {
    const isBeside = (now === 'built' || now === 'building') && builtAt !== undefined && switchedAt === undefined
    if (place !== databaseId || !isBeside || waits(id)) continue
    const seed = { kind: 'build', ownerId: database.ownerId, databaseId, documentId: undefined, revision: undefined, versionId: id } as const
    addJob(state, seed, BRING_UP_AFTER)
  }
}

export function newestFirst(a: Place, b: Place): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}

export function afterPlace(item: Place, place: Place | undefined): boolean {
  return place === undefined || newestFirst(place, item) < 0
}

/** How an account sees a database; the more of what it got for itself and what everyone got. */
export function levelIn(state: CatalogState, accountId: string, databaseId: string): Level | undefined {
  if (state.databases.get(databaseId)?.ownerId === accountId) return 'manage'
  const levels = [...state.shares.values()].filter((share) => share.databaseId === databaseId && (share.grantee === accountId || share.grantee === EVERYONE))
  return LEVELS.findLast((level) => levels.some((share) => share.level === level))
}

import type { Caller } from '../domain/caller.ts'
import { type IndexVersion, isAnswering } from '../domain/database.ts'
import type { Document } from '../domain/document.ts'
import { AppError } from '../domain/errors.ts'
import type { Job } from '../domain/job.ts'
import type { World } from '../ports/world.ts'
import { indexDocument, type Report } from './index-document.ts'
import { extractBlob } from './ingest.ts'
import { dropLeftovers, dropStores } from './purge.ts'
import { storedExtraction } from './read.ts'
import { relabelChanged } from './relabel.ts'
import { indexSettings, prepareVersion } from './upload.ts'

export interface RebuildChange {
  readonly model?: string
  readonly chunkSize?: number
  readonly chunkOverlap?: number
}

/**
 * Begins a new index version beside the live one; the live one answers until the switch. Unless `waits`, it is switched to when it
 * is complete; otherwise it stays beside the live one, kept up to date, until somebody switches to it or drops it.
 */
export async function startRebuild(
  world: World,
  caller: Caller,
  databaseId: string,
  change: RebuildChange & { readonly waits?: boolean },
  signal: AbortSignal,
): Promise<{ readonly version: IndexVersion; readonly job: Job }> {
  const database = await world.catalog.database(caller.ownerId, databaseId)
  const live = await world.catalog.version(database.liveVersionId)
  const settings = await indexSettings(world, change, signal, live.settings)
  return world.catalog.createVersion(database.id, settings, change.waits === true ? 'build' : 'switch')
}

/** Goes to a version that waits beside the live one, or back to a retired one: what it lacks is brought up in it first, then the switch is atomic. */
export async function rollBack(world: World, caller: Caller, databaseId: string, versionId: string): Promise<Job> {
  const database = await world.catalog.database(caller.ownerId, databaseId)
  return world.catalog.requestSwitch(database.id, versionId)
}

/** Drops a version that waits beside the live one, or a retired one, at once; its files go by a job. */
export async function dropVersion(world: World, caller: Caller, databaseId: string, versionId: string): Promise<Job> {
  const database = await world.catalog.database(caller.ownerId, databaseId)
  return world.catalog.removeVersion(database.id, versionId)
}

/** Documents looked at in one step of a switch. */
const BATCH = 50

/** The `switch` job: indexes what the version lacks, then makes it live; again when documents changed meanwhile. */
export async function switchVersion(world: World, job: Job, report: Report, signal: AbortSignal): Promise<void> {
  if (job.versionId === undefined) throw new AppError('internal', { reason: 'a switch job without a version' })
  const version = await world.catalog.version(job.versionId)
  assertNotAbandoned(version)
  await dropLeftovers(world, version.databaseId)
  await prepareVersion(world, version)
  for (;;) {
    await catchUp(world, version, report, signal)
    signal.throwIfAborted()
    world.reach('switch/before')
    const { switched } = await world.catalog.switchLive(job.databaseId, version.id)
    world.reach('switch/after')
    if (switched) return
  }
}

/**
 * The `build` job: indexes what the version lacks and lets it wait beside the live one; for one that waits already it brings up
 * what changed. Ends quietly when the version was dropped or switched to meanwhile.
 */
export async function buildVersion(world: World, job: Job, report: Report, signal: AbortSignal): Promise<void> {
  if (job.versionId === undefined) throw new AppError('internal', { reason: 'a build job without a version' })
  const version = await world.catalog.version(job.versionId)
  assertNotAbandoned(version)
  if (!(await isBeside(world, version.id))) return
  if (!isAnswering(version)) await dropLeftovers(world, version.databaseId)
  await prepareVersion(world, version)
  do {
    try {
      await catchUp(world, version, report, signal)
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'version/stale') throw error
    }
    signal.throwIfAborted()
    world.reach('build/before')
  } while ((await isBeside(world, version.id)) && !(await world.catalog.settleVersion(job.databaseId, version.id)))
  world.reach('build/after')
}

/** Its job had given it up, and was killed before it could end: it is not begun anew, and what is left of it goes. */
function assertNotAbandoned({ id, state, builtAt, switchedAt }: IndexVersion): void {
  if (state === 'dropped' && builtAt === undefined && switchedAt === undefined) throw new AppError('version/not-found', { version: id, state })
}

async function isBeside(world: World, versionId: string): Promise<boolean> {
  const { state } = await world.catalog.version(versionId)
  return state === 'building' || state === 'built'
}

async function catchUp(world: World, version: IndexVersion, report: Report, signal: AbortSignal): Promise<void> {
  const { documents } = await world.catalog.summary(version.databaseId)
  const total = documents.ready
  let done = 0
  let afterId: string | undefined
  for (;;) {
    const batch = await world.catalog.unpublished(version.databaseId, version.id, { limit: BATCH, ...(afterId === undefined ? {} : { afterId }) })
    if (batch.length === 0 || !(await isBeside(world, version.id))) return
    for (const document of batch) {
      signal.throwIfAborted()
      await catchUpDocument(world, version, document, signal)
      world.reach('switch/document')
      done += 1
      report('index', done, Math.max(total, done))
      afterId = document.id
    }
  }
}

async function catchUpDocument(world: World, version: IndexVersion, document: Document, signal: AbortSignal): Promise<void> {
  const { liveRevision } = document
  if (liveRevision === undefined) return
  const quiet: Report = () => undefined
  const stored = document.extractedSha256 === undefined ? undefined : await storedExtraction(world, document.extractedSha256)
  const extracted = stored ?? (await extractAgain(world, document, signal))
  const counts = await indexDocument(world, document, liveRevision, extracted, version, quiet, signal)
  await world.catalog.markPublished(document.id, liveRevision, version.id, counts)
  await relabelChanged(world, document)
}

/** The extraction blob is derived: when it is missing, it is made anew from the upload. */
async function extractAgain(world: World, document: Document, signal: AbortSignal) {
  // The upload that is kept is the newest; the text that answers may be that of an older one.
  if (document.revision !== document.liveRevision)
    throw new AppError('store/damaged', { document: document.id, reason: 'the text of its live revision is lost' })
  const extraction = await extractBlob(world, document, () => undefined, signal)
  if (extraction.kind !== 'text') throw new AppError('store/damaged', { document: document.id, reason: 'its upload is an archive now' })
  return extraction.extracted
}

/**
 * After a switch or build job that was cancelled or failed: a version that never was complete goes away whole. The catalog forgets
 * it first: killed in between, files are left, and not a version that is said to hold what it lost.
 */
export async function abandonSwitch(world: World, job: Job): Promise<void> {
  if (job.versionId === undefined) return
  const version = await world.catalog.version(job.versionId)
  if (isAnswering(version)) return
  await world.catalog.setVersionState(version.id, 'dropped')
  world.reach('switch/abandoned')
  await dropStores(world, version)
}

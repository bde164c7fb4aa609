import { AppError, type ErrorCode } from '../domain/errors.ts'
import type { Job } from '../domain/job.ts'
import type { World } from '../ports/world.ts'
import { inEveryVersion, type Report } from './index-document.ts'
import { ingest } from './ingest.ts'
import { purgeDatabase, purgeDocument, purgeVersion } from './purge.ts'
import { abandonSwitch, buildVersion, switchVersion } from './rebuild.ts'
import { relabel } from './relabel.ts'
import { noteStorage } from './storage.ts'

/** Runs of one job, kills included; after that it fails for good. */
const ATTEMPTS = 12
/** A crash of the extraction process is the file's doing more often than not. */
const CRASH_ATTEMPTS = 2
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 5 * 60_000

/**
 * Runs one claimed job to an end: done, failed, cancelled, or back to the queue for later. Never throws but for
 * `job/lease-lost` and store failures: then nothing more is written, and whoever claims the job next goes on.
 */
export async function runJob(world: World, job: Job, worker: string, report: Report, signal: AbortSignal): Promise<void> {
  try {
    if (job.attempts > ATTEMPTS && !isPurge(job)) throw new AppError('extract/crashed', { attempts: job.attempts - 1 })
    signal.throwIfAborted()
    await perform(world, job, worker, report, signal)
    noteStorage(world, job)
    await world.queue.finish(job.id, worker)
  } catch (error) {
    await settle(world, job, worker, error, signal)
  }
}

function perform(world: World, job: Job, worker: string, report: Report, signal: AbortSignal): Promise<void> {
  switch (job.kind) {
    case 'ingest':
      return ingest(world, job, worker, report, signal)
    case 'switch':
      return switchVersion(world, job, report, signal)
    case 'build':
      return buildVersion(world, job, report, signal)
    case 'remove':
      return purgeDocument(world, job)
    case 'drop':
      return job.versionId === undefined ? purgeDatabase(world, job, async (done, total) => report('purge', done, total)) : purgeVersion(world, job.versionId)
  }
}

/** Says how the job ended. A signal with reason `job/cancelled` is a person's wish; any other abort is a shutdown. */
async function settle(world: World, job: Job, worker: string, error: unknown, signal: AbortSignal): Promise<void> {
  if (error instanceof AppError && error.code === 'job/lease-lost') throw error
  if (signal.aborted) {
    const cancelled = signal.reason instanceof AppError && signal.reason.code === 'job/cancelled'
    if (!cancelled) return world.queue.release(job.id, worker)
    await cleanUp(world, job, new AppError('job/cancelled'))
    return world.queue.cancelled(job.id, worker)
  }
  const known = error instanceof AppError ? error : new AppError('internal', {}, error)
  if (await isPointless(world, job)) {
    await cleanUp(world, job, known)
    return world.queue.finish(job.id, worker)
  }
  if (worthRetrying(known, job)) {
    const wait = Math.min(FIRST_WAIT_MS * 2 ** (job.attempts - 1), LONGEST_WAIT_MS)
    world.log.warn('job-retried', { job: job.id, kind: job.kind, code: known.code, attempts: job.attempts, waitMs: wait })
    return world.queue.retryLater(job.id, worker, known.body(), world.now() + wait)
  }
  world.log[known.code === 'internal' ? 'error' : 'warn']('job-failed', {
    job: job.id,
    kind: job.kind,
    document: job.documentId,
    code: known.code,
    cause: error,
  })
  await cleanUp(world, job, known)
  return world.queue.fail(job.id, worker, known.body())
}

/** The document was deleted, or uploaded anew, while it was being read: whatever went wrong then is nobody's concern. */
async function isPointless(world: World, job: Job): Promise<boolean> {
  if (job.kind !== 'ingest' || job.documentId === undefined) return false
  const document = await world.catalog.documentById(job.documentId)
  return document === undefined || document.state === 'deleting' || document.revision !== job.revision
}

async function cleanUp(world: World, job: Job, error: AppError): Promise<void> {
  if (job.kind === 'ingest' && job.documentId !== undefined && job.revision !== undefined) {
    const { documentId, revision } = job
    await world.catalog.markFailed(documentId, revision, error.body())
    await inEveryVersion(world, job.databaseId, (ref) => world.chunks.discard(ref, documentId, revision))
    // The revision before goes on answering: it is found by the labels that the document is shown with.
    const document = await world.catalog.documentById(documentId)
    if (document !== undefined && document.state !== 'deleting') await relabel(world, document)
  }
  if (job.kind === 'switch' || job.kind === 'build') await abandonSwitch(world, job)
}

/** Purges are tried until they succeed: what was deleted must go. */
function isPurge(job: Job): boolean {
  return job.kind === 'remove' || job.kind === 'drop'
}

function worthRetrying(error: AppError, job: Job): boolean {
  if (isPurge(job)) return true
  const retry: ErrorCode[] = ['internal']
  const passing = error.retry || (retry.includes(error.code) && job.attempts < CRASH_ATTEMPTS)
  return passing && job.attempts < (error.code === 'extract/crashed' ? CRASH_ATTEMPTS : ATTEMPTS)
}

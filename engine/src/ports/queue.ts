import type { ErrorBody } from '../domain/errors.ts'
import type { Job, JobKind, JobStage, JobState } from '../domain/job.ts'
import type { PageOf, PageRequest } from './catalog.ts'

/**
 * Durable background work. Jobs are made by `Catalog` in the transaction that needs them and claimed here.
 *
 * Lease    a claimed job is `running` until its lease ends; whoever holds it renews in time. A job whose lease has
 *          ended may be claimed again (attempts + 1). Times are epoch ms by the given clock.
 * Once     of several claimers of one job exactly one gets it. Two jobs of one document never run at the same time.
 * Order    by `runAfter`, then by creation; within a document strictly by creation. Work on a whole database goes one after the
 *          other too, but a `build` or `drop` that waits holds nothing up.
 * Ends     an ingest job that fails or is cancelled leaves its document `failed`, a switch job its version `dropped` (`retired`
 *          when it was live before, `built` when it was that), a build job one that was never complete `dropped`; unless another
 *          job is on them.
 * Workers  `worker` differs between slots that work side by side: it is what tells whose lease it is.
 * Seen     look-ups take an account: it finds its own jobs and those of databases that are shared with it or with everyone.
 * Errors   AppError `job/not-found`, `job/finished`, `job/lease-lost` (the caller no longer holds the job: stop, write nothing more).
 */
export interface Queue {
  claim(worker: string, leaseMs: number, kinds?: readonly JobKind[]): Promise<Job | undefined>
  /** Prolongs the lease and tells progress. Returns whether a cancel was requested meanwhile. */
  renew(jobId: string, worker: string, leaseMs: number, progress?: JobProgress): Promise<{ readonly cancelRequested: boolean }>
  /** Keeps what the job needs to go on after a kill. */
  checkpoint(jobId: string, worker: string, checkpoint: string): Promise<void>
  finish(jobId: string, worker: string): Promise<void>
  /** Back to `queued` at `runAfter`, keeping the checkpoint. */
  retryLater(jobId: string, worker: string, error: ErrorBody, runAfter: number): Promise<void>
  /** Back to `queued` at once, keeping the checkpoint and not counting the attempt: the worker shuts down. */
  release(jobId: string, worker: string): Promise<void>
  fail(jobId: string, worker: string, error: ErrorBody): Promise<void>
  /** Ends a running job as `cancelled` (called by its worker after it has cleaned up). */
  cancelled(jobId: string, worker: string): Promise<void>
  /** A queued job is cancelled at once; a running one is asked to stop. @throws job/uncancellable for removals */
  requestCancel(accountId: string, jobId: string): Promise<Job>
  job(accountId: string, jobId: string): Promise<Job>
  jobs(accountId: string, page: PageRequest & { readonly databaseId?: string; readonly documentId?: string; readonly state?: JobState }): Promise<PageOf<Job>>
  /** Ends every lease, so that what a killed process held can be claimed at once. Only for the one owner of the store, when it starts. Returns how many. */
  endLeases(): Promise<number>
  /** How many jobs are not ended, by state. */
  depth(): Promise<JobCounts>
  /** Epoch ms since when the job that waits longest could have been begun; undefined when none waits. */
  waitingSince(): Promise<number | undefined>
  /** Jobs that are not ended, by database; those without any are left out. One look, however many are asked for. */
  active(databaseIds: readonly string[]): Promise<ReadonlyMap<string, JobCounts>>
  /** Adds to what was measured of a kind of work. Newer measurements count more. */
  noteSpeed(work: string, units: number, ms: number): Promise<void>
  /** Units per second, as of late; undefined when it was never measured. */
  speed(work: string): Promise<number | undefined>
  /** Forgets ended jobs older than the time. */
  forgetBefore(time: number): Promise<number>
}

export interface JobCounts {
  readonly queued: number
  readonly running: number
}

export interface JobProgress {
  readonly stage: JobStage
  readonly done: number
  readonly total: number
}

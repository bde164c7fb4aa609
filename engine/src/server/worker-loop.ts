import { AppError } from '../domain/errors.ts'
import type { Job, JobStage } from '../domain/job.ts'
import type { Report } from '../flows/index-document.ts'
import { sweepBlobs, UPLOAD_GRACE_MS } from '../flows/purge.ts'
import { runJob } from '../flows/run-job.ts'
import type { World } from '../ports/world.ts'

export interface WorkerOptions {
  /** Jobs at the same time. */
  readonly concurrency: number
  /** Longest wait for a job that nobody announced. */
  readonly pollMs?: number
  /** How long a stored blob may wait for the row that refers to it: entries of an archive wait until all of it is read. */
  readonly blobGraceMs?: number
  /** How long traces of answers are kept. */
  readonly keepTracesMs?: number
  /** Called once there has been nothing to do for `idleMs` after some work. */
  onIdle?(): void
  readonly idleMs?: number
}

export interface Worker {
  /** There is work: look now. */
  wake(): void
  /** Stops claiming, gives running jobs back to the queue and waits for them. */
  close(): Promise<void>
}

const LEASE_MS = 30_000
const RENEW_MS = 500 // also how soon progress and a wish to cancel are told
const SWEEP_MS = 10 * 60_000
const KEEP_JOBS_MS = 7 * 24 * 60 * 60_000
const KEEP_TRACES_MS = 30 * 24 * 60 * 60_000
/** Of an answer that a stopped process left: whoever waits for it has come back by then. */
const KEEP_CHECKPOINTS_MS = 24 * 60 * 60_000
const PAUSE_AFTER_FAULT_MS = 2_000
const IDLE_MS = 30_000

interface Running {
  readonly job: Job
  readonly abort: AbortController
  progress: { stage: JobStage; done: number; total: number } | undefined
  ended: Promise<void>
}

/** Claims jobs and runs them until it is closed. One per process. */
export function startWorkerLoop(world: World, options: WorkerOptions): Worker {
  const { concurrency, pollMs = 150, blobGraceMs = UPLOAD_GRACE_MS, keepTracesMs = KEEP_TRACES_MS, onIdle, idleMs = IDLE_MS } = options
  const name = world.newId('worker')
  const running = new Map<string, Running>()
  let closing = false
  let wakeUp: () => void = () => undefined
  let lastWork: number | undefined

  async function loop(): Promise<void> {
    await guarded('leases-ended', async () => {
      const ended = await world.queue.endLeases()
      if (ended > 0) world.log.info('jobs-resumed', { jobs: ended })
    })
    while (!closing) {
      const claimed = await guarded('claim', claimOne)
      if (claimed === true || running.size > 0) lastWork = performance.now()
      else if (lastWork !== undefined && performance.now() - lastWork > idleMs) {
        lastWork = undefined
        onIdle?.()
      }
      if (claimed !== true) await wait(claimed === undefined ? PAUSE_AFTER_FAULT_MS : pollMs)
    }
  }

  /** True when a job was claimed: there may be more. */
  async function claimOne(): Promise<boolean> {
    if (running.size >= concurrency) return false
    const job = await world.queue.claim(name, LEASE_MS)
    if (job === undefined) return false
    // Its lease ended while this thread was held up; nobody else was there to take it, so it just goes on.
    if (running.has(job.id)) return true
    const abort = new AbortController()
    if (job.cancelRequested) abort.abort(new AppError('job/cancelled', { job: job.id }))
    const entry: Running = { job, abort, progress: undefined, ended: Promise.resolve() }
    running.set(job.id, entry)
    const report: Report = (stage, done, total) => {
      entry.progress = { stage, done, total }
    }
    entry.ended = guarded('run', () => runJob(world, job, name, report, abort.signal)).then(() => {
      running.delete(job.id)
      wakeUp()
    })
    return true
  }

  async function renewAll(): Promise<void> {
    for (const { job, abort, progress } of [...running.values()]) {
      try {
        const { cancelRequested } = await world.queue.renew(job.id, name, LEASE_MS, progress)
        if (cancelRequested && !abort.signal.aborted) abort.abort(new AppError('job/cancelled', { job: job.id }))
      } catch (error) {
        // The job has just ended, or is another worker's now: it must stop here either way.
        const over = error instanceof AppError && (error.code === 'job/lease-lost' || error.code === 'job/finished' || error.code === 'job/not-found')
        if (over) abort.abort(error)
        else world.log.warn('renew-failed', { job: job.id, cause: error })
      }
    }
  }

  async function sweep(): Promise<void> {
    await guarded('sweep', async () => {
      const blobs = await sweepBlobs(world, blobGraceMs)
      const jobs = await world.queue.forgetBefore(world.now() - KEEP_JOBS_MS)
      const uploads = await world.uploads.sweep()
      if (blobs + jobs + uploads > 0) world.log.info('swept', { blobs, jobs, uploads })
    })
    await guarded('sweep-visitors', async () => {
      const visitors = await world.publications.sweepVisitors()
      if (visitors > 0) world.log.info('visitors-swept', { visitors })
    })
    await guarded('sweep-traces', async () => {
      const traces = await world.traces.sweepTraces(world.now() - keepTracesMs)
      const checkpoints = await world.checkpoints.sweepCheckpoints(world.now() - KEEP_CHECKPOINTS_MS)
      if (traces + checkpoints > 0) world.log.info('traces-swept', { traces, checkpoints })
    })
  }

  /** Faults of a store are logged and outlived; undefined then. */
  async function guarded<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      world.log.error('worker-fault', { what, cause: error })
      return undefined
    }
  }

  function wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  const renewing = setInterval(() => void renewAll(), RENEW_MS)
  const sweeping = setInterval(() => void sweep(), SWEEP_MS)
  const looping = loop()
  return {
    wake: () => wakeUp(),
    async close() {
      closing = true
      for (const { abort } of running.values()) abort.abort(new AppError('server/closing'))
      wakeUp()
      await looping
      await Promise.all([...running.values()].map((entry) => entry.ended))
      clearInterval(renewing)
      clearInterval(sweeping)
      await guarded('usage-not-written', () => world.ledger.flush())
    },
  }
}

import { AppError, type ErrorBody } from '../../domain/errors.ts'
import { JOB_TERMINAL, type Job, type JobState } from '../../domain/job.ts'
import type { Queue } from '../../ports/queue.ts'
import { pageOf, pageSize, readCursor, SPEED_FADES } from '../catalog-rules.ts'
import { abandon, afterPlace, CANCELLED, type CatalogState, changeJob, laneOf, levelIn, type MemoryJob, newestFirst, publicJob } from './catalog-state.ts'

/** The queue over the maps of the memory catalog. */
export function memoryQueue(state: CatalogState): Queue {
  const { now } = state

  function blocked(job: MemoryJob, earlier: readonly MemoryJob[]): boolean {
    const running = [...state.jobs.values()].filter((each) => each.state === 'running')
    if (job.kind === 'drop') return running.some((each) => each.databaseId === job.databaseId && (job.versionId === undefined || laneOf(each) === laneOf(job)))
    const holdsUp = ({ state: now, kind }: MemoryJob) => now === 'queued' && kind !== 'build' && kind !== 'drop'
    return [...running, ...earlier.filter(holdsUp)].some((each) => laneOf(each) === laneOf(job))
  }
  function held(jobId: string, worker: string): MemoryJob {
    const job = state.jobs.get(jobId)
    if (job === undefined) throw new AppError('job/not-found', { job: jobId })
    if (JOB_TERMINAL.has(job.state)) throw new AppError('job/finished', { job: jobId, state: job.state })
    if (job.state !== 'running' || job.worker !== worker) throw new AppError('job/lease-lost', { job: jobId })
    return job
  }
  function end(job: Job, ending: JobState, error: ErrorBody | undefined): void {
    changeJob(state, job.id, { state: ending, error, worker: undefined, ...(ending === 'done' ? { stage: 'finished' } : {}) })
    if (ending !== 'done') abandon(state, job, error ?? CANCELLED)
  }
  function backToQueue(jobId: string, worker: string, change: (job: Job) => Partial<MemoryJob>): void {
    const job = held(jobId, worker)
    if (job.cancelRequested) end(job, 'cancelled', undefined)
    else changeJob(state, jobId, { ...change(job), state: 'queued', stage: 'waiting', worker: undefined })
  }
  function seen(accountId: string, job: MemoryJob): boolean {
    return job.ownerId === accountId || levelIn(state, accountId, job.databaseId) !== undefined
  }
  function find(accountId: string, jobId: string): MemoryJob {
    const job = state.jobs.get(jobId)
    if (job === undefined || !seen(accountId, job)) throw new AppError('job/not-found', { job: jobId })
    return job
  }

  return {
    async claim(worker, leaseMs, kinds) {
      const time = now()
      const all = [...state.jobs.values()]
      const ready = all.filter((job, index) => {
        if (kinds !== undefined && !kinds.includes(job.kind)) return false
        if (job.state === 'running') return job.leaseUntil <= time
        return job.state === 'queued' && job.runAfter <= time && !blocked(job, all.slice(0, index))
      })
      const next = ready.sort((a, b) => a.runAfter - b.runAfter)[0] // a stable sort: creation decides between equals
      if (next === undefined) return undefined
      changeJob(state, next.id, { state: 'running', worker, leaseUntil: time + leaseMs, attempts: next.attempts + 1 })
      return publicJob(held(next.id, worker))
    },
    async renew(jobId, worker, leaseMs, progress) {
      const { cancelRequested } = held(jobId, worker)
      changeJob(state, jobId, { leaseUntil: now() + leaseMs, ...progress })
      return { cancelRequested }
    },
    async checkpoint(jobId, worker, checkpoint) {
      held(jobId, worker)
      changeJob(state, jobId, { checkpoint })
    },
    async finish(jobId, worker) {
      end(held(jobId, worker), 'done', undefined)
    },
    async retryLater(jobId, worker, error, runAfter) {
      backToQueue(jobId, worker, () => ({ error, runAfter }))
    },
    async release(jobId, worker) {
      backToQueue(jobId, worker, (job) => ({ attempts: job.attempts - 1 }))
    },
    async fail(jobId, worker, error) {
      end(held(jobId, worker), 'failed', error)
    },
    async cancelled(jobId, worker) {
      end(held(jobId, worker), 'cancelled', undefined)
    },
    async requestCancel(accountId, jobId) {
      const job = find(accountId, jobId)
      if (JOB_TERMINAL.has(job.state)) throw new AppError('job/finished', { job: jobId, state: job.state })
      if (job.kind === 'remove' || job.kind === 'drop') throw new AppError('job/uncancellable', { job: jobId, kind: job.kind })
      changeJob(state, jobId, { cancelRequested: true })
      if (job.state === 'queued') end(job, 'cancelled', undefined)
      return publicJob(find(accountId, jobId))
    },
    async job(accountId, jobId) {
      return publicJob(find(accountId, jobId))
    },
    async jobs(accountId, { limit, cursor, databaseId, documentId, state: wanted }) {
      const size = pageSize(limit)
      const place = readCursor(cursor)
      const found = [...state.jobs.values()].filter(
        (job) =>
          seen(accountId, job) &&
          (databaseId === undefined || job.databaseId === databaseId) &&
          (documentId === undefined || job.documentId === documentId) &&
          (wanted === undefined || job.state === wanted) &&
          afterPlace(job, place),
      )
      return pageOf(found.sort(newestFirst).map(publicJob), size)
    },
    async endLeases() {
      const running = [...state.jobs.values()].filter((job) => job.state === 'running')
      for (const job of running) changeJob(state, job.id, { leaseUntil: now() })
      return running.length
    },
    async depth() {
      const count = (wanted: JobState) => [...state.jobs.values()].filter((job) => job.state === wanted).length
      return { queued: count('queued'), running: count('running') }
    },
    async noteSpeed(work, units, ms) {
      const before = state.speeds.get(work) ?? { units: 0, ms: 0 }
      state.speeds.set(work, { units: before.units * SPEED_FADES + units, ms: before.ms * SPEED_FADES + ms })
    },
    async speed(work) {
      const known = state.speeds.get(work)
      return known === undefined || known.ms <= 0 ? undefined : (known.units * 1000) / known.ms
    },
    async waitingSince() {
      const times = [...state.jobs.values()].filter((job) => job.state === 'queued' && job.runAfter <= now()).map((job) => job.runAfter)
      return times.length === 0 ? undefined : Math.min(...times)
    },
    async active(databaseIds) {
      const found = new Map<string, { queued: number; running: number }>()
      for (const job of state.jobs.values()) {
        if (!databaseIds.includes(job.databaseId) || (job.state !== 'queued' && job.state !== 'running')) continue
        const counts = found.get(job.databaseId) ?? { queued: 0, running: 0 }
        counts[job.state] += 1
        found.set(job.databaseId, counts)
      }
      return found
    },
    async forgetBefore(time) {
      const old = [...state.jobs.values()].filter((job) => JOB_TERMINAL.has(job.state) && job.updatedAt < time)
      for (const job of old) state.jobs.delete(job.id)
      return old.length
    },
  }
}

import { setTimeout as pause } from 'node:timers/promises'
import type { databaseRoutes } from '../api/databases.ts'
import type { jobRoutes } from '../api/jobs.ts'
import type { EventOf } from '../api/route.ts'
import type { Caller } from '../domain/caller.ts'
import type { Database } from '../domain/database.ts'
import { AppError } from '../domain/errors.ts'
import { JOB_TERMINAL, type Job } from '../domain/job.ts'
import type { World } from '../ports/world.ts'
import { presentCounts, presentJob } from './present.ts'

interface Watching {
  readonly world: Pick<World, 'catalog' | 'queue'>
  readonly caller: Caller
  readonly pollMs: number
  readonly signal: AbortSignal
}

/** Tells a job whenever it has changed, and ends with it. */
export async function* watchJob({ world, caller, pollMs, signal }: Watching, first: Job): AsyncGenerator<EventOf<typeof jobRoutes.jobEvents>> {
  let told = ''
  for (let job = first; ; job = await world.queue.job(caller.ownerId, job.id)) {
    if (JOB_TERMINAL.has(job.state)) {
      yield { event: 'ended', data: presentJob(job) }
      return
    }
    const mark = markOf(job)
    if (mark !== told) yield { event: 'progress', data: presentJob(job) }
    told = mark
    await pause(pollMs, undefined, { signal })
  }
}

/** Source: 10,000 jobs are as many as a person follows; of more than that the newest are told, and the counts tell all. */
const PAGES_PER_LOOK = 50

/**
 * Tells every job of a database whenever it has changed, and the counts; ends when no job is left. Jobs that start and
 * end between two looks are seen in the counts alone.
 */
export async function* watchDatabase(watching: Watching & { readonly database: Database }): AsyncGenerator<EventOf<typeof databaseRoutes.databaseEvents>> {
  const { world, caller, database, pollMs, signal } = watching
  const told = new Map<string, string>()
  let counted = ''
  for (;;) {
    const began = performance.now()
    const active = await activeJobs(watching)
    for (const job of active.values()) {
      const mark = markOf(job)
      if (told.get(job.id) !== mark) yield { event: 'job', data: presentJob(job) }
      told.set(job.id, mark)
    }
    for (const id of told.keys()) {
      if (active.has(id)) continue
      const job = await endedJob(watching, id)
      // It may have been queued again between the two looks.
      if (job === undefined || JOB_TERMINAL.has(job.state)) told.delete(id)
      if (job !== undefined) yield { event: 'job', data: presentJob(job) }
    }
    const summary = await world.catalog.summary(database.id)
    const counts = { documents: presentCounts(summary), chunks: summary.chunks }
    if (active.size === 0 && told.size === 0) {
      yield { event: 'idle', data: counts }
      return
    }
    const mark = JSON.stringify(counts)
    if (mark !== counted) yield { event: 'summary', data: counts }
    counted = mark
    // The more there is to look at, the rarer the looks: watching must not slow the work.
    await pause(Math.max(pollMs, 10 * (performance.now() - began)), undefined, { signal })
    await world.catalog.database(caller.ownerId, database.id)
  }
}

async function activeJobs({ world, caller, database }: Watching & { readonly database: Database }): Promise<Map<string, Job>> {
  const jobs = new Map<string, Job>()
  // In the order in which a job moves, and once more for one that went back: none slips through between two looks.
  for (const state of ['queued', 'running', 'queued'] as const) {
    let cursor: string | undefined
    for (let page = 0; page < PAGES_PER_LOOK; page += 1) {
      const found = await world.queue.jobs(caller.ownerId, { databaseId: database.id, state, limit: 200, ...(cursor === undefined ? {} : { cursor }) })
      for (const job of found.items) jobs.set(job.id, job)
      cursor = found.nextCursor
      if (cursor === undefined) break
    }
  }
  return jobs
}

async function endedJob({ world, caller }: Watching, id: string): Promise<Job | undefined> {
  try {
    return await world.queue.job(caller.ownerId, id)
  } catch (fault) {
    if (fault instanceof AppError && fault.code === 'job/not-found') return undefined
    throw fault
  }
}

function markOf(job: Job): string {
  return [job.state, job.stage, job.done, job.total, job.attempts, job.cancelRequested].join(' ')
}

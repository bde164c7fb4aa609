import type { jobRoutes } from '../../api/jobs.ts'
import { type Caller, may } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import type { Job } from '../../domain/job.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { presentJob } from '../present.ts'
import { watchJob } from '../watch.ts'
import { pageOf } from './databases.ts'

export function jobHandlers({ world, pollMs }: Workshop): Handlers<keyof typeof jobRoutes> {
  const { catalog, queue } = world

  /** A job of a database that this caller may not see does not exist for it. */
  async function find(caller: Caller, id: string, scope: 'read' | 'write'): Promise<Job> {
    const job = await queue.job(caller.ownerId, id)
    if (!may(caller, scope, job.databaseId)) throw new AppError('job/not-found', { job: id })
    return job
  }

  return {
    async listJobs({ caller, query }) {
      const { database: wanted, document, state } = query
      if (wanted === undefined && document !== undefined) throw new AppError('request/invalid', { in: 'query', problems: ['document: needs database'] })
      const database = wanted === undefined ? undefined : await catalog.database(caller.ownerId, wanted)
      if (database !== undefined && !may(caller, 'read', database.id)) throw new AppError('database/not-found', { database: wanted })
      const documentId = database === undefined || document === undefined ? undefined : (await catalog.document(caller.ownerId, database.id, document)).id
      const page = await queue.jobs(caller.ownerId, {
        ...pageOf(query),
        ...(database === undefined ? {} : { databaseId: database.id }),
        ...(documentId === undefined ? {} : { documentId }),
        ...(state === undefined ? {} : { state }),
      })
      const visible = page.items.filter((job) => may(caller, 'read', job.databaseId))
      return { jobs: visible.map(presentJob), next_cursor: page.nextCursor ?? null }
    },

    getJob: async ({ caller, parameters }) => presentJob(await find(caller, parameters.job, 'read')),

    async cancelJob({ caller, parameters }) {
      const { id } = await find(caller, parameters.job, 'write')
      return presentJob(await queue.requestCancel(caller.ownerId, id))
    },

    async *jobEvents({ caller, parameters, signal }) {
      yield* watchJob({ world, caller, pollMs, signal }, await find(caller, parameters.job, 'read'))
    },
  }
}

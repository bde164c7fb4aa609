import type { jobRoutes } from '../../api/jobs.ts'
import { sees } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import { databaseFor, jobFor } from '../access.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { presentJob } from '../present.ts'
import { manages } from '../problems.ts'
import { watchJob } from '../watch.ts'
import { pageOf } from './databases.ts'

export function jobHandlers({ world, pollMs }: Workshop): Handlers<keyof typeof jobRoutes> {
  const { catalog, queue } = world

  return {
    async listJobs({ caller, query }) {
      const { database: wanted, document, state } = query
      if (wanted === undefined && document !== undefined) throw new AppError('request/invalid', { in: 'query', problems: ['document: needs database'] })
      const found = wanted === undefined ? undefined : await databaseFor(world, caller, wanted, 'read')
      const documentId =
        found === undefined || document === undefined ? undefined : (await catalog.document(found.database.ownerId, found.database.id, document)).id
      const page = await queue.jobs(caller.accountId, {
        ...pageOf(query),
        ...(found === undefined ? {} : { databaseId: found.database.id }),
        ...(documentId === undefined ? {} : { documentId }),
        ...(state === undefined ? {} : { state }),
      })
      return {
        jobs: page.items.filter((job) => sees(caller, job.databaseId)).map((job) => presentJob(job, manages(found?.caller))),
        next_cursor: page.nextCursor ?? null,
      }
    },

    async getJob({ caller, parameters }) {
      const { job, caller: inside } = await jobFor(world, caller, parameters.job, 'read')
      return presentJob(job, manages(inside))
    },

    async cancelJob({ caller, parameters }) {
      const { job, caller: inside } = await jobFor(world, caller, parameters.job, 'write')
      return presentJob(await queue.requestCancel(inside.ownerId, job.id))
    },

    async *jobEvents({ caller, parameters, signal, keepChecking }) {
      const look = () => jobFor(world, caller, parameters.job, 'read')
      keepChecking(look)
      const { job, caller: inside } = await look()
      yield* watchJob({ world, caller: inside, pollMs, signal }, job)
    },
  }
}

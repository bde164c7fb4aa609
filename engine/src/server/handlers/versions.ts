import type { versionRoutes } from '../../api/versions.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { presentJob, presentVersion } from '../present.ts'

export function versionHandlers({ world, flows }: Workshop): Handlers<keyof typeof versionRoutes> {
  return {
    listVersions: async ({ database }) => ({ versions: (await world.catalog.versions(database.id)).map(presentVersion) }),

    async startRebuild({ caller, database, body, signal }) {
      const { model, chunk_size, chunk_overlap } = body
      const change = {
        ...(model === undefined ? {} : { model }),
        ...(chunk_size === undefined ? {} : { chunkSize: chunk_size }),
        ...(chunk_overlap === undefined ? {} : { chunkOverlap: chunk_overlap }),
      }
      const { version, job } = await flows.startRebuild(world, caller, database.id, change, signal)
      return { version: presentVersion(version), job: presentJob(job) }
    },

    switchVersion: async ({ caller, database, parameters }) => ({ job: presentJob(await flows.rollBack(world, caller, database.id, parameters.version)) }),
  }
}

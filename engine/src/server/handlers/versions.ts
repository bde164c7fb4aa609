import type { z } from 'zod'
import type { versionRoutes } from '../../api/versions.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { usdOf } from '../money.ts'
import { presentJob, presentSettings, presentVersion } from '../present.ts'

export function versionHandlers({ world, flows }: Workshop): Handlers<keyof typeof versionRoutes> {
  const { catalog } = world
  return {
    async listVersions({ database }) {
      const [versions, held] = await Promise.all([catalog.versions(database.id), catalog.coverages(database.id)])
      const countsOf = (id: string) => ({ documents: held.get(id)?.documents ?? 0, chunks: held.get(id)?.chunks ?? 0 })
      return { versions: versions.map((version) => ({ ...presentVersion(version), ...countsOf(version.id) })) }
    },

    async startRebuild({ caller, database, body, signal }) {
      const change = { ...changeOf(body), waits: body.switch === 'by-hand' }
      const { version, job } = await flows.startRebuild(world, caller, database.id, change, signal)
      return { version: presentVersion(version), job: presentJob(job) }
    },

    async estimateRebuild({ caller, database, body, signal }) {
      const estimate = await flows.estimateRebuild(world, caller, database.id, changeOf(body), signal)
      return {
        settings: presentSettings(estimate),
        documents: estimate.documents,
        chunks: estimate.chunks,
        reused_chunks: estimate.reusedChunks ?? null,
        tokens_to_embed: estimate.tokensToEmbed,
        leaves_machine: estimate.where === 'remote',
        cost_usd: usdOf(estimate.cost),
        bytes: estimate.bytes,
        seconds: estimate.seconds ?? null,
      }
    },

    switchVersion: async ({ caller, database, parameters }) => ({ job: presentJob(await flows.rollBack(world, caller, database.id, parameters.version)) }),
    dropVersion: async ({ caller, database, parameters }) => ({ job: presentJob(await flows.dropVersion(world, caller, database.id, parameters.version)) }),
  }
}

function changeOf({ model, chunk_size, chunk_overlap }: z.output<(typeof versionRoutes)['estimateRebuild']['body']>) {
  return {
    ...(model === undefined ? {} : { model }),
    ...(chunk_size === undefined ? {} : { chunkSize: chunk_size }),
    ...(chunk_overlap === undefined ? {} : { chunkOverlap: chunk_overlap }),
  }
}

import { z } from 'zod'
import { jobReply } from './jobs.ts'
import { route } from './route.ts'
import { chunkOverlap, chunkSize, modelName, overlapRule, searchMode, time } from './schemas.ts'

export const indexSettings = z.object({
  model: z.string(),
  dimensions: z.int(),
  chunk_size: z.int(),
  chunk_overlap: z.int(),
  analyzer: z.string(),
})

export const versionReply = z
  .object({
    id: z.string(),
    ordinal: z.int(),
    state: z.enum(['building', 'live', 'retired', 'dropped']),
    ...searchMode,
    settings: indexSettings,
    created_at: time,
    switched_at: time.nullable(),
  })
  .meta({ id: 'IndexVersion' })

export const versionRoutes = {
  listVersions: route({
    method: 'GET',
    path: '/api/v1/databases/{database}/versions',
    resource: 'Index versions',
    says: 'Lists the index versions of a database, oldest first.',
    allow: 'read',
    reply: { kind: 'json', status: 200, schema: z.object({ versions: z.array(versionReply) }).meta({ id: 'IndexVersionList' }) },
    errors: ['database/not-found'],
  }),
  startRebuild: route({
    method: 'POST',
    path: '/api/v1/databases/{database}/versions',
    resource: 'Index versions',
    says: 'Builds a new index version beside the live one and switches to it when it is complete.',
    details: 'What is not given stays as it is in the live version. Cancel the job to give up the new version.',
    allow: 'manage',
    body: z.strictObject({ model: modelName.optional(), chunk_size: chunkSize.optional(), chunk_overlap: chunkOverlap.optional() }).refine(...overlapRule),
    reply: { kind: 'json', status: 202, schema: z.object({ version: versionReply, job: jobReply }).meta({ id: 'RebuildStarted' }) },
    errors: ['database/not-found', 'database/busy', 'model/unknown', 'model/unavailable', 'model/not-installed'],
    example: { chunk_size: 256 },
  }),
  switchVersion: route({
    method: 'POST',
    path: '/api/v1/databases/{database}/versions/{version}/switch',
    resource: 'Index versions',
    says: 'Goes back to a version that was live before.',
    allow: 'manage',
    reply: { kind: 'json', status: 202, schema: z.object({ job: jobReply }).meta({ id: 'SwitchStarted' }) },
    errors: ['database/not-found', 'version/not-found', 'database/busy'],
  }),
} as const

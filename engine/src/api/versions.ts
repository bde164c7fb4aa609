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
    state: z
      .enum(['building', 'built', 'live', 'retired', 'dropped'])
      .describe('built: complete, and kept up to date beside the live one until somebody switches to it; retired: was live before'),
    ...searchMode,
    settings: indexSettings,
    created_at: time,
    built_at: time.nullable().describe('When it was complete and began to wait; null when it was switched to at once'),
    switched_at: time.nullable(),
  })
  .meta({ id: 'IndexVersion' })

const listedVersion = versionReply
  .extend({
    documents: z.int().describe('Documents that answer now and are in it as they are now; the others are brought up before it is switched to'),
    chunks: z.int().describe('Chunks of these'),
  })
  .meta({ id: 'ListedIndexVersion' })

const rebuildInput = z
  .strictObject({
    model: modelName.optional(),
    chunk_size: chunkSize.optional(),
    chunk_overlap: chunkOverlap.optional(),
    switch: z
      .enum(['when-built', 'by-hand'])
      .default('when-built')
      .describe('by-hand: it stays beside the live one, kept up to date, until you switch to it or delete it'),
  })
  .refine(...overlapRule)

const estimateReply = z
  .object({
    settings: indexSettings,
    documents: z.int(),
    chunks: z.int().describe('About as many'),
    reused_chunks: z.int().nullable().describe('Whose vector is stored already; null when only the build can tell'),
    tokens_to_embed: z.int().describe('About as many, at most'),
    leaves_machine: z.boolean().describe('True when the text of the documents is sent to another machine to be embedded'),
    cost_usd: z.number().nullable().describe('About, in US dollars; null when the price of the model is not known'),
    bytes: z.int().describe('About as much room on disk, beside that of the other versions'),
    seconds: z.int().nullable().describe('About, by what this server measured lately; null when it has not measured that yet'),
  })
  .meta({ id: 'RebuildEstimate' })

export const versionRoutes = {
  listVersions: route({
    method: 'GET',
    path: '/api/v1/databases/{database}/versions',
    resource: 'Index versions',
    says: 'Lists the index versions of a database, oldest first.',
    allow: 'read',
    reply: { kind: 'json', status: 200, schema: z.object({ versions: z.array(listedVersion) }).meta({ id: 'IndexVersionList' }) },
    errors: ['database/not-found'],
  }),
  startRebuild: route({
    method: 'POST',
    path: '/api/v1/databases/{database}/versions',
    resource: 'Index versions',
    says: 'Builds a new index version beside the live one and switches to it when it is complete, or by hand.',
    details: 'What is not given stays as it is in the live version. Cancel the job to give up the new version.',
    allow: 'manage',
    body: rebuildInput,
    reply: { kind: 'json', status: 202, schema: z.object({ version: versionReply, job: jobReply }).meta({ id: 'RebuildStarted' }) },
    errors: ['database/not-found', 'database/busy', 'version/too-many', 'model/unknown', 'model/unavailable', 'model/not-installed'],
    example: { chunk_size: 256 },
  }),
  estimateRebuild: route({
    method: 'POST',
    path: '/api/v1/databases/{database}/versions/estimate',
    resource: 'Index versions',
    says: 'Tells what building a new index version would take and cost, without building it.',
    details: 'Takes what the route that builds it takes. It is quick: no document is read for it.',
    allow: 'manage',
    body: rebuildInput,
    reply: { kind: 'json', status: 200, schema: estimateReply },
    errors: ['database/not-found', 'model/unknown', 'model/unavailable', 'model/not-installed'],
    example: { chunk_size: 256 },
  }),
  switchVersion: route({
    method: 'POST',
    path: '/api/v1/databases/{database}/versions/{version}/switch',
    resource: 'Index versions',
    says: 'Goes to a version that was built to wait, or back to one that was live before.',
    details: 'Documents that changed since are brought up in it first; then the switch is atomic. The version that was live can be gone back to.',
    allow: 'manage',
    reply: { kind: 'json', status: 202, schema: z.object({ job: jobReply }).meta({ id: 'SwitchStarted' }) },
    errors: ['database/not-found', 'version/not-found', 'database/busy'],
  }),
  dropVersion: route({
    method: 'DELETE',
    path: '/api/v1/databases/{database}/versions/{version}',
    resource: 'Index versions',
    says: 'Deletes a version that waits beside the live one or was live before; it cannot be gone back to any more.',
    details: 'One that is being built is given up by cancelling its job.',
    allow: 'manage',
    audit: { action: 'version.delete', target: { parameter: 'version' } },
    reply: { kind: 'json', status: 202, schema: z.object({ job: jobReply }).meta({ id: 'VersionRemoved' }) },
    errors: ['database/not-found', 'version/not-found', 'version/live', 'database/busy'],
  }),
} as const

import { z } from 'zod'
import { route } from './route.ts'
import { errorBody, listQuery, nextCursor, time } from './schemas.ts'

export const jobReply = z
  .object({
    id: z.string(),
    kind: z.enum(['ingest', 'remove', 'drop', 'switch', 'build']),
    state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled']),
    stage: z.enum(['waiting', 'extract', 'unpack', 'chunk', 'embed', 'index', 'publish', 'purge', 'finished']),
    done: z.int().describe('Units of the stage: pages, chunks or documents'),
    total: z.int().describe('0 while unknown'),
    attempts: z.int(),
    database_id: z.string(),
    document_id: z.string().nullable(),
    revision: z.int().nullable(),
    version_id: z.string().nullable(),
    error: errorBody.nullable(),
    cancel_requested: z.boolean(),
    run_after: time,
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Job' })

export const jobRoutes = {
  listJobs: route({
    method: 'GET',
    path: '/api/v1/jobs',
    resource: 'Jobs',
    says: 'Lists background jobs, newest first.',
    allow: 'read',
    query: z.strictObject({
      ...listQuery,
      database: z.string().max(200).optional().describe('Only those of this database, by id or name'),
      document: z.string().max(1000).optional().describe('Only those of this document; needs database'),
      state: jobReply.shape.state.optional(),
    }),
    reply: { kind: 'json', status: 200, schema: z.object({ jobs: z.array(jobReply), next_cursor: nextCursor }).meta({ id: 'JobList' }) },
    errors: ['database/not-found', 'document/not-found'],
  }),
  getJob: route({
    method: 'GET',
    path: '/api/v1/jobs/{job}',
    resource: 'Jobs',
    says: 'Tells how far a job is.',
    allow: 'read',
    reply: { kind: 'json', status: 200, schema: jobReply },
    errors: ['job/not-found'],
  }),
  cancelJob: route({
    method: 'POST',
    path: '/api/v1/jobs/{job}/cancel',
    resource: 'Jobs',
    says: 'Cancels a job; a running one stops at its next step.',
    allow: 'write',
    reply: { kind: 'json', status: 202, schema: jobReply },
    errors: ['job/not-found', 'job/finished'],
  }),
  jobEvents: route({
    method: 'GET',
    path: '/api/v1/jobs/{job}/events',
    resource: 'Jobs',
    says: 'Streams the progress of a job and ends with it.',
    allow: 'read',
    reply: {
      kind: 'events',
      events: { progress: jobReply, ended: jobReply, failed: z.object({ error: errorBody }) },
      last: ['ended', 'failed'],
      failure: 'failed',
    },
    errors: ['job/not-found'],
  }),
} as const

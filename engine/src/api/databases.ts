import { z } from 'zod'
import { DEFAULT_CHUNK_SIZE } from '../domain/database.ts'
import { fileFields, uploadsReply } from './documents.ts'
import { jobReply } from './jobs.ts'
import { route } from './route.ts'
import {
  answersInput,
  answersReply,
  chunkOverlap,
  chunkSize,
  databaseName,
  description,
  errorBody,
  formChunkOverlap,
  formChunkSize,
  listQuery,
  modelName,
  nextCursor,
  overlapRule,
  searchMode,
  time,
  weights,
} from './schemas.ts'
import { indexSettings, versionReply } from './versions.ts'

const counts = z
  .object({
    queued: z.int(),
    processing: z.int(),
    ready: z.int(),
    failed: z.int(),
    archive: z.int(),
    total: z.int(),
  })
  .describe('Documents by state')

export const databaseReply = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    ...searchMode,
    settings: indexSettings,
    weights: z.object({ dense: z.number(), lexical: z.number() }),
    answers: answersReply,
    live_version_id: z.string(),
    access: z.enum(['owner', 'manage', 'write', 'read']).describe('What your account may do with it: owner when it is its own, otherwise how far it is shared'),
    documents: counts,
    chunks: z.int(),
    tokens: z.int(),
    bytes: z.int().describe('Of the uploaded files'),
    jobs: z.object({ queued: z.int(), running: z.int() }).describe('That have not ended'),
    created_at: time,
    updated_at: time,
    last_activity_at: time.describe('When last something was uploaded, worked on or asked'),
  })
  .meta({ id: 'Database' })

export const statusReply = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z
      .enum(['empty', 'processing', 'ready', 'failed'])
      .describe('processing while any document is on its way; failed when there are documents and none could be read'),
    progress: z.number().min(0).max(1).describe('Share of documents that are through'),
    ...searchMode,
    documents: counts,
    chunks: z.int(),
    jobs: z.array(jobReply).describe('Running jobs, at most 20'),
    failed: z
      .array(z.object({ document_id: z.string(), external_id: z.string(), name: z.string(), error: errorBody.nullable() }))
      .describe('The newest 20 documents that could not be read, with the reason'),
    building: versionReply.nullable().describe('The index version that is being built'),
  })
  .meta({ id: 'DatabaseStatus' })

const indexInput = {
  model: modelName.optional(),
  chunk_size: chunkSize.default(DEFAULT_CHUNK_SIZE),
  chunk_overlap: chunkOverlap.optional(),
}

export const databaseRoutes = {
  createDatabaseFromFiles: route({
    method: 'POST',
    path: '/api/v1/database/create',
    resource: 'Databases',
    says: 'Creates a database and uploads its first documents in one request.',
    details:
      'Fields come before the files. The reply comes when every file is stored; reading and indexing go on in the background. When the request fails half-way the database is removed again.',
    allow: 'manage',
    audit: { action: 'database.create', target: { reply: 'database.id' } },
    form: {
      fields: z
        .strictObject({
          name: databaseName,
          description: description.optional(),
          model: modelName.optional(),
          chunk_size: formChunkSize.default(DEFAULT_CHUNK_SIZE),
          chunk_overlap: formChunkOverlap.optional(),
        })
        .refine(...overlapRule),
      fileFields,
      once: ['external_id', 'title'],
      fileName: 'files',
      many: true,
    },
    reply: { kind: 'json', status: 201, schema: z.object({ database: databaseReply, ...uploadsReply }).meta({ id: 'DatabaseWithUploads' }) },
    errors: ['database/exists', 'model/unknown', 'model/unavailable', 'model/not-installed', 'request/too-large', 'limit/storage', 'store/full'],
    example: { name: 'handbook', chunk_size: 512, files: '@employee-handbook.pdf' },
  }),
  createSample: route({
    method: 'POST',
    path: '/api/v1/databases/sample',
    resource: 'Databases',
    says: "Creates the sample database of Quarry's own manual, under a name that is free.",
    details: 'The reply comes when every file is stored; reading and indexing go on in the background.',
    allow: 'manage',
    audit: { action: 'database.create', target: { reply: 'database.id' } },
    reply: { kind: 'json', status: 201, schema: z.object({ database: databaseReply, ...uploadsReply }).meta({ id: 'SampleDatabase' }) },
    errors: ['limit/storage', 'store/full'],
  }),
  databaseStatus: route({
    method: 'GET',
    path: '/api/v1/database/{id}/status',
    resource: 'Databases',
    says: 'Tells how far a database is: documents by state, running jobs, what failed and why.',
    allow: 'read',
    reply: { kind: 'json', status: 200, schema: statusReply },
    errors: ['database/not-found'],
  }),
  listDatabases: route({
    method: 'GET',
    path: '/api/v1/databases',
    resource: 'Databases',
    says: 'Lists the databases, newest first.',
    allow: 'read',
    query: z.strictObject(listQuery),
    reply: { kind: 'json', status: 200, schema: z.object({ databases: z.array(databaseReply), next_cursor: nextCursor }).meta({ id: 'DatabaseList' }) },
    errors: [],
  }),
  createDatabase: route({
    method: 'POST',
    path: '/api/v1/databases',
    resource: 'Databases',
    says: 'Creates an empty database.',
    allow: 'manage',
    audit: { action: 'database.create', target: { reply: 'id' } },
    body: z
      .strictObject({ name: databaseName, description: description.optional(), weights: weights.optional(), answers: answersInput.optional(), ...indexInput })
      .refine(...overlapRule),
    reply: { kind: 'json', status: 201, schema: databaseReply },
    errors: ['database/exists', 'model/unknown', 'model/unavailable', 'model/not-installed'],
    example: { name: 'handbook', chunk_size: 512 },
  }),
  getDatabase: route({
    method: 'GET',
    path: '/api/v1/databases/{database}',
    resource: 'Databases',
    says: 'Tells what a database is and holds; by id or name.',
    allow: 'read',
    reply: { kind: 'json', status: 200, schema: databaseReply },
    errors: ['database/not-found'],
  }),
  updateDatabase: route({
    method: 'PATCH',
    path: '/api/v1/databases/{database}',
    resource: 'Databases',
    says: 'Changes the name, the description, the weights or how questions are answered.',
    allow: 'manage',
    audit: { action: 'database.change' },
    body: z
      .strictObject({ name: databaseName.optional(), description: description.optional(), weights: weights.optional(), answers: answersInput.optional() })
      .refine((change) => Object.keys(change).length > 0, 'needs at least one field'),
    reply: { kind: 'json', status: 200, schema: databaseReply },
    errors: ['database/not-found', 'database/exists', 'model/unknown'],
    example: { description: 'What every new colleague asks', answers: { chat_model: 'openai:gpt-4o-mini', strictness: 'remove' } },
  }),
  removeDatabase: route({
    method: 'DELETE',
    path: '/api/v1/databases/{database}',
    resource: 'Databases',
    says: 'Deletes a database: it is gone for every request at once, and its files follow in the background.',
    allow: 'manage',
    audit: { action: 'database.remove' },
    reply: { kind: 'json', status: 202, schema: z.object({ job: jobReply }).meta({ id: 'RemovalStarted' }) },
    errors: ['database/not-found', 'database/busy'],
  }),
  databaseEvents: route({
    method: 'GET',
    path: '/api/v1/databases/{database}/events',
    resource: 'Databases',
    says: 'Streams the progress of all jobs of a database until none is left.',
    allow: 'read',
    reply: {
      kind: 'events',
      events: {
        job: jobReply,
        summary: z.object({ documents: counts, chunks: z.int() }),
        idle: z.object({ documents: counts, chunks: z.int() }),
        failed: z.object({ error: errorBody }),
      },
      last: ['idle', 'failed'],
      failure: 'failed',
    },
    errors: ['database/not-found'],
  }),
} as const

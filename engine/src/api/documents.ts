import { z } from 'zod'
import { jobReply } from './jobs.ts'
import { route } from './route.ts'
import { errorBody, externalId, jsonText, listQuery, metadataInput, metadataOutput, nextCursor, offset, pages, time, title } from './schemas.ts'

export const documentReply = z
  .object({
    id: z.string(),
    database_id: z.string(),
    external_id: z.string(),
    name: z.string(),
    title: z.string().nullable(),
    media_type: z.string(),
    size: z.int().describe('Bytes'),
    sha256: z.string(),
    metadata: metadataOutput,
    state: z.enum(['queued', 'processing', 'ready', 'failed', 'archive', 'deleting']),
    revision: z.int(),
    live_revision: z.int().nullable().describe('The revision that answers; null when none is ready yet'),
    error: errorBody.nullable(),
    warnings: z.array(z.string()),
    pages: z.int().nullable(),
    chunks: z.int(),
    tokens: z.int(),
    parent_id: z.string().nullable().describe('The archive that it came from'),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Document' })

export const uploadReply = z
  .object({
    document: documentReply,
    outcome: z.enum(['created', 'updated', 'unchanged', 'relabelled', 'retried']),
    job_id: z.string().nullable().describe('The ingest job; null when there is nothing to do'),
  })
  .meta({ id: 'Upload' })

export const uploadsReply = {
  documents: z.array(uploadReply),
  refused: z.array(z.object({ name: z.string(), error: errorBody })).describe('Files that cannot be taken in, with the reason; the others are not held up'),
}

export const chunkReply = z
  .object({
    id: z.string(),
    document_id: z.string(),
    revision: z.int(),
    ordinal: z.int(),
    text: z.string(),
    start: offset,
    end: offset,
    heading_path: z.array(z.string()),
    pages,
    tokens: z.int(),
    context: z.string().nullable().describe('Indexed with the chunk, never quoted: the header row of a table, say'),
  })
  .meta({ id: 'Chunk' })

export const blockReply = z
  .object({
    kind: z.enum(['heading', 'paragraph', 'list', 'table', 'code', 'caption', 'quote']),
    start: offset,
    end: offset,
    level: z.int().nullable(),
    page: z.int().nullable(),
    heading_path: z.array(z.string()),
    boxes: z
      .array(z.object({ page: z.int(), x: z.number(), y: z.number(), width: z.number(), height: z.number() }))
      .describe('In points from the top left corner'),
  })
  .meta({ id: 'Block' })

export const fileFields = z.strictObject({
  external_id: externalId.optional(),
  title: title.optional(),
  metadata: jsonText(metadataInput).optional().describe('A JSON object of fields that filters read'),
})

/** Characters of extracted text in one reply. Source: keeps a reply near 1 MB. */
export const TEXT_WINDOW = 200_000

export const documentRoutes = {
  listDocuments: route({
    method: 'GET',
    path: '/api/v1/databases/{database}/documents',
    resource: 'Documents',
    says: 'Lists the documents of a database, newest first.',
    allow: 'read',
    bound: true,
    query: z.strictObject({
      ...listQuery,
      state: z.enum(['queued', 'processing', 'ready', 'failed', 'archive']).optional(),
      search: z.string().min(1).max(200).optional().describe('Part of the name, title or external_id'),
    }),
    reply: { kind: 'json', status: 200, schema: z.object({ documents: z.array(documentReply), next_cursor: nextCursor }).meta({ id: 'DocumentList' }) },
    errors: ['database/not-found'],
  }),
  addDocuments: route({
    method: 'POST',
    path: '/api/v1/databases/{database}/documents',
    resource: 'Documents',
    says: 'Uploads files, or one text as JSON.',
    details:
      'The same external_id again makes a new revision; the old one answers until the new one is ready; the same content again changes nothing. In a form, external_id and title hold for the next file, metadata for all files that follow. Each file is taken in by itself: when the request fails, those before it stay, and sending it again is harmless.',
    allow: 'write',
    form: { fields: z.strictObject({}), fileFields, once: ['external_id', 'title'], fileName: 'files', many: true },
    body: z.strictObject({
      text: z.string().min(1).max(1_000_000),
      name: z.string().min(1).max(1000),
      media_type: z
        .string()
        .max(200)
        .regex(/^text\/[\w.+-]+$/)
        .default('text/plain'),
      external_id: externalId.optional(),
      title: title.optional(),
      metadata: metadataInput.optional(),
    }),
    reply: { kind: 'json', status: 202, schema: z.object(uploadsReply).meta({ id: 'Uploads' }) },
    errors: ['database/not-found', 'request/too-large', 'limit/storage', 'store/full'],
    example: { text: 'Leave is requested in the portal.', name: 'leave.txt', metadata: { year: 2026 } },
  }),
  getDocument: route({
    method: 'GET',
    path: '/api/v1/databases/{database}/documents/{document}',
    resource: 'Documents',
    says: 'Tells what is known of a document; by id or external_id.',
    allow: 'read',
    bound: true,
    reply: { kind: 'json', status: 200, schema: documentReply },
    errors: ['database/not-found', 'document/not-found'],
  }),
  updateDocument: route({
    method: 'PATCH',
    path: '/api/v1/databases/{database}/documents/{document}',
    resource: 'Documents',
    says: 'Replaces the metadata of a document; nothing is read or embedded again.',
    allow: 'write',
    body: z.strictObject({ metadata: metadataInput }),
    reply: { kind: 'json', status: 200, schema: documentReply },
    errors: ['database/not-found', 'document/not-found'],
    example: { metadata: { year: 2026, team: 'people' } },
  }),
  removeDocument: route({
    method: 'DELETE',
    path: '/api/v1/databases/{database}/documents/{document}',
    resource: 'Documents',
    says: 'Deletes a document: it is gone for every request at once, and its content follows in the background.',
    allow: 'write',
    audit: { action: 'document.remove', target: { parameter: 'document' } },
    reply: { kind: 'json', status: 202, schema: z.object({ job: jobReply }).meta({ id: 'DocumentRemovalStarted' }) },
    errors: ['database/not-found', 'document/not-found'],
  }),
  retryDocument: route({
    method: 'POST',
    path: '/api/v1/databases/{database}/documents/{document}/retry',
    resource: 'Documents',
    says: 'Tries a failed document again.',
    allow: 'write',
    reply: { kind: 'json', status: 202, schema: z.object({ job: jobReply }).meta({ id: 'RetryStarted' }) },
    errors: ['database/not-found', 'document/not-found', 'job/finished'],
  }),
  listChunks: route({
    method: 'GET',
    path: '/api/v1/databases/{database}/documents/{document}/chunks',
    resource: 'Documents',
    says: 'Lists the indexed chunks of a document in their order.',
    allow: 'read',
    bound: true,
    query: z.strictObject({ offset: z.coerce.number().int().min(0).default(0), limit: z.coerce.number().int().min(1).max(500).default(50) }),
    reply: { kind: 'json', status: 200, schema: z.object({ chunks: z.array(chunkReply), total: z.int() }).meta({ id: 'ChunkList' }) },
    errors: ['database/not-found', 'document/not-found'],
  }),
  readText: route({
    method: 'GET',
    path: '/api/v1/databases/{database}/documents/{document}/text',
    resource: 'Documents',
    says: 'Gives a range of the extracted text with the blocks and pages that it touches.',
    details: `At most ${TEXT_WINDOW} characters at once. Citations and chunks point into this text.`,
    allow: 'read',
    bound: true,
    query: z.strictObject({
      start: z.coerce.number().int().min(0).default(0),
      end: z.coerce.number().int().min(0).optional().describe('Exclusive; by default as far as one reply goes'),
    }),
    reply: {
      kind: 'json',
      status: 200,
      schema: z
        .object({
          document_id: z.string(),
          revision: z.int().nullable(),
          text: z.string(),
          start: offset,
          end: offset,
          characters: z.int().describe('Of the whole text'),
          blocks: z.array(blockReply),
          pages: z.array(z.object({ number: z.int(), label: z.string().nullable(), start: offset, end: offset, ocr: z.boolean() })),
        })
        .meta({ id: 'TextRange' }),
    },
    errors: ['database/not-found', 'document/not-found', 'blob/not-found'],
  }),
  readContent: route({
    method: 'GET',
    path: '/api/v1/databases/{database}/documents/{document}/content',
    resource: 'Documents',
    says: 'Gives the file as it was uploaded, always as an attachment.',
    allow: 'read',
    audit: { action: 'document.export', target: { parameter: 'document' } },
    bound: true,
    reply: { kind: 'bytes', says: 'The uploaded bytes' },
    errors: ['database/not-found', 'document/not-found', 'blob/not-found'],
  }),
} as const

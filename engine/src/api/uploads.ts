import { z } from 'zod'
import { documentRoutes } from './documents.ts'
import { route } from './route.ts'
import { externalId, metadataInput, metadataOutput, time, title } from './schemas.ts'

export const resumableReply = z
  .object({
    id: z.string(),
    database_id: z.string(),
    name: z.string(),
    size: z.int().describe('Bytes, as told at the beginning'),
    offset: z.int().describe('Bytes that have arrived: the next piece begins here'),
    media_type: z.string(),
    external_id: z.string().nullable(),
    title: z.string().nullable(),
    metadata: metadataOutput,
    state: z.enum(['open', 'finished']),
    document_id: z.string().nullable().describe('What it became; null until it is finished'),
    created_at: time,
    expires_at: time.describe('Then it is deleted, unless another piece comes'),
  })
  .meta({ id: 'ResumableUpload' })

const ERRORS_OF_ONE = ['database/not-found', 'upload/not-found'] as const

export const uploadRoutes = {
  beginUpload: route({
    method: 'POST',
    path: '/api/v1/databases/{database}/uploads',
    resource: 'Uploads in pieces',
    says: 'Begins the upload of a file in pieces, so that a connection that breaks costs one piece.',
    details:
      'Send the pieces in their order, each at the offset that the reply before told, and finish. After a fault ask for the upload: its offset says where to go on. An upload waits a day for its next piece. With the fingerprint of an open upload of the same name, external_id and size, that one is given, and goes on where it was.',
    allow: 'write',
    body: z.strictObject({
      name: z.string().min(1).max(1000),
      size: z.int().min(0).describe('Bytes of the whole file'),
      media_type: z
        .string()
        .max(200)
        .regex(/^[\w.+-]+\/[\w.+-]+$/)
        .default('application/octet-stream'),
      external_id: externalId.optional(),
      title: title.optional(),
      metadata: metadataInput.optional(),
      fingerprint: z
        .string()
        .regex(/^[\x21-\x7e]{1,200}$/)
        .optional()
        .describe('By what you know the file again, such as a hash of its beginning with its size and time'),
    }),
    reply: { kind: 'json', status: 201, schema: resumableReply },
    errors: ['database/not-found', 'request/too-large', 'limit/storage', 'store/full'],
    example: { name: 'handbook.pdf', size: 52_428_800, media_type: 'application/pdf' },
  }),
  getUpload: route({
    method: 'GET',
    path: '/api/v1/databases/{database}/uploads/{upload}',
    resource: 'Uploads in pieces',
    says: 'Tells how much of an upload has arrived.',
    allow: 'write',
    reply: { kind: 'json', status: 200, schema: resumableReply },
    errors: ERRORS_OF_ONE,
  }),
  sendPiece: route({
    method: 'PATCH',
    path: '/api/v1/databases/{database}/uploads/{upload}',
    resource: 'Uploads in pieces',
    says: 'Adds a piece; it is durable when the reply comes.',
    details: 'What arrived of a piece that was cut is kept. One piece at a time: a second one at the same time is told upload/offset.',
    allow: 'write',
    bytes: true,
    query: z.strictObject({
      offset: z
        .string()
        .regex(/^\d{1,15}$/, 'must be a whole number')
        .transform(Number)
        .describe('Where the piece begins: what has arrived so far'),
    }),
    reply: { kind: 'json', status: 200, schema: resumableReply },
    errors: [...ERRORS_OF_ONE, 'upload/offset', 'store/full'],
  }),
  finishUpload: route({
    method: 'POST',
    path: '/api/v1/databases/{database}/uploads/{upload}/finish',
    resource: 'Uploads in pieces',
    says: 'Takes a complete upload in as a document.',
    details: 'The reply is that of an upload at once. Finishing again within a day tells the same and does nothing.',
    allow: 'write',
    reply: documentRoutes.addDocuments.reply,
    errors: [...ERRORS_OF_ONE, 'upload/offset', 'document/empty', 'document/not-found', 'limit/storage', 'store/full'],
  }),
  removeUpload: route({
    method: 'DELETE',
    path: '/api/v1/databases/{database}/uploads/{upload}',
    resource: 'Uploads in pieces',
    says: 'Gives an upload up: what has arrived is deleted.',
    allow: 'write',
    reply: { kind: 'json', status: 200, schema: z.object({ id: z.string() }).meta({ id: 'UploadRemoved' }) },
    errors: ERRORS_OF_ONE,
  }),
} as const

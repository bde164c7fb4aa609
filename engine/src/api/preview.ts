import { z } from 'zod'
import { DEFAULT_CHUNK_SIZE } from '../domain/database.ts'
import { chunkReply } from './documents.ts'
import { route } from './route.ts'
import { formChunkOverlap, formChunkSize, overlapRule } from './schemas.ts'

export const chunkDraft = chunkReply.omit({ id: true, document_id: true, revision: true }).meta({ id: 'ChunkDraft' })

export const previewRoutes = {
  preview: route({
    method: 'POST',
    path: '/api/v1/preview',
    resource: 'Documents',
    says: 'Shows how a file would be read and chunked; nothing is kept.',
    allow: 'write',
    form: {
      fields: z
        .strictObject({
          chunk_size: formChunkSize.default(DEFAULT_CHUNK_SIZE),
          chunk_overlap: formChunkOverlap.optional(),
        })
        .refine(...overlapRule),
      fileFields: z.strictObject({}),
      once: [],
      fileName: 'file',
      many: false,
    },
    reply: {
      kind: 'json',
      status: 200,
      schema: z
        .object({
          media_type: z.string(),
          title: z.string().nullable(),
          pages: z.int(),
          characters: z.int(),
          warnings: z.array(z.string()),
          chunks: z.array(chunkDraft),
        })
        .meta({ id: 'Preview' }),
    },
    errors: [
      'document/unsupported',
      'document/encrypted',
      'document/corrupt',
      'document/empty',
      'document/truncated',
      'document/hostile',
      'document/too-large',
      'document/timeout',
      'document/out-of-memory',
      'request/too-large',
    ],
    example: { chunk_size: 256, file: '@employee-handbook.pdf' },
  }),
} as const

import type { z } from 'zod'
import type { resumableReply, uploadRoutes } from '../../api/uploads.ts'
import { AppError } from '../../domain/errors.ts'
import { assertUploadFits } from '../../flows/storage.ts'
import type { ResumableUpload } from '../../ports/uploads.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { pieceOf } from '../piece.ts'
import { presentDocument, presentMetadata } from '../present.ts'
import { manages } from '../problems.ts'

const MIB = 1_048_576

/** An upload belongs to the account that began it, in the database that it began it in: `caller` is allowed to write there at each step. */
export function uploadHandlers({ world, flows, settings }: Workshop): Handlers<keyof typeof uploadRoutes> {
  const { uploads, catalog } = world
  const maxBytes = settings.MAX_UPLOAD_MIB * MIB
  const idleMs = settings.REQUEST_TIMEOUT_SECONDS * 1000

  return {
    async beginUpload({ caller, database, body }) {
      if (body.size > maxBytes) throw new AppError('request/too-large', { limit: settings.MAX_UPLOAD_MIB, unit: 'MiB', setting: 'MAX_UPLOAD_MIB' })
      await assertUploadFits(world, caller, { databaseId: database.id, externalId: body.external_id ?? body.name }, body.size)
      const begun = await uploads.begin({
        accountId: caller.accountId,
        databaseId: database.id,
        ownerId: caller.ownerId,
        name: body.name,
        size: body.size,
        mediaType: body.media_type,
        externalId: body.external_id,
        title: body.title,
        metadata: body.metadata ?? {},
        fingerprint: body.fingerprint,
      })
      return presentResumable(begun)
    },

    getUpload: async ({ caller, database, parameters }) => presentResumable(await uploads.upload(caller.accountId, database.id, parameters.upload)),

    async sendPiece({ caller, database, parameters, query, bytes, signal }) {
      return presentResumable(await uploads.append(caller.accountId, database.id, parameters.upload, query.offset, pieceOf(bytes, { idleMs, signal })))
    },

    async finishUpload({ caller, database, parameters, signal }) {
      const taken = await uploads
        .finish(caller.accountId, database.id, parameters.upload, async (upload, content) => {
          const { name, mediaType, metadata, externalId, title } = upload
          const input = {
            name,
            mediaType,
            metadata,
            content,
            maxBytes,
            ...(externalId === undefined ? {} : { externalId }),
            ...(title === undefined ? {} : { title }),
          }
          const { document, outcome, job } = await flows.uploadFile(world, caller, database.id, input, signal)
          return { documentId: document.id, outcome, jobId: job?.id }
        })
        .catch(async (fault: unknown) => {
          // What cannot be taken in now never can.
          if (fault instanceof AppError && fault.status === 422) await uploads.discard(caller.accountId, database.id, parameters.upload)
          throw fault
        })
      const document = await catalog.document(caller.ownerId, database.id, taken.documentId)
      return { documents: [{ document: presentDocument(document, manages(caller)), outcome: taken.outcome, job_id: taken.jobId ?? null }], refused: [] }
    },

    async removeUpload({ caller, database, parameters }) {
      const { upload } = parameters
      if (!(await uploads.discard(caller.accountId, database.id, upload))) throw new AppError('upload/not-found', { upload: upload.slice(0, 64) })
      return { id: upload }
    },
  }
}

function presentResumable(upload: ResumableUpload): z.input<typeof resumableReply> {
  return {
    id: upload.id,
    database_id: upload.databaseId,
    name: upload.name,
    size: upload.size,
    offset: upload.offset,
    media_type: upload.mediaType,
    external_id: upload.externalId ?? null,
    title: upload.title ?? null,
    metadata: presentMetadata(upload.metadata),
    state: upload.taken === undefined ? 'open' : 'finished',
    document_id: upload.taken?.documentId ?? null,
    created_at: new Date(upload.createdAt).toISOString(),
    expires_at: new Date(upload.expiresAt).toISOString(),
  }
}

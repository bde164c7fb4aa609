import { Readable } from 'node:stream'
import { type documentRoutes, TEXT_WINDOW } from '../../api/documents.ts'
import type { FormShape } from '../../api/route.ts'
import type { Caller } from '../../domain/caller.ts'
import type { Database } from '../../domain/database.ts'
import { AppError } from '../../domain/errors.ts'
import type { Metadata } from '../../domain/metadata.ts'
import { visibleDocument, visibleDocuments } from '../../flows/visible-document.ts'
import type { FormReader } from '../form.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { presentBlock, presentChunk, presentDocument, presentJob, presentProblem, presentUpload } from '../present.ts'
import { manages } from '../problems.ts'
import { pageOf } from './databases.ts'

const MIB = 1_048_576

interface FileFields {
  readonly external_id?: string | undefined
  readonly title?: string | undefined
  readonly metadata?: Metadata | undefined
}

/** Takes the files of a form in, one after the other. What is wrong with a file itself is told beside the others. */
export async function takeFiles(
  { world, flows, settings }: Pick<Workshop, 'world' | 'flows' | 'settings'>,
  caller: Caller,
  databaseId: string,
  form: Pick<FormReader<FormShape>, 'files'>,
  signal: AbortSignal,
) {
  const documents: ReturnType<typeof presentUpload>[] = []
  const refused: { name: string; error: ReturnType<typeof presentProblem> }[] = []
  for await (const { fields, name, mediaType, content } of form.files()) {
    const given = fields as FileFields
    const input = { name, mediaType, content, metadata: given.metadata ?? {}, maxBytes: settings.MAX_UPLOAD_MIB * MIB }
    try {
      documents.push(presentUpload(await flows.uploadFile(world, caller, databaseId, { ...input, ...optional(given) }, signal)))
    } catch (fault) {
      // What fits into no plan is no fault of the files before it.
      if (!(fault instanceof AppError) || (fault.status !== 422 && fault.code !== 'limit/storage')) throw fault
      refused.push({ name: name.slice(0, 1000), error: presentProblem(fault.body(), manages(caller)) })
    }
  }
  return { documents, refused }
}

function optional({ external_id, title }: FileFields) {
  return { ...(external_id === undefined ? {} : { externalId: external_id }), ...(title === undefined ? {} : { title }) }
}

export function documentHandlers(workshop: Workshop): Handlers<keyof typeof documentRoutes> {
  const { world, flows, settings } = workshop
  const { catalog } = world
  const find = (caller: Caller, database: Database, document: string) => visibleDocument(world, caller, database.id, document)

  return {
    async listDocuments({ caller, database, query }) {
      const { state, search } = query
      const page = await visibleDocuments(world, caller, database.id, {
        ...pageOf(query),
        ...(state === undefined ? {} : { state }),
        ...(search === undefined ? {} : { search }),
      })
      return { documents: page.items.map((one) => presentDocument(one, manages(caller))), next_cursor: page.nextCursor ?? null }
    },

    async addDocuments({ caller, database, body, form, signal }) {
      if (form !== undefined) {
        await form.lead()
        const taken = await takeFiles(workshop, caller, database.id, form, signal)
        const [first] = taken.refused
        if (taken.documents.length === 0 && first !== undefined) throw new AppError(first.error.code, first.error.facts)
        if (taken.documents.length === 0) throw new AppError('request/invalid', { in: 'form', problems: ['files: needs at least one file'] })
        return taken
      }
      const { text, name, media_type, metadata } = body
      const content = Readable.from([Buffer.from(text)])
      const input = { name, mediaType: media_type, content, metadata: metadata ?? {}, maxBytes: settings.MAX_UPLOAD_MIB * MIB, ...optional(body) }
      return { documents: [presentUpload(await flows.uploadFile(world, caller, database.id, input, signal))], refused: [] }
    },

    getDocument: async ({ caller, database, parameters }) => presentDocument(await find(caller, database, parameters.document), manages(caller)),

    async updateDocument({ caller, database, parameters, body }) {
      const { id } = await find(caller, database, parameters.document)
      return presentDocument(await flows.setMetadata(world, caller, database.id, id, body.metadata), manages(caller))
    },

    async removeDocument({ caller, database, parameters }) {
      const { id } = await find(caller, database, parameters.document)
      return { job: presentJob(await flows.removeDocument(world, caller, database.id, id)) }
    },

    async retryDocument({ caller, database, parameters }) {
      const { id } = await find(caller, database, parameters.document)
      return { job: presentJob(await catalog.retryDocument(caller.ownerId, database.id, id)) }
    },

    async listChunks({ caller, database, parameters, query }) {
      const [{ id }, version] = await Promise.all([find(caller, database, parameters.document), catalog.version(database.liveVersionId)])
      const ref = { databaseId: database.id, versionId: version.id, settings: version.settings }
      const { chunks, total } = await world.chunks.list(ref, id, query)
      return { chunks: chunks.map(presentChunk), total }
    },

    async readText({ caller, database, parameters, query }) {
      const { id } = await find(caller, database, parameters.document)
      const { document, extracted } = await flows.readText(world, caller, database.id, id)
      const { text } = extracted
      const start = Math.min(query.start, text.length)
      const end = Math.max(start, Math.min(query.end ?? text.length, text.length, start + TEXT_WINDOW))
      const touches = (range: { readonly start: number; readonly end: number }) => range.start < end && range.end > start
      return {
        document_id: document.id,
        revision: document.liveRevision ?? null,
        text: text.slice(start, end),
        start,
        end,
        characters: text.length,
        blocks: extracted.blocks.filter(touches).map(presentBlock),
        pages: extracted.pages
          .filter(touches)
          .map((page) => ({ number: page.number, label: page.label ?? null, start: page.start, end: page.end, ocr: page.ocr ?? false })),
      }
    },

    async readContent({ caller, database, parameters }) {
      const document = await find(caller, database, parameters.document)
      if ((await world.blobs.size(document.sha256)) === undefined) throw new AppError('blob/not-found', { document: document.id })
      return {
        stream: Readable.from(world.blobs.read(document.sha256)),
        headers: {
          // Whatever it claims to be, a browser must keep it as a file and never show it under our address.
          'content-type': 'application/octet-stream',
          'content-length': String(document.size),
          'content-disposition': `attachment; filename="${asciiName(document.name)}"; filename*=UTF-8''${encodedName(document.name)}`,
          'content-security-policy': "sandbox; default-src 'none'",
          etag: `"${document.sha256}"`,
        },
      }
    },
  }
}

function asciiName(name: string): string {
  return baseName(name).replace(/[^\w. -]/g, '_')
}

function encodedName(name: string): string {
  return encodeURIComponent(baseName(name).toWellFormed()).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

function baseName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? ''
  return last === '' ? 'document' : last.slice(-150)
}

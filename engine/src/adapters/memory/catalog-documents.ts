import type { Database } from '../../domain/database.ts'
import type { Document } from '../../domain/document.ts'
import { AppError } from '../../domain/errors.ts'
import type { Catalog, DatabaseSummary } from '../../ports/catalog.ts'
import { foldForSearch, outcomeOf, pageOf, pageSize, readCursor, searchKey } from '../catalog-rules.ts'
import {
  addJob,
  afterPlace,
  bringUpBuilt,
  type CatalogState,
  changeDocument,
  isActive,
  type MemoryDocument,
  newestFirst,
  publicDocument,
  publicJob,
  supersedeIngests,
} from './catalog-state.ts'

type DocumentMethods = Pick<
  Catalog,
  | 'acceptUpload'
  | 'document'
  | 'documentById'
  | 'documents'
  | 'missingDocuments'
  | 'summary'
  | 'overview'
  | 'setMetadata'
  | 'retryDocument'
  | 'removeDocument'
  | 'forgetDocument'
  | 'entries'
  | 'markProcessing'
  | 'markExtracted'
  | 'markFailed'
  | 'markArchive'
  | 'markPublished'
  | 'unpublished'
  | 'blobInUse'
>

export function memoryDocuments(state: CatalogState, findDatabase: (ownerId: string, id: string) => Database): DocumentMethods {
  const { now, newId } = state
  const all = () => [...state.documents.values()]
  const visible = (databaseId: string) => all().filter((document) => document.databaseId === databaseId && document.state !== 'deleting')

  function find(databaseId: string, id: string): MemoryDocument {
    const document = visible(databaseId).find((each) => each.id === id)
    if (document === undefined) throw new AppError('document/not-found', { document: id })
    return document
  }
  function summaryOf(databaseId: string): DatabaseSummary {
    const documents = { queued: 0, processing: 0, ready: 0, failed: 0, archive: 0, deleting: 0 }
    const sums = { chunks: 0, tokens: 0, bytes: 0 }
    for (const document of all()) {
      if (document.databaseId !== databaseId) continue
      documents[document.state] += 1
      if (document.state === 'deleting' || document.liveRevision === undefined) continue
      sums.chunks += document.chunks
      sums.tokens += document.tokens
      sums.bytes += document.size
    }
    return { documents, ...sums }
  }
  const byExternalId = (databaseId: string, externalId: string) => visible(databaseId).find((each) => each.externalId === externalId)
  const shown = (id: string): Document => {
    const row = state.documents.get(id)
    if (row === undefined) throw new AppError('document/not-found', { document: id })
    return publicDocument(row)
  }
  const ingestJob = (ownerId: string, document: Document) =>
    addJob(state, {
      kind: 'ingest',
      ownerId,
      databaseId: document.databaseId,
      documentId: document.id,
      revision: document.revision,
      versionId: undefined,
    })
  function mark(documentId: string, revision: number, change: (document: MemoryDocument) => Partial<MemoryDocument>): boolean {
    const document = state.documents.get(documentId)
    if (document === undefined || document.state === 'deleting' || document.revision !== revision) return false
    changeDocument(state, documentId, change(document))
    return true
  }

  return {
    async acceptUpload(input) {
      const { ownerId, databaseId, parentId, externalId, name, mediaType, size, sha256, metadata, title } = input
      findDatabase(ownerId, databaseId)
      if (parentId !== undefined) find(databaseId, parentId)
      const existing = byExternalId(databaseId, externalId)
      const time = now()
      if (existing === undefined) {
        const id = newId('doc')
        const facts = { id, databaseId, externalId, name, title, mediaType, size, sha256, metadata, parentId, createdAt: time, updatedAt: time }
        const none = { liveRevision: undefined, extractedSha256: undefined, nextExtractedSha256: undefined, error: undefined, pages: undefined }
        state.documents.set(id, { ...facts, ...none, state: 'queued', revision: 1, warnings: [], chunks: 0, tokens: 0 })
        return { document: shown(id), outcome: 'created', job: ingestJob(ownerId, shown(id)) }
      }
      const { id } = existing
      const outcome = outcomeOf(existing, input)
      if (outcome === 'unchanged') return { document: shown(id), outcome, job: undefined }
      changeDocument(state, id, { name, metadata, title: outcome === 'updated' ? title : (title ?? existing.title), updatedAt: time })
      if (outcome === 'relabelled') return { document: shown(id), outcome, job: undefined }
      if (outcome === 'updated') {
        changeDocument(state, id, { revision: existing.revision + 1, mediaType, size, sha256, nextExtractedSha256: undefined, warnings: [], parentId })
        if (existing.liveRevision === undefined) changeDocument(state, id, { extractedSha256: undefined, pages: undefined })
      }
      supersedeIngests(state, id)
      changeDocument(state, id, { state: 'queued', error: undefined })
      return { document: shown(id), outcome, job: ingestJob(ownerId, shown(id)) }
    },
    async document(ownerId, databaseId, idOrExternalId) {
      findDatabase(ownerId, databaseId)
      const document = visible(databaseId).find((each) => each.id === idOrExternalId) ?? byExternalId(databaseId, idOrExternalId)
      return publicDocument(document ?? find(databaseId, idOrExternalId))
    },
    async documentById(id) {
      const row = state.documents.get(id)
      return row === undefined ? undefined : publicDocument(row)
    },
    async documents(ownerId, databaseId, { limit, cursor, state: wanted, search }) {
      const place = readCursor(cursor)
      findDatabase(ownerId, databaseId)
      const found = visible(databaseId).filter(
        (each) =>
          (wanted === undefined || each.state === wanted) &&
          (search === undefined || searchKey(each).includes(foldForSearch(search))) &&
          afterPlace(each, place),
      )
      return pageOf(found.sort(newestFirst).map(publicDocument), pageSize(limit))
    },
    async missingDocuments(databaseId, externalIds) {
      const there = new Set(visible(databaseId).map(({ externalId }) => externalId))
      return [...new Set(externalIds)].filter((id) => !there.has(id))
    },
    summary: async (databaseId) => summaryOf(databaseId),
    async overview(databaseIds) {
      const found = [...new Set(databaseIds)].flatMap((id) => {
        const database = state.databases.get(id)
        const version = database?.state === 'live' ? state.versions.get(database.liveVersionId) : undefined
        return version === undefined ? [] : [[id, { version, summary: summaryOf(id) }] as const]
      })
      return new Map(found)
    },
    async setMetadata(ownerId, databaseId, documentId, metadata) {
      findDatabase(ownerId, databaseId)
      find(databaseId, documentId)
      changeDocument(state, documentId, { metadata })
      return shown(documentId)
    },
    async retryDocument(ownerId, databaseId, documentId) {
      findDatabase(ownerId, databaseId)
      const document = find(databaseId, documentId)
      const active = [...state.jobs.values()].find(
        (job) => job.kind === 'ingest' && job.documentId === documentId && job.revision === document.revision && isActive(job) && !job.cancelRequested,
      )
      if (active !== undefined && document.state !== 'failed') return publicJob(active)
      supersedeIngests(state, documentId)
      changeDocument(state, documentId, { state: 'queued', error: undefined })
      return ingestJob(ownerId, document)
    },
    async removeDocument(ownerId, databaseId, documentId) {
      findDatabase(ownerId, databaseId)
      const family = [find(databaseId, documentId).id]
      for (const id of family)
        for (const child of all()) if (child.parentId === id && child.state !== 'deleting' && !family.includes(child.id)) family.push(child.id)
      const [first] = family.map((id) => {
        supersedeIngests(state, id)
        changeDocument(state, id, { state: 'deleting' })
        return addJob(state, { kind: 'remove', ownerId, databaseId, documentId: id, revision: undefined, versionId: undefined })
      })
      if (first === undefined) throw new AppError('document/not-found', { document: documentId })
      return first
    },
    async entries(archiveId) {
      const found = all().filter((document) => document.parentId === archiveId && document.state !== 'deleting')
      return found.sort((a, b) => (a.id < b.id ? -1 : 1)).map(publicDocument)
    },
    async forgetDocument(id) {
      if (state.documents.get(id)?.state !== 'deleting') return
      state.documents.delete(id)
      for (const published of state.published.values()) published.delete(id)
    },
    async markProcessing(documentId, revision) {
      return mark(documentId, revision, () => ({ state: 'processing', error: undefined }))
    },
    async markExtracted(documentId, revision, { mediaType, title, pages, extractedSha256, warnings }) {
      return mark(documentId, revision, (document) => ({
        mediaType,
        title: title ?? document.title,
        pages,
        warnings,
        ...(document.liveRevision === undefined ? { extractedSha256 } : { nextExtractedSha256: extractedSha256 }),
      }))
    },
    async markFailed(documentId, revision, error) {
      return mark(documentId, revision, () => ({ state: 'failed', error }))
    },
    async markArchive(documentId, revision) {
      return mark(documentId, revision, () => {
        for (const published of state.published.values()) published.delete(documentId)
        const none = { error: undefined, liveRevision: undefined, extractedSha256: undefined, nextExtractedSha256: undefined, pages: undefined }
        return { ...none, state: 'archive', chunks: 0, tokens: 0 }
      })
    },
    async markPublished(documentId, revision, versionId, { chunks, tokens }) {
      const document = state.documents.get(documentId)
      if (document === undefined || document.state === 'deleting') return false
      if (document.revision !== revision && document.liveRevision !== revision) return false
      const version = state.versions.get(versionId)
      if (version === undefined || version.databaseId !== document.databaseId) throw new AppError('version/not-found', { version: versionId })
      if (version.state !== 'live' && version.state !== 'building' && version.state !== 'built')
        throw new AppError('version/stale', { version: versionId, state: version.state })
      const published = state.published.get(versionId) ?? new Map()
      state.published.set(versionId, published.set(documentId, { revision, chunks, tokens }))
      if (version.state !== 'live') return true
      changeDocument(state, documentId, { chunks, tokens })
      if (document.revision === revision) {
        const extractedSha256 = document.nextExtractedSha256 ?? document.extractedSha256
        changeDocument(state, documentId, { state: 'ready', error: undefined, liveRevision: revision, extractedSha256, nextExtractedSha256: undefined })
      }
      bringUpBuilt(state, document.databaseId)
      return true
    },
    async unpublished(databaseId, versionId, { afterId = '', limit }) {
      const published = state.published.get(versionId)
      return visible(databaseId)
        .filter((each) => each.liveRevision !== undefined && each.id > afterId && published?.get(each.id)?.revision !== each.liveRevision)
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, pageSize(limit))
        .map(publicDocument)
    },
    async blobInUse(sha256) {
      return all().some(
        (each) => each.state !== 'deleting' && (each.sha256 === sha256 || each.extractedSha256 === sha256 || each.nextExtractedSha256 === sha256),
      )
    },
  }
}

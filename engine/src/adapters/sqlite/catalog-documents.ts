import type { Document } from '../../domain/document.ts'
import { AppError } from '../../domain/errors.ts'
import type { Catalog, DatabaseSummary, NewUpload } from '../../ports/catalog.ts'
import { foldForSearch, outcomeOf, pageOf, pageSize, readCursor, searchKey } from '../catalog-rules.ts'
import { FIRST, liveDatabase } from './catalog-databases.ts'
import { documentOf, jobOf, number, text, versionOf } from './catalog-rows.ts'
import type { Row, SqliteFile, Value } from './database.ts'
import { insertJob, type Making, supersedeIngests } from './queue-rows.ts'

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
>

const FREES = { freesSpace: true } as const

export function documentMethods(file: SqliteFile, making: Making): DocumentMethods {
  const { now, newId } = making

  /** Visible documents only; the database has been looked up with its owner. */
  function find(databaseId: string, id: string): Document {
    const row = file.get("SELECT * FROM documents WHERE id = ? AND database_id = ? AND state <> 'deleting'", id, databaseId)
    if (row === undefined) throw new AppError('document/not-found', { document: id })
    return documentOf(row)
  }
  function byExternalId(databaseId: string, externalId: string): Document | undefined {
    const row = file.get("SELECT * FROM documents WHERE database_id = ? AND external_id = ? AND state <> 'deleting'", databaseId, externalId)
    return row === undefined ? undefined : documentOf(row)
  }
  const ingestJob = (ownerId: string, databaseId: string, documentId: string, revision: number) =>
    insertJob(file, making, { kind: 'ingest', ownerId, databaseId, documentId, revision, versionId: undefined })

  function insert(input: NewUpload): Document {
    const [id, time] = [newId('doc'), now()]
    file.run(
      `INSERT INTO documents (id, database_id, external_id, name, title, media_type, size, sha256, metadata, state, revision, warnings, chunks, tokens,
         parent_id, search_key, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', 1, '[]', 0, 0, ?, ?, ?, ?)`,
      ...[id, input.databaseId, input.externalId, input.name, input.title, input.mediaType, input.size, input.sha256],
      ...[JSON.stringify(input.metadata), input.parentId, searchKey(input), time, time],
    )
    return find(input.databaseId, id)
  }
  function label(document: Document, input: Pick<NewUpload, 'name' | 'metadata'> & { readonly title: string | undefined }): void {
    file.run(
      'UPDATE documents SET name = ?, title = ?, metadata = ?, search_key = ?, updated_at = ? WHERE id = ?',
      ...[input.name, input.title, JSON.stringify(input.metadata), searchKey({ ...input, externalId: document.externalId }), now(), document.id],
    )
  }
  function queueAgain(document: Document): void {
    supersedeIngests(file, document.id, now())
    file.run("UPDATE documents SET state = 'queued', error = NULL WHERE id = ?", document.id)
  }
  /** The document and, for an archive, all that came out of it. */
  function withEntries(id: string): string[] {
    const rows = file.all(
      `WITH RECURSIVE family (id) AS (SELECT ? UNION SELECT d.id FROM documents d JOIN family f ON d.parent_id = f.id WHERE d.state <> 'deleting')
       SELECT id FROM family`,
      id,
    )
    return rows.map((row) => text(row, 'id'))
  }

  return {
    async acceptUpload(input) {
      return file.write(() => {
        liveDatabase(file, input.ownerId, input.databaseId)
        // An archive that was removed while it was being unpacked gets no more entries.
        if (input.parentId !== undefined) find(input.databaseId, input.parentId)
        const existing = byExternalId(input.databaseId, input.externalId)
        if (existing === undefined) {
          const document = insert(input)
          return { document, outcome: 'created', job: ingestJob(input.ownerId, input.databaseId, document.id, 1) }
        }
        const outcome = outcomeOf(existing, input)
        if (outcome === 'unchanged') return { document: existing, outcome, job: undefined }
        label(existing, { ...input, title: outcome === 'updated' ? input.title : (input.title ?? existing.title) })
        if (outcome === 'relabelled') return { document: find(input.databaseId, existing.id), outcome, job: undefined }
        if (outcome === 'updated') {
          file.run(
            `UPDATE documents SET revision = revision + 1, media_type = ?, size = ?, sha256 = ?, next_extracted_sha256 = NULL, warnings = '[]',
               extracted_sha256 = iif(live_revision IS NULL, NULL, extracted_sha256), pages = iif(live_revision IS NULL, NULL, pages), parent_id = ? WHERE id = ?`,
            ...[input.mediaType, input.size, input.sha256, input.parentId, existing.id],
          )
        }
        queueAgain(existing)
        const document = find(input.databaseId, existing.id)
        return { document, outcome, job: ingestJob(input.ownerId, input.databaseId, document.id, document.revision) }
      })
    },
    async document(ownerId, databaseId, idOrExternalId) {
      return file.read(() => {
        liveDatabase(file, ownerId, databaseId)
        const row = file.get("SELECT * FROM documents WHERE id = ? AND database_id = ? AND state <> 'deleting'", idOrExternalId, databaseId)
        const document = row === undefined ? byExternalId(databaseId, idOrExternalId) : documentOf(row)
        if (document === undefined) throw new AppError('document/not-found', { document: idOrExternalId })
        return document
      })
    },
    async documentById(id) {
      const row = file.get('SELECT * FROM documents WHERE id = ?', id)
      return row === undefined ? undefined : documentOf(row)
    },
    async documents(ownerId, databaseId, { limit, cursor, state, search }) {
      const size = pageSize(limit)
      const place = readCursor(cursor) ?? FIRST
      const conditions: [string, ...Value[]][] = [
        ["database_id = ? AND state <> 'deleting'", databaseId],
        ['created_at <= ? AND (created_at < ? OR id > ?)', place.createdAt, place.createdAt, place.id],
      ]
      if (state !== undefined) conditions.push(['state = ?', state])
      if (search !== undefined && search !== '') conditions.push(['instr(search_key, ?) > 0', foldForSearch(search)])
      const where = conditions.map(([sql]) => sql).join(' AND ')
      const values = conditions.flatMap(([, ...rest]) => rest)
      return file.read(() => {
        liveDatabase(file, ownerId, databaseId)
        const rows = file.all(`SELECT * FROM documents WHERE ${where} ORDER BY created_at DESC, id LIMIT ?`, ...values, size + 1)
        return pageOf(rows.map(documentOf), size)
      })
    },
    async missingDocuments(databaseId, externalIds) {
      const rows = file.all(
        "SELECT external_id FROM documents WHERE database_id = ? AND external_id IN (SELECT value FROM json_each(?)) AND state <> 'deleting'",
        ...[databaseId, JSON.stringify(externalIds)],
      )
      const there = new Set(rows.map((row) => text(row, 'external_id')))
      return [...new Set(externalIds)].filter((id) => !there.has(id))
    },
    async summary(databaseId) {
      return summaryOf(file.all('SELECT * FROM document_counts WHERE database_id = ?', databaseId))
    },
    async overview(databaseIds) {
      const ids = JSON.stringify(databaseIds)
      const [versions, counts] = file.read(() => [
        file.all(
          `SELECT v.* FROM databases d JOIN versions v ON v.id = d.live_version_id
           WHERE d.id IN (SELECT value FROM json_each(?)) AND d.state = 'live'`,
          ids,
        ),
        file.all('SELECT * FROM document_counts WHERE database_id IN (SELECT value FROM json_each(?))', ids),
      ])
      const byDatabase = Map.groupBy(counts, (row) => text(row, 'database_id'))
      return new Map(versions.map(versionOf).map((version) => [version.databaseId, { version, summary: summaryOf(byDatabase.get(version.databaseId) ?? []) }]))
    },
    async setMetadata(ownerId, databaseId, documentId, metadata) {
      return file.write(() => {
        liveDatabase(file, ownerId, databaseId)
        find(databaseId, documentId)
        file.run('UPDATE documents SET metadata = ? WHERE id = ?', JSON.stringify(metadata), documentId)
        return find(databaseId, documentId)
      })
    },
    async retryDocument(ownerId, databaseId, documentId) {
      return file.write(() => {
        liveDatabase(file, ownerId, databaseId)
        const document = find(databaseId, documentId)
        const active = file.get(
          "SELECT * FROM jobs WHERE lane = ? AND state IN ('queued', 'running') AND kind = 'ingest' AND revision = ? AND cancel_requested = 0",
          ...[documentId, document.revision],
        )
        if (active !== undefined && document.state !== 'failed') return jobOf(active)
        queueAgain(document)
        return ingestJob(ownerId, databaseId, documentId, document.revision)
      })
    },
    async removeDocument(ownerId, databaseId, documentId) {
      return file.write(() => {
        liveDatabase(file, ownerId, databaseId)
        find(databaseId, documentId)
        const jobs = withEntries(documentId).map((id) => {
          supersedeIngests(file, id, now())
          file.run("UPDATE documents SET state = 'deleting' WHERE id = ?", id)
          return insertJob(file, making, { kind: 'remove', ownerId, databaseId, documentId: id, revision: undefined, versionId: undefined })
        })
        const first = jobs[0]
        if (first === undefined) throw new AppError('document/not-found', { document: documentId })
        return first
      }, FREES)
    },
    async entries(archiveId) {
      return file.all("SELECT * FROM documents WHERE parent_id = ? AND state <> 'deleting' ORDER BY id", archiveId).map(documentOf)
    },
    async forgetDocument(id) {
      file.write(() => file.run("DELETE FROM documents WHERE id = ? AND state = 'deleting'", id), FREES)
    },
  }
}

function summaryOf(rows: readonly Row[]): DatabaseSummary {
  const documents = { queued: 0, processing: 0, ready: 0, failed: 0, archive: 0, deleting: 0 }
  let sums: Omit<DatabaseSummary, 'documents'> = { chunks: 0, tokens: 0, bytes: 0 }
  for (const row of rows) {
    const state = text(row, 'state') as keyof typeof documents
    documents[state] = number(row, 'documents')
    if (state === 'deleting') continue
    sums = { chunks: sums.chunks + number(row, 'chunks'), tokens: sums.tokens + number(row, 'tokens'), bytes: sums.bytes + number(row, 'bytes') }
  }
  return { documents, ...sums }
}

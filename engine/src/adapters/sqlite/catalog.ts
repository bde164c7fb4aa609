import type { Document } from '../../domain/document.ts'
import { AppError } from '../../domain/errors.ts'
import type { Catalog } from '../../ports/catalog.ts'
import { pageSize, REMEMBER_MS, searchKey } from '../catalog-rules.ts'
import { databaseMethods } from './catalog-databases.ts'
import { documentMethods } from './catalog-documents.ts'
import { documentOf, number, text } from './catalog-rows.ts'
import { shareMethods } from './catalog-shares.ts'
import type { SqliteFile } from './database.ts'
import { bringUpBuilt, type Making } from './queue-rows.ts'

/** The catalog in one SQLite file; every thread makes its own over its own connection. Closing it closes the file. */
export function sqliteCatalog(file: SqliteFile, making: Making): Catalog {
  return {
    ...databaseMethods(file, making),
    ...shareMethods(file, making),
    ...documentMethods(file, making),
    ...workMethods(file, making),
    ...restMethods(file, making),
  }
}

type WorkMethods = Pick<Catalog, 'markProcessing' | 'markExtracted' | 'markFailed' | 'markArchive' | 'markPublished' | 'unpublished' | 'blobInUse'>
const FREES = { freesSpace: true } as const

function workMethods(file: SqliteFile, making: Making): WorkMethods {
  function changeable(documentId: string): Document | undefined {
    const row = file.get("SELECT * FROM documents WHERE id = ? AND state <> 'deleting'", documentId)
    return row === undefined ? undefined : documentOf(row)
  }
  /** Runs `change` on the document when `revision` is its newest. */
  function mark(documentId: string, revision: number, change: (document: Document) => void): boolean {
    return file.write(() => {
      const document = changeable(documentId)
      if (document?.revision !== revision) return false
      change(document)
      return true
    }, FREES)
  }
  return {
    async markProcessing(documentId, revision) {
      return mark(documentId, revision, () => file.run("UPDATE documents SET state = 'processing', error = NULL WHERE id = ?", documentId))
    },
    async markExtracted(documentId, revision, { mediaType, title, pages, extractedSha256, warnings }) {
      return mark(documentId, revision, (document) => {
        const shown = title ?? document.title
        // What answers is quoted from the live extraction: it stays until the new revision is live.
        const column = document.liveRevision === undefined ? 'extracted_sha256' : 'next_extracted_sha256'
        file.run(
          `UPDATE documents SET media_type = ?, title = ?, pages = ?, ${column} = ?, warnings = ?, search_key = ? WHERE id = ?`,
          ...[mediaType, shown, pages, extractedSha256, JSON.stringify(warnings), searchKey({ ...document, title: shown }), documentId],
        )
      })
    },
    async markFailed(documentId, revision, error) {
      return mark(documentId, revision, () => file.run("UPDATE documents SET state = 'failed', error = ? WHERE id = ?", JSON.stringify(error), documentId))
    },
    async markArchive(documentId, revision) {
      return mark(documentId, revision, () => {
        file.run(
          `UPDATE documents SET state = 'archive', error = NULL, live_revision = NULL, extracted_sha256 = NULL, next_extracted_sha256 = NULL, pages = NULL,
             chunks = 0, tokens = 0 WHERE id = ?`,
          documentId,
        )
        file.run('DELETE FROM published WHERE document_id = ?', documentId)
      })
    },
    async markPublished(documentId, revision, versionId, { chunks, tokens }) {
      return file.write(() => {
        const document = changeable(documentId)
        if (document === undefined || (document.revision !== revision && document.liveRevision !== revision)) return false
        const version = file.get('SELECT database_id, state FROM versions WHERE id = ?', versionId)
        if (version === undefined || version.database_id !== document.databaseId) throw new AppError('version/not-found', { version: versionId })
        const state = text(version, 'state')
        if (state !== 'live' && state !== 'building' && state !== 'built') throw new AppError('version/stale', { version: versionId, state })
        file.run(
          `INSERT INTO published (version_id, document_id, revision, chunks, tokens) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET revision = excluded.revision, chunks = excluded.chunks, tokens = excluded.tokens`,
          ...[versionId, documentId, revision, chunks, tokens],
        )
        if (state !== 'live') return true
        if (document.revision === revision) {
          file.run(
            `UPDATE documents SET state = 'ready', error = NULL, live_revision = revision, extracted_sha256 = coalesce(next_extracted_sha256, extracted_sha256),
               next_extracted_sha256 = NULL, chunks = ?, tokens = ? WHERE id = ?`,
            ...[chunks, tokens, documentId],
          )
        } else file.run('UPDATE documents SET chunks = ?, tokens = ? WHERE id = ?', chunks, tokens, documentId)
        bringUpBuilt(file, making, document)
        return true
      }, FREES)
    },
    async unpublished(databaseId, versionId, { afterId = '', limit }) {
      return file
        .all(
          `SELECT d.* FROM documents d LEFT JOIN published p ON p.version_id = ? AND p.document_id = d.id
           WHERE d.database_id = ? AND d.live_revision IS NOT NULL AND d.state <> 'deleting' AND d.id > ? AND p.revision IS NOT d.live_revision
           ORDER BY d.id LIMIT ?`,
          ...[versionId, databaseId, afterId, pageSize(limit)],
        )
        .map(documentOf)
    },
    async blobInUse(sha256) {
      const row = file.get(
        `SELECT EXISTS (SELECT 1 FROM documents WHERE sha256 = ?1 AND state <> 'deleting')
           OR EXISTS (SELECT 1 FROM documents WHERE extracted_sha256 = ?1 AND state <> 'deleting')
           OR EXISTS (SELECT 1 FROM documents WHERE next_extracted_sha256 = ?1 AND state <> 'deleting') AS used`,
        sha256,
      )
      return row !== undefined && number(row, 'used') === 1
    },
  }
}

function restMethods(file: SqliteFile, { now }: Making): Pick<Catalog, 'recall' | 'remember' | 'check' | 'close'> {
  return {
    async recall(ownerId, key) {
      const row = file.get('SELECT * FROM replies WHERE owner_id = ? AND key = ? AND expires_at > ?', ownerId, key, now())
      return row === undefined ? undefined : { fingerprint: text(row, 'fingerprint'), status: number(row, 'status'), body: text(row, 'body') }
    },
    async remember(ownerId, key, { fingerprint, status, body }) {
      file.write(() => {
        file.run('DELETE FROM replies WHERE expires_at <= ?', now())
        // The first reply is the one that was acted on.
        file.run(
          'INSERT OR IGNORE INTO replies (owner_id, key, fingerprint, status, body, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
          ...[ownerId, key, fingerprint, status, body, now() + REMEMBER_MS],
        )
      })
    },
    async check() {
      file.check()
    },
    async close() {
      file.close()
    },
  }
}

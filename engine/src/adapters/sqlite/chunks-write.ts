import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { IndexedChunk } from '../../domain/chunk.ts'
import type { DocumentFields } from '../../domain/document.ts'
import { checkVector } from '../vector-check.ts'
import { type ChunkPaths, damaged, transaction } from './chunk-file.ts'
import { keep, keepHash } from './chunks-text.ts'
import type { Lexical } from './lexical.ts'
import { blockEditor } from './scan-blocks.ts'
import { directionOf, packVector } from './scan-codes.ts'

/** The changes of one chunk file; each call is one transaction. */
export interface ChunkWriter {
  stage(chunks: readonly IndexedChunk[]): void
  publish(document: DocumentFields, revision: number, chunkCount: number): void
  discard(documentId: string, revision: number): void
  remove(documentIds: readonly string[]): void
  setFields(document: DocumentFields): void
}

interface DocumentRow {
  readonly document: number
  readonly live: number | null
}

/** Postings are rewritten when this share of their chunks is gone, and so many. */
const COMPACT = { share: 0.3, least: 2_000 } as const

export function chunkWriter(db: DatabaseSync, paths: ChunkPaths, lexical: Lexical, embedder: string, dimensions: number): ChunkWriter {
  const findDocument = db.prepare('SELECT document, live_revision AS live FROM documents WHERE document_id = ?')
  const addDocument = db.prepare("INSERT INTO documents (document_id, fields, change) VALUES (?, '{}', 0) RETURNING document")
  const setLive = db.prepare('UPDATE documents SET live_revision = ?, fields = ?, change = ? WHERE document = ?')
  const setFieldsOf = db.prepare('UPDATE documents SET fields = ?, change = ? WHERE document = ?')
  const markRemoved = db.prepare('INSERT OR IGNORE INTO removed VALUES (?)')
  const findRemoved = db.prepare('SELECT 1 FROM removed WHERE document_id = ?')
  const dropDocument = db.prepare('DELETE FROM documents WHERE document = ?')
  const findChunk = db.prepare(
    'SELECT row, hash, text, start, "end", context, heading_path AS path FROM chunks WHERE document = ? AND revision = ? AND ordinal = ?',
  )
  const addChunk = db.prepare(`
    INSERT INTO chunks (document, revision, ordinal, start, "end", first_page, last_page, tokens, hash, heading_path, context, text)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING row`)
  const addVector = db.prepare('INSERT INTO vectors (row, value) VALUES (?, ?)')
  const rowsOfRevision = db.prepare('SELECT row, ordinal FROM chunks WHERE document = ? AND revision = ? ORDER BY ordinal')
  const rowsBefore = db.prepare('SELECT row FROM chunks WHERE document = ? AND (revision < ? OR (revision = ? AND ordinal >= ?))')
  const rowsOfDocument = db.prepare('SELECT row FROM chunks WHERE document = ?')
  const dropChunk = db.prepare('DELETE FROM chunks WHERE row = ?')
  const dropVector = db.prepare('DELETE FROM vectors WHERE row = ?')
  const countUp = db.prepare("UPDATE meta SET value = value + 1 WHERE key = 'change' RETURNING value")
  const nameGeneration = db.prepare("INSERT INTO meta VALUES ('generation', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
  const everyRow = db.prepare('SELECT row FROM chunks INDEXED BY chunks_place')
  const countRows = db.prepare('SELECT count(*) AS rows FROM chunks')
  const blocks = blockEditor(db, dimensions)
  let removedSince: number = COMPACT.least // looked at once after opening

  function write(work: (change: number) => void): void {
    transaction(db, 'IMMEDIATE', () => {
      const { value } = countUp.get() as { value: number }
      try {
        work(value)
        blocks.flush(value)
        nameGeneration.run(newGeneration())
      } finally {
        blocks.clear()
      }
    })
  }

  function documentOf(id: string): DocumentRow | undefined {
    return findDocument.get(id) as DocumentRow | undefined
  }

  /** A job that was under way may still write what a person has deleted. */
  const isRemoved = (id: string) => findRemoved.get(id) !== undefined

  function documentFor(id: string): DocumentRow {
    return documentOf(id) ?? { document: (addDocument.get(id) as { document: number }).document, live: null }
  }

  function dropRows(rows: Iterable<{ row: number }>): void {
    for (const { row } of rows) {
      dropChunk.run(row)
      dropVector.run(row)
      blocks.forget(row)
      removedSince += 1
    }
  }

  function compactWhereDue(): void {
    if (removedSince < COMPACT.least) return
    removedSince = 0
    const dead = lexical.size() - (countRows.get() as { rows: number }).rows
    if (dead < COMPACT.least || dead < COMPACT.share * lexical.size()) return
    transaction(db, 'IMMEDIATE', () => {
      const rows = (everyRow.all() as unknown as { row: number }[]).map(({ row }) => row)
      const kept = new Uint32Array((rows.reduce((most, row) => Math.max(most, row), 0) >>> 5) + 1)
      for (const row of rows) kept[row >>> 5] = (kept[row >>> 5] as number) | (1 << (row & 31))
      lexical.compact(kept, COMPACT.share)
      nameGeneration.run(newGeneration()) // rare words are counted anew
    })
  }

  /** Is the chunk there already? A staged one that differs is dropped for the new one; a live revision never changes. */
  function present(document: DocumentRow, chunk: IndexedChunk): boolean {
    if (document.live === chunk.revision) return true
    const found = findChunk.get(document.document, chunk.revision, chunk.ordinal) as Record<string, unknown> | undefined
    if (found === undefined) return false
    const wanted = {
      hash: keepHash(chunk.hash),
      text: keep(chunk.text),
      start: chunk.start,
      end: chunk.end,
      context: keep(chunk.context),
      path: JSON.stringify(chunk.headingPath),
    }
    if (Object.entries(wanted).every(([name, value]) => same(found[name], value))) return true
    dropRows([{ row: found.row as number }])
    return false
  }

  return {
    stage(chunks) {
      for (const { vector } of chunks) {
        if (dimensions > 0 || vector !== undefined) checkVector(vector ?? new Float32Array(0), dimensions, embedder)
      }
      if (chunks.length === 0) return
      write(() => {
        const gone = new Set([...new Set(chunks.map(({ documentId }) => documentId))].filter(isRemoved))
        const added: { row: number; terms: IndexedChunk['terms'] }[] = []
        const vectors: { row: number; direction: Float32Array }[] = []
        const documents = new Map<string, DocumentRow>()
        for (const chunk of chunks) {
          if (gone.has(chunk.documentId)) continue
          const document = documents.get(chunk.documentId) ?? documentFor(chunk.documentId)
          documents.set(chunk.documentId, document)
          if (present(document, chunk)) continue
          const { revision, ordinal, start, end, pages, tokens, hash, headingPath, context, text } = chunk
          const { row } = addChunk.get(
            document.document,
            revision,
            ordinal,
            start,
            end,
            pages?.[0] ?? null,
            pages?.[1] ?? null,
            tokens,
            keepHash(hash),
            JSON.stringify(headingPath),
            keep(context),
            keep(text),
          ) as { row: number }
          blocks.place(row, document.document, pages)
          added.push({ row, terms: chunk.terms })
          if (chunk.vector === undefined) continue
          const packed = packVector(chunk.vector)
          addVector.run(row, packed)
          vectors.push({ row, direction: directionOf(packed) })
        }
        lexical.add(added)
        blocks.encode(vectors)
      })
    },

    publish(fields, revision, chunkCount) {
      write((change) => {
        if (isRemoved(fields.documentId)) return
        const document = documentFor(fields.documentId)
        if (document.live !== null && revision < document.live) {
          dropRows(rowsOfRevision.all(document.document, revision) as unknown as { row: number }[])
          return
        }
        const rows = (rowsOfRevision.all(document.document, revision) as unknown as { row: number; ordinal: number }[]).filter(
          ({ ordinal }) => ordinal < chunkCount,
        )
        if (rows.length < chunkCount) throw damaged(paths, `${rows.length} of ${chunkCount} chunks of ${fields.documentId} are there`)
        dropRows(rowsBefore.all(document.document, revision, revision, chunkCount) as unknown as { row: number }[])
        for (const { row } of rows) blocks.show(row)
        setLive.run(revision, JSON.stringify(fields), change, document.document)
      })
      compactWhereDue()
    },

    discard(documentId, revision) {
      const document = documentOf(documentId)
      if (document === undefined || document.live === revision) return
      write(() => dropRows(rowsOfRevision.all(document.document, revision) as unknown as { row: number }[]))
      compactWhereDue()
    },

    remove(documentIds) {
      write(() => {
        for (const id of documentIds) {
          markRemoved.run(id)
          const document = documentOf(id)
          if (document === undefined) continue
          dropRows(rowsOfDocument.all(document.document) as unknown as { row: number }[])
          dropDocument.run(document.document)
        }
      })
      compactWhereDue()
    },

    setFields(fields) {
      write((change) => {
        const document = documentOf(fields.documentId)
        if (document !== undefined && document.live !== null) setFieldsOf.run(JSON.stringify(fields), change, document.document)
      })
    },
  }
}

/** Random rather than counted: an older copy of the file that is put back and goes on must not come by the same names. */
function newGeneration(): string {
  return randomBytes(12).toString('base64url')
}

function same(stored: unknown, wanted: unknown): boolean {
  return stored instanceof Uint8Array && wanted instanceof Uint8Array ? Buffer.compare(stored, wanted) === 0 : stored === wanted
}

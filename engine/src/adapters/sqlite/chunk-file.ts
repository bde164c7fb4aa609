import { randomUUID } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { IndexSettings } from '../../domain/database.ts'
import { AppError, type Facts } from '../../domain/errors.ts'
import type { VersionRef } from '../../ports/chunks.ts'
import { createLexicalTables } from './lexical.ts'

/**
 * One SQLite file per index version. A chunk has a `row` (from 1, ascending, never used again); rows lie in blocks of
 * 128, each with the bits of its live rows, the document and pages of each row and the codes for the scan. Every transaction
 * that changes something counts `change` up and marks what it touched with it: so another connection reads again only
 * what is new. Ids in `removed` never come back. A chunk is live when its revision is the live one of its document; `live` of the blocks says the same.
 */
const SCHEMA = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE documents (
    document INTEGER PRIMARY KEY AUTOINCREMENT, document_id TEXT NOT NULL UNIQUE, live_revision INTEGER,
    fields TEXT NOT NULL, change INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX documents_change ON documents (change);
  CREATE TABLE chunks (
    row INTEGER PRIMARY KEY AUTOINCREMENT, document INTEGER NOT NULL REFERENCES documents, revision INTEGER NOT NULL,
    ordinal INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, first_page INTEGER, last_page INTEGER,
    tokens INTEGER NOT NULL, hash ANY NOT NULL, heading_path TEXT NOT NULL, context ANY, text ANY NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX chunks_place ON chunks (document, revision, ordinal);
  CREATE INDEX chunks_hash ON chunks (hash);
  CREATE TABLE removed (document_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE vectors (row INTEGER PRIMARY KEY, value BLOB NOT NULL) STRICT;
  CREATE TABLE blocks (block INTEGER PRIMARY KEY, change INTEGER NOT NULL, live BLOB NOT NULL, documents BLOB NOT NULL, pages BLOB NOT NULL) STRICT;
  CREATE INDEX blocks_change ON blocks (change);
  CREATE TABLE codes (block INTEGER PRIMARY KEY, change INTEGER NOT NULL, codes BLOB NOT NULL, factors BLOB NOT NULL) STRICT;
  CREATE INDEX codes_change ON codes (change);
`
const SCHEMA_VERSION = 1
const APPLICATION_ID = 0x51525659 // "QRVY"
/** Writers wait for each other this long; a write of the store takes milliseconds. */
const BUSY_MS = 30_000
export const BLOCK = 128
const PATH_PART = /^[A-Za-z0-9_-]{1,128}$/

export interface ChunkPaths {
  readonly directory: string
  readonly file: string
  /** Says that the file was made: so a lost file is told from one that never was. */
  readonly marker: string
  readonly index: string
  /** For people: within the data folder. */
  readonly shown: string
}

/** @throws version/not-found when an id could not be one of ours: no foreign byte becomes a path */
export function chunkPaths(folder: string, version: VersionRef): ChunkPaths {
  const { databaseId, versionId } = version
  if (!PATH_PART.test(databaseId) || !PATH_PART.test(versionId)) throw new AppError('version/not-found', { version: versionId.slice(0, 128) })
  const directory = join(folder, databaseId)
  const [file, marker, index] = ['sqlite', 'made', 'index'].map((end) => join(directory, `${versionId}.${end}`)) as [string, string, string]
  return { directory, file, marker, index, shown: `databases/${databaseId}/${versionId}.sqlite` }
}

/** @throws store/damaged when a file that was made is gone */
export function createChunkFile(folder: string, version: VersionRef): void {
  const paths = chunkPaths(folder, version)
  if (!existsSync(paths.file)) {
    if (existsSync(paths.marker)) throw damaged(paths, 'the file is missing')
    guarded(paths, () => {
      mkdirSync(paths.directory, { recursive: true, mode: 0o700 })
      const draft = `${paths.file}.${randomUUID()}.new` // under its name only once it is complete
      const db = new DatabaseSync(draft)
      try {
        db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN; ${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}`)
        createLexicalTables(db)
        const insert = db.prepare('INSERT INTO meta VALUES (?, ?)')
        insert.run('settings', settingsText(version.settings))
        insert.run('change', 0)
        insert.run('identity', randomUUID())
        db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)`)
      } finally {
        db.close()
      }
      renameSync(draft, paths.file)
      syncPath(paths.directory)
    })
  }
  openChunkDatabase(paths, version).close()
  guarded(paths, () => {
    if (existsSync(paths.marker)) return
    writeFileSync(paths.marker, '')
    syncPath(paths.directory)
  })
}

/** Fine when there is nothing. The marker goes first: an interrupted drop leaves a file, never the tale of a lost one. */
export function dropChunkFile(folder: string, version: VersionRef): void {
  const paths = chunkPaths(folder, version)
  guarded(paths, () => {
    for (const path of [paths.marker, paths.index, paths.file, `${paths.file}-wal`, `${paths.file}-shm`]) {
      rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 }) // an index may just be written there
    }
    try {
      rmdirSync(paths.directory)
    } catch {
      // other versions live there, or it is gone already
    }
  })
}

/**
 * @throws version/not-found when it was never made, store/damaged when it is missing, not ours or made with other
 * settings, store/too-new
 */
export function openChunkDatabase(paths: ChunkPaths, version: VersionRef): DatabaseSync {
  if (!existsSync(paths.file)) {
    if (existsSync(paths.marker)) throw damaged(paths, 'the file is missing')
    throw new AppError('version/not-found', { version: version.versionId })
  }
  return guarded(paths, () => {
    checkHeader(paths)
    const db = new DatabaseSync(paths.file, { timeout: BUSY_MS, enableForeignKeyConstraints: false })
    try {
      // FULL: what is acknowledged survives a power cut too, since the catalog counts on it.
      db.exec('PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192')
      if (numberOf(db, 'PRAGMA application_id') !== APPLICATION_ID) throw damaged(paths, 'not a chunk store')
      const schema = numberOf(db, 'PRAGMA user_version')
      if (schema > SCHEMA_VERSION) throw new AppError('store/too-new', { file: paths.shown, schema })
      if (schema < SCHEMA_VERSION) throw damaged(paths, 'not a complete chunk store')
      const stored = db.prepare("SELECT value FROM meta WHERE key = 'settings'").get() as { value: string } | undefined
      if (stored?.value !== settingsText(version.settings)) throw damaged(paths, 'made with other settings than the catalog names')
      return db
    } catch (error) {
      db.close()
      throw error
    }
  })
}

/** SQLite would take an empty file for a new database. */
function checkHeader(paths: ChunkPaths): void {
  const header = Buffer.alloc(16)
  const handle = openSync(paths.file, 'r')
  try {
    readSync(handle, header, 0, 16, 0)
  } finally {
    closeSync(handle)
  }
  if (header.toString('latin1') !== 'SQLite format 3\0') throw damaged(paths, 'not a database')
}

/** The same file still lies there? Another thread may have dropped it. */
export function fileIdentity(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true })
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`
}

export function sizeOnDisk(paths: ChunkPaths): number {
  return [paths.file, `${paths.file}-wal`].reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0)
}

/** Runs `work` in one transaction. */
export function transaction<T>(db: DatabaseSync, kind: 'DEFERRED' | 'IMMEDIATE', work: () => T): T {
  db.exec(`BEGIN ${kind}`)
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK') // SQLite rolls back by itself when the disk is full
    throw error
  }
}

/** Translates what SQLite and the file system throw. */
export function guarded<T>(paths: ChunkPaths, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw translated(error, { file: paths.shown })
  }
}

const [BUSY, LOCKED, CORRUPT, FULL, NOT_A_DATABASE, SHORT_READ] = [5, 6, 11, 13, 26, 522]

function translated(error: unknown, facts: Facts): unknown {
  if (error instanceof AppError || !(error instanceof Error) || !('code' in error)) return error
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') return new AppError('store/full', facts, error)
  if (error.code !== 'ERR_SQLITE_ERROR' || !('errcode' in error) || typeof error.errcode !== 'number') {
    return typeof error.code === 'string' && /^E[A-Z]+$/.test(error.code) ? new AppError('store/unavailable', { ...facts, reason: error.code }, error) : error
  }
  const primary = error.errcode & 0xff
  if (primary === FULL) return new AppError('store/full', facts, error)
  if (primary === CORRUPT || primary === NOT_A_DATABASE || error.errcode === SHORT_READ) {
    return new AppError('store/damaged', { ...facts, reason: 'SQLite finds the file damaged' }, error)
  }
  if (primary === BUSY || primary === LOCKED) return new AppError('store/unavailable', { ...facts, reason: 'the file is busy' }, error)
  // A constraint or a wrong statement is a fault of ours, not of the disk.
  return primary === 10 || primary === 14 || primary === 8
    ? new AppError('store/unavailable', { ...facts, reason: `SQLite error ${error.errcode}` }, error)
    : error
}

export function damaged(paths: ChunkPaths, reason: string): AppError {
  return new AppError('store/damaged', { file: paths.shown, reason })
}

function settingsText(settings: IndexSettings): string {
  const { embedder, dimensions, chunkSize, chunkOverlap, analyzer } = settings
  return JSON.stringify({ embedder, dimensions, chunkSize, chunkOverlap, analyzer })
}

function numberOf(db: DatabaseSync, sql: string): number {
  return Number(Object.values(db.prepare(sql).get() ?? {})[0])
}

function syncPath(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

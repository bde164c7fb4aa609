import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, linkSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { AppError } from '../../domain/errors.ts'

export type Row = Record<string, SQLOutputValue>
export type Value = SQLInputValue | boolean | undefined

export interface Migration {
  readonly name: string
  readonly sql: string
  /** What its SQL may call, by name: of a text, always the same for the same one. */
  readonly functions?: Readonly<Record<string, (text: string) => string>>
}

export interface SqliteOptions {
  readonly path: string
  /** In order; forward only. Their names are recorded in the file. */
  readonly migrations: readonly Migration[]
  /** Marks a file as ours: a 31-bit number. */
  readonly applicationId: number
  /** Folders that hold something only when this file has existed: then a missing file is damage, not a first start. */
  readonly evidence?: readonly string[]
  /** Called when the disk is full while the file is opened or during a write that frees space; returns whether trying again makes sense. */
  readonly onFull?: () => boolean
}

/**
 * One connection to one file. Everything is synchronous; a second connection (another thread of this process) may be
 * open at the same time.
 *
 * Errors  AppError `store/damaged`, `store/full`, `store/unavailable`, `store/too-new`; nothing of a failed `write` is kept.
 */
export interface SqliteFile {
  readonly path: string
  all(sql: string, ...values: Value[]): Row[]
  get(sql: string, ...values: Value[]): Row | undefined
  /** Returns the number of changed rows. */
  run(sql: string, ...values: Value[]): number
  /** One transaction that may write; `work` is synchronous and may run twice. Durable when it returns. */
  write<T>(work: () => T, options?: { readonly freesSpace?: boolean }): T
  /** One snapshot for several reads. */
  read<T>(work: () => T): T
  /** Deep check of the whole file. @throws store/damaged */
  check(): void
  close(): void
}

const MAGIC = 'SQLite format 3\0'
/** Up to this size (bytes) the structure is checked whenever the file is opened: that takes some 0.1 s. */
const CHECK_AT_OPEN = 16 * 1024 * 1024
const BUSY_TIMEOUT_MS = 10_000
/** 3.51.3 ends a bug that could lose committed pages of a WAL that is reset while another connection reads. */
const OLDEST_SQLITE = [3, 51, 3] as const

export function openSqliteFile(options: SqliteOptions): SqliteFile {
  const { path } = options
  const open = (): SqliteFile => {
    try {
      if (!existsSync(path)) createFile(options)
      checkHeader(path)
      return connect(options)
    } catch (error) {
      throw storeError(error, path)
    }
  }
  try {
    return open()
  } catch (error) {
    // A start on a full disk must succeed, or nothing could ever be deleted.
    if (!(error instanceof AppError) || error.code !== 'store/full' || options.onFull?.() !== true) throw error
    return open()
  }
}

/** What an error of SQLite or of the file system means for the caller; an AppError stays as it is. */
export function storeError(error: unknown, path: string): AppError {
  if (error instanceof AppError) return error
  const file = basename(path)
  if (!(error instanceof Error)) return new AppError('internal', { file }, error)
  const code = 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT') return new AppError('store/full', { file }, error)
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return new AppError('store/unavailable', { file, reason: code }, error)
  const extended = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined
  if (extended === undefined) return new AppError('internal', { file }, error)
  const reason = error.message.slice(0, 200)
  if (extended === SHORT_READ || DAMAGE.has(extended & 255)) return new AppError('store/damaged', { file, reason }, error)
  if (extended === SHARED_MEMORY_SIZE || (extended & 255) === FULL) return new AppError('store/full', { file }, error)
  if (UNAVAILABLE.has(extended & 255)) return new AppError('store/unavailable', { file, reason }, error)
  return new AppError('internal', { file, reason }, error)
}

// Result codes of SQLite: https://sqlite.org/rescode.html
const DAMAGE: ReadonlySet<number> = new Set([11, 26]) // CORRUPT, NOTADB
const FULL = 13
const UNAVAILABLE: ReadonlySet<number> = new Set([3, 5, 6, 7, 8, 10, 14, 15, 22, 23]) // PERM BUSY LOCKED NOMEM READONLY IOERR CANTOPEN PROTOCOL NOLFS AUTH
const SHORT_READ = 522
const SHARED_MEMORY_SIZE = 4874 // the -shm file could not grow: no space

function connect(options: SqliteOptions): SqliteFile {
  const { path } = options
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true, enableDoubleQuotedStringLiterals: false })
  try {
    assertVersion(db)
    configure(db)
    const found = db.prepare('PRAGMA application_id').get()?.application_id
    if (found !== options.applicationId) throw new AppError('store/damaged', { file: basename(path), reason: 'not a file of this kind' })
    if (statSync(path).size <= CHECK_AT_OPEN) assertSound(db, path, 'quick_check')
    migrate(db, options)
  } catch (error) {
    db.close()
    throw error
  }
  return fileOver(db, options)
}

function fileOver(db: DatabaseSync, options: SqliteOptions): SqliteFile {
  const { path } = options
  const statements = new Map<string, StatementSync>()
  function statement(sql: string): StatementSync {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const made = db.prepare(sql)
    statements.set(sql, made)
    return made
  }
  function guarded<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw storeError(error, path)
    }
  }
  function transaction<T>(begin: string, work: () => T): T {
    if (db.isTransaction) throw new AppError('internal', { reason: 'a transaction within a transaction' })
    db.exec(begin)
    try {
      const result = work()
      if (result instanceof Promise) throw new AppError('internal', { reason: 'the work of a transaction must be synchronous' })
      db.exec('COMMIT')
      return result
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK') // SQLite has rolled back by itself after some errors
      throw error
    }
  }
  return {
    path,
    all: (sql, ...values) => guarded(() => statement(sql).all(...bound(values))),
    get: (sql, ...values) => guarded(() => statement(sql).get(...bound(values))),
    run: (sql, ...values) => guarded(() => Number(statement(sql).run(...bound(values)).changes)),
    write(work, { freesSpace = false } = {}) {
      try {
        return guarded(() => transaction('BEGIN IMMEDIATE', work))
      } catch (error) {
        const full = error instanceof AppError && error.code === 'store/full'
        if (!full || !freesSpace || options.onFull?.() !== true) throw error
        return guarded(() => transaction('BEGIN IMMEDIATE', work))
      }
    },
    read: (work) => guarded(() => transaction('BEGIN', work)),
    check() {
      guarded(() => {
        assertSound(db, path, 'integrity_check')
        const orphans = db.prepare('PRAGMA foreign_key_check').all()
        if (orphans.length > 0) throw new AppError('store/damaged', { file: basename(path), reason: `${orphans.length} rows refer to missing rows` })
      })
    },
    close() {
      statements.clear()
      if (db.isOpen) db.close()
    },
  }
}

function bound(values: readonly Value[]): SQLInputValue[] {
  return values.map((value) => (value === undefined ? null : typeof value === 'boolean' ? Number(value) : value))
}

function configure(db: DatabaseSync): void {
  const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode
  if (mode !== 'wal' && mode !== 'memory') throw new AppError('store/unavailable', { reason: 'the file system does not support write-ahead logging' })
  db.exec(`PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;
    PRAGMA cell_size_check = ON; PRAGMA journal_size_limit = 16777216; PRAGMA cache_size = -16384`)
}

export function assertVersion(db: DatabaseSync): void {
  const version = String(db.prepare('SELECT sqlite_version() AS version').get()?.version)
  const parts = version.split('.').map(Number)
  const difference = OLDEST_SQLITE.map((wanted, index) => (parts[index] ?? 0) - wanted).find((step) => step !== 0) ?? 0
  if (difference < 0) throw new AppError('store/unavailable', { reason: `SQLite ${version} is older than ${OLDEST_SQLITE.join('.')}` })
}

function assertSound(db: DatabaseSync, path: string, pragma: 'quick_check' | 'integrity_check'): void {
  const faults = db
    .prepare(`PRAGMA ${pragma}(3)`)
    .all()
    .flatMap((row) => Object.values(row).map(String))
  if (faults.join() !== 'ok') throw new AppError('store/damaged', { file: basename(path), reason: faults.join('; ').slice(0, 200) })
}

/** SQLite would take an empty file, or none, for a new database: here both are damage unless it really is the first start. */
function checkHeader(path: string): void {
  const handle = openSync(path, 'r')
  try {
    const header = Buffer.alloc(MAGIC.length)
    const length = readSync(handle, header, 0, MAGIC.length, 0)
    if (length < MAGIC.length || header.toString('latin1') !== MAGIC) {
      throw new AppError('store/damaged', { file: basename(path), reason: length === 0 ? 'the file is empty' : 'the file does not begin as it must' })
    }
  } finally {
    closeSync(handle)
  }
}

/** Made under another name and linked into place when complete: a kill never leaves half a file under the real name. */
function createFile(options: SqliteOptions): void {
  const { path } = options
  const folder = dirname(path)
  const traces = [`${path}-wal`, `${path}-journal`].filter((file) => existsSync(file))
  const full = (options.evidence ?? []).filter((place) => existsSync(place) && readdirSync(place).length > 0)
  if (traces.length > 0 || full.length > 0) {
    throw new AppError('store/damaged', {
      file: basename(path),
      reason: `the file is missing, but there is ${[...traces, ...full].map((each) => basename(each)).join(', ')}`,
    })
  }
  for (const name of readdirSync(folder)) if (name.startsWith(`${basename(path)}.new-`)) rmSync(join(folder, name), { force: true })
  const draft = `${path}.new-${randomBytes(8).toString('hex')}`
  try {
    const db = new DatabaseSync(draft)
    try {
      db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA application_id = ${options.applicationId}`)
      migrate(db, options)
    } finally {
      db.close()
    }
    syncPath(draft)
    try {
      linkSync(draft, path)
    } catch (error) {
      if (!existsSync(path)) throw error // otherwise another thread was first: its file counts
    }
    syncPath(folder)
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${draft}${suffix}`, { force: true })
  }
}

function syncPath(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function migrate(db: DatabaseSync, { path, migrations }: SqliteOptions): void {
  const known = new Set(migrations.map((migration) => migration.name))
  const applied = (): Set<string> => {
    const exists = db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'").get() !== undefined
    return new Set(
      exists
        ? db
            .prepare('SELECT name FROM migrations')
            .all()
            .map((row) => String(row.name))
        : [],
    )
  }
  const strange = [...applied()].find((name) => !known.has(name))
  if (strange !== undefined) throw new AppError('store/too-new', { file: basename(path), migration: strange })
  if (migrations.every((migration) => applied().has(migration.name))) return
  db.exec('BEGIN IMMEDIATE')
  try {
    db.exec('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT')
    const done = applied() // another thread may have been faster
    for (const migration of migrations) {
      if (done.has(migration.name)) continue
      for (const [name, work] of Object.entries(migration.functions ?? {}))
        db.function(name, { deterministic: true, directOnly: true }, (text) => work(String(text)))
      db.exec(migration.sql)
      db.prepare('INSERT INTO migrations (name, applied_at) VALUES (?, ?)').run(migration.name, Date.now())
    }
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

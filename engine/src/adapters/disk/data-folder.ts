import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statfsSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { AppError } from '../../domain/errors.ts'
import { BALLAST_BYTES, ballast } from './ballast.ts'
import { ballastPath, sweepDrafts } from './blobs.ts'
import { diskError, writePrivate } from './files.ts'

/** Where everything lies in a data folder. */
export interface DataPaths {
  readonly root: string
  readonly catalog: string // SQLite file
  readonly blobs: string
  readonly databases: string
  readonly models: string
  readonly uploads: string
  readonly token: string
  readonly secret: string
  readonly server: string
  readonly lock: string
}

export function dataPaths(path: string): DataPaths {
  const root = resolve(path)
  const at = (name: string) => join(root, name)
  return {
    root,
    catalog: at('quarry.sqlite'),
    blobs: at('blobs'),
    databases: at('databases'),
    models: at('models'),
    uploads: at('uploads'),
    token: at('token'),
    secret: at('secret'),
    server: at('server.json'),
    lock: at('lock.sqlite'),
  }
}

export interface DataFolder {
  readonly path: string
  readonly paths: DataPaths
  /** The owner's token. */
  readonly token: string
  /** True when the token was made just now: then it is shown once. */
  readonly tokenMade: boolean
  /** Signs what this server hands out and reads again: at least 32 characters. */
  readonly signingKey: string
  /** Sentences for a person. */
  readonly warnings: readonly string[]
  /** Tells other programs of this user where the server answers. */
  announce(address: string): Promise<void>
  /** Gives the folder free for another process. */
  release(): void
}

export interface RunningServer {
  readonly pid: number
  readonly startedAt: string // ISO 8601
  readonly address: string | undefined
}

export interface DataFolderOptions {
  /** Given by the operator; otherwise the one in the folder counts, or one is made and kept there. */
  readonly token?: string | undefined
  /** The key that signs, likewise. */
  readonly secret?: string | undefined
  /** How long to wait for another process that is just leaving. */
  readonly waitMs?: number
  readonly ballastBytes?: number
}

/**
 * Takes a data folder, made when it is not there, for this process alone. The lock ends with the process, however it ends.
 * @throws AppError store/locked within 5 s naming the other process, store/damaged, store/full, store/unavailable
 */
export async function openDataFolder(path: string, options: DataFolderOptions = {}): Promise<DataFolder> {
  const paths = dataPaths(path)
  try {
    for (const folder of [paths.root, paths.blobs, paths.databases, paths.models, paths.uploads]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw diskError(error, paths.root)
  }
  const lock = await takeLock(paths, options.waitMs ?? 2000)
  try {
    const warnings: string[] = []
    makePrivate(paths.root, 0o700, warnings)
    const startedAt = new Date().toISOString()
    const reserve = ballast(ballastPath(paths.blobs), options.ballastBytes ?? BALLAST_BYTES)
    const introduce = (address: string | undefined) =>
      writePrivate(paths.server, `${JSON.stringify({ pid: process.pid, startedAt, ...(address === undefined ? {} : { address }) })}\n`)
    sweepDrafts(paths.blobs)
    // A start on a full disk must succeed, or nothing could ever be deleted.
    const withRoom = <T>(work: () => Promise<T>): Promise<T> =>
      work().catch((error: unknown) => {
        if (error instanceof AppError && error.code === 'store/full' && reserve.release()) return work()
        throw error
      })
    await withRoom(() => introduce(undefined))
    const { text: token, made } = await secretText(paths.token, options.token, warnings)
    const { text: signingKey } = await withRoom(() => secretText(paths.secret, options.secret, warnings))
    const { bavail, bsize } = statfsSync(paths.root)
    if (!reserve.restore(bavail * bsize)) warnings.push('The disk is nearly full: there is no room for the reserve that lets deleting work on a full disk.')
    return {
      path: paths.root,
      paths,
      token,
      tokenMade: made,
      signingKey,
      warnings,
      announce: introduce,
      release() {
        if (!lock.isOpen) return
        rmSync(paths.server, { force: true })
        lock.close()
      },
    }
  } catch (error) {
    lock.close()
    throw diskError(error, paths.root)
  }
}

/** The server that runs on a data folder, as far as its file tells; it may have been killed since. */
export function runningServer(path: string): RunningServer | undefined {
  const { server } = dataPaths(path)
  if (!existsSync(server)) return undefined
  try {
    const found: unknown = JSON.parse(readFileSync(server, 'utf8'))
    if (typeof found !== 'object' || found === null || !('pid' in found) || !('startedAt' in found)) return undefined
    const address = 'address' in found && typeof found.address === 'string' ? found.address : undefined
    return { pid: Number(found.pid), startedAt: String(found.startedAt), address }
  } catch (error) {
    if (error instanceof SyntaxError) return undefined // a note for people; the lock is what counts
    throw diskError(error, server)
  }
}

/** The owner's token as it is kept in a data folder, for programs of the same user. */
export function storedToken(path: string): string | undefined {
  const { token } = dataPaths(path)
  return existsSync(token) ? readFileSync(token, 'utf8').trim() : undefined
}

/**
 * An exclusive transaction that is never ended, on a file of its own: the operating system gives the lock back when the
 * process dies. Nothing else may open that file: closing any handle on it would end the lock.
 */
async function takeLock(paths: DataPaths, waitMs: number): Promise<DatabaseSync> {
  const deadline = Date.now() + waitMs
  for (;;) {
    const db = new DatabaseSync(paths.lock, { timeout: 0 })
    try {
      db.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL')
      // In an empty file the lock would have to write, and so could not be taken on a full disk.
      if (db.prepare('PRAGMA page_count').get()?.page_count === 0) db.exec('CREATE TABLE IF NOT EXISTS lock (taken INTEGER)')
      db.exec('BEGIN EXCLUSIVE')
      return db
    } catch (error) {
      db.close()
      const primary = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 255 : undefined
      if (primary === FULL) throw new AppError('store/full', { file: 'lock.sqlite' }, error)
      if (primary !== BUSY && primary !== LOCKED) throw new AppError('store/unavailable', { file: 'lock.sqlite' }, error)
      if (Date.now() >= deadline) {
        const other = runningServer(paths.root)
        throw new AppError('store/locked', { folder: paths.root, pid: other?.pid, address: other?.address, since: other?.startedAt }, error)
      }
      await wait(100)
    }
  }
}
const BUSY = 5
const LOCKED = 6
const FULL = 13

const SECRET = /^[\x21-\x7e]{32,512}$/

/** What is given, or kept in the file, or made now and kept there. */
async function secretText(path: string, given: string | undefined, warnings: string[]): Promise<{ readonly text: string; readonly made: boolean }> {
  if (given !== undefined) return { text: given, made: false } // not written down: the operator keeps it
  if (existsSync(path)) {
    makePrivate(path, 0o600, warnings)
    const text = readFileSync(path, 'utf8').trim()
    if (!SECRET.test(text))
      throw new AppError('store/damaged', { file: basename(path), reason: `it does not hold a ${basename(path)}; remove it to get a new one` })
    return { text, made: false }
  }
  const text = randomBytes(32).toString('base64url')
  await writePrivate(path, `${text}\n`)
  return { text, made: true }
}

/** Takes rights from others, and says so when they had some. */
function makePrivate(path: string, mode: number, warnings: string[]): void {
  if (process.platform === 'win32') return // rights are not told by mode bits there
  const found = statSync(path).mode & 0o777
  if ((found & ~mode) === 0) return
  chmodSync(path, mode)
  warnings.push(`${path} could be read by other users (mode ${found.toString(8)}); it is ${mode.toString(8)} now.`)
}

import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { diskBlobs } from './adapters/disk/blobs.ts'
import { type DataFolder, dataPaths, openDataFolder, runningServer } from './adapters/disk/data-folder.ts'
import { fetchModel } from './adapters/local/fetch-model.ts'
import { checkModel, type LocalModel } from './adapters/local/models.ts'
import { installRuntime, RUNTIME_COST_MB, runtimeEntry } from './adapters/local/runtime.ts'
import { memoryHealth } from './adapters/memory/health.ts'
import { processExtractor } from './adapters/process/extractor.ts'
import { sqliteCatalog } from './adapters/sqlite/catalog.ts'
import { openCatalogFile } from './adapters/sqlite/catalog-file.ts'
import { openIndexStore } from './adapters/sqlite/index-store.ts'
import { sqliteQueue } from './adapters/sqlite/queue.ts'
import { watched } from './adapters/watched.ts'
import { FIRST_OWNER_ID } from './domain/account.ts'
import { AppError } from './domain/errors.ts'
import type { PartNote } from './domain/health.ts'
import type { Log, World } from './ports/world.ts'
import type { Settings } from './settings.ts'
import { openAnswers } from './wire/answers.ts'
import { openCache } from './wire/cache.ts'
import { openModels } from './wire/models.ts'
import { openPeople } from './wire/people.ts'

/** The first account: what is made before anybody claimed the server belongs to it. */
export const OWNER_ID = FIRST_OWNER_ID

export interface OpenWorld extends World {
  /** Ends everything that the world holds open. */
  close(): Promise<void>
}

export type Role = 'api' | 'worker'

export interface WorldOptions {
  /** The operator's, when this thread answers requests. */
  readonly token?: string
  /** Signs the sessions of visitors and opens the keys of models that are stored; without it neither counts. */
  readonly signingKey?: string
  readonly log: Log
  /** Told how parts do, in a thread that others look after. */
  readonly onHealth?: (note: PartNote) => void
}

/**
 * Builds the world of one thread from the settings. The data folder is owned by the process already.
 * @throws AppError store/damaged, store/too-new, store/full
 */
export async function openWorld(settings: Settings, role: Role, options: WorldOptions): Promise<OpenWorld> {
  const { log } = options
  const paths = dataPaths(settings.QUARRY_DATA)
  const making = { now: () => Date.now(), newId: (prefix: string) => `${prefix}_${randomBytes(16).toString('hex')}` }
  const blobs = diskBlobs(paths.blobs)
  const file = openCatalogFile({ path: paths.catalog, evidence: [paths.databases], onFull: () => blobs.releaseBallast() })
  const catalog = sqliteCatalog(file, making)
  const queue = sqliteQueue(file, making)
  const health = memoryHealth(making.now, options.onHealth)
  // The worker thread writes and so does not need threads of its own; the API thread must never wait for a disk.
  // Only the API searches, and so only it has an index built beside a large database.
  const { chunks, vectors } = openIndexStore({
    folder: paths.databases,
    threads: role === 'api' ? searchThreads() : 0,
    ...(role === 'api' ? { largeIndex: { module: new URL('./adapters/zvec/large-index.ts', import.meta.url).href } } : {}),
    onIndex: ({ version, outcome, rows, ms, reason }) =>
      outcome === 'built'
        ? log.info('large-index-built', { database: version.databaseId, rows, ms })
        : log.warn('large-index-not-built', { database: version.databaseId, reason }),
  })
  const cache = await openCache({ settings, health, log })
  const extractor = processExtractor({
    nodePath: process.execPath,
    entry: join(import.meta.dirname, 'steps/extract/process.ts'),
    timeoutMs: settings.EXTRACT_TIMEOUT_SECONDS * 1000,
    memoryMiB: settings.EXTRACT_MEMORY_MIB,
    concurrency: role === 'api' ? 1 : concurrencyOf(settings),
    maxBytes: settings.EXTRACT_MAX_MIB * 2 ** 20,
    allowOcr: settings.EXTRACT_OCR === 'on',
  })
  const nobodyKnows = () => randomBytes(32).toString('base64url')
  const { close: closePeople, ...people } = openPeople({
    file,
    making,
    settings,
    uploadsFolder: paths.uploads,
    signingKey: options.signingKey ?? nobodyKnows(),
    operatorToken: options.token ?? nobodyKnows(),
    health,
    log,
  })
  const { chat, ...models } = await openModels({ file, settings, secrets: people.secrets, health, log, folder: settings.MODELS_FOLDER ?? paths.models })
  const answers = openAnswers({ file, settings, log, now: making.now })
  return {
    ...people,
    ...models,
    ...answers,
    catalog,
    queue,
    chunks: watched(chunks, 'chunks', health, isStoreFault),
    vectors: watched(vectors, 'chunks', health, isStoreFault),
    blobs: watched(blobs, 'blobs', health, isStoreFault),
    cache,
    extractor: watched(extractor, 'extraction', health, (error) => !(error instanceof AppError) || error.code === 'extract/crashed'),
    health,
    get chat() {
      return chat()
    },
    log,
    ...making,
    hash: (text) => createHash('sha256').update(text).digest('hex'),
    reach: reachOf(settings.QUARRY_KILL_AT),
    async close() {
      await closePeople()
      await answers.telemetry.close()
      await Promise.all([extractor.close(), models.embedders.close(), vectors.close(), cache.close()])
      await chunks.close()
      await blobs.close()
      await catalog.close()
    },
  }
}

/** Takes the data folder for this process. @throws AppError store/locked, store/damaged, store/full */
export function openData(settings: Settings): Promise<DataFolder> {
  return openDataFolder(settings.QUARRY_DATA, { token: settings.QUARRY_TOKEN, secret: settings.QUARRY_SECRET })
}

/** Local models on this machine's disk; no server is needed for them, and a running one sees them at once. */
export interface LocalModelTools {
  /** Bytes of the whole model are told. @throws AppError model/unknown, model/unavailable, model/refused */
  fetch(name: string, signal: AbortSignal, onProgress: (done: number, total: number) => void): Promise<LocalModel>
  /** Reads every byte. @throws AppError model/not-installed */
  check(name: string): Promise<LocalModel>
  /** Where a model lies, or would. */
  folderOf(name: string): string
  hasRuntime(): Promise<boolean>
  /** @throws AppError model/unavailable */
  installRuntime(signal: AbortSignal): Promise<void>
  /** In MB. */
  readonly runtimeCost: { readonly download: number; readonly disk: number }
}

export function localModelTools(settings: Pick<Settings, 'MODELS_FOLDER' | 'QUARRY_DATA'>): LocalModelTools {
  const root = settings.MODELS_FOLDER ?? dataPaths(settings.QUARRY_DATA).models
  return {
    fetch: (name, signal, onProgress) => fetchModel(name, { root, signal, onProgress }),
    check: (name) => checkModel(root, name),
    folderOf: (name) => join(root, name),
    hasRuntime: async () => (await runtimeEntry(root)) !== undefined,
    installRuntime: async (signal) => void (await installRuntime(root, signal)),
    runtimeCost: RUNTIME_COST_MB,
  }
}

/** The server that owns the data folder, with the owner's token, when both are known here; it may have been killed since. */
export function serverOf(settings: Settings): { readonly address: string; readonly pid: number; readonly token: string | undefined } | undefined {
  const running = runningServer(settings.QUARRY_DATA)
  if (running?.address === undefined) return undefined
  const { token } = dataPaths(settings.QUARRY_DATA)
  const kept = existsSync(token) ? readFileSync(token, 'utf8').trim() : undefined
  return { address: running.address, pid: running.pid, token: settings.QUARRY_TOKEN ?? kept }
}

/** Jobs at the same time: extraction runs in processes of its own, so one per core keeps the machine busy without choking it. */
export function concurrencyOf(settings: Pick<Settings, 'CONCURRENCY'>): number {
  return settings.CONCURRENCY === 'auto' ? Math.max(2, Math.min(8, availableParallelism())) : settings.CONCURRENCY
}

/** At least two, so that both halves of a hybrid query run side by side; they start when they are needed. */
function searchThreads(): number {
  return Math.max(2, Math.min(4, availableParallelism() - 1))
}

function isStoreFault(error: unknown): boolean {
  return !(error instanceof AppError) || error.code.startsWith('store/') || error.code === 'internal'
}

/** For crash tests: `place:n` kills the process when the place is reached for the n-th time. */
function reachOf(killAt: string | undefined): World['reach'] {
  if (killAt === undefined) return () => undefined
  const [place = '', count = '1'] = killAt.split(':')
  let left = Number(count)
  return (reached) => {
    if (reached !== place) return
    left -= 1
    if (left === 0) process.kill(process.pid, 'SIGKILL')
  }
}

export { ownersComeFromProvider } from './wire/people.ts'

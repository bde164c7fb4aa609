import type { Chunks, VersionRef } from '../../ports/chunks.ts'
import type { Vectors } from '../../ports/vectors.ts'
import type { ChunkFile } from './chunks.ts'
import { fileThreads } from './threads.ts'
import { type IndexEvent, indexBuilds } from './threads-builds.ts'
import { type FileOperation, type FilesOptions, localFiles, type Operation } from './threads-local.ts'
import { fileVectors } from './vectors.ts'

export interface IndexStoreOptions extends FilesOptions {
  /** Threads that the work is spread over; 0: everything runs in the calling thread, as a worker wants it. */
  readonly threads: number
  /** Called when an index of a large database was built in the background, or could not be. */
  readonly onIndex?: (event: IndexEvent) => void
}

export interface IndexStore {
  readonly chunks: Chunks
  readonly vectors: Vectors
  /** Resolves when no index of a large database is being built. A search asks for one; the next search after it uses it. */
  settled(): Promise<void>
}

/** How the two ports reach a version's file, wherever it is open. */
export interface FileCalls {
  read<Name extends FileOperation>(version: VersionRef, operation: Name, ...values: Parameters<ChunkFile[Name]>): Promise<ReturnType<ChunkFile[Name]>>
  /** One after another per version. */
  write<Name extends FileOperation>(version: VersionRef, operation: Name, ...values: Parameters<ChunkFile[Name]>): Promise<ReturnType<ChunkFile[Name]>>
  create(version: VersionRef): Promise<void>
  drop(version: VersionRef): Promise<void>
}

/** The chunk store and dense search over it: one SQLite file per index version in `folder`. Closing either closes both. */
export function openIndexStore(options: IndexStoreOptions): IndexStore {
  const { threads, onIndex, ...files } = options
  const builds = files.largeIndex === undefined ? undefined : indexBuilds(files.folder, files.largeIndex.module, onIndex ?? (() => undefined))
  const local = threads === 0 ? localFiles(files) : undefined
  const pool = threads === 0 ? undefined : fileThreads(files, threads, (version, seen) => builds?.want(version, seen))
  const lines = new Map<string, Promise<unknown>>()

  async function call(version: VersionRef, operation: Operation, values: readonly unknown[]): Promise<unknown> {
    if (local === undefined) return pool?.call(version, operation, values)
    const result = local.call(version, operation, values)
    if (builds !== undefined && operation === 'searchDense') {
      while (local.call(version, 'prepareIndex', []) === true);
      const wanted = local.call(version, 'indexWanted', [])
      if (typeof wanted === 'string') builds.want(version, wanted)
    }
    return result
  }

  function inLine(version: VersionRef, work: () => Promise<unknown>): Promise<unknown> {
    const key = `${version.databaseId}/${version.versionId}`
    const turn = (lines.get(key) ?? Promise.resolve()).then(work, work)
    lines.set(key, turn)
    const leave = () => {
      if (lines.get(key) === turn) lines.delete(key)
    }
    turn.then(leave, leave)
    return turn
  }

  const calls: FileCalls = {
    read: (version, operation, ...values) => call(version, operation, values) as Promise<never>,
    write: (version, operation, ...values) => inLine(version, () => call(version, operation, values)) as Promise<never>,
    async create(version) {
      await inLine(version, () => call(version, 'create', []))
    },
    async drop(version) {
      await inLine(version, async () => {
        await builds?.cancel(version)
        await pool?.everywhere(version, 'release')
        await call(version, 'drop', [])
      })
    },
  }
  const close = async () => {
    await builds?.close()
    local?.close()
    await pool?.close()
  }
  return { chunks: fileChunks(calls, close), vectors: fileVectors(calls, close), settled: async () => builds?.settled() }
}

function fileChunks(calls: FileCalls, close: () => Promise<void>): Chunks {
  return {
    create: (version) => calls.create(version),
    drop: (version) => calls.drop(version),
    stage: (version, chunks) => calls.write(version, 'stage', chunks),
    publish: (version, document, revision, chunkCount) => calls.write(version, 'publish', document, revision, chunkCount),
    discard: (version, documentId, revision) => calls.write(version, 'discard', documentId, revision),
    remove: (version, documentIds) => calls.write(version, 'remove', documentIds),
    setFields: (version, document) => calls.write(version, 'setFields', document),
    get: (version, chunkIds) => calls.read(version, 'get', chunkIds),
    list: (version, documentId, page) => calls.read(version, 'list', documentId, page),
    searchLexical: (version, query) => calls.read(version, 'searchLexical', query),
    matching: (version, filter, documentIds) => calls.read(version, 'matching', filter, documentIds),
    liveRevisions: (version, documentIds) => calls.read(version, 'liveRevisions', documentIds),
    vectorsByHash: (version, hashes) => calls.read(version, 'vectorsByHash', hashes),
    async *vectors(version, batch) {
      for (let after = 0; ; ) {
        const { vectors, last } = await calls.read(version, 'vectorsAfter', after, Math.max(1, batch))
        if (last === undefined) return
        yield vectors
        after = last
      }
    },
    generation: (version) => calls.read(version, 'generation'),
    stats: (version) => calls.read(version, 'stats'),
    check: (version) => calls.read(version, 'check'),
    close,
  }
}

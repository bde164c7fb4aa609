import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { openIndexStore } from '../src/adapters/sqlite/index-store.ts'
import type { Filter } from '../src/domain/filter.ts'
import type { VersionRef } from '../src/ports/chunks.ts'
import { DIMENSIONS, RESULTS } from './speed-data.ts'

export type Share = 'all' | '10 %' | '1 %'

/** What the speed bench asks of an engine; Quarry over HTTP can take this place too. */
export interface Engine {
  readonly name: string
  /** Vector `index` with `group = index % 100`, to be found when the promise resolves. */
  load(vectors: readonly Float32Array[]): Promise<void>
  /** Waits for an index that is built in the background; tells the seconds. */
  readonly ready?: () => Promise<number>
  /** Indexes of the best RESULTS vectors. */
  query(vector: Float32Array, share: Share): Promise<readonly number[]>
  /** Ends and starts again; to be followed by a query. */
  reopen(): Promise<void>
  memoryMiB(): number
  diskMiB(): number
  close(): Promise<void>
}

/** 20 chunks to a document, with a text, as the store holds them. The text has no terms: this is dense search. */
export function quarryStore(folder: string, threads: number, withLargeIndex: boolean): Engine {
  rmSync(folder, { recursive: true, force: true })
  const settings = { embedder: `fake:${DIMENSIONS}`, dimensions: DIMENSIONS, chunkSize: 512, chunkOverlap: 64, analyzer: 'quarry-1' }
  const version: VersionRef = { databaseId: 'db_speed', versionId: 'ver_speed', settings }
  const filters: Readonly<Record<Share, Filter | undefined>> = {
    all: undefined,
    '10 %': { field: 'group', op: 'lt', value: 10 },
    '1 %': { field: 'group', op: 'eq', value: 0 },
  }
  const before = process.memoryUsage().rss
  async function ready(): Promise<number> {
    const began = performance.now()
    const vector = new Float32Array(DIMENSIONS).fill(1)
    await ask(vector)
    await store.settled()
    const seconds = (performance.now() - began) / 1000
    for (let turn = 0; turn < 200; turn++) await ask(vector) // the threads open it between the calls
    return seconds
  }
  const module = new URL('../src/adapters/zvec/large-index.ts', import.meta.url).href
  const open = () => openIndexStore({ folder, threads, ...(withLargeIndex ? { largeIndex: { module } } : {}) })
  let store = open()
  const ask = (vector: Float32Array) => store.vectors.search(version, { vector, n: RESULTS, filter: undefined })
  return {
    name: withLargeIndex ? 'Quarry, chunk store in threads, with the large index' : 'Quarry, chunk store in threads',
    ...(withLargeIndex ? { ready } : {}),
    async load(vectors) {
      await store.chunks.create(version)
      const text = 'The quick brown fox jumps over the lazy dog. '.repeat(15)
      // A document holds vectors of one group, so that metadata of documents tells groups apart.
      for (let start = 0; start < vectors.length; start += 2000) {
        for (let group = 0; group < 100; group++) {
          const indexes = Array.from({ length: 20 }, (_, at) => start + at * 100 + group).filter((index) => index < vectors.length)
          const documentId = `doc_${start}_${group}`
          const chunks = indexes.map((index, ordinal) => ({
            ...{ id: `${documentId}.1.${ordinal}`, documentId, revision: 1, ordinal, text, start: 0, end: text.length },
            ...{ headingPath: [], pages: undefined, tokens: 150, context: undefined, terms: { title: [], headings: [], body: [] } },
            hash: createHash('sha256').update(String(index)).digest('hex'),
            vector: vectors[index],
          }))
          await store.chunks.stage(version, chunks)
          const times = { createdAt: 0, updatedAt: 0 }
          await store.chunks.publish(
            version,
            { documentId, externalId: documentId, name: documentId, title: undefined, mediaType: 'text/plain', ...times, metadata: { group } },
            1,
            chunks.length,
          )
        }
      }
    },
    async query(vector, share) {
      const hits = await store.vectors.search(version, { vector, n: RESULTS, filter: filters[share] })
      return hits.map(({ chunkId }) => {
        const [, start, group, ordinal] = /^doc_(\d+)_(\d+)\.1\.(\d+)$/.exec(chunkId) ?? []
        return Number(start) + Number(ordinal) * 100 + Number(group)
      })
    },
    async reopen() {
      await store.chunks.close()
      store = open()
    },
    memoryMiB: () => (process.memoryUsage().rss - before) / 2 ** 20,
    diskMiB: () => folderBytes(folder) / 2 ** 20,
    async close() {
      await store.chunks.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface ChromaCollection {
  add(records: { ids: string[]; embeddings: number[][]; metadatas: { group: number }[] }): Promise<void>
  query(query: { queryEmbeddings: number[][]; nResults: number; where?: object; include: string[] }): Promise<{ ids: string[][] }>
}

/** Installs the Chroma server into `cache`, once. The versions are those that start on glibc 2.36. */
async function installChroma(cache: string): Promise<string> {
  const home = join(cache, 'chroma')
  if (!existsSync(join(home, 'node_modules', 'chromadb-js-bindings-linux-x64-gnu'))) {
    mkdirSync(home, { recursive: true })
    const overrides = { 'chromadb-js-bindings-linux-x64-gnu': '1.0.3' }
    writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true, dependencies: { chromadb: '3.0.11' }, overrides }))
    await promisify(execFile)('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: home, timeout: 180_000 })
  }
  return join(home, 'node_modules', 'chromadb', 'dist')
}

export async function chromaServer(cache: string, folder: string): Promise<Engine> {
  const dist = await installChroma(cache)
  const { ChromaClient } = (await import(pathToFileURL(join(dist, 'chromadb.mjs')).href)) as {
    ChromaClient: new (options: object) => { heartbeat(): Promise<number>; getOrCreateCollection(options: object): Promise<ChromaCollection> }
  }
  rmSync(folder, { recursive: true, force: true })
  const port = await freePort()
  let server: ChildProcess | undefined
  let collection: ChromaCollection | undefined

  async function start(): Promise<ChromaCollection> {
    const child = spawn(process.execPath, [join(dist, 'cli.mjs'), 'run', '--path', folder, '--port', String(port)], { stdio: 'ignore' })
    server = child
    const client = new ChromaClient({ host: '127.0.0.1', port })
    for (let attempt = 0; attempt < 300; attempt++) {
      try {
        await client.heartbeat()
        const configuration = { hnsw: { space: 'cosine', ef_search: 100 } }
        return await client.getOrCreateCollection({ name: 'speed', embeddingFunction: null, configuration })
      } catch (error) {
        if (child.exitCode !== null || attempt === 299) throw error
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
    throw new Error('the Chroma server did not start')
  }
  async function stop(): Promise<void> {
    const ended = server === undefined || server.exitCode !== null ? undefined : new Promise((resolve) => server?.once('exit', resolve))
    server?.kill('SIGKILL')
    await ended
  }
  collection = await start()
  return {
    name: 'Chroma server over HTTP',
    async load(vectors) {
      for (let at = 0; at < vectors.length; at += 500) {
        const batch = vectors.slice(at, at + 500)
        await collection?.add({
          ids: batch.map((_, index) => String(at + index)),
          embeddings: batch.map((vector) => Array.from(vector)),
          metadatas: batch.map((_, index) => ({ group: (at + index) % 100 })),
        })
      }
    },
    async query(vector, share) {
      const where = share === 'all' ? undefined : share === '10 %' ? { group: { $lt: 10 } } : { group: 0 }
      const reply = await collection?.query({
        queryEmbeddings: [Array.from(vector)],
        nResults: RESULTS,
        include: [],
        ...(where === undefined ? {} : { where }),
      })
      return (reply?.ids[0] ?? []).map(Number)
    },
    async reopen() {
      await stop()
      collection = await start()
    },
    memoryMiB: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server?.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
    diskMiB: () => folderBytes(folder) / 2 ** 20,
    async close() {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

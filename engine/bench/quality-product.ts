import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { embedders } from '../src/adapters/embedders.ts'
import { memoryBlobs } from '../src/adapters/memory/blobs.ts'
import { memoryCatalog } from '../src/adapters/memory/catalog.ts'
import { catalogState } from '../src/adapters/memory/catalog-state.ts'
import { memoryQueue } from '../src/adapters/memory/queue.ts'
import { openIndexStore } from '../src/adapters/sqlite/index-store.ts'
import { accountCaller, type Caller } from '../src/domain/caller.ts'
import { runJob } from '../src/flows/run-job.ts'
import { search } from '../src/flows/search.ts'
import { createDatabase, uploadFile } from '../src/flows/upload.ts'
import type { World } from '../src/ports/world.ts'
import { peopleAlone } from '../test/people-world.ts'
import type { OpenRetrieval } from './quality.ts'
import type { SetDocument } from './sets.ts'

/** Passages asked for: recall at 100 needs as many documents. */
const MOST = 150

export interface OpenProduct {
  readonly world: World
  readonly caller: Caller
  readonly databaseId: string
  readonly chunks: number
  close(): Promise<void>
}

/** The product's own upload and ingestion over the stores that it uses; only the catalog is in memory. */
export async function openProduct(documents: readonly SetDocument[]): Promise<OpenProduct> {
  const folder = mkdtempSync(join(tmpdir(), 'quarry-bench-'))
  const making = { now: () => Date.now(), newId: (prefix: string) => `${prefix}_${randomBytes(16).toString('hex')}` }
  const state = catalogState(making)
  const byName = new Map(documents.map((document) => [document.id, document]))
  const log = { info: () => undefined, warn: complain, error: complain }
  const people = peopleAlone(making)
  const world: World = {
    catalog: memoryCatalog(state),
    queue: memoryQueue(state),
    ...openIndexStore({ folder, threads: 0 }),
    blobs: memoryBlobs(),
    // The readers run here rather than in a process of their own: the sets are trusted.
    extractor: {
      async extract({ name }) {
        const document = byName.get(name)
        if (document === undefined) throw new Error(`${name} is not of this set`)
        return { kind: 'text', extracted: await document.extract() }
      },
      close: async () => undefined,
    },
    embedders: embedders({}),
    chat: undefined,
    ...people,
    log,
    hash: (text) => createHash('sha256').update(text).digest('hex'),
    reach: () => undefined,
    ...making,
  }
  const caller = accountCaller('bench', 'owner')
  const { signal } = new AbortController()
  const { database } = await createDatabase(world, caller, { name: 'bench' }, signal)
  for (const { id, title } of documents) {
    const content = [new TextEncoder().encode(id)]
    const input = { name: id, mediaType: 'text/plain', metadata: {}, maxBytes: 1_000_000, ...(title === undefined ? {} : { title }) }
    await uploadFile(world, caller, database.id, { ...input, content: pieces(content) }, signal)
    for (let job = await world.queue.claim('bench', 600_000); job !== undefined; job = await world.queue.claim('bench', 600_000)) {
      await runJob(world, job, 'bench', () => undefined, signal)
    }
  }
  const { documents: counts, chunks } = await world.catalog.summary(database.id)
  if (counts.ready !== documents.length) throw new Error(`${documents.length - counts.ready} documents of the set were not indexed`)
  return {
    world,
    caller,
    databaseId: database.id,
    chunks,
    async close() {
      await world.vectors.close()
      await world.chunks.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Its search. */
export const throughProduct: OpenRetrieval = async (documents) => {
  const { world, caller, databaseId, chunks, close } = await openProduct(documents)
  const { signal } = new AbortController()
  return {
    chunks,
    async search(question, n) {
      const { passages } = await search(world, caller, databaseId, { query: question, n: Math.min(n, MOST) }, signal)
      return passages.map(({ externalId, start, end }) => ({ document: externalId, start, end }))
    },
    close,
  }
}

async function* pieces(content: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* content
}

function complain(event: string, facts?: Readonly<Record<string, unknown>>): void {
  console.error(event, facts)
}

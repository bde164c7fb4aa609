import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { diskBlobs } from '../src/adapters/disk/blobs.ts'
import { embedders } from '../src/adapters/embedders.ts'
import { fakeEmbedders } from '../src/adapters/fake/embedder.ts'
import { sqliteCatalog } from '../src/adapters/sqlite/catalog.ts'
import { openCatalogFile } from '../src/adapters/sqlite/catalog-file.ts'
import { openIndexStore } from '../src/adapters/sqlite/index-store.ts'
import { sqliteQueue } from '../src/adapters/sqlite/queue.ts'
import { accountCaller, type Caller } from '../src/domain/caller.ts'
import { AppError } from '../src/domain/errors.ts'
import type { Job } from '../src/domain/job.ts'
import type { Metadata } from '../src/domain/metadata.ts'
import { runJob } from '../src/flows/run-job.ts'
import { search } from '../src/flows/search.ts'
import { createDatabase, uploadFile } from '../src/flows/upload.ts'
import type { World } from '../src/ports/world.ts'
import { textBuilder } from '../src/steps/extract/builder.ts'
import { peopleOver } from './people-world.ts'

export const CALLER: Caller = accountCaller('o', 'owner')
const never = new AbortController().signal
const WORKER = 'worker'

/**
 * The real stores over a folder of their own, with a clock that the test turns and a reader of plain text: a file is its
 * text; one that begins with "!" is corrupt, one that begins with "zip:" is an archive with a line `path=text` per entry.
 */
export function storeWorld(facts: Partial<World> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'quarry-flows-'))
  const clock = { now: 1_700_000_000_000 }
  const making = {
    now() {
      clock.now += 1
      return clock.now
    },
    newId: (prefix: string) => `${prefix}_${randomBytes(16).toString('hex')}`,
  }
  const file = openCatalogFile({ path: join(folder, 'quarry.sqlite') })
  const { chunks, vectors } = openIndexStore({ folder: join(folder, 'databases'), threads: 0 })
  const logged: { readonly event: string; readonly facts: unknown }[] = []
  const note = (event: string, told?: unknown) => void logged.push({ event, facts: told })
  const people = peopleOver(file, { making, folder })
  const world: World = {
    ...people,
    catalog: sqliteCatalog(file, making),
    queue: sqliteQueue(file, making),
    chunks,
    vectors,
    blobs: diskBlobs(join(folder, 'blobs')),
    extractor: { extract: async ({ path }, { store }) => read(await readFile(path, 'utf8'), store), close: async () => undefined },
    embedders: embedders({ fake: fakeEmbedders() }),
    chat: undefined,
    log: { info: note, warn: note, error: note },
    hash: (text) => createHash('sha256').update(text).digest('hex'),
    reach: () => undefined,
    ...making,
    ...facts,
  }

  async function runAll(): Promise<void> {
    for (let job = await claim(); job !== undefined; job = await claim()) await run(job)
  }
  const claim = () => world.queue.claim(WORKER, 30_000)
  const run = (job: Job, signal = never) => runJob(world, job, WORKER, () => undefined, signal)

  return {
    world,
    folder,
    clock,
    logged,
    claim,
    run,
    runAll,
    make: async (name = 'handbook', model?: string) =>
      (await createDatabase(world, CALLER, { name, chunkSize: 64, chunkOverlap: 0, ...(model === undefined ? {} : { model }) }, never)).database,
    upload: (databaseId: string, name: string, text: string, metadata: Metadata = {}) =>
      uploadFile(world, CALLER, databaseId, { name, mediaType: 'text/plain', metadata, content: once(text), maxBytes: 1_000_000 }, never),
    /** Texts of what is found. */
    async find(databaseId: string, query: string, filter?: Parameters<typeof search>[3]['filter']): Promise<string[]> {
      const { passages } = await search(world, CALLER, databaseId, { query, n: 20, ...(filter === undefined ? {} : { filter }) }, never)
      return passages.map(({ text }) => text)
    },
    async close() {
      await chunks.close()
      await world.catalog.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function* once(text: string): AsyncIterable<Uint8Array> {
  yield new TextEncoder().encode(text)
}

type Store = (content: AsyncIterable<Uint8Array>) => Promise<{ readonly sha256: string; readonly size: number }>

async function read(content: string, store: Store) {
  if (content.startsWith('!')) throw new AppError('document/corrupt', {})
  if (content.startsWith('zip:')) {
    const lines = content.slice(4).split('\n')
    const entries = await Promise.all(
      lines.map(async (line) => {
        const [path = '', text = ''] = line.split('=')
        return { path, ...(await store(once(text))) }
      }),
    )
    return { kind: 'archive', entries, warnings: [] } as const
  }
  const out = textBuilder(1_000_000)
  for (const part of content.split('\n\n')) out.add('paragraph', part)
  return { kind: 'text', extracted: out.finish('text/plain') } as const
}

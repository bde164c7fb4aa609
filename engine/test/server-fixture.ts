import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { diskBlobs } from '../src/adapters/disk/blobs.ts'
import { sqliteCatalog } from '../src/adapters/sqlite/catalog.ts'
import { openCatalogFile } from '../src/adapters/sqlite/catalog-file.ts'
import type { SqliteFile } from '../src/adapters/sqlite/database.ts'
import { sqliteQueue } from '../src/adapters/sqlite/queue.ts'
import type { AnswerEvent, Passage } from '../src/domain/answer.ts'
import type { Caller } from '../src/domain/caller.ts'
import { AppError } from '../src/domain/errors.ts'
import type { Chunks } from '../src/ports/chunks.ts'
import type { World } from '../src/ports/world.ts'
import { FLOWS, type Flows } from '../src/server/flows.ts'
import type { Gate } from '../src/server/gate.ts'
import { type ServerOptions, startServer } from '../src/server/lifecycle.ts'
import type { WebFiles } from '../src/server/web-files.ts'
import { readSettings, type Settings } from '../src/settings.ts'
import { peopleOver } from './people-world.ts'

export const TOKEN = 'owner-token-for-tests-0123456789-abcdef'
export const OWNER = 'owner'

/** Stands in for the built web app: routes that show one of its pages find one. */
const PLAYED_WEB: WebFiles = {
  reply: async () => undefined,
  page: () => ({ text: '<!doctype html><title>Quarry</title>', policy: "default-src 'none'; script-src 'self'; require-trusted-types-for 'script'" }),
}

/**
 * A server in this process over the real catalog, people and blobs in a folder of its own. Search and answers are played by
 * `flows`: what is tested here is the way in and out, not what lies behind it. Nothing is limited unless `gate` is given.
 */
export async function serverForTest(
  change: { readonly environment?: Record<string, string>; readonly flows?: Partial<Flows>; readonly world?: Partial<World> } & Partial<
    Pick<ServerOptions, 'heartbeatMs' | 'pollMs' | 'graceMs' | 'web' | 'live' | 'sockets' | 'slowMs'>
  > & {
      /** Made of the world and its settings, as the product makes it. */
      readonly gateOf?: (made: { readonly world: World; readonly settings: Settings }) => Gate
    } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'quarry-server-'))
  const { settings } = readSettings({ PORT: '0', QUARRY_DATA: folder, LOG_LEVEL: 'silent', ...change.environment })
  const logged: { readonly level: string; readonly event: string; readonly facts: unknown }[] = []
  const file = openCatalogFile({ path: join(folder, 'quarry.sqlite') })
  const made = worldForTest(folder, file, settings, logged)
  const world: World = { ...made, ...change.world }
  const { environment: _, flows, world: __, gateOf, ...rest } = change
  const options = { ...rest, ...(gateOf === undefined ? {} : { gate: gateOf({ world, settings }) }) }
  const server = await startServer({ world, settings, flows: { ...FLOWS, search, ask, askSeveral, ...flows }, pollMs: 10, web: PLAYED_WEB, ...options })
  return {
    ...server,
    world,
    settings: settings satisfies Settings,
    logged,
    folder,
    file,
    /** Files in the blob store, half-written ones too. */
    stored: () => readdirSync(join(folder, 'blobs'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && !/ballast/.test(entry.name)),
    async stop() {
      await server.close()
      await made.close()
      await world.blobs.close()
      file.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type TestServer = Awaited<ReturnType<typeof serverForTest>>

function worldForTest(
  folder: string,
  file: SqliteFile,
  settings: Settings,
  logged: { level: string; event: string; facts: unknown }[],
): World & { close(): Promise<void> } {
  const making = { now: () => Date.now(), newId: (prefix: string) => `${prefix}_${randomBytes(16).toString('hex')}` }
  const note = (level: string) => (event: string, facts?: unknown) => void logged.push({ level, event, facts })
  const nothing = async () => undefined
  // Only what the routes use of an index; the flows that need more are played.
  const none = { documents: 0, chunks: 0, vectors: 0, bytes: 0 }
  const read = { list: async () => ({ chunks: [], total: 0 }), stats: async () => none }
  const chunks = { create: nothing, setFields: nothing, remove: nothing, ...read } as unknown as Chunks
  const log = { info: note('info'), warn: note('warn'), error: note('error') }
  const people = peopleOver(file, { making, folder, operatorToken: TOKEN, settings })
  return {
    ...people,
    catalog: sqliteCatalog(file, making),
    queue: sqliteQueue(file, making),
    chunks,
    vectors: {} as World['vectors'],
    blobs: diskBlobs(join(folder, 'blobs')),
    extractor: { extract: async () => Promise.reject(new AppError('document/unsupported')), close: nothing },
    embedders: {
      open: async (name) => Promise.reject(new AppError('model/unknown', { model: name })),
      list: async () => [{ name: 'none', where: 'local', ready: true, note: 'lexical search alone' }],
      close: nothing,
    },
    chat: undefined,
    log,
    ...making,
    hash: (text: string) => createHash('sha256').update(text).digest('hex'),
    reach: () => undefined,
  }
}

/** The JSON of a reply; what it should be is what the tests say. */
export async function json(reply: Response): Promise<ReturnType<typeof JSON.parse>> {
  return JSON.parse(await reply.text())
}

export const TRACE = '0123456789abcdef0123456789abcdef'
/** What the end of an answer without a model tells besides its text. */
export const TOLD = { sentences: [], writer: 'extractive', usage: undefined, cost: undefined, traceId: TRACE } as const

export const PASSAGE: Passage = {
  databaseId: 'db_1',
  chunkId: 'doc_1.1.0',
  documentId: 'doc_1',
  revision: 1,
  externalId: 'leave.txt',
  name: 'leave.txt',
  title: undefined,
  mediaType: 'text/plain',
  metadata: { year: 2026, tags: ['a', 'b'] },
  text: 'Leave is requested in the portal.',
  start: 0,
  end: 33,
  headingPath: ['Leave'],
  pages: [1, 2],
  score: 1,
  explanation: { dense: undefined, lexical: { rank: 1, score: 3.5, terms: [{ term: 'leav', score: 3.5 }] }, fused: 1, merged: [] },
}

const search: Flows['search'] = async (world, caller: Caller, id, { n }) => ({
  database: await world.catalog.database(caller.ownerId, id),
  mode: { mode: 'lexical' },
  reranker: undefined,
  passages: [PASSAGE].slice(0, n),
  tookMs: 1,
})

const ask: Flows['ask'] = async function* (): AsyncGenerator<AnswerEvent> {
  const { databaseId, chunkId, documentId, revision, externalId, name, headingPath, start, end, text } = PASSAGE
  const citation = {
    number: 1,
    databaseId,
    documentId,
    revision,
    chunkId,
    externalId,
    name,
    page: 1,
    headingPath,
    start,
    end,
    quote: text,
    verdict: 'verified',
    reason: undefined,
  } as const
  yield { type: 'answer-start', mode: { mode: 'lexical' }, writer: 'extractive', traceId: TRACE }
  yield { type: 'passages-found', passages: [PASSAGE] }
  yield { type: 'text-delta', text: 'Leave is requested in the portal. [1]' }
  yield { type: 'citation-found', citation }
  yield { type: 'answer-end', answered: true, text: 'Leave is requested in the portal. [1]', citations: [citation], ...TOLD }
}

const askSeveral: Flows['askSeveral'] = (world, [place], request, signal) => {
  if (place === undefined) throw new Error('a question needs a database')
  return ask(world, place.caller, place.databaseId, request, signal)
}

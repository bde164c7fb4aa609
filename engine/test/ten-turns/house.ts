import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryCache } from '../../src/adapters/memory/cache.ts'
import { openIndexStore } from '../../src/adapters/sqlite/index-store.ts'
import { watchedChat } from '../../src/adapters/watched.ts'
import type { ExtractedText } from '../../src/domain/block.ts'
import { accountCaller } from '../../src/domain/caller.ts'
import { AppError } from '../../src/domain/errors.ts'
import { readText } from '../../src/flows/read.ts'
import { runJob } from '../../src/flows/run-job.ts'
import { createDatabase, uploadFile } from '../../src/flows/upload.ts'
import type { Extractor } from '../../src/ports/extractor.ts'
import type { World } from '../../src/ports/world.ts'
import { FLOWS } from '../../src/server/flows.ts'
import { extractFile } from '../../src/steps/extract/extract.ts'
import { EXTRACT_LIMITS } from '../../src/steps/extract/reader.ts'
import { sharedBy } from '../live-fixture.ts'
import { pdfOf } from '../make.ts'
import { type Person, person } from '../people-fixture.ts'
import { serverForTest, type TestServer } from '../server-fixture.ts'
import { DOCUMENTS, PAGES } from './documents.ts'
import { type Provider, providerOf } from './provider.ts'
import { WIRES } from './wires.ts'

/** Two processes of one server over real stores, with a small database for each provider and one for none. */
export interface House {
  readonly servers: readonly [TestServer, TestServer]
  readonly world: World
  readonly who: Person
  readonly providers: readonly Provider[]
  /** Ids by provider; "extractive" asks no model. */
  readonly databases: Readonly<Record<string, string>>
  /** The stored text of a document. */
  textOf(documentId: string): ExtractedText | undefined
  close(): Promise<void>
}

/** How long an answer goes on without a reader: longer than a busy machine takes to connect anew. */
const GRACE_MS = 2000

export interface HouseOptions {
  /** Names of providers, and "extractive"; all unless told. */
  readonly only?: readonly string[]
  /** May put a fault into the world. */
  readonly change?: (world: World) => Partial<World>
}

export async function openHouse({ only, change = () => ({}) }: HouseOptions = {}): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), 'quarry-ten-turns-'))
  const { chunks, vectors } = openIndexStore({ folder, threads: 0 })
  const isThere = (name: string) => only?.includes(name) ?? true
  const providers = await Promise.all(WIRES.filter(({ provider }) => isThere(provider)).map(providerOf))
  const chats: World['chats'] = {
    async open(name) {
      const provider = providers.find(({ wire }) => name.startsWith(`${wire.provider}:`))
      if (provider === undefined) throw new AppError('model/unknown', { model: name })
      return watchedChat(provider.chat(), one.world.health)
    },
    fallback: async () => undefined,
  }
  const live = { graceMs: GRACE_MS, leaseMs: 5000 }
  const flows = { search: FLOWS.search, ask: FLOWS.ask, askSeveral: FLOWS.askSeveral }
  const given = { chunks, vectors, chats, extractor: extractorHere(), cache: sharedBy(memoryCache()) }
  const one: TestServer = await serverForTest({ flows, live, world: given })
  Object.assign(one.world, change(one.world))
  const two = await serverForTest({ flows, live, world: { ...one.world } })
  const who = await person(one.world, 'member')
  const names = [...WIRES.map(({ provider }) => provider), 'extractive'].filter(isThere)
  const texts = new Map<string, ExtractedText>()
  const databases: Record<string, string> = {}
  for (const name of names) databases[name] = await filled(one.world, who.account.id, name, texts)

  return {
    servers: [one, two],
    world: one.world,
    who,
    providers,
    databases,
    textOf: (documentId) => texts.get(documentId),
    async close() {
      await two.stop()
      await one.stop()
      await chunks.close()
      await Promise.all(providers.map((provider) => provider.close()))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function filled(world: World, accountId: string, name: string, texts: Map<string, ExtractedText>): Promise<string> {
  const never = new AbortController().signal
  const caller = accountCaller(accountId, 'member')
  const { database } = await createDatabase(world, caller, { name, chunkSize: 64, chunkOverlap: 0 }, never)
  const files = [
    ...DOCUMENTS.map(([file, text]) => [file, 'text/markdown', Buffer.from(text)] as const),
    ['harbour.pdf', 'application/pdf', await pdfOf(PAGES)] as const,
  ]
  for (const [file, mediaType, bytes] of files) {
    await uploadFile(world, caller, database.id, { name: file, mediaType, metadata: {}, content: inOne(bytes), maxBytes: 10_000_000 }, never)
  }
  for (let job = await world.queue.claim('w', 30_000); job !== undefined; job = await world.queue.claim('w', 30_000)) {
    await runJob(world, job, 'w', () => undefined, never)
  }
  const { items } = await world.catalog.documents(caller.ownerId, database.id, { limit: 100 })
  for (const { id } of items) texts.set(id, (await readText(world, caller, database.id, id)).extracted)
  return database.id
}

async function* inOne(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

/** The readers of the product, without the process around them. */
function extractorHere(): Extractor {
  return {
    async extract({ path, name, mediaType }) {
      const content = new Uint8Array(readFileSync(path))
      const file = { name, size: content.length, bytes: () => content, at: (from: number, length: number) => content.subarray(from, from + length) }
      const none = () => undefined
      const events = { progress: none, entryStart: none, entryData: none, entryEnd: none, entryBroken: none }
      const found = await extractFile(file, mediaType, EXTRACT_LIMITS, events)
      if (found.kind === 'archive') throw new Error('there is no archive among the documents')
      return { kind: 'text', extracted: found.extracted }
    },
    close: async () => undefined,
  }
}

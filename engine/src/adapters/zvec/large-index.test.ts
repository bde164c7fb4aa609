import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { sampleChunk, sampleVector, sampleVersion } from '../../ports/index-samples.contract.ts'
import { type VectorsUnderTest, vectorsContract } from '../../ports/vectors.contract.ts'
import { openIndexStore } from '../sqlite/index-store.ts'
import type { IndexEvent } from '../sqlite/threads-builds.ts'

const root = mkdtempSync(join(tmpdir(), 'quarry-large-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const MODULE = new URL('./large-index.ts', import.meta.url).href
const newFolder = () => mkdtempSync(join(root, 'data-'))

/** Every search waits for the index that it asks for and is answered with it. */
let built = 0
const notBuilt: string[] = []
async function open(threads: number, folder = newFolder()): Promise<VectorsUnderTest> {
  const onIndex = ({ outcome, reason }: IndexEvent) => {
    if (outcome === 'built') built += 1
    else notBuilt.push(String(reason))
  }
  const store = openIndexStore({ folder, threads, kept: { least: 20, perResult: 1 }, largeIndex: { module: MODULE, least: 25 }, onIndex })
  return {
    chunks: store.chunks,
    vectors: {
      ...store.vectors,
      async search(version, query) {
        for (let turn = 0; turn < 2; turn++) {
          await store.vectors.search(version, query)
          await store.settled()
        }
        return store.vectors.search(version, query)
      },
    },
    async reopen() {
      await store.chunks.close()
      return open(threads, folder)
    },
    close: () => store.chunks.close(),
  }
}

vectorsContract('sqlite with zvec beside it', () => open(0), 6)
vectorsContract('sqlite with zvec beside it, in two threads', () => open(2), 2)

const DIMENSIONS = 32
const version = sampleVersion('ver_1', DIMENSIONS)
const COUNT = 600
const fieldsOf = (documentId: string) => ({
  ...{ documentId, externalId: documentId, name: 'a', title: undefined, mediaType: 'text/plain', createdAt: 0, updatedAt: 0 },
  metadata: { half: Number(documentId.at(-1)) % 2 },
})

// The histories of the contract are made by chance, and not each is large enough for an index.
test('what the contract is held against has an index as soon as it is large enough', async () => {
  const before = built
  const { chunks, vectors, close } = await open(0)
  if (chunks === undefined) throw new Error('this store keeps chunks')
  await chunks.create(version)
  const made = Array.from({ length: 60 }, (_, ordinal) => sampleChunk('doc1', 1, ordinal, 101, DIMENSIONS))
  await chunks.stage(version, made)
  await chunks.publish(version, fieldsOf('doc1'), 1, made.length)
  const hits = await vectors.search(version, { vector: sampleVector(10_000, DIMENSIONS), n: 3, filter: undefined })
  expect(hits).toHaveLength(3)
  expect(built - before, `not built: ${notBuilt.join('; ')}`).toBe(1)
  await close()
})

interface Opened {
  readonly store: ReturnType<typeof openIndexStore>
  readonly events: IndexEvent[]
}

function opened(folder: string): Opened {
  const events: IndexEvent[] = []
  const options = { kept: { least: 40, perResult: 2 }, largeIndex: { module: MODULE, least: 100 }, onIndex: (event: IndexEvent) => void events.push(event) }
  return { store: openIndexStore({ folder, threads: 0, ...options }), events }
}

async function add({ store }: Opened, documentId: string, count: number): Promise<void> {
  const chunks = Array.from({ length: count }, (_, ordinal) => sampleChunk(documentId, 1, ordinal, Number(documentId.slice(3)) * 101, DIMENSIONS))
  await store.chunks.stage(version, chunks)
  await store.chunks.publish(version, fieldsOf(documentId), 1, count)
}

async function filled(folder: string): Promise<Opened> {
  const one = opened(folder)
  await one.store.chunks.create(version)
  for (let document = 0; document < 6; document++) await add(one, `doc${document}`, COUNT / 6)
  return one
}

const QUERIES = Array.from({ length: 12 }, (_, index) => sampleVector(10_000 + index, DIMENSIONS))

async function answers({ store }: Opened): Promise<string> {
  const results: unknown[] = []
  for (const vector of QUERIES) {
    for (const filter of [undefined, { field: 'half', op: 'eq', value: 1 } as const]) {
      const hits = await store.vectors.search(version, { vector, n: 5, filter })
      results.push(hits.map(({ chunkId, score }) => `${chunkId} ${score.toFixed(5)}`))
    }
  }
  return JSON.stringify(results)
}

/** As it is answered with an index: built if none is there. */
async function settled(one: Opened): Promise<string> {
  await answers(one)
  await one.store.settled()
  await answers(one)
  return answers(one)
}

const indexFolder = (folder: string) => join(folder, version.databaseId, `${version.versionId}.index`)
const filesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())

test('the index answers as the scan does, is kept when reopened, and is built anew when many rows came or went', { timeout: 60_000 }, async () => {
  const folder = newFolder()
  const one = await filled(folder)
  const scanned = await answers(one)
  expect(await settled(one)).toBe(scanned)
  expect(one.events.map(({ outcome, rows }) => [outcome, rows])).toEqual([['built', COUNT]])
  const [first] = readdirSync(indexFolder(folder))
  await one.store.chunks.close()

  const again = opened(folder)
  expect(await settled(again)).toBe(scanned)
  expect(again.events).toEqual([])
  await add(again, 'doc6', 20) // too few to be built anew, and found all the same
  const target = sampleChunk('doc6', 1, 7, 6 * 101, DIMENSIONS)
  const hits = await again.store.vectors.search(version, { vector: target.vector ?? new Float32Array(DIMENSIONS), n: 1, filter: undefined })
  expect(hits.map(({ chunkId }) => chunkId)).toEqual([target.id])
  await again.store.chunks.remove(version, ['doc6', 'doc0', 'doc1', 'doc2'])
  await settled(again)
  expect(again.events.map(({ outcome, rows }) => [outcome, rows])).toEqual([['built', COUNT / 2]])
  const names = readdirSync(indexFolder(folder))
  expect(names).toHaveLength(1)
  expect(names).not.toContain(first)
  await again.store.chunks.drop(version)
  expect(existsSync(indexFolder(folder))).toBe(false)
  await again.store.chunks.close()
})

test('a damaged or missing index is never believed, and built anew', { timeout: 120_000 }, async () => {
  const folder = newFolder()
  const one = await filled(folder)
  const scanned = await answers(one)
  expect(await settled(one)).toBe(scanned)
  await one.store.chunks.close()
  const harm: ((path: string) => void)[] = [
    (path) => {
      const bytes = readFileSync(path)
      const at = Math.floor(bytes.length / 2)
      bytes[at] = (bytes[at] ?? 0) ^ 4
      writeFileSync(path, bytes)
    },
    (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
    (path) => rmSync(path),
  ]
  const count = filesOf(indexFolder(folder)).filter((path) => statSync(path).size > 0).length
  for (let place = 0; place < count; place++) {
    const victim = filesOf(indexFolder(folder)).filter((path) => statSync(path).size > 0)[place] ?? ''
    harm[place % harm.length]?.(victim)
    const hurt = opened(folder)
    expect(await settled(hurt)).toBe(scanned)
    expect(hurt.events.map(({ outcome }) => outcome)).toEqual(['built'])
    await hurt.store.chunks.close()
  }
  rmSync(indexFolder(folder), { recursive: true })
  const lost = opened(folder)
  expect(await settled(lost)).toBe(scanned)
  rmSync(indexFolder(folder), { recursive: true }) // while it is open
  expect(await answers(lost)).toBe(scanned)
  expect(lost.events.map(({ outcome }) => outcome)).toEqual(['built'])
  await lost.store.chunks.check(version)
  await lost.store.chunks.close()
})

test('to be used and closed does not harm an index whose files the engine touches when it closes them', { timeout: 60_000 }, async () => {
  const wide = sampleVersion('ver_wide', 384)
  const folder = newFolder()
  const one = opened(folder)
  const query = { vector: sampleVector(1, 384), n: 5, filter: undefined }
  await one.store.chunks.create(wide)
  const count = 2_000 // the files must be larger than a MiB
  const chunks = Array.from({ length: count }, (_, ordinal) => sampleChunk('doc0', 1, ordinal, 0, 384))
  await one.store.chunks.stage(wide, chunks)
  await one.store.chunks.publish(wide, fieldsOf('doc0'), 1, count)
  await one.store.vectors.search(wide, query)
  await one.store.settled()
  await one.store.chunks.close()
  expect(one.events.map(({ outcome }) => outcome)).toEqual(['built'])
  for (let round = 0; round < 3; round++) {
    const again = opened(folder)
    for (let turn = 0; turn < 2; turn++) await again.store.vectors.search(wide, query)
    await again.store.settled()
    expect(again.events).toEqual([])
    await again.store.chunks.close()
  }
})

test('killed at any time while it builds, it leaves nothing that is believed', { timeout: 120_000 }, async () => {
  const folder = newFolder()
  const one = await filled(folder)
  const scanned = await answers(one)
  await one.store.chunks.close()
  const program = join(import.meta.dirname, '../sqlite/threads-index.ts')
  const task = JSON.stringify({ folder, version, module: MODULE })
  const began = performance.now()
  await new Promise((resolve) => spawn(process.execPath, [program, task], { stdio: 'ignore' }).once('exit', resolve))
  const whole = performance.now() - began
  for (let round = 0; round < 10; round++) {
    const child = spawn(process.execPath, [program, task], { stdio: 'ignore' })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    await new Promise((resolve) => setTimeout(resolve, (whole * (round + 1)) / 10))
    child.kill('SIGKILL')
    await ended
    const after = opened(folder)
    expect(await settled(after)).toBe(scanned)
    await after.store.chunks.check(version)
    await after.store.chunks.close()
  }
})

test.each(['this', 'another'])('dropped by %s store while it is built, nothing of it is left', { timeout: 30_000 }, async (which) => {
  const folder = newFolder()
  const one = await filled(folder)
  await answers(one) // asks for the index
  await vi.waitFor(() => expect(readdirSync(indexFolder(folder))).not.toEqual([]), { timeout: 20_000 })
  const other = which === 'another' ? openIndexStore({ folder, threads: 0 }) : one.store
  await other.chunks.drop(version)
  await one.store.settled()
  expect(existsSync(indexFolder(folder))).toBe(false)
  expect(one.events.filter(({ outcome }) => outcome === 'built')).toEqual([])
  await other.chunks.close()
  await one.store.chunks.close()
})

test('a module that cannot be loaded is told once, and the scan goes on answering', { timeout: 30_000 }, async () => {
  const folder = newFolder()
  const one = await filled(folder)
  const scanned = await answers(one)
  await one.store.chunks.close()
  const events: IndexEvent[] = []
  const largeIndex = { module: new URL('./missing.ts', import.meta.url).href, least: 100 }
  const store = openIndexStore({ folder, threads: 0, kept: { least: 40, perResult: 2 }, largeIndex, onIndex: (event) => void events.push(event) })
  expect(await settled({ store, events })).toBe(scanned)
  expect(events.map(({ outcome }) => outcome)).toEqual(['failed'])
  await store.chunks.close()
})

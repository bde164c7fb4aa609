import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppError } from '../../domain/errors.ts'
import type { Chunks } from '../../ports/chunks.ts'
import { sampleChunk, sampleVector, sampleVersion } from '../../ports/index-samples.contract.ts'
import { openIndexStore } from './index-store.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quarry-index-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const version = sampleVersion('ver_1')
const fieldsOf = (documentId: string) => ({
  documentId,
  externalId: documentId,
  name: 'a',
  title: undefined,
  mediaType: 'text/plain',
  createdAt: 0,
  updatedAt: 0,
  metadata: {},
})
const file = () => join(folder, version.databaseId, `${version.versionId}.sqlite`)
const code = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  )

async function fill(chunks: Chunks, documents: number): Promise<void> {
  await chunks.create(version)
  for (let document = 0; document < documents; document++) {
    const documentId = `doc_${document}`
    await chunks.stage(
      version,
      Array.from({ length: 3 }, (_, ordinal) => sampleChunk(documentId, 1, ordinal, document)),
    )
    await chunks.publish(version, fieldsOf(documentId), 1, 3)
  }
}

/** Reads everything, each time from a store opened anew. */
async function readAll(): Promise<string> {
  const { chunks, vectors } = openIndexStore({ folder, threads: 0 })
  try {
    await chunks.check(version)
    const stats = await chunks.stats(version)
    const hits = await vectors.search(version, { vector: sampleVector(1), n: 100, filter: undefined })
    const found = await chunks.get(
      version,
      hits.map(({ chunkId }) => chunkId),
    )
    return JSON.stringify([stats.documents, stats.chunks, found])
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  } finally {
    await chunks.close()
  }
}

test('a file that was lost is reported, never made anew', async () => {
  const store = openIndexStore({ folder, threads: 0 })
  await fill(store.chunks, 2)
  rmSync(file())
  expect(await code(store.chunks.stats(version))).toBe('store/damaged')
  expect(await code(store.chunks.create(version))).toBe('store/damaged')
  expect(existsSync(file())).toBe(false)
  await store.chunks.close()
})

test.each([
  ['empty', (path: string) => truncateSync(path, 0)],
  ['cut in half', (path: string) => truncateSync(path, Math.floor(readFileSync(path).length / 2))],
  ['something else', (path: string) => writeFileSync(path, 'not a database at all, but long enough to be looked at')],
  ['zero in its header', (path: string) => writeFileSync(path, readFileSync(path).fill(0, 0, 100))],
])('a file that is %s is refused and left as it is', async (_, damage) => {
  const store = openIndexStore({ folder, threads: 0 })
  await fill(store.chunks, 30)
  await store.chunks.close()
  damage(file())
  const bytes = readFileSync(file())
  expect(await readAll()).toBe('store/damaged')
  expect(readFileSync(file()).equals(bytes)).toBe(true)
})

test('a flipped byte is found or harmless', { timeout: 60_000 }, async () => {
  const store = openIndexStore({ folder, threads: 0 })
  await fill(store.chunks, 30)
  await store.chunks.close()
  const copy = `${file()}.good`
  copyFileSync(file(), copy)
  const whole = await readAll()
  const size = readFileSync(copy).length
  for (let round = 0; round < 60; round++) {
    const bytes = readFileSync(copy)
    const at = Math.floor((size * round) / 60)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (round % 8))
    writeFileSync(file(), bytes)
    const result = await readAll()
    // Values inside a row carry no checksum: then as many chunks are there, and what is whole is unchanged.
    if (result !== whole && !/^store\/|^version\//.test(result)) expect(JSON.parse(result).slice(0, 2)).toEqual(JSON.parse(whole).slice(0, 2))
  }
})

test('a newer schema is not touched', async () => {
  const store = openIndexStore({ folder, threads: 0 })
  await fill(store.chunks, 1)
  await store.chunks.close()
  const db = new DatabaseSync(file())
  db.exec('PRAGMA user_version = 99')
  db.close()
  expect(await readAll()).toBe('store/too-new')
})

test('ids that are no ids of ours never become a path', async () => {
  const store = openIndexStore({ folder, threads: 0 })
  expect(await code(store.chunks.create({ ...version, databaseId: '../outside' }))).toBe('version/not-found')
  expect(existsSync(join(folder, '..', 'outside'))).toBe(false)
  await store.chunks.close()
})

test('more databases than may be open at a time are served in turn', async () => {
  const store = openIndexStore({ folder, threads: 0, open: 2 })
  const versions = Array.from({ length: 6 }, (_, index) => sampleVersion(`ver_${index}`))
  for (const one of versions) {
    await store.chunks.create(one)
    await store.chunks.stage(one, [sampleChunk('doc', 1, 0, 0)])
    await store.chunks.publish(one, fieldsOf('doc'), 1, 1)
  }
  for (const one of versions) expect((await store.vectors.search(one, { vector: sampleVector(1), n: 5, filter: undefined })).length).toBe(1)
  await store.chunks.close()
})

test('chunks of former revisions go from the postings when they are many', { timeout: 60_000 }, async () => {
  const store = openIndexStore({ folder, threads: 0 })
  await store.chunks.create(version)
  for (let revision = 1; revision <= 6; revision++) {
    const chunks = Array.from({ length: 1000 }, (_, ordinal) => sampleChunk('doc', revision, ordinal, revision))
    await store.chunks.stage(version, chunks)
    await store.chunks.publish(version, fieldsOf('doc'), revision, 1000)
  }
  const hits = await store.chunks.searchLexical(version, { terms: [{ term: 'v6', weight: 1 }], n: 2000, filter: undefined })
  expect(hits.length).toBe(1000)
  expect(await store.chunks.searchLexical(version, { terms: [{ term: 'v5', weight: 1 }], n: 5, filter: undefined })).toEqual([])
  await store.chunks.check(version)
  await store.chunks.close()
})

/** Publishes documents for ever and tells each one on a line, once it is acknowledged. */
const WRITER = `
import { openIndexStore } from ${JSON.stringify(new URL('./index-store.ts', import.meta.url).href)}
import { sampleChunk, sampleVersion } from ${JSON.stringify(new URL('../../ports/index-samples.contract.ts', import.meta.url).href)}
const [folder, from] = process.argv.slice(-2)
const { chunks } = openIndexStore({ folder, threads: 0 })
const version = sampleVersion('ver_1')
await chunks.create(version)
for (let number = Number(from); ; number++) {
  const documentId = 'doc_' + number
  await chunks.stage(version, [0, 1, 2].map((ordinal) => sampleChunk(documentId, 1, ordinal, number)))
  await chunks.publish(version, { documentId, externalId: documentId, name: 'a', title: undefined, mediaType: 'a/b', createdAt: 0, updatedAt: 0, metadata: {} }, 1, 3)
  process.stdout.write(number + '\\n')
}
`

test('what was acknowledged before kill -9 is there whole, and nothing is there by half', { timeout: 120_000 }, async () => {
  const script = join(folder, 'writer.ts')
  writeFileSync(script, WRITER)
  let acknowledged = -1
  for (let round = 0; round < 8; round++) {
    const child = spawn(process.execPath, [script, folder, String(acknowledged + 1)], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    const enough = new Promise<void>((resolve) => {
      child.stdout.on('data', (data: Buffer) => {
        output += data.toString()
        if (output.split('\n').length > 3 + round * 3) resolve()
      })
      child.once('exit', () => resolve())
    })
    const ended = new Promise((resolve) => child.once('close', resolve))
    await enough
    child.kill('SIGKILL')
    await ended
    const complete = output.slice(0, output.lastIndexOf('\n') + 1).trim()
    expect(complete).not.toBe('')
    acknowledged = Number(complete.split('\n').at(-1))
    const { chunks, vectors } = openIndexStore({ folder, threads: 0 })
    await chunks.check(version)
    const ids = Array.from({ length: acknowledged + 1 }, (_, number) => `doc_${number}`)
    expect((await chunks.liveRevisions(version, ids)).size).toBe(ids.length)
    const stats = await chunks.stats(version)
    expect(stats.chunks).toBe(stats.documents * 3)
    expect((await vectors.search(version, { vector: sampleVector(1), n: 10_000, filter: undefined })).length).toBe(stats.chunks)
    await chunks.close()
  }
})

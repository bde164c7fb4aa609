import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppError } from '../../domain/errors.ts'
import { newDatabase, newUpload, rule } from '../../ports/catalog.contract.ts'
import { sqliteCatalog } from './catalog.ts'
import { openCatalogFile } from './catalog-file.ts'
import { sqliteQueue } from './queue.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quarry-sqlite-'))
  path = join(folder, 'quarry.sqlite')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function filled(documents: number): Promise<string> {
  const catalog = sqliteCatalog(openCatalogFile({ path }), rule())
  const { database } = await catalog.createDatabase(newDatabase('ann', 'd'))
  for (let index = 0; index < documents; index += 1) await catalog.acceptUpload(newUpload('ann', database.id, `document ${index}`, `${index}`))
  await catalog.close()
  return database.id
}
const codeOf = (work: () => unknown): string => {
  try {
    work()
    return 'no error'
  } catch (error) {
    return error instanceof AppError ? error.code : String(error)
  }
}

test('an empty, a foreign, a newer and a missing file are refused and left as they are', async () => {
  await filled(1)
  copyFileSync(path, `${path}.good`)
  writeFileSync(path, '')
  expect(codeOf(() => openCatalogFile({ path }))).toBe('store/damaged')
  expect(statSync(path).size).toBe(0)
  writeFileSync(path, 'SQLite format 2')
  expect(codeOf(() => openCatalogFile({ path }))).toBe('store/damaged')
  rmSync(path)
  const foreign = new DatabaseSync(path)
  foreign.exec('CREATE TABLE other (a)')
  foreign.close()
  expect(codeOf(() => openCatalogFile({ path }))).toBe('store/damaged')
  copyFileSync(`${path}.good`, path)
  const newer = new DatabaseSync(path)
  newer.exec("INSERT INTO migrations VALUES ('9999-from-the-future', 0)")
  newer.close()
  expect(codeOf(() => openCatalogFile({ path }))).toBe('store/too-new')
  for (const name of readdirSync(folder)) if (name !== 'quarry.sqlite.good') rmSync(join(folder, name))
  mkdirSync(join(folder, 'databases'))
  mkdirSync(join(folder, 'databases', 'db_1'))
  expect(codeOf(() => openCatalogFile({ path, evidence: [join(folder, 'databases')] }))).toBe('store/damaged')
  expect(existsSync(path)).toBe(false)
  rmSync(join(folder, 'databases', 'db_1'), { recursive: true })
  writeFileSync(`${path}-wal`, 'x')
  expect(codeOf(() => openCatalogFile({ path }))).toBe('store/damaged')
  rmSync(`${path}-wal`)
  openCatalogFile({ path, evidence: [join(folder, 'databases')] }).close()
  expect(existsSync(path)).toBe(true)
})

test('a file that was cut off or changed anywhere is refused, or gives every row', async () => {
  const databaseId = await filled(120)
  const good = readFileSync(path)
  const endings = new Map<string, number>()
  const attempt = async (bytes: Uint8Array): Promise<void> => {
    for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true })
    writeFileSync(path, bytes)
    const ending = await read(databaseId)
    endings.set(ending, (endings.get(ending) ?? 0) + 1)
  }
  for (let cut = 0; cut < 40; cut += 1) await attempt(good.subarray(0, Math.floor((good.length * cut) / 40)))
  expect([...endings.keys()]).toEqual(['store/damaged'])
  for (let flip = 0; flip < 200; flip += 1) {
    const bytes = Buffer.from(good)
    const at = (flip * 7919 * 31) % good.length
    for (let offset = 0; offset < 8; offset += 1) bytes[(at + offset) % bytes.length] = (flip * 37 + offset * 101) & 255
    await attempt(bytes)
  }
  expect([...endings.keys()].filter((each) => each !== 'store/damaged' && each !== 'complete')).toEqual([])
  expect(endings.get('complete')).toBeGreaterThan(0)
})

/** What a start on this file comes to: `complete`, an error code, or a telling of what is missing. */
async function read(databaseId: string): Promise<string> {
  try {
    const catalog = sqliteCatalog(openCatalogFile({ path }), rule())
    try {
      await catalog.check()
      const { items } = await catalog.documents('ann', databaseId, { limit: 1000 })
      return items.length === 120 ? 'complete' : `${items.length} documents`
    } finally {
      await catalog.close()
    }
  } catch (error) {
    return error instanceof AppError ? error.code : String(error)
  }
}

const WRITER = `
const [catalogFile, catalogModule, path, databaseId, start] = process.argv.slice(1)
const { openCatalogFile } = await import(catalogFile)
const { sqliteCatalog } = await import(catalogModule)
const { randomBytes } = await import('node:crypto')
const catalog = sqliteCatalog(openCatalogFile({ path }), { now: Date.now, newId: (prefix) => prefix + '_' + randomBytes(16).toString('hex') })
for (let index = Number(start); ; index += 1) {
  await catalog.acceptUpload({ databaseId, ownerId: 'ann', externalId: 'e' + index, name: 'n', mediaType: 't', size: 1, sha256: 'a', metadata: {}, title: undefined, parentId: undefined })
  process.stdout.write(index + '\\n')
  if (index % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
}`

test('a writer that is killed 10 times loses nothing that it acknowledged', async () => {
  const databaseId = await filled(0)
  let next = 0
  for (let kill = 0; kill < 10; kill += 1) {
    const modules = ['catalog-file.ts', 'catalog.ts'].map((name) => join(import.meta.dirname, name))
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', WRITER, ...modules, path, databaseId, String(next)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    let said = ''
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (piece: Buffer) => {
        said += piece
        if (said.split('\n').length > 5 + kill * 3) child.kill('SIGKILL')
      })
      child.once('close', () => resolve())
    })
    const acknowledged = said.split('\n').slice(0, -1).map(Number)
    const catalog = sqliteCatalog(openCatalogFile({ path }), rule())
    await catalog.check()
    expect(acknowledged.length).toBeGreaterThan(0)
    for (const index of acknowledged) expect((await catalog.document('ann', databaseId, `e${index}`)).revision).toBe(1)
    const { documents } = await catalog.summary(databaseId)
    const queue = sqliteQueue(openCatalogFile({ path }), rule())
    expect((await queue.depth()).queued).toBe(documents.queued) // a document never without its job
    next = documents.queued
    expect(next).toBeGreaterThan(acknowledged.at(-1) ?? 0)
    await catalog.close()
  }
}, 60_000)

const RIVAL = `
const { workerData, parentPort } = require('node:worker_threads')
async function work() {
  const { openCatalogFile } = await import(workerData.modules[0])
  const { sqliteQueue } = await import(workerData.modules[1])
  const file = openCatalogFile({ path: workerData.path })
  const queue = sqliteQueue(file, { now: Date.now })
  const got = []
  for (;;) {
    const job = await queue.claim(workerData.name, 60000)
    if (job === undefined) break
    got.push(job.id)
    await queue.finish(job.id, workerData.name)
  }
  file.close()
  parentPort.postMessage(got)
}
work()`

test('two threads on one file share the jobs between them, each job once', async () => {
  await filled(120)
  const modules = ['catalog-file.ts', 'queue.ts'].map((name) => pathToFileURL(join(import.meta.dirname, name)).href)
  const claimed = await Promise.all(
    ['one', 'two'].map(
      (name) =>
        new Promise<string[]>((resolve, reject) => {
          const worker = new Worker(RIVAL, { eval: true, workerData: { modules, path, name } })
          worker.once('message', resolve)
          worker.once('error', reject)
        }),
    ),
  )
  expect(new Set(claimed.flat()).size).toBe(120)
  expect(claimed.flat()).toHaveLength(120)
}, 60_000)

test('on a full disk uploads are refused, reading and deleting work, and nothing acknowledged is lost', async (context) => {
  const small = mountSmall()
  if (small === undefined) return context.skip('a tmpfs cannot be mounted here')
  try {
    const reserve = join(small, 'ballast')
    writeFileSync(reserve, Buffer.alloc(2 * 1024 * 1024))
    let released = 0
    const onFull = () => {
      if (!existsSync(reserve)) return false
      released += 1
      rmSync(reserve)
      return true
    }
    const file = openCatalogFile({ path: join(small, 'quarry.sqlite'), onFull })
    const making = rule()
    const [catalog, queue] = [sqliteCatalog(file, making), sqliteQueue(file, making)]
    const { database } = await catalog.createDatabase(newDatabase('ann', 'd'))
    const accepted: string[] = []
    const fault = await (async () => {
      for (let index = 0; index < 100_000; index += 1) {
        const { document } = await catalog.acceptUpload(
          newUpload('ann', database.id, `document ${index}`, `${index}`, { metadata: { text: 'x'.repeat(2000) } }),
        )
        accepted.push(document.id)
      }
    })().catch((error: unknown) => error)
    expect(fault).toMatchObject({ code: 'store/full' })
    writeFileSync(join(small, 'rest'), '') // the last blocks go as well
    expect(codeOf(() => writeFileSync(join(small, 'rest'), Buffer.alloc(4 * 1024 * 1024)))).toContain('ENOSPC')
    expect(released).toBe(0) // an upload may not take the reserve
    expect((await catalog.summary(database.id)).documents.queued).toBe(accepted.length)
    const removed = accepted.slice(0, 20)
    for (const id of removed) await catalog.removeDocument('ann', database.id, id)
    expect(released).toBe(1)
    for (let job = await queue.claim('w', 1000, ['remove']); job !== undefined; job = await queue.claim('w', 1000, ['remove'])) {
      await catalog.forgetDocument(job.documentId ?? '')
      await queue.finish(job.id, 'w')
    }
    expect((await catalog.summary(database.id)).documents).toMatchObject({ queued: accepted.length - removed.length, deleting: 0 })
    await catalog.check()
    await catalog.close()
    // A start on a disk that is full to the last block.
    writeFileSync(reserve, Buffer.alloc(1024 * 1024))
    codeOf(() => writeFileSync(join(small, 'more'), Buffer.alloc(8 * 1024 * 1024)))
    const again = sqliteCatalog(openCatalogFile({ path: join(small, 'quarry.sqlite'), onFull }), making)
    await again.removeDatabase('ann', database.id)
    expect(released).toBe(2)
    await again.close()
  } finally {
    execFileSync('umount', ['-l', small])
    rmSync(small, { recursive: true })
  }
})

/** A disk of 8 MiB, where this machine lets us have one. */
function mountSmall(): string | undefined {
  const at = mkdtempSync(join(tmpdir(), 'quarry-small-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', at], { stdio: 'ignore' })
    return at
  } catch {
    rmSync(at, { recursive: true })
    console.warn('skipped: a full disk cannot be tried here, because mounting a tmpfs is not allowed')
    return undefined
  }
}

test('a second try of a full write runs once only, and only for writes that free space', () => {
  let asked = 0
  const file = openCatalogFile({
    path,
    onFull() {
      asked += 1
      return true
    },
  })
  const full = () => {
    throw Object.assign(new Error('database or disk is full'), { errcode: 13 })
  }
  expect(codeOf(() => file.write(full))).toBe('store/full')
  expect(asked).toBe(0)
  expect(codeOf(() => file.write(full, { freesSpace: true }))).toBe('store/full')
  expect(asked).toBe(1)
  expect(codeOf(() => file.write(() => Promise.resolve()))).toBe('internal')
  const insert = () => file.run("INSERT INTO replies VALUES ('ann', 'k', 'f', 200, '', 1)")
  const failing = () => {
    insert()
    return full()
  }
  expect(codeOf(() => file.write(failing))).toBe('store/full')
  expect(file.all('SELECT * FROM replies')).toEqual([]) // nothing of a failed write is kept
  expect(file.write(insert)).toBe(1)
  expect(codeOf(() => file.run('INSERT INTO nowhere VALUES (1)'))).toBe('internal')
  truncateSync(path, 0)
  file.close()
})

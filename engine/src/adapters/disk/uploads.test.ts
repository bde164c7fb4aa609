import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cutAfter, NEW_UPLOAD, streamOf, type UploadsUnderTest, uploadsContract } from '../../ports/uploads.contract.ts'
import type { Uploads } from '../../ports/uploads.ts'
import { diskUploads } from './uploads.ts'

const newId = (prefix: string) => `${prefix}_${randomBytes(16).toString('hex')}`
const open = async (): Promise<UploadsUnderTest & { readonly folder: string }> => {
  const folder = join(mkdtempSync(join(tmpdir(), 'quarry-uploads-')), 'uploads')
  const clock = { now: 1_800_000_000_000 }
  const make = () => diskUploads(folder, { now: () => clock.now, newId })
  return {
    folder,
    uploads: make(),
    clock,
    restarted: make,
    leftovers: async () => readdirSync(folder).length,
    close: async () => rmSync(join(folder, '..'), { recursive: true }),
  }
}
uploadsContract('disk', open)

let store: Awaited<ReturnType<typeof open>>
let uploads: Uploads
beforeEach(async () => {
  store = await open()
  uploads = store.uploads
})
afterEach(() => store.close())

const { accountId, databaseId } = NEW_UPLOAD
const pathOf = (id: string, kind: 'json' | 'bytes') => join(store.folder, `${id}.${kind}`)
const append = (id: string, offset: number, text: string) => uploads.append(accountId, databaseId, id, offset, streamOf(Buffer.from(text)))

test('files are named by the id alone, and are for the owner only', async () => {
  const { id } = await uploads.begin({ ...NEW_UPLOAD, name: '../../x', externalId: '/etc/passwd' })
  await append(id, 0, 'abc')
  expect(readdirSync(store.folder).sort()).toEqual([`${id}.bytes`, `${id}.json`])
  for (const kind of ['json', 'bytes'] as const) expect(statSync(pathOf(id, kind)).mode & 0o777).toBe(0o600)
  expect(statSync(store.folder).mode & 0o777).toBe(0o700)
})

test.each<[string, (text: string) => string]>([
  ['emptied', () => ''],
  ['shortened', (text) => text.slice(0, -20)],
  ['not JSON', () => 'null'],
  ['changed in its offset', (text) => text.replace('"offset":3', '"offset":2')],
  ['changed in its account', (text) => text.replace('"accountId":"acc_1"', '"accountId":"acc_2"')],
  ['of another upload', (text) => text.replaceAll(/up_[0-9a-f]{32}/g, newId('up'))],
])('a record that is %s is like none, and is swept with its bytes', async (_, damage) => {
  const { id } = await uploads.begin(NEW_UPLOAD)
  await append(id, 0, 'abc')
  const before = readFileSync(pathOf(id, 'json'), 'utf8')
  writeFileSync(pathOf(id, 'json'), damage(before))
  expect(readFileSync(pathOf(id, 'json'), 'utf8')).not.toBe(before)
  for (const account of [accountId, 'acc_2']) await expect(uploads.upload(account, databaseId, id)).rejects.toMatchObject({ code: 'upload/not-found' })
  await expect(append(id, 3, 'd')).rejects.toMatchObject({ code: 'upload/not-found' })
  expect(await uploads.sweep()).toBe(1)
  expect(readdirSync(store.folder)).toEqual([])
})

test('bytes that no piece was acknowledged for are not part of the content', async () => {
  const { id } = await uploads.begin({ ...NEW_UPLOAD, size: 6 })
  await append(id, 0, 'abc')
  appendFileSync(pathOf(id, 'bytes'), 'half of a piece that a kill cut off')
  uploads = store.restarted()
  await append(id, 3, 'def')
  let content = ''
  await uploads.finish(accountId, databaseId, id, async (_upload, stream) => {
    for await (const piece of stream) content += Buffer.from(piece).toString()
    return { documentId: 'd', outcome: 'created', jobId: undefined }
  })
  expect(content).toBe('abcdef')
  expect(readdirSync(store.folder)).toEqual([`${id}.json`])
})

test.each(['shortened', 'removed'])('bytes that had arrived and were %s are never made up: the upload is gone, and begins anew', async (how) => {
  for (const complete of [false, true]) {
    const told = { ...NEW_UPLOAD, size: 4, fingerprint: 'f' }
    const { id } = await uploads.begin(told)
    await append(id, 0, complete ? 'abcd' : 'abc')
    if (how === 'shortened') truncateSync(pathOf(id, 'bytes'), 2)
    else rmSync(pathOf(id, 'bytes'))
    const next = complete ? uploads.finish(accountId, databaseId, id, async () => Promise.reject(new Error('it was taken in'))) : append(id, 3, 'd')
    await expect(next).rejects.toMatchObject({ code: 'upload/not-found' })
    expect(readdirSync(store.folder)).toEqual([])
    expect(await uploads.begin(told)).toMatchObject({ offset: 0 })
    await uploads.sweep(accountId)
  }
})

test('the sweep takes drafts of killed writes and bytes of nobody, and leaves what is not ours', async () => {
  const { id } = await uploads.begin(NEW_UPLOAD)
  const [old, young] = [`${id}.json.${'a'.repeat(12)}.new`, `${id}.json.${'b'.repeat(12)}.new`]
  for (const name of [old, young, 'notes.txt', `${newId('up')}.bytes`]) writeFileSync(join(store.folder, name), 'x')
  utimesSync(join(store.folder, old), new Date(Date.now() - 7_200_000), new Date(Date.now() - 7_200_000))
  expect(await uploads.sweep()).toBe(1)
  expect(readdirSync(store.folder).sort()).toEqual([`${id}.json`, young, 'notes.txt'].sort())
})

test('two hundred pieces that are cut leave the upload and nothing else', async () => {
  const { id } = await uploads.begin({ ...NEW_UPLOAD, size: 1000 })
  for (let offset = 0; offset < 200; offset += 1) {
    await expect(uploads.append(accountId, databaseId, id, offset, cutAfter(Buffer.from('x')))).rejects.toMatchObject({ code: 'request/aborted' })
  }
  expect(readdirSync(store.folder).sort()).toEqual([`${id}.bytes`, `${id}.json`])
  expect((await uploads.upload(accountId, databaseId, id)).offset).toBe(200)
})

const WRITER = `
const { diskUploads } = await import(process.argv[1])
const uploads = diskUploads(process.argv[2], { now: () => 1_800_000_000_000, newId: () => process.argv[3] })
const told = JSON.parse(process.argv[4])
const upload = await uploads.begin(told)
const piece = (offset) => { const bytes = Buffer.alloc(4096); for (let at = 0; at < 4096; at += 4) bytes.writeUInt32LE(offset + at, at); return bytes }
async function* two(offset) { yield piece(offset).subarray(0, 1000); yield piece(offset).subarray(1000) }
for (let offset = upload.offset; ; ) {
  offset = (await uploads.append(told.accountId, told.databaseId, upload.id, offset, two(offset))).offset
  process.stdout.write(offset + '\\n')
}`

test('killed anywhere: what was acknowledged is there, and the upload goes on to the right content', async () => {
  const told = { ...NEW_UPLOAD, size: 100_000_000, fingerprint: 'f' }
  const id = newId('up')
  let acknowledged = 0
  for (let round = 0; round < 6; round += 1) {
    const program = join(import.meta.dirname, 'uploads.ts')
    const arguments_ = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', WRITER, program, store.folder, id, JSON.stringify(told)]
    const child: ChildProcess = spawn(process.execPath, arguments_, { stdio: ['ignore', 'pipe', 'inherit'] })
    const exit = new Promise((resolve) => child.once('exit', resolve))
    let said = ''
    child.stdout?.on('data', (piece: Buffer) => {
      said += piece
      if (said.split('\n').length > 3 + round) child.kill('SIGKILL')
    })
    await exit
    acknowledged = Math.max(acknowledged, ...said.split('\n').slice(0, -1).map(Number))
    const { offset } = await store.restarted().upload(accountId, databaseId, id)
    expect(offset).toBeGreaterThanOrEqual(acknowledged)
    const bytes = readFileSync(pathOf(id, 'bytes'))
    for (let at = 0; at < offset; at += 4) if (bytes.readUInt32LE(at) !== at) throw new Error(`round ${round}: wrong bytes at ${at}`)
  }
  expect(acknowledged).toBeGreaterThan(0)
}, 30_000)

test('a full disk refuses a piece; what was acknowledged stays, and the upload goes on when there is room', async (context) => {
  const root = mountSmall()
  if (root === undefined) return context.skip('a tmpfs cannot be mounted here')
  try {
    const small = diskUploads(join(root, 'uploads'), { now: () => 1, newId })
    const whole = randomBytes(6 * 1024 * 1024)
    const { id } = await small.begin({ ...NEW_UPLOAD, size: whole.length })
    await small.append(accountId, databaseId, id, 0, streamOf(whole.subarray(0, 2_000_000)))
    writeFileSync(join(root, 'ballast'), Buffer.alloc(3 * 1024 * 1024))
    await expect(small.append(accountId, databaseId, id, 2_000_000, streamOf(whole.subarray(2_000_000)))).rejects.toMatchObject({ code: 'store/full' })
    expect((await small.upload(accountId, databaseId, id)).offset).toBe(2_000_000)
    expect(readdirSync(join(root, 'uploads'))).toHaveLength(2)
    expect(statSync(join(root, 'uploads', `${id}.bytes`)).size).toBe(2_000_000)
    rmSync(join(root, 'ballast'))
    await small.append(accountId, databaseId, id, 2_000_000, streamOf(whole.subarray(2_000_000)))
    const kept = readFileSync(join(root, 'uploads', `${id}.bytes`))
    expect(sha256(kept)).toBe(sha256(whole))
    expect(existsSync(join(root, 'uploads', `${id}.json`))).toBe(true)
  } finally {
    execFileSync('umount', ['-l', root])
    rmSync(root, { recursive: true })
  }
})

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

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

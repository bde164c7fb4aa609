import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serverForTest, type TestServer, TOKEN } from '../../test/server-fixture.ts'
import { createClient } from '../client/client.ts'
import { findFiles } from './files.ts'
import { fingerprintOf, type Sending, sendFiles } from './send.ts'

const root = mkdtempSync(join(tmpdir(), 'quarry-send-'))
let server: TestServer
beforeAll(async () => {
  server = await serverForTest()
})
afterAll(async () => {
  await server.stop()
  rmSync(root, { recursive: true })
})

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const waiting = () => readdirSync(join(server.folder, 'uploads')).filter((name) => name.endsWith('.bytes'))
type Content = Readonly<Record<string, Uint8Array>>

function folderOf(content: Content): string {
  const folder = mkdtempSync(join(root, 'files-'))
  for (const [name, bytes] of Object.entries(content)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), bytes)
  }
  return folder
}

/** Sends a folder into a database of its own, and tells which requests were made. */
async function sender(folder: string, change: Partial<Sending> = {}) {
  const requests: string[] = []
  const counting: typeof fetch = (input, init) => {
    requests.push(`${init?.method} ${new URL(String(input)).pathname.replace(/(?:db|up)_[0-9a-f]+/g, 'ID')}`)
    return fetch(input, init)
  }
  const client = createClient({ address: server.address, token: TOKEN, fetch: counting })
  const { id: database } = await createClient({ address: server.address, token: TOKEN }).call('createDatabase', {
    body: { name: randomBytes(6).toString('hex') },
  })
  const steps: [string, number][] = []
  const taken: Record<string, string> = {}
  const refused: string[] = []
  const send = (signal = new AbortController().signal, more: Partial<Sending> = {}) =>
    sendFiles(
      { client, database, files: findFiles([folder]), metadata: { year: 2026 }, remote: true, signal, ...change, ...more },
      {
        progress: ({ externalId }, sent) => void steps.push([externalId, sent]),
        taken: (documents) =>
          documents.forEach(({ document, outcome }) => {
            taken[document.external_id] = `${outcome} ${document.sha256}`
          }),
        refused: ({ name, code }) => void refused.push(`${name} ${code}`),
      },
    )
  return { requests, steps, taken, refused, database, send }
}

test('to another machine every file goes in pieces; an empty one holds up no other', async () => {
  const content: Content = { 'a.txt': randomBytes(10), 'b/c.txt': randomBytes(9_000_000), 'empty.txt': new Uint8Array(), 'z.txt': randomBytes(3) }
  const sent = await sender(folderOf(content))
  await sent.send()
  expect(sent.taken).toEqual(
    Object.fromEntries(Object.entries(content).flatMap(([name, bytes]) => (bytes.length === 0 ? [] : [[name, `created ${sha256(bytes)}`]]))),
  )
  expect(sent.refused).toEqual(['empty.txt document/empty'])
  expect(sent.requests.filter((one) => one.endsWith('/documents'))).toEqual([])
  expect(sent.requests.filter((one) => one.startsWith('PATCH'))).toHaveLength(4)
  expect(waiting()).toEqual([])
})

test('to this machine small files go together, and only a large one in pieces', async () => {
  const content: Content = { 'a.txt': randomBytes(10), 'b.txt': randomBytes(20), 'large.bin': randomBytes(16 * 1024 * 1024 + 1) }
  const sent = await sender(folderOf(content), { remote: false })
  await sent.send()
  expect(Object.keys(sent.taken).sort()).toEqual(['a.txt', 'b.txt', 'large.bin'])
  expect(sent.requests.filter((one) => one.endsWith('/documents'))).toHaveLength(1)
  expect(sent.requests.filter((one) => one.startsWith('PATCH'))).toHaveLength(3)
})

test('a command that was stopped and is run again goes on where it was; a file that was written to begins anew', async () => {
  const bytes = randomBytes(20_000_000)
  const folder = folderOf({ 'large.bin': bytes })
  const sent = await sender(folder)
  const stopAt = (most: number) => {
    const stopping = new AbortController()
    const watching = setInterval(() => {
      if (sent.steps.some(([, arrived]) => arrived >= most)) stopping.abort(new Error('stopped'))
    }, 1)
    return { signal: stopping.signal, end: () => clearInterval(watching) }
  }
  const first = stopAt(8_000_000)
  await expect(sent.send(first.signal)).rejects.toThrow('stopped')
  first.end()
  expect(waiting()).toHaveLength(1)
  sent.steps.length = 0
  await sent.send()
  expect(sent.steps[1]?.[1]).toBeGreaterThanOrEqual(8 * 1024 * 1024)
  expect(sent.taken).toEqual({ 'large.bin': `created ${sha256(bytes)}` })
  expect(waiting()).toEqual([])

  writeFileSync(join(folder, 'large.bin'), randomBytes(20_000_000))
  sent.steps.length = 0
  const second = stopAt(8_000_000)
  await expect(sent.send(second.signal)).rejects.toThrow('stopped')
  second.end()
  const changed = readFileSync(join(folder, 'large.bin'))
  changed[19_999_999] = (changed[19_999_999] ?? 0) ^ 1
  writeFileSync(join(folder, 'large.bin'), changed)
  utimesSync(join(folder, 'large.bin'), new Date(), new Date(Date.now() + 5000))
  sent.steps.length = 0
  await sent.send()
  expect(sent.steps.slice(0, 2)).toEqual([
    ['large.bin', 0],
    ['large.bin', 0],
  ])
  expect(sent.taken).toEqual({ 'large.bin': `updated ${sha256(changed)}` })
})

test('a fault that is not of one file ends all of them', async () => {
  const sent = await sender(folderOf({ 'a.txt': randomBytes(10), 'b.txt': randomBytes(10) }))
  await expect(sent.send(undefined, { database: 'nobody' })).rejects.toMatchObject({ code: 'database/not-found' })
  expect(sent.taken).toEqual({})
})

test('the fingerprint tells content at the beginning, size and time apart, and is the same for the same', async () => {
  const folder = folderOf({ a: Buffer.from('one'), b: Buffer.from('two'), c: Buffer.from('one more') })
  const at = new Date(1_800_000_000_000)
  const of = async (name: string, time = at) => {
    utimesSync(join(folder, name), time, time)
    return fingerprintOf({ path: join(folder, name) })
  }
  const all = [await of('a'), await of('b'), await of('c'), await of('a', new Date(1_800_000_001_000))]
  expect(new Set(all).size).toBe(4)
  expect(await of('a')).toBe(all[0])
})

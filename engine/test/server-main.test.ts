import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createClient } from '../src/client/client.ts'
import { COMPILED } from './end-to-end/server-process.ts'

// The server as a person starts it: a process of its own, with the real stores.

const MAIN = resolve(import.meta.dirname, '../src/server/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'quarry-main-'))
const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

function start(environment: Record<string, string>) {
  const env = { NODE_COMPILE_CACHE: COMPILED, PATH: process.env.PATH, PORT: '0', QUARRY_DATA: folder, QUARRY_SAMPLE: 'off', LOG_LEVEL: 'error', ...environment }
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  const said = { out: '', error: '' }
  child.stdout.on('data', (piece) => {
    said.out += piece
  })
  child.stderr.on('data', (piece) => {
    said.error += piece
  })
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const greeted = () => expect.poll(() => said.out, { timeout: 20_000 }).toContain('API reference')
  return { child, said, ended, greeted }
}

test('it starts, greets with a claim link, works, keeps its folder to itself, and stops when told', async () => {
  const first = start({})
  await first.greeted()
  const [, address = '', ticket = ''] = /Claim it +(http:\S+)\/#claim=(\S+)/.exec(first.said.out) ?? []
  const token = readFileSync(join(folder, 'token'), 'utf8').trim()
  expect(first.said.out).not.toContain(token)
  const claim = (email: string) =>
    createClient({ address, token: undefined }).call('claimServer', { body: { ticket, email, password: 'correct horse battery' } })
  if (process.platform !== 'win32') expect(statSync(join(folder, 'token')).mode & 0o077).toBe(0)

  const client = createClient({ address, token })
  const made = await client.upload('createDatabaseFromFiles', {
    fields: { name: 'first' },
    files: [{ name: 'leave.txt', content: new Blob(['Leave is requested in the portal.']) }],
  })
  const seen: string[] = []
  for await (const { event } of client.stream('databaseEvents', { parameters: { database: 'first' } })) seen.push(event)
  expect(seen.at(-1)).toBe('idle')
  const found = await client.call('queryById', { parameters: { id: made.database.id }, body: { query: 'request leave' } })
  expect(found.results[0]?.text).toBe('Leave is requested in the portal.')
  const answer: string[] = []
  for await (const { event, data } of client.stream('ask', { parameters: { database: 'first' }, body: { question: 'Where is leave requested?' } })) {
    if (event === 'citation-found') answer.push(data.citation.verdict)
  }
  expect(answer).toContain('verified')
  const { databases } = await client.call('listDatabases', { query: {} })
  expect(databases.map(({ name }) => name)).toEqual(['first']) // the sample was not wanted

  const second = start({})
  expect(await second.ended).toBe(1)
  expect(second.said.error).toContain(String(first.child.pid))
  expect(second.said.error).not.toMatch(/\n\s+at /)

  // A link works once, and what was made before belongs to who claimed the server.
  const owner = await claim('ann@example.com')
  await expect(claim('eve@example.com')).rejects.toMatchObject({ code: 'ticket/invalid' })
  const hers = await createClient({ address, token: owner.token ?? '' }).call('listDatabases', { query: {} })
  expect(hers.databases.map(({ name }) => name)).toEqual(['first'])

  first.child.kill('SIGTERM')
  expect(await first.ended).toBe(0)
  expect(first.said.error).toBe('')

  const again = start({ QUARRY_TOKEN: 'another-token-of-the-operator-0123456789' })
  await again.greeted()
  expect(again.said.out).not.toContain('another-token')
  expect(again.said.out).not.toContain('claim=')
  const [, where = ''] = /answers at (\S+)/.exec(again.said.out) ?? []
  const kept = await createClient({ address: where, token: 'another-token-of-the-operator-0123456789' }).call('getDatabase', {
    parameters: { database: 'first' },
  })
  expect(kept.documents.ready).toBe(1)
  again.child.kill('SIGINT')
  expect(await again.ended).toBe(0)
}, 90_000)

test('with wrong settings it names all of them, and no value', async () => {
  const { ended, said } = start({ PORT: 'S3CRET', HOST: '0.0.0.0', LOG_LEVEL: 'S3CRET', OPENAI_BASE_URL: 'S3CRET' })
  expect(await ended).toBe(1)
  for (const name of ['PORT', 'LOG_LEVEL', 'OPENAI_BASE_URL']) expect(said.error).toContain(name)
  expect(said.error).not.toContain('S3CRET')
  expect(said.error).not.toMatch(/\n\s+at /)
})

test('a server without an owner is not opened beyond this machine, and the remedy is told', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'quarry-open-'))
  try {
    const open = start({ HOST: '0.0.0.0', QUARRY_DATA: empty, QUARRY_TOKEN: 'a-token-that-is-long-enough-0123456789' })
    expect(await open.ended).toBe(1)
    expect(open.said.error).toContain('quarry users claim EMAIL')
    expect(open.said.out).toBe('')
    // The folder of the test above has been claimed.
    const claimed = start({ HOST: '0.0.0.0' })
    await claimed.greeted()
    claimed.child.kill('SIGTERM')
    expect(await claimed.ended).toBe(0)
  } finally {
    rmSync(empty, { recursive: true, force: true })
  }
}, 60_000)

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { environmentOf, newFolder, ROOT, removeFolder, type ServerProcess, startProcess } from './server-process.ts'

// Three people, a program and the operator at one server, by the command line alone.

const MAIN = join(ROOT, 'engine/src/cli/main.ts')
const folder = newFolder()
const work = mkdtempSync(join(tmpdir(), 'quarry-people-'))
let server: ServerProcess

interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}
interface Given {
  readonly input?: string
  readonly environment?: Readonly<Record<string, string>>
}
const all: Ran[] = []

/** A command of somebody, who has a home of their own, and but for the operator no data folder. */
async function quarry(who: string, line: readonly string[], { input, environment = {} }: Given = {}): Promise<Ran> {
  const home = join(work, who)
  mkdirSync(home, { recursive: true })
  const own = who === 'operator' ? { HOME: home } : { HOME: home, QUARRY_DATA: join(home, 'data') }
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...line], {
    cwd: work,
    env: { ...environmentOf(folder), ...own, ...environment },
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (piece: Buffer) => {
    out += piece
  })
  child.stderr.on('data', (piece: Buffer) => {
    err += piece
  })
  child.stdin.on('error', () => undefined) // a command that reads nothing may have ended
  child.stdin.end(input ?? '')
  const [code] = await once(child, 'close')
  const ran = { code: code as number | null, out, err }
  all.push(ran)
  return ran
}
const works = async (who: string, line: readonly string[], given?: Given): Promise<string> => {
  const ran = await quarry(who, line, given)
  expect([line.join(' '), ran.code, ran.code === 0 ? '' : ran.err]).toEqual([line.join(' '), 0, ''])
  return ran.out
}
const fails = async (who: string, line: readonly string[], expected: RegExp, given?: Given) => {
  const ran = await quarry(who, line, given)
  expect([line.join(' '), ran.code, ran.out]).toEqual([line.join(' '), 1, ''])
  expect(ran.err).toMatch(expected)
  expect(ran.err).not.toMatch(/\bat .*\.ts:\d|node:internal|undefined/)
}

const PASSWORDS = { ann: 'ann has a long password', bob: 'bob has a long password', cid: 'cid has a long password' }
const held: string[] = Object.values(PASSWORDS) // what must never be shown again

beforeAll(async () => {
  writeFileSync(join(work, 'leave.txt'), 'Request leave in the portal two weeks ahead. The team lead decides.')
  server = await startProcess(folder)
})
afterAll(async () => {
  await server.stop()
  removeFolder(folder)
  removeFolder(work)
})

test('the operator makes the owner account, once', { timeout: 90_000 }, async () => {
  expect(await works('operator', ['whoami'])).toMatch(/the token of this machine/)
  await fails('operator', ['users', 'claim', 'ann@example.com'], /--password-stdin/)
  await fails('operator', ['users', 'claim', 'ann@example.com', '--password-stdin'], /fewer than 12 characters/, { input: 'short' })
  await works('operator', ['users', 'claim', 'ann@example.com', '--password-stdin', '--name', 'Ann'], { input: PASSWORDS.ann })
  await fails('operator', ['users', 'claim', 'eve@example.com', '--password-stdin'], /has an owner already/, { input: PASSWORDS.bob })
})

test('who is not signed in is told how to; who signs in has a file that is theirs alone', { timeout: 90_000 }, async () => {
  await fails('ann', ['list', '--server', server.address], /not signed in.*\n?.*quarry login/s)
  await fails('ann', ['login', server.address], /--password-stdin/)
  await fails('ann', ['login', server.address, '--email', 'ann@example.com', '--password-stdin'], /do not fit/, { input: PASSWORDS.bob })
  await fails('ann', ['login', 'http://quarry.invalid', '--email', 'a@example.com', '--password-stdin'], /not encrypted/, { input: PASSWORDS.ann })
  const said = await works('ann', ['login', server.address, '--email', 'ann@example.com', '--password-stdin'], { input: `${PASSWORDS.ann}\n` })
  expect(said).toMatch(/as ann@example\.com, owner/)
  const path = join(work, 'ann/.config/quarry/profiles.json')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const kept = JSON.parse(readFileSync(path, 'utf8'))
  held.push(kept.profiles[kept.current].token)
  expect(await works('ann', ['whoami'])).toMatch(/ann@example\.com/)
  expect(JSON.parse(await works('ann', ['profiles', '--json']))).toEqual([
    { name: new URL(server.address).host, server: server.address, email: 'ann@example.com', expires_at: expect.any(String), current: true },
  ])
})

test('two others join with what they were invited as, and see nothing of hers until she shares it', { timeout: 120_000 }, async () => {
  const link = (await works('ann', ['users', 'invite', 'bob@example.com'])).trim()
  const viewer = JSON.parse(await works('ann', ['users', 'invite', 'cid@example.com', '--role', 'viewer', '--json']))
  await fails('bob', ['join', '--stdin'], /not the link of an invitation/, { input: `${server.address}/#claim=qt_x\n${PASSWORDS.bob}` })
  expect(await works('bob', ['join', '--stdin', '--name', 'Bob'], { input: `${link}\n${PASSWORDS.bob}\n` })).toMatch(/bob@example\.com, member/)
  await fails('eve', ['join', '--stdin'], /was used/, { input: `${link}\n${PASSWORDS.bob}\n` })
  await works('cid', ['join', '--stdin'], { input: `${viewer.link}\n${PASSWORDS.cid}` })

  await works('ann', ['create', 'handbook', './leave.txt'])
  await fails('bob', ['ask', 'handbook', 'leave'], /no such database/)
  await fails('bob', ['users'], /Only an owner/)
  await fails('cid', ['create', 'mine', './leave.txt'], /may not/)
  expect(await works('ann', ['share', 'handbook', 'bob@example.com', '--level', 'read'])).toMatch(/bob@example\.com may query, ask and read/)
  expect(await works('bob', ['ask', 'handbook', 'How do I request leave?'])).toMatch(/\[1\] verified/)
  await fails('bob', ['add', 'handbook', './leave.txt'], /may not/)
  await fails('cid', ['query', 'handbook', 'leave'], /no such database/)
  expect(await works('ann', ['shares', 'handbook'])).toMatch(/bob@example\.com +read/)
})

test('a key is printed once, alone, and counts from anywhere until it is revoked', { timeout: 120_000 }, async () => {
  const made = await quarry('bob', ['keys', 'create', 'shop', '--database', 'handbook', '--scope', 'query', '--expires', '90d', '--per-minute', '60'])
  expect([made.code, made.out]).toEqual([0, expect.stringMatching(/^qk_[0-9a-f]{16}_[0-9a-f]{64}\n$/)])
  const key = made.out.trim()
  const program = { environment: { QUARRY_SERVER: server.address, QUARRY_API_KEY: key } }
  expect(JSON.parse(await works('machine', ['query', 'handbook', 'leave', '--json'], program)).results).toHaveLength(1)
  await fails('machine', ['ask', 'handbook', 'leave'], /may not/, program)
  await fails('machine', ['keys'], /Only a person/, program)
  expect(await works('bob', ['keys', 'show', 'shop'])).toMatch(/handbook/)
  expect(await works('bob', ['keys', 'validate'], { input: key })).toMatch(/^valid +shop: query in handbook/)
  expect((await quarry('ann', ['keys', 'validate'], { input: key })).out).toMatch(/no key of yours/)

  const rotated = (await works('bob', ['keys', 'rotate', 'shop', '--overlap', '0'])).trim()
  await fails('machine', ['query', 'handbook', 'leave'], /not valid/, program)
  const renewed = { environment: { ...program.environment, QUARRY_API_KEY: rotated } }
  await works('machine', ['query', 'handbook', 'leave'], renewed)
  await works('bob', ['keys', 'rename', 'shop', 'web shop'])
  await works('bob', ['keys', 'revoke', 'web shop'])
  await fails('machine', ['query', 'handbook', 'leave'], /not valid/, renewed)
  held.push(key, rotated)
  expect(JSON.parse(await works('bob', ['keys', '--json']))).toMatchObject([{ name: 'web shop', databases: [expect.any(String)] }])
})

test('a published chat has an address and snippets, until it is closed', { timeout: 60_000 }, async () => {
  const said = await works('ann', ['publish', 'handbook', '--title', 'Ask us', '--origin', 'https://www.example.com'])
  expect(said).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\S+\n[\s\S]*<script [\s\S]*<iframe /)
  expect(await works('ann', ['publications'])).toMatch(/open {2}Ask us/)
  await works('ann', ['unpublish', 'Ask us'])
  expect((await fetch(said.split('\n')[0] ?? '')).status).toBe(404)
})

test('usage, limits, plans and the log are told to whom they concern', { timeout: 120_000 }, async () => {
  expect(await works('bob', ['usage', '--by', 'database'])).toMatch(/database +requests.*\n[\s\S]*handbook/)
  await fails('bob', ['usage', '--everyone'], /Only an owner/)
  expect(await works('ann', ['usage', '--everyone', '--by', 'account'])).toMatch(/bob@example\.com/)
  expect(await works('ann', ['usage', '--csv'])).toMatch(/^day,requests,.*\r?\n\d{4}-\d\d-\d\d,\d+,/)
  expect(await works('cid', ['limits'])).toMatch(/requests a minute/)
  await works('ann', ['plans', 'set', 'large', '--requests-per-day', '5000', '--stored', '20GB', '--spend-per-month', 'none'])
  await works('ann', ['users', 'plan', 'bob@example.com', 'large'])
  expect(await works('bob', ['limits'])).toMatch(/requests a day +5,000/)
  await fails('ann', ['plans', 'delete', 'large'], /given to somebody/)
  expect(await works('ann', ['caps', '--per-day', '5', '--per-month', 'none'])).toMatch(/today +\$0 +of \$5\.00\nthis month +\$0 +no cap/)
  expect(await works('ann', ['audit', '--action', 'key.revoke'])).toMatch(/key\.revoke\n +bob@example\.com/)
  expect(await works('ann', ['audit', '--check'])).toMatch(/^sound/)
})

test('who is suspended is out; who signs out leaves nothing behind', { timeout: 120_000 }, async () => {
  await works('ann', ['users', 'suspend', 'bob@example.com'])
  await fails('bob', ['list'], /not valid here/)
  await works('ann', ['users', 'resume', 'bob@example.com'])
  await fails('ann', ['users', 'delete', 'cid@example.com'], /Nothing was deleted/)
  await works('ann', ['users', 'delete', 'cid@example.com', '--yes'])
  await fails('cid', ['list'], /not valid here/)
  const token = held.find((one) => one.startsWith('qs_')) ?? ''
  const asAnn = () => fetch(`${server.address}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } })
  expect((await asAnn()).status).toBe(200)
  await works('ann', ['logout', '--everywhere'])
  expect((await asAnn()).status).toBe(401)
  expect(readFileSync(join(work, 'ann/.config/quarry/profiles.json'), 'utf8')).not.toContain('qs_')
  expect((await quarry('operator', ['users', '--json'])).out).toContain('bob@example.com')
})

test('models are files of this machine, and that is said', { timeout: 60_000 }, async () => {
  const { err } = await quarry('bob', ['models', 'check', 'no-such-model', '--server', server.address])
  expect(err).toMatch(/data folder of this machine/)
})

test('no password, token or key was shown again in all of this', () => {
  expect(held.length).toBeGreaterThan(5)
  const told = all.map(({ out, err }) => [out, err].join('\n'))
  for (const secret of held) expect(told.filter((text) => text.includes(secret)).length).toBeLessThanOrEqual(secret.startsWith('qk_') ? 1 : 0)
})

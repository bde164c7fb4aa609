import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ballastPath } from './blobs.ts'
import { dataPaths, openDataFolder, runningServer, storedToken } from './data-folder.ts'

let folder: string
let children: ChildProcess[]
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'quarry-data-')), 'data')
  children = []
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(join(folder, '..'), { recursive: true })
})

const HOLDER = `
const { openDataFolder } = await import(process.argv[1])
try {
  const data = await openDataFolder(process.argv[2], { waitMs: Number(process.argv[3]), ballastBytes: 1024 })
  await data.announce('http://127.0.0.1:8123')
  process.stdout.write('owner\\n')
  setInterval(() => undefined, 1000)
} catch (error) {
  process.stdout.write(error.code + ' ' + JSON.stringify(error.facts) + '\\n')
}`
/** A process that tries to own the folder; tells the first thing that it says. */
function contender(waitMs: number): { readonly child: ChildProcess; readonly said: Promise<string> } {
  const program = join(import.meta.dirname, 'data-folder.ts')
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', HOLDER, program, folder, String(waitMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const said = new Promise<string>((resolve) => {
    child.stdout?.once('data', (piece: Buffer) => resolve(String(piece).trim()))
    child.once('exit', () => resolve('nothing'))
  })
  return { child, said }
}
const ended = (child: ChildProcess) => new Promise<void>((resolve) => child.once('exit', () => resolve()))

test('a first start makes folders, a token and the reserve, all for the owner only; the next one finds them', async () => {
  const first = await openDataFolder(folder)
  const paths = dataPaths(folder)
  for (const path of [paths.root, paths.blobs, paths.databases, paths.models, paths.uploads]) expect(statSync(path).mode & 0o777).toBe(0o700)
  for (const path of [paths.token, paths.secret, paths.server, ballastPath(paths.blobs)]) expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(first.tokenMade).toBe(true)
  expect(first.token).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(storedToken(folder)).toBe(first.token)
  expect(first.signingKey).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(first.signingKey).not.toBe(first.token)
  expect(statSync(ballastPath(paths.blobs)).size).toBe(32 * 1024 * 1024)
  expect(first.warnings).toEqual([])
  await first.announce('http://127.0.0.1:8000')
  expect(runningServer(folder)).toMatchObject({ pid: process.pid, address: 'http://127.0.0.1:8000' })
  first.release()
  first.release()
  expect(runningServer(folder)).toBeUndefined()
  const second = await openDataFolder(folder)
  expect([second.token, second.tokenMade, second.signingKey]).toEqual([first.token, false, first.signingKey])
  second.release()
})

test('a given token counts and is not written down', async () => {
  const data = await openDataFolder(folder, { token: 'g'.repeat(40), ballastBytes: 1024 })
  expect([data.token, data.tokenMade, storedToken(folder)]).toEqual(['g'.repeat(40), false, undefined])
  data.release()
})

test('a given signing key counts and is not written down; a kept one that is damaged is refused, not replaced', async () => {
  const given = await openDataFolder(folder, { secret: 's'.repeat(40), ballastBytes: 1024 })
  expect([given.signingKey, existsSync(dataPaths(folder).secret)]).toEqual(['s'.repeat(40), false])
  given.release()
  const made = await openDataFolder(folder, { ballastBytes: 1024 })
  made.release()
  writeFileSync(dataPaths(folder).secret, 'short')
  await expect(openDataFolder(folder, { ballastBytes: 1024 })).rejects.toMatchObject({ code: 'store/damaged', facts: { file: 'secret' } })
  expect(readFileSync(dataPaths(folder).secret, 'utf8')).toBe('short')
})

test('a token that others could read is taken from them, aloud; one that is no token is refused', async () => {
  const first = await openDataFolder(folder, { ballastBytes: 1024 })
  first.release()
  chmodSync(dataPaths(folder).token, 0o644)
  const second = await openDataFolder(folder, { ballastBytes: 1024 })
  expect(second.warnings).toHaveLength(1)
  expect(second.warnings[0]).toContain('644')
  expect(second.warnings.join()).not.toContain(second.token)
  expect(statSync(dataPaths(folder).token).mode & 0o777).toBe(0o600)
  second.release()
  writeFileSync(dataPaths(folder).token, '')
  await expect(openDataFolder(folder, { ballastBytes: 1024 })).rejects.toMatchObject({ code: 'store/damaged' })
  writeFileSync(dataPaths(folder).token, `${first.token}\n`)
  const third = await openDataFolder(folder, { ballastBytes: 1024 }) // the lock was given back
  third.release()
})

test('the second in the same process is refused as well, and does not break the lock of the first', async () => {
  const first = await openDataFolder(folder, { ballastBytes: 1024 })
  await expect(openDataFolder(folder, { waitMs: 0 })).rejects.toMatchObject({ code: 'store/locked' })
  expect(await contender(0).said).toMatch(/^store\/locked/)
  first.release()
})

test('a second process is told who the owner is; a killed owner leaves the folder free', async () => {
  const owner = contender(0)
  expect(await owner.said).toBe('owner')
  const refused = await contender(200).said
  expect(refused).toMatch(/^store\/locked/)
  expect(refused).toContain(`"pid":${owner.child.pid}`)
  expect(refused).toContain('http://127.0.0.1:8123')
  owner.child.kill('SIGKILL')
  await ended(owner.child)
  const data = await openDataFolder(folder, { ballastBytes: 1024 })
  expect(JSON.parse(readFileSync(dataPaths(folder).server, 'utf8'))).toMatchObject({ pid: process.pid })
  data.release()
})

test('of two processes that start at the same time exactly one owns the folder, 20 times', async () => {
  for (let race = 0; race < 20; race += 1) {
    const both = [contender(0), contender(0)]
    const said = await Promise.all(both.map((each) => each.said))
    expect(
      said.filter((each) => each === 'owner'),
      `race ${race}`,
    ).toHaveLength(1)
    expect(
      said.filter((each) => each.startsWith('store/locked')),
      `race ${race}`,
    ).toHaveLength(1)
    for (const { child } of both) child.kill('SIGKILL')
    await Promise.all(both.map(({ child }) => (child.exitCode === null && child.signalCode === null ? ended(child) : undefined)))
  }
}, 60_000)

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isProfileName, type Profile, profileStore, profilesPath } from './profiles.ts'
import { CommandFault } from './words.ts'

let folder: string
let path: string
let warnings: string[]
const store = () => profileStore(path, (text) => warnings.push(text))
const modeOf = (file: string) => statSync(file).mode & 0o777
const profile = (name: string, more: Partial<Profile> = {}): Profile => ({
  name,
  server: 'https://quarry.example.com',
  token: `qs_${name}`,
  email: 'ann@example.com',
  expiresAt: null,
  insecureHttp: false,
  ...more,
})
const add = (one: Profile) => store().change((was) => ({ current: one.name, profiles: [...was.profiles, one] }))

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quarry-profiles-'))
  path = join(folder, 'config', 'quarry', 'profiles.json')
  warnings = []
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test.each([
  [{ XDG_CONFIG_HOME: '/x', HOME: '/home/ann' }, 'linux', '/x/quarry/profiles.json'],
  [{ XDG_CONFIG_HOME: '', HOME: '/home/ann' }, 'darwin', '/home/ann/.config/quarry/profiles.json'],
  [{ APPDATA: '/roaming', XDG_CONFIG_HOME: '/x' }, 'win32', '/roaming/quarry/profiles.json'],
] as const)('%o on %s', (environment, platform, expected) => {
  expect(profilesPath(environment, platform)).toBe(expected)
})

test('what is written is read, and only its owner can read it', async () => {
  expect(store().read()).toEqual({ current: null, profiles: [] })
  expect(existsSync(path)).toBe(false)
  const one = fc.record({
    name: fc.stringMatching(/^[a-z][a-z0-9.@:-]{0,20}$/).filter(isProfileName),
    server: fc.webUrl({ withFragments: false, withQueryParameters: false }).map((url) => url.replace(/\/+$/, '')),
    token: fc.string({ minLength: 1 }),
    email: fc.option(fc.string()),
    expiresAt: fc.option(fc.string()),
    insecureHttp: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(one, { selector: ({ name }) => name, maxLength: 5 }), fc.option(fc.string()), async (profiles, current) => {
      await store().change(() => ({ current, profiles }))
      expect(store().read()).toEqual({ current, profiles })
    }),
    { numRuns: 60 },
  )
  expect([modeOf(path), modeOf(dirname(path)), warnings]).toEqual([0o600, 0o700, []])
  expect(readdirSync(dirname(path))).toEqual(['profiles.json'])
})

test.each([0o644, 0o640, 0o620, 0o666])('a file that others can read or write (%o) is closed to them, with a warning', async (mode) => {
  await add(profile('a'))
  chmodSync(path, mode)
  expect(store().read().profiles).toHaveLength(1)
  expect(modeOf(path)).toBe(0o600)
  expect(warnings.join()).toContain(path)
  expect(warnings.join()).not.toContain('qs_a')
  store().read()
  expect(warnings).toHaveLength(1)
})

test('a folder that others can enter is closed to them', async () => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  await add(profile('a'))
  expect(modeOf(dirname(path))).toBe(0o700)
})

describe('a file that cannot be read', () => {
  test.each([
    ['', /not JSON/],
    ['{"current":"a","profiles":{"a":{"token":"qs_S3CRET"', /not JSON/],
    ['[]', /at its beginning/],
    ['{"profiles":{"a":{"server":"https://x.example","token":7}}}', /profiles\.a\.token/],
    ['{"profiles":{"a":{"server":"file:///qs_S3CRET","token":"qs_S3CRET"}}}', /profiles\.a\.server/],
    ['{"profiles":{"__proto__":7,"-x":{"server":"https://x.example","token":"qs_S3CRET"}}}', /profiles/],
  ])('%s is told with its path, never with what is in it, and is never overwritten', async (text, expected) => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(path, text, { mode: 0o600 })
    const told: unknown[] = []
    try {
      store().read()
    } catch (error) {
      told.push(error)
    }
    await add(profile('b')).catch((error: unknown) => told.push(error))
    expect(told).toHaveLength(2)
    for (const error of told) {
      expect(error).toBeInstanceOf(CommandFault)
      expect(String(error)).toMatch(expected)
      expect(String(error)).toContain(path)
      expect(String(error)).not.toContain('S3CRET')
    }
    expect(readFileSync(path, 'utf8')).toBe(text)
    expect(readdirSync(dirname(path))).toEqual(['profiles.json'])
  })
})

test('what a newer version keeps is kept', async () => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const newer = { theme: 'dark', current: 'a', profiles: { a: { server: 'https://x.example', token: 't', colour: 'red' } } }
  writeFileSync(path, JSON.stringify(newer), { mode: 0o600 })
  await add(profile('b'))
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ theme: 'dark', profiles: { a: { colour: 'red', token: 't' }, b: { token: 'qs_b' } } })
})

test('a link to the file stays a link', async () => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const real = join(folder, 'dotfiles.json')
  writeFileSync(real, '{}', { mode: 0o600 })
  symlinkSync(real, path)
  await add(profile('a'))
  expect(lstatSync(path).isSymbolicLink()).toBe(true)
  expect(readFileSync(real, 'utf8')).toContain('qs_a')
})

describe('several at once', () => {
  test('no change is lost within a process, and every reader sees a whole file', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `p${index}`)
    let reading = true
    const reader = (async () => {
      while (reading) {
        store().read()
        await new Promise(setImmediate)
      }
    })()
    await Promise.all(names.map((name) => add(profile(name))))
    reading = false
    await reader
    expect(
      new Set(
        store()
          .read()
          .profiles.map(({ name }) => name),
      ),
    ).toEqual(new Set(names))
  })

  test('no change is lost between processes', async () => {
    const script = `
      const { profileStore } = await import(${JSON.stringify(join(import.meta.dirname, 'profiles.ts'))})
      const store = profileStore(${JSON.stringify(path)}, () => undefined)
      for (let index = 0; index < 5; index += 1) {
        const name = 'p' + process.argv[1] + '-' + index
        await store.change((was) => ({ current: name, profiles: [...was.profiles, { name, server: 'https://x.example', token: name, email: null, expiresAt: null, insecureHttp: false }] }))
      }`
    const processes = Array.from({ length: 4 }, (_, index) =>
      spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script, String(index)], {
        stdio: ['ignore', 'ignore', 'inherit'],
      }),
    )
    const codes = await Promise.all(processes.map(async (child) => (await once(child, 'close'))[0]))
    expect(codes).toEqual([0, 0, 0, 0])
    expect(store().read().profiles).toHaveLength(20)
    expect(readdirSync(dirname(path))).toEqual(['profiles.json'])
  })

  test('a lock that a killed process left behind is taken away in the end', async () => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(`${path}.lock`, '')
    const longAgo = Date.now() / 1000 - 60
    utimesSync(`${path}.lock`, longAgo, longAgo)
    await add(profile('a'))
    expect(readdirSync(dirname(path))).toEqual(['profiles.json'])
  })

  test('a change that fails leaves file and lock as they were', async () => {
    await add(profile('a'))
    const before = readFileSync(path, 'utf8')
    const fault = new Error('no')
    await expect(
      store().change(() => {
        throw fault
      }),
    ).rejects.toBe(fault)
    expect(readFileSync(path, 'utf8')).toBe(before)
    expect(readdirSync(dirname(path))).toEqual(['profiles.json'])
  })
})

test('names of profiles', () => {
  expect(['quarry.example.com', '127.0.0.1:8000', '[::1]:8000', 'ann+x@example.com'].map(isProfileName)).toEqual([true, true, true, true])
  expect(['local', '', '__proto__', '-x', '../x', 'a b', 'a/b', 'x'.repeat(300)].map(isProfileName)).toEqual(Array(8).fill(false))
})

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { about, aboutOf } from './about.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'quarry-about-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function write(files: Readonly<Record<string, unknown>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content))
  }
}

const OWN = { 'package.json': { name: 'quarry', version: '9.8.7', license: 'Apache-2.0', dependencies: { node: '24.0.0' } } }

test('everything that the workspaces need is told, however deep, and nothing that only tests need', () => {
  write({
    ...OWN,
    'package-lock.json': {
      packages: {
        '': { dependencies: { node: '24.0.0' }, devDependencies: { vitest: '1' } },
        engine: { dependencies: { a: '1', '@scope/b': '^2' } },
        web: { dependencies: { a: '2', 'quarry-engine': '1' }, devDependencies: { axe: '1' } },
        'node_modules/quarry-engine': { link: true, resolved: 'engine' },
        'node_modules/node': { version: '24.0.0', license: 'MIT' },
        'node_modules/a': { version: '1.0.0', license: 'MIT', dependencies: { c: '1' } },
        'web/node_modules/a': { version: '2.0.0', license: 'ISC' },
        'node_modules/@scope/b': {
          version: '2.0.0',
          license: 'wrong in the lock',
          dependencies: { c: '2', '@scope/b': '1' },
          optionalDependencies: { 'for-windows': '1', kept: '1' },
        },
        'node_modules/@scope/b/node_modules/c': { version: '2.0.0' },
        'node_modules/c': { version: '1.0.0', license: 'BSD-3-Clause', dependencies: { a: '1', missing: '1' } },
        'node_modules/for-windows': { version: '1.0.0', license: 'MIT', optional: true },
        'node_modules/kept': { version: '3.0.0', license: 'MIT', optional: true },
        'node_modules/vitest': { version: '1.0.0', license: 'MIT', dev: true },
        'node_modules/axe': { version: '1.0.0', license: 'MPL-2.0', dev: true },
      },
    },
    'node_modules/@scope/b/package.json': { name: '@scope/b', version: '2.0.1', license: '(MIT OR Apache-2.0)' },
    'node_modules/@scope/b/node_modules/c/package.json': { name: 'c', version: '2.0.0', licenses: [{ type: 'MIT' }, { type: 'GPL-2.0' }] },
    'node_modules/c/package.json': '{ broken',
    'node_modules/kept/package.json': { version: '3.0.0', license: { type: 'Zlib' } },
  })
  const found = aboutOf(root)
  expect(found).toMatchObject({ version: '9.8.7', license: 'Apache-2.0', node: process.versions.node })
  expect(found.packages.map(({ name, version, license }) => `${name} ${version} ${license}`)).toEqual([
    '@scope/b 2.0.1 (MIT OR Apache-2.0)',
    'a 1.0.0 MIT',
    'a 2.0.0 ISC',
    'c 1.0.0 BSD-3-Clause',
    'c 2.0.0 MIT OR GPL-2.0',
    'kept 3.0.0 Zlib',
    'node 24.0.0 MIT',
  ])
})

test('without a lock it tells what is asked for directly and is there', () => {
  write({
    ...OWN,
    'engine/package.json': { dependencies: { a: '1', gone: '1' } },
    'web/package.json': { dependencies: { 'quarry-engine': '1', a: '1' } },
    'node_modules/a/package.json': { version: '1.2.3' },
    'node_modules/quarry-engine/package.json': { version: '1.0.0' },
  })
  expect(aboutOf(root).packages).toEqual([{ name: 'a', version: '1.2.3', license: undefined }])
})

test.each(['', 'null', '[]', '{"packages":7}', '{"packages":{"engine":{"dependencies":7}}}', '{"packages":{"engine":null}}'])(
  'a lock that says %s harms nothing',
  (lock) => {
    write({ 'package-lock.json': lock })
    expect(aboutOf(root)).toEqual({ version: 'unknown', license: 'unknown', node: process.versions.node, packages: [] })
  },
)

test('of this installation every package that the engine imports is told, with version and licence', () => {
  const { packages, version } = about()
  const engine = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8')) as {
    version: string
    dependencies: Record<string, string>
  }
  expect(version).toBe(engine.version)
  const told = new Map(packages.map((one) => [`${one.name}@${one.version}`, one.license]))
  const wanted = Object.entries(engine.dependencies).filter(([name]) => !name.startsWith('quarry'))
  expect(wanted.filter(([name, exact]) => told.get(`${name}@${exact}`) === undefined)).toEqual([])
  expect(packages.length).toBeGreaterThan(wanted.length)
  expect(packages.filter(({ license }) => license === undefined).map(({ name }) => name)).toEqual([])
  expect(packages.some(({ name }) => name === 'vitest')).toBe(false)
})

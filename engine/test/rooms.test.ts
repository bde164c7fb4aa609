import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const SRC = resolve(import.meta.dirname, '../src')
const MAY: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  ports: ['domain'],
  steps: ['domain', 'ports'],
  flows: ['domain', 'ports', 'steps'],
  adapters: ['domain', 'ports'],
  settings: ['domain'],
  api: ['domain'],
  wire: ['settings', 'adapters', 'ports', 'domain', 'flows'],
  server: ['api', 'flows', 'wire', 'settings', 'ports', 'domain'],
  client: ['api', 'domain'],
  cli: ['client', 'api', 'wire', 'flows', 'settings', 'domain'],
}
const PACKAGES: Readonly<Record<string, RegExp>> = {
  domain: /^$/,
  ports: /^$/,
  flows: /^$/,
  settings: /^zod$/,
  api: /^zod$/,
  wire: /^node:/,
  client: /^(node:|eventsource-parser)/,
}
const ENTRY_FILES = new Set(['server/main.ts', 'server/lambda.ts', 'cli/main.ts'])
const isTest = (file: string) => /\.(test|contract)\.ts$/.test(file)
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'))

const room = (file: string): string => (file.split('/')[0] ?? '').replace(/\.ts$/, '')
/** The step or adapter that a file belongs to: `steps/extract`, `adapters/sqlite`; shared files have none. */
const cell = (file: string): string | undefined => {
  const [top, second, third] = file.split('/')
  if (top === 'steps') return `steps/${(second ?? '').replace(/\.ts$/, '')}`
  return top === 'adapters' && third !== undefined ? `adapters/${second}` : undefined
}

export function importsOf(source: string): string[] {
  const found = [
    ...source.matchAll(/(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s*['"]([^'"]+)['"]/g),
  ]
  return found.map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}

export function wrongImports(file: string, source: string): string[] {
  const from = room(file)
  return importsOf(source).flatMap((wanted) => {
    if (!wanted.startsWith('.')) {
      const allowed = PACKAGES[from]
      return isTest(file) || allowed === undefined || allowed.test(wanted) ? [] : [`${file}: package ${wanted}`]
    }
    const target = relative(SRC, join(SRC, dirname(file), wanted)).replaceAll('\\', '/')
    const to = room(target)
    if (isTest(file) && (to === 'adapters' || target.startsWith('..'))) return []
    if (to !== from && !(MAY[from] ?? []).includes(to)) return [`${file}: ${target}`]
    const [mine, theirs] = [cell(file), cell(target)]
    if (to === from && mine !== undefined && theirs !== undefined && mine !== theirs && !isTest(file)) return [`${file}: ${target}`]
    return []
  })
}

test.each(files)('%s keeps to its room', (file) => {
  const source = readFileSync(join(SRC, file), 'utf8')
  expect(wrongImports(file, source)).toEqual([])
  expect(source.split('\n').length, 'lines').toBeLessThanOrEqual(401)
  if (!ENTRY_FILES.has(file) && !isTest(file)) expect(source, 'process.env is read in the entry files only').not.toMatch(/process\.env/)
  expect(source.match(/\bas any\b|: any\b|export default/g) ?? []).toEqual([])
  expect(file.split('/').at(-1)).not.toMatch(/^(index|utils?)\.ts$/)
})

test.each([
  ['domain/x.ts', "import { a } from '../ports/b.ts'"],
  ['domain/x.ts', "import { a } from 'node:fs'"],
  ['flows/x.ts', "import { a } from '../adapters/memory/blobs.ts'"],
  ['steps/embed.ts', "import { a } from './retrieve.ts'"],
  ['steps/extract/pdf.ts', "import { a } from '../chunk/chunk.ts'"],
  ['adapters/disk/blobs.ts', "import { a } from '../sqlite/catalog.ts'"],
  ['server/http.ts', "const a = await import('../adapters/memory/blobs.ts')"],
  ['client/client.ts', "import { a } from '../flows/ask.ts'"],
])('the wall catches a planted import in %s', (file, source) => {
  expect(wrongImports(file, source)).toHaveLength(1)
})

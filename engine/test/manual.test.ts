import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { Command } from 'commander'
import { afterAll, describe, expect, test } from 'vitest'
import { processExtractor } from '../src/adapters/process/extractor.ts'
import { ROUTES } from '../src/api/routes.ts'
import { cliManual } from '../src/cli/manual.ts'
import { makeProgram } from '../src/cli/program.ts'
import { isErrorCode } from '../src/domain/errors.ts'
import { SETTINGS } from '../src/settings.ts'

// What the manual says is held to the code: links, commands with their options, settings, routes, error codes, libraries,
// and the sample files that are made of it.

const ROOT = resolve(import.meta.dirname, '../..')
const MANUAL = join(ROOT, 'docs/manual')
const chapters = readdirSync(MANUAL).map((name) => join(MANUAL, name))
const made = ['cli.md', 'api.md', 'errors.md', 'settings.md', 'agent.md'].map((name) => join(ROOT, 'docs', name))
const decisions = readdirSync(join(ROOT, 'docs/decisions')).map((name) => join(ROOT, 'docs/decisions', name))
const written = [join(ROOT, 'README.md'), join(ROOT, 'CHANGELOG.md'), ...chapters]
const named = (paths: readonly string[]) => paths.map((path) => ({ name: relative(ROOT, path), text: readFileSync(path, 'utf8'), path }))

const program = makeProgram({
  environment: {},
  settings: () => {
    throw new Error('no command is run here')
  },
  signal: new AbortController().signal,
  command: 'quarry',
  onEnd: () => undefined,
})

describe.each(named([...written, ...made, ...decisions]))('$name', ({ text, path }) => {
  test('links lead somewhere', () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '').filter((link) => !/^(?:https?:|#)/.test(link))
    expect(links.filter((link) => !existsSync(resolve(dirname(path), link.replace(/#.*$/, ''))))).toEqual([])
  })
})

describe.each(named(written))('$name', ({ text }) => {
  test('commands and their options exist', () => {
    const typed = [...text.replaceAll(/\s*\\\n\s*/g, ' ').matchAll(/^npx quarry (.*)$/gm)]
    const mentioned = [...text.replaceAll(/^```.*?^```/gms, '').matchAll(/`quarry ([^`]+)`/g)]
    const used = [...typed, ...mentioned].map((match) => match[1] ?? '')
    expect(used.map(faultOf).filter((fault) => fault !== undefined)).toEqual([])
  })

  test('settings exist', () => {
    const used = [...text.matchAll(/`((?:HOST|PORT|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+))(?:=[^`]*)?`/g)].map((match) => match[1] ?? '')
    expect(used.filter((name) => !Object.hasOwn(SETTINGS, name) && !['NO_COLOR', 'XDG_CONFIG_HOME'].includes(name))).toEqual([])
  })

  test('routes and error codes exist', () => {
    const paths = Object.values(ROUTES).map(({ path }) => path.replaceAll(/\{\w+\}/g, '*'))
    const routes = [...text.matchAll(/(?:GET|POST|PATCH|DELETE) (\/api\/[\w/.-]+)/g)].map((match) =>
      (match[1] ?? '').replaceAll(/\/(?:ID|NAME|DOCUMENT)\b/g, '/*'),
    )
    expect(routes.filter((route) => !paths.includes(route))).toEqual([])
    const codes = [
      ...text.matchAll(
        /(?<![\w/.])((?:document|store|model|database|request|auth|account|provider|limit|plan|job|version|filter)\/[a-z]+(?:-[a-z]+)*)(?![\w/.])/g,
      ),
    ]
    expect(codes.map((match) => match[1] ?? '').filter((code) => !isErrorCode(code))).toEqual([])
  })
})

/** What is wrong with `create NAME --chunk-size 256`; undefined when it could be typed. */
function faultOf(line: string): string | undefined {
  const words = line.split(/\s+/)
  let command: Command = program
  for (const word of words) {
    const next = command.commands.find((one) => one.name() === word)
    if (next === undefined) break
    command = next
  }
  if (command === program) return words[0] === 'help' ? undefined : `no such command: ${line}`
  const known = new Set([...command.options, ...program.options].map((option) => option.long))
  const unknown = words.filter((word) => word.startsWith('--') && !known.has(word.replace(/=.*/, '')))
  return unknown.length === 0 ? undefined : `no such option: ${line}`
}

test('the check of commands finds what does not exist', () => {
  expect(['create x', 'create x --chunk-size 3', 'models fetch x'].map(faultOf)).toEqual([undefined, undefined, undefined])
  expect(faultOf('make x')).toMatch(/no such command/)
  expect(faultOf('create x --size 3')).toMatch(/no such option/)
})

test('docs/cli.md is what "npm run docs" makes', () => {
  expect(readFileSync(join(ROOT, 'docs/cli.md'), 'utf8')).toBe(cliManual(program))
})

describe('packages', () => {
  const engine = JSON.parse(readFileSync(join(ROOT, 'engine/package.json'), 'utf8')) as { dependencies: Record<string, string> }
  const web = JSON.parse(readFileSync(join(ROOT, 'web/package.json'), 'utf8')) as { dependencies: Record<string, string> }
  const packages = Object.keys(engine.dependencies)
  const packagesOfWeb = Object.keys(web.dependencies).filter((name) => name !== 'quarry-engine')

  test('the tables of libraries name exactly those of the engine and of the app', () => {
    const rows = readFileSync(join(MANUAL, 'libraries.md'), 'utf8')
      .split('\n')
      .filter((line) => /^\| (?!package|-)/.test(line))
    const listed = rows.flatMap((row) => (row.split('|')[1] ?? '').split(',').map((name) => name.trim()))
    expect([...new Set(listed)].sort()).toEqual([...new Set([...packages, ...packagesOfWeb])].sort())
  })

  test('each is used by the engine itself, not by its tests alone', () => {
    const sources = readdirSync(join(ROOT, 'engine/src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !/\.(?:test|contract|fixture)\.ts$/.test(file))
      .map((file) => readFileSync(join(ROOT, 'engine/src', file), 'utf8'))
    const unused = packages.filter((name) => !sources.some((source) => source.includes(`'${name}'`) || source.includes(`'${name}/`)))
    expect(unused).toEqual([])
  })
})

describe('the sample is made of the manual', () => {
  const extractor = processExtractor({
    nodePath: process.execPath,
    entry: resolve(import.meta.dirname, '../src/steps/extract/process.ts'),
    timeoutMs: 60_000,
    memoryMiB: 512,
    concurrency: 1,
    maxBytes: 64 << 20,
    allowOcr: false,
  })
  afterAll(() => extractor.close())
  const headings = chapters.flatMap((path) => {
    const text = readFileSync(path, 'utf8').replaceAll(/^```.*?^```/gms, '')
    return [...text.matchAll(/^#+ (.+)$/gm)].map((match) => plain(match[1] ?? ''))
  })

  test.each(['quarry-manual.pdf', 'quarry-manual.docx'])('%s has every heading of it', { timeout: 60_000 }, async (name) => {
    const path = join(ROOT, 'docs/sample', name)
    const options = { signal: new AbortController().signal, store: () => Promise.reject(new Error('the sample is no archive')) }
    const extraction = await extractor.extract({ path, size: statSync(path).size, name, mediaType: 'application/octet-stream' }, options)
    if (extraction.kind !== 'text') throw new Error('the sample is no archive')
    const { extracted } = extraction
    const found = new Set(extracted.blocks.filter(({ kind }) => kind === 'heading').map(({ start, end }) => plain(extracted.text.slice(start, end))))
    expect(headings.length).toBeGreaterThan(20)
    expect(headings.filter((heading) => !found.has(heading))).toEqual([])
  })
})

function plain(heading: string): string {
  return heading.replaceAll(/[`*]/g, '').replaceAll(/\s+/g, ' ').trim()
}

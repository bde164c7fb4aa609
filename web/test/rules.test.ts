import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

// What holds for every file of the app: where it may import from, where words stand, and what never appears.

const WEB = resolve(import.meta.dirname, '..')
const files = ['app', 'lib', 'screens', 'strings', 'ui'].flatMap((room) =>
  readdirSync(join(WEB, room), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => `${room}/${file.replaceAll('\\', '/')}`),
)
const isTest = (file: string) => /\.test\.tsx?$/.test(file)
const { dependencies } = JSON.parse(readFileSync(join(WEB, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
const ENGINE = new Set(['quarry-engine/client', 'quarry-engine/client/filter', 'quarry-engine/client/resumable', 'quarry-engine/settings'])
/** Rooms that others may use: the frames, and parts that several screens show. */
const SHARED_SCREENS = new Set(['shell', 'databases', 'ingestion', 'source'])
/** One document is a part of the list; strangers see the same conversation as those who signed in. */
const NEIGHBOURS: Readonly<Record<string, string>> = { document: 'documents', published: 'chat', shared: 'chat' }
/** Give the typed client a way to the network without the session's cookie, or show code that others run. */
const MAY_FETCH = new Set(['lib/api.ts', 'screens/published/visitor-client.ts', 'screens/shared/shared-conversation-screen.tsx', 'screens/access/snippets.ts'])
const MAY: Readonly<Record<string, readonly string[]>> = {
  app: ['lib', 'screens', 'strings', 'ui'],
  screens: ['lib', 'screens', 'strings', 'ui'],
  ui: ['lib', 'strings', 'ui'],
  lib: ['lib'],
  strings: ['lib', 'strings'],
}

export function wrongImports(file: string, source: string): string[] {
  const found = source.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s*['"]([^'"]+)['"]|(?:import|new URL)\(\s*['"]([^'"]+)['"]|(?:^|\n)import\s*['"]([^'"]+)['"]/g,
  )
  const wanted = [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
  return wanted.flatMap((name) => {
    if (!name.startsWith('.')) {
      if (name.startsWith('quarry-engine')) return ENGINE.has(name) ? [] : [`${file}: ${name}`]
      const packageName = name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/')
      return packageName in dependencies || isTest(file) ? [] : [`${file}: package ${name}`]
    }
    const target = relative(WEB, join(WEB, dirname(file), name)).replaceAll('\\', '/')
    const [from = '', mine] = file.split('/')
    const [to = '', theirs = ''] = target.split('/')
    if (isTest(file) && to === '..') return []
    if (to === from && from === 'app') return []
    if (!(MAY[from] ?? []).includes(to)) return [`${file}: ${target}`]
    // The frame decides which screen is shown.
    const isForeignScreen =
      from === 'screens' && to === 'screens' && mine !== 'shell' && theirs !== mine && !SHARED_SCREENS.has(theirs) && NEIGHBOURS[mine ?? ''] !== theirs
    return isForeignScreen ? [`${file}: ${target}`] : []
  })
}

/** Text between tags, and attributes that are read out. */
export function literalWords(source: string): string[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|(?<!:)\/\/[^\n]*/g, '')
  const text = [...code.matchAll(/(?<![=-])>\s*([^<>{}=;()]*\p{L}{2}[^<>{}=;()]*?)\s*<\//gu)].map((match) => match[1] ?? '')
  const attributes = [...code.matchAll(/\b(?:label|title|placeholder|alt|hint|aria-label)="([^"]*\p{L}{2}[^"]*)"/gu)].map((match) => match[1] ?? '')
  return [...text, ...attributes]
}

describe.each(files)('%s', (file) => {
  const source = readFileSync(join(WEB, file), 'utf8')

  test('keeps to its room and its size', () => {
    expect(wrongImports(file, source)).toEqual([])
    expect(source.split('\n').length, 'lines').toBeLessThanOrEqual(401)
    if (!file.startsWith('app/')) expect(source.match(/export default/g) ?? []).toEqual([])
    expect(source.match(/\bas any\b|: any\b/g) ?? []).toEqual([])
    if (!isTest(file)) expect(source.match(/\beval\(|new Function/g) ?? []).toEqual([])
  })

  test.runIf(!isTest(file))('renders text as text, and asks the server by the typed client only', () => {
    expect(source.match(/dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write/g) ?? []).toEqual([])
    if (!MAY_FETCH.has(file)) expect(source.match(/\bfetch\(|XMLHttpRequest|sendBeacon|new EventSource|new WebSocket/g) ?? []).toEqual([])
  })

  test.runIf(file.endsWith('.tsx') && !isTest(file))('holds no words of its own', () => {
    expect(literalWords(source)).toEqual([])
  })
})

describe('the rules catch what is planted', () => {
  test.each([
    ['screens/chat/x.tsx', "import { a } from '../../../engine/src/domain/caller.ts'"],
    ['screens/chat/x.tsx', "import { a } from 'quarry-engine/src/api/routes.ts'"],
    ['screens/chat/x.tsx', "import { a } from '../settings/models-screen.tsx'"],
    ['ui/x.tsx', "import { a } from '../screens/chat/chat-screen.tsx'"],
    ['lib/x.ts', "import moment from 'moment'"],
  ])('in %s: %s', (file, source) => expect(wrongImports(file, source)).toHaveLength(1))

  test.each(['<p>Hello there</p>', '<TextField label="Your name" />', '<p>\n  Loading more\n</p>'])('words in %s', (source) =>
    expect(literalWords(source)).toHaveLength(1),
  )
})

test.runIf(existsSync(join(WEB, 'out/files.json')))('the built app holds no secret of the machine that built it', () => {
  const scripts = readdirSync(join(WEB, 'out/_next'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'))
  expect(scripts.length).toBeGreaterThan(5)
  for (const file of scripts) {
    const text = readFileSync(join(WEB, 'out/_next', file), 'utf8')
    expect(text.includes(WEB), `${file} names the folder that it was built in`).toBe(false)
    expect(text.match(/\bsk-[A-Za-z0-9]{20,}|AKIA[A-Z0-9]{16}|-----BEGIN/g) ?? [], file).toEqual([])
  }
})

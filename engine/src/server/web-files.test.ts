import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { json, serverForTest, type TestServer } from '../../test/server-fixture.ts'
import { type WebFiles, type WebRequest, webFiles } from './web-files.ts'

const PAGES = [
  'index.html',
  '404.html',
  'index.txt',
  'databases/index.html',
  'databases/new/index.html',
  'databases/_/index.html',
  'databases/_/__next._tree.txt',
  'databases/_/usage/index.html',
  'databases/_/documents/_/index.html',
  'chat/index.html',
  'chat/_/index.html',
  'embed/_/index.html',
  '_next/static/chunks/a.js',
  'icon.svg',
]
const SECRET = 'not-in-the-list'
let folder: string
let web: WebFiles

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quarry-web-'))
  const files: Record<string, object> = {}
  for (const path of PAGES) {
    const content = `content of ${path}`
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
    writeFileSync(join(folder, `${path}.br`), brotliCompressSync(content))
    writeFileSync(join(folder, `${path}.gz`), gzipSync(content))
    const isPage = path.endsWith('.html')
    files[path] = {
      type: isPage ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8',
      tag: `tag-${Object.keys(files).length}`,
      bytes: content.length,
      encodings: ['br', 'gzip'],
      ...(path.startsWith('_next/') ? { immutable: true } : {}),
      ...(isPage ? { policy: "default-src 'none'; script-src 'self'" } : {}),
    }
  }
  writeFileSync(join(folder, 'files.json'), JSON.stringify({ built: 'x', files }))
  writeFileSync(join(folder, 'private.txt'), SECRET)
  const found = webFiles(folder)
  if (found === undefined) throw new Error('the list was not found')
  web = found
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const request = (url: string, more: Partial<WebRequest> = {}): WebRequest => ({
  method: 'GET',
  url,
  accept: 'text/html',
  acceptEncoding: undefined,
  ifNoneMatch: undefined,
  ...more,
})

/** Address, and the file that it shows; a slash in front means: sent on to there. */
const ADDRESSES: readonly (readonly [string, string])[] = [
  ['/', 'index.html'],
  ['/databases/', 'databases/index.html'],
  ['/databases', '/databases/'],
  ['/databases/new/', 'databases/new/index.html'],
  ['/databases/db_1/', 'databases/_/index.html'],
  ['/databases/db_1', '/databases/db_1/'],
  ['/databases/db_1/__next._tree.txt', 'databases/_/__next._tree.txt'],
  ['/databases/db_1/usage/', 'databases/_/usage/index.html'],
  ['/databases/db_1/documents/doc_1/', 'databases/_/documents/_/index.html'],
  ['/databases/db_1/documents/doc_1', '/databases/db_1/documents/doc_1/'],
  ['/chat/', 'chat/index.html'],
  ['/chat/conv_1/', 'chat/_/index.html'],
  ['/embed/pub_1/', 'embed/_/index.html'],
  ['/_next/static/chunks/a.js', '_next/static/chunks/a.js'],
  ['/icon.svg', 'icon.svg'],
]

describe('addresses of pages', () => {
  test.each(ADDRESSES)('%s shows %s', async (url, shown) => {
    const reply = await web.reply(request(url))
    if (shown.startsWith('/')) expect([reply?.status, reply?.headers.location]).toEqual([308, shown])
    else expect([reply?.status, reply?.body?.toString()]).toEqual([200, `content of ${shown}`])
  })

  test.each(ADDRESSES)('%s shows %s behind CloudFront too', (url, shown) => {
    const source = readFileSync(resolve(import.meta.dirname, '../../../web/hosting/cloudfront-rewrite.js'), 'utf8')
    const handler = new Function(`${source}\nreturn handler`)() as (event: object) => {
      uri?: string
      statusCode?: number
      headers?: { location: { value: string } }
    }
    const told = handler({ request: { uri: url, querystring: {} } })
    expect(told.statusCode === undefined ? told.uri?.slice(1) : told.headers?.location.value).toBe(shown)
  })

  test.each(['//evil.example/x', '//evil.example', '/\\evil.example/x'])('%s is never sent on to another host', async (url) => {
    const source = readFileSync(resolve(import.meta.dirname, '../../../web/hosting/cloudfront-rewrite.js'), 'utf8')
    const handler = new Function(`${source}\nreturn handler`)() as (event: object) => { statusCode?: number }
    expect(handler({ request: { uri: url, querystring: {} } }).statusCode).toBe(404)
    expect((await web.reply(request(url)))?.status).toBe(404)
  })

  test('a redirect keeps the query', async () => {
    expect((await web.reply(request('/databases/db_1?q=a&n=2')))?.headers.location).toBe('/databases/db_1/?q=a&n=2')
  })

  test.each([
    '/databases/db_1/nothing/',
    '/none',
    '/databases//',
    '/private.txt',
    '/files.json',
    '/index.html.br',
    '/..%2fprivate.txt',
    '/%2e%2e/private.txt',
    '//',
  ])('%s is not found: a page for people, nothing for programs', async (url) => {
    const reply = await web.reply(request(url))
    expect([reply?.status, reply?.body?.toString()]).toEqual([404, 'content of 404.html'])
    expect(await web.reply(request(url, { accept: 'application/json' }))).toBeUndefined()
  })

  test('no address gives anything that is not in the list', async () => {
    const part = fc.oneof(
      fc.constantFrom('..', '.', '', '_', '%2e%2e', '%00', 'databases', 'index.html', 'private.txt', 'files.json', '%', '__proto__', 'constructor'),
      fc.string(),
    )
    const seen = new Set(PAGES.map((path) => `content of ${path}`))
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
        const reply = await web.reply(request(`/${parts.join('/')}`))
        if (reply?.body !== undefined) expect(seen.has(reply.body.toString())).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('how a file is sent', () => {
  test.each([
    ['br, gzip', 'br', brotliDecompressSync],
    ['gzip;q=0.5', 'gzip', gunzipSync],
    ['br;q=0, gzip', 'gzip', gunzipSync],
  ] as const)('as the browser can read it: %s', async (acceptEncoding, encoding, open) => {
    const reply = await web.reply(request('/icon.svg', { acceptEncoding }))
    expect(reply?.headers['content-encoding']).toBe(encoding)
    expect(open(reply?.body ?? Buffer.alloc(0)).toString()).toBe('content of icon.svg')
  })

  test('what the browser has already is not sent again, in the encoding that it has', async () => {
    const first = await web.reply(request('/', { acceptEncoding: 'br' }))
    const tag = first?.headers.etag ?? ''
    expect((await web.reply(request('/', { acceptEncoding: 'br', ifNoneMatch: `"x", W/${tag}` })))?.status).toBe(304)
    expect((await web.reply(request('/', { ifNoneMatch: tag })))?.status).toBe(200)
  })

  test('names with a hash never change; pages are asked for again', async () => {
    expect((await web.reply(request('/_next/static/chunks/a.js')))?.headers['cache-control']).toMatch(/immutable/)
    expect((await web.reply(request('/')))?.headers['cache-control']).toBe('no-cache')
  })

  test('a folder without a list is no web app, a broken list is told', () => {
    expect(webFiles(join(folder, 'databases'))).toBeUndefined()
    const broken = mkdtempSync(join(tmpdir(), 'quarry-web-'))
    writeFileSync(join(broken, 'files.json'), '{"files":{"a":{"type":1}}}')
    expect(() => webFiles(broken)).toThrow(/damaged|cannot be read/i)
    rmSync(broken, { recursive: true })
  })
})

describe('the server', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await serverForTest({ web })
  })
  afterAll(() => server.close())
  const get = (path: string, init: RequestInit = {}) => fetch(server.address + path, { redirect: 'manual', ...init })

  test('shows pages to anyone, with the policy of the page and no frame around it', async () => {
    const reply = await get('/databases/db_1/')
    expect([reply.status, await reply.text()]).toEqual([200, 'content of databases/_/index.html'])
    expect(reply.headers.get('content-security-policy')).toBe("default-src 'none'; script-src 'self'; frame-ancestors 'none'")
    expect(reply.headers.get('x-frame-options')).toBe('DENY')
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('tells programs what is no route, and never a page below /api', async () => {
    for (const [path, accept] of [
      ['/api/v1/nothing', 'text/html'],
      ['/nothing', 'application/json'],
    ] as const) {
      const reply = await get(path, { headers: { accept } })
      expect([reply.status, (await json(reply)).error.code]).toEqual([404, 'request/unknown-route'])
    }
    expect((await get('/', { method: 'POST' })).status).toBe(404)
    const head = await get('/', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
  })

  test('says without the app that it is not built', async () => {
    const bare = await serverForTest({ web: undefined })
    const reply = await fetch(bare.address)
    expect([reply.status, await reply.text()]).toEqual([200, expect.stringContaining('npm run build')])
    await bare.close()
  })
})

test.skipIf(!existsSync(resolve(import.meta.dirname, '../../../web/out/files.json')))('every page of the real export has a policy without unsafe words', () => {
  const { files } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../../web/out/files.json'), 'utf8')) as {
    files: Record<string, { policy?: string }>
  }
  const pages = Object.entries(files).filter(([path]) => path.endsWith('.html'))
  expect(pages.length).toBeGreaterThan(15)
  for (const [path, { policy }] of pages) {
    expect([path, policy]).toEqual([path, expect.stringMatching(/^default-src 'none'; script-src 'self' .*require-trusted-types-for 'script'/)])
    expect(policy).not.toMatch(/unsafe|\*|http:/)
  }
})

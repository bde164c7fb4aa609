import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { json, serverForTest, type TestServer, TOKEN } from '../../test/server-fixture.ts'
import { parametersOf, type RouteShape } from '../api/route.ts'
import { ROUTES } from '../api/routes.ts'
import { errorReply } from '../api/schemas.ts'

const ALL = Object.values(ROUTES) as readonly RouteShape[]
let server: TestServer
beforeAll(async () => {
  server = await serverForTest()
  await fetch(`${server.address}/api/v1/databases`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: '{"name":"handbook"}',
  })
})
afterAll(() => server.stop())

const nasty = fc.oneof(
  fc.constantFrom(
    'handbook',
    '',
    '\0',
    '../../etc/passwd',
    "' OR 1=1--",
    '__proto__',
    'constructor',
    '\ud800',
    '💥'.repeat(100),
    'x'.repeat(5000),
    '%',
    '%00',
    '{{7*7}}',
    '$where',
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
)
const value: fc.Arbitrary<unknown> = fc.oneof(
  nasty,
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, -1, 0, 1e308, 2 ** 53, null, [], {}, true),
)
const keys = fc.constantFrom(
  'query',
  'n_results',
  'filter',
  'name',
  'text',
  'question',
  'history',
  'metadata',
  'document',
  'weights',
  'chunk_size',
  'external_id',
  'threshold',
  'id',
  '__proto__',
)

/** Near-valid bodies: the example of a route with some of its fields replaced. */
const request = fc.record({
  route: fc.constantFrom(...ALL.filter((route) => route.reply.kind !== 'events' || route.body !== undefined)),
  ids: fc.array(nasty, { minLength: 3, maxLength: 3 }),
  change: fc.dictionary(keys, value, { maxKeys: 4 }),
  query: fc.dictionary(fc.constantFrom('limit', 'cursor', 'state', 'start', 'end', 'offset', 'search', 'database'), nasty, { maxKeys: 2 }),
  key: fc.option(fc.string({ maxLength: 30 }), { nil: undefined }),
})

test('near-valid and hostile requests never end as a fault of the server, and every error has its form', async () => {
  await fc.assert(
    fc.asyncProperty(request, async ({ route, ids, change, query, key }) => {
      const encode = (text: string) => encodeURIComponent(text.toWellFormed())
      const path = parametersOf(route.path).reduce(
        (made, name, index) => made.replace(`{${name}}`, index === 0 ? 'handbook' : encode(ids[index] ?? '') || 'x'),
        route.path,
      )
      const search = Object.entries(query).map(([name, text]) => `${name}=${encode(text)}`)
      const takesBody = route.method !== 'GET'
      // The database under test must survive.
      if (route.method === 'DELETE' && path.endsWith('/handbook')) return
      const reply = await fetch(`${server.address}${path}?${search.join('&')}`, {
        method: route.method,
        headers: {
          authorization: `Bearer ${TOKEN}`,
          ...(takesBody ? { 'content-type': 'application/json' } : {}),
          ...(key !== undefined && /^[\x20-\x7e]*$/.test(key) ? { 'idempotency-key': key } : {}),
        },
        ...(takesBody ? { body: JSON.stringify({ ...route.example, ...change }) } : {}),
      })
      expect(reply.status, `${route.method} ${path}`).toBeLessThan(500)
      if (reply.status >= 400) {
        const told = await json(reply)
        errorReply.parse(told)
        expect(JSON.stringify(told)).not.toMatch(/node:|node_modules|\.ts:\d|\/src\//)
      } else await reply.body?.cancel()
    }),
    { numRuns: 300 },
  )
}, 120_000)

test('bytes that are no HTTP get an answer or a closed connection, and the server goes on', async () => {
  const { port, hostname } = new URL(server.address)
  const head = `POST /api/v1/databases HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\n`
  const rounds: (string | Buffer)[] = [
    ...Array.from({ length: 60 }, (_, index) => randomBytes(1 + index * 20)),
    'GET / HTTP/9.9\r\n\r\n',
    'GET /\r\n\r\n',
    `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n${'X: y\r\n'.repeat(5000)}\r\n`,
    'GET /%zz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
    'GET /api/v1/databases/%ff%fe HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
    'GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
    'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nHost: 127.0.0.1\r\n\r\n',
    `${head}Content-Type: application/json\r\nContent-Length: -1\r\n\r\n{}`,
    `${head}Content-Type: application/json\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
    `${head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`,
    `${head}Content-Type: application/json\r\nTransfer-Encoding: gzip\r\n\r\n{}`,
    `${head}Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}`,
    `${head}Content-Type: multipart/form-data\r\nContent-Length: 2\r\n\r\n{}`,
    `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
  ]
  for (const bytes of rounds) {
    const text = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), hostname)
      let told = ''
      const end = () => {
        clearTimeout(timer)
        socket.destroy()
        resolve(told)
      }
      // Some of these leave the server waiting for more, as it should.
      const timer = setTimeout(end, 150)
      socket.on('data', (piece) => {
        told += piece
      })
      socket.on('error', end)
      socket.on('close', end)
      socket.write(bytes)
    })
    expect(text, String(bytes).slice(0, 80)).not.toMatch(/^HTTP\/1\.1 5/)
    expect(text).not.toMatch(/node:|\.ts:\d/)
  }
  expect(await json(await fetch(`${server.address}/health`))).toEqual({ status: 'ok' })
})

test('long and repetitive texts do not hold up the server', async () => {
  const slow = [
    'a'.repeat(50_000),
    'Bearer '.repeat(2000),
    ' '.repeat(50_000),
    `${'('.repeat(5000)}a = 1`,
    `a in [${'1,'.repeat(9000)}`,
    '"\\'.repeat(9000),
    'not '.repeat(5000),
    '-'.repeat(50_000),
    '../'.repeat(10_000),
  ]
  for (const text of slow) {
    const reply = await fetch(`${server.address}/api/v1/databases/handbook/query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'x', filter: text }),
      signal: AbortSignal.timeout(5000),
    })
    expect(reply.status).toBe(400)
  }
})

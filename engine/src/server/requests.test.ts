import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ALL, AUTHORIZED, contentOf, headersFor, pathOf, raw, send, startTarget } from '../../test/route-requests.ts'
import { json, serverForTest, type TestServer, TOKEN } from '../../test/server-fixture.ts'

// Every check here runs over the route table, so that a new route cannot be forgotten.

let server: TestServer
beforeAll(async () => {
  server = await startTarget()
})
afterAll(() => server.stop())

describe('forms of requests', () => {
  const WITH_BODY = ALL.filter(([, route]) => route.body !== undefined)

  test.each(WITH_BODY)('%s refuses fields that it does not know, by name', async (_, route) => {
    for (const extra of ['owner_id', 'id', 'role', 'constructor', 'ownerId']) {
      if (Object.hasOwn(route.body?.shape ?? {}, extra)) continue
      const reply = await send(route.method, pathOf(route), { ...route.example, [extra]: 'x' }, headersFor(route))
      expect(reply.status).toBe(400)
      expect(JSON.stringify(await json(reply))).toContain(extra)
    }
  })

  test.each(WITH_BODY)('%s refuses __proto__', async (_, route) => {
    const body = JSON.stringify(route.example ?? {}).replace(/^\{/, '{"__proto__":{"isAdmin":true},')
    const reply = await fetch(server.address + pathOf(route), {
      method: route.method,
      headers: { ...headersFor(route), 'content-type': 'application/json' },
      body,
    })
    expect(reply.status).toBe(400)
  })

  test.each(ALL)('%s refuses a query that it does not know', async (_, route) => {
    const reply = await fetch(`${server.address}${pathOf(route)}?surprise=1`, {
      method: route.method,
      headers: { ...headersFor(route), ...contentOf(route).headers },
      ...(contentOf(route).body === undefined ? {} : { body: contentOf(route).body }),
    } as RequestInit)
    expect(reply.status).toBe(400)
    expect((await json(reply)).error.facts.problems.join()).toContain('surprise')
  })

  const WRONG = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'text/json',
    'application/json2',
    'application/json, text/plain',
    'application/jsonx; charset=utf-8',
    'application/json; charset=utf-16',
    'multipart/mixed; boundary=x',
    'a',
    '',
  ]
  test.each(ALL.filter(([, route]) => route.method !== 'GET'))('%s refuses other content types', async (_, route) => {
    for (const type of WRONG) {
      const reply = await fetch(server.address + pathOf(route), {
        method: route.method,
        headers: { ...headersFor(route), 'content-type': type },
        body: JSON.stringify(route.example ?? {}),
      })
      expect([type, reply.status]).toEqual([type, 415])
      expect(await json(reply)).toMatchObject({ error: { code: 'request/unsupported-type' } })
    }
  })

  test.each(WITH_BODY)('%s refuses a body beyond the limit, told or streamed', async (_, route) => {
    const large = JSON.stringify({ query: 'x'.repeat(1_100_000) })
    const told = await fetch(server.address + pathOf(route), {
      method: route.method,
      headers: { ...headersFor(route), 'content-type': 'application/json' },
      body: large,
    })
    expect(told.status).toBe(413)
    const stream = new Blob([large]).stream()
    const streamed = await fetch(server.address + pathOf(route), {
      method: route.method,
      headers: { ...headersFor(route), 'content-type': 'application/json' },
      body: stream,
      duplex: 'half',
    } as RequestInit)
    expect(streamed.status).toBe(413)
    expect(await json(streamed)).toMatchObject({ error: { code: 'request/too-large', facts: { unit: 'bytes' } } })
  })

  test.each([
    '{',
    '[]',
    'null',
    '"x"',
    '1',
    '{"name":"a"}x',
    '\ufeff{"name":"b"}x',
    `${'['.repeat(100_000)}`,
    `{"name":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}}`,
    '{"name":"\\u005f\\u005fproto\\u005f\\u005f","__\\u0070roto__":1}',
  ])('a body that is %.20s is refused', async (body) => {
    const reply = await fetch(`${server.address}/api/v1/databases`, { method: 'POST', headers: { ...AUTHORIZED, 'content-type': 'application/json' }, body })
    expect(reply.status).toBe(400)
  })

  test('a body that is not UTF-8 is refused', async () => {
    const reply = await fetch(`${server.address}/api/v1/databases`, {
      method: 'POST',
      headers: { ...AUTHORIZED, 'content-type': 'application/json' },
      body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]),
    })
    expect(reply.status).toBe(400)
  })

  test('a body that does not come is a time-out', async () => {
    const impatient = await serverForTest({ environment: { REQUEST_TIMEOUT_SECONDS: '1' } })
    try {
      const { text } = await raw(
        `POST /api/v1/databases HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"name"`,
        { enough: /request\/timeout/, address: impatient.address },
      )
      expect(text).toMatch(/^HTTP\/1\.1 408 /)
    } finally {
      await impatient.stop()
    }
  })
})

describe('routes', () => {
  test.each([
    '/api/v1/nothing',
    '/api/v2',
    '/API/V1/DATABASES',
    '/api/v1/databases/',
    '//api/v1/databases',
    '/api/v1//databases',
    '/api/v1/databases/..%2f..%2fetc',
    '/.env',
    '/api/v1/databases;a=b',
    '/%2e%2e/%2e%2e/etc/passwd',
  ])('%s gives nothing without a token', async (path) => {
    const { text } = await raw(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`)
    expect(text).toMatch(/^HTTP\/1\.1 (404|401) /)
    expect(text).toMatch(/request\/unknown-route|auth\/required/)
  })

  test('another method of a known path is 405 with those that it takes', async () => {
    const reply = await fetch(`${server.address}/api/v1/databases`, { method: 'PUT', headers: AUTHORIZED })
    expect(reply.status).toBe(405)
    expect(reply.headers.get('allow')).toBe('GET, POST')
    for (const method of ['TRACE', 'OPTIONS', 'PROPFIND']) {
      const { text } = await raw(`${method} /api/v1/databases HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`)
      expect(text, method).toMatch(/^HTTP\/1\.1 (404|405|400) /)
    }
  })

  test.each([
    'evil.example',
    '169.254.169.254',
    '10.0.0.1',
    'localhost.evil.example',
    '127.0.0.1.nip.io',
    'localhost:8000.evil.example',
    '127.0.0.1@evil.example',
    'evil.example:80',
    '[::2]',
    '0.0.0.0',
    'localhost,evil.example',
    'localhost evil.example',
    '',
    'a'.repeat(300),
    '127.0.0.1:abc',
    'ⅼocalhost',
    '2130706433',
    '0x7f.1',
    'localhost.',
    '[::1',
  ])('Host "%s" is misdirected', async (host) => {
    const { text } = await raw(`GET /health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    expect(text).toMatch(/^HTTP\/1\.1 (421|400) /)
    expect(text).not.toContain('"ok"')
  })

  test.each(['localhost', 'LOCALHOST:1', '127.0.0.1:9', '[::1]:8000'])('Host "%s" is this machine', async (host) => {
    expect((await raw(`GET /health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).text).toContain('"ok"')
  })

  test.each([{ ALLOWED_HOSTS: 'docs.example.com' }, { PUBLIC_URL: 'https://docs.example.com' }])(
    'hosts of %o are answered, others are not',
    async (environment) => {
      const open = await serverForTest({ environment })
      const { address } = open
      try {
        expect((await raw('GET /health HTTP/1.1\r\nHost: docs.example.com:443\r\nConnection: close\r\n\r\n', { address })).text).toContain('"ok"')
        expect((await raw('GET /health HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n', { address })).text).toContain('request/misdirected')
      } finally {
        await open.stop()
      }
    },
  )
})

const SPOOFED = [
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-server',
  'x-forwarded-user',
  'x-forwarded-email',
  'x-forwarded-prefix',
  'x-forwarded-scheme',
  'x-forwarded-ssl',
  'x-forwarded-path',
  'forwarded',
  'x-real-ip',
  'x-client-ip',
  'x-remote-addr',
  'x-remote-user',
  'remote-user',
  'x-originating-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'x-original-url',
  'x-original-host',
  'x-original-uri',
  'x-original-method',
  'x-rewrite-url',
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-middleware-subrequest',
  'x-middleware-prefetch',
  'x-middleware-rewrite',
  'x-nextjs-data',
  'x-request-from',
  'x-requested-with',
  'x-request-id',
  'x-correlation-id',
  'x-user',
  'x-user-id',
  'x-userid',
  'x-username',
  'x-auth-user',
  'x-authenticated-user',
  'x-webauth-user',
  'x-role',
  'x-admin',
  'x-is-admin',
  'x-owner-id',
  'x-tenant-id',
  'x-organization-id',
  'api-key',
  'x-key',
  'x-auth-token',
  'x-access-token',
  'x-amzn-oidc-identity',
  'x-amzn-oidc-data',
  'x-goog-authenticated-user-email',
  'x-ms-client-principal',
  'x-internal',
  'x-debug',
  'x-host',
  'x-proxy-user',
  'via',
  'client-ip',
  'proxy-authorization',
  'cookie',
  'referer',
  'origin',
]

test.each(['GET', 'POST'])('%s: no header but Authorization and X-API-Key lets anybody in or changes a reply', async (method) => {
  const reply = async (path: string, headers: Record<string, string>) => {
    const response = await fetch(server.address + path, { method: path === '/health' ? 'GET' : method, headers })
    const kept = [...response.headers].filter(([name]) => !['date', 'x-request-id'].includes(name))
    return { status: response.status, kept, body: (await response.text()).replace(/req_[\w-]+/, '') }
  }
  for (const path of ['/api/v1/databases', '/health']) {
    const baseline = await reply(path, {})
    for (const header of SPOOFED) {
      for (const value of ['127.0.0.1', TOKEN]) expect(await reply(path, { [header]: value }), header).toEqual(baseline)
    }
  }
})

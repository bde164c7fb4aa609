import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { json, serverForTest, type TestServer, TOKEN } from '../../test/server-fixture.ts'
import { parametersOf, type RouteShape } from '../api/route.ts'
import { ROUTES } from '../api/routes.ts'
import { errorReply } from '../api/schemas.ts'
import { ALL_SCOPES, type Caller } from '../domain/caller.ts'

// Every check here runs over the route table, so that a new route cannot be forgotten.

const ALL = Object.entries(ROUTES) as [string, RouteShape][]
const GUARDED = ALL.filter(([, route]) => route.allow !== 'anyone')
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` }

let server: TestServer
let database: { id: string; name: string }
beforeAll(async () => {
  server = await serverForTest()
  database = await json(await send('POST', '/api/v1/databases', { name: 'handbook' }))
  await send('POST', `/api/v1/databases/${database.id}/documents`, { text: 'Leave is requested in the portal.', name: 'leave.txt' })
})
afterAll(() => server.stop())

function send(method: string, path: string, body?: unknown, headers: Record<string, string> = AUTHORIZED): Promise<Response> {
  const content = body === undefined ? {} : { body: JSON.stringify(body) }
  return fetch(server.address + path, { method, headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...content })
}

function pathOf(route: RouteShape, values: Record<string, string> = {}): string {
  return parametersOf(route.path).reduce((path, name) => path.replace(`{${name}}`, encodeURIComponent(values[name] ?? SAMPLE()[name] ?? 'none')), route.path)
}
const SAMPLE = (): Record<string, string> => ({ database: database.id, id: database.id, document: 'leave.txt', version: 'ver_unknown', job: 'job_unknown' })

/** A request that the route takes, apart from its ids. */
function contentOf(route: RouteShape): { headers?: Record<string, string>; body?: NonNullable<RequestInit['body']> } {
  if (route.body !== undefined) return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(route.example ?? {}) }
  if (route.form === undefined) return {}
  const form = new FormData()
  if (Object.hasOwn(route.form.fields.shape, 'name')) form.append('name', `n${randomBytes(4).toString('hex')}`)
  form.append(route.form.fileName, new Blob(['some text']), 'a.txt')
  return { body: form }
}

/** Sends raw bytes and gives all that comes back until the server closes, or `enough` is found. */
function raw(bytes: string | Buffer, enough?: RegExp): Promise<{ text: string; closed: boolean }> {
  const { port, hostname } = new URL(server.address)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    let text = ''
    const end = (closed: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ text, closed })
    }
    const timer = setTimeout(() => end(false), 5000)
    socket.on('data', (piece) => {
      text += piece
      if (enough?.test(text) === true) end(false)
    })
    socket.on('error', () => end(true))
    socket.on('end', () => end(true))
    socket.on('close', () => end(true))
    socket.write(bytes)
  })
}

describe('callers', () => {
  test.each(GUARDED)('%s without a token is 401', async (_, route) => {
    const reply = await fetch(server.address + pathOf(route), { method: route.method, ...contentOf(route) })
    expect(reply.status).toBe(401)
    expect(reply.headers.get('www-authenticate')).toBe('Bearer')
    expect(await json(reply)).toMatchObject({ error: { code: 'auth/required' } })
  })

  test.each(GUARDED.filter(([, route]) => route.method !== 'GET'))('%s answers before the body is there, and closes', async (_, route) => {
    const type = route.form === undefined ? 'application/json' : 'multipart/form-data; boundary=x'
    const head = `${route.method} ${pathOf(route)} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${type}\r\nContent-Length: 1073741824\r\n\r\n`
    const { text, closed } = await raw(Buffer.concat([Buffer.from(head), Buffer.alloc(1000, 'x')]))
    expect(text).toMatch(/^HTTP\/1\.1 401 /)
    expect(text).toMatch(/connection: close/i)
    expect(closed).toBe(true)
  })

  test('of a large body without a token next to nothing is read', async () => {
    const { port, hostname } = new URL(server.address)
    const socket = connect(Number(port), hostname)
    const piece = Buffer.alloc(65_536, 'x')
    socket.write(
      'POST /api/v1/database/create HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 1073741824\r\n\r\n',
    )
    let accepted = 0
    let reply = ''
    await new Promise<void>((resolve) => {
      const pump = () => {
        while (!socket.destroyed && socket.write(piece)) accepted += piece.length
      }
      socket.on('drain', pump)
      socket.on('data', (text) => {
        reply += text
      })
      socket.on('error', () => undefined)
      socket.on('close', () => resolve())
      socket.on('connect', pump)
    })
    expect(reply).toMatch(/^HTTP\/1\.1 401 /)
    // What the buffers of two sockets hold, however large the body is.
    expect(accepted).toBeLessThan(32 * 1_048_576)
  })

  test.each(['Basic b3duZXI6eA==', 'Bearer', 'Bearer wrong', `Token ${TOKEN}`, `Bearer ${TOKEN} x`, `bearer${TOKEN}`, `Bearer ' OR 1=1--`])(
    '"%s" is not a credential',
    async (authorization) => {
      const reply = await send('GET', '/api/v1/databases', undefined, { authorization })
      expect(reply.status).toBe(401)
      expect((await json(reply)).error.code).toMatch(/^auth\/(invalid|required)$/)
    },
  )

  test('a token is taken from the header only', async () => {
    const reply = await fetch(`${server.address}/api/v1/databases?token=${TOKEN}`, { headers: { cookie: `token=${TOKEN}`, 'x-api-key': TOKEN } })
    expect(reply.status).toBe(401)
  })

  test.each(GUARDED)('%s needs its scope and its database', async (_, route) => {
    let caller: Caller = {
      kind: 'key',
      id: 'key_1',
      ownerId: 'owner',
      scopes: new Set(ALL_SCOPES.filter((scope) => scope !== route.allow)),
      databaseIds: 'all',
    }
    const limited = await serverForTest({ world: { ...server.world, auth: { authenticate: async () => caller } } })
    try {
      const request = () => fetch(limited.address + pathOf(route), { method: route.method, ...contentOf(route) })
      const refused = await request()
      expect(refused.status).toBe(403)
      expect(await json(refused)).toMatchObject({ error: { code: 'auth/forbidden', facts: { scope: route.allow } } })
      if (parametersOf(route.path).some((name) => name === 'database' || name === 'id')) {
        caller = { ...caller, scopes: new Set(ALL_SCOPES), databaseIds: new Set(['db_another']) }
        expect((await json(await request())).error.code).toBe('database/not-found')
        caller = { ...caller, ownerId: 'another owner', databaseIds: 'all' }
        expect((await json(await request())).error.code).toBe('database/not-found')
      }
    } finally {
      await limited.close()
    }
  })
})

describe('ids', () => {
  const cells = GUARDED.flatMap(([name, route]) => parametersOf(route.path).map((parameter) => [name, parameter, route] as const))
  const EXPECTED: Record<string, string> = {
    database: 'database/not-found',
    id: 'database/not-found',
    document: 'document/not-found',
    version: 'version/not-found',
    job: 'job/not-found',
  }

  test.each(cells)('%s: an unknown or foreign %s is the same 404', async (_, parameter, route) => {
    const foreign = await server.world.catalog.createDatabase({
      ownerId: 'other',
      name: `x${randomBytes(4).toString('hex')}`,
      description: undefined,
      weights: { dense: 1, lexical: 1 },
      settings: { embedder: 'none', dimensions: 0, chunkSize: 512, chunkOverlap: 64, analyzer: 'a' },
    })
    const uploaded = await server.world.catalog.acceptUpload({
      databaseId: foreign.database.id,
      ownerId: 'other',
      externalId: 'secret.txt',
      name: 'secret.txt',
      mediaType: 'text/plain',
      size: 1,
      sha256: 'a'.repeat(64),
      metadata: {},
      title: undefined,
      parentId: undefined,
    })
    const theirs: Record<string, string> = {
      database: foreign.database.id,
      id: foreign.database.id,
      document: uploaded.document.id,
      version: foreign.version.id,
      job: uploaded.job?.id ?? '',
    }
    const told = async (value: string) => {
      const reply = await fetch(server.address + pathOf(route, { [parameter]: value }), {
        method: route.method,
        headers: { ...AUTHORIZED, ...contentOf(route).headers },
        ...(contentOf(route).body === undefined ? {} : { body: contentOf(route).body }),
      } as RequestInit)
      return { status: reply.status, body: (await reply.text()).replaceAll(value, 'ID').replace(/req_[\w-]+/, 'REQ') }
    }
    const mine = theirs[parameter] ?? ''
    const unknown = await told(mine.replace(/[0-9a-f]{8}$/, '00000000'))
    expect(unknown.status).toBe(404)
    expect(unknown.body).toContain(EXPECTED[parameter])
    expect(await told(mine)).toEqual(unknown)
    for (const odd of ['../x', '%2e%2e%2f', "' OR 1=1--", '__proto__', '\u0000', 'x'.repeat(2000), '💥']) {
      const reply = await told(odd)
      expect([reply.status, reply.body.includes(EXPECTED[parameter] ?? '')], odd).toEqual([404, true])
    }
  })
})

describe('forms of requests', () => {
  const WITH_BODY = ALL.filter(([, route]) => route.body !== undefined)

  test.each(WITH_BODY)('%s refuses fields that it does not know, by name', async (_, route) => {
    for (const extra of ['owner_id', 'id', 'role', 'constructor', 'ownerId']) {
      const reply = await send(route.method, pathOf(route), { ...route.example, [extra]: 'x' })
      expect(reply.status).toBe(400)
      expect(JSON.stringify(await json(reply))).toContain(extra)
    }
  })

  test.each(WITH_BODY)('%s refuses __proto__', async (_, route) => {
    const body = JSON.stringify(route.example ?? {}).replace(/^\{/, '{"__proto__":{"isAdmin":true},')
    const reply = await fetch(server.address + pathOf(route), { method: route.method, headers: { ...AUTHORIZED, 'content-type': 'application/json' }, body })
    expect(reply.status).toBe(400)
  })

  test.each(ALL)('%s refuses a query that it does not know', async (_, route) => {
    const reply = await fetch(`${server.address}${pathOf(route)}?surprise=1`, {
      method: route.method,
      headers: { ...AUTHORIZED, ...contentOf(route).headers },
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
        headers: { ...AUTHORIZED, 'content-type': type },
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
      headers: { ...AUTHORIZED, 'content-type': 'application/json' },
      body: large,
    })
    expect(told.status).toBe(413)
    const stream = new Blob([large]).stream()
    const streamed = await fetch(server.address + pathOf(route), {
      method: route.method,
      headers: { ...AUTHORIZED, 'content-type': 'application/json' },
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
    const [before, address] = [server.address, impatient.address]
    try {
      server = { ...server, address }
      const { text } = await raw(
        `POST /api/v1/databases HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"name"`,
        /request\/timeout/,
      )
      expect(text).toMatch(/^HTTP\/1\.1 408 /)
    } finally {
      server = { ...server, address: before }
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

  test('allowed hosts are answered, others are not', async () => {
    const open = await serverForTest({ environment: { ALLOWED_HOSTS: 'docs.example.com' } })
    const keep = server
    try {
      server = open
      expect((await raw('GET /health HTTP/1.1\r\nHost: docs.example.com:443\r\nConnection: close\r\n\r\n')).text).toContain('"ok"')
      expect((await raw('GET /health HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n')).text).toContain('request/misdirected')
    } finally {
      server = keep
      await open.stop()
    }
  })
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
  'x-api-key',
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

test.each(['GET', 'POST'])('%s: no header but Authorization lets anybody in or changes a reply', async (method) => {
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

describe('replies', () => {
  test.each(ALL)('%s replies as the table says, and each error is one of its own', async (_, route) => {
    const path = pathOf(route)
    const { headers, body } = contentOf(route)
    // Never the database that the other tests use.
    if (route.method === 'DELETE' && route.path.endsWith('{database}')) await send('POST', '/api/v1/databases', { name: 'to-go' })
    const target = route.method === 'DELETE' && route.path.endsWith('{database}') ? pathOf(route, { database: 'to-go' }) : path
    const reply = await fetch(server.address + target, {
      method: route.method,
      headers: { ...AUTHORIZED, ...headers },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(20_000),
    }).catch((fault) => {
      throw new Error(`${route.path}: ${fault}`)
    })
    for (const name of ['x-request-id', 'x-content-type-options', 'referrer-policy', 'content-security-policy'])
      expect(reply.headers.get(name), name).not.toBeNull()
    expect(reply.headers.get('access-control-allow-origin')).toBeNull()
    expect(reply.status).toBeLessThan(500)
    if (!reply.ok) {
      const { error } = errorReply.parse(await json(reply))
      expect(error.request_id).toBe(reply.headers.get('x-request-id'))
      expect(error.hint.length).toBeGreaterThan(5)
    } else if (route.reply.kind === 'json') {
      expect(reply.status).toBe(route.reply.status)
      const told = await json(reply)
      expect(route.reply.schema.parse(told)).toEqual(told)
    } else if (route.reply.kind === 'events') {
      await reply.body?.cancel()
      expect(reply.headers.get('content-type')).toContain('text/event-stream')
    } else await reply.arrayBuffer()
  })

  test('an unexpected fault is told as internal; its cause is in the log under the request id, not in the reply', async () => {
    const canary = 'sk-canary-1234567890 /home/somebody/secret.sqlite'
    const failing = await serverForTest({
      flows: {
        search: async () => {
          throw new Error(canary, { cause: new Error('deeper') })
        },
      },
    })
    try {
      await fetch(`${failing.address}/api/v1/databases`, {
        method: 'POST',
        headers: { ...AUTHORIZED, 'content-type': 'application/json' },
        body: '{"name":"a"}',
      })
      const reply = await fetch(`${failing.address}/api/v1/databases/a/query`, {
        method: 'POST',
        headers: { ...AUTHORIZED, 'content-type': 'application/json' },
        body: '{"query":"x"}',
      })
      const text = await reply.text()
      expect(reply.status).toBe(500)
      const { error } = errorReply.parse(JSON.parse(text))
      expect(error.code).toBe('internal')
      expect(text).not.toMatch(/canary|secret|deeper|\.ts|node:/)
      const line = failing.logged.find(({ event }) => event === 'request-failed')
      expect(JSON.stringify(line)).toContain(error.request_id)
      expect(JSON.stringify(line)).toContain('canary')
      expect(JSON.stringify(failing.logged)).not.toContain(TOKEN)
    } finally {
      await failing.stop()
    }
  })

  test('the original file leaves as an attachment only, whatever it says it is', async () => {
    const form = new FormData()
    form.append('files', new Blob(['<script>alert(1)</script>'], { type: 'text/html' }), 'ev"il\r\n/x.html')
    const sent = await fetch(`${server.address}/api/v1/databases/${database.id}/documents`, { method: 'POST', headers: AUTHORIZED, body: form })
    const { documents } = await json(sent)
    const reply = await fetch(`${server.address}/api/v1/databases/${database.id}/documents/${documents[0].document.id}/content`, { headers: AUTHORIZED })
    expect(await reply.text()).toBe('<script>alert(1)</script>')
    expect(reply.headers.get('content-type')).toBe('application/octet-stream')
    expect(reply.headers.get('content-disposition')).toMatch(/^attachment; filename="[\w. -]+"; filename\*=UTF-8''[\w.%-]+$/)
    expect(reply.headers.get('content-security-policy')).toContain('sandbox')
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('pages run nothing but what stands in them', async () => {
    for (const path of ['/', '/api/docs']) {
      const reply = await fetch(server.address + path)
      const policy = reply.headers.get('content-security-policy') ?? ''
      const html = await reply.text()
      expect(policy).toContain("default-src 'none'")
      expect(policy).not.toContain('unsafe')
      expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
      expect(html).not.toMatch(/ on\w+=/)
    }
  })

  test('origins that are listed may call, others get nothing', async () => {
    const open = await serverForTest({ environment: { CORS_ORIGINS: 'https://app.example.com' } })
    try {
      const ask = (origin: string) =>
        fetch(`${open.address}/api/v1/databases`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } })
      const allowed = await ask('https://app.example.com')
      expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([204, 'https://app.example.com'])
      for (const origin of ['https://evil.example', 'null', 'https://app.example.com.evil.example', 'http://app.example.com']) {
        const refused = await ask(origin)
        expect([refused.ok, refused.headers.get('access-control-allow-origin')], origin).toEqual([false, null])
      }
    } finally {
      await open.stop()
    }
  })
})

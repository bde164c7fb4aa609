import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AUTHORIZED, contentOf, GUARDED, pathOf, raw, send, startTarget } from '../../test/route-requests.ts'
import { json, serverForTest, type TestServer, TOKEN } from '../../test/server-fixture.ts'
import { parametersOf } from '../api/route.ts'
import { ALL_SCOPES, type Caller } from '../domain/caller.ts'

// Every check here runs over the route table, so that a new route cannot be forgotten.

let server: TestServer
beforeAll(async () => {
  server = await startTarget()
})
afterAll(() => server.stop())

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
    const limited = await serverForTest({ world: { catalog: server.world.catalog, queue: server.world.queue, auth: { authenticate: async () => caller } } })
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
      await limited.stop()
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

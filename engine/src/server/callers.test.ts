import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contentOf, GUARDED, pathOf, raw, send, startTarget } from '../../test/route-requests.ts'
import { json, type TestServer, TOKEN } from '../../test/server-fixture.ts'

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
    for (const name of ['token', 'api_key', 'key', 'access_token', 'authorization']) {
      const cookie = ['token', 'quarry_session', '__Host-quarry_session'].map((one) => `${one}=${TOKEN}`).join('; ')
      const reply = await fetch(`${server.address}/api/v1/databases?${name}=${TOKEN}`, { headers: { cookie } })
      expect(reply.status, name).toBe(401)
    }
  })

  test('X-API-Key is as good as a bearer token, and two that differ are none', async () => {
    expect((await send('GET', '/api/v1/databases', undefined, { 'x-api-key': TOKEN })).status).toBe(200)
    expect((await send('GET', '/api/v1/databases', undefined, { 'x-api-key': TOKEN, authorization: `Bearer ${TOKEN}` })).status).toBe(200)
    expect((await send('GET', '/api/v1/databases', undefined, { 'x-api-key': `${TOKEN}x`, authorization: `Bearer ${TOKEN}` })).status).toBe(401)
  })
})

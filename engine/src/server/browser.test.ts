import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dumpOf } from '../../test/dump.ts'
import { contentFor, pathFor } from '../../test/matrix-requests.ts'
import { outsideAuth, playedProvider, providerToken, SHARED_SECRET, sharedSecretToken } from '../../test/outside-tokens.ts'
import { bearer, keyFor, PASSWORD, type Person, person, signedIn } from '../../test/people-fixture.ts'
import { ALL, GUARDED, raw } from '../../test/route-requests.ts'
import { json, serverForTest, type TestServer, TOKEN } from '../../test/server-fixture.ts'
import { type Belongings, belongingsOf } from '../../test/tenants.ts'
import type { RouteShape } from '../api/route.ts'

// What a page elsewhere can make a browser do that is signed in here: nothing. And what a cookie is, and is not.

const OPEN = 'https://open.example'
const UNSAFE = GUARDED.filter(([, route]) => route.method !== 'GET')
const counted = { foreign: 0, own: 0, types: 0, reflected: 0, cookies: 0, half: 0 }

let server: TestServer
let who: Person
let things: Belongings
beforeAll(async () => {
  const outside = outsideAuth()
  server = await serverForTest({ environment: { JWT_SECRET: SHARED_SECRET, CORS_ORIGINS: OPEN }, world: { auth: outside.auth, identity: playedProvider() } })
  outside.bind(server.world)
  who = await person(server.world, 'owner')
  things = await belongingsOf(server.world, who)
})
afterAll(() => server.stop())

const cookie = (token = who.token) => ({ cookie: `quarry_session=${token}` })

async function ask(route: RouteShape, headers: Record<string, string>, content: RequestInit = contentFor(route, things), to = server) {
  const reply = await fetch(to.address + pathFor(route, things), {
    method: route.method,
    ...content,
    headers: { ...content.headers, ...headers },
    redirect: 'manual',
  })
  const isStream = reply.headers.get('content-type')?.startsWith('text/event-stream') === true
  const text = isStream ? '' : await reply.text()
  if (isStream) await reply.body?.cancel()
  return { status: reply.status, code: /^\{"error":\{"code":"([^"]+)"/.exec(text)?.[1], headers: reply.headers, text }
}

/** Pages that are not ours, some of which look like it. */
function foreign(own: string): readonly (string | undefined)[] {
  const { host, hostname, port } = new URL(own)
  return [
    ...[undefined, 'null', '', 'https://evil.example', OPEN, `http://${hostname}:${Number(port) + 1}`, `http://${hostname}`, `http://localhost:${port}`],
    ...[
      `${own}.evil.example`,
      `http://evil${host}`,
      `http://${host}@evil.example`,
      `http://evil.example/${host}`,
      `${own}/`,
      `${own} https://evil.example`,
      `https://evil.example, ${own}`,
    ],
    ...[own.toUpperCase(), `ftp://${host}`, host, `//${host}`, `${own}?`, `${own}#`, 'file://', 'http://[::1]', 'chrome-extension://abcdef'],
  ]
}

describe('a page elsewhere', () => {
  test.each(UNSAFE)('%s does nothing with the cookie of a browser', async (name, route) => {
    const before = dumpOf(server.file)
    const blobs = server.stored().length
    for (const origin of foreign(server.address)) {
      const told = await ask(route, { ...cookie(), ...(origin === undefined ? {} : { origin }) })
      expect([origin, told.status, told.code], name).toEqual([origin, 403, 'auth/foreign-origin'])
      expect(told.headers.get('set-cookie')).toBeNull()
      counted.foreign += 1
    }
    expect(dumpOf(server.file), name).toEqual(before)
    expect(server.stored()).toHaveLength(blobs)
  })

  test.each(UNSAFE)('%s lets our own page in, with the content types of the route alone', async (name, route) => {
    const before = dumpOf(server.file)
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'text/plain; charset=application/json', 'text/plain; application/json', undefined]) {
      const body = new Blob([JSON.stringify(route.example ?? { a: 1 })])
      const told = await ask(route, { ...cookie(), origin: server.address, ...(type === undefined ? {} : { 'content-type': type }) }, { body })
      // Who is at a published chat has no cookie.
      expect([type, told.status, told.code], name).toEqual(route.allow === 'visitor' ? [type, 403, 'auth/forbidden'] : [type, 415, 'request/unsupported-type'])
      counted.own += 1
      counted.types += 1
    }
    expect(dumpOf(server.file), name).toEqual(before)
  })

  test('reads nothing: no reply names an origin that is not listed, none lets cookies across', async () => {
    const { key } = await keyFor(server.world, who.account.id, { origins: ['https://shop.example'] })
    expect(key.origins).toHaveLength(1)
    const origins = [
      'https://evil.example',
      'null',
      `${OPEN}.evil.example`,
      'https://evilopen.example',
      'http://open.example',
      `${OPEN}:8443`,
      '*',
      'https://shop.example.evil.example',
      server.address,
    ]
    for (const [name, route] of ALL) {
      for (const origin of origins) {
        for (const method of [route.method, 'OPTIONS']) {
          // With what no route takes: whatever it is, nothing happens.
          const reply = await fetch(`${server.address}${pathFor(route, things).split('?')[0]}?surprise=1`, {
            method,
            headers: { ...cookie(), origin, 'access-control-request-method': route.method, 'access-control-request-headers': 'authorization' },
            redirect: 'manual',
          })
          await reply.body?.cancel()
          const where = `${method} ${name} for ${origin}`
          expect(reply.headers.get('access-control-allow-origin'), where).toBeNull()
          expect(reply.headers.get('access-control-allow-credentials'), where).toBeNull()
          expect(method === 'OPTIONS' && reply.ok, where).toBe(false)
          counted.reflected += 1
        }
      }
      for (const origin of [OPEN, 'https://shop.example']) {
        // A key's pages call what the key may; a published chat has a list of its own.
        if (origin !== OPEN && route.path.startsWith('/api/v1/public/')) continue
        const reply = await fetch(server.address + pathFor(route, things), {
          method: 'OPTIONS',
          headers: { origin, 'access-control-request-method': route.method },
        })
        expect([reply.headers.get('access-control-allow-origin'), reply.headers.get('access-control-allow-credentials')], name).toEqual([origin, null])
      }
    }
  })

  test('signs nobody in: a session is not put into the browser of who did not ask for it here', async () => {
    const email = who.account.email ?? ''
    const bodies = {
      '/api/v1/sessions': { email, password: PASSWORD, transport: 'cookie' },
      '/api/v1/claim': { ticket: 'qt_x', email: 'a@example.com', password: PASSWORD, transport: 'cookie' },
      '/api/v1/invitations/accept': { ticket: 'qt_x', password: PASSWORD, transport: 'cookie' },
    }
    const before = dumpOf(server.file)
    for (const [path, body] of Object.entries(bodies)) {
      for (const origin of foreign(server.address)) {
        const headers = { 'content-type': 'application/json', ...(origin === undefined ? {} : { origin }) }
        const reply = await fetch(server.address + path, { method: 'POST', headers, body: JSON.stringify(body) })
        expect([origin, reply.status, reply.headers.get('set-cookie')], path).toEqual([origin, 403, null])
        expect((await json(reply)).error.code).toBe('auth/foreign-origin')
      }
    }
    expect(dumpOf(server.file)).toEqual(before)
  })
})

describe('the cookie', () => {
  const signIn = (to: TestServer, origin: string, email = who.account.email ?? '') =>
    fetch(`${to.address}/api/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: JSON.stringify({ email, password: PASSWORD, transport: 'cookie' }),
    })

  test('is out of reach of scripts, of other sites and of other paths, and ends', async () => {
    const reply = await signIn(server, server.address)
    const [set = '', ...more] = reply.headers.getSetCookie()
    expect(more).toEqual([])
    expect(set).toMatch(/^quarry_session=qs_[0-9a-f]{16}_[0-9a-f]{64}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/)
    expect(Number(/Max-Age=(\d+)/.exec(set)?.[1])).toBeGreaterThan(86_400)
    expect((await json(reply)).token).toBeNull()
    const value = /^[^;]+/.exec(set)?.[0] ?? ''
    const out = await fetch(`${server.address}/api/v1/sessions/current`, { method: 'DELETE', headers: { cookie: value, origin: server.address } })
    expect(out.headers.getSetCookie()).toEqual(['quarry_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax'])
    expect((await fetch(`${server.address}/api/v1/me`, { headers: { cookie: value } })).status).toBe(401)
  })

  test('is bound to the host where the server is reached by https; no Host header and no other name helps', async () => {
    const PUBLIC = 'https://quarry.example.com'
    const open = await serverForTest({ environment: { PUBLIC_URL: PUBLIC, ALLOWED_HOSTS: 'quarry.example.com' } })
    try {
      const one = await person(open.world, 'owner')
      const reply = await signIn(open, PUBLIC, one.account.email ?? '')
      const [set = ''] = reply.headers.getSetCookie()
      expect(set).toMatch(/^__Host-quarry_session=qs_\w+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/)
      const me = (headers: Record<string, string>) => fetch(`${open.address}/api/v1/me`, { headers }).then(({ status }) => status)
      expect(await me({ cookie: `__Host-quarry_session=${one.token}` })).toBe(200)
      for (const name of [
        'quarry_session',
        '__Secure-quarry_session',
        '__host-quarry_session',
        '__Host-quarry_session ',
        '__Host-quarry_sessio',
        'x__Host-quarry_session',
      ]) {
        expect(await me({ cookie: `${name}=${one.token}` }), name).toBe(401)
      }
      // Our own address as the Host header tells it is not what the setting says.
      for (const origin of [...foreign(PUBLIC), open.address, 'http://quarry.example.com', `${PUBLIC}:8443`]) {
        expect((await signIn(open, origin ?? 'null', one.account.email ?? '')).status, origin).toBe(403)
      }
      const { port } = new URL(open.address)
      const invited = async (host: string, more = '') => {
        const body = JSON.stringify({ email: `${Math.random()}@example.com`, role: 'viewer' })
        const head = `POST /api/v1/invitations HTTP/1.1\r\nHost: ${host}\r\n${more}Authorization: Bearer ${one.token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`
        return (await raw(head + body, { address: open.address })).text
      }
      for (const host of [`localhost:${port}`, 'quarry.example.com', 'quarry.example.com:1', '127.0.0.1:80']) {
        for (const more of ['', 'X-Forwarded-Host: evil.example\r\n', 'Forwarded: host=evil.example\r\n', 'X-Forwarded-Proto: http\r\n']) {
          const text = await invited(host, more)
          expect(text, host).toContain(`"link":"${PUBLIC}/#invitation=`)
          expect(text).not.toContain('evil')
        }
      }
      for (const host of ['evil.example', 'quarry.example.com.evil.example', 'quarry.example.com@evil.example', 'xquarry.example.com'])
        expect(await invited(host)).toMatch(/^HTTP\/1\.1 4(?:21|00) /)
    } finally {
      await open.stop()
    }
  })

  test('carries sessions and nothing else, and one of them', async () => {
    const { token: key } = await keyFor(server.world, who.account.id)
    const hour = 3_600_000
    const email = who.account.email ?? ''
    await server.world.accounts.updateAccount(who.account.id, { provider: { issuer: 'https://provider.example', subject: email } })
    const others = {
      key,
      visitor: things.visitorToken,
      operator: TOKEN,
      machine: sharedSecretToken(who.account.id, Date.now(), Date.now() + hour),
      provider: providerToken(email, Date.now(), Date.now() + hour),
    }
    const second = (await signedIn(server.world, who.account)).token
    const cookies = [
      ...Object.values(others).map((token) => cookie(token).cookie),
      `${cookie().cookie}; ${cookie(second).cookie}`,
      `${cookie().cookie}; ${cookie().cookie}`,
      `${cookie('x').cookie}; ${cookie().cookie}`,
      `Quarry_Session=${who.token}`,
      `quarry_session="${who.token}"`,
      `quarry_session=${who.token}x`,
      `quarry_session=Bearer ${who.token}`,
      `quarry_sign_in=${who.token}`,
      `token=${who.token}`,
    ]
    for (const token of Object.values({ ...others, second }))
      if (token !== things.visitorToken) expect((await fetch(`${server.address}/api/v1/me`, { headers: bearer(token) })).status).toBe(200)
    for (const [name, route] of GUARDED) {
      for (const header of cookies) {
        const told = await ask(route, { cookie: header, origin: server.address })
        expect(told.status, `${name} with ${header.slice(0, 30)}`).toBe(401)
        counted.cookies += 1
      }
    }
  })

  test('of a sign-in that is under way is no session, wherever it is shown', async () => {
    const begun = await fetch(`${server.address}/api/v1/provider/start`, { redirect: 'manual' })
    const [set = ''] = begun.headers.getSetCookie()
    expect(set).toMatch(/^quarry_sign_in=[^;]+; Path=\/; Max-Age=900; HttpOnly; SameSite=Lax$/)
    const value = /=([^;]+)/.exec(set)?.[1] ?? ''
    for (const [name, route] of GUARDED) {
      for (const headers of [{ cookie: `quarry_sign_in=${value}` }, cookie(value), bearer(value), { 'x-api-key': value }]) {
        expect((await ask(route, { ...headers, origin: server.address })).status, name).toBe(401)
        counted.half += 1
      }
    }
    // And it ends in nothing that a browser could be made to bring along.
    for (const [pending, query] of [
      ['', '?code=x&state=state'],
      [`quarry_sign_in=${value}`, '?code=x&state=other'],
      [`quarry_sign_in=${value}x`, '?code=x&state=state'],
      [`quarry_sign_in=${value}; quarry_sign_in=${value}`, '?code=x&state=state'],
      [`quarry_sign_in=${who.token}`, '?code=x&state=state'],
    ] as const) {
      const reply = await fetch(`${server.address}/api/v1/provider/callback${query}`, { headers: { cookie: pending }, redirect: 'manual' })
      expect([reply.status, reply.headers.get('set-cookie')], pending).toEqual([401, null])
    }
  })
})

test('is counted', () => {
  console.log(`browser: ${JSON.stringify(counted)}, ${UNSAFE.length} unsafe routes`)
  expect(counted.foreign).toBe(UNSAFE.length * foreign(server.address).length)
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ALL, AUTHORIZED, contentOf, headersFor, pathOf, send, startTarget, target } from '../../test/route-requests.ts'
import { json, serverForTest, type TestServer, TOKEN } from '../../test/server-fixture.ts'
import { errorReply } from '../api/schemas.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTarget()
})
afterAll(() => server.stop())

describe('replies', () => {
  test.each(ALL)('%s replies as the table says, and each error is one of its own', async (_, route) => {
    const path = pathOf(route)
    const { headers, body } = contentOf(route)
    // Never the database that the other tests use.
    if (route.method === 'DELETE' && route.path.endsWith('{database}')) await send('POST', '/api/v1/databases', { name: 'to-go' })
    const destination = route.method === 'DELETE' && route.path.endsWith('{database}') ? pathOf(route, { database: 'to-go' }) : path
    const reply = await fetch(server.address + destination, {
      method: route.method,
      headers: { ...headersFor(route), ...headers },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(20_000),
      redirect: 'manual',
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
    const sent = await fetch(`${server.address}/api/v1/databases/${target.database.id}/documents`, { method: 'POST', headers: AUTHORIZED, body: form })
    const { documents } = await json(sent)
    const reply = await fetch(`${server.address}/api/v1/databases/${target.database.id}/documents/${documents[0].document.id}/content`, { headers: AUTHORIZED })
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

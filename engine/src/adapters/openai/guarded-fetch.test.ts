import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, isIP, type LookupFunction } from 'node:net'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '../../domain/errors.ts'
import { chatContract } from '../../ports/chat.contract.ts'
import { embedderContract } from '../../ports/embedder.contract.ts'
import { openaiChat } from './chat.ts'
import { openaiEmbedders } from './embedder.ts'
import { guardedFetch } from './guarded-fetch.ts'

type Handler = (request: IncomingMessage, reply: ServerResponse, body: string) => void
let handler: Handler = (_, reply) => reply.end()
let connections = 0
const seen: { readonly url: string | undefined; readonly headers: IncomingMessage['headers']; readonly body: string }[] = []
const server: Server = createServer(async (request, reply) => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  const body = Buffer.concat(parts).toString()
  seen.push({ url: request.url, headers: request.headers, body })
  handler(request, reply, body)
})
server.on('connection', () => {
  connections += 1
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  seen.length = 0
  connections = 0
  handler = (_, reply) => reply.end('{}')
})

const never = new AbortController().signal
const get = { method: 'GET', headers: {}, redirect: 'error', signal: never } as const

/** A resolver of names that says what the test wants, each time anew. */
function resolving(answers: (host: string) => readonly string[]): LookupFunction {
  return (host, _options, told) => {
    const found = answers(host)
    if (found.length === 0) return told(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), [])
    return told(
      null,
      found.map((address) => ({ address, family: isIP(address) })),
    )
  }
}

async function faultOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    return error
  }
  return undefined
}

function expectRefused(fault: unknown): void {
  expect(fault).toBeInstanceOf(AppError)
  expect(fault).toMatchObject({ code: 'model/refused' })
  expect(connections).toBe(0)
}

describe('an address that is refused is never connected to', () => {
  // The server listens on 127.0.0.1 and stands for the one that must not be reached.
  const refused = (address: string) => (/127\.0\.0\.1|7f00:0?0?0?1/.test(address) ? 'the test says so' : undefined)
  const guarded = (answers: (host: string) => readonly string[]) => guardedFetch({ resolve: resolving(answers), refused })

  test.each(['127.0.0.1', '2130706433', '0x7f.1', '0177.0.0.1', '127.1', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]'])('written as %s', async (host) => {
    expectRefused(await faultOf(guarded(() => ['127.0.0.1'])(`http://${host}:${port}/`, get)))
  })

  test('behind a name, among good ones too', async () => {
    for (const answers of [['127.0.0.1'], ['203.0.113.1', '127.0.0.1'], ['127.0.0.1', '203.0.113.1'], ['::ffff:127.0.0.1']]) {
      expectRefused(await faultOf(guarded(() => answers)(`http://models.example:${port}/`, get)))
    }
  })

  test('when the name leads elsewhere the second time', async () => {
    let asked = 0
    const rebinding = guardedFetch({
      resolve: resolving(() => ['127.0.0.1']),
      refused: () => {
        asked += 1
        return asked === 1 ? undefined : 'it has moved'
      },
    })
    handler = (_, reply) => reply.writeHead(200, { connection: 'close' }).end('{}')
    expect((await rebinding(`http://models.example:${port}/`, get)).status).toBe(200)
    const before = connections
    expect(await faultOf(rebinding(`http://models.example:${port}/`, get))).toMatchObject({ code: 'model/refused' })
    expect(connections).toBe(before)
  })

  test.each(['169.254.169.254', '[fd00:ec2::254]', '[fe80::1]', '0.0.0.0', '[::]', '[64:ff9b::a9fe:a9fe]', '[2002:a9fe:a9fe::1]'])(
    '%s by itself',
    async (host) => {
      expectRefused(await faultOf(guardedFetch()(`http://${host}:${port}/latest/meta-data/`, get)))
    },
  )

  test('a redirect is not followed', async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      handler = (_, reply) => reply.writeHead(status, { location: `http://127.0.0.1:${port}/elsewhere` }).end()
      expect(await faultOf(guardedFetch()(`http://127.0.0.1:${port}/`, get))).toMatchObject({ cause: { message: 'unexpected redirect' } })
    }
    expect(seen.map(({ url }) => url)).toEqual(['/', '/', '/', '/', '/'])
  })
})

describe('otherwise it does what fetch does', () => {
  test('sends method, headers and body, and gives back status, headers and bytes', async () => {
    handler = (_, reply) => reply.writeHead(418, { 'x-one': 'a', 'set-cookie': ['b=1', 'c=2'] }).end('größer')
    const sent = {
      method: 'POST',
      headers: { 'x-own': 'mine', 'content-type': 'application/json' },
      body: '{"ä":1}',
      redirect: 'error',
      signal: never,
    } as const
    const reply = await guardedFetch()(`http://localhost:${port}/v1/x?y=1`, sent)
    expect([reply.status, reply.ok, reply.headers.get('x-one'), reply.headers.getSetCookie(), await reply.text()]).toEqual([
      418,
      false,
      'a',
      ['b=1', 'c=2'],
      'größer',
    ])
    expect(seen[0]).toMatchObject({ url: '/v1/x?y=1', body: '{"ä":1}', headers: { 'x-own': 'mine', 'content-length': '8' } })
  })

  test.each([204, 205, 304])('a reply with status %i has no body', async (status) => {
    handler = (_, reply) => reply.writeHead(status).end()
    expect(await (await guardedFetch()(`http://127.0.0.1:${port}/`, get)).text()).toBe('')
  })

  test('ends with the signal, before and while the reply comes', async () => {
    const gone = AbortSignal.abort(new Error('gone'))
    expect(await faultOf(guardedFetch()(`http://127.0.0.1:${port}/`, { ...get, signal: gone }))).toBe(gone.reason)
    const stop = new AbortController()
    const closed = new Promise<void>((resolve) => {
      handler = (request, reply) => {
        request.socket.on('close', () => resolve())
        reply.write('a piece')
      }
    })
    const reply = await guardedFetch()(`http://127.0.0.1:${port}/`, { ...get, signal: stop.signal })
    stop.abort()
    expect(await faultOf(reply.text())).toBeDefined()
    await closed
  })

  test('network faults look like those of fetch', async () => {
    const nowhere = createServer()
    await new Promise<void>((resolve) => nowhere.listen(0, '127.0.0.1', resolve))
    const { port: free } = nowhere.address() as AddressInfo
    await new Promise((resolve) => nowhere.close(resolve))
    expect(await faultOf(guardedFetch()(`http://127.0.0.1:${free}/`, get))).toMatchObject({ name: 'TypeError', cause: { code: 'ECONNREFUSED' } })
    const unknown = guardedFetch({ resolve: resolving(() => []) })
    expect(await faultOf(unknown(`http://models.example:${port}/`, get))).toMatchObject({ name: 'TypeError', cause: { code: 'ENOTFOUND' } })
  })

  test('requests that are stopped at any moment harm neither the process nor those that follow on the same connections', async () => {
    const fetch = guardedFetch()
    handler = (_, reply) => {
      reply.write('a')
      setImmediate(() => reply.end('b'))
    }
    const faults: unknown[] = []
    for (let index = 0; index < 300; index += 1) {
      const stop = new AbortController()
      const asked = fetch(`http://127.0.0.1:${port}/`, { ...get, signal: stop.signal }).then((reply) => reply.text())
      const settled = faultOf(asked)
      for (let turn = 0; turn < index % 30; turn += 1) await new Promise((resolve) => setImmediate(resolve))
      stop.abort()
      faults.push(await settled)
    }
    expect(faults.some((fault) => fault === undefined) && faults.some((fault) => fault !== undefined)).toBe(true)
    for (let call = 0; call < 20; call += 1) expect(await (await fetch(`http://127.0.0.1:${port}/`, get)).text()).toBe('ab')
  })

  test('one connection serves many requests', async () => {
    const fetch = guardedFetch()
    for (let call = 0; call < 5; call += 1) await (await fetch(`http://127.0.0.1:${port}/`, get)).text()
    expect(connections).toBe(1)
  })
})

embedderContract('openai, guarded', async () => {
  handler = (_, reply, body) => {
    const { input } = JSON.parse(body) as { input: string[] }
    const vector = (text: string) => [text.length + 1, [...text].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % 97, text.codePointAt(0) ?? 0]
    reply.end(JSON.stringify({ data: input.map((text, index) => ({ index, embedding: vector(text) })) }))
  }
  return openaiEmbedders({ provider: 'openai', baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: undefined, fetch: guardedFetch() }).open('tiny', never)
})

chatContract('openai, guarded', async () => {
  handler = (_, reply) => {
    reply.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const content of ['Hel', 'lo']) reply.write(`data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`)
    reply.end(`data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`)
  }
  return openaiChat({ provider: 'openai', baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: undefined, model: 'tiny', fetch: guardedFetch() })
})

test('a model server that may not be asked is told at once, without trying again', async () => {
  let asked = 0
  const refused = () => {
    asked += 1
    return 'the test says so'
  }
  const provider = openaiEmbedders({ provider: 'openai', baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: 'sk-1234567890', fetch: guardedFetch({ refused }) })
  const fault = await faultOf(provider.open('tiny', never))
  expect(fault).toMatchObject({ code: 'model/refused', facts: { reason: expect.stringContaining('the test says so') } })
  expect([asked, connections]).toEqual([1, 0])
})

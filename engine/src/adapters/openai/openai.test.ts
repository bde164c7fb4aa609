import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { AppError } from '../../domain/errors.ts'
import { chatContract, drain } from '../../ports/chat.contract.ts'
import { embedderContract, expectModelFault } from '../../ports/embedder.contract.ts'
import { BREAKER_FAULTS, BREAKER_REST_MS } from '../breaker.ts'
import type { HttpClock } from '../http.ts'
import { providerServer } from '../provider-server.fixture.ts'
import { openaiChat } from './chat.ts'
import { openaiEmbedders } from './embedder.ts'

const never = new AbortController().signal
interface SentBody {
  input?: string[]
  encoding_format?: string
  messages?: unknown[]
}
type Handler = (request: IncomingMessage, response: ServerResponse, body: SentBody) => void
let handler: Handler = (_, response) => response.end()
const { address, seen } = await providerServer<SentBody>((response, body, request) => handler(request, response, body))
const baseUrl = `${address}/v1`

/** Does not wait, but notes how long it should have. */
function testClock(): HttpClock & { readonly waits: number[]; time: number } {
  const clock = {
    waits: [] as number[],
    time: 0,
    now: () => clock.time,
    random: () => 0.5,
    async sleep(ms: number) {
      clock.waits.push(ms)
    },
  }
  return clock
}

const json = (response: ServerResponse, value: unknown, status = 200, headers: Record<string, string> = {}) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(value))
}
const vectorOf = (text: string): number[] => {
  const codes = [...text].map((letter) => letter.codePointAt(0) ?? 0)
  return [codes.length + 1, codes.reduce((sum, code) => sum + code, 0) % 97, codes[0] ?? 0]
}
const good: Handler = (_, response, { input = [], encoding_format }) => {
  const encoded = (vector: number[]) => (encoding_format === 'base64' ? Buffer.from(Float32Array.from(vector).buffer).toString('base64') : vector)
  json(response, { data: input.map((text, index) => ({ index, embedding: encoded(vectorOf(text)) })).reverse() }) // order is told by index only
}
const SECRET = 'sk-test-0123456789'
const provider = (facts: Partial<Parameters<typeof openaiEmbedders>[0]> = {}) =>
  openaiEmbedders({ provider: 'openai', baseUrl, apiKey: SECRET, timeoutMs: 300, clock: testClock(), ...facts })

for (const encoding of ['base64', 'float'] as const) {
  embedderContract(`openai (${encoding})`, async () => {
    handler = good
    return provider({ encoding, timeoutMs: 5000 }).open('tiny', never)
  })
}

describe('an embedding server', () => {
  test('gets batches of at most 96 texts, the key, and the prefixes that its model wants', async () => {
    handler = good
    const embedder = await provider({ timeoutMs: 5000 }).open('nomic-embed-text', never)
    seen.length = 0
    await embedder.embed(
      Array.from({ length: 200 }, (_, index) => `text ${index}`),
      'passage',
      never,
    )
    expect(seen.map(({ body }) => body.input?.length).sort()).toEqual([8, 96, 96])
    expect(seen[0]?.body.input?.[0]).toBe('search_document: text 0')
    expect(seen[0]?.headers.authorization).toBe(`Bearer ${SECRET}`)
  })
  test('that fails at a later batch: of those before it is told, because they are paid for', async () => {
    handler = good
    const embedder = await provider({ timeoutMs: 5000 }).open('tiny', never)
    const texts = Array.from({ length: 500 }, (_, index) => `text ${index}`)
    let done = 0
    const count = (more: number) => {
      done += more
    }
    await embedder.embed(texts, 'passage', never, count)
    expect(done).toBe(500)
    done = 0
    handler = (request, response, body) => (body.input?.includes('text 499') === true ? json(response, {}, 400) : good(request, response, body))
    await expectModelFault(embedder.embed(texts, 'passage', never, count), 'model/refused')
    expect(done % 96).toBe(0)
    expect(done).toBeGreaterThanOrEqual(96 * 3)
  })
  test('that finds a batch too large gets halves', async () => {
    handler = (request, response, body) =>
      (body.input?.length ?? 0) > 3 ? json(response, { error: { message: 'too big' } }, 413) : good(request, response, body)
    const embedder = await provider({ timeoutMs: 5000 }).open('tiny', never)
    const vectors = await embedder.embed(['a', 'bb', 'ccc', 'dddd', 'eeeee', 'f', 'g'], 'passage', never)
    expect(vectors.map((vector) => vector[0])).toEqual([2, 3, 4, 5, 6, 2, 2])
  })

  const stall: Handler = () => undefined
  const dribble: Handler = (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const timer = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(timer))
  }
  const bomb: Handler = (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
    response.end(gzipSync(Buffer.alloc(20 * 1024 * 1024, 0x20)))
  }
  const data =
    (items: unknown): Handler =>
    (_, response) =>
      json(response, { data: items })
  const PASSING: [string, Handler][] = [
    ['is silent', stall],
    ['sends one byte at a time', dribble],
    ['answers 500', (_, response) => json(response, { error: { message: 'boom' } }, 500)],
    ['answers 503 with HTML', (_, response) => response.writeHead(503).end('<html>Bad gateway</html>')],
    ['resets the connection', (request) => request.socket.resetAndDestroy()],
    ['closes without a reply', (request) => request.socket.end()],
    [
      'stops amid the reply',
      (request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
        response.write('{"data": [')
        setTimeout(() => request.socket.destroy(), 10)
      },
    ],
    ['sends cut JSON', (_, response) => response.end('{"data": [{"embedding": [0.1, 0.')],
    ['sends too few vectors', data([])],
    [
      'gives an index twice',
      data([
        { index: 0, embedding: [1, 2, 3] },
        { index: 0, embedding: [1, 2, 3] },
      ]),
    ],
    ['gives an index out of range', data([{ index: 7, embedding: [1, 2, 3] }])],
    ['sends text instead of vectors', data([{ index: 0, embedding: 'not base64!' }])],
    ['sends half a float', data([{ index: 0, embedding: 'AAAA' }])],
    ['sends null', (_, response) => json(response, null)],
  ]
  test.each(PASSING)('that %s is tried again, then unavailable', async (_, fault) => {
    handler = good
    const embedder = await provider().open('tiny', never)
    seen.length = 0
    handler = fault
    await expectModelFault(embedder.embed(['a'], 'query', never), 'model/unavailable')
    expect(seen.length).toBe(2)
    handler = good
    expect(await embedder.embed(['a'], 'query', never)).toHaveLength(1)
  })

  const FINAL: [string, Handler, 'model/refused' | 'vectors/dimension'][] = [
    ['answers 401', (_, response) => json(response, { error: { message: `Incorrect API key: ${SECRET}` } }, 401), 'model/refused'],
    ['answers 404', (_, response) => json(response, { error: 'model "tiny" not found' }, 404), 'model/refused'],
    ['answers 200 with an error', (_, response) => json(response, { error: { message: 'no' } }), 'model/refused'],
    ['has no money left', (_, response) => json(response, { error: { message: 'quota', code: 'insufficient_quota' } }, 429), 'model/refused'],
    ['redirects', (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(), 'model/refused'],
    ['sends a gzip bomb', bomb, 'model/refused'],
    ['gives other dimensions', data([{ index: 0, embedding: [1, 2] }]), 'vectors/dimension'],
    ['gives NaN as null', data([{ index: 0, embedding: [1, null, 3] }]), 'vectors/dimension'],
    ['gives zeros', data([{ index: 0, embedding: [0, 0, 0] }]), 'vectors/dimension'],
    ['gives NaN in base64', data([{ index: 0, embedding: Buffer.from(Float32Array.of(1, Number.NaN, 2).buffer).toString('base64') }]), 'vectors/dimension'],
  ]
  test.each(FINAL)('that %s is refused', async (title, fault, code) => {
    handler = good
    const embedder = await provider({ timeoutMs: 30_000 }).open('tiny', never)
    seen.length = 0
    handler = fault
    // fetch reports a redirect like a broken connection, which is tried again: nothing was sent on.
    const error = await expectModelFault(embedder.embed(['a'], 'query', never), title === 'redirects' ? 'model/unavailable' : code)
    expect(seen.length).toBe(title === 'redirects' ? 2 : 1)
    expect(JSON.stringify(error.body())).not.toContain(SECRET)
  })

  test('that asks to wait is given the time it asks for, by seconds and by date, unless it is too long', async () => {
    const clock = testClock()
    handler = good
    const embedder = await provider({ clock }).open('tiny', never)
    const once = (header: string): Handler => {
      let first = true
      return (request, response, body) => {
        if (!first) return good(request, response, body)
        first = false
        return json(response, {}, 429, { 'retry-after': header })
      }
    }
    handler = once('7')
    await embedder.embed(['a'], 'query', never)
    handler = once(new Date(Date.now() + 20_000).toUTCString())
    await embedder.embed(['a'], 'query', never)
    handler = once('nonsense')
    await embedder.embed(['a'], 'query', never)
    expect(clock.waits[0]).toBe(7000)
    expect(clock.waits[1]).toBeGreaterThan(15_000)
    expect(clock.waits[1]).toBeLessThanOrEqual(20_000)
    expect(clock.waits[2]).toBe(200)
    handler = once('86400')
    const error = await expectModelFault(embedder.embed(['a'], 'query', never), 'model/unavailable')
    expect(error.facts.retryAfterSeconds).toBe(86_400)
    expect(clock.waits).toHaveLength(3)
  })
  test('that fails in a row is left alone for a while, then tried once', async () => {
    const clock = testClock()
    handler = good
    const embedder = await provider({ clock }).open('tiny', never)
    handler = (_, response) => json(response, {}, 500)
    for (let call = 0; call < BREAKER_FAULTS; call += 1) await expectModelFault(embedder.embed(['a'], 'query', never), 'model/unavailable')
    const before = seen.length
    await expectModelFault(embedder.embed(['a'], 'query', never), 'model/unavailable')
    expect(seen.length).toBe(before)
    clock.time += BREAKER_REST_MS
    handler = good
    expect(await embedder.embed(['a'], 'query', never)).toHaveLength(1)
  })
  test('that is not there says so', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const nowhere = `http://127.0.0.1:${(other.address() as AddressInfo).port}/v1`
    await new Promise((resolve) => other.close(resolve))
    const error = await expectModelFault(provider({ baseUrl: nowhere }).open('tiny', never), 'model/unavailable')
    expect(error.facts.reason).toBe('nothing listens at the address')
    expect((await provider({ baseUrl: nowhere }).list())[0]?.ready).toBe(false)
  })
  test('lists its embedding models', async () => {
    handler = (_, response) => json(response, { data: [{ id: 'nomic-embed-text:latest' }, { id: 'llama3' }] })
    expect((await provider().list()).map((model) => model.name)).toEqual(['openai:nomic-embed-text:latest'])
  })
})

const chunkOf = (content: string, finish: string | null = null) => ({ choices: [{ delta: { content }, finish_reason: finish }] })
const sse = (events: readonly unknown[], end = 'data: [DONE]\n\n') => `: hello\n\n${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}${end}`
const stream =
  (text: string | Buffer, pieceLength = 1_000_000): Handler =>
  async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    const bytes = Buffer.from(text)
    for (let from = 0; from < bytes.length && !response.destroyed; from += pieceLength) {
      response.write(bytes.subarray(from, from + pieceLength))
      await new Promise((resolve) => setImmediate(resolve))
    }
    response.end()
  }
const chat = () => openaiChat({ provider: 'ollama', baseUrl, apiKey: undefined, model: 'tiny', timeoutMs: 300, clock: testClock() })

chatContract('openai', async () => {
  handler = stream(sse([chunkOf('Hel'), chunkOf('lo'), chunkOf('', 'stop')]))
  return chat()
})

describe('a chat server', () => {
  const full = sse([chunkOf('Grüße, 世界 '), chunkOf('😀!'), chunkOf('', 'stop'), { choices: [], usage: { prompt_tokens: 5, completion_tokens: 7 } }])
  test.each([1, 2, 3, 5, 50])('is read right in pieces of %i bytes', async (length) => {
    handler = stream(full, length)
    const events = await drain(chat())
    expect(events.map((event) => (event.type === 'text' ? event.text : '')).join('')).toBe('Grüße, 世界 😀!')
    expect(events.at(-1)).toEqual({ type: 'end', usage: { inputTokens: 5, outputTokens: 7 } })
  })
  test('that breaks off after its last word, before it told its usage, is complete', async () => {
    handler = async (request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(sse([chunkOf('a'), chunkOf('', 'stop')], ''))
      setTimeout(() => request.socket.resetAndDestroy(), 20)
    }
    expect(await drain(chat())).toEqual([
      { type: 'text', text: 'a' },
      { type: 'end', usage: undefined },
    ])
  })
  test('that reached its limit is cut', async () => {
    handler = stream(sse([chunkOf('a'), chunkOf('', 'length')]))
    expect((await drain(chat())).at(-1)).toEqual({ type: 'end', usage: undefined, cut: true })
  })
  test('that spent its limit on thoughts is cut, and has no text', async () => {
    const usage = { prompt_tokens: 900, completion_tokens: 1500, completion_tokens_details: { reasoning_tokens: 1500 } }
    handler = stream(sse([chunkOf(''), chunkOf('', 'length'), { choices: [], usage }]))
    expect(await drain(chat())).toEqual([{ type: 'end', usage: { inputTokens: 900, outputTokens: 1500 }, cut: true }])
  })
  test.each([
    ['openai', 'gpt-3.5-turbo', 16_385],
    ['openai', 'gpt-4', 8_192],
    ['openai', 'gpt-4o-mini', 128_000],
    ['openai', 'gpt-4.1-mini', 1_000_000],
    ['openai', 'gpt-5.1', 200_000],
    ['openai', 'unheard-of', 128_000],
    ['ollama', 'llama3', 8_192],
  ])('%s:%s reads %i tokens, and is asked for citations in its text', (name, model, window) => {
    expect(openaiChat({ provider: name, baseUrl, apiKey: undefined, model })).toMatchObject({ name: `${name}:${model}`, window, citations: 'markers' })
  })
  test('may do without [DONE], or answer in one piece', async () => {
    handler = stream(sse([chunkOf('a', 'stop')], ''))
    expect(await drain(chat())).toHaveLength(2)
    handler = (_, response) => json(response, { choices: [{ message: { content: 'whole' }, finish_reason: 'stop' }] })
    expect(await drain(chat())).toEqual([
      { type: 'text', text: 'whole' },
      { type: 'end', usage: undefined },
    ])
  })
  test.each([
    ['breaks off', stream(sse([chunkOf('a')], '')), 'model/unavailable'],
    ['sends garbage', stream('data: {"choices": [\n\n'), 'model/unavailable'],
    ['is overloaded amid the stream', stream(sse([chunkOf('a'), { error: { message: 'Overloaded', type: 'overloaded_error' } }])), 'model/unavailable'],
    ['refuses amid the stream', stream(sse([chunkOf('a'), { error: { message: 'bad request' } }])), 'model/refused'],
    ['filters the content', stream(sse([chunkOf('a', 'content_filter')])), 'model/refused'],
    [
      'resets amid the stream',
      (async (request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(sse([chunkOf('a')], ''))
        setTimeout(() => request.socket.resetAndDestroy(), 20)
      }) as Handler,
      'model/unavailable',
    ],
    [
      'stalls amid the stream',
      (async (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(sse([chunkOf('a')], ''))
      }) as Handler,
      'model/unavailable',
    ],
    ['answers 400', ((_, response) => json(response, { error: { message: 'no such model' } }, 400)) as Handler, 'model/refused'],
  ] as const)('that %s ends with one error', async (_, fault, code) => {
    handler = fault
    const error: unknown = await drain(chat()).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(AppError)
    expect((error as AppError).code).toBe(code)
  })
  test('that filters the content tells what was read and written: it is paid for', async () => {
    handler = stream(sse([chunkOf('', 'content_filter'), { choices: [], usage: { prompt_tokens: 23, completion_tokens: 2 } }]))
    await expect(drain(chat())).rejects.toMatchObject({ code: 'model/refused', facts: { withheld: true, input_tokens: 23, output_tokens: 2 } })
    handler = (_, response) => json(response, { choices: [{ message: { content: null }, finish_reason: 'content_filter' }] })
    await expect(drain(chat())).rejects.toMatchObject({ code: 'model/refused', facts: { withheld: true } })
  })
  test('is let go when the reader stops: its connection closes', async () => {
    const closed = new Promise<void>((resolve) => {
      handler = async (request, response) => {
        request.socket.on('close', () => resolve())
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(sse([chunkOf('a')], ''))
      }
    })
    for await (const _event of chat().write({ system: '', messages: [], maxTokens: 1 }, never)) break
    await closed
  })
})

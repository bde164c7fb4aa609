import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createSocketServer, type Socket, type Server as SocketServer } from 'node:net'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BREAKER_FAULTS, BREAKER_REST_MS } from '../adapters/breaker.ts'
import type { HttpClock } from '../adapters/http.ts'
import { AppError } from '../domain/errors.ts'
import type { Chat, ChatEvent, ChatRequest } from './chat.ts'

/** What the contract must know of a wire format; nothing else in it is of one provider. */
export interface WireFormat {
  /** A model at the address, with `FAULTS_SECRET` as its key, that waits `timeoutMs` for each piece and asks at most three times. */
  open(baseUrl: string, clock: HttpClock, timeoutMs: number): Chat
  /** The good reply that writes these texts, as pieces of its body in order: one a message, the texts in messages of their own. */
  frames(texts: readonly string[]): readonly (string | Uint8Array)[]
  /** The content type of such a reply. */
  readonly mediaType: string
  /** What it answers with an error status, saying this. */
  errorBody(says: string): string
  /** An error amid the stream, saying this; undefined where the format has none. */
  errorFrame(says: string): string | Uint8Array | undefined
}

export const FAULTS_SECRET = 'secret-key-0123456789abcdef'
/** Short where a fault is that nothing comes, long where something does: a busy machine is no fault. */
const SHORT_MS = 100
const LONG_MS = 5000
/** The most that any of them may take: an answer is bounded as a whole, not only piece by piece. */
const WHOLE_MS = 4500
const TRIES = 3
const BOMB = gzipSync(Buffer.alloc(40 * 1024 * 1024, 0x20))
const TEXTS = ['Grüße, 世界 ', 'and 😀 to', ' all.']
const REQUEST: ChatRequest = { system: 'Be brief.', messages: [{ role: 'user', text: 'Say something.' }], maxTokens: 100 }

type Handler = (request: IncomingMessage, response: ServerResponse) => void
interface Outcome {
  readonly text: string
  readonly events: readonly ChatEvent[]
  readonly error: unknown
}

/** Sleeps no real time, but notes how long it should have. */
export function virtualClock(): HttpClock & { readonly waits: number[]; time: number } {
  const clock = {
    waits: [] as number[],
    time: 0,
    now: () => clock.time,
    random: () => 0.5,
    async sleep(ms: number, signal: AbortSignal) {
      signal.throwIfAborted()
      clock.waits.push(ms)
      clock.time += ms
    },
  }
  return clock
}

/** What every chat model over a wire promises when its provider fails: one outcome, in time, and nothing after it. */
export function chatFaultsContract(name: string, wire: WireFormat): void {
  describe(`${name}, whose provider`, () => {
    const never = new AbortController().signal
    const good = wire.frames(TEXTS).map((frame) => Buffer.from(frame))
    const whole = Buffer.concat(good)
    let requests = 0
    let handler: Handler = (_, response) => response.end()
    const server: Server = createServer((request, response) => {
      requests += 1
      request.resume()
      request.on('error', () => undefined)
      request.on('end', () => handler(request, response))
    })
    const held = new Set<Socket>()
    const silent: SocketServer = createSocketServer((socket) => {
      held.add(socket.on('error', () => undefined))
      requests += 1
    })
    const portOf = (one: Server | SocketServer) => (one.address() as AddressInfo).port
    const open = (clock: HttpClock = virtualClock(), timeoutMs = LONG_MS) => wire.open(`http://127.0.0.1:${portOf(server)}`, clock, timeoutMs)

    beforeAll(async () => {
      for (const one of [server, silent]) await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve))
    })
    beforeEach(() => {
      requests = 0
    })
    afterAll(() => {
      for (const socket of held) socket.destroy()
      server.closeAllConnections()
      for (const one of [server, silent]) one.close()
    })

    const start = (response: ServerResponse, headers: Record<string, string> = {}) => response.writeHead(200, { 'content-type': wire.mediaType, ...headers })
    const sends =
      (frames: readonly Uint8Array[], then: (request: IncomingMessage, response: ServerResponse) => void): Handler =>
      (request, response) => {
        start(response)
        for (const frame of frames) response.write(frame)
        if (frames.length === 0) response.flushHeaders()
        // What was sent before a reset may be lost with it, so the reader is given the time to have it.
        setTimeout(then, 15, request, response)
      }
    const well: Handler = sends(good, (_, response) => response.end())
    const status =
      (code: number, headers: Record<string, string> = {}, body = wire.errorBody('try later')): Handler =>
      (_, response) => {
        response.writeHead(code, { 'content-type': 'application/json', ...headers })
        response.end(body)
      }
    const first = (fault: Handler): Handler => {
      let count = 0
      return (request, response) => (count++ === 0 ? fault : well)(request, response)
    }
    const reset = (request: IncomingMessage) => void request.socket.resetAndDestroy()
    const finish = (_: IncomingMessage, response: ServerResponse) => void response.end()
    const halfClose = (request: IncomingMessage) => void request.socket.end()
    const stall = () => undefined
    const drip: Handler = (_, response) => {
      start(response)
      let at = 0
      const timer = setInterval(() => response.write(Buffer.from([whole[at++ % whole.length] ?? 0])), 40)
      response.on('close', () => clearInterval(timer))
    }
    const bomb: Handler = (_, response) => {
      start(response, { 'content-encoding': 'gzip' })
      response.end(BOMB)
    }
    const trickle = async (response: ServerResponse, frames: readonly Uint8Array[]) => {
      for (const frame of frames) {
        response.write(frame)
        await new Promise((resolve) => setTimeout(resolve, 3))
      }
      response.end()
    }
    const half = good.slice(0, Math.ceil(good.length / 2))
    const cutFrame = (frame: Uint8Array | undefined) => (frame ?? new Uint8Array()).subarray(0, Math.floor((frame?.length ?? 0) / 2))
    const cut = [...half, cutFrame(good[half.length])]

    const [headOnly, stallAmid] = [sends([], stall), sends(half, stall)]
    const SILENT = new Set<Handler>([stall, headOnly, stallAmid, drip])
    // [what it does, how, the code of the only error, how often it is asked]
    const FAULTS: readonly (readonly [string, Handler, RegExp, number])[] = [
      ['never sends a byte', stall, /unavailable/, TRIES],
      ['sends a head and then nothing', headOnly, /unavailable/, 1],
      ['stalls amid the stream', stallAmid, /unavailable/, 1],
      ['sends one byte at a time for ever', drip, /unavailable/, 1],
      ['answers 429 without a time', status(429), /unavailable/, TRIES],
      ['answers 429 with seconds', status(429, { 'retry-after': '2' }), /unavailable/, TRIES],
      ['answers 429 with a date', status(429, { 'retry-after': new Date(Date.now() + 3000).toUTCString() }), /unavailable/, TRIES],
      ['answers 429 with a day', status(429, { 'retry-after': '86400' }), /unavailable/, 1],
      ['answers 429 with an age', status(429, { 'retry-after': '9'.repeat(40) }), /unavailable/, 1],
      ['answers 500', status(500), /unavailable/, TRIES],
      ['answers 503 with HTML', status(503, { 'content-type': 'text/html' }, '<html>Bad gateway</html>'), /unavailable/, TRIES],
      ['resets the connection', reset, /unavailable/, TRIES],
      ['resets it amid the stream', sends(half, reset), /unavailable/, 1],
      ['closes its half at once', halfClose, /unavailable/, TRIES],
      ['closes its half amid the stream', sends(half, halfClose), /unavailable/, 1],
      ['ends amid the stream as if all were well', sends(half, finish), /unavailable/, 1],
      ['ends at once', sends([], finish), /unavailable/, 1],
      ['cuts a message', sends(cut, finish), /unavailable/, 1],
      ['answers 200 with an error', status(200, {}, wire.errorBody('the request is not right')), /refused/, 1],
      ['answers 200 with nonsense', status(200, {}, '{"a": '), /unavailable/, 1],
      ['answers 400', status(400, {}, wire.errorBody('the request is not right')), /refused/, 1],
      ['answers 401', status(401, {}, wire.errorBody('who is this?')), /refused/, 1],
      ['answers with a bomb', bomb, /unavailable|refused/, 1],
    ]
    const errorFrame = wire.errorFrame('the service is overloaded, overloaded_error')
    const faults =
      errorFrame === undefined ? FAULTS : [...FAULTS, ['fails amid the stream', sends([...half, Buffer.from(errorFrame)], stall), /unavailable/, 1] as const]

    test.each(faults)('%s: one error, in time, after what was written', async (_, fault, code, times) => {
      handler = fault
      const { text, events, error } = await outcome(open(virtualClock(), SILENT.has(fault) ? SHORT_MS : LONG_MS), never)
      expect(error).toBeInstanceOf(AppError)
      expect((error as AppError).code).toMatch(code)
      expect(events.filter(({ type }) => type === 'end')).toEqual([])
      expect(TEXTS.join('').startsWith(text)).toBe(true)
      if (SILENT.has(fault)) expect((error as AppError).facts.reason).toMatch(fault === drip ? /longer than|within/ : new RegExp(`within ${SHORT_MS} ms`))
      // Of a short wait a busy machine may take all, so that a request does not arrive.
      if (SILENT.has(fault)) expect(requests).toBeLessThanOrEqual(TRIES)
      else expect(requests).toBe(times)
    })
    test('never completes a connection: one error, in time', async () => {
      const chat = wire.open(`https://127.0.0.1:${portOf(silent)}`, virtualClock(), SHORT_MS)
      const { events, error } = await outcome(chat, never)
      expect([(error as AppError).code, events]).toEqual(['model/unavailable', []])
      expect(requests).toBeLessThanOrEqual(TRIES)
    })
    test('tells when to come again: it is waited for, unless that is too long, and then told', async () => {
      const clock = virtualClock()
      const chat = open(clock)
      for (const header of ['7', new Date(Date.now() + 5000).toUTCString(), 'nonsense']) {
        handler = first(status(429, { 'retry-after': header }))
        expect((await outcome(chat, never)).text).toBe(TEXTS.join(''))
      }
      expect(clock.waits[0]).toBe(7000)
      expect(clock.waits[1]).toBeGreaterThan(1000)
      expect(clock.waits[1]).toBeLessThanOrEqual(5000)
      expect(clock.waits[2]).toBeLessThan(1000)
      requests = 0
      for (const seconds of [9, 30, 86_400]) {
        handler = status(429, { 'retry-after': String(seconds) })
        expect(((await outcome(chat, never)).error as AppError).facts.retryAfterSeconds).toBe(seconds)
      }
      expect(requests).toBe(3)
    })
    test('is slow, but slower as a whole than for each piece: that is well', async () => {
      handler = async (_, response) => {
        start(response)
        for (let at = 0; at < 4; at += 1) {
          response.write(whole.subarray(Math.floor((whole.length * at) / 4), Math.floor((whole.length * (at + 1)) / 4)))
          await new Promise((resolve) => setTimeout(resolve, 200))
        }
        response.end()
      }
      expect(await outcome(open(virtualClock(), 700), never)).toMatchObject({ text: TEXTS.join(''), error: undefined })
    })
    test('is quick, but whose reader is slow: that is no fault of it', async () => {
      handler = (_, response) => {
        start(response)
        response.write(Buffer.concat(half))
        setTimeout(() => response.end(Buffer.concat(good.slice(half.length))), 100)
      }
      const events: ChatEvent[] = []
      for await (const event of open(virtualClock(), 250).write(REQUEST, never)) {
        if (events.length === 0) await new Promise((resolve) => setTimeout(resolve, 350))
        events.push(event)
      }
      expect(textOf(events)).toBe(TEXTS.join(''))
    })
    const late = wire.frames(['late']).map((frame) => Buffer.from(frame))
    test.each([
      [
        'sends everything twice',
        sends(
          good.flatMap((frame) => [frame, frame]),
          finish,
        ),
      ],
      ['goes on after the end', sends([...good, ...late], finish)],
      ['goes on a little later', sends(good, (_, response) => trickle(response, late))],
    ])('%s: there is one end, and it is the last', async (title, more) => {
      handler = more
      const { text, events, error } = await outcome(open(), never)
      expect(error).toBeUndefined()
      expect(events.filter(({ type }) => type === 'end')).toHaveLength(1)
      expect(events.at(-1)?.type).toBe('end')
      const twice = TEXTS.map((one) => one + one).join('')
      expect(title === 'sends everything twice' ? [TEXTS.join(''), twice] : [TEXTS.join('')]).toContain(text)
    })
    test('cuts its reply anywhere, in any pieces: all of it, or a beginning and one error', async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(whole.length), fc.integer({ min: 1, max: 60 }), async (length, piece) => {
          handler = async (_, response) => {
            start(response)
            for (let from = 0; from < length && !response.destroyed; from += piece) {
              response.write(whole.subarray(from, Math.min(length, from + piece)))
              if (from % 5 === 0) await new Promise((resolve) => setImmediate(resolve))
            }
            response.end()
          }
          const { text, events, error } = await outcome(open(), never)
          if (error === undefined) expect([text, events.at(-1)?.type]).toEqual([TEXTS.join(''), 'end'])
          else expect([(error as AppError).code, TEXTS.join('').startsWith(text)]).toEqual(['model/unavailable', true])
          if (length === whole.length) expect(error).toBeUndefined()
        }),
        { numRuns: 40, examples: [[whole.length, 1]] },
      )
    })
    test.each([
      ['fails', status(500)],
      ['breaks off amid the stream', sends(half, reset)],
      ['ends amid the stream', sends(half, finish)],
    ])('%s again and again: it is left alone for a while, then tried', async (_, fault) => {
      const clock = virtualClock()
      const chat = open(clock)
      handler = fault
      for (let asked = 0; asked < BREAKER_FAULTS; asked += 1) await outcome(chat, never)
      const before = requests
      expect(before).toBeLessThanOrEqual(BREAKER_FAULTS * TRIES)
      expect(((await outcome(chat, never)).error as AppError).code).toBe('model/unavailable')
      expect(requests).toBe(before)
      clock.time += BREAKER_REST_MS
      handler = well
      expect((await outcome(chat, never)).error).toBeUndefined()
      handler = fault
      await outcome(chat, never)
      handler = well
      expect((await outcome(chat, never)).error).toBeUndefined()
    })
    test.each([
      ['has sent nothing', stall as Handler, 0],
      ['is amid its answer', sends(half, stall), 1],
    ])('%s when it is stopped: its connection closes at once', async (_, busy, reads) => {
      const controller = new AbortController()
      const closed = new Promise<void>((resolve) => {
        handler = (request, response) => {
          request.socket.on('close', () => resolve())
          busy(request, response)
          if (reads === 0) controller.abort()
        }
      })
      const events: ChatEvent[] = []
      const reading = async () => {
        for await (const event of open().write(REQUEST, controller.signal)) {
          events.push(event)
          controller.abort()
        }
      }
      await within(1000, Promise.all([expect(reading()).rejects.toMatchObject({ name: 'AbortError' }), closed]))
      expect(events).toHaveLength(reads)
    })
    test('is waited for when it is stopped: nothing more is asked', async () => {
      const controller = new AbortController()
      const clock: HttpClock = {
        ...virtualClock(),
        async sleep(_, signal) {
          controller.abort()
          signal.throwIfAborted()
        },
      }
      handler = status(429, { 'retry-after': '5' })
      await expect(outcome(open(clock), controller.signal)).rejects.toMatchObject({ name: 'AbortError' })
      expect(requests).toBe(1)
    })
    test('is left by its reader: its connection closes at once', async () => {
      const closed = new Promise<void>((resolve) => {
        handler = (request, response) => {
          request.socket.on('close', () => resolve())
          sends(half, stall)(request, response)
        }
      })
      for await (const _event of open().write(REQUEST, never)) break
      await within(1000, closed)
    })
    test('tells our key back to us: it stands in no error', async () => {
      const echo =
        (code: number, bodyOf: (says: string) => string | Uint8Array): Handler =>
        (request, response) => {
          response.writeHead(code, { 'content-type': code === 299 ? wire.mediaType : 'application/json' })
          response.end(bodyOf(`${Object.values(request.headers).join(' ')} ${FAULTS_SECRET}`))
        }
      for (const fault of [
        ...[200, 400, 401, 403, 404, 429, 500].map((code) => echo(code, (says) => wire.errorBody(says))),
        echo(401, (says) => `<html>${says}</html>`),
        echo(299, (says) => wire.errorFrame(says) ?? ''),
        echo(200, (says) => says),
      ]) {
        handler = fault
        const { error } = await outcome(open(), never)
        expect(error).toBeInstanceOf(AppError)
        const shown = inspect(error, { depth: 20, showHidden: true }) + JSON.stringify((error as AppError).body())
        expect(shown).not.toContain(FAULTS_SECRET)
      }
    })
  })
}

/** Reads to the end. AbortErrors are thrown on; a reply that takes too long fails the test. */
async function outcome(chat: Chat, signal: AbortSignal): Promise<Outcome> {
  const events: ChatEvent[] = []
  const reading = async (): Promise<unknown> => {
    try {
      for await (const event of chat.write(REQUEST, signal)) events.push(event)
      return undefined
    } catch (error) {
      signal.throwIfAborted()
      return error
    }
  }
  const error = await within(WHOLE_MS, reading())
  const count = events.length
  await new Promise((resolve) => setImmediate(resolve))
  expect(events).toHaveLength(count)
  return { text: textOf(events), events, error }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function textOf(events: readonly ChatEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('')
}

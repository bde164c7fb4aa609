import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { Wire } from './wires.ts'

// What a provider does instead of answering, or while it answers.

/** A request that is to be answered, and how it would be answered well. */
export interface Meeting {
  readonly wire: Wire
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly frames: readonly Uint8Array[]
  /** Answers well, with these messages, and then more. */
  well(frames: readonly Uint8Array[], more?: readonly Uint8Array[]): void
}

export interface Way {
  readonly name: string
  /** well: the answer is whole. early: nothing of it comes. amid: a part of it comes, or nothing. */
  readonly what: 'well' | 'early' | 'amid'
  /** Whether the same is asked again. */
  readonly retried: boolean
  /** It is waited for, and nothing comes. */
  readonly silent: boolean
  /** It cannot even be connected to. */
  readonly unreachable?: boolean
  run(meeting: Meeting): void
}

const BOMB = gzipSync(Buffer.alloc(40 * 1024 * 1024, 0x20))
/** What was sent before a reset may be lost with it, so the reader is given the time to have it. */
const SETTLE_MS = 15

const stall = () => undefined
const reset = ({ request }: Meeting) => void request.socket.resetAndDestroy()
const halfClose = ({ request }: Meeting) => void request.socket.end()
const finish = ({ response }: Meeting) => void response.end()
const start = ({ response, wire }: Meeting, headers: Readonly<Record<string, string>> = {}) =>
  response.writeHead(200, { 'content-type': wire.mediaType, ...headers })

function status(code: number, headers: () => Record<string, string> = () => ({}), body?: string): (meeting: Meeting) => void {
  return ({ response, wire }) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers() })
    response.end(body ?? wire.errorBody('the request is not right'))
  }
}

/** Some of the messages, half of them at most so that the end of the text is not among them, and then something else. */
function after(share: number, then: (meeting: Meeting) => void, last?: (meeting: Meeting) => string | Uint8Array): (meeting: Meeting) => void {
  return (meeting) => {
    const { response, frames } = meeting
    const many = Math.floor(frames.length * share)
    start(meeting)
    for (const frame of frames.slice(0, many)) response.write(frame)
    const more = last?.(meeting)
    if (more !== undefined) response.write(more)
    if (many === 0) response.flushHeaders()
    setTimeout(then, SETTLE_MS, meeting)
  }
}

function cutMessage({ frames }: Meeting): Uint8Array {
  const next = frames[Math.floor(frames.length / 2)] ?? Buffer.alloc(0)
  return next.subarray(0, Math.floor(next.length / 2))
}

function drip({ response, wire, frames }: Meeting): void {
  response.writeHead(200, { 'content-type': wire.mediaType })
  const whole = Buffer.concat(frames)
  let at = 0
  const timer = setInterval(() => response.write(Buffer.from([whole[at++ % whole.length] ?? 0])), 40)
  response.on('close', () => clearInterval(timer))
}

function bomb(meeting: Meeting): void {
  start(meeting, { 'content-encoding': 'gzip' })
  meeting.response.end(BOMB)
}

const early = (name: string, run: Way['run'], more: Partial<Way> = {}): Way => ({ name, what: 'early', retried: true, silent: false, run, ...more })
const once = { retried: false } as const
const amid = (name: string, run: Way['run'], silent = false): Way => ({ name, what: 'amid', retried: false, silent, run })
const inSeconds = (seconds: number) => () => new Date(Date.now() + seconds * 1000).toUTCString()

export const WELL: Way = { name: 'answers', what: 'well', retried: false, silent: false, run: ({ well, frames }) => well(frames) }
export const RATE_LIMITED: Way = early(
  '429 with seconds',
  status(429, () => ({ 'retry-after': '2' })),
)

/** The ways in which a chat model fails, of the list of faults that the product is tested with. */
export const FAULTS: readonly Way[] = [
  early('no connection', stall, { silent: true, unreachable: true }),
  early('no first byte', stall, { silent: true }),
  amid('stalls amid the stream', after(0.5, stall), true),
  early('429 without a time', status(429)),
  RATE_LIMITED,
  early(
    '429 with a date',
    status(429, () => ({ 'retry-after': inSeconds(3)() })),
  ),
  early(
    '429 with a huge time',
    status(429, () => ({ 'retry-after': '86400' })),
    once,
  ),
  early('500', status(500)),
  early(
    '503 with HTML',
    status(503, () => ({ 'content-type': 'text/html' }), '<html>Bad gateway</html>'),
  ),
  early('resets the connection', reset),
  early('closes its half', halfClose),
  amid('cuts a message', after(0.5, finish, cutMessage)),
  early('200 with an error', status(200), once),
  early('one byte at a time', drip, { ...once, silent: true }),
  early('a bomb', bomb, once),
  {
    ...WELL,
    name: 'everything twice',
    run: ({ well, frames }) => well(frames.flatMap((frame) => [frame, frame])),
  },
]

/** Others that providers are known for. */
export const MORE_FAULTS: readonly Way[] = [
  early('a head and then nothing', after(0, stall), { ...once, silent: true }),
  early('ends at once', after(0, finish), once),
  amid('resets amid the stream', after(0.4, reset)),
  amid('closes its half amid the stream', after(0.5, halfClose)),
  amid('ends early as if all were well', after(0.5, finish)),
  amid(
    'an error amid the stream',
    after(0.5, stall, ({ wire }) => wire.errorFrame('the service is overloaded, overloaded_error')),
  ),
  early('400', status(400), once),
  early('401', status(401), once),
  { ...WELL, name: 'goes on after the end', run: ({ well, frames }) => well(frames, frames) },
]

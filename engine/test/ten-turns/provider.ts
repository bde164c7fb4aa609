import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net'
import { setTimeout as sleep, setImmediate as soon } from 'node:timers/promises'
import { type HttpClock, SYSTEM_CLOCK } from '../../src/adapters/http.ts'
import type { Usage } from '../../src/domain/answer.ts'
import type { Purpose } from '../../src/flows/agent/scripted.fixture.ts'
import type { Chat } from '../../src/ports/chat.ts'
import { type Random, randomOf } from './random.ts'
import { type Way, WELL } from './ways.ts'
import type { Asked, Wire } from './wires.ts'
import { purposeOf, writingFor } from './writer.ts'

/** What the provider does in one turn. */
export interface Script {
  readonly seed: number
  readonly way: Way
  /** Whether it does so with all that it is asked in the turn, or with the answer alone. */
  readonly always: boolean
  /** So often; then it answers well. */
  readonly times: number
  /** Milliseconds now and then between two pieces of a good answer. */
  readonly paceMs: number
}

export const QUIET: Script = { seed: 1, way: WELL, always: false, times: 0, paceMs: 0 }

/** A request that came. */
export interface Seen {
  readonly purpose: Purpose
  readonly asked: Asked
  /** Of a reply that was sent whole, what it said that it took. */
  usage: Usage | undefined
  invented: readonly string[]
  /** Whether the other end left before the reply was whole. */
  left: boolean
}

export interface Provider {
  readonly wire: Wire
  /** Requests since the script was set. */
  readonly seen: readonly Seen[]
  /** Milliseconds that it was waited for, in order, since then. */
  readonly waits: readonly number[]
  play(script: Script): void
  /** The model as the product opens it, with a breaker of its own. */
  chat(): Chat
  /** Requests that are being answered. */
  readonly open: number
  close(): Promise<void>
}

/** Short where nothing comes, long where something does: a busy machine is no fault. */
const SHORT_MS = 120
const LONG_MS = 10_000

/** A server that speaks the protocol of a provider and does what it is told. */
export async function providerOf(wire: Wire): Promise<Provider> {
  let script = QUIET
  let seen: Seen[] = []
  let waits: number[] = []
  let done = 0
  let open = 0
  const held = new Set<Socket>()
  const server = createServer((request, response) => void answer(request, response).catch((error: unknown) => response.destroy(error as Error)))
  /** Takes connections and says nothing, so that no handshake ends. */
  const silent = createSocketServer((socket) => void held.add(socket.on('error', () => undefined)))
  for (const one of [server, silent]) await once(one.listen(0, '127.0.0.1'), 'listening')
  const portOf = (one: typeof server | typeof silent) => (one.address() as AddressInfo).port
  const clock: HttpClock = {
    ...SYSTEM_CLOCK,
    async sleep(ms, signal) {
      signal.throwIfAborted()
      waits.push(ms)
      await soon()
    },
  }

  const fails = (purpose: Purpose) => script.always || purpose === 'write' || purpose === 'talk'

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    const given: Buffer[] = []
    for await (const piece of request) given.push(piece as Buffer)
    const asked = wire.read(JSON.parse(Buffer.concat(given).toString()))
    const purpose = purposeOf(asked)
    const random = randomOf(script.seed + seen.length)
    const writing = writingFor(asked, wire.native, random)
    const usage: Usage = { inputTokens: 100 + random.upTo(900), outputTokens: 10 + random.upTo(90) }
    const note: Seen = { purpose, asked, usage: undefined, invented: writing.invented, left: false }
    seen.push(note)
    open += 1
    response.once('close', () => {
      open -= 1
      note.left = !response.writableFinished
    })
    const { way, times, paceMs } = script
    const well = async (good: readonly Uint8Array[], more: readonly Uint8Array[] = []) => {
      response.writeHead(200, { 'content-type': wire.mediaType })
      await inPieces(response, Buffer.concat(good), random, paceMs)
      if (!response.destroyed) note.usage = usage
      await inPieces(response, Buffer.concat(more), random, paceMs)
      response.end()
    }
    const frames = wire.frames(writing.parts, usage, asked).map((frame) => Buffer.from(frame))
    if (done >= times || !fails(purpose)) return well(frames)
    done += 1
    way.run({ wire, request, response, frames, well: (good, more) => void well(good, more) })
  }

  return {
    wire,
    get seen() {
      return seen
    },
    get waits() {
      return waits
    },
    get open() {
      return open
    },
    play(next) {
      script = next
      seen = []
      waits = []
      done = 0
    },
    chat() {
      const { way } = script
      const patient = wire.open(`http://127.0.0.1:${portOf(server)}`, clock, LONG_MS)
      if (!way.silent) return patient
      const hasty = wire.open(way.unreachable === true ? `https://127.0.0.1:${portOf(silent)}` : `http://127.0.0.1:${portOf(server)}`, clock, SHORT_MS)
      return { ...patient, write: (request, signal) => (fails(purposeOf(request)) ? hasty : patient).write(request, signal) }
    },
    async close() {
      for (const socket of held) socket.destroy()
      server.closeAllConnections()
      await Promise.all([server, silent].map((one) => new Promise((resolve) => one.close(resolve))))
    },
  }
}

/** Bytes as a network brings them: cut anywhere, some of them later. */
async function inPieces(response: ServerResponse, whole: Uint8Array, random: Random, paceMs: number): Promise<void> {
  for (let at = 0; at < whole.length && !response.destroyed; ) {
    const length = 1 + random.upTo(random.chance(0.2) ? 12 : 400)
    response.write(whole.subarray(at, at + length))
    at += length
    if (paceMs > 0 && random.chance(0.5)) await sleep(1 + random.upTo(paceMs))
    else if (random.chance(0.3)) await soon()
  }
}

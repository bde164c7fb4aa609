import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../domain/errors.ts'
import type { World } from '../../ports/world.ts'
import type { Known } from '../http.ts'
import { appErrorOf, logFault, withoutSaid } from '../problems.ts'
import { frameOf, sendLive } from '../sse.ts'
import type { Ask, Asking, EventsShape, GoOn } from './answers.ts'
import type { Followable } from './events.ts'
import { UI_HEADERS, uiRenderer } from './ui-messages.ts'

/** As Quarry's own events, or as the parts of a UI message. */
export type Form = 'events' | 'ui-messages'

export interface Replying {
  readonly route: string
  readonly shape: EventsShape
  readonly form: Form
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly known: Known
}

/** Answers over HTTP, as server-sent events. */
export interface LiveReplies {
  /** Begins an answer and sends it. The head waits for the first event, so that a fault before it is an ordinary error reply. */
  answer(replying: Replying, asked: Pick<Asking, 'asked' | 'answer'>): Promise<unknown>
  /** Sends what comes after an event; 204 when nothing does. What a process that is gone left goes on first. */
  replay(replying: Replying, stream: Followable, after: number): Promise<unknown>
}

/** Source: what a phone in a tunnel needs to be back; what does not read for longer is gone. */
const SLOW_MS = 60_000

export function liveReplies(options: {
  readonly world: Pick<World, 'log'>
  readonly ask: Ask
  readonly goOn: GoOn
  readonly heartbeatMs: number
  readonly slowMs?: number
}): LiveReplies {
  const { world, ask, goOn, heartbeatMs, slowMs = SLOW_MS } = options

  async function send({ route, shape, form, request, reply, known }: Replying, stream: Followable, after: number): Promise<unknown> {
    if (after > 0 && (await stream.isOver(after))) return reply.code(204).send()
    const render = form === 'ui-messages' ? uiRenderer(stream.id) : frameOf
    const headers = Object.entries(reply.getHeaders()).map(([header, value]) => [header, String(value)])
    reply.hijack()
    return sendLive(reply.raw, (signal) => stream.follow(after, signal), {
      ...{ signal: known.signal, heartbeatMs, slowMs, last: shape.last, render },
      headers: { ...Object.fromEntries(headers), 'x-stream-id': stream.id, ...(form === 'ui-messages' ? UI_HEADERS : {}) },
      delivered: () => void stream.delivered(),
      failure(fault) {
        const error = appErrorOf(fault)
        if (error.code === 'request/aborted') return undefined
        logFault(world.log, error, { request_id: request.id, route })
        return { event: shape.failure, text: JSON.stringify({ error: withoutSaid(error).body() }) }
      },
    })
  }

  async function replay(replying: Replying, found: Followable, after: number): Promise<unknown> {
    const { request, known } = replying
    const { client, signal: gone, keepChecking, outlive } = known
    const who = { requestId: request.id, address: request.ip, client, shown: client.presented, gone, keepChecking, outlive }
    return send(replying, await goOn(found, who), after)
  }

  return {
    replay,
    async answer(replying, asked) {
      const { shape, request, known } = replying
      const { caller, signal: gone, outlive } = known
      if (caller === undefined) throw new Error('an answer needs a caller')
      const resumable = isResumable(request.raw.headers['quarry-resume'])
      const stream = await ask({ ...asked, requestId: request.id, shape, caller, address: request.ip, resumable, gone, outlive })
      return send(replying, stream, 0)
    },
  }
}

/** @throws request/invalid */
function isResumable(header: string | readonly string[] | undefined): boolean {
  if (header === undefined || header === 'off') return false
  if (header !== 'on') throw new AppError('request/invalid', { at: 'Quarry-Resume', expected: 'on or off' })
  return true
}

/** The number of the last event that a reader has. @throws request/invalid */
export function afterOf(request: FastifyRequest, query: { readonly after?: number | undefined }): number {
  const header = request.raw.headers['last-event-id']
  if (query.after !== undefined || header === undefined || header === '') return query.after ?? 0
  if (typeof header !== 'string' || !/^\d{1,9}$/.test(header))
    throw new AppError('request/invalid', { at: 'Last-Event-ID', expected: 'the number of an event' })
  return Number(header)
}

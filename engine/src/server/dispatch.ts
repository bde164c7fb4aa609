import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { RouteShape } from '../api/route.ts'
import { ROUTES, type RouteName } from '../api/routes.ts'
import { answerEvents } from '../api/search.ts'
import { AppError } from '../domain/errors.ts'
import { auditTrail } from './audit-trail.ts'
import type { JsonBody } from './body.ts'
import { openForm } from './form.ts'
import { idempotencyKeyOf } from './guard.ts'
import type { AnswerRun, BytesReply, Handlers, PageReply, RedirectReply, SocketReply, Workshop } from './handler.ts'
import { chatAlias } from './handlers/streams.ts'
import type { Known, Run } from './http.ts'
import { type Answered, onceByKey } from './idempotency.ts'
import { rendererOf } from './live/answers.ts'
import type { Followable } from './live/events.ts'
import { afterOf, type LiveReplies } from './live/replies.ts'
import type { Asks } from './live/stream.ts'
import { appErrorOf, checked, logFault, withoutSaid } from './problems.ts'
import { type ServerEvent, sendEvents } from './sse.ts'

export interface DispatchOptions {
  readonly workshop: Workshop
  readonly handlers: Handlers
  readonly live: LiveReplies
  openSocket(request: FastifyRequest, reply: FastifyReply, socket: SocketReply): unknown
  readonly heartbeatMs: number
  /** Aborted when the server closes: ends the streams. */
  readonly closing: AbortSignal
  /** Called after a request that may have queued work. */
  readonly onChange: () => void
}

type AnyHandler = (input: Readonly<Record<string, unknown>>) => unknown

const HASH_OF_NOTHING = createHash('sha256').digest('hex')

/** Checks what a request brings, calls the handler of its route and sends what comes back, in the form the table says. */
export function dispatcher({ workshop, handlers, live, openSocket, heartbeatMs, closing, onChange }: DispatchOptions): Run {
  const { world, settings, gate } = workshop
  const once = onceByKey(world.catalog)

  return async (name, request, reply, known) => {
    const route: RouteShape = ROUTES[name]
    // The table gives each handler exactly the input that it declares; the compiler checked them against it in handlers.ts.
    const handler = handlers[name] as AnyHandler
    const key =
      route.method === 'GET' || route.reply.kind !== 'json' || route.secret === true ? undefined : idempotencyKeyOf(request.raw.headers['idempotency-key'])
    const content = contentOf(route, request, known, key !== undefined, settings.REQUEST_TIMEOUT_SECONDS * 1000)
    const trail = auditTrail(world, route, request, known)
    const input = {
      client: known.client,
      keepChecking: known.keepChecking,
      note: trail.note,
      parameters: request.params,
      query: checked(route.query, request.query, 'query'),
      asks: Object.assign(() => undefined, { storing: () => undefined }),
      run: undefined,
      ...content.input,
      ...(known.caller === undefined ? {} : { caller: known.caller }),
      ...(known.database === undefined ? {} : { database: known.database }),
    }

    const told = { route: name, request, reply, known }
    const answer = (signal: AbortSignal, asks: Asks, run: AnswerRun | undefined) => handler({ ...input, signal, asks, run }) as AsyncIterable<ServerEvent>

    const askedBy = (alias: string | undefined) => ({
      ...{ route: name, parameters: request.params as Readonly<Record<string, string>>, alias },
      body: (content.input as { readonly body?: unknown }).body,
    })

    switch (route.reply.kind) {
      case 'json': {
        const { status, schema } = route.reply
        const work = async (): Promise<Answered> => {
          const value = await handler({ ...input, signal: known.signal })
          if (route.method !== 'GET') onChange()
          await trail.keep(value)
          return { status, body: JSON.stringify(schema.parse(value)) }
        }
        if (key === undefined || known.caller === undefined) return send(reply, await work())
        // A reply that was remembered for one caller is never given to another, whoever owns the database.
        const holder = `${known.caller.kind}:${known.caller.id}`
        const subject = [name, request.raw.url, holder].join('\n')
        const fingerprint = async () =>
          createHash('sha256')
            .update(`${subject}\n${await content.fingerprint()}`)
            .digest('hex')
        const answered = await once({ ownerId: holder, key, fingerprint }, work)
        if (answered.replayed) reply.header('idempotency-replayed', 'true')
        return send(reply, answered)
      }
      case 'events': {
        const { reply: shape } = route
        const replying = { ...told, shape, form: 'events' } as const
        if (shape.live === 'asks') {
          await trail.keep(undefined)
          return live.answer(replying, { answer, asked: askedBy(undefined) })
        }
        if (shape.live === 'replays') {
          const after = afterOf(request, input.query)
          return live.replay(replying, (await handler({ ...input, signal: known.signal })) as Followable, after)
        }
        const signal = AbortSignal.any([known.signal, closing])
        const leave = await gate.stream(known.caller, request.ip)
        reply.raw.once('close', leave)
        if (known.signal.aborted) leave() // it was closed while we waited
        await trail.keep(undefined)
        return stream(name, shape, request, reply, handler({ ...input, signal }) as AsyncIterable<ServerEvent>, signal)
      }
      case 'ui-messages': {
        const replying = { ...told, shape: answerEvents, form: 'ui-messages' } as const
        if (route.reply.live === 'asks') {
          await trail.keep(undefined)
          const { id = '' } = (input as { readonly body?: { readonly id?: string } }).body ?? {}
          return live.answer(replying, { answer, asked: askedBy(chatAlias(known.database?.id ?? '', id)) })
        }
        const found = (await handler({ ...input, signal: known.signal })) as Followable | undefined
        return found === undefined ? reply.code(204).send() : live.replay(replying, found, 0)
      }
      case 'socket':
        return openSocket(request, reply, (await handler({ ...input, signal: known.signal })) as SocketReply)
      case 'bytes': {
        const { stream: bytes, headers } = (await handler({ ...input, signal: known.signal })) as BytesReply
        known.signal.addEventListener('abort', () => bytes.destroy(), { once: true })
        await trail.keep(undefined)
        return reply.headers(headers).send(bytes)
      }
      case 'redirect': {
        const { to } = (await handler({ ...input, signal: known.signal })) as RedirectReply
        await trail.keep(undefined)
        return reply.code(303).header('location', to).send()
      }
      case 'page': {
        const { text, headers, embeddable } = (await handler({ ...input, signal: known.signal })) as PageReply
        // Its word is yes or no, and would overrule the list of the page's own policy.
        if (embeddable === true) reply.removeHeader('x-frame-options')
        return reply.headers({ 'content-type': route.reply.mediaType, 'cache-control': 'no-cache', ...headers }).send(text)
      }
    }
  }

  async function stream(
    name: RouteName,
    shape: Extract<RouteShape['reply'], { kind: 'events' }>,
    request: FastifyRequest,
    reply: FastifyReply,
    source: AsyncIterable<ServerEvent>,
    signal: AbortSignal,
  ): Promise<void> {
    const headers = Object.fromEntries(Object.entries(reply.getHeaders()).map(([header, value]) => [header, String(value)]))
    await sendEvents(
      reply.raw,
      source,
      {
        headers,
        signal,
        heartbeatMs,
        last: shape.last,
        render: rendererOf(name, shape),
        failure(fault) {
          const error = closing.aborted ? new AppError('server/closing') : appErrorOf(fault)
          logFault(world.log, error, { request_id: request.id, route: name })
          return { event: { event: shape.failure, data: { error: withoutSaid(error).body() } }, error }
        },
      },
      () => reply.hijack(),
    )
  }
}

function send(reply: FastifyReply, { status, body }: Answered) {
  return reply.code(status).header('content-type', 'application/json; charset=utf-8').send(body)
}

/** Body or form as the route takes it, and how to tell whether another request brings the same. */
function contentOf(route: RouteShape, request: FastifyRequest, known: Known, hashed: boolean, idleMs: number) {
  if (route.bytes === true) return { input: { bytes: request.body }, fingerprint: async () => HASH_OF_NOTHING }
  const body = request.body as JsonBody | undefined
  const isForm = request.isMultipart()
  if (route.form !== undefined && isForm) {
    const form = openForm(request, route.form, { idleMs, signal: known.signal, hashed })
    return { input: { form, body: undefined }, fingerprint: () => form.fingerprint() }
  }
  if (route.body === undefined && route.form !== undefined) throw new AppError('request/unsupported-type', { takes: ['multipart/form-data'] })
  const fingerprint = async () => body?.sha256 ?? HASH_OF_NOTHING
  if (route.body !== undefined) return { input: { body: checked(route.body, body?.value ?? {}, 'body'), form: undefined }, fingerprint }
  const isEmpty =
    body?.value === undefined || (typeof body.value === 'object' && body.value !== null && !Array.isArray(body.value) && Object.keys(body.value).length === 0)
  if (!isEmpty) throw new AppError('request/invalid', { in: 'body', problems: ['body: this route takes none'] })
  return { input: {}, fingerprint }
}

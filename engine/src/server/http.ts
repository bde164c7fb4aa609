import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import multipart from '@fastify/multipart'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { RouteShape } from '../api/route.ts'
import { ROUTE_NAMES, ROUTES, type RouteName } from '../api/routes.ts'
import { type Caller, usageSubject } from '../domain/caller.ts'
import type { Database } from '../domain/database.ts'
import { AppError, ERRORS } from '../domain/errors.ts'
import type { World } from '../ports/world.ts'
import type { Settings } from '../settings.ts'
import { readJsonBody } from './body.ts'
import { assertOwnOrigin, type Client, clientOf, cookieNames } from './client.ts'
import { crossOrigin } from './cross-origin.ts'
import { type Entry, type Knock, standFor } from './entry.ts'
import type { SetHeader } from './gate.ts'
import { checkContent, credentialOf, hasBody, hostGuard, PIECE_TYPE, typesOf } from './guard.ts'
import { closeGently } from './linger.ts'
import { isUpgrade, routeUpgrades } from './live/upgrades.ts'
import { appErrorOf, JSON_LIMIT_BYTES, logFault, manages, replyOf, withoutSaid } from './problems.ts'
import type { RightsWatch } from './revocation.ts'
import { NOT_BUILT, type WebFiles, type WebReply } from './web-files.ts'

/** What is known of a request when its handler runs. */
export interface Known {
  readonly caller: Caller | undefined
  readonly database: Database | undefined
  readonly client: Client
  /** Aborted when the client leaves, and when what it showed no longer counts. */
  readonly signal: AbortSignal
  /** Asks this too from now on, whenever a right was taken from anybody: `signal` is aborted when it throws. */
  keepChecking(check: () => Promise<unknown>): void
  /** For an answer that goes on without the request: what its checks find ends that from now on, until the function is called. */
  outlive(abort: (reason: AppError) => void): () => void
}

export type Run = (name: RouteName, request: FastifyRequest, reply: FastifyReply, known: Known) => Promise<unknown>

export interface HttpOptions {
  readonly world: World
  readonly settings: Settings
  readonly run: Run
  readonly entry: Entry
  readonly rights: RightsWatch
  readonly web: WebFiles | undefined
  readonly isClosing: () => boolean
}

/** Source: a head of the largest token, cookies of other programs and a long path fits in 16 KiB. */
const HEAD_LIMIT_BYTES = 16_384
const HEAD_TIMEOUT_MS = 15_000
/** Source: what an ordinary client sends before it looks at the reply; more is not worth reading. */
const READ_ON_BYTES = 65_536

const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
}

/**
 * The server without its handlers: who may come in, in which form, and how faults are told. Everything that can be
 * decided from the head of a request is decided before a byte of its body is read.
 */
export async function httpServer({ world, settings, run, entry, rights, web, isClosing }: HttpOptions): Promise<FastifyInstance> {
  const app = Fastify({
    logger: false,
    bodyLimit: JSON_LIMIT_BYTES,
    requestIdHeader: false,
    genReqId: () => `req_${randomBytes(12).toString('base64url')}`,
    trustProxy: settings.TRUSTED_PROXIES.length === 0 ? false : settings.TRUSTED_PROXIES,
    return503OnClosing: false,
    exposeHeadRoutes: false,
    // Uploads may take hours; the time-outs that count stand in `body.ts` and `form.ts`.
    requestTimeout: 0,
    http: { headersTimeout: HEAD_TIMEOUT_MS, maxHeaderSize: HEAD_LIMIT_BYTES, shouldUpgradeCallback: isUpgrade },
    routerOptions: { maxParamLength: HEAD_LIMIT_BYTES },
    frameworkErrors: (_fault, request, reply) => tell(request as FastifyRequest, reply as FastifyReply, new AppError('request/invalid', { in: 'path' })),
    clientErrorHandler(fault, socket) {
      if (!socket.writable) return void socket.destroy()
      const code = 'code' in fault ? fault.code : undefined
      const error = new AppError(
        code === 'HPE_HEADER_OVERFLOW' ? 'request/too-large' : code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request/timeout' : 'request/invalid',
        code === 'HPE_HEADER_OVERFLOW' ? { in: 'headers', limit: HEAD_LIMIT_BYTES, unit: 'bytes' } : { in: 'headers' },
      )
      const status = code === 'HPE_HEADER_OVERFLOW' ? 431 : error.status
      const body = JSON.stringify(replyOf(error, 'req_unread'))
      const head = [
        `HTTP/1.1 ${status} Refused`,
        'Content-Type: application/json; charset=utf-8',
        `Content-Length: ${Buffer.byteLength(body)}`,
        'Connection: close',
      ]
      socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
    },
  })
  // Asked for permission to send a body, we give it only after the checks below.
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => app.server.emit('request', request, response))

  routeUpgrades(app.server, (request, response) => app.routing(request, response))

  const checkHost = hostGuard(settings)
  const known = new WeakMap<FastifyRequest, Known>()
  const { session: sessionCookie } = cookieNames(settings)

  app.removeAllContentTypeParsers()
  await app.register(multipart)
  app.addContentTypeParser('application/json', (request, payload, done) => {
    readJsonBody(payload, settings.REQUEST_TIMEOUT_SECONDS * 1000, known.get(request)?.signal).then((body) => done(null, body), done)
  })

  // Pieces of a file are streamed to where they are kept; nothing of them is collected here.
  app.addContentTypeParser(PIECE_TYPE, (_request, payload, done) => done(null, payload))

  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ ...COMMON_HEADERS, 'x-request-id': request.id })
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) told(request, reply, 499) // the client left before it had its reply
    })
    if (isClosing()) throw new AppError('server/closing')
    checkHost(request.raw.headers.host)
    if (await crossOrigin(world, settings.CORS_ORIGINS, request, reply)) return reply.code(204).send()
  })
  app.addHook('onSend', async (request, reply) => {
    if (isClosing()) reply.header('connection', 'close')
    const { raw } = request
    if (raw.complete || !hasBody(raw)) return
    // What is small is read on, so that the connection can be used again; what stalled never comes.
    const isSmall = Number(raw.headers['content-length'] ?? Number.POSITIVE_INFINITY) <= READ_ON_BYTES
    if (isSmall && reply.statusCode !== ERRORS['request/timeout'].status) return
    reply.header('connection', 'close')
    closeGently(raw)
  })
  app.addHook('onResponse', async (request, reply) => told(request, reply, reply.statusCode))

  app.setErrorHandler((fault, request, reply) => tell(request, reply, fault))
  app.setNotFoundHandler(async (request, reply) => {
    const page = await pageOf(request)
    if (page !== undefined) return reply.code(page.status).headers(page.headers).send(page.body)
    const methods = methodsOf(request.raw.url ?? '/')
    if (methods.length === 0) throw new AppError('request/unknown-route')
    reply.header('allow', methods.join(', '))
    throw new AppError('request/method-not-allowed', { allowed: methods })
  })

  for (const name of ROUTE_NAMES) {
    const route: RouteShape = ROUTES[name]
    app.route({
      method: route.method,
      url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      onRequest: async (request, reply) => {
        const set: SetHeader = (name, value) => {
          const before = reply.getHeader(name)
          reply.header(name, before === undefined ? value : `${before}, ${value}`)
        }
        const knock = knockOf(route, request)
        const found = await entry.enter(knock, set)
        checkContent(route, request.raw)
        const controller = goneController(reply.raw)
        const standing =
          found.caller === undefined
            ? undefined
            : standFor(
                rights,
                found.caller,
                () => entry.look(knock),
                (reason: AppError) => controller.abort(reason),
              )
        if (standing !== undefined) reply.raw.once('close', () => standing.release())
        known.set(request, {
          ...found,
          client: clientOf(request, reply, settings, knock.shown),
          signal: controller.signal,
          keepChecking: (check) => standing?.keepChecking(check),
          outlive: (abort) => standing?.outlive(abort) ?? (() => undefined),
        })
        if (request.raw.headers.expect !== undefined && typesOf(route).length > 0) reply.raw.writeContinue()
      },
      handler: async (request, reply) => {
        const state = known.get(request)
        if (state === undefined) throw new Error('the checks of the route did not run')
        return run(name, request, reply, state)
      },
    })
  }

  function knockOf(route: RouteShape, request: FastifyRequest): Knock {
    return {
      route,
      parameters: request.params as Readonly<Record<string, string>>,
      address: request.ip,
      shown() {
        const { credential, from } = credentialOf(request.raw.headers, sessionCookie)
        // What a browser sends along by itself must come from a page of ours when it changes anything.
        if (from === 'cookie' && credential !== undefined && route.method !== 'GET') assertOwnOrigin(request, settings)
        return { credential, from, address: request.ip, origin: request.raw.headers.origin }
      },
    }
  }

  /** What is no route may be a page of the web app; those are for anyone: whatever they show comes through routes. */
  async function pageOf({ method, raw }: FastifyRequest): Promise<WebReply | undefined> {
    const url = raw.url ?? '/'
    if ((method !== 'GET' && method !== 'HEAD') || /^\/(api|v1)(\/|$)/.test(url)) return undefined
    if (web === undefined) return url === '/' ? NOT_BUILT : undefined
    const { accept, 'accept-encoding': acceptEncoding, 'if-none-match': ifNoneMatch } = raw.headers
    return web.reply({ method, url, accept, acceptEncoding: acceptEncoding?.toString(), ifNoneMatch })
  }

  function told(request: FastifyRequest, reply: FastifyReply, status: number): void {
    const { caller, database } = known.get(request) ?? {}
    if (caller !== undefined && status !== 429) count(world, caller, database?.id)
    world.log.info('request', {
      request_id: request.id,
      method: request.method,
      route: request.routeOptions.url ?? 'none', // the pattern: ids and names stay out of the log
      status,
      ms: Math.round(reply.elapsedTime),
      caller: caller?.id,
      address: request.ip,
    })
  }

  function tell(request: FastifyRequest, reply: FastifyReply, fault: unknown) {
    const error = appErrorOf(fault)
    logFault(world.log, error, { request_id: request.id, method: request.method, route: request.routeOptions?.url })
    if (error.status === 401) reply.header('www-authenticate', 'Bearer')
    if (error.retry && error.status === 503) reply.header('retry-after', '2')
    const { retry_after: wait } = error.facts
    if (error.status === 429 && typeof wait === 'number') reply.header('retry-after', String(wait))
    return reply
      .code(error.status)
      .header('content-type', 'application/json; charset=utf-8')
      .send(JSON.stringify(replyOf(manages(known.get(request)?.caller) ? error : withoutSaid(error), request.id)))
  }

  return app
}

function goneController(response: ServerResponse): AbortController {
  const controller = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(new AppError('request/aborted'))
  })
  return controller
}

function count(world: Pick<World, 'ledger'>, caller: Caller, databaseId: string | undefined): void {
  world.ledger.count(usageSubject(caller, databaseId), { requests: 1 })
}

const PATTERNS = ROUTE_NAMES.map((name) => ({ method: ROUTES[name].method, parts: ROUTES[name].path.split('/') }))

function methodsOf(url: string): string[] {
  const parts = (url.split('?')[0] ?? '').split('/')
  const fits = PATTERNS.filter((one) => one.parts.length === parts.length && one.parts.every((part, index) => part.startsWith('{') || part === parts[index]))
  return [...new Set(fits.map(({ method }) => method))]
}

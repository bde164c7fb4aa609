import type { FastifyReply, FastifyRequest } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import { AppError } from '../../domain/errors.ts'
import { addressKey } from '../address.ts'
import { assertOwnOrigin } from '../client.ts'
import type { SocketReply } from '../handler.ts'
import { CLOSE, PROTOCOL, TICKET_PROTOCOL } from './frames.ts'
import { type Session, type SessionOptions, socketSession } from './session.ts'
import { upgradeOf } from './upgrades.ts'

export interface SocketLimits {
  /** Of one address, before anything is known of who it is. */
  readonly perAddress: number
  /** Of one account, key or visitor; the operator is not limited. */
  readonly perCaller: number
  /** Bytes of a message. */
  readonly message: number
  readonly messagesPerSecond: number
  /** Answers that are read or asked for on one connection at the same time. */
  readonly streams: number
  /** Without a message and without an answer under way, ms. */
  readonly idleMs: number
  /** For the first message, which says who asks, ms. */
  readonly helloMs: number
  /** For a reader that takes nothing, ms. */
  readonly slowMs: number
}

/** Source: a person has some tabs open on some devices; an office shares an address. A message is a question with its history. */
export const SOCKET_LIMITS: SocketLimits = {
  perAddress: 64,
  perCaller: 8,
  message: 65_536,
  messagesPerSecond: 20,
  streams: 8,
  idleMs: 600_000,
  helloMs: 10_000,
  slowMs: 60_000,
}

export interface LiveSockets {
  /** Makes a WebSocket of a request that came through the checks of all. @throws request/upgrade-needed, auth/foreign-origin, limit/streams */
  open(request: FastifyRequest, reply: FastifyReply, socket: SocketReply): void
  /** Closes each one when what it was told is sent. */
  close(): Promise<void>
}

/** Source: what a browser that is asked to close needs to answer. */
const CLOSE_MS = 1_000

export function liveSockets(options: Omit<SessionOptions, 'limits'> & { readonly limits?: Partial<SocketLimits>; readonly heartbeatMs: number }): LiveSockets {
  const { world, settings } = options
  const limits = { ...SOCKET_LIMITS, ...options.limits }
  const server = new WebSocketServer({
    ...{ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: limits.message },
    // The ticket that may stand beside it is never repeated.
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  })
  const sessions = new Set<Session>()
  let isClosing = false
  const beat = setInterval(() => {
    for (const session of sessions) session.beat()
  }, options.heartbeatMs)
  beat.unref()

  return {
    open(request, reply, { publicationId }) {
      const upgrade = upgradeOf(request.raw)
      if (upgrade === undefined) {
        reply.header('upgrade', 'websocket')
        throw new AppError('request/upgrade-needed')
      }
      const { origin } = request.raw.headers
      // A page of another origin is let in where its other requests are; a program says none, and has its ticket.
      if (origin !== undefined && reply.getHeader('access-control-allow-origin') !== origin) assertOwnOrigin(request, settings)
      const leave = world.limiter.enter('address-sockets', addressKey(request.ip), limits.perAddress)
      if (leave === undefined) throw new AppError('limit/streams', { limit: 'address', most: limits.perAddress, retry_after: 5 })
      const { socket, head } = upgrade
      socket.once('close', leave)
      reply.hijack()
      reply.raw.detachSocket(socket as Parameters<typeof reply.raw.detachSocket>[0])
      server.handleUpgrade(request.raw, socket, head, (ws: WebSocket) => {
        world.log.info('request', { request_id: request.id, method: 'GET', route: request.routeOptions.url, status: 101, address: request.ip })
        const session = socketSession(ws, { ...options, limits }, { address: request.ip, origin, publicationId, ticket: ticketOf(request) })
        sessions.add(session)
        ws.once('close', () => sessions.delete(session))
        if (isClosing) session.end(CLOSE.closing)
      })
    },
    async close() {
      isClosing = true
      clearInterval(beat)
      await Promise.all(
        [...sessions].map(async (session) => {
          await session.settled(CLOSE_MS)
          session.end(CLOSE.closing)
          await session.closed(CLOSE_MS)
        }),
      )
    },
  }
}

function ticketOf(request: FastifyRequest): string | undefined {
  const offered = (request.raw.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim())
  return offered.find((one) => one.startsWith(TICKET_PROTOCOL))?.slice(TICKET_PROTOCOL.length)
}

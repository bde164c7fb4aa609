import { type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

export interface Upgrade {
  readonly socket: Duplex
  readonly head: Buffer
}

/** Requests that may become WebSockets. Every other one is answered as if it had not asked. */
export function isUpgrade({ method, url, headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): boolean {
  const path = url?.split('?')[0] ?? ''
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && /^\/api\/v1\/(?:public\/[\w-]{1,80}\/)?live$/.test(path)
}

const upgrades = new WeakMap<IncomingMessage, Upgrade>()

/**
 * Sends requests for an upgrade the way of all others, so that the same checks come before it: what is refused gets an
 * ordinary reply, and the connection ends with it.
 */
export function routeUpgrades(server: Server, routing: (request: IncomingMessage, response: ServerResponse) => void): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    upgrades.set(request, { socket, head })
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0])
    response.once('finish', () => socket.end())
    routing(request, response)
  })
}

export function upgradeOf(request: IncomingMessage): Upgrade | undefined {
  return upgrades.get(request)
}

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export interface Connections {
  /** Closes every connection without a request now, and each other one when its requests are answered. */
  closeIdle(): void
  closeAll(): void
}

/**
 * Knows which connections have a request under way. Node's own `closeIdleConnections` leaves out those that were
 * opened and never used, and browsers and HTTP clients open such ones ahead of need.
 */
export function trackConnections(server: Server): Connections {
  const busy = new Map<Socket, number>()
  let closing = false

  server.on('connection', (socket: Socket) => {
    busy.set(socket, 0)
    socket.once('close', () => busy.delete(socket))
    if (closing) socket.destroy()
  })
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request
    busy.set(socket, (busy.get(socket) ?? 0) + 1)
    response.once('close', () => {
      const left = (busy.get(socket) ?? 1) - 1
      if (busy.has(socket)) busy.set(socket, left)
      if (closing && left === 0) socket.destroySoon()
    })
  })
  // A WebSocket is under way until it is closed.
  server.on('upgrade', (_request: IncomingMessage, socket: Socket) => void busy.set(socket, 1))

  return {
    closeIdle() {
      closing = true
      for (const [socket, requests] of busy) if (requests === 0) socket.destroy()
    },
    closeAll() {
      for (const socket of busy.keys()) socket.destroy()
    },
  }
}

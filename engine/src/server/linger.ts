import type { IncomingMessage } from 'node:http'

const LINGER_MS = 1000

/**
 * Ends the connection of a request whose body nobody will read. Closing at once would reset the connection while the
 * client still sends, and it would never see our reply; reading on would let it send gigabytes for nothing. So we stop
 * reading, say that we are done, and give the client a moment to notice.
 */
export function closeGently(request: IncomingMessage): void {
  const { socket } = request
  request.pause()
  // Marks the body as taken, so that Node does not read the rest of it away when the reply is sent.
  request.read(0)
  socket.destroySoon = () => {
    socket.end()
    setTimeout(() => socket.destroy(), LINGER_MS).unref()
  }
}

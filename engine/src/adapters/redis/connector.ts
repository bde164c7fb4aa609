import { connect, isIP } from 'node:net'
import { connect as connectSafely } from 'node:tls'
import { AbstractConnector } from 'ioredis'

export interface RedisAddress {
  readonly host: string
  readonly port: number
  readonly isSafe: boolean
  readonly ca: string | undefined
}

/** How long the other side has to agree that a connection ends, in ms. */
const END_MS = 1000

/**
 * What the library connects with. Its own one hears the first error of a socket alone, and a TLS socket may have several: the
 * second one would end the process. It also does not tell the server which name it was reached by.
 */
export function connectorTo({ host, port, isSafe, ca }: RedisAddress) {
  // The library asks for a class.
  return class extends AbstractConnector {
    constructor() {
      super(END_MS)
    }
    async connect() {
      const name = isIP(host) === 0 ? { servername: host } : {}
      const stream = isSafe ? connectSafely({ host, port, ...name, ...(ca === undefined ? {} : { ca }) }) : connect({ host, port })
      stream.on('error', (error) => {
        this.firstError ??= error
      })
      this.stream = stream
      return stream
    }
  }
}

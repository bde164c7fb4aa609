import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeEach } from 'vitest'

/** What a provider was sent. */
export interface Sent<Body> {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  /** Parsed; an empty object where nothing was sent. */
  readonly body: Body
}

/**
 * A server in a provider's place for the tests of one file: it notes what it is sent since the test began and replies
 * as it is told.
 */
export async function providerServer<Body>(
  reply: (response: ServerResponse, body: Body, request: IncomingMessage) => void,
): Promise<{ readonly address: string; readonly seen: Sent<Body>[] }> {
  const seen: Sent<Body>[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    const body = (parts.length === 0 ? {} : JSON.parse(Buffer.concat(parts).toString())) as Body
    seen.push({ path: request.url ?? '', headers: request.headers, body })
    reply(response, body, request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  beforeEach(() => {
    seen.length = 0
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

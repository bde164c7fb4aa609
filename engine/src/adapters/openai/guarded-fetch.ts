import { lookup as resolveName } from 'node:dns'
import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { AppError } from '../../domain/errors.ts'
import { refusedAddress } from '../../domain/provider-address.ts'
import type { Fetch } from '../http.ts'

/** Parts of `fetch` that differ by where the connection really goes, for tests. */
export interface GuardOptions {
  readonly resolve?: LookupFunction
  readonly refused?: (address: string) => string | undefined
}

/**
 * A `fetch` for addresses that somebody typed into a page: each connection is checked at the moment that it is made, by the
 * IP address that it goes to, so that a name cannot lead elsewhere later. No redirect is followed, no proxy is asked.
 * @throws AppError model/refused for an address that is not asked; TypeError for network faults, as `fetch` does
 */
export function guardedFetch({ resolve = resolveName, refused = refusedAddress }: GuardOptions = {}): Fetch {
  // Its own connections: one that something else made was not checked.
  const agents = { 'http:': new PlainAgent({ keepAlive: true, timeout: IDLE_MS }), 'https:': new TlsAgent({ keepAlive: true, timeout: IDLE_MS }) }

  const lookup: LookupFunction = (host, options, told) => {
    resolve(host, { ...options, all: true }, (fault, found) => {
      const addresses = Array.isArray(found) ? found : []
      const reasons = addresses.flatMap(({ address }) => refused(address) ?? [])
      const [reason] = reasons
      const [first] = addresses
      if (fault !== null) return told(fault, [])
      // One bad address among good ones is somebody who tries.
      if (reason !== undefined) return told(new Refused(reason), [])
      if (options.all === true) return told(null, addresses)
      return told(null, first?.address ?? '', first?.family)
    })
  }

  return (address, { method, headers, body, signal }) =>
    new Promise((done, failed) => {
      const target = new URL(address)
      const fail = (cause: Error) => failed(cause instanceof Refused ? refusal(cause.message) : signal.aborted ? signal.reason : networkFault(cause))
      const literal = target.hostname.replace(/^\[|\]$/g, '')
      const reason = isIP(literal) === 0 ? undefined : refused(literal)
      if (reason !== undefined) return failed(refusal(reason))
      const [send, agent] = target.protocol === 'https:' ? [tlsRequest, agents['https:']] : [plainRequest, agents['http:']]
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
      if (signal.aborted) return failed(signal.reason)
      const request = send(target, { method, agent, lookup, headers: { 'accept-encoding': 'identity', ...headers, ...length } })
      // Not by the option `signal`: a connection that is just being given back for the next request is then ended by an error
      // that nobody listens to.
      let isComplete = () => false
      const stop = () => void (isComplete() || request.destroy())
      signal.addEventListener('abort', stop, { once: true })
      request.on('close', () => signal.removeEventListener('abort', stop))
      request.on('error', fail)
      request.on('response', (reply) => {
        isComplete = () => reply.complete
        const status = reply.statusCode ?? 0
        if (REDIRECTS.has(status) || status < 200) {
          request.destroy()
          return fail(new Error('unexpected redirect'))
        }
        reply.on('error', () => undefined) // told to who reads on; nobody may be reading when it comes
        const pairs = Object.entries(reply.headersDistinct).flatMap(([name, values]) => (values ?? []).map((value): [string, string] => [name, value]))
        done(new Response(EMPTY.has(status) ? null : ReadableStream.from(untilAborted(reply, signal)), { status, headers: pairs }))
      })
      request.end(body)
    })
}

const IDLE_MS = 30_000
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const EMPTY: ReadonlySet<number> = new Set([204, 205, 304])

/** Also what has come already is not given out after the signal. */
async function* untilAborted(reply: IncomingMessage, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const piece of reply) {
    signal.throwIfAborted()
    yield piece as Uint8Array
  }
  signal.throwIfAborted()
}

class Refused extends Error {}

function refusal(reason: string): AppError {
  return new AppError('model/refused', { reason: `the address of the server may not be asked: ${reason}` })
}

function networkFault(cause: Error): TypeError {
  return new TypeError('fetch failed', { cause })
}

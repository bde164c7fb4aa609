import { AppError } from '../../domain/errors.ts'

const TIMEOUT_MS = 10_000
/** Source: key sets and discovery documents have a few KiB; tokens with many groups some more. */
const REPLY_BYTES = 1_048_576
const PASSING: readonly number[] = [408, 425, 429]

/**
 * Talks to the provider: one attempt with a deadline, no redirects, a bounded reply that is read to its end.
 * @throws AppError provider/unavailable for whatever may pass
 */
export type Exchange = (url: string, init?: RequestInit) => Promise<Response>

export function exchange(provider: string, fetched: typeof fetch): Exchange {
  const unavailable = (reason: string, cause?: unknown) => new AppError('provider/unavailable', { provider, reason }, cause)
  return async (url, init) => {
    let reply: Response
    let body: Uint8Array
    try {
      reply = await fetched(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
      body = await bytesOf(reply)
    } catch (fault) {
      throw unavailable(fault instanceof Error && fault.name === 'TimeoutError' ? `no answer within ${TIMEOUT_MS} ms` : 'the connection broke', fault)
    }
    if (reply.status >= 500 || PASSING.includes(reply.status)) throw unavailable(`it answered ${reply.status}`)
    return new Response(body.byteLength === 0 ? null : new Uint8Array(body), { status: reply.status, headers: reply.headers })
  }
}

async function bytesOf(reply: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of reply.body ?? []) {
    length += part.byteLength
    if (length > REPLY_BYTES) throw new Error('the reply is too large')
    parts.push(part)
  }
  return Buffer.concat(parts)
}

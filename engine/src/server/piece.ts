import type { Readable } from 'node:stream'
import { AppError } from '../domain/errors.ts'

export interface PieceOptions {
  /** How long the client may be silent. */
  readonly idleMs: number
  readonly signal: AbortSignal
}

/**
 * The body of a request as it comes in, with back-pressure. It fails when the client goes away or stalls, or its right is
 * taken away, and never ends early. Leaving it does not end the connection, so that the reply can still be sent.
 */
export async function* pieceOf(bytes: Readable | undefined, options: PieceOptions): AsyncGenerator<Uint8Array> {
  if (bytes === undefined || bytes === null) return // a request without a body
  // It is never told to return: that would destroy the request, and with it the connection.
  const source = bytes[Symbol.asyncIterator]()
  try {
    for (;;) {
      const step = await inTime(source.next(), options)
      if (step.done === true) break
      yield step.value as Uint8Array
    }
  } catch (fault) {
    if (options.signal.aborted) throw reasonOf(options.signal, fault)
    throw fault instanceof AppError ? fault : new AppError('request/aborted', {}, fault)
  }
  if (options.signal.aborted) throw reasonOf(options.signal, undefined)
}

function reasonOf(signal: AbortSignal, fault: unknown): AppError {
  return signal.reason instanceof AppError ? signal.reason : new AppError('request/aborted', {}, fault)
}

function inTime<T>(work: Promise<T>, { idleMs, signal }: PieceOptions): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new AppError('request/timeout', { idle_seconds: idleMs / 1000 })), idleMs)
    const gone = () => reject(reasonOf(signal, undefined))
    if (signal.aborted) gone()
    signal.addEventListener('abort', gone, { once: true })
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      signal.removeEventListener('abort', gone)
    })
  })
}

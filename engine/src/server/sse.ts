import type { ServerResponse } from 'node:http'
import type { AppError } from '../domain/errors.ts'

export interface ServerEvent {
  readonly event: string
  readonly data: unknown
}

export interface StreamOptions {
  readonly headers: Readonly<Record<string, string>>
  /** Aborted when the client has left or the server closes. */
  readonly signal: AbortSignal
  readonly heartbeatMs: number
  /** Names of events that end the stream; exactly one of them is sent. */
  readonly last: readonly string[]
  /** Checks and renders the data of an event. */
  render(event: ServerEvent): string
  /** What is sent when the source fails or ends without an ending. */
  failure(fault: unknown): { readonly event: ServerEvent; readonly error: AppError }
}

/**
 * Sends events as they come. The head waits for the first event, so that a fault before it is an ordinary error reply.
 * A slow reader slows the source (nothing is queued beyond the socket's buffer); comments keep proxies from closing.
 */
export async function sendEvents(response: ServerResponse, source: AsyncIterable<ServerEvent>, options: StreamOptions, begin: () => void): Promise<void> {
  const { signal } = options
  const events = source[Symbol.asyncIterator]()
  let step = await beforeAbort(events.next(), signal)
  begin()
  response.writeHead(200, { ...options.headers, 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(': still here\n\n')
  }, options.heartbeatMs)
  let number = 0
  let ended = false
  const send = async (text: string, name: string) => {
    number += 1
    if (!response.write(`id: ${number}\nevent: ${name}\ndata: ${text}\n\n`)) await beforeAbort(drained(response), signal)
  }
  try {
    while (step.done !== true && !ended) {
      const text = options.render(step.value)
      ended = options.last.includes(step.value.event)
      await send(text, step.value.event)
      if (!ended) step = await beforeAbort(events.next(), signal)
    }
    if (!ended) throw new Error('the source of events ended without an ending')
  } catch (fault) {
    const { event } = options.failure(fault)
    if (!ended && !response.destroyed) response.write(`id: ${number + 1}\nevent: ${event.event}\ndata: ${options.render(event)}\n\n`)
  } finally {
    clearInterval(heartbeat)
    response.end()
    // The source may be in the middle of something that does not listen; whoever waits for us need not wait for it.
    void Promise.resolve(events.return?.()).catch(options.failure)
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
}

function beforeAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

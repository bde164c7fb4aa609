import type { ServerResponse } from 'node:http'
import { abortable } from '../domain/abort.ts'
import type { AppError } from '../domain/errors.ts'
import type { LiveEvent } from './live/events.ts'

export interface ServerEvent {
  readonly event: string
  readonly data: unknown
}

interface Sending {
  readonly headers: Readonly<Record<string, string>>
  readonly heartbeatMs: number
  /** Names of events that end the stream; exactly one of them is sent. */
  readonly last: readonly string[]
}

export interface StreamOptions extends Sending {
  /** Aborted when the client has left or the server closes. */
  readonly signal: AbortSignal
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
  const until = abortable(options.signal)
  const events = source[Symbol.asyncIterator]()
  let step = await until(events.next())
  begin()
  const stop = beginEvents(response, options)
  let number = 0
  let ended = false
  try {
    while (step.done !== true && !ended) {
      const text = options.render(step.value)
      ended = options.last.includes(step.value.event)
      number += 1
      if (!response.write(frameOf({ seq: number, event: step.value.event, text }))) await until(drained(response))
      if (!ended) step = await until(events.next())
    }
    if (!ended) throw new Error('the source of events ended without an ending')
  } catch (fault) {
    const { event } = options.failure(fault)
    if (!ended && !response.destroyed) response.write(frameOf({ seq: number + 1, event: event.event, text: options.render(event) }))
  } finally {
    stop()
    response.end()
    // The source may be in the middle of something that does not listen; whoever waits for us need not wait for it.
    void Promise.resolve(events.return?.()).catch(options.failure)
  }
}

export interface LiveOptions extends Sending {
  /** Aborted when the client has left, or may no longer read. */
  readonly signal: AbortSignal
  /** Of a reader that takes nothing: after this long it is cut off, ms. */
  readonly slowMs: number
  /** How an event looks to this reader; may be nothing. */
  render(event: LiveEvent): string
  /** What a reader is told who may no longer read; undefined when it is gone. */
  failure(fault: unknown): Omit<LiveEvent, 'seq'> | undefined
  /** All of it was sent to a reader who was there until the end. */
  delivered?(): void
}

/** Sends what a stream told and tells, to one of its readers. A reader that is cut off sees no ending, and may come back. */
export async function sendLive(response: ServerResponse, follow: (signal: AbortSignal) => AsyncIterable<LiveEvent>, options: LiveOptions): Promise<void> {
  const { signal, last, render, slowMs } = options
  const until = abortable(signal)
  const stop = beginEvents(response, options)
  let seq = 0
  let ended = false
  try {
    for await (const event of follow(signal)) {
      seq = event.seq
      ended = last.includes(event.event)
      const text = render(event)
      if (text !== '' && !response.write(text) && !(await until(drained(response, slowMs)))) {
        ended = false // what waits in the socket would wait for ever
        break
      }
      if (!ended) continue
      response.once('finish', () => options.delivered?.())
      break
    }
  } catch (fault) {
    const told = ended ? undefined : options.failure(fault)
    if (told !== undefined && !response.destroyed) {
      response.write(render({ ...told, seq: seq + 1 }))
      ended = true
    }
  } finally {
    stop()
    if (ended) response.end()
    else response.destroy()
  }
}

export function frameOf({ seq, event, text }: LiveEvent): string {
  return `id: ${seq}\nevent: ${event}\ndata: ${text}\n\n`
}

/** @returns how to stop the heartbeats */
function beginEvents(response: ServerResponse, { headers, heartbeatMs }: Sending): () => void {
  response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
  response.flushHeaders()
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(': still here\n\n')
  }, heartbeatMs)
  return () => clearInterval(heartbeat)
}

/** @returns false when it took longer than that */
function drained(response: ServerResponse, slowMs?: number): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (isDrained: boolean) => {
      clearTimeout(timer)
      response.off('drain', onDrain)
      response.off('close', onDrain)
      resolve(isDrained)
    }
    const onDrain = () => end(true)
    const timer = slowMs === undefined ? undefined : setTimeout(() => end(false), slowMs)
    response.on('drain', onDrain)
    response.on('close', onDrain)
  })
}

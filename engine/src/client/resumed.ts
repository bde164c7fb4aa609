import { pause } from '../domain/abort.ts'
import { AppError } from '../domain/errors.ts'

/** Events of one connection. */
export interface Opened {
  /** Of the stream, as the server told it; undefined of an older server. */
  readonly stream: string | undefined
  readonly events: AsyncIterable<Told>
}

export interface Told {
  /** From 1; undefined when the server numbers none. */
  readonly id: number | undefined
  readonly event: string
  readonly data: unknown
}

/** How an answer is asked for, read on and stopped. */
export interface Line {
  ask(): Promise<Opened>
  /** Called once it is known under which id it can be read on. */
  began?(stream: string): void
  /** Undefined: nothing comes after that event. */
  readOn(stream: string, after: number): Promise<Opened | undefined>
  stop(stream: string): Promise<void>
}

/** Source: a network that changes is back within seconds; an answer goes on for thirty of them by default. */
const PAUSES_MS = [100, 300, 1_000, 2_000, 4_000, 8_000] as const

/** An answer that somebody asked for before. */
export interface Begun {
  readonly stream: string
  /** Number of the last event that is not told again; 0 for all of it. */
  readonly after: number
}

/**
 * The events of an answer, each once and in order, whatever becomes of the connection: after a cut it is read on where it was,
 * six times at most without anything new. With `begun` nothing is asked: it is read on from there. Leaving the loop stops the answer.
 * @throws what the server told, stream/not-found when it was away for too long, server/unreachable, the signal's reason
 */
export async function* resumed(line: Line, last: readonly string[], signal: AbortSignal | undefined, begun?: Begun): AsyncGenerator<Told, void> {
  let opened: Opened | undefined = begun === undefined ? await line.ask() : undefined
  const stream = begun?.stream ?? opened?.stream
  let [after, tries, isOver] = [begun?.after ?? 0, 0, false]
  try {
    if (begun !== undefined) {
      opened = await line.readOn(begun.stream, after).catch((fault: unknown) => again(begun.stream, fault))
      isOver = opened === undefined
      if (isOver) return
    } else if (stream !== undefined) line.began?.(stream)
    while (opened !== undefined) {
      try {
        for await (const told of opened.events) {
          if (told.id !== undefined && told.id <= after) continue
          after = told.id ?? after
          tries = 0
          isOver = last.includes(told.event)
          yield told
          if (isOver) return
        }
        throw new AppError('server/unreachable', { reason: 'the stream was cut off' })
      } catch (fault) {
        if (!isCut(fault) || stream === undefined || signal?.aborted === true) throw fault
        opened = await again(stream, fault)
      }
    }
    throw new AppError('server/unreachable', { reason: 'the stream ended without an ending' })
  } catch (fault) {
    // What the server told itself, it has ended.
    isOver ||= fault instanceof AppError && fault.code !== 'server/unreachable' && signal?.aborted !== true
    throw fault
  } finally {
    if (!isOver && stream !== undefined) await line.stop(stream).catch(() => undefined) // it stops by itself a little later
  }

  async function again(id: string, cut: unknown): Promise<Opened | undefined> {
    for (let fault = cut; ; ) {
      const ms = PAUSES_MS[tries]
      if (ms === undefined || !mayPass(fault)) throw fault
      tries += 1
      await pause(ms, signal)
      try {
        return await line.readOn(id, after)
      } catch (error) {
        fault = error
      }
    }
  }
}

/** Whether a stream that could not be opened may be in a moment. */
function mayPass(fault: unknown): boolean {
  return isCut(fault) || (fault instanceof AppError && (fault.status === 503 || fault.code === 'limit/rate'))
}

function isCut(fault: unknown): boolean {
  return fault instanceof AppError && fault.code === 'server/unreachable'
}

import type { RouteShape } from '../../api/route.ts'
import { type Caller, usageSubject } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import type { World } from '../../ports/world.ts'
import type { Gate } from '../gate.ts'
import { appErrorOf, logFault, withoutSaid } from '../problems.ts'
import type { ServerEvent } from '../sse.ts'
import { type Hub, ownerOf } from './hub.ts'
import { runOf } from './left.ts'
import type { Asks, LiveStream } from './stream.ts'

export type EventsShape = Extract<RouteShape['reply'], { kind: 'events' }>

/** An answer that somebody who was let in asks for, by HTTP or by WebSocket. */
export interface Asking {
  /** For the log. */
  readonly route: string
  readonly requestId: string
  readonly shape: EventsShape
  readonly caller: Caller
  readonly address: string
  readonly resumable: boolean
  readonly alias?: string
  /** Aborted when whoever asks has left, and when a right was taken, until `outlive` is called. */
  readonly gone: AbortSignal
  outlive(abort: (reason: AppError) => void): () => void
  /** `runId` is under which its state is kept, when it may be resumed. */
  answer(signal: AbortSignal, asks: Asks, runId: string | undefined): AsyncIterable<ServerEvent>
}

export type Ask = (asking: Asking) => Promise<LiveStream>

/**
 * Begins answers. Each takes one of the caller's places for streams until it has ended, and ends when a right that it stands
 * on is taken away, whether somebody reads it or not. @throws limit/streams, and what comes before its first event
 */
export function asker({ world, gate, hub }: { readonly world: Pick<World, 'log' | 'hash'>; readonly gate: Gate; readonly hub: Hub }): Ask {
  return async (asking) => {
    const { caller, shape, gone } = asking
    const leave = await gate.stream(caller, asking.address)
    try {
      const stream = await hub.begin({
        owner: ownerOf(caller),
        publicationId: caller.publicationId,
        resumable: asking.resumable,
        ...(asking.alias === undefined ? {} : { alias: asking.alias }),
        gone,
        source: (signal, asks, id) => asking.answer(signal, asks, id === undefined ? undefined : runOf(world, ownerOf(caller), id)),
        last: shape.last,
        render: rendererOf(asking.route, shape),
        failure(fault) {
          const error = appErrorOf(fault)
          if (error.code !== 'server/closing') logFault(world.log, error, { request_id: asking.requestId, route: asking.route })
          return { event: shape.failure, data: { error: withoutSaid(error).body() } }
        },
      })
      const release = asking.outlive((reason) => stream.end(reason))
      if (gone.aborted && gone.reason instanceof AppError && gone.reason.code !== 'request/aborted') stream.end(gone.reason)
      void stream.ended.then(() => {
        release()
        leave()
      })
      return stream
    } catch (fault) {
      leave()
      throw fault
    }
  }
}

/** Checks the data of an event against the table and renders it. */
export function rendererOf(route: string, shape: EventsShape): (event: ServerEvent) => string {
  return ({ event, data }) => {
    const schema = shape.events[event]
    if (schema === undefined) throw new Error(`${route} has no event ${event}`)
    return JSON.stringify(schema.parse(data))
  }
}

export function countRequest(world: Pick<World, 'ledger'>, caller: Caller, databaseId: string | undefined): void {
  world.ledger.count(usageSubject(caller, databaseId), { requests: 1 })
}

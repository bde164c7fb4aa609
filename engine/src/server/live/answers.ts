import type { RouteShape } from '../../api/route.ts'
import { ROUTES } from '../../api/routes.ts'
import { answerEvents } from '../../api/search.ts'
import { type Caller, usageSubject } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import { isLeft } from '../../flows/ask.ts'
import type { World } from '../../ports/world.ts'
import type { Client } from '../client.ts'
import type { Entry, Knock } from '../entry.ts'
import type { Gate } from '../gate.ts'
import type { AnswerRun, Handlers } from '../handler.ts'
import { appErrorOf, checked, logFault, withoutSaid } from '../problems.ts'
import type { ServerEvent } from '../sse.ts'
import type { Followable } from './events.ts'
import { type Hub, ownerOf } from './hub.ts'
import { type Asked, type LeftAnswer, runOf } from './left.ts'
import type { Asks, LiveStream } from './stream.ts'

export type EventsShape = Extract<RouteShape['reply'], { kind: 'events' }>

/** An answer that somebody who was let in asks for, by HTTP or by WebSocket. */
export interface Asking {
  readonly asked: Asked
  readonly requestId: string
  readonly shape: EventsShape
  readonly caller: Caller
  readonly address: string
  readonly resumable: boolean
  /** It goes on with this. */
  readonly left?: LeftAnswer
  /** Aborted when whoever asks has left, and when a right was taken, until `outlive` is called. */
  readonly gone: AbortSignal
  outlive(abort: (reason: AppError) => void): () => void
  /** `run` tells how its state is kept, when it may be resumed. */
  answer(signal: AbortSignal, asks: Asks, run: AnswerRun | undefined): AsyncIterable<ServerEvent>
}

export type Ask = (asking: Asking) => Promise<LiveStream>

/**
 * Begins answers. Each takes one of the caller's places for streams until it has ended, and ends when a right that it stands
 * on is taken away, whether somebody reads it or not. @throws limit/streams, and what comes before its first event
 */
export function asker({ world, gate, hub }: { readonly world: Pick<World, 'log' | 'hash' | 'checkpoints'>; readonly gate: Gate; readonly hub: Hub }): Ask {
  return async (asking) => {
    const { asked, caller, shape, gone, left } = asking
    const { route, alias } = asked
    const owner = ownerOf(caller)
    const leave = await gate.stream(caller, asking.address)
    let isLeftNow = async () => false
    try {
      const stream = await hub.begin({
        owner,
        publicationId: caller.publicationId,
        resumable: asking.resumable,
        ...(alias === undefined ? {} : { alias }),
        ...(left === undefined ? {} : { id: left.facts.id }),
        gone,
        source(signal, asks, id) {
          const run = id === undefined ? undefined : { id: runOf(world, owner, id), asked, left }
          isLeftNow = () => isLeft(world, run?.id, signal)
          return asking.answer(signal, asks, run)
        },
        isLeft: () => isLeftNow(),
        last: shape.last,
        render: rendererOf(route, shape),
        failure(fault) {
          const error = appErrorOf(fault)
          if (error.code !== 'server/closing') logFault(world.log, error, { request_id: asking.requestId, route })
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

/** Who comes back for an answer. */
export interface Returning {
  readonly requestId: string
  readonly address: string
  readonly client: Client
  readonly shown: Knock['shown']
  /** Aborted when they have left. */
  readonly gone: AbortSignal
  keepChecking(check: () => Promise<unknown>): void
  outlive(abort: (reason: AppError) => void): () => void
}

/** A stream to be read: what a process that is gone left is asked again first, where it may be. @throws as Hub.goOn */
export type GoOn = (found: Followable, who: Returning) => Promise<Followable>

/**
 * Asks again what a stopped server left, at its own route: in the name of whoever comes back, with the rights that they have now,
 * and in a new place for streams. It was counted when it was asked first.
 */
export function resumer(made: { readonly entry: Entry; readonly hub: Hub; readonly handlers: Handlers; readonly ask: Ask }): GoOn {
  const { entry, hub, handlers, ask } = made

  async function begin(left: LeftAnswer, asked: Asked, who: Returning, revoked: AbortSignal, release: () => void): Promise<LiveStream> {
    const { parameters } = asked
    const route: RouteShape = ROUTES[asked.route]
    const { caller, database } = await entry.look({ route, parameters, address: who.address, shown: who.shown })
    if (caller === undefined || ownerOf(caller) !== left.facts.owner) throw new AppError('stream/not-found', { stream: left.facts.id })
    if (route.body === undefined) throw new AppError('answer/interrupted') // of another version of this program
    const handler = handlers[asked.route] as (input: Readonly<Record<string, unknown>>) => ReturnType<Asking['answer']>
    const input = {
      ...{ caller, parameters, query: {}, form: undefined, body: checked(route.body, asked.body, 'body') },
      ...(database === undefined ? {} : { database }),
      ...{ client: who.client, keepChecking: who.keepChecking, note: () => undefined },
    }
    return ask({
      ...{ asked, requestId: who.requestId, shape: shapeOf(route), caller, address: who.address, resumable: true, left },
      // Whoever comes back may be cut off again before it has begun: it goes on all the same.
      gone: revoked,
      outlive(abort) {
        revoked.addEventListener('abort', () => abort(revoked.reason as AppError), { once: true })
        return release
      },
      answer: (signal, asks, run) => handler({ ...input, signal, asks, run }),
    })
  }

  return (found, who) =>
    hub.goOn(found, async (left) => {
      if (left.asked === undefined) throw new AppError('answer/interrupted')
      // Their rights are watched no longer.
      if (who.gone.aborted) throw new AppError('request/aborted')
      const revoked = new AbortController()
      const release = who.outlive((reason) => revoked.abort(reason))
      try {
        return await begin(left, left.asked, who, revoked.signal, release)
      } catch (fault) {
        release()
        throw fault
      }
    })
}

function shapeOf({ reply }: RouteShape): EventsShape {
  return reply.kind === 'events' ? reply : answerEvents
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

import type { RawData, WebSocket } from 'ws'
import { ROUTES, type RouteName } from '../../api/routes.ts'
import { atMost } from '../../domain/abort.ts'
import type { Caller } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import type { World } from '../../ports/world.ts'
import type { Settings } from '../../settings.ts'
import { type Entered, type Entry, type Knock, standFor } from '../entry.ts'
import type { Gate } from '../gate.ts'
import type { Handlers } from '../handler.ts'
import { appErrorOf, checked, logFault, withoutSaid } from '../problems.ts'
import type { RightsWatch } from '../revocation.ts'
import { type Ask, countRequest, type EventsShape, type GoOn } from './answers.ts'
import type { Followable } from './events.ts'
import { type AskFrame, CLOSE, type ClientFrame, clientFrame } from './frames.ts'
import { type Hub, ownerOf } from './hub.ts'
import { outbox } from './outbox.ts'
import { seenStream } from './see.ts'
import type { SocketLimits } from './sockets.ts'
import { takeTicket } from './tickets.ts'

export interface SessionOptions {
  readonly world: World
  readonly settings: Settings
  readonly gate: Gate
  readonly entry: Entry
  readonly rights: RightsWatch
  readonly hub: Hub
  readonly ask: Ask
  readonly goOn: GoOn
  readonly handlers: Handlers
  readonly limits: SocketLimits
}

/** Where a connection came from. */
export interface From {
  readonly address: string
  readonly origin: string | undefined
  readonly publicationId: string | undefined
  /** From its subprotocol. */
  readonly ticket: string | undefined
}

export interface Session {
  /** Every 15 seconds: sees whether the other end is still there, and whether anything goes on. */
  beat(): void
  end(code: number): void
  /** Resolves when no answer is on its way any more, or after that many ms. */
  settled(ms: number): Promise<void>
  closed(ms: number): Promise<void>
}

type Credential = Knock['shown']
const noHeader = () => undefined

/**
 * One WebSocket. Whoever is at the other end shows a ticket first; then every question, and every stream that is read again,
 * comes through the same door as a request does.
 */
export function socketSession(ws: WebSocket, options: SessionOptions, from: From): Session {
  const { world, entry, rights, hub, ask, limits } = options
  const { address, publicationId } = from
  const gone = new AbortController()
  const reading = new Map<string, Promise<void>>()
  const box = outbox(ws, limits.slowMs)
  let shown: Credential | undefined
  let opening: Promise<void> | undefined
  let asked = 0
  let isAlive = true
  let lastAt = performance.now()
  let budget = limits.messagesPerSecond * 2
  let refilledAt = lastAt
  const closed = Promise.withResolvers<void>()
  const onClose: (() => void)[] = []
  const hello = setTimeout(() => refuse(new AppError('auth/required'), CLOSE.unauthorised), limits.helloMs)

  ws.on('message', (data, isBinary) => void received(data, isBinary))
  ws.on('pong', () => {
    isAlive = true
  })
  ws.on('error', () => ws.terminate())
  ws.once('close', () => {
    clearTimeout(hello)
    gone.abort(new AppError('request/aborted'))
    for (const leave of onClose) leave()
    closed.resolve()
  })
  if (from.ticket !== undefined) opening = open(from.ticket)

  async function received(data: RawData, isBinary: boolean): Promise<void> {
    lastAt = performance.now()
    budget = Math.min(limits.messagesPerSecond * 2, budget + ((lastAt - refilledAt) * limits.messagesPerSecond) / 1000) - 1
    refilledAt = lastAt
    if (budget < 0) return refuse(new AppError('limit/rate', { limit: 'messages', retry_after: 1 }), CLOSE.tooMany)
    const frame = isBinary ? undefined : frameOf(String(data))
    if (frame === undefined) return refuse(new AppError('request/invalid', { in: 'message', problems: ['message: is none of version 1'] }), CLOSE.badFrame)
    const about = frame.type === 'ask' ? { id: frame.id } : frame.type === 'hello' ? {} : { stream: frame.stream }
    try {
      await answered(frame)
    } catch (fault) {
      failed(fault, about)
    }
  }

  async function answered(frame: ClientFrame): Promise<void> {
    if (frame.type === 'hello') {
      if (opening !== undefined) throw new AppError('request/invalid', { in: 'message', problems: ['hello: was said already'] })
      opening = open(frame.ticket)
      return opening
    }
    if (opening === undefined) return refuse(new AppError('auth/required'), CLOSE.unauthorised)
    await opening
    if (shown === undefined || gone.signal.aborted) return
    if (frame.type === 'ask') return begin(frame, shown)
    const visits = publicationId !== undefined
    if (frame.type === 'stop') {
      const { caller } = await enter(visits ? 'stopVisitorStream' : 'stopStream', { stream: frame.stream }, shown)
      await (await seenStream(world, hub, caller, frame.stream)).stream.stop()
      return box.send({ type: 'stopped', stream: frame.stream })
    }
    const { caller, knock } = await enter(visits ? 'resumeVisitorStream' : 'resumeStream', { stream: frame.stream }, shown)
    const { stream: found, look } = await seenStream(world, hub, caller, frame.stream)
    if (reading.has(found.id)) throw new AppError('request/invalid', { in: 'message', problems: ['stream: is read on this connection'] })
    if (frame.after > 0 && (await found.isOver(frame.after))) return box.send({ type: 'over', stream: found.id })
    mayRead()
    const until = new AbortController()
    const standing = standFor(
      rights,
      caller,
      () => entry.look(knock),
      (reason) => until.abort(reason),
    )
    standing.keepChecking(look)
    const { keepChecking, outlive, release } = standing
    try {
      const who = { requestId: world.newId('req'), address, client: clientHere(shown), shown, gone: gone.signal, keepChecking, outlive }
      const stream = found.left === undefined ? found : await options.goOn(found, who)
      if (reading.has(stream.id)) throw new AppError('request/invalid', { in: 'message', problems: ['stream: is read on this connection'] })
      read(stream, frame.after, undefined, AbortSignal.any([gone.signal, until.signal]), release)
    } catch (fault) {
      release()
      throw fault
    }
  }

  async function open(ticket: string): Promise<void> {
    clearTimeout(hello)
    try {
      await admit(ticket)
    } catch (fault) {
      refuse(appErrorOf(fault), CLOSE.unauthorised)
    }
  }

  async function admit(ticket: string): Promise<void> {
    const admission = await takeTicket(world, ticket, { origin: from.origin, publicationId })
    if (admission === undefined) {
      await options.gate.refused(address, true, noHeader)
      return refuse(new AppError('auth/invalid'), CLOSE.unauthorised)
    }
    const credential = () => ({ ...admission.presented, address })
    const knock = knockFor(publicationId === undefined ? 'liveTicket' : 'visitorLiveTicket', {}, credential)
    const { caller } = await entry.look(knock)
    if (caller === undefined) throw new AppError('auth/required')
    if (caller.kind !== 'operator') {
      const leave = world.limiter.enter('caller-sockets', ownerOf(caller), limits.perCaller)
      if (leave === undefined) return refuse(new AppError('limit/streams', { limit: 'sockets', most: limits.perCaller, retry_after: 5 }), CLOSE.tooMany)
      if (gone.signal.aborted) return leave()
      onClose.push(leave)
    }
    const standing = standFor(
      rights,
      caller,
      () => entry.look(knock),
      (reason) => refuse(reason, CLOSE.unauthorised),
    )
    onClose.push(standing.release)
    if (gone.signal.aborted) return standing.release()
    shown = credential
    box.send({ type: 'ready' })
  }

  async function begin({ v: _, type: __, id, database, ...fields }: AskFrame, credential: Credential): Promise<void> {
    const name = publicationId !== undefined ? 'publicAsk' : database === undefined ? 'askSeveral' : 'ask'
    mayRead()
    asked += 1
    const started = performance.now()
    const requestId = world.newId('req')
    const until = new AbortController()
    let status = 200
    let who: Entered | undefined
    let letGo: (() => void) | undefined
    try {
      const entered = await enter(name, database === undefined ? {} : { database }, credential)
      who = entered
      const standing = standFor(
        rights,
        entered.caller,
        () => entry.look(entered.knock),
        (reason) => until.abort(reason),
      )
      letGo = standing.release
      const given = name === 'publicAsk' && database !== undefined ? { ...fields, database } : fields
      const handler = options.handlers[name] as (input: Readonly<Record<string, unknown>>) => ReturnType<Parameters<Ask>[0]['answer']>
      const input = {
        ...{ caller: entered.caller, parameters: entered.knock.parameters, query: {}, form: undefined },
        ...(entered.database === undefined ? {} : { database: entered.database }),
        client: clientHere(credential),
        keepChecking: standing.keepChecking,
        note: () => undefined,
      }
      const body = checked(ROUTES[name].body, given, 'body')
      const stream = await ask({
        ...{
          asked: { route: name, parameters: entered.knock.parameters, body, alias: undefined },
          requestId,
          shape: ROUTES[name].reply as EventsShape,
          caller: entered.caller,
          address,
          resumable: true,
        },
        gone: AbortSignal.any([gone.signal, until.signal]),
        outlive: standing.outlive,
        answer: (signal, asks, run) => handler({ ...input, body, signal, asks, run }),
      })
      read(stream, 0, id, gone.signal)
    } catch (fault) {
      letGo?.()
      const error = appErrorOf(fault)
      status = error.status
      logFault(world.log, error, { request_id: requestId, route: name })
      throw error
    } finally {
      asked -= 1
      if (who?.caller !== undefined && status !== 429) countRequest(world, who.caller, who.database?.id)
      const ms = Math.round(performance.now() - started)
      world.log.info('request', { request_id: requestId, method: 'WS', route: ROUTES[name].path, status, ms, caller: who?.caller?.id, address })
    }
  }

  async function enter(
    name: RouteName,
    parameters: Readonly<Record<string, string>>,
    credential: Credential,
  ): Promise<Entered & { caller: Caller; knock: Knock }> {
    const knock = knockFor(name, parameters, credential)
    const entered = await entry.enter(knock, noHeader)
    if (entered.caller === undefined) throw new AppError('auth/required')
    return { ...entered, caller: entered.caller, knock }
  }

  function knockFor(name: RouteName, parameters: Readonly<Record<string, string>>, credential: Credential): Knock {
    return {
      route: ROUTES[name],
      parameters: { ...parameters, ...(publicationId === undefined ? {} : { publication: publicationId }) },
      address,
      shown: credential,
    }
  }

  function mayRead(): void {
    if (asked + reading.size >= limits.streams) throw new AppError('limit/streams', { limit: 'socket', most: limits.streams, retry_after: 5 })
  }

  function read(stream: Followable, after: number, id: string | undefined, signal: AbortSignal, release: () => void = noHeader): void {
    const work = box.stream(stream, after, id, signal).catch((fault: unknown) => {
      const error = appErrorOf(fault)
      if (!gone.signal.aborted) failed(error, { ...(id === undefined ? {} : { id }), stream: stream.id })
    })
    reading.set(
      stream.id,
      work.finally(() => {
        reading.delete(stream.id)
        lastAt = performance.now()
        release()
      }),
    )
  }

  function clientHere(credential: Credential) {
    const never = () => {
      throw new Error('a WebSocket has no head to set anything in')
    }
    return {
      ...{ address, label: 'a program', origin: from.origin, publicUrl: options.settings.PUBLIC_URL ?? '', pending: undefined },
      ...{ assertOwnOrigin: never, setSession: never, setPending: never, setHeader: noHeader, presented: credential },
    }
  }

  function failed(fault: unknown, about: object = {}): void {
    const error = appErrorOf(fault)
    box.send({ type: 'error', ...about, error: withoutSaid(error).body() })
  }

  function refuse(error: AppError, code: number): void {
    failed(error)
    ws.close(code, error.code)
  }

  return {
    beat() {
      if (!isAlive) return ws.terminate()
      isAlive = false
      ws.ping()
      if (asked + reading.size === 0 && performance.now() - lastAt > limits.idleMs) ws.close(CLOSE.idle, 'idle')
    },
    end: (code) => ws.close(code),
    settled: (ms) => atMost(ms, Promise.all(reading.values())),
    closed: (ms) => atMost(ms, closed.promise).finally(() => ws.terminate()),
  }
}

function frameOf(text: string): ClientFrame | undefined {
  try {
    return clientFrame.parse(JSON.parse(text))
  } catch {
    return undefined // whatever it was, it is told as one that is not known
  }
}

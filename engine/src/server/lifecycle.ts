import type { AddressInfo } from 'node:net'
import { answerEvents } from '../api/search.ts'
import { AppError } from '../domain/errors.ts'
import type { World } from '../ports/world.ts'
import type { Settings } from '../settings.ts'
import { trackConnections } from './connections.ts'
import { dispatcher } from './dispatch.ts'
import { entryOf } from './entry.ts'
import { FLOWS, type Flows } from './flows.ts'
import { type Gate, OPEN_GATE } from './gate.ts'
import { handlersOf } from './handlers.ts'
import { httpServer } from './http.ts'
import { asker, resumer } from './live/answers.ts'
import { liveHub } from './live/hub.ts'
import { leftAnswers } from './live/left.ts'
import { liveReplies } from './live/replies.ts'
import { liveSockets, type SocketLimits } from './live/sockets.ts'
import { watchRights } from './revocation.ts'
import type { WebFiles } from './web-files.ts'

/** Connections that wait to be accepted: a thousand that come within a second are not dropped while others are being answered. */
const BACKLOG = 4096

export interface ServerOptions {
  readonly world: World
  readonly settings: Settings
  /** Instead of the real ones: for tests of what happens when they fail. */
  readonly flows?: Flows
  /** Instead of the real one: for tests of what lies behind it. */
  readonly gate?: Gate
  /** The web app; without it only the API is served. */
  readonly web?: WebFiles | undefined
  /** Called after a request that may have queued work. */
  readonly onChange?: () => void
  /** Milliseconds; 15,000 unless told. */
  readonly heartbeatMs?: number
  /** Milliseconds between two looks at a watched job; 250 unless told. */
  readonly pollMs?: number
  /** Milliseconds that requests under way get to finish when the server closes; 3,000 unless told: a supervisor may wait no longer than five seconds. */
  readonly graceMs?: number
  /** Of streams and WebSockets, for tests and measurements. */
  readonly live?: { readonly keepMs?: number; readonly leaseMs?: number; readonly graceMs?: number }
  readonly sockets?: Partial<SocketLimits>
  /** Milliseconds after which a reader that takes nothing is cut off; 60,000 unless told. */
  readonly slowMs?: number
}

export interface RunningServer {
  /** Such as http://127.0.0.1:8000. */
  readonly address: string
  /**
   * Takes no more requests, ends the streams with `server/closing`, lets requests under way finish within the grace
   * and closes idle connections at once. May be called again. Does not close the world.
   */
  close(): Promise<void>
}

/** Listens; the world stays the caller's. @throws AppError settings/invalid when it cannot listen there */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { world, settings, flows = FLOWS, onChange = () => undefined, heartbeatMs = 15_000, pollMs = 250, graceMs = 3_000 } = options
  const closing = new AbortController()
  const gate = options.gate ?? OPEN_GATE
  const rights = watchRights(world)
  const entry = entryOf({ world, gate })
  const hub = liveHub({
    ...{ world, graceMs: settings.STREAM_GRACE_SECONDS * 1000, ...options.live },
    last: answerEvents.last,
    left: leftAnswers(world, world.now()),
    interrupted: (error) => ({ event: answerEvents.failure, data: { error: error.body() } }),
  })
  const { web } = options
  const workshop = { world, flows, settings, gate, pollMs, web, hub }
  const handlers = handlersOf(workshop)
  const ask = asker({ world, gate, hub })
  const goOn = resumer({ entry, hub, handlers, ask })
  const sockets = liveSockets({
    world,
    settings,
    gate,
    entry,
    rights,
    hub,
    ask,
    goOn,
    handlers,
    heartbeatMs,
    ...(options.sockets === undefined ? {} : { limits: options.sockets }),
  })
  const live = liveReplies({ world, ask, goOn, heartbeatMs, ...(options.slowMs === undefined ? {} : { slowMs: options.slowMs }) })
  const run = dispatcher({ workshop, handlers, live, openSocket: sockets.open, heartbeatMs, closing: closing.signal, onChange })
  const app = await httpServer({ world, settings, run, entry, rights, web, isClosing: () => closing.signal.aborted })
  const connections = trackConnections(app.server)
  await listen(() => app.listen({ host: bare(settings.HOST), port: settings.PORT, backlog: BACKLOG }), settings)
  const { port } = app.server.address() as AddressInfo

  async function close(): Promise<void> {
    closing.abort(new AppError('server/closing'))
    connections.closeIdle()
    const force = setTimeout(connections.closeAll, graceMs)
    try {
      await hub.close(new AppError('server/closing'))
      await sockets.close()
      await app.close()
    } finally {
      clearTimeout(force)
      rights.close()
      await world.ledger.flush()
    }
  }

  let closed: Promise<void> | undefined
  return {
    address: `http://${shownHost(settings.HOST)}:${port}`,
    close() {
      closed ??= close()
      return closed
    },
  }
}

async function listen(start: () => Promise<unknown>, { HOST, PORT }: Settings): Promise<void> {
  try {
    await start()
  } catch (fault) {
    const code = fault instanceof Error && 'code' in fault ? fault.code : undefined
    const problem =
      code === 'EADDRINUSE' ? 'is used by another program' : code === 'EACCES' ? 'needs rights that this user does not have' : 'cannot be listened on'
    throw new AppError('settings/invalid', { problems: [`PORT ${PORT} on HOST ${HOST} ${problem}`] }, fault)
  }
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '')
}

function shownHost(host: string): string {
  const name = bare(host)
  if (name === '0.0.0.0' || name === '::') return '127.0.0.1'
  return name.includes(':') ? `[${name}]` : name
}

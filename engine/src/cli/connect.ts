import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, createClient } from '../client/client.ts'
import { AppError } from '../domain/errors.ts'
import type { Settings } from '../settings.ts'
import { printable } from './show.ts'
import type { LocalTarget, RemoteTarget } from './target.ts'

export interface Connection {
  readonly client: Client
  readonly address: string
  /** Another server than the one that owns the data folder of this machine. */
  readonly remote: boolean
  /** Whether the server runs for the length of this command only. */
  readonly own: boolean
  /** Stops the server when this command started it. */
  close(): Promise<void>
}

/** All adapters come with it, so it is loaded only by commands that are about this machine: the others start in half the time. */
export const loadWire = () => import('../wire.ts')

const START_TIMEOUT_MS = 60_000
const CLOSE_TIMEOUT_MS = 15_000

/**
 * Talks to the server that owns the data folder, or starts one for the length of this command.
 * @throws AppError server/unreachable
 */
export async function connect({ token }: LocalTarget, settings: Settings, environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Connection> {
  const { serverOf } = await loadWire()
  const running = serverOf(settings)
  if (running !== undefined && (await answers(running.address))) {
    const client = createClient({ address: running.address, token: token ?? running.token })
    return { client, address: running.address, remote: false, own: false, close: async () => undefined }
  }
  console.error('No server is running; starting one for this command.')
  return startServer(token, settings, environment, signal)
}

/** A server elsewhere, or on this machine but reached as a person. Nothing is sent yet. */
export function connectTo({ address, token }: Pick<RemoteTarget, 'address' | 'token'>): Connection {
  return { client: createClient({ address, token, fetch: faithfulFetch }), address, remote: true, own: false, close: async () => undefined }
}

/** No reply came from the server that was named; both are whole sentences. An AppError, because the client lets those through. */
export class Unreachable extends AppError {
  readonly says: string
  readonly hint: string
  constructor(says: string, hint: string) {
    super('server/unreachable', { reason: says })
    this.says = says
    this.hint = hint
  }
}

/** Follows no redirect: passwords and documents go to the server that was named or nowhere. Faults are told with their cause. */
async function faithfulFetch(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
  const asked = input instanceof Request ? input.url : String(input)
  const reply = await fetch(input, { ...init, redirect: 'manual' }).catch((fault: unknown) => {
    if (init?.signal?.aborted === true) throw fault
    throw new Unreachable(`The server at ${originOf(asked)} cannot be reached${causeOf(fault)}.`, 'Check the address and the connection.')
  })
  const location = reply.headers.get('location')
  if (reply.status < 300 || reply.status > 399 || location === null) return reply
  const to = URL.canParse(location, asked) ? new URL(location, asked).origin : 'another address'
  throw new Unreachable(
    `What answers at ${originOf(asked)} sends on to ${printable(to)}, which is not followed: passwords and documents go where you said, or nowhere.`,
    'If that is the address of the server, give it.',
  )
}

function originOf(address: string): string {
  return new URL(address).origin
}

function causeOf(fault: unknown): string {
  const cause = fault instanceof Error ? fault.cause : undefined
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  if (code === 'ECONNREFUSED') return ': nobody listens there'
  if (code === 'ENOTFOUND') return ': its name is not known'
  if (/CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(code)) return `: its certificate is not to be trusted (${code})`
  return code === '' ? '' : ` (${code})`
}

async function startServer(ownToken: string | undefined, settings: Settings, environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Connection> {
  const { serverOf } = await loadWire()
  const main = join(import.meta.dirname, '../server/main.ts')
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    env: { ...environment, PORT: '0', HOST: '127.0.0.1', QUARRY_API_KEY: '' },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true, // Ctrl-C is for the command, which then stops the server in order
  })
  let said = ''
  child.stderr.on('data', (piece: Buffer) => {
    said = `${said}${piece}`.slice(-4000)
  })
  let ended = false
  const end = once(child, 'exit').then(() => {
    ended = true
  })
  // A command that is ended at once must not leave a server behind.
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  const close = async () => {
    child.kill('SIGTERM')
    const timer = setTimeout(kill, CLOSE_TIMEOUT_MS)
    await end
    clearTimeout(timer)
    process.off('exit', kill)
  }
  const deadline = Date.now() + START_TIMEOUT_MS
  while (Date.now() < deadline && !ended && !signal.aborted) {
    const running = serverOf(settings)
    if (running !== undefined && running.pid === child.pid && (await answers(running.address))) {
      const client = createClient({ address: running.address, token: ownToken ?? running.token })
      return { client, address: running.address, remote: false, own: true, close }
    }
    await sleep(50)
  }
  await close()
  signal.throwIfAborted()
  throw new AppError('server/unreachable', { reason: said.trim() === '' ? 'the server did not start' : said.trim() })
}

async function answers(address: string): Promise<boolean> {
  try {
    return (await fetch(`${address}/ready`, { signal: AbortSignal.timeout(2_000) })).ok
  } catch {
    return false // nobody listens there (any more): a server that was killed leaves its address behind
  }
}

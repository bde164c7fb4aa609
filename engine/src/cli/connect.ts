import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, createClient } from '../client/client.ts'
import { AppError } from '../domain/errors.ts'
import type { Settings } from '../settings.ts'
import { serverOf } from '../wire.ts'

export interface Connection {
  readonly client: Client
  readonly address: string
  /** Whether the server runs for the length of this command only. */
  readonly own: boolean
  /** Stops the server when this command started it. */
  close(): Promise<void>
}

const START_TIMEOUT_MS = 60_000
const CLOSE_TIMEOUT_MS = 15_000

/** Talks to the server that owns the data folder, or starts one for the length of this command. @throws AppError store/unavailable */
export async function connect(settings: Settings, environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Connection> {
  const running = serverOf(settings)
  if (running !== undefined && (await answers(running.address))) {
    return { client: createClient(running), address: running.address, own: false, close: async () => undefined }
  }
  console.error('No server is running; starting one for this command.')
  return startServer(settings, environment, signal)
}

async function startServer(settings: Settings, environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Connection> {
  const main = join(import.meta.dirname, '../server/main.ts')
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    env: { ...environment, PORT: '0', HOST: '127.0.0.1' },
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
      return { client: createClient(running), address: running.address, own: true, close }
    }
    await sleep(50)
  }
  await close()
  signal.throwIfAborted()
  throw new AppError('store/unavailable', { reason: said.trim() === '' ? 'the server did not start' : said.trim() })
}

async function answers(address: string): Promise<boolean> {
  try {
    return (await fetch(`${address}/ready`, { signal: AbortSignal.timeout(2_000) })).ok
  } catch {
    return false // nobody listens there (any more): a server that was killed leaves its address behind
  }
}

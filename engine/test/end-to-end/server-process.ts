import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ReplyOf } from '../../src/api/route.ts'
import type { Routes } from '../../src/api/routes.ts'
import { type Client, createClient } from '../../src/client/client.ts'
import { AppError } from '../../src/domain/errors.ts'

export const ROOT = resolve(import.meta.dirname, '../../..')
export const FIXTURES = join(ROOT, 'fixtures/documents')
/** Collected documents that are no part of this repository. */
export const COLLECTED = resolve(ROOT, '../shared/docs')
export const hasCollected = existsSync(join(COLLECTED, 'manifest.tsv'))
const MAIN = join(ROOT, 'engine/src/server/main.ts')
export const COMPILED = join(ROOT, 'node_modules/.cache/quarry')
const START_MS = 30_000

export type Document = ReplyOf<Routes['getDocument']>

export interface ServerProcess {
  readonly folder: string
  readonly address: string
  readonly token: string
  readonly client: Client
  readonly process: ChildProcess
  /** All that it has said so far, on both streams. */
  said(): string
  /** Sends a signal and waits for the end; gives exit code and the milliseconds that it took. */
  stop(signal?: NodeJS.Signals): Promise<{ readonly code: number | null; readonly tookMs: number }>
  /** A request as any program makes it, with the owner's token. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>
  /** Waits until no job of the database is left. */
  idle(database: string): Promise<void>
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'quarry-end-to-end-'))
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}

export function environmentOf(folder: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  // What was compiled is kept, as the product's own entry files keep it: tests start many processes.
  return {
    NODE_COMPILE_CACHE: COMPILED,
    PATH: process.env.PATH ?? '',
    HOME: folder,
    PORT: '0',
    QUARRY_DATA: folder,
    QUARRY_SAMPLE: 'off',
    LOG_LEVEL: 'warn',
    ...more,
  }
}

/** Starts a process of the server without waiting for it: for starts that are refused. */
export function spawnServer(folder: string, environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
    env: environmentOf(folder, environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => {
      said = `${said}${piece}`.slice(-100_000)
    })
  }
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return { child, said: () => said, ended }
}

/** A start that must be refused: what it said and its exit code. */
export async function refusedStart(folder: string, environment: Readonly<Record<string, string>> = {}): Promise<{ code: number | null; said: string }> {
  const { child, said, ended } = spawnServer(folder, environment)
  const timer = setTimeout(() => child.kill('SIGKILL'), START_MS)
  const code = await ended
  clearTimeout(timer)
  return { code, said: said() }
}

/** A server of its own process on the folder, ready to answer. */
export async function startProcess(folder: string, environment: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const { child, said, ended } = spawnServer(folder, environment)
  const { address, token } = await announced(folder, child, said)
  const client = createClient({ address, token })
  return {
    folder,
    address,
    token,
    client,
    process: child,
    said,
    async stop(signal = 'SIGTERM') {
      const started = performance.now()
      child.kill(signal)
      return { code: await ended, tookMs: performance.now() - started }
    },
    send: (method, path, body, headers = {}) =>
      fetch(address + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined || body instanceof FormData ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: body instanceof FormData ? body : JSON.stringify(body) }),
      }),
    async idle(database) {
      for await (const { event } of client.stream('databaseEvents', { parameters: { database }, signal: AbortSignal.timeout(120_000) }))
        if (event === 'idle') return
    },
  }
}

async function announced(folder: string, child: ChildProcess, said: () => string): Promise<{ address: string; token: string }> {
  const deadline = Date.now() + START_MS
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const found = existsSync(join(folder, 'server.json')) ? noteOf(folder) : undefined
    if (found?.pid === child.pid && found?.address !== undefined) {
      const token = process.env.QUARRY_TOKEN ?? readFileSync(join(folder, 'token'), 'utf8').trim()
      const ready = await fetch(`${found.address}/ready`).catch(() => undefined) // it listens a moment later
      if (ready?.ok === true) return { address: found.address, token }
    }
    await sleep(20)
  }
  child.kill('SIGKILL')
  throw new Error(`The server did not start:\n${said()}`)
}

function noteOf(folder: string): { pid?: number; address?: string } {
  try {
    return JSON.parse(readFileSync(join(folder, 'server.json'), 'utf8'))
  } catch (error) {
    // Removed or written between the two looks.
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error && error.code === 'ENOENT')) return {}
    throw error
  }
}

/** The code of the error that a call ends with; "none" when it succeeds. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'none'
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  }
}

/** Waits until `look` gives something; fails with what was seen last. */
export async function until<T>(look: () => Promise<T | undefined>, what: string, timeoutMs = 30_000): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}.`)
    await sleep(20)
  }
}

/** The whole extracted text, however many replies it takes. */
export async function textOf(client: Client, database: string, document: string): Promise<string> {
  let text = ''
  for (;;) {
    const range = await client.call('readText', { parameters: { database, document }, query: { start: text.length } })
    text += range.text
    if (text.length >= range.characters || range.text === '') return text
  }
}

/** Memory of a process, in MiB; undefined where the system does not tell. */
export function residentMiB(pid: number): number | undefined {
  const path = `/proc/${pid}/status`
  if (!existsSync(path)) return undefined
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(path, 'utf8'))?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024
}

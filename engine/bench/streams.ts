import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { NO_EMBEDDER } from '../src/domain/database.ts'
import { readSettings } from '../src/settings.ts'
import { openData, openWorld } from '../src/wire.ts'
import { chunksOf, load, newDatabase, textSource } from './http.ts'
import { residentMiB } from './http-server.ts'

const RUNS = [1, 100, 1000] as const
const HELD = 10_000
const TOKEN = 'bench-token-bench-token-bench-token-bench'
const NODE = ['--disable-warning=ExperimentalWarning', '--expose-gc']

interface Figures {
  readonly first: readonly number[]
  readonly onTheWay: readonly number[]
  /** Streams that were broken off. */
  readonly failed: number
}

/** What Quarry adds to a model that sends 50 tokens a second, and what a stream costs that is only held. */
export async function run(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'quarry-streams-'))
  const started: Started[] = []
  try {
    await fill(folder)
    const model = await start('streams-model.ts', [])
    started.push(model)
    const server = await start('streams-server.ts', [folder, model.address, 'real'])
    started.push(server)
    const asked = `${server.address}/api/v1/databases/handbook/ask`
    await figuresOf('plain', asked, 20) // warm
    const rows: string[] = []
    for (const count of RUNS) {
      const direct = await figuresOf('model', `${model.address}/chat/completions`, count)
      const before = cpuOf(server.pid)
      const plain = await figuresOf('plain', asked, count)
      const used = cpuOf(server.pid) - before
      const resumable = await figuresOf('resumable', asked, count)
      rows.push(rowOf(count, 'the model itself', direct, undefined))
      rows.push(rowOf(count, 'Quarry', plain, direct, `${((used * 1000) / Math.max(1, plain.onTheWay.length)).toFixed(0)} µs`))
      rows.push(rowOf(count, 'Quarry, resumable', resumable, direct))
      console.error(rows.slice(-3).join('\n'))
    }
    await stop(server)
    const table = [
      '| streams | who | first token p50 | p95 | added p50 | added p95 | token on its way p50 | p95 | processor time a token | failed |',
      '|---|---|---|---|---|---|---|---|---|---|',
      ...rows,
    ]
    const kept: string[] = []
    for (const kind of ['SSE', 'SSE, resumable', 'WebSocket'] as const) {
      kept.push(await heldRow(folder, kind))
      console.error(kept.at(-1))
    }
    return [...table, '', `| ${HELD.toLocaleString('en')} streams held | memory before | with them | each |`, '|---|---|---|---|', ...kept].join('\n')
  } finally {
    for (const one of started) await stop(one)
    rmSync(folder, { recursive: true, force: true })
  }
}

async function fill(folder: string): Promise<void> {
  const { settings } = readSettings({ QUARRY_DATA: folder })
  const owned = await openData(settings)
  const world = await openWorld(settings, 'worker', { log: { info: () => undefined, warn: console.error, error: console.error } })
  const text = textSource()
  await load(
    world,
    await newDatabase(world, 'handbook', NO_EMBEDDER),
    [chunksOf('leave', 50, { words: (count) => `leave handbook ${text.words(count)}` }, () => undefined)],
    false,
  )
  await world.close()
  await owned.release()
}

interface Started {
  readonly address: string
  readonly pid: number
  readonly child: ChildProcess
}

async function start(file: string, given: readonly string[]): Promise<Started> {
  const child = spawn(process.execPath, [...NODE, join(import.meta.dirname, file), ...given], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => [''])])
  const address = String(line).trim()
  if (!address.startsWith('http')) throw new Error(`${file} did not start`)
  return { address, pid: child.pid ?? 0, child }
}

async function stop({ child }: Started): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000)
  await ended
  clearTimeout(timer)
}

async function figuresOf(mode: string, url: string, count: number): Promise<Figures> {
  const file = join(import.meta.dirname, 'streams-load.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [...NODE, file, mode, url, String(count)], { maxBuffer: 2 ** 28 })
  return JSON.parse(stdout) as Figures
}

function rowOf(count: number, who: string, figures: Figures, direct: Figures | undefined, processor = ''): string {
  const [p50, p95] = [quantile(figures.first, 0.5), quantile(figures.first, 0.95)]
  const added = direct === undefined ? ['', ''] : [ms(p50 - quantile(direct.first, 0.5)), ms(p95 - quantile(direct.first, 0.95))]
  const way = [ms(quantile(figures.onTheWay, 0.5)), ms(quantile(figures.onTheWay, 0.95))]
  return `| ${count} | ${who} | ${[ms(p50), ms(p95), ...added, ...way, processor, String(figures.failed)].join(' | ')} |`
}

async function heldRow(folder: string, kind: 'SSE' | 'SSE, resumable' | 'WebSocket'): Promise<string> {
  const server = await start('streams-server.ts', [folder, 'http://127.0.0.1:9/v1', 'held'])
  const sockets: Socket[] = []
  try {
    const warm = await hold(server.address, kind)
    sockets.push(warm)
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const before = residentMiB(server.pid) ?? 0
    for (let at = 0; at < HELD; at += 100) sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => hold(server.address, kind)))))
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    const after = residentMiB(server.pid) ?? 0
    return `| ${kind} | ${before} MiB | ${after} MiB | ${(((after - before) * 1024) / HELD).toFixed(1)} KiB |`
  } finally {
    for (const socket of sockets) socket.destroy()
    await stop(server)
  }
}

/** A connection with one answer on it that has begun; a bare socket, so that the reader costs little. */
async function hold(address: string, kind: string): Promise<Socket> {
  const { port, hostname } = new URL(address)
  const ticket = kind === 'WebSocket' ? await ticketFrom(address) : ''
  const socket = connect(Number(port), hostname)
  const question = JSON.stringify({ question: 'hold' })
  const resume = kind === 'SSE, resumable' ? 'quarry-resume: on\r\n' : ''
  const asked = `POST /api/v1/databases/handbook/ask HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${TOKEN}\r\n${resume}Content-Type: application/json\r\nContent-Length: ${question.length}\r\n\r\n${question}`
  const upgrade = `GET /api/v1/live HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: quarry.v1, ticket.${ticket}\r\n\r\n`
  return new Promise((resolve, reject) => {
    let text = ''
    let isAsked = kind !== 'WebSocket'
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`closed after ${text.slice(0, 300)}`)))
    socket.on('data', (piece) => {
      if (text.length < 20_000) text += piece.toString('latin1')
      if (!isAsked && text.includes('"ready"')) {
        isAsked = true
        socket.write(masked(JSON.stringify({ v: 1, type: 'ask', id: 'a', database: 'handbook', question: 'hold' })))
      }
      if (text.includes('three')) resolve(socket)
    })
    socket.write(isAsked ? asked : upgrade)
  })
}

/** A text frame of a client, with a mask of zeros. */
function masked(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from([0x81, 0x80 | 126, bytes.length >> 8, bytes.length & 255, 0, 0, 0, 0]), bytes])
}

function ticketFrom(address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request(`${address}/api/v1/live-tickets`, { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } }, (reply) => {
      let text = ''
      reply.on('data', (piece) => {
        text += piece
      })
      reply.on('end', () => resolve((JSON.parse(text) as { ticket: string }).ticket))
    })
    asking.on('error', reject)
    asking.end()
  })
}

/** Milliseconds of processor time that a process has taken; 0 where the system does not tell. */
function cpuOf(pid: number): number {
  const path = `/proc/${pid}/stat`
  if (!existsSync(path)) return 0
  const [, , , , , , , , , , , user = '0', system = '0'] = readFileSync(path, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(user) + Number(system)) * 10
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`
}

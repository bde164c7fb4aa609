import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import { AppError } from '../../domain/errors.ts'
import { FRAME, FRAME_HEADER_BYTES, FRAME_PIECE_BYTES, FRAME_TEXT_BYTES, type FrameKind, frameHeader } from '../../ports/extraction-frames.ts'
import { type LaunchOptions, launch } from './launch.ts'

export interface Frame {
  readonly kind: number
  readonly body: Buffer
}

/** One extraction process, seen from outside. `next` yields undefined, for good, once it is dead; `fault` says why. */
export interface Child {
  readonly pid: number
  readonly alive: boolean
  /** Resolves when it can take a request. @throws extract/crashed when it dies before */
  readonly ready: Promise<void>
  send(kind: FrameKind, body: Uint8Array): void
  /** @throws extract/crashed on a frame that is too long */
  next(): Promise<Frame | undefined>
  /** Resident memory in bytes; undefined when it cannot be told. */
  memory(): Promise<number | undefined>
  kill(fault?: AppError): void
  /** Resolves when it is dead. */
  readonly ended: Promise<void>
  readonly fault: AppError
}

/** Source: the end of a stack trace, for the log. */
const STDERR_KEPT = 4096

export function startChild(options: LaunchOptions): Child {
  const process = launch(options)
  const pipe = process.stdio[3] as Duplex
  let alive = true
  let known: AppError | undefined
  let stderr = ''
  let ended: { code: number | null; signal: string | null } | undefined
  const died = new Promise<void>((resolve) => {
    const end = (code: number | null, signal: string | null): void => {
      alive = false
      ended = { code, signal }
      resolve()
    }
    // Only "close" comes after the last of stderr.
    process.once('close', end)
    process.once('error', (cause) => {
      stderr += cause.message
      end(null, null)
    })
  })
  process.stderr?.on('data', (bytes: Buffer) => {
    stderr = (stderr + bytes.toString('utf8')).slice(-STDERR_KEPT)
  })
  // A dead reader is noticed by `next`; the write that found out first has nothing to add.
  pipe.on('error', () => kill())
  process.unref()
  for (const stream of [pipe, process.stderr]) if (stream !== null && 'unref' in stream && typeof stream.unref === 'function') stream.unref()

  const frames = readFrames(pipe)

  function kill(fault?: AppError): void {
    known ??= fault
    alive = false
    process.kill('SIGKILL')
    pipe.destroy()
  }

  async function next(): Promise<Frame | undefined> {
    const { value, done } = await frames.next()
    if (done !== true) return value
    kill()
    await died
    return undefined
  }

  return {
    pid: process.pid ?? 0,
    get alive() {
      return alive
    },
    ready: (async () => {
      const first = await next()
      if (first?.kind !== FRAME.ready) throw faultOf(known, ended, stderr, options.memoryMiB)
    })(),
    send(kind, body) {
      if (!alive) return
      pipe.write(frameHeader(kind, body.length))
      pipe.write(body)
    },
    next,
    memory: () => residentBytes(process.pid),
    kill,
    ended: died,
    get fault() {
      return faultOf(known, ended, stderr, options.memoryMiB)
    },
  }
}

function faultOf(known: AppError | undefined, ended: { code: number | null; signal: string | null } | undefined, stderr: string, memoryMiB: number): AppError {
  if (known !== undefined) return known
  if (/heap out of memory|Array buffer allocation failed|Invalid array buffer length/.test(stderr)) return outOfMemory(memoryMiB)
  const how = ended?.signal ?? (ended?.code === null || ended === undefined ? 'it did not start' : `exit code ${ended.code}`)
  return new AppError('extract/crashed', { how }, new Error(stderr))
}

export function outOfMemory(memoryMiB: number): AppError {
  return new AppError('document/out-of-memory', { limit: `${memoryMiB} MiB` })
}

/** Cuts the stream into frames. A pipe that breaks ends it, as one that closes does. */
async function* readFrames(pipe: Duplex): AsyncGenerator<Frame, void> {
  let held: Buffer[] = []
  let heldBytes = 0
  let header: { kind: number; length: number } | undefined
  const take = (length: number): Buffer => {
    const all = held.length === 1 && held[0] !== undefined ? held[0] : Buffer.concat(held, heldBytes)
    const rest = all.subarray(length)
    held = rest.length === 0 ? [] : [rest]
    heldBytes = rest.length
    return all.subarray(0, length)
  }
  try {
    for await (const bytes of pipe) {
      held.push(bytes)
      heldBytes += bytes.length
      for (;;) {
        if (header === undefined) {
          if (heldBytes < FRAME_HEADER_BYTES) break
          const first = take(FRAME_HEADER_BYTES)
          header = { kind: first[0] ?? 0, length: first.readUInt32BE(1) }
          if (header.length > (header.kind === FRAME.text ? FRAME_TEXT_BYTES : FRAME_PIECE_BYTES)) return
        }
        if (heldBytes < header.length) break
        const frame = { kind: header.kind, body: take(header.length) }
        header = undefined
        yield frame
      }
    }
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause)) throw cause
    // ERR_STREAM_PREMATURE_CLOSE, ECONNRESET: the process is gone; whoever reads asks it for the reason.
  }
}

/** Heaps, array buffers and WebAssembly alike, unlike V8's own limit. */
async function residentBytes(pid: number | undefined): Promise<number | undefined> {
  if (pid === undefined) return undefined
  if (globalThis.process.platform === 'linux') {
    const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '') // it may end at any moment
    const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
  }
  if (globalThis.process.platform === 'win32') return undefined
  const kibibytes = Number.parseInt(spawnSync('/bin/ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8', timeout: 1000 }).stdout, 10)
  return Number.isNaN(kibibytes) ? undefined : kibibytes * 1024
}

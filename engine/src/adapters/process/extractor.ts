import { AppError } from '../../domain/errors.ts'
import type { Extractor } from '../../ports/extractor.ts'
import { type Child, startChild } from './child.ts'
import { extractWith } from './exchange.ts'

export interface ProcessExtractorOptions {
  readonly nodePath: string
  /** Path of `steps/extract/process.ts`. */
  readonly entry: string
  readonly timeoutMs: number // per file; for an archive per entry
  readonly memoryMiB: number // resident, per process
  readonly concurrency: number // processes at work at once
  readonly maxBytes: number // of a file that has to be read as a whole; archives may be larger
  readonly allowOcr: boolean
  /** How long an unused process is kept. */
  readonly idleMs?: number
}

/**
 * Source: starting a process and loading a parser costs as much as reading a hundred small files, so it is used again; a fresh one
 * now and then bounds what parsers leak and how long a process that a file took over could meet the files of others.
 */
const FILES_PER_PROCESS = 500
const BYTES_PER_PROCESS = 64 << 20
const IDLE_MS = 10_000
/** Faults that a reader found in good order, after which the process is as good as before; any other ends it. */
const HARMLESS = new Set(['document/empty', 'document/unsupported', 'document/encrypted', 'document/truncated'])

interface Worker {
  readonly child: Child
  files: number
  bytes: number
  idle: NodeJS.Timeout | undefined
}

/**
 * Extraction in processes of their own, a new one after every fault. They have no environment, no network, no right
 * to write, to start programs or to read anything but their code; they are killed past their time or memory.
 */
export function processExtractor(options: ProcessExtractorOptions): Extractor {
  const idle: Worker[] = []
  const starting = new Set<Worker>()
  const waiting: { enter(): void; leave(cause: unknown): void }[] = []
  const all = new Set<Worker>()
  let busy = 0
  let closed = false

  function start(): Worker {
    const worker: Worker = { child: startChild(options), files: 0, bytes: 0, idle: undefined }
    all.add(worker)
    starting.add(worker)
    worker.child.ready.then(
      () => starting.delete(worker),
      () => retire(worker), // whoever waits for it gets the fault itself
    )
    return worker
  }

  function retire(worker: Worker): void {
    clearTimeout(worker.idle)
    starting.delete(worker)
    all.delete(worker)
    if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1)
    worker.child.kill()
  }

  function rest(worker: Worker): void {
    worker.idle = setTimeout(() => retire(worker), options.idleMs ?? IDLE_MS)
    worker.idle.unref()
    idle.push(worker)
  }

  /** One more than is at work stands ready, so that a worn-out process is replaced without anyone waiting. */
  function keepSpare(): void {
    if (!closed && idle.length === 0 && all.size <= options.concurrency) rest(start())
  }

  async function turn(signal: AbortSignal): Promise<void> {
    if (closed) throw new AppError('server/closing')
    signal.throwIfAborted()
    if (busy < options.concurrency) {
      busy += 1
      return
    }
    await new Promise<void>((resolve, reject) => {
      const place = {
        enter() {
          signal.removeEventListener('abort', giveUp)
          resolve()
        },
        leave(cause: unknown) {
          signal.removeEventListener('abort', giveUp)
          reject(cause)
        },
      }
      const giveUp = (): void => {
        waiting.splice(waiting.indexOf(place), 1)
        place.leave(signal.reason)
      }
      signal.addEventListener('abort', giveUp)
      waiting.push(place)
    })
  }

  function done(): void {
    const next = waiting.shift()
    if (next === undefined) busy -= 1
    else next.enter()
  }

  function take(): Worker {
    const found = idle.shift() ?? start()
    clearTimeout(found.idle)
    return found
  }

  return {
    async extract(file, how) {
      await turn(how.signal)
      try {
        let worker = take()
        // It may have died while it rested; that is not this file's fault.
        if (!worker.child.alive) {
          retire(worker)
          worker = start()
        }
        try {
          worker.files += 1
          worker.bytes += file.size
          const result = await extractWith(worker.child, file, how, options)
          const worn = worker.files >= FILES_PER_PROCESS || worker.bytes >= BYTES_PER_PROCESS
          if (worn || closed) retire(worker)
          else rest(worker)
          return result
        } catch (cause) {
          const sound = cause instanceof AppError && HARMLESS.has(cause.code) && worker.child.alive && worker.files < FILES_PER_PROCESS
          if (sound && !closed) rest(worker)
          else retire(worker)
          throw cause
        } finally {
          keepSpare()
        }
      } finally {
        done()
      }
    },
    async close() {
      closed = true
      for (const place of waiting.splice(0)) place.leave(new AppError('server/closing'))
      for (const worker of [...all]) {
        worker.child.kill(new AppError('server/closing'))
        retire(worker)
      }
    },
  }
}

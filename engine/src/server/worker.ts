import { setTimeout as pause } from 'node:timers/promises'
import { Worker as Thread } from 'node:worker_threads'
import { AppError } from '../domain/errors.ts'
import type { PartNote } from '../domain/health.ts'
import type { Health } from '../ports/health.ts'
import type { Log } from '../ports/world.ts'
import type { Settings } from '../settings.ts'
import type { Worker } from './worker-loop.ts'

export interface WorkerThreadData {
  readonly settings: Settings
  readonly concurrency: number
  /** Opens the keys of models that are stored. */
  readonly signingKey?: string
}

/** What the thread tells of itself: that it has started, that it is idle, that it has closed, or how a part does. */
export type WorkerMessage = 'started' | 'idle' | 'closed' | PartNote

export interface WorkerThreadOptions {
  /** Another entry, for tests. */
  readonly entry?: URL
  readonly restartMs?: number
  /** Told how the thread and the parts that it uses do. */
  readonly health?: Health
}

/** A crash of the whole thread is a bug; it starts anew after this wait so that ingestion goes on. */
const RESTART_MS = 2_000

/** Runs the worker loop in a thread of its own. Rejects when the thread cannot start; later it is started until it runs. */
export async function startWorkerThread(data: WorkerThreadData, log: Log, options: WorkerThreadOptions = {}): Promise<Worker> {
  const { entry = new URL('./worker-thread.ts', import.meta.url), restartMs = RESTART_MS, health } = options
  const closing = new AbortController()
  let restarting: Promise<void> = Promise.resolve()
  let thread: Thread | undefined = await start()

  async function start(): Promise<Thread> {
    const begun = new Thread(entry, { workerData: data, name: 'quarry-worker' })
    await new Promise<void>((resolve, reject) => {
      begun.once('message', () => resolve())
      begun.once('error', reject)
      begun.once('exit', (code) => reject(new Error(`the worker thread ended with code ${code} before it had started`)))
    })
    health?.good('worker')
    begun.on('error', (cause) => {
      log.error('worker-thread-crashed', { cause })
      health?.bad('worker', new AppError('internal', { reason: 'the thread ended' }, cause))
    })
    // Tables that chunking has loaded are kept for the life of a thread: an idle one gives its place to a fresh one.
    let idle = false
    begun.on('message', (message: WorkerMessage) => {
      if (typeof message === 'object') return health?.take(message)
      if (message !== 'idle' || closing.signal.aborted) return
      idle = true
      begun.postMessage('close')
    })
    begun.once('exit', () => {
      thread = undefined
      if (!closing.signal.aborted) restarting = restart(idle)
    })
    return begun
  }

  async function restart(expected: boolean): Promise<void> {
    for (let wait = expected ? 0 : restartMs; !closing.signal.aborted; wait = restartMs) {
      await pause(wait, undefined, { signal: closing.signal }).catch(() => undefined) // closing ends the wait
      if (closing.signal.aborted) return
      try {
        thread = await start()
        if (!expected) log.warn('worker-thread-restarted')
        return
      } catch (cause) {
        log.error('worker-thread-not-started', { cause })
      }
    }
  }

  return {
    wake: () => thread?.postMessage('wake'),
    async close() {
      closing.abort()
      await restarting
      const running = thread
      if (running === undefined) return
      const ended = new Promise((resolve) => running.once('exit', resolve))
      running.postMessage('close')
      await ended
    },
  }
}

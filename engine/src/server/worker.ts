import { once } from 'node:events'
import { Worker as Thread } from 'node:worker_threads'
import type { Log } from '../ports/world.ts'
import type { Settings } from '../settings.ts'
import type { Worker } from './worker-loop.ts'

export interface WorkerThreadData {
  readonly settings: Settings
  readonly concurrency: number
}

/** A crash of the whole thread is a bug; it starts anew after this wait so that ingestion goes on. */
const RESTART_MS = 2_000

/** Runs the worker loop in a thread of its own. */
export async function startWorkerThread(data: WorkerThreadData, log: Log): Promise<Worker> {
  let closing = false
  let thread = await start()

  async function start(): Promise<Thread> {
    const started = new Thread(new URL('./worker-thread.ts', import.meta.url), { workerData: data, name: 'quarry-worker' })
    await once(started, 'message')
    started.on('error', (cause) => log.error('worker-thread-crashed', { cause }))
    started.on('exit', () => {
      if (!closing) setTimeout(() => void restart(), RESTART_MS)
    })
    return started
  }

  async function restart(): Promise<void> {
    if (closing) return
    thread = await start()
    log.warn('worker-thread-restarted')
  }

  return {
    wake: () => thread.postMessage('wake'),
    async close() {
      closing = true
      const ended = once(thread, 'exit')
      thread.postMessage('close')
      await ended
    },
  }
}

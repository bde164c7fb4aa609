import { Worker } from 'node:worker_threads'
import { AppError, type ErrorCode, type Facts } from '../../domain/errors.ts'
import type { VersionRef } from '../../ports/chunks.ts'
import type { FilesOptions, Operation } from './threads-local.ts'

export interface Request {
  readonly id: number
  readonly version: VersionRef
  readonly operation: Operation
  readonly values: readonly unknown[]
}

export type Reply =
  | { readonly id: number; readonly result: unknown; readonly indexWanted?: string }
  | { readonly id: number; readonly code: ErrorCode; readonly facts: Facts; readonly cause: string }
  | { readonly id: number; readonly code: undefined; readonly error: unknown }

/** Threads that work on chunk files, so that SQLite never blocks the caller. */
export interface FileThreads {
  call(version: VersionRef, operation: Operation, values: readonly unknown[]): Promise<unknown>
  /** In every thread. */
  everywhere(version: VersionRef, operation: Operation): Promise<void>
  close(): Promise<void>
}

interface Thread {
  readonly worker: Worker
  readonly waiting: Map<number, { readonly version: VersionRef; resolve(result: unknown): void; reject(error: unknown): void }>
  /** What it served before: codes of the dense search, or words of the lexical one, are in its memory. */
  readonly warm: Set<string>
}

const KINDS = ['dense', 'lexical'] as const

/** The two searches of a hybrid query run side by side; each comes back to the thread that holds what it needs. */
function warmth({ versionId }: VersionRef, operation: Operation): string {
  return `${versionId}/${operation === 'searchDense' ? 'dense' : 'lexical'}`
}

/** Threads start when they are needed: a server at rest has none. A call prefers an idle thread that knows the version. */
export function fileThreads(options: FilesOptions, count: number, onIndexWanted: (version: VersionRef, seen: string) => void): FileThreads {
  const threads: Thread[] = []
  let nextId = 1
  let closing = false

  function start(): Thread {
    const worker = new Worker(new URL('./threads-worker.ts', import.meta.url), { workerData: options, name: 'chunk-files' })
    const thread: Thread = { worker, waiting: new Map(), warm: new Set() }
    worker.on('message', (reply: Reply) => {
      const call = thread.waiting.get(reply.id)
      thread.waiting.delete(reply.id)
      if (thread.waiting.size === 0) worker.unref()
      if ('result' in reply) {
        if (reply.indexWanted !== undefined && call !== undefined) onIndexWanted(call.version, reply.indexWanted)
        call?.resolve(reply.result)
      } else call?.reject(reply.code === undefined ? reply.error : new AppError(reply.code, reply.facts, reply.cause === '' ? undefined : reply.cause))
    })
    const end = (cause: unknown) => {
      const at = threads.indexOf(thread)
      if (at >= 0) threads.splice(at, 1)
      for (const { reject } of thread.waiting.values()) reject(new AppError('store/unavailable', { reason: 'a thread of the chunk store ended' }, cause))
      thread.waiting.clear()
    }
    worker.on('error', end)
    worker.on('exit', end)
    worker.unref()
    threads.push(thread)
    return thread
  }

  function choose(version: VersionRef, operation: Operation): Thread {
    const idle = threads.filter(({ waiting }) => waiting.size === 0)
    const warm = idle.find((thread) => thread.warm.has(warmth(version, operation)))
    if (warm !== undefined) return warm
    if (idle[0] !== undefined) return idle[0]
    if (threads.length < count) return start()
    return threads.reduce((best, thread) => (thread.waiting.size < best.waiting.size ? thread : best))
  }

  function send(thread: Thread, version: VersionRef, operation: Operation, values: readonly unknown[]): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const id = nextId++
    thread.waiting.set(id, { version, resolve, reject })
    thread.warm.add(warmth(version, operation))
    thread.worker.ref()
    thread.worker.postMessage({ id, version, operation, values } satisfies Request)
    return promise
  }

  return {
    async call(version, operation, values) {
      if (closing) throw new AppError('server/closing')
      return send(choose(version, operation), version, operation, values)
    },
    async everywhere(version, operation) {
      await Promise.all(threads.map((thread) => send(thread, version, operation, [])))
      for (const { warm } of threads) for (const kind of KINDS) warm.delete(`${version.versionId}/${kind}`)
    },
    async close() {
      closing = true
      await Promise.all(
        [...threads].map(async ({ worker, waiting }) => {
          while (waiting.size > 0) await new Promise((resolve) => worker.once('message', resolve))
          await worker.terminate()
        }),
      )
    },
  }
}

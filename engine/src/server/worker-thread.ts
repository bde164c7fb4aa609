import { parentPort, workerData } from 'node:worker_threads'
import { DAY_MS } from '../domain/usage.ts'
import { UPLOAD_GRACE_MS } from '../flows/purge.ts'
import { openWorld } from '../wire.ts'
import { logTo } from './log.ts'
import type { WorkerMessage, WorkerThreadData } from './worker.ts'
import { startWorkerLoop } from './worker-loop.ts'

// The entry of the worker thread: a world of its own over the same data folder, so that parsing results, chunking and
// writing never hold up the thread that answers requests.
const { settings, concurrency, signingKey } = workerData as WorkerThreadData
const tell = (message: WorkerMessage) => parentPort?.postMessage(message)
const world = await openWorld(settings, 'worker', {
  log: logTo(settings.LOG_LEVEL),
  onHealth: tell,
  ...(signingKey === undefined ? {} : { signingKey }),
})
const worker = startWorkerLoop(world, {
  concurrency,
  blobGraceMs: UPLOAD_GRACE_MS + settings.EXTRACT_TIMEOUT_SECONDS * 1000,
  keepTracesMs: settings.TRACE_KEEP_DAYS * DAY_MS,
  onIdle: () => tell('idle'),
})
tell('started')
parentPort?.on('message', async (message: unknown) => {
  if (message === 'wake') return worker.wake()
  await worker.close()
  await world.close()
  tell('closed')
  parentPort?.close()
})

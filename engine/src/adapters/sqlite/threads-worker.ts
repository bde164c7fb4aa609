import { parentPort, workerData } from 'node:worker_threads'
import { AppError } from '../../domain/errors.ts'
import type { Reply, Request } from './threads.ts'
import { type FilesOptions, localFiles } from './threads-local.ts'

/** The program of a reading thread. */
const files = localFiles(workerData as FilesOptions)

parentPort?.on('message', ({ id, version, operation, values }: Request) => {
  const answer = (reply: Reply) => parentPort?.postMessage(reply)
  try {
    answer({ id, result: files.call(version, operation, values) })
  } catch (error) {
    if (error instanceof AppError) answer({ id, code: error.code, facts: error.facts, cause: String(error.cause ?? '') })
    else answer({ id, code: undefined, error })
  }
})

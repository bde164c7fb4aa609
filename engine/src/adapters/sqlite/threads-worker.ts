import { parentPort, workerData } from 'node:worker_threads'
import { AppError } from '../../domain/errors.ts'
import type { VersionRef } from '../../ports/chunks.ts'
import type { Reply, Request } from './threads.ts'
import { type FilesOptions, localFiles } from './threads-local.ts'

/** The program of a reading thread. */
const files = localFiles(workerData as FilesOptions)

const warming = new Set<string>()

/** Between the calls, so that the first searches of a large database do not each pay for what they meet first. */
function warm(version: VersionRef): void {
  if (warming.has(version.versionId)) return
  warming.add(version.versionId)
  const step = () => {
    try {
      if (files.call(version, 'warm', []) === true) return void setImmediate(step)
    } catch {
      // dropped or damaged meanwhile: the next call tells
    }
    warming.delete(version.versionId)
  }
  setImmediate(step)
}

parentPort?.on('message', ({ id, version, operation, values }: Request) => {
  const answer = (reply: Reply) => parentPort?.postMessage(reply)
  try {
    const result = files.call(version, operation, values)
    const wanted = operation === 'searchDense' ? files.call(version, 'indexWanted', []) : undefined
    answer({ id, result, ...(typeof wanted === 'string' ? { indexWanted: wanted } : {}) })
    if (operation === 'searchDense') warm(version)
  } catch (error) {
    if (error instanceof AppError) answer({ id, code: error.code, facts: error.facts, cause: String(error.cause ?? '') })
    else answer({ id, code: undefined, error })
  }
})

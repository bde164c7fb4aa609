import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { readJson } from '../api/schemas.ts'
import { AppError } from '../domain/errors.ts'
import { JSON_LIMIT_BYTES } from './problems.ts'

/** A JSON body and the sha256 of its bytes; `value` is undefined when nothing was sent. */
export interface JsonBody {
  readonly value: unknown
  readonly sha256: string
}

/**
 * @throws request/too-large, request/timeout when it is not there in time, request/invalid when it is not JSON in UTF-8, and
 * the reason of `signal`: who may not send it any more need not send the rest
 */
export async function readJsonBody(payload: Readable, timeoutMs: number, signal?: AbortSignal): Promise<JsonBody> {
  const bytes = await collect(payload, timeoutMs, signal)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (bytes.length === 0) return { value: undefined, sha256 }
  const read = readJson(decode(bytes))
  if (!read.ok) throw new AppError('request/invalid', { in: 'body', problems: ['body: is not JSON'] })
  return { value: read.value, sha256 }
}

function collect(payload: Readable, timeoutMs: number, signal: AbortSignal | undefined): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let size = 0
    const over = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', ended)
    }
    const stop = (fault: unknown) => {
      over()
      payload.removeAllListeners('data')
      payload.pause()
      reject(fault)
    }
    const ended = () => stop(signal?.reason)
    const timer = setTimeout(() => stop(new AppError('request/timeout', { seconds: timeoutMs / 1000 })), timeoutMs)
    payload.on('data', (piece: Buffer) => {
      size += piece.length
      if (size > JSON_LIMIT_BYTES) stop(new AppError('request/too-large', { limit: JSON_LIMIT_BYTES, unit: 'bytes' }))
      else pieces.push(piece)
    })
    const gone = (fault?: unknown) => stop(new AppError('request/aborted', {}, fault))
    signal?.addEventListener('abort', ended)
    payload.once('end', () => {
      over()
      payload.off('close', gone)
      resolve(Buffer.concat(pieces))
    })
    payload.once('error', gone)
    payload.once('close', gone)
  })
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (fault) {
    throw new AppError('request/invalid', { in: 'body', problems: ['body: is not UTF-8'] }, fault)
  }
}

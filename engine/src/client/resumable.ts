import type { Parameters, ReplyOf } from '../api/route.ts'
import type { Routes } from '../api/routes.ts'
import { pause as pauseFor } from '../domain/abort.ts'
import { AppError } from '../domain/errors.ts'
import type { Client, ClientFile } from './client.ts'

export interface ResumableFile extends ClientFile {
  /** By what the file is known again: the same one goes on with an upload that an earlier run left open. */
  readonly fingerprint?: string
}

export interface ResumableOptions {
  /** Bytes per request; 8 MiB unless told. */
  readonly pieceBytes?: number
  readonly signal?: AbortSignal
  /** Called whenever the server told how much of it has arrived. */
  readonly onProgress?: (sent: number, size: number) => void
  /** Faults one after the other without a byte arriving; 10 unless told. */
  readonly retries?: number
  /** Milliseconds that one piece may take before its connection counts as dead; five minutes unless told. */
  readonly pieceTimeoutMs?: number
  /** Instead of waiting that many milliseconds, for tests. */
  readonly pause?: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>
}

/** Source: what a slow line (1 Mbit/s) sends in about a minute. */
const PIECE_BYTES = 8 * 1024 * 1024
const PIECE_TIMEOUT_MS = 5 * 60_000
/** Together the longest waits of ten attempts are four minutes: a router that starts anew is back by then. */
const RETRIES = 10
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 30_000

export type ResumedReply = ReplyOf<Routes['finishUpload']>

/**
 * Uploads a file in pieces and goes on after faults of the network where the server is. Holds one piece in memory. When it
 * is aborted or gives up, what has arrived waits at the server for a day.
 * @throws AppError as the server told it; request/invalid when the file cannot be read any more; the signal's reason
 */
export async function resumableUpload(
  client: Client,
  parameters: Parameters<Routes['beginUpload']>,
  file: ResumableFile,
  options: ResumableOptions = {},
): Promise<ResumedReply> {
  const { pieceBytes = PIECE_BYTES, signal, onProgress, retries = RETRIES, pieceTimeoutMs = PIECE_TIMEOUT_MS, pause = pauseFor } = options
  const { size } = file.content
  const given = signal === undefined ? {} : { signal }
  // Without one of the file's own, at least a second try of beginning finds the first.
  const body = { ...bodyOf(file), fingerprint: file.fingerprint ?? crypto.randomUUID() }
  let id: string | undefined
  let [arrived, most] = [-1, -1]
  let faults = 0

  function note(offset: number): number {
    if (offset > most) [most, faults] = [offset, 0]
    if (offset !== arrived) onProgress?.(offset, size)
    arrived = offset
    return offset
  }

  async function sendFrom(upload: string, offset: number): Promise<void> {
    for (let at = offset; at < size; ) {
      const piece = await bytesOf(file, at, Math.min(size, at + pieceBytes))
      const sent = await client.sendPiece(
        {
          parameters: { ...parameters, upload },
          query: { offset: String(at) },
          signal: AbortSignal.any([...(signal === undefined ? [] : [signal]), AbortSignal.timeout(pieceTimeoutMs)]),
        },
        piece,
      )
      at = note(sent.offset)
    }
  }

  for (;;) {
    try {
      const upload = await (id === undefined
        ? client.call('beginUpload', { parameters, body, ...given })
        : client.call('getUpload', { parameters: { ...parameters, upload: id }, ...given }))
      id = upload.id
      note(upload.offset)
      await sendFrom(id, upload.offset)
      return await client.call('finishUpload', { parameters: { ...parameters, upload: id }, ...given })
    } catch (fault) {
      signal?.throwIfAborted()
      const gone = id !== undefined && fault instanceof AppError && fault.code === 'upload/not-found'
      if (!gone && !mayPass(fault)) throw fault
      const told = waitTold(fault)
      if (told === undefined) faults += 1
      if (faults > retries) throw fault
      if (gone) id = undefined // its time was over: it begins anew
      await pause(told ?? Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (faults - 1)), signal)
    }
  }
}

function bodyOf({ name, content, externalId, title, metadata }: ClientFile) {
  return {
    name,
    size: content.size,
    ...(MEDIA_TYPE.test(content.type) ? { media_type: content.type } : {}),
    ...(externalId === undefined ? {} : { external_id: externalId }),
    ...(title === undefined ? {} : { title }),
    ...(metadata === undefined ? {} : { metadata: metadata as Readonly<Record<string, string>> }),
  }
}
const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+$/

async function bytesOf({ name, content }: ClientFile, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await content.slice(start, end).arrayBuffer())
  } catch (fault) {
    throw new AppError('request/invalid', { file: name, reason: 'the file changed while it was sent, or cannot be read any more' }, fault)
  }
}

/** Whether the same may work in a moment. */
function mayPass(fault: unknown): boolean {
  if (!(fault instanceof AppError)) return fault instanceof DOMException && fault.name === 'TimeoutError'
  // A proxy on the way answers with pages of its own.
  const { status } = fault.facts
  return fault.retry || (fault.code === 'internal' && typeof status === 'number' && status >= 502 && status <= 504)
}

/** Milliseconds that the server asked us to wait: that is no fault. */
function waitTold(fault: unknown): number | undefined {
  if (!(fault instanceof AppError) || fault.code !== 'limit/rate') return undefined
  const { retry_after: seconds } = fault.facts
  return typeof seconds === 'number' ? seconds * 1000 : undefined
}

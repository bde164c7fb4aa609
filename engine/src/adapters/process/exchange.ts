import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { AppError } from '../../domain/errors.ts'
import { type ExtractionRequest, FRAME, FRAME_PIECE_BYTES } from '../../ports/extraction-frames.ts'
import type { ArchiveEntry, Extraction, ExtractOptions, FileToExtract } from '../../ports/extractor.ts'
import { broken, checkedFault, checkedText, numbers, parseJson, sentences, text } from './check.ts'
import { type Child, type Frame, outOfMemory } from './child.ts'

export interface ExchangeLimits {
  readonly timeoutMs: number
  readonly memoryMiB: number
  readonly maxBytes: number
  readonly allowOcr: boolean
}

interface Deadline {
  stop(): void
  restart(): void
}

/** Source: at a gigabyte per second, the fastest that memory fills, a process overshoots by some 50 MB. */
const WATCH_MS = 50
const MAX_PATH = 4096 // characters of an entry's label
const MAX_ENTRIES = 20_000

/** Has one file read by a process. It ends with one result or one error, whatever the process does; after an error other than an answer, the process is dead. */
export async function extractWith(child: Child, file: FileToExtract, options: ExtractOptions, limits: ExchangeLimits): Promise<Extraction> {
  const late = new AppError('document/timeout', { limit: `${limits.timeoutMs / 1000} s` })
  let timer = setTimeout(() => child.kill(late), limits.timeoutMs)
  const deadline: Deadline = {
    stop: () => clearTimeout(timer),
    restart() {
      clearTimeout(timer)
      timer = setTimeout(() => child.kill(late), limits.timeoutMs)
    },
  }
  const watch = setInterval(() => {
    child.memory().then(
      (bytes) => bytes !== undefined && bytes > limits.memoryMiB * 2 ** 20 && child.kill(outOfMemory(limits.memoryMiB)),
      (cause: unknown) => child.kill(new AppError('extract/crashed', { how: 'its memory could not be watched' }, cause)),
    )
  }, WATCH_MS)
  const stop = (): void => child.kill()
  options.signal.addEventListener('abort', stop, { once: true })
  let handle: FileHandle | undefined
  try {
    handle = await open(file.path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)).catch((cause: unknown) => {
      throw new AppError('blob/not-found', {}, cause)
    })
    options.signal.throwIfAborted()
    await child.ready
    const request: ExtractionRequest = { name: file.name, mediaType: file.mediaType, size: file.size, maxBytes: limits.maxBytes, ocr: limits.allowOcr }
    child.send(FRAME.request, Buffer.from(JSON.stringify(request)))
    return await converse(child, handle, file.size, options, deadline)
  } catch (cause) {
    if (options.signal.aborted) throw options.signal.reason
    throw cause
  } finally {
    deadline.stop()
    clearInterval(watch)
    options.signal.removeEventListener('abort', stop)
    await handle?.close()
  }
}

async function converse(child: Child, handle: FileHandle, size: number, options: ExtractOptions, deadline: Deadline): Promise<Extraction> {
  const entries: ArchiveEntry[] = []
  for (;;) {
    const frame = await nextOf(child)
    switch (frame.kind) {
      case FRAME.read:
        child.send(FRAME.data, await piece(handle, size, frame))
        break
      case FRAME.progress: {
        const [done = 0, total = 0] = numbers(parseJson(frame.body), 'done', 'total')
        options.onProgress?.(done, total)
        break
      }
      case FRAME.entryStart: {
        if (entries.length >= MAX_ENTRIES) throw killed(child, broken('too many entries'))
        const path = text(parseJson(frame.body), 'path', MAX_PATH)
        const stored = await keepEntry(child, handle, size, options, deadline)
        if (stored !== undefined) entries.push({ path, ...stored })
        break
      }
      case FRAME.text:
        return { kind: 'text', extracted: checkedText(parseJson(frame.body)) }
      case FRAME.archive: {
        const { warnings } = parseJson(frame.body) as { warnings?: unknown }
        return { kind: 'archive', entries, warnings: sentences(warnings) }
      }
      case FRAME.failed:
        throw checkedFault(parseJson(frame.body))
      default:
        throw killed(child, broken(`frame ${frame.kind}`))
    }
  }
}

/** Streams one entry to the store; the process waits while the store is slow. Undefined when the entry turned out broken. */
async function keepEntry(
  child: Child,
  handle: FileHandle,
  size: number,
  options: ExtractOptions,
  deadline: Deadline,
): Promise<{ sha256: string; size: number } | undefined> {
  const state = { ended: false, brokenEntry: false, fault: undefined as AppError | undefined }
  async function* content(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const frame = await nextOf(child).catch((cause: AppError) => {
        state.fault = cause
        throw cause
      })
      deadline.restart()
      if (frame.kind === FRAME.entryData) yield frame.body
      else if (frame.kind === FRAME.read) child.send(FRAME.data, await piece(handle, size, frame))
      else if (frame.kind === FRAME.entryEnd) {
        state.ended = true
        deadline.stop() // the store's own time is not the file's
        return
      } else if (frame.kind === FRAME.entryBroken) {
        state.brokenEntry = true
        throw new AppError('document/corrupt')
      } else {
        state.fault = frame.kind === FRAME.failed ? checkedFault(parseJson(frame.body)) : broken(`frame ${frame.kind} within an entry`)
        throw state.fault
      }
    }
  }
  const stream = content()
  try {
    const storing = options.store(stream)
    const cutShort = child.ended.then(() => {
      throw state.fault ?? child.fault
    })
    cutShort.catch(() => undefined) // it lives longer than the race below
    const { sha256, size: bytes } = await Promise.race([storing, cutShort])
    deadline.restart()
    if (!state.ended) throw new AppError('internal', { reason: 'the store did not read an entry to its end' })
    return { sha256, size: bytes }
  } catch (cause) {
    if (state.brokenEntry) return undefined
    throw state.fault ?? killed(child, cause)
  }
}

async function piece(handle: FileHandle, size: number, frame: Frame): Promise<Uint8Array> {
  const [offset = 0, length = 0] = numbers(parseJson(frame.body), 'offset', 'length')
  if (length > FRAME_PIECE_BYTES || offset + length > size) throw broken('a read outside the file')
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, offset)
  return buffer.subarray(0, bytesRead)
}

async function nextOf(child: Child): Promise<Frame> {
  const frame = await child.next()
  if (frame === undefined) throw child.fault
  return frame
}

function killed<T>(child: Child, cause: T): T {
  child.kill()
  return cause
}

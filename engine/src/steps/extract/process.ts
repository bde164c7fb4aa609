import { type ExtractionRequest, FRAME, FRAME_PIECE_BYTES, FRAME_TEXT_BYTES } from '../../ports/extraction-frames.ts'
import { closeNetwork } from './network.ts'

// The entry of the extraction process: takes requests over file descriptor 3, one at a time, until the pipe ends.
closeNetwork()
const { AppError } = await import('../../domain/errors.ts')
const { channel } = await import('./channel.ts')
const { extractFile } = await import('./extract.ts')
const { EXTRACT_LIMITS } = await import('./reader.ts')

const PARENT = 3 // file descriptor of the pipe
const parent = channel(PARENT)
const innate = Object.getOwnPropertyNames(Object.prototype).length

async function answer(request: ExtractionRequest): Promise<void> {
  let whole: Uint8Array | undefined
  const head = parent.fetchBytes(0, Math.min(request.size, 64 << 10))
  const file = {
    name: request.name,
    size: request.size,
    bytes() {
      if (request.size > request.maxBytes) throw new AppError('document/too-large', { limit: `${request.maxBytes} bytes`, got: request.size })
      whole ??= request.size === head.length ? head : parent.fetchBytes(0, request.size)
      return whole
    },
    at(offset: number, length: number) {
      const start = Math.min(Math.max(0, offset), request.size)
      const end = Math.min(start + Math.max(0, length), request.size)
      if (whole !== undefined) return whole.subarray(start, end)
      return end <= head.length ? head.subarray(start, end) : parent.fetchBytes(start, end - start)
    },
  }
  const result = await extractFile(file, request.mediaType, request.ocr ? EXTRACT_LIMITS : { ...EXTRACT_LIMITS, ocrPages: 0 }, {
    progress: (done, total) => parent.send(FRAME.progress, { done, total }),
    entryStart: (path) => parent.send(FRAME.entryStart, { path }),
    entryData(bytes) {
      for (let at = 0; at < bytes.length; at += FRAME_PIECE_BYTES) parent.sendBytes(FRAME.entryData, bytes.subarray(at, at + FRAME_PIECE_BYTES))
    },
    entryEnd: () => parent.send(FRAME.entryEnd, {}),
    entryBroken: () => parent.send(FRAME.entryBroken, {}),
  })
  if (Object.getOwnPropertyNames(Object.prototype).length !== innate) throw new AppError('document/hostile', { reason: 'it changed how objects behave' })
  if (result.kind === 'archive') return parent.send(FRAME.archive, { warnings: result.warnings })
  const body = Buffer.from(JSON.stringify(result.extracted))
  if (body.length > FRAME_TEXT_BYTES) throw new AppError('document/too-large', { limit: `${FRAME_TEXT_BYTES} bytes of text` })
  parent.sendBytes(FRAME.text, body)
}

// A library's stray promise or timer must not end a process that is about to answer; the answer itself is awaited.
process.on('unhandledRejection', (cause) => process.stderr.write(`unhandled rejection: ${String(cause)}\n`))

parent.send(FRAME.ready, {})
for (;;) {
  const body = await parent.request()
  if (body === undefined) break
  const request: ExtractionRequest = JSON.parse(Buffer.from(body).toString('utf8'))
  try {
    await answer(request)
  } catch (cause) {
    // A parser that cannot be loaded is our fault, not the file's: this process ends, and the parent says so.
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND') throw cause
    // Whatever a library throws over an untrusted file means that the file is damaged; its own words stay on stderr.
    const error = cause instanceof AppError ? cause : new AppError('document/corrupt', {}, cause)
    if (error !== cause) process.stderr.write(`${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}\n`)
    parent.send(FRAME.failed, { code: error.code, facts: error.facts })
  }
}
process.exit(0)

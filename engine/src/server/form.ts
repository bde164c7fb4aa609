import { createHash, type Hash } from 'node:crypto'
import type { Readable } from 'node:stream'
import '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { FormShape } from '../api/route.ts'
import { AppError } from '../domain/errors.ts'
import { checked } from './problems.ts'

export interface FormFile<Fields> {
  readonly fields: Fields
  /** As the client named it, with folders when it sent any; only a label. */
  readonly name: string
  readonly mediaType: string
  /** Must be read before the next file is asked for. Fails when the client goes away or stalls: never ends early. */
  readonly content: AsyncIterable<Uint8Array>
}

export interface FormReader<Shape extends FormShape> {
  /** Reads up to the first file. */
  lead(): Promise<z.output<Shape['fields']>>
  files(): AsyncIterable<FormFile<z.output<Shape['fileFields']>>>
}

export interface FormOptions {
  readonly idleMs: number
  readonly signal: AbortSignal
  /** Keep a fingerprint of all that is read. */
  readonly hashed: boolean
}

/** Source: a folder upload names each file in up to three fields; more in one request is not a person's doing. */
const LIMITS = { files: 10_000, fields: 30_000, parts: 40_000, fieldSize: 262_144, fieldNameSize: 100, headerPairs: 100, fileSize: Number.POSITIVE_INFINITY }

/**
 * Reads a multipart form as a stream. Nothing of a file is held in memory; the next part is read when it is asked for.
 * @throws request/invalid for unknown, repeated or late fields and for a malformed form; request/aborted; request/timeout
 */
export function openForm<Shape extends FormShape>(
  request: FastifyRequest,
  shape: Shape,
  options: FormOptions,
): FormReader<Shape> & {
  /** Reads what is left and tells what all of it was. */
  fingerprint(): Promise<string>
} {
  const seen = createHash('sha256')
  const parts = partsOf(request)
  const leadValues: Record<string, string> = {}
  const lasting: Record<string, string> = {}
  let once: Record<string, string> = {}
  let waiting: FilePart | undefined
  let leadRead = false
  let ended = false
  let files = 0

  async function nextFile(): Promise<FilePart | undefined> {
    while (!ended) {
      const part = await parts(options)
      if (part === undefined) {
        ended = true
        return undefined
      }
      if (part.type === 'file') {
        if (part.fieldname !== shape.fileName) throw formFault(`${part.fieldname.slice(0, 80)}: unknown; files go in "${shape.fileName}"`)
        files += 1
        if (files > 1 && !shape.many) throw formFault(`${shape.fileName}: only one file`)
        return part
      }
      takeField(part)
    }
    return undefined
  }

  function takeField(part: FieldPart): void {
    const name = part.fieldname
    if (part.valueTruncated || part.fieldnameTruncated)
      throw new AppError('request/too-large', { at: name.slice(0, 80), limit: LIMITS.fieldSize, unit: 'bytes' })
    const value = typeof part.value === 'string' ? part.value : JSON.stringify(part.value)
    if (options.hashed) seen.update(`${JSON.stringify(['field', name, value])}\n`)
    if (Object.hasOwn(shape.fileFields.shape, name)) {
      if (shape.once.includes(name)) once[name] = value
      else lasting[name] = value
      return
    }
    if (leadRead && Object.hasOwn(shape.fields.shape, name)) throw formFault(`${name}: must come before the files`)
    if (leadRead || !Object.hasOwn(shape.fields.shape, name)) throw formFault(`${name.slice(0, 80)}: unknown`)
    if (Object.hasOwn(leadValues, name)) throw formFault(`${name.slice(0, 80)}: given twice`)
    leadValues[name] = value
  }

  async function lead(): Promise<z.output<Shape['fields']>> {
    if (!leadRead) {
      waiting = await nextFile()
      leadRead = true
    }
    return checked(shape.fields, leadValues, 'form') as z.output<Shape['fields']>
  }

  async function* all(): AsyncGenerator<FormFile<z.output<Shape['fileFields']>>> {
    await lead()
    for (let part = waiting; part !== undefined; part = await nextFile()) {
      waiting = undefined
      const fields = checked(shape.fileFields, { ...lasting, ...once }, 'form') as z.output<Shape['fileFields']>
      once = {}
      const name = part.filename ?? ''
      const hash = options.hashed ? createHash('sha256') : undefined
      yield { fields, name, mediaType: part.mimetype, content: contentOf(part.file, hash, options) }
      // A file that was not read to its end would hold up the form.
      part.file.resume()
      if (hash !== undefined) seen.update(`${JSON.stringify(['file', part.fieldname, name, part.mimetype, hash.digest('hex')])}\n`)
    }
  }

  return {
    lead,
    files: all,
    async fingerprint() {
      for await (const file of all()) for await (const _ of file.content);
      return seen.copy().digest('hex')
    },
  }
}

interface FilePart {
  readonly type: 'file'
  readonly fieldname: string
  readonly filename: string | undefined
  readonly mimetype: string
  readonly file: Readable & { readonly truncated?: boolean }
}
interface FieldPart {
  readonly type: 'field'
  readonly fieldname: string
  readonly value: unknown
  readonly fieldnameTruncated?: boolean
  readonly valueTruncated?: boolean
}

function partsOf(request: FastifyRequest): (options: FormOptions) => Promise<FilePart | FieldPart | undefined> {
  let iterator: AsyncIterator<FilePart | FieldPart> | undefined
  return async (options) => {
    try {
      // Opened late, so that nothing of the body is read before somebody asks.
      iterator ??= (request.parts({ limits: LIMITS, preservePath: true }) as AsyncIterable<FilePart | FieldPart>)[Symbol.asyncIterator]()
      const step = await inTime(iterator.next(), options)
      return step.done === true ? undefined : step.value
    } catch (fault) {
      throw formFaultOf(fault, options.signal)
    }
  }
}

async function* contentOf(file: FilePart['file'], hash: Hash | undefined, options: FormOptions): AsyncGenerator<Uint8Array> {
  const pieces = file[Symbol.asyncIterator]()
  try {
    for (;;) {
      const step = await inTime(pieces.next(), options)
      if (step.done === true) break
      hash?.update(step.value)
      yield step.value
    }
  } catch (fault) {
    throw formFaultOf(fault, options.signal)
  } finally {
    // Not by `return`: that would wait for the piece that may never come.
    if (!file.readableEnded) file.destroy()
  }
  // A connection that broke must never look like the end of a file.
  if (options.signal.aborted || file.truncated === true) throw reasonOf(options.signal)
}

/** That the right is gone, or else that the client is. */
function reasonOf(signal: AbortSignal, cause?: unknown): AppError {
  return signal.reason instanceof AppError ? signal.reason : new AppError('request/aborted', {}, cause)
}

function inTime<T>(work: Promise<T>, { idleMs, signal }: FormOptions): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new AppError('request/timeout', { idle_seconds: idleMs / 1000 })), idleMs)
    const gone = () => reject(reasonOf(signal))
    if (signal.aborted) gone()
    signal.addEventListener('abort', gone, { once: true })
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      signal.removeEventListener('abort', gone)
    })
  })
}

function formFaultOf(fault: unknown, signal: AbortSignal): AppError {
  if (fault instanceof AppError) return fault
  if (signal.aborted) return reasonOf(signal, fault)
  const code = typeof fault === 'object' && fault !== null && 'code' in fault ? String(fault.code) : ''
  if (/_LIMIT$/.test(code)) return new AppError('request/too-large', { files: LIMITS.files, fields: LIMITS.fields }, fault)
  if (/PREMATURE|ECONNRESET/.test(code)) return new AppError('request/aborted', {}, fault)
  return new AppError('request/invalid', { in: 'form', problems: ['the form is malformed'] }, fault)
}

function formFault(problem: string): AppError {
  return new AppError('request/invalid', { in: 'form', problems: [problem] })
}

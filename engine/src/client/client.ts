import { createParser } from 'eventsource-parser'
import type { BodyInput, EventOf, FieldsInput, FormShape, Parameters, QueryInput, ReplyOf, RouteShape } from '../api/route.ts'
import { ROUTES, type RouteName, type Routes } from '../api/routes.ts'
import { toldError, toldFact } from '../api/schemas.ts'
import { AppError, errorFromBody, type Facts } from '../domain/errors.ts'
import { type Line, type Opened, resumed, type Told } from './resumed.ts'

export interface ClientOptions {
  /** Such as http://127.0.0.1:8000. */
  readonly address: string
  readonly token: string | undefined
  /** Instead of the platform's own. */
  readonly fetch?: typeof fetch
  /** A stream of events that says nothing for so long is cut, ms; 45 seconds by default. */
  readonly silentMs?: number
}

/** Nothing for an empty object (zod types one as a record of never). */
type Needs<Key extends string, Value> = keyof Value extends never
  ? unknown
  : string extends keyof Value
    ? unknown
    : Partial<Value> extends Value
      ? { readonly [K in Key]?: Value }
      : { readonly [K in Key]: Value }

/** What a call of a route takes; only what the route has. */
export type CallInput<R extends RouteShape> = Needs<'parameters', Parameters<R>> &
  Needs<'query', QueryInput<R>> &
  BodyInput<R> & {
    readonly signal?: AbortSignal
    /** The same key again within a day gives the same reply and does nothing twice. */
    readonly idempotencyKey?: string
  }

/** What an answer takes besides. */
export type AnswerInput<R extends RouteShape> = CallInput<R> & {
  /** Called once, before the first event, with the id under which `answerAgain` takes the answer up; never by a server without such ids. */
  readonly onStream?: (stream: string) => void
}

/** A file of an upload. `content` is read as it is sent: `openAsBlob(path)` of node:fs never holds a file in memory. */
export interface ClientFile {
  readonly name: string
  readonly content: Blob
  readonly externalId?: string
  readonly title?: string
  readonly metadata?: Readonly<Record<string, unknown>>
}

export type UploadInput<R extends RouteShape> = Needs<'parameters', Parameters<R>> & {
  readonly fields: FieldsInput<R>
  readonly files: readonly ClientFile[]
  readonly signal?: AbortSignal
  readonly idempotencyKey?: string
}

type NamesOf<Kind extends string> = { [Name in RouteName]: Routes[Name]['reply']['kind'] extends Kind ? Name : never }[RouteName]
export type BytesName = { [Name in RouteName]: Routes[Name] extends { readonly bytes: true } ? Name : never }[RouteName]
export type JsonName = Exclude<NamesOf<'json'>, BytesName>
export type StreamName = NamesOf<'events'>
export type AnswerName = { [Name in RouteName]: Routes[Name]['reply'] extends { readonly kind: 'events'; readonly live: 'asks' } ? Name : never }[RouteName]
/** Answers that were asked for before: of an account or a key, of a visitor. */
export type AgainName = 'resumeStream' | 'resumeVisitorStream'
export type DownloadName = NamesOf<'bytes'>
export type FormName = { [Name in RouteName]: Routes[Name] extends { readonly form: FormShape } ? Name : never }[RouteName]

export type Reply<Name extends RouteName> = ReplyOf<Routes[Name]>
export type StreamEvent<Name extends StreamName> = EventOf<Routes[Name]>
export type Input<Name extends RouteName> = CallInput<Routes[Name]>
export type { RouteName } from '../api/routes.ts'
export type { ErrorCode } from '../domain/errors.ts'
export { AppError }

const requestIds = new WeakMap<AppError, string>()

/** The id under which the server's log has the request that failed; undefined when no reply came. */
export function requestIdOf(fault: unknown): string | undefined {
  return fault instanceof AppError ? requestIds.get(fault) : undefined
}

/**
 * Calls the routes of a server, typed by their table. Errors are AppErrors as the server told them; a server that
 * cannot be reached, or whose reply breaks off, is `server/unreachable`, an aborted signal rejects with its reason.
 */
export interface Client {
  call<Name extends JsonName>(name: Name, input: CallInput<Routes[Name]>): Promise<ReplyOf<Routes[Name]>>
  upload<Name extends FormName>(name: Name, input: UploadInput<Routes[Name]>): Promise<ReplyOf<Routes[Name]>>
  /** One piece of an upload; `resumableUpload` sends a whole file in them. */
  sendPiece(input: CallInput<Routes['sendPiece']>, bytes: Uint8Array<ArrayBuffer>): Promise<ReplyOf<Routes['sendPiece']>>
  /** Events as they come. The event that carries an error is thrown, not given; leaving the loop ends the request. */
  stream<Name extends StreamName>(name: Name, input: CallInput<Routes[Name]>): AsyncGenerator<EventOf<Routes[Name]>, void>
  /**
   * As `stream`, for answers: a connection that is cut is taken up again where it was, without a gap or an event twice.
   * Leaving the loop stops the answer.
   */
  answer<Name extends AnswerName>(name: Name, input: AnswerInput<Routes[Name]>): AsyncGenerator<EventOf<Routes[Name]>, void>
  /**
   * As `answer`, for one that was asked for before, by another run of the program too: all its events again, or those after
   * `query.after`, and then on to its end. Leaving the loop stops the answer. @throws stream/not-found when the server has forgotten it
   */
  answerAgain<Name extends AgainName>(name: Name, input: CallInput<Routes[Name]>): AsyncGenerator<EventOf<Routes[Name]>, void>
  /** The bytes of a reply that is neither JSON nor events, as they come. */
  download<Name extends DownloadName>(name: Name, input: CallInput<Routes[Name]>): Promise<ReadableStream<Uint8Array>>
  /** The bytes of a file as it was uploaded. */
  content(parameters: Parameters<Routes['readContent']>, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>>
}

interface AnyInput {
  readonly parameters?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  readonly signal?: AbortSignal
  readonly idempotencyKey?: string
}

/** Source: the server sends something every fifteen seconds; three times in a row it does not get lost on a connection that works. */
const SILENT_MS = 45_000

export function createClient(options: ClientOptions): Client {
  const { silentMs = SILENT_MS } = options
  const request = options.fetch ?? fetch

  async function send(
    route: RouteShape,
    input: AnyInput,
    content?: FormData | Uint8Array<ArrayBuffer>,
    more?: Readonly<Record<string, string>>,
  ): Promise<Response> {
    const body = content ?? (input.body === undefined ? undefined : JSON.stringify(input.body))
    const headers: Record<string, string> = { ...more }
    if (options.token !== undefined) headers.authorization = `Bearer ${options.token}`
    if (typeof body === 'string') headers['content-type'] = 'application/json'
    if (body instanceof Uint8Array) headers['content-type'] = 'application/offset+octet-stream'
    if (input.idempotencyKey !== undefined) headers['idempotency-key'] = input.idempotencyKey
    const init = {
      method: route.method,
      headers,
      ...(body === undefined ? {} : { body }),
      ...(input.signal === undefined ? {} : { signal: input.signal }),
    }
    const reply = await reached(request(addressOf(options.address, route, input), init), input.signal)
    if (!reply.ok) throw await faultOf(reply)
    return reply
  }

  async function json(route: RouteShape, input: AnyInput, content?: FormData | Uint8Array<ArrayBuffer>): Promise<unknown> {
    if (route.reply.kind !== 'json') throw new AppError('internal', { reason: 'the route has no JSON reply' })
    const reply = await send(route, input, content)
    const read = route.reply.schema.safeParse(await reached(reply.json(), input.signal))
    if (!read.success) throw new AppError('internal', { reason: 'the server replied in a form that this client does not know' }, read.error)
    return read.data
  }

  async function bytesOf(route: RouteShape, input: AnyInput): Promise<ReadableStream<Uint8Array>> {
    const reply = await send(route, input)
    if (reply.body === null) throw new AppError('internal', { reason: 'the server sent no content' })
    return reply.body
  }

  function opened(route: RouteShape, reply: Response, signal: AbortSignal | undefined): Opened {
    return { stream: reply.headers.get('x-stream-id') ?? undefined, events: eventsOf(route, reply, signal, silentMs) }
  }

  /** How an answer is read on and stopped; its events are those of `route`. */
  function followed(again: AgainName, route: RouteShape, { parameters, signal }: AnyInput): Pick<Line, 'readOn' | 'stop'> {
    return {
      async readOn(stream, after) {
        const input = { parameters: { ...parameters, stream }, query: { after }, ...(signal === undefined ? {} : { signal }) }
        const reply = await send(ROUTES[again], input)
        return reply.status === 204 ? undefined : opened(route, reply, signal)
      },
      async stop(stream) {
        await json(ROUTES[again === 'resumeStream' ? 'stopStream' : 'stopVisitorStream'], { parameters: { ...parameters, stream } })
      },
    }
  }

  return {
    async call(name, input) {
      return (await json(ROUTES[name], input as AnyInput)) as ReplyOf<Routes[typeof name]>
    },

    async upload(name, input) {
      const form = formOf(ROUTES[name], input.fields as Readonly<Record<string, unknown>>, input.files)
      return (await json(ROUTES[name], input as AnyInput, form)) as ReplyOf<Routes[typeof name]>
    },

    async sendPiece(input, bytes) {
      return (await json(ROUTES.sendPiece, input as AnyInput, bytes)) as ReplyOf<Routes['sendPiece']>
    },

    async *stream(name, input) {
      const { signal } = input as AnyInput
      for await (const { event, data } of eventsOf(ROUTES[name], await send(ROUTES[name], input as AnyInput), signal, silentMs)) {
        yield { event, data } as EventOf<Routes[typeof name]>
      }
    },

    async *answer(name, input) {
      const asked = input as AnyInput & { readonly onStream?: (stream: string) => void }
      const route: RouteShape = ROUTES[name]
      const line: Line = {
        ...followed(name === 'publicAsk' ? 'resumeVisitorStream' : 'resumeStream', route, asked),
        ask: async () => opened(route, await send(route, asked, undefined, { 'quarry-resume': 'on' }), asked.signal),
        ...(asked.onStream === undefined ? {} : { began: asked.onStream }),
      }
      for await (const { event, data } of resumed(line, lastOf(route), asked.signal)) yield { event, data } as EventOf<Routes[typeof name]>
    },

    async *answerAgain(name, input) {
      const asked = input as AnyInput
      const route: RouteShape = ROUTES[name]
      const begun = { stream: asked.parameters?.stream ?? '', after: Number(asked.query?.after ?? 0) }
      const line: Line = { ...followed(name, route, asked), ask: () => Promise.reject(new AppError('internal', { reason: 'it was asked before' })) }
      for await (const { event, data } of resumed(line, lastOf(route), asked.signal, begun)) yield { event, data } as EventOf<Routes[typeof name]>
    },

    download: (name, input) => bytesOf(ROUTES[name], input as AnyInput),

    content: (parameters, signal) => bytesOf(ROUTES.readContent, { parameters, ...(signal === undefined ? {} : { signal }) }),
  }
}

function lastOf({ reply }: RouteShape): readonly string[] {
  return reply.kind === 'events' ? reply.last : []
}

function addressOf(address: string, route: RouteShape, { parameters = {}, query = {} }: AnyInput): string {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ''))
  const pairs = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as [string, string]]))
  const search = new URLSearchParams(pairs).toString()
  return `${address.replace(/\/+$/, '')}${path}${search === '' ? '' : `?${search}`}`
}

/** Fields come before the files that they speak of. */
function formOf(route: RouteShape, fields: Readonly<Record<string, unknown>>, files: readonly ClientFile[]): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.append(name, String(value))
  for (const file of files) {
    if (file.externalId !== undefined) form.append('external_id', file.externalId)
    if (file.title !== undefined) form.append('title', file.title)
    if (file.metadata !== undefined) form.append('metadata', JSON.stringify(file.metadata))
    form.append(route.form?.fileName ?? 'files', file.content, file.name)
  }
  return form
}

/** Rejections of fetch are either the caller's own abort or a server that cannot be reached. */
async function reached<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await work
  } catch (fault) {
    if (fault instanceof AppError) throw fault
    if (signal?.aborted === true) throw signal.reason
    throw new AppError('server/unreachable', {}, fault)
  }
}

/** A connection whose other end is gone without a word (a laptop that slept, a network that changed) never ends by itself. */
async function heard<T>(work: Promise<T>, silentMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AppError('server/unreachable', { reason: 'the connection fell silent' })), silentMs)
  })
  try {
    return await Promise.race([work, silence])
  } finally {
    clearTimeout(timer)
  }
}

async function faultOf(reply: Response): Promise<AppError> {
  const told: unknown = await reply.json().catch(() => undefined) // no JSON is told as `internal` below
  return rebuilt(told, { status: reply.status })
}

function rebuilt(told: unknown, otherwise: Facts): AppError {
  const read = toldError.safeParse(typeof told === 'object' && told !== null && 'error' in told ? told.error : undefined)
  if (!read.success) return new AppError('internal', otherwise)
  const { code, facts, request_id } = read.data
  const known = Object.entries(facts ?? {}).flatMap(([name, value]) => {
    const fact = toldFact.safeParse(value)
    return fact.success ? [[name, fact.data] as const] : []
  })
  // For a fault of the server the request id is what its owner needs.
  if (code === 'internal' && request_id !== undefined) known.push(['request_id', request_id])
  const error = errorFromBody({ code, facts: Object.fromEntries(known) })
  if (request_id !== undefined) requestIds.set(error, request_id)
  return error
}

async function* eventsOf(route: RouteShape, reply: Response, signal: AbortSignal | undefined, silentMs: number): AsyncGenerator<Told> {
  if (route.reply.kind !== 'events' || reply.body === null) throw new AppError('internal', { reason: 'the server sent no events' })
  const { events, last, failure } = route.reply
  const waiting: { id: number | undefined; event: string; data: string }[] = []
  const parser = createParser({
    onEvent: ({ id, event, data }) => waiting.push({ id: id === undefined ? undefined : Number(id), event: event ?? '', data }),
  })
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader()
  try {
    for (;;) {
      const piece = await heard(reached(reader.read(), signal), silentMs)
      if (piece.value !== undefined) parser.feed(piece.value)
      for (const { id, event, data } of waiting.splice(0)) {
        const schema = events[event]
        if (schema === undefined) continue // of a newer server
        const value: unknown = JSON.parse(data)
        if (event === failure) throw rebuilt(value, { event })
        yield { id, event, data: schema.parse(value) }
        if (last.includes(event)) return
      }
      if (piece.done) throw new AppError('server/unreachable', { reason: 'the stream was cut off' })
    }
  } finally {
    await reader.cancel().catch(() => undefined) // the connection may be gone already
  }
}

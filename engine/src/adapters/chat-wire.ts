import { createParser } from 'eventsource-parser'
import type { Usage } from '../domain/answer.ts'
import { AppError } from '../domain/errors.ts'
import type { ChatEvent } from '../ports/chat.ts'
import type { Http, HttpCall, HttpReply } from './http.ts'
import { saidIn, textOf } from './http-said.ts'

// What chat models that stream server-sent events have in common: how a reply is read, and what becomes of one that breaks.

/** The error for an answer that the provider's own rules stopped; it is paid for. */
export function withheld(model: string, by: string, usage: Usage | undefined): AppError {
  const counts = usage === undefined ? {} : { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens }
  return new AppError('model/refused', { model, reason: `the answer was stopped by ${by} of the provider`, withheld: true, ...counts })
}

/** Makes the events of one reply out of the messages that a provider streams. */
export interface ReplyReader {
  /** Events of one parsed message, in order; none after the first `end` is used. */
  read(message: unknown): readonly ChatEvent[]
  /** Events that are left when the stream is over; no `end` among them: the answer broke off. `isDone`: the provider said that it is over. */
  rest(isDone: boolean): readonly ChatEvent[]
  /** Of a reply in one piece, from servers that do not stream. @throws model/unavailable, model/refused */
  whole(reply: unknown): readonly ChatEvent[]
}

/** The error for what a provider said instead of an answer. */
export type Refusal = (said: { readonly message: string; readonly code?: string | undefined }) => AppError

/** Models that think first may be silent for long; after that pieces follow each other quickly. */
const WAIT_MS = 120_000
/** No answer takes longer; one that drips on and on is not read to its end. */
const LONGEST_MS = 900_000
/** A person waits: when the provider wants more time than that, another model may write. */
const PATIENCE_MS = 8000
const MAX_ANSWER_BYTES = 16 * 1024 * 1024
/** After the end of an answer, for the connection to become free: otherwise the next question opens a new one. */
const LINGER_MS = 50
const PASSING = /overload|rate.?limit|too many|unavailable|server.?error|api_error|internal|time.?out|throttl/i

export interface AnswerCall extends Pick<HttpCall, 'path' | 'body' | 'signal'> {
  /** For each piece; two minutes unless told. */
  readonly timeoutMs: number | undefined
  /** `provider:model`, for errors. */
  readonly model: string
  /** Of providers that do not stream server-sent events. */
  readonly framing?: Framing
}

export interface Framing {
  readonly mediaType: string
  /** What the reader is given. @throws model/unavailable */
  messages(content: AsyncIterable<Uint8Array>): AsyncIterable<unknown>
}

/** Asks, and gives the reply as ports/chat.ts promises it. */
export async function* answerOf(http: Http, call: AnswerCall, readerOf: (refusal: Refusal) => ReplyReader): AsyncGenerator<ChatEvent> {
  const { model, path, body, signal, timeoutMs = WAIT_MS, framing } = call
  const reply = await http.open({
    ...{ method: 'POST', path, body, headers: { accept: framing?.mediaType ?? 'text/event-stream' }, timeoutMs, signal },
    ...{ totalMs: Math.max(timeoutMs, Math.min(LONGEST_MS, timeoutMs * 8)), retries: 2, patienceMs: PATIENCE_MS, maxBytes: MAX_ANSWER_BYTES },
  })
  const reader = readerOf(({ message, code = '' }) => {
    return new AppError(PASSING.test(`${code} ${message}`) ? 'model/unavailable' : 'model/refused', { model, said: http.clean(message) })
  })
  try {
    for await (const event of eventsOf(reply, reader, call)) {
      signal.throwIfAborted()
      if (event.type === 'end') reply.judge(true)
      yield event
      if (event.type === 'end') return
    }
    throw new AppError('model/unavailable', { model, reason: 'the answer broke off' })
  } catch (error) {
    if (error instanceof AppError && error.code === 'model/unavailable') reply.judge(false)
    throw error
  }
}

function eventsOf(reply: HttpReply, reader: ReplyReader, { model, framing }: AnswerCall): AsyncGenerator<ChatEvent> {
  if (framing !== undefined && reply.mediaType === framing.mediaType) return framed(framing.messages(reply.content), reader)
  return framing === undefined && reply.mediaType === 'text/event-stream' ? streamed(reply, reader, model) : whole(reply, reader, model)
}

async function* framed(messages: AsyncIterable<unknown>, reader: ReplyReader): AsyncGenerator<ChatEvent> {
  try {
    for await (const message of messages) yield* reader.read(message)
  } catch (error) {
    yield* restAfter(error, reader)
    return
  }
  yield* reader.rest(false)
}

/** Usage comes after the end of an answer: one that broke off there is complete. */
function restAfter(error: unknown, reader: ReplyReader): readonly ChatEvent[] {
  const rest = error instanceof AppError && error.code === 'model/unavailable' ? reader.rest(false) : []
  if (rest.length === 0) throw error
  return rest
}

async function* streamed(reply: HttpReply, reader: ReplyReader, model: string): AsyncGenerator<ChatEvent> {
  const ready: string[] = []
  const parser = createParser({ onEvent: ({ data }) => void ready.push(data) })
  const decoder = new TextDecoder()
  let isDone = false
  let end: ChatEvent | undefined
  let linger: NodeJS.Timeout | undefined
  /** Up to the end of the answer. */
  function* eventsIn(messages: readonly string[]): Generator<ChatEvent> {
    for (const data of messages) {
      isDone = isDone || data === '[DONE]'
      for (const event of isDone ? reader.rest(true) : reader.read(jsonOf(data, model))) {
        if (event.type === 'end') {
          end = event
          return
        }
        yield event
      }
      if (isDone) return
    }
  }
  try {
    for await (const piece of reply.content) {
      if (end !== undefined) continue
      parser.feed(decoder.decode(piece, { stream: true }))
      yield* joined(eventsIn(ready.splice(0)))
      if (isDone && end === undefined) break
      if (end !== undefined) linger = setTimeout(reply.close, LINGER_MS)
    }
  } catch (error) {
    end ??= restAfter(error, reader).at(-1)
  } finally {
    clearTimeout(linger)
  }
  if (end !== undefined) yield end
  else if (!isDone) yield* reader.rest(false)
}

/** Pieces of text that come together go on as one: the more a server has to do, the more come at once, and the less each of them costs. */
function* joined(events: Iterable<ChatEvent>): Generator<ChatEvent> {
  let text = ''
  const upToHere = (): readonly ChatEvent[] => (text === '' ? [] : [{ type: 'text', text }])
  try {
    for (const event of events) {
      if (event.type === 'text') text += event.text
      else {
        yield* upToHere()
        text = ''
        yield event
      }
    }
  } catch (error) {
    yield* upToHere()
    throw error
  }
  yield* upToHere()
}

async function* whole(reply: HttpReply, reader: ReplyReader, model: string): AsyncGenerator<ChatEvent> {
  yield* reader.whole(jsonOf(await textOf(reply.content, MAX_ANSWER_BYTES), model))
}

function jsonOf(data: string, model: string): unknown {
  try {
    return JSON.parse(data)
  } catch (error) {
    throw new AppError('model/unavailable', { model, reason: 'the reply is not JSON' }, error)
  }
}

/** For providers that always stream: whatever else comes is a fault. */
export function notStreamed(reply: unknown, refusal: Refusal, model: string): AppError {
  const fault = saidIn(reply)
  return fault === undefined ? new AppError('model/unavailable', { model, reason: 'the reply is not a stream' }) : refusal(fault)
}

/** A text as JSON can carry it: half of a surrogate pair is refused by strict parsers. Offsets stay. An empty text is refused too. */
export function wireText(text: string): string {
  return text.trim() === '' ? '.' : text.toWellFormed()
}

export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
}

export function numberAt(value: unknown, name: string): number | undefined {
  const found = field(value, name)
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined
}

export function textAt(value: unknown, name: string): string | undefined {
  const found = field(value, name)
  return typeof found === 'string' ? found : undefined
}

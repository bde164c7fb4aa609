import type { Chat, ChatPassage, ChatRequest } from '../../ports/chat.ts'
import { answerOf, wireText } from '../chat-wire.ts'
import { type Fetch, type HttpClock, httpClient } from '../http.ts'
import { messageReader } from './message-reader.ts'

export interface AnthropicOptions {
  /** Such as https://api.anthropic.com, without a path. */
  readonly baseUrl: string
  readonly apiKey: string
  readonly model: string
  /** Milliseconds to wait for each piece. */
  readonly timeoutMs?: number
  readonly clock?: HttpClock
  /** Instead of the global one. */
  readonly fetch?: Fetch
}

const VERSION = '2023-06-01'
/** Source: the limit of the API. */
const MAX_TITLE = 500
/** Tokens, by the names of models. What some read beyond that must be asked for, and costs more. */
const WINDOWS: readonly (readonly [pattern: RegExp, tokens: number])[] = [[/^claude-(instant|2\.0|1)/, 100_000]]
const USUAL_WINDOW = 200_000
/** Models before 3.5 refuse documents that they should cite. */
const WITHOUT_CITATIONS = /^claude-(instant|[12]\b|3-(haiku|sonnet|opus))/

/** A model of Anthropic, over the Messages API. Since 3.5 it cites the passages by itself: they are sent as documents. */
export function anthropicChat(options: AnthropicOptions): Chat {
  const http = httpClient({
    baseUrl: options.baseUrl.replace(/\/$/, ''),
    headers: { 'x-api-key': options.apiKey, 'anthropic-version': VERSION },
    service: 'anthropic',
    faults: { unavailable: 'model/unavailable', refused: 'model/refused' },
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  })
  const name = `anthropic:${options.model}`
  return {
    name,
    window: WINDOWS.find(([pattern]) => pattern.test(options.model))?.[1] ?? USUAL_WINDOW,
    citations: WITHOUT_CITATIONS.test(options.model) ? 'markers' : 'native',
    write: (request, signal) =>
      answerOf(
        http,
        { path: '/v1/messages', body: bodyOf(request, options.model), timeoutMs: options.timeoutMs, model: name, signal },
        messageReader(request.passages ?? [], name),
      ),
  }
}

function bodyOf({ system, messages, maxTokens, passages = [] }: ChatRequest, model: string): unknown {
  // A conversation that was cut may begin with an answer, which the API refuses.
  const turns = messages.slice(
    Math.max(
      0,
      messages.findIndex(({ role }) => role === 'user'),
    ),
  )
  const last = turns.findLastIndex(({ role }) => role === 'user')
  return {
    model,
    stream: true,
    max_tokens: maxTokens,
    ...(system.trim() === '' ? {} : { system: wireText(system) }),
    messages: turns.map(({ role, text }, index) => ({
      role,
      content: [...(index === last ? passages.map(documentOf) : []), { type: 'text', text: wireText(text) }],
    })),
  }
}

function documentOf({ title, text }: ChatPassage): unknown {
  const named = title.trim() === '' ? {} : { title: title.slice(0, MAX_TITLE).toWellFormed() }
  return { type: 'document', source: { type: 'text', media_type: 'text/plain', data: wireText(text) }, ...named, citations: { enabled: true } }
}

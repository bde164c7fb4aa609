import { createParser } from 'eventsource-parser'
import type { Usage } from '../../domain/answer.ts'
import { AppError } from '../../domain/errors.ts'
import type { Chat, ChatEvent, ChatRequest } from '../../ports/chat.ts'
import { type HttpReply, saidIn, textOf } from '../http.ts'
import { type OpenAiOptions, openaiHttp } from './embedder.ts'

/** Source: models that think first may be silent for long; after that pieces follow each other quickly. */
const WAIT_MS = 120_000
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

/** A chat model of any server that speaks the chat/completions protocol of OpenAI. */
export function openaiChat(options: OpenAiOptions & { readonly model: string }): Chat {
  const http = openaiHttp(options)
  const name = `${options.provider}:${options.model}`
  const official = new URL(options.baseUrl).hostname === 'api.openai.com'
  return {
    name,
    async *write(request, signal) {
      const reply = await http.open({
        method: 'POST',
        path: '/chat/completions',
        body: bodyOf(request, options.model, official),
        headers: { accept: 'text/event-stream' },
        timeoutMs: options.timeoutMs ?? WAIT_MS,
        retries: 2,
        maxBytes: MAX_ANSWER_BYTES,
        signal,
      })
      yield* reply.mediaType === 'text/event-stream' ? streamed(reply, name) : whole(reply, name)
    },
  }
}

function bodyOf(request: ChatRequest, model: string, official: boolean): unknown {
  return {
    model,
    stream: true,
    stream_options: { include_usage: true },
    // OpenAI's newer models refuse `max_tokens`; other servers know only that.
    ...(official ? { max_completion_tokens: request.maxTokens } : { max_tokens: request.maxTokens }),
    messages: [{ role: 'system', content: request.system }, ...request.messages.map(({ role, text }) => ({ role, content: text }))],
  }
}

async function* streamed(reply: HttpReply, model: string): AsyncGenerator<ChatEvent> {
  const ready: Delta[] = []
  const parser = createParser({
    onEvent: (event) => {
      ready.push(event.data === '[DONE]' ? { ended: true } : readDelta(event.data, model))
    },
  })
  const decoder = new TextDecoder()
  let usage: Usage | undefined
  let ended = false
  for await (const piece of reply.content) {
    parser.feed(decoder.decode(piece, { stream: true }))
    for (const delta of ready.splice(0)) {
      usage = delta.usage ?? usage
      ended = ended || delta.ended === true
      if (delta.text !== undefined && delta.text !== '') yield { type: 'text', text: delta.text }
    }
  }
  if (!ended) throw new AppError('model/unavailable', { model, reason: 'the answer broke off' })
  yield { type: 'end', usage }
}

interface Delta {
  readonly text?: string
  readonly usage?: Usage
  readonly ended?: boolean
}

async function* whole(reply: HttpReply, model: string): AsyncGenerator<ChatEvent> {
  const delta = readDelta(await textOf(reply.content, MAX_ANSWER_BYTES), model)
  if (delta.text === undefined) throw new AppError('model/unavailable', { model, reason: 'the reply holds no text' })
  if (delta.text !== '') yield { type: 'text', text: delta.text }
  yield { type: 'end', usage: delta.usage }
}

function readDelta(data: string, model: string): Delta {
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch (error) {
    throw new AppError('model/unavailable', { model, reason: 'the reply is not JSON' }, error)
  }
  const fault = saidIn(value)
  if (fault !== undefined) {
    const passing = /overload|rate|unavailable|server_error|timeout/i.test(`${fault.code ?? ''} ${fault.message}`)
    throw new AppError(passing ? 'model/unavailable' : 'model/refused', { model, said: fault.message.slice(0, 300) })
  }
  const choice = first(field(value, 'choices'))
  const finish = field(choice, 'finish_reason')
  if (finish === 'content_filter') throw new AppError('model/refused', { model, said: 'the answer was stopped by the content filter of the provider' })
  const text = field(field(choice, 'delta') ?? field(choice, 'message'), 'content')
  const usage = readUsage(field(value, 'usage'))
  return {
    ...(typeof text === 'string' ? { text } : {}),
    ...(usage === undefined ? {} : { usage }),
    ...(typeof finish === 'string' ? { ended: true } : {}),
  }
}

function readUsage(value: unknown): Usage | undefined {
  const [inputTokens, outputTokens] = [field(value, 'prompt_tokens'), field(value, 'completion_tokens')]
  return typeof inputTokens === 'number' && typeof outputTokens === 'number' ? { inputTokens, outputTokens } : undefined
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
}

function first(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined
}

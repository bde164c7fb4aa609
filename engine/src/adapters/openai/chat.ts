import type { Usage } from '../../domain/answer.ts'
import { AppError } from '../../domain/errors.ts'
import type { Chat, ChatEvent, ChatRequest } from '../../ports/chat.ts'
import { answerOf, field, numberAt, type Refusal, type ReplyReader, textAt, withheld } from '../chat-wire.ts'
import { saidIn } from '../http-said.ts'
import { thinkingTokens } from '../thinking.ts'
import { type OpenAiOptions, openaiHttp } from './embedder.ts'

/** A chat model of any server that speaks the chat/completions protocol of OpenAI. */
export function openaiChat(options: OpenAiOptions & { readonly model: string }): Chat {
  const http = openaiHttp(options)
  const name = `${options.provider}:${options.model}`
  const official = new URL(options.baseUrl).hostname === 'api.openai.com'
  const window = windowOf(options.model, options.provider)
  const thinking = thinkingTokens(options.model, window)
  return {
    name,
    window,
    citations: 'markers',
    thinking,
    write: (request, signal) =>
      answerOf(
        http,
        { path: '/chat/completions', body: bodyOf(request, options.model, official, thinking), timeoutMs: options.timeoutMs, model: name, signal },
        completionReader(name),
      ),
  }
}

/** Tokens, by the names of models; what OpenAI does not make runs on people's own machines, where windows are small. */
const WINDOWS: readonly (readonly [pattern: RegExp, tokens: number])[] = [
  [/^gpt-3\.5/, 16_385],
  [/^gpt-4(-\d{4}|-32k|$)/, 8_192],
  [/^gpt-4\.1/, 1_000_000],
  [/^gpt-5|^o[134](-|$)/, 200_000],
  [/^gpt-4|^chatgpt/, 128_000],
]
const SMALL_WINDOW = 8_192
const USUAL_WINDOW = 128_000

export function windowOf(model: string, provider: string): number {
  return WINDOWS.find(([pattern]) => pattern.test(model))?.[1] ?? (provider === 'openai' ? USUAL_WINDOW : SMALL_WINDOW)
}

/** Source: of OpenAI's models that think, these know no low effort. */
const WITHOUT_LOW_EFFORT = /^o1-(?:mini|preview)|-pro(?:-|$)|-deep-research/

function bodyOf(request: ChatRequest, model: string, official: boolean, thinking: number): unknown {
  const maxTokens = request.maxTokens + thinking
  const isQuick = official && thinking > 0 && request.brief === true && !WITHOUT_LOW_EFFORT.test(model)
  return {
    model,
    stream: true,
    stream_options: { include_usage: true },
    // OpenAI's newer models refuse `max_tokens`; other servers know only that.
    ...(official ? { max_completion_tokens: maxTokens } : { max_tokens: maxTokens }),
    ...(isQuick ? { reasoning_effort: 'low' } : {}),
    messages: [{ role: 'system', text: request.system }, ...request.messages].map(({ role, text }) => ({ role, content: text.toWellFormed() })),
  }
}

/** `usage` comes after the last text, in a chunk of its own, so an answer has ended when the stream has. */
function completionReader(model: string): (refusal: Refusal) => ReplyReader {
  return (refusal) => {
    let usage: Usage | undefined
    let finish: string | undefined
    const read = (chunk: unknown): ChatEvent[] => {
      const fault = saidIn(chunk)
      if (fault !== undefined) throw refusal(fault)
      const choice = first(field(chunk, 'choices'))
      usage = usageIn(field(chunk, 'usage')) ?? usage
      finish = textAt(choice, 'finish_reason') ?? finish
      const text = textAt(field(choice, 'delta') ?? field(choice, 'message'), 'content') ?? ''
      return text === '' ? [] : [{ type: 'text', text }]
    }
    const end = (): ChatEvent => {
      if (finish === 'content_filter') throw withheld(model, 'the content filter', usage)
      return { type: 'end', usage, ...(finish === 'length' ? { cut: true } : {}) }
    }
    return {
      read,
      rest: (isDone) => (isDone || finish !== undefined ? [end()] : []),
      whole(reply) {
        const events = read(reply)
        if (finish !== 'content_filter' && textAt(field(first(field(reply, 'choices')), 'message'), 'content') === undefined) {
          throw new AppError('model/unavailable', { model, reason: 'the reply holds no text' })
        }
        return [...events, end()]
      },
    }
  }
}

function usageIn(value: unknown): Usage | undefined {
  const [inputTokens, outputTokens] = [numberAt(value, 'prompt_tokens'), numberAt(value, 'completion_tokens')]
  return inputTokens === undefined || outputTokens === undefined ? undefined : { inputTokens, outputTokens }
}

function first(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined
}

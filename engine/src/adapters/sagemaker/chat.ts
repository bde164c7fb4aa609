import { AppError } from '../../domain/errors.ts'
import type { Chat, ChatEvent, ChatRequest } from '../../ports/chat.ts'
import { EVENT_STREAM } from '../aws-event-stream.ts'
import { type AwsOptions, awsHttp } from '../aws-signing.ts'
import { type AnswerCall, answerOf, wireText } from '../chat-wire.ts'
import { containerReader } from './container-reader.ts'
import { payloads } from './payloads.ts'
import { invocations, SAGEMAKER } from './service.ts'

/** Of a model that nobody knows; people's own endpoints have small ones. */
const WINDOW = 8_192
const NO_STREAM = /(not|n't) (support|allow|enable)\w*[^.]*stream|stream\w*[^.]* (not|n't|un) ?(support|allow|enable)/i

/**
 * A language model behind an endpoint of Amazon SageMaker whose container takes OpenAI's messages, as those of TGI, vLLM and LMI
 * do; `model` is the endpoint. A container that does not stream is asked again for a reply in one piece.
 */
export function sagemakerChat(options: AwsOptions & { readonly model: string; readonly window?: number }): Chat {
  const http = awsHttp(options, SAGEMAKER)
  const { model: endpoint, timeoutMs } = options
  const name = `sagemaker:${endpoint}`
  const framing = { mediaType: EVENT_STREAM, messages: (content: AsyncIterable<Uint8Array>) => payloads(content, name) }
  const callOf = (request: ChatRequest, signal: AbortSignal): Omit<AnswerCall, 'path'> => ({ body: bodyOf(request, true), timeoutMs, model: name, signal })

  async function* write(request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatEvent> {
    let hasBegun = false
    try {
      for await (const event of answerOf(http, { ...callOf(request, signal), path: invocations(endpoint, true), framing }, containerReader(name))) {
        hasBegun = true
        yield event
      }
    } catch (error) {
      if (hasBegun || !doesNotStream(error)) throw error
      yield* answerOf(http, { ...callOf(request, signal), path: invocations(endpoint), body: bodyOf(request, false) }, containerReader(name))
    }
  }

  return { name, window: options.window ?? WINDOW, citations: 'markers', write }
}

function bodyOf({ system, messages, maxTokens }: ChatRequest, stream: boolean): unknown {
  const turns = system.trim() === '' ? messages : [{ role: 'system', text: system }, ...messages]
  return {
    messages: turns.map(({ role, text }) => ({ role, content: wireText(text) })),
    max_tokens: maxTokens,
    ...(stream ? { stream, stream_options: { include_usage: true } } : { stream }),
  }
}

function doesNotStream(error: unknown): boolean {
  return error instanceof AppError && error.code === 'model/refused' && NO_STREAM.test(String(error.facts.said ?? ''))
}

import type { Chat, ChatRequest } from '../../ports/chat.ts'
import { answerOf, wireText } from '../chat-wire.ts'
import { thinkingTokens } from '../thinking.ts'
import { type CohereOptions, cohereHttp } from './http.ts'
import { replyReader } from './reply-reader.ts'

/** Tokens, by the names of models. */
const WINDOWS: readonly (readonly [pattern: RegExp, tokens: number])[] = [
  [/^command-a-(03|reasoning)/, 256_000],
  [/^command-(light|nightly)|^command$/, 4_096],
  [/^c4ai-aya-expanse-8b/, 8_192],
]
const USUAL_WINDOW = 128_000

/** A model of Cohere, over the Chat API (v2). It cites the passages by itself: they are sent as documents with the ids "1" to "n". */
export function cohereChat(options: CohereOptions & { readonly model: string }): Chat {
  const http = cohereHttp(options)
  const name = `cohere:${options.model}`
  const window = WINDOWS.find(([pattern]) => pattern.test(options.model))?.[1] ?? USUAL_WINDOW
  const thinking = thinkingTokens(options.model, window)
  return {
    name,
    window,
    citations: 'native',
    thinking,
    write: (request, signal) =>
      answerOf(
        http,
        { path: '/v2/chat', body: bodyOf(request, options.model, thinking), timeoutMs: options.timeoutMs, model: name, signal },
        replyReader(request.passages?.length ?? 0, name),
      ),
  }
}

function bodyOf({ system, messages, maxTokens, brief, passages = [] }: ChatRequest, model: string, thinking: number): unknown {
  const documents = passages.map(({ title, text }, index) => ({ id: String(index + 1), data: { title: wireText(title), text: wireText(text) } }))
  return {
    model,
    stream: true,
    max_tokens: maxTokens + thinking,
    ...(thinking === 0 ? {} : { thinking: brief === true ? { type: 'disabled' } : { type: 'enabled', token_budget: thinking } }),
    messages: [
      ...(system.trim() === '' ? [] : [{ role: 'system', content: wireText(system) }]),
      ...messages.map(({ role, text }) => ({ role, content: wireText(text) })),
    ],
    // FAST is the only mode that all models know: citations come while the text is written.
    ...(documents.length === 0 ? {} : { documents, citation_options: { mode: 'FAST' } }),
  }
}

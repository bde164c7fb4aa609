import type { Chat, ChatRequest } from '../../ports/chat.ts'
import { awsMessages, EVENT_STREAM } from '../aws-event-stream.ts'
import { type AwsOptions, awsHttp } from '../aws-signing.ts'
import { answerOf, wireText } from '../chat-wire.ts'
import { thinkingTokens } from '../thinking.ts'
import { converseReader } from './converse-reader.ts'
import { familyOf } from './families.ts'
import { type CitedDocument, citedDocument } from './passages.ts'
import { BEDROCK } from './service.ts'

/**
 * A language model of Amazon Bedrock, by the Converse API. `model` is the id of a model, the id of an inference profile, or any
 * ARN that Bedrock takes. Claude since 3.5 cites the passages by itself; all others are asked for markers.
 */
export function bedrockChat(options: AwsOptions & { readonly model: string }): Chat {
  const http = awsHttp(options, BEDROCK)
  const name = `bedrock:${options.model}`
  const { window, citations } = familyOf(options.model)
  const thinking = thinkingTokens(options.model, window)
  const path = `/model/${encodeURIComponent(options.model)}/converse-stream`
  const framing = { mediaType: EVENT_STREAM, messages: (content: AsyncIterable<Uint8Array>) => awsMessages(content, name) }
  return {
    name,
    window,
    citations,
    thinking,
    write(request, signal) {
      const { passages = [] } = request
      const document = citations === 'native' && passages.length > 0 ? citedDocument(passages) : undefined
      const body = bodyOf(request, document, thinking)
      return answerOf(http, { path, body, timeoutMs: options.timeoutMs, model: name, framing, signal }, converseReader(document, name))
    },
  }
}

function bodyOf({ system, messages, maxTokens }: ChatRequest, document: CitedDocument | undefined, thinking: number): unknown {
  const turns = turnsOf(messages)
  const last = turns.findLastIndex(({ role }) => role === 'user')
  return {
    messages: turns.map(({ role, text }, index) => ({
      role,
      content: [...(index === last && document !== undefined ? [document.block] : []), { text: wireText(text) }],
    })),
    ...(system.trim() === '' ? {} : { system: [{ text: wireText(system) }] }),
    inferenceConfig: { maxTokens: maxTokens + thinking },
  }
}

/** Bedrock wants a person to begin, and turns to alternate; a conversation that was cut may do neither. */
function turnsOf(messages: ChatRequest['messages']): ChatRequest['messages'] {
  const turns: { role: 'user' | 'assistant'; text: string }[] = []
  for (const { role, text } of messages) {
    const last = turns.at(-1)
    if (last === undefined && role === 'assistant') continue
    if (last?.role === role) last.text += `\n\n${text}`
    else turns.push({ role, text })
  }
  return turns
}

import type { Usage } from '../../domain/answer.ts'
import { AppError } from '../../domain/errors.ts'
import type { ChatEvent } from '../../ports/chat.ts'
import { field, numberAt, type Refusal, type ReplyReader, textAt } from '../chat-wire.ts'
import { saidIn } from '../http-said.ts'
import type { Payload } from './payloads.ts'

/** Reasons of a stop that mean that the limit of tokens was reached, in OpenAI's word and in that of Hugging Face. */
const CUT: ReadonlySet<string> = new Set(['length', 'max_tokens'])

/** Of a reply in one piece. */
const MAX_LINES = 200

/**
 * Reads what containers stream: chunks of OpenAI's protocol, or tokens as Hugging Face's containers write them. A container that
 * does not stream sends its whole reply, which may stand on several lines.
 */
export function containerReader(model: string): (refusal: Refusal) => ReplyReader {
  return (refusal) => {
    let usage: Usage | undefined
    let finish: string | undefined
    let unread: string[] = []

    function read(value: unknown): ChatEvent[] {
      const fault = saidIn(value)
      if (fault !== undefined) throw refusal(fault)
      const choice = first(field(value, 'choices'))
      const details = field(value, 'details')
      usage = usageOf(field(value, 'usage')) ?? usage
      if (finish !== undefined) return [] // nothing but the usage belongs to the answer any more
      // Without details the last token comes with the whole text.
      const stop = textAt(value, 'generated_text') === undefined ? undefined : 'stop'
      finish = textAt(choice, 'finish_reason') ?? textAt(details, 'finish_reason') ?? stop
      if (finish === 'content_filter') throw new AppError('model/refused', { model, said: 'the answer was stopped by a filter of the endpoint' })
      if (finish === 'error') throw new AppError('model/unavailable', { model, reason: 'the model failed amid the answer' })
      const text = textAt(field(choice, 'delta') ?? field(choice, 'message'), 'content') ?? tokenOf(field(value, 'token')) ?? ''
      return text === '' ? [] : [{ type: 'text', text }]
    }
    const end = (): ChatEvent[] => (finish === undefined ? [] : [{ type: 'end', usage, ...(CUT.has(finish) ? { cut: true } : {}) }])

    const done = (): ChatEvent[] => {
      finish ??= 'stop'
      return []
    }
    const notJson = (): never => {
      throw new AppError('model/unavailable', { model, reason: 'the reply is not JSON' })
    }

    return {
      read(given) {
        const payload = given as Payload
        if ('fault' in payload) throw refusal(payload.fault)
        if ('data' in payload) return payload.data === '[DONE]' ? done() : read(parsed(payload.data) ?? notJson())
        unread.push(payload.line)
        const value = unread.length > MAX_LINES ? notJson() : parsed(unread.join('\n'))
        if (value === undefined) return []
        unread = []
        return read(value)
      },
      rest() {
        return unread.length > 0 ? notJson() : end()
      },
      whole(reply) {
        const events = read(reply)
        if (field(reply, 'choices') === undefined) throw new AppError('model/unavailable', { model, reason: 'the reply holds no text' })
        finish ??= 'stop'
        return [...events, ...end()]
      },
    }
  }
}

/** Marks of the beginning and end of a text are tokens too. */
function tokenOf(token: unknown): string | undefined {
  return field(token, 'special') === true ? undefined : textAt(token, 'text')
}

function usageOf(usage: unknown): Usage | undefined {
  const [inputTokens, outputTokens] = [numberAt(usage, 'prompt_tokens'), numberAt(usage, 'completion_tokens')]
  return inputTokens === undefined || outputTokens === undefined ? undefined : { inputTokens, outputTokens }
}

function first(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

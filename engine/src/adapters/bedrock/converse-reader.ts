import type { Usage } from '../../domain/answer.ts'
import { AppError } from '../../domain/errors.ts'
import type { ChatEvent } from '../../ports/chat.ts'
import type { AwsMessage } from '../aws-event-stream.ts'
import { field, notStreamed, numberAt, type Refusal, type ReplyReader, textAt, withheld } from '../chat-wire.ts'
import type { CitedDocument } from './passages.ts'

interface State {
  readonly document: CitedDocument | undefined
  readonly model: string
  /** UTF-16 units of text so far. */
  written: number
  /** The block that is being written. */
  block: { readonly index: number | undefined; readonly start: number; readonly cited: unknown[] }
  usage: Usage | undefined
  stop: string | undefined
}

const CUT: ReadonlySet<string> = new Set(['max_tokens', 'model_context_window_exceeded'])
const WITHHELD: ReadonlySet<string> = new Set(['guardrail_intervened', 'content_filtered'])

/**
 * Reads the messages of ConverseStream. Text comes in blocks, and a block is cited as a whole: its citations come before its text
 * or amid it, and are told when it ends. Thinking is left out. The usage comes last, after the reason of the stop.
 */
export function converseReader(document: CitedDocument | undefined, model: string): (refusal: Refusal) => ReplyReader {
  return (refusal) => {
    const state: State = { document, model, written: 0, block: { index: undefined, start: 0, cited: [] }, usage: undefined, stop: undefined }
    return {
      read(given) {
        const message = given as AwsMessage
        if ('fault' in message) throw refusal(message.fault)
        return read(state, message.type, parsed(message.body, model))
      },
      rest() {
        const { stop, usage } = state
        if (stop !== undefined && WITHHELD.has(stop)) throw withheld(model, `a filter (${stop})`, usage)
        return stop === undefined ? [] : [{ type: 'end', usage, ...(CUT.has(stop) ? { cut: true } : {}) }]
      },
      whole(reply) {
        throw notStreamed(reply, refusal, model)
      },
    }
  }
}

function read(state: State, type: string, value: unknown): ChatEvent[] {
  if (type === 'metadata') state.usage = usageOf(field(value, 'usage'))
  if (state.stop !== undefined) return [] // nothing but the usage belongs to the answer any more
  switch (type) {
    case 'contentBlockDelta':
      return grown(state, numberAt(value, 'contentBlockIndex'), field(value, 'delta'))
    case 'contentBlockStop':
      return ended(state, undefined)
    case 'messageStop':
      state.stop = stopOf(textAt(value, 'stopReason') ?? '', state.model)
      return ended(state, undefined)
    default:
      return []
  }
}

function grown(state: State, index: number | undefined, delta: unknown): ChatEvent[] {
  const events = index === state.block.index ? [] : ended(state, index)
  const citation = field(delta, 'citation')
  if (citation !== undefined) state.block.cited.push(citation)
  const text = textAt(delta, 'text') ?? ''
  state.written += text.length
  return text === '' ? events : [...events, { type: 'text', text }]
}

function ended(state: State, next: number | undefined): ChatEvent[] {
  const { start, cited } = state.block
  state.block = { index: next, start: state.written, cited: [] }
  const claim = state.written > start ? { claim: { start, end: state.written } } : {}
  return cited.flatMap((citation) => state.document?.citationsOf(citation) ?? []).map((citation) => ({ ...citation, ...claim }))
}

function stopOf(reason: string, model: string): string {
  if (reason.startsWith('malformed_')) throw new AppError('model/unavailable', { model, reason: 'the model wrote what Bedrock could not read' })
  return reason
}

/** What is read from a cache is input too. */
function usageOf(usage: unknown): Usage | undefined {
  const [input, output] = [numberAt(usage, 'inputTokens'), numberAt(usage, 'outputTokens')]
  const cached = (numberAt(usage, 'cacheReadInputTokens') ?? 0) + (numberAt(usage, 'cacheWriteInputTokens') ?? 0)
  return input === undefined || output === undefined ? undefined : { inputTokens: input + cached, outputTokens: output }
}

function parsed(body: Uint8Array, model: string): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString())
  } catch (error) {
    throw new AppError('model/unavailable', { model, reason: 'the reply is not JSON' }, error)
  }
}

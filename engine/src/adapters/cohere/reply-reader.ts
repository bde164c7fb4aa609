import type { Usage } from '../../domain/answer.ts'
import type { ChatEvent, NativeCitation } from '../../ports/chat.ts'
import { field, notStreamed, numberAt, type Refusal, type ReplyReader, textAt, withheld } from '../chat-wire.ts'
import { saidIn } from '../http-said.ts'
import { spanAt, spanOf } from '../native-spans.ts'

interface Waiting {
  readonly start: number
  readonly end: number
  readonly text: string
  readonly passages: readonly number[]
}

interface State {
  text: string
  /** Citations of text that has not come yet. */
  waiting: Waiting[]
  readonly seen: Set<string>
}

/**
 * Reads the stream of one reply. A citation names a span of the answer and the documents behind it, not what they say: its
 * quote is undefined. Thinking and plans, and citations of those, are left out.
 */
export function replyReader(passages: number, model: string): (refusal: Refusal) => ReplyReader {
  return (refusal) => {
    const state: State = { text: '', waiting: [], seen: new Set() }
    return {
      read: (message) => read(message, state, passages, model, refusal),
      rest: () => [],
      whole(reply) {
        throw notStreamed(reply, refusal, model)
      },
    }
  }
}

function read(message: unknown, state: State, passages: number, model: string, refusal: Refusal): ChatEvent[] {
  const type = field(message, 'type')
  const delta = field(message, 'delta')
  const inside = field(delta, 'message')
  if (type === 'content-start' || type === 'content-delta') {
    const text = textAt(field(inside, 'content'), 'text') ?? ''
    state.text += text
    return text === '' ? [] : [{ type: 'text', text }, ...placed(state, false)]
  }
  if (type === 'citation-start') {
    const citations = field(inside, 'citations')
    for (const citation of Array.isArray(citations) ? citations : [citations]) hold(state, citation, passages)
    return placed(state, false)
  }
  if (type === 'message-end') return [...placed(state, true), endOf(delta, model, refusal)]
  const fault = typeof type === 'string' ? undefined : saidIn(message)
  if (fault !== undefined) throw refusal(fault)
  return [] // what else there is: starts and ends, plans, tools
}

function hold(state: State, citation: unknown, passages: number): void {
  const [start, end, text, of] = [numberAt(citation, 'start'), numberAt(citation, 'end'), textAt(citation, 'text'), field(citation, 'type')]
  const key = JSON.stringify(citation)
  if (start === undefined || end === undefined || text === undefined || state.seen.has(key) || (of !== undefined && of !== 'TEXT_CONTENT')) return
  state.seen.add(key)
  const sources = field(citation, 'sources')
  const numbers = (Array.isArray(sources) ? sources : []).map((source: unknown) => Number(textAt(field(source, 'document'), 'id') ?? textAt(source, 'id')))
  const known = [...new Set(numbers)].filter((number) => Number.isInteger(number) && number >= 1 && number <= passages)
  if (known.length > 0) state.waiting.push({ start, end, text, passages: known })
}

/** Those whose text is there now; at the end all, without a place when it is not in the answer. */
function placed(state: State, isEnd: boolean): NativeCitation[] {
  const found: NativeCitation[] = []
  state.waiting = state.waiting.filter(({ start, end, text, passages }) => {
    const claim = (isEnd ? spanOf : spanAt)(state.text, start, end, text)
    if (claim === undefined && !isEnd) return true
    for (const passage of passages) found.push({ type: 'citation', passage, quote: undefined, ...(claim === undefined ? {} : { claim }) })
    return false
  })
  return found
}

function endOf(delta: unknown, model: string, refusal: Refusal): ChatEvent {
  const reason = textAt(delta, 'finish_reason')
  const error = textAt(delta, 'error')
  if (error !== undefined || reason?.startsWith('ERROR') === true) {
    if (reason === 'ERROR_TOXIC') throw withheld(model, 'the safety rules', usageIn(field(delta, 'usage')))
    throw refusal({ message: error ?? 'the answer failed', code: 'server_error' })
  }
  if (reason === 'TIMEOUT') throw refusal({ message: 'the answer took too long', code: 'timeout' })
  return { type: 'end', usage: usageIn(field(delta, 'usage')), ...(reason === 'MAX_TOKENS' ? { cut: true } : {}) }
}

/** `tokens` is what the model read and wrote, documents and its own frame included; `billed_units` is what is paid for, and what counts here. */
function usageIn(usage: unknown): Usage | undefined {
  for (const counts of [field(usage, 'billed_units'), field(usage, 'tokens')]) {
    const [inputTokens, outputTokens] = [numberAt(counts, 'input_tokens'), numberAt(counts, 'output_tokens')]
    if (inputTokens !== undefined && outputTokens !== undefined) return { inputTokens, outputTokens }
  }
  return undefined
}

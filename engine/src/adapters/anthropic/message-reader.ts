import type { Usage } from '../../domain/answer.ts'
import type { ChatEvent, ChatPassage, NativeCitation } from '../../ports/chat.ts'
import { field, notStreamed, numberAt, type Refusal, type ReplyReader, textAt, withheld } from '../chat-wire.ts'
import { spanOf } from '../native-spans.ts'

interface Block {
  /** Where it begins in all text written. */
  readonly start: number
  readonly citations: Map<string, unknown>
}

interface State {
  readonly blocks: Map<number, Block>
  written: number
  usage: Partial<Record<'input' | 'output', number>>
  cut: boolean
}

const CUT = new Set(['max_tokens', 'model_context_window_exceeded'])

/**
 * Reads the stream of one message. Its text comes in blocks, and a block is cited as a whole: its citations come amid its text
 * and are told when it ends. Thinking is left out.
 */
export function messageReader(passages: readonly ChatPassage[], model: string): (refusal: Refusal) => ReplyReader {
  return (refusal) => {
    const state: State = { blocks: new Map(), written: 0, usage: {}, cut: false }
    return {
      read: (message) => read(message, state, passages, model, refusal),
      rest: () => [],
      whole(reply) {
        throw notStreamed(reply, refusal, model)
      },
    }
  }
}

function read(message: unknown, state: State, passages: readonly ChatPassage[], model: string, refusal: Refusal): ChatEvent[] {
  const index = numberAt(message, 'index') ?? 0
  switch (field(message, 'type')) {
    case 'message_start':
      addUsage(state, field(field(message, 'message'), 'usage'))
      return []
    case 'content_block_start':
      return begun(state, index, field(message, 'content_block'))
    case 'content_block_delta':
      return grown(state, index, field(message, 'delta'))
    case 'content_block_stop':
      return ended(state, index, passages)
    case 'message_delta':
      addUsage(state, field(message, 'usage'))
      return stopped(state, textAt(field(message, 'delta'), 'stop_reason'), model)
    case 'message_stop':
      return [
        ...[...state.blocks.keys()].flatMap((open) => ended(state, open, passages)),
        { type: 'end', usage: usageOf(state), ...(state.cut ? { cut: true } : {}) },
      ]
    case 'error': {
      const error = field(message, 'error')
      throw refusal({ message: textAt(error, 'message') ?? 'an error without words', code: textAt(error, 'type') })
    }
    default:
      return [] // pings, and what will be added: the documentation asks for this
  }
}

function begun(state: State, index: number, block: unknown): ChatEvent[] {
  if (field(block, 'type') !== 'text') return []
  const cited = field(block, 'citations')
  open(state, index, Array.isArray(cited) ? cited : [])
  return said(state, textAt(block, 'text'))
}

function grown(state: State, index: number, delta: unknown): ChatEvent[] {
  const type = field(delta, 'type')
  if (type === 'citations_delta') open(state, index, [field(delta, 'citation')])
  if (type !== 'text_delta') return []
  open(state, index, [])
  return said(state, textAt(delta, 'text'))
}

function open(state: State, index: number, citations: readonly unknown[]): void {
  const block = state.blocks.get(index) ?? { start: state.written, citations: new Map() }
  state.blocks.set(index, block)
  for (const citation of citations) block.citations.set(JSON.stringify(citation), citation)
}

function said(state: State, text = ''): ChatEvent[] {
  state.written += text.length
  return text === '' ? [] : [{ type: 'text', text }]
}

function ended(state: State, index: number, passages: readonly ChatPassage[]): NativeCitation[] {
  const block = state.blocks.get(index)
  state.blocks.delete(index)
  if (block === undefined) return []
  const claim = { start: block.start, end: state.written }
  return [...block.citations.values()]
    .flatMap((citation) => citationOf(citation, passages))
    .map((found) => (claim.end > claim.start ? { ...found, claim } : found))
}

/** Locations by characters come with their place; those by page and by block name the document and what is cited of it. */
function citationOf(citation: unknown, passages: readonly ChatPassage[]): NativeCitation[] {
  const index = numberAt(citation, 'document_index') ?? numberAt(citation, 'search_result_index')
  const passage = index === undefined ? undefined : passages[index]
  if (index === undefined || passage === undefined) return []
  const quote = textAt(citation, 'cited_text') || undefined
  const [start, end] = [numberAt(citation, 'start_char_index'), numberAt(citation, 'end_char_index')]
  const span = quote === undefined || start === undefined || end === undefined ? undefined : spanOf(passage.text, start, end, quote)
  return [{ type: 'citation', passage: index + 1, quote, ...span }]
}

function stopped(state: State, reason: string | undefined, model: string): ChatEvent[] {
  if (reason === 'refusal') throw withheld(model, 'the safety rules', usageOf(state))
  state.cut = state.cut || (reason !== undefined && CUT.has(reason))
  return []
}

/** Counts are those of the whole message so far. What is read from a cache is input too. */
function addUsage(state: State, usage: unknown): void {
  const input = numberAt(usage, 'input_tokens')
  const output = numberAt(usage, 'output_tokens')
  const cached = (numberAt(usage, 'cache_creation_input_tokens') ?? 0) + (numberAt(usage, 'cache_read_input_tokens') ?? 0)
  if (input !== undefined) state.usage.input = input + cached
  if (output !== undefined) state.usage.output = output
}

function usageOf({ usage: { input, output } }: State): Usage | undefined {
  return input === undefined || output === undefined ? undefined : { inputTokens: input, outputTokens: output }
}

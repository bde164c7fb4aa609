import { anthropicChat } from '../../src/adapters/anthropic/chat.ts'
import { EVENT_STREAM } from '../../src/adapters/aws-event-stream.ts'
import { eventFrame, exceptionFrame, keysWith, payloadFrame } from '../../src/adapters/aws-frames.fixture.ts'
import { bedrockChat } from '../../src/adapters/bedrock/chat.ts'
import { cohereChat } from '../../src/adapters/cohere/chat.ts'
import type { HttpClock } from '../../src/adapters/http.ts'
import { openaiChat } from '../../src/adapters/openai/chat.ts'
import { sagemakerChat } from '../../src/adapters/sagemaker/chat.ts'
import type { Usage } from '../../src/domain/answer.ts'
import type { Chat } from '../../src/ports/chat.ts'

// The protocols of the providers, from their own side: what a request asks, and how an answer is sent.

/** What a request holds, whatever its protocol. */
export interface Asked {
  readonly system: string
  readonly messages: readonly { readonly role: string; readonly text: string }[]
  /** That may be cited; number 1 is the first. */
  readonly passages: readonly string[]
  /** Of a provider that cites pieces of what it was given: those, with the passage that each is of. */
  readonly chunks: readonly { readonly text: string; readonly passage: number }[]
}

/** A part of an answer, and what it cites. */
export interface Part {
  /** One delta each. */
  readonly texts: readonly string[]
  readonly cites: readonly Cite[]
}

export interface Cite {
  /** From 1; may be one that there is not. */
  readonly passage: number
  /** May be invented. */
  readonly quote: string
}

export interface Wire {
  readonly provider: string
  /** Whether it cites by itself; otherwise its citations stand in its texts. */
  readonly native: boolean
  readonly mediaType: string
  open(baseUrl: string, clock: HttpClock, timeoutMs: number): Chat
  read(body: Body): Asked
  /** One message each; the texts stand in messages of their own. */
  frames(parts: readonly Part[], usage: Usage, asked: Asked): readonly (string | Uint8Array)[]
  /** What is sent with an error status. */
  errorBody(says: string): string
  /** An error amid the stream. */
  errorFrame(says: string): string | Uint8Array
}

/** As far as any of the protocols is read here. */
interface Body {
  readonly system?: string | readonly { readonly text: string }[]
  readonly messages: readonly { readonly role: string; readonly content: string | readonly Block[] }[]
  readonly documents?: readonly { readonly data: { readonly text: string } }[]
}
interface Block {
  readonly text?: string
  readonly source?: { readonly data: string }
  readonly document?: { readonly source: { readonly content: readonly { readonly text: string }[] } }
}

const KEY = 'key-of-the-ten-turns-0123456789'
const bare = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`
const named = (value: { readonly type: string }) => `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`
/** Providers count characters, not units of UTF-16. */
const countOf = (text: string) => [...text].length

function textIn(content: string | readonly Block[]): string {
  return typeof content === 'string' ? content : content.flatMap(({ text }) => text ?? []).join('\n')
}
const turnsIn = ({ messages }: Body) => messages.map(({ role, content }) => ({ role, text: textIn(content) }))
const blocksIn = ({ messages }: Body) => messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content))

/** For those that are asked to write markers: passages stand in the last message. */
function readMarked(body: Body): Asked {
  const turns = turnsIn(body)
  const passages = [...(turns.at(-1)?.text ?? '').matchAll(/<passage number="\d+"[^>]*>\n([\s\S]*?)\n<\/passage>/g)].map(([, text = '']) => text)
  const system = turns.find(({ role }) => role === 'system')?.text ?? (typeof body.system === 'string' ? '' : (body.system?.[0]?.text ?? ''))
  return { system, messages: turns.filter(({ role }) => role !== 'system'), passages, chunks: [] }
}

const chunk = (delta: object, finish: string | null) => ({
  ...{ id: 'c-1', object: 'chat.completion.chunk', model: 'tiny', choices: [{ index: 0, delta, finish_reason: finish }] },
})
function completion(parts: readonly Part[], { inputTokens, outputTokens }: Usage): string[] {
  const usage = { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens }
  return [
    bare(chunk({ role: 'assistant', content: '' }, null)),
    ...parts.flatMap(({ texts }) => texts).map((content) => bare(chunk({ content }, null))),
    bare(chunk({}, 'stop')),
    bare({ id: 'c-1', object: 'chat.completion.chunk', model: 'tiny', choices: [], usage }),
    'data: [DONE]\n\n',
  ]
}

function openaiLike(provider: string): Wire {
  return {
    provider,
    native: false,
    mediaType: 'text/event-stream',
    open: (baseUrl, clock, timeoutMs) => openaiChat({ provider, baseUrl: `${baseUrl}/v1`, apiKey: KEY, model: 'tiny', clock, timeoutMs }),
    read: readMarked,
    frames: completion,
    errorBody: (message) => JSON.stringify({ error: { message, type: 'invalid_request_error', code: null } }),
    errorFrame: (message) => bare({ error: { message, type: 'server_error', code: null } }),
  }
}

const anthropic: Wire = {
  provider: 'anthropic',
  native: true,
  mediaType: 'text/event-stream',
  open: (baseUrl, clock, timeoutMs) => anthropicChat({ baseUrl, apiKey: KEY, model: 'claude-tiny', clock, timeoutMs }),
  read: (body) => ({
    system: typeof body.system === 'string' ? body.system : '',
    messages: turnsIn(body),
    passages: blocksIn(body).flatMap(({ source }) => source?.data ?? []),
    chunks: [],
  }),
  frames(parts, { inputTokens, outputTokens }, { passages }) {
    const message = { id: 'm-1', type: 'message', role: 'assistant', model: 'claude-tiny', content: [], stop_reason: null }
    const located = ({ passage, quote }: Cite) => {
      const text = passages[passage - 1] ?? ''
      const start = countOf(text.slice(0, Math.max(0, text.indexOf(quote))))
      const place = { document_index: passage - 1, document_title: null, start_char_index: start, end_char_index: start + countOf(quote) }
      return { type: 'char_location', cited_text: quote, ...place }
    }
    const block = ({ texts, cites }: Part, index: number) => [
      { type: 'content_block_start', index, content_block: { type: 'text', text: '', ...(cites.length > 0 ? { citations: [] } : {}) } },
      ...cites.map((cite) => ({ type: 'content_block_delta', index, delta: { type: 'citations_delta', citation: located(cite) } })),
      ...texts.map((text) => ({ type: 'content_block_delta', index, delta: { type: 'text_delta', text } })),
      { type: 'content_block_stop', index },
    ]
    return [
      { type: 'message_start', message: { ...message, usage: { input_tokens: inputTokens, output_tokens: 1 } } },
      { type: 'ping' },
      ...parts.flatMap(block),
      { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: outputTokens } },
      { type: 'message_stop' },
    ].map(named)
  },
  errorBody: (message) => JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message }, request_id: 'r-1' }),
  errorFrame: (message) => named({ type: 'error', ...{ error: { type: 'overloaded_error', message } } }),
}

const cohere: Wire = {
  provider: 'cohere',
  native: true,
  mediaType: 'text/event-stream',
  open: (baseUrl, clock, timeoutMs) => cohereChat({ baseUrl, apiKey: KEY, model: 'command-tiny', clock, timeoutMs }),
  read: (body) => ({ ...readMarked(body), passages: (body.documents ?? []).map(({ data }) => data.text) }),
  frames(parts, { inputTokens, outputTokens }) {
    let written = 0
    const said = parts.flatMap(({ texts, cites }, index) => {
      const text = texts.join('')
      const [start, end] = [written, written + countOf(text.trimEnd())]
      written += countOf(text)
      const sources = cites.map(({ passage }) => ({ type: 'document', id: String(passage), document: { id: String(passage), text: '' } }))
      return [
        ...texts.map((one) => ({ type: 'content-delta', index: 0, delta: { message: { content: { text: one } } } })),
        ...(sources.length === 0
          ? []
          : [
              { type: 'citation-start', index, delta: { message: { citations: { start, end, text: text.trimEnd(), sources, type: 'TEXT_CONTENT' } } } },
              { type: 'citation-end', index },
            ]),
      ]
    })
    const usage = { billed_units: { input_tokens: inputTokens, output_tokens: outputTokens }, tokens: { input_tokens: 600, output_tokens: 60 } }
    return [
      { type: 'message-start', id: 'r-1', delta: { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] } } },
      { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } },
      ...said,
      { type: 'content-end', index: 0 },
      { type: 'message-end', delta: { finish_reason: 'COMPLETE', usage } },
    ].map(named)
  },
  errorBody: (message) => JSON.stringify({ id: 'r-1', message }),
  errorFrame: (message) => named({ type: 'message-end', ...{ delta: { finish_reason: 'ERROR', error: message } } }),
}

const CLAUDE = 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0'
const PADDED = { p: 'abcdefgh' } // Bedrock fills its messages up to other lengths

const bedrock: Wire = {
  provider: 'bedrock',
  native: true,
  mediaType: EVENT_STREAM,
  open: (endpoint, clock, timeoutMs) => bedrockChat({ region: 'eu-central-1', endpoint, credentials: keysWith(KEY), model: CLAUDE, clock, timeoutMs }),
  read(body) {
    const texts = blocksIn(body).flatMap(({ document }) => (document?.source.content ?? []).map(({ text }) => text))
    let passage = 0
    const chunks = texts.map((text) => {
      const head = /^Passage (\d+):/.exec(text)
      if (head !== null) passage = Number(head[1])
      return { text: head === null ? text : '', passage }
    })
    const passages = Array.from({ length: passage }, (_, index) =>
      chunks.flatMap(({ text, passage: of }) => (of === index + 1 && text !== '' ? [text] : [])).join('\n'),
    )
    return { ...readMarked(body), passages, chunks }
  },
  frames(parts, { inputTokens, outputTokens }, { chunks }) {
    const delta = (contentBlockIndex: number, value: unknown) => eventFrame('contentBlockDelta', { contentBlockIndex, delta: value, ...PADDED })
    const located = ({ passage, quote }: Cite) => {
      const at = chunks.findIndex((one) => one.passage === passage && one.text.includes(quote))
      const start = at === -1 ? 0 : at
      return { title: 'passages', sourceContent: [{ text: quote }], location: { documentChunk: { documentIndex: 0, start, end: start + 1 } } }
    }
    const usage = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, serverToolUsage: {} }
    return [
      eventFrame('messageStart', { role: 'assistant', ...PADDED }),
      ...parts.flatMap(({ texts, cites }, index) => [
        ...cites.map((cite) => delta(index, { citation: located(cite) })),
        ...texts.map((text) => delta(index, { text })),
        eventFrame('contentBlockStop', { contentBlockIndex: index, ...PADDED }),
      ]),
      eventFrame('messageStop', { stopReason: 'end_turn' }),
      eventFrame('metadata', { usage, metrics: { latencyMs: 400 } }),
    ]
  },
  errorBody: (message) => JSON.stringify({ message }),
  errorFrame: (message) => exceptionFrame('throttlingException', message),
}

const sagemaker: Wire = {
  provider: 'sagemaker',
  native: false,
  mediaType: EVENT_STREAM,
  open: (endpoint, clock, timeoutMs) => sagemakerChat({ region: 'eu-central-1', endpoint, credentials: keysWith(KEY), model: 'my-endpoint', clock, timeoutMs }),
  read: readMarked,
  frames: (parts, usage) => completion(parts, usage).map(payloadFrame),
  errorBody: (Message) => JSON.stringify({ ErrorCode: 'INTERNAL', Message }),
  errorFrame: (message) => exceptionFrame('ModelStreamError', message),
}

export const WIRES: readonly Wire[] = [openaiLike('openai'), anthropic, cohere, bedrock, sagemaker, openaiLike('ollama')]

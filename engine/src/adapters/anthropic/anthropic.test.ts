import type { ServerResponse } from 'node:http'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chatContract, drain } from '../../ports/chat.contract.ts'
import type { ChatEvent, ChatRequest, NativeCitation } from '../../ports/chat.ts'
import { virtualClock } from '../../ports/chat-faults.contract.ts'
import { providerServer } from '../provider-server.fixture.ts'
import { anthropicChat } from './chat.ts'

interface SentBody {
  readonly system?: string
  readonly messages: readonly { readonly role: string; readonly content: readonly Record<string, unknown>[] }[]
}
const never = new AbortController().signal
let reply: (response: ServerResponse) => void = (response) => response.end()
const { address: baseUrl, seen } = await providerServer<SentBody>((response) => reply(response))

type Message = { readonly type: string } & Record<string, unknown>
const stream = (messages: readonly Message[]) => (response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  response.end(messages.map((message) => `event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`).join(''))
}
const started: Message = {
  type: 'message_start',
  message: {
    id: 'm-1',
    type: 'message',
    role: 'assistant',
    model: 'claude-tiny',
    content: [],
    stop_reason: null,
    usage: { input_tokens: 25, output_tokens: 1 },
  },
}
const textBlock = (index: number, texts: readonly string[], citations: readonly unknown[] = []): Message[] => [
  { type: 'content_block_start', index, content_block: { type: 'text', text: '', ...(citations.length > 0 ? { citations: [] } : {}) } },
  ...texts.map((text) => ({ type: 'content_block_delta', index, delta: { type: 'text_delta', text } })),
  ...citations.map((citation) => ({ type: 'content_block_delta', index, delta: { type: 'citations_delta', citation } })),
  { type: 'content_block_stop', index },
]
const stopped = (reason: string | null = 'end_turn'): Message[] => [
  { type: 'message_delta', delta: { stop_reason: reason, stop_sequence: null }, usage: { output_tokens: 15 } },
  { type: 'message_stop' },
]
const chat = () => anthropicChat({ baseUrl, apiKey: 'key-of-the-test', model: 'claude-tiny', timeoutMs: 5000, clock: virtualClock() })
const PASSAGES = [
  { title: 'Handbook', text: '😀 Leave is asked for in the portal. Two weeks ahead.' },
  { title: '', text: 'Shares fell in May.' },
]
const REQUEST: ChatRequest = { system: 'Cite.', messages: [{ role: 'user', text: 'How?' }], maxTokens: 50, passages: PASSAGES }
async function written(messages: readonly Message[], request = REQUEST): Promise<ChatEvent[]> {
  reply = stream(messages)
  const events: ChatEvent[] = []
  for await (const event of chat().write(request, never)) events.push(event)
  return events
}
const citationsIn = (events: readonly ChatEvent[]) => events.filter((event): event is NativeCitation => event.type === 'citation')

chatContract('anthropic', async () => {
  reply = stream([started, ...textBlock(0, ['Hel', 'lo']), ...stopped()])
  return chat()
})

describe('a request', () => {
  test('has the key, the version, and the passages as documents before the last question', async () => {
    const turns = [
      { role: 'assistant', text: 'Left over.' },
      { role: 'user', text: 'Before?' },
      { role: 'assistant', text: 'Yes.' },
      { role: 'user', text: 'How?' },
    ] as const
    await written([started, ...textBlock(0, ['a']), ...stopped()], { ...REQUEST, messages: turns })
    const [{ path, headers, body } = { path: '', headers: {}, body: { messages: [] } }] = seen
    expect([path, headers['x-api-key'], headers['anthropic-version']]).toEqual(['/v1/messages', 'key-of-the-test', '2023-06-01'])
    expect(body).toMatchObject({ model: 'claude-tiny', stream: true, max_tokens: 50, system: 'Cite.' })
    expect(body.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(body.messages[0]?.content).toEqual([{ type: 'text', text: 'Before?' }])
    const source = (data: string | undefined) => ({ type: 'text', media_type: 'text/plain', data })
    expect(body.messages.at(-1)?.content).toEqual([
      { type: 'document', source: source(PASSAGES[0]?.text), title: 'Handbook', citations: { enabled: true } },
      { type: 'document', source: source(PASSAGES[1]?.text), citations: { enabled: true } },
      { type: 'text', text: 'How?' },
    ])
  })
  test('holds nothing that the API refuses: empty texts, halves of characters', async () => {
    await written([started, ...stopped()], {
      system: ' ',
      messages: [{ role: 'user', text: '' }],
      maxTokens: 5,
      passages: [{ title: 'x'.repeat(900), text: 'a\ud83d' }],
    })
    expect(seen[0]?.body).not.toHaveProperty('system')
    const [document, question] = seen[0]?.body.messages[0]?.content ?? []
    expect(document).toMatchObject({ source: { data: 'a\ufffd' }, title: 'x'.repeat(500) })
    expect(question).toEqual({ type: 'text', text: '.' })
  })
  test.each([
    ['claude-2.0', 100_000, 'markers'],
    ['claude-3-haiku-20240307', 200_000, 'markers'],
    ['claude-3-5-haiku-20241022', 200_000, 'native'],
    ['claude-sonnet-4-5', 200_000, 'native'],
  ])('%s reads %i tokens; citations are %s', (model, window, citations) => {
    expect(anthropicChat({ baseUrl, apiKey: 'k', model })).toMatchObject({ name: `anthropic:${model}`, window, citations })
  })
})

describe('an answer', () => {
  const located = (more: object) => ({ document_index: 0, document_title: 'Handbook', cited_text: 'Leave is asked for in the portal. ', ...more })
  test('cites by characters, each block as a whole and after its text; pings and thinking are left out', async () => {
    const events = await written([
      started,
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Where is it?' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'abc' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'ping' },
      ...textBlock(1, ['By the handbook, ']),
      ...textBlock(2, ['leave is asked for ', 'in the portal'], [located({ type: 'char_location', start_char_index: 2, end_char_index: 36 })]),
      { type: 'something_new', data: 1 },
      ...textBlock(3, ['.']),
      ...stopped(),
    ])
    expect(events.map((event) => (event.type === 'text' ? event.text : event.type))).toEqual([
      'By the handbook, leave is asked for in the portal', // what comes together goes on together
      'citation',
      '.',
      'end',
    ])
    expect(citationsIn(events)).toEqual([
      // The provider counts characters: the face before is one, and two UTF-16 units.
      { type: 'citation', passage: 1, quote: 'Leave is asked for in the portal. ', start: 3, end: 37, claim: { start: 17, end: 49 } },
    ])
    expect(events.at(-1)).toEqual({ type: 'end', usage: { inputTokens: 25, outputTokens: 15 } })
  })
  test('cites by page, by block and by search result: the passage and what is quoted of it', async () => {
    const found = citationsIn(
      await written([
        started,
        ...textBlock(
          0,
          ['All.'],
          [
            located({ type: 'page_location', start_page_number: 1, end_page_number: 2 }),
            located({ type: 'content_block_location', document_index: 1, start_block_index: 0, end_block_index: 1 }),
            { type: 'search_result_location', search_result_index: 1, source: 'x', title: null, cited_text: '', start_block_index: 0, end_block_index: 1 },
            located({ type: 'char_location', document_index: 2, start_char_index: 0, end_char_index: 1 }),
            { type: 'web_search_result_location', url: 'https://example.com', cited_text: 'x' },
          ],
        ),
        ...stopped(),
      ]),
    )
    const claim = { start: 0, end: 4 }
    expect(found).toEqual([
      { type: 'citation', passage: 1, quote: 'Leave is asked for in the portal. ', claim },
      { type: 'citation', passage: 2, quote: 'Leave is asked for in the portal. ', claim },
      { type: 'citation', passage: 2, quote: undefined, claim },
    ])
  })
  test('whose citations come before the text, twice, or without the end of their block is told the same', async () => {
    const citation = { type: 'content_block_delta', index: 0, delta: { type: 'citations_delta', citation: located({ type: 'page_location' }) } }
    const [begin, text] = textBlock(0, ['Now.'])
    const events = await written([started, begin ?? started, citation, citation, text ?? started, ...stopped()])
    expect(events.map(({ type }) => type)).toEqual(['text', 'citation', 'end'])
    expect(citationsIn(events)[0]?.claim).toEqual({ start: 0, end: 4 })
  })
  test('is right for any blocks and passages: quotes and claims stand where they are said to', async () => {
    const text = fc.array(fc.constantFrom('a', 'bc ', 'ü', '世界', '😀', '. '), { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''))
    const block = fc.record({
      pieces: fc.array(text, { minLength: 1, maxLength: 3 }),
      passage: fc.nat(1),
      at: fc.nat(),
      length: fc.integer({ min: 1, max: 5 }),
      cited: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.tuple(text, text), fc.array(block, { maxLength: 5 }), async (texts, blocks) => {
        const quoteOf = ({ passage, at, length }: { passage: number; at: number; length: number }) => {
          const characters = [...(texts[passage] ?? '')]
          const start = at % characters.length
          const end = Math.min(characters.length, start + length)
          return { cited_text: characters.slice(start, end).join(''), start_char_index: start, end_char_index: end }
        }
        const passages = texts.map((one) => ({ title: 't', text: one }))
        const messages = blocks.flatMap((one, index) =>
          textBlock(index, one.pieces, one.cited ? [{ type: 'char_location', document_index: one.passage, ...quoteOf(one) }] : []),
        )
        const events = await written([started, ...messages, ...stopped()], { ...REQUEST, passages })
        const all = events.map((event) => (event.type === 'text' ? event.text : '')).join('')
        expect(all).toBe(blocks.map(({ pieces }) => pieces.join('')).join(''))
        const cited = blocks.filter((one) => one.cited)
        expect(citationsIn(events)).toHaveLength(cited.length)
        for (const [index, { passage, quote, start, end, claim }] of citationsIn(events).entries()) {
          expect(texts[passage - 1]?.slice(start, end)).toBe(quote)
          expect(all.slice(claim?.start, claim?.end)).toBe(cited[index]?.pieces.join(''))
        }
      }),
      { numRuns: 50 },
    )
  })
  test('that reached its limit is cut; tokens of a cache count', async () => {
    const usage = { input_tokens: 5, cache_creation_input_tokens: 7, cache_read_input_tokens: 11, output_tokens: 1 }
    for (const reason of ['max_tokens', 'model_context_window_exceeded']) {
      const events = await written([{ type: 'message_start', message: { usage } }, ...textBlock(0, ['a']), ...stopped(reason)])
      expect(events.at(-1)).toEqual({ type: 'end', usage: { inputTokens: 23, outputTokens: 15 }, cut: true })
    }
  })
  test.each([
    ['the safety rules stop it', [...textBlock(0, ['a']), ...stopped('refusal')], 'model/refused'],
    ['the service is overloaded', [...textBlock(0, ['a']), { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }], 'model/unavailable'],
    ['the service fails', [{ type: 'error', error: { type: 'api_error', message: 'Oops' } }], 'model/unavailable'],
    ['the request is wrong', [{ type: 'error', error: { type: 'invalid_request_error', message: 'No' } }], 'model/refused'],
    ['it breaks off', textBlock(0, ['a']), 'model/unavailable'],
    ['it breaks off before the last word', [...textBlock(0, ['a']), ...stopped().slice(0, 1)], 'model/unavailable'],
  ] as const)('fails when %s', async (_, messages, code) => {
    reply = stream([started, ...messages])
    await expect(drain(chat())).rejects.toMatchObject({ code })
  })
  test('that was stopped by the safety rules tells what was read and written: it is paid for', async () => {
    reply = stream([{ type: 'message_start', message: { usage: { input_tokens: 23, output_tokens: 1 } } }, ...stopped('refusal')])
    await expect(drain(chat())).rejects.toMatchObject({ facts: { withheld: true, input_tokens: 23, output_tokens: 15 } })
  })
})

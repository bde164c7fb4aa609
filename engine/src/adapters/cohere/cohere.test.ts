import type { IncomingMessage, ServerResponse } from 'node:http'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chatContract, drain } from '../../ports/chat.contract.ts'
import type { ChatEvent, ChatRequest, NativeCitation } from '../../ports/chat.ts'
import { virtualClock } from '../../ports/chat-faults.contract.ts'
import { providerServer } from '../provider-server.fixture.ts'
import { THINKING_TOKENS } from '../thinking.ts'
import { cohereChat } from './chat.ts'

const never = new AbortController().signal
let reply: (response: ServerResponse, request: IncomingMessage) => void = (response) => response.end()
const { address: baseUrl, seen } = await providerServer<Record<string, unknown>>((response, _, request) => reply(response, request))

type Message = { readonly type: string } & Record<string, unknown>
const stream = (messages: readonly Message[]) => (response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end(messages.map((message) => `event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`).join(''))
}
const started: Message = {
  type: 'message-start',
  id: 'r-1',
  delta: { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] } },
}
const begun: Message = { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } }
const says = (text: string): Message => ({ type: 'content-delta', index: 0, delta: { message: { content: { text } } } })
const documents = (...ids: readonly string[]) => ids.map((id) => ({ type: 'document', id, document: { id, title: 't', text: 'x' } }))
const cites = (start: number, end: number, text: string, sources: readonly unknown[], more: object = { type: 'TEXT_CONTENT' }): Message[] => [
  { type: 'citation-start', index: 0, delta: { message: { citations: { start, end, text, sources, ...more } } } },
  { type: 'citation-end', index: 0 },
]
const usage = { billed_units: { input_tokens: 17, output_tokens: 12 }, tokens: { input_tokens: 600, output_tokens: 60 } }
const ended = (reason = 'COMPLETE', more: object = {}): Message[] => [
  { type: 'content-end', index: 0 },
  { type: 'message-end', delta: { finish_reason: reason, usage, ...more } },
]
const chat = () => cohereChat({ baseUrl, apiKey: 'key-of-the-test', model: 'command-tiny', timeoutMs: 5000, clock: virtualClock() })
const PASSAGES = [
  { title: 'Handbook', text: 'Leave is asked for in the portal.' },
  { title: '', text: 'Shares fell in May.' },
]
const REQUEST: ChatRequest = { system: 'Cite.', messages: [{ role: 'user', text: 'How?' }], maxTokens: 50, passages: PASSAGES }
async function written(messages: readonly Message[], request = REQUEST): Promise<ChatEvent[]> {
  reply = stream(messages)
  const events: ChatEvent[] = []
  for await (const event of chat().write(request, never)) events.push(event)
  return events
}
const textIn = (events: readonly ChatEvent[]) => events.map((event) => (event.type === 'text' ? event.text : '')).join('')
const citationsIn = (events: readonly ChatEvent[]) => events.filter((event): event is NativeCitation => event.type === 'citation')

chatContract('cohere', async () => {
  reply = stream([started, begun, says('Hel'), says('lo'), ...ended()])
  return chat()
})

describe('a request', () => {
  test('has the key, and the passages as documents that are numbered from 1', async () => {
    await written([started, begun, says('a'), ...ended()])
    expect(seen).toMatchObject([
      {
        path: '/v2/chat',
        headers: { authorization: 'Bearer key-of-the-test' },
        body: {
          model: 'command-tiny',
          stream: true,
          max_tokens: 50,
          messages: [
            { role: 'system', content: 'Cite.' },
            { role: 'user', content: 'How?' },
          ],
          documents: [
            { id: '1', data: { title: 'Handbook', text: PASSAGES[0]?.text } },
            { id: '2', data: { text: PASSAGES[1]?.text } },
          ],
          citation_options: { mode: 'FAST' },
        },
      },
    ])
  })
  test('to a model that thinks leaves room for it, and asks for none where little is asked', async () => {
    const body = async (model: string, request: ChatRequest) => {
      reply = stream([started, begun, says('a'), ...ended()])
      const asked = cohereChat({ baseUrl, apiKey: 'key-of-the-test', model, timeoutMs: 5000, clock: virtualClock() })
      for await (const _event of asked.write(request, never));
      return { ...seen.at(-1)?.body, told: asked.thinking }
    }
    const budget = { type: 'enabled', token_budget: THINKING_TOKENS }
    expect(await body('command-a-reasoning-08-2025', REQUEST)).toMatchObject({ max_tokens: 50 + THINKING_TOKENS, thinking: budget, told: THINKING_TOKENS })
    expect(await body('command-a-reasoning-08-2025', { ...REQUEST, brief: true })).toMatchObject({ thinking: { type: 'disabled' } })
    const plain = await body('command-a-03-2025', { ...REQUEST, brief: true })
    expect(plain).toMatchObject({ max_tokens: 50, told: 0 })
    expect(plain).not.toHaveProperty('thinking')
  })
  test('without passages says nothing about documents', async () => {
    await written([started, begun, says('a'), ...ended()], { system: '', messages: [{ role: 'user', text: 'a\ud83d' }], maxTokens: 5 })
    expect(Object.keys(seen[0]?.body ?? {}).sort()).toEqual(['max_tokens', 'messages', 'model', 'stream'])
    expect(seen[0]?.body.messages).toEqual([{ role: 'user', content: 'a\ufffd' }])
  })
  test.each([
    ['command-a-03-2025', 256_000],
    ['command-r-08-2024', 128_000],
    ['command-light', 4_096],
  ])('%s reads %i tokens', (model, window) => {
    expect(cohereChat({ baseUrl, apiKey: 'k', model })).toMatchObject({ name: `cohere:${model}`, window, citations: 'native' })
  })
})

describe('an answer', () => {
  test('cites spans of itself, a document each; thinking, plans and what cites them are left out', async () => {
    const events = await written([
      started,
      { type: 'tool-plan-delta', delta: { message: { tool_plan: 'I will look.' } } },
      { type: 'content-start', index: 0, delta: { message: { content: { type: 'thinking', thinking: '' } } } },
      { type: 'content-delta', index: 0, delta: { message: { content: { thinking: 'Where?' } } } },
      ...cites(0, 6, 'Where?', documents('1'), { type: 'THINKING_CONTENT', content_index: 0 }),
      { type: 'content-end', index: 0 },
      begun,
      says('😀 Ask '),
      says('in the portal'),
      // Counted in characters: the face is one of them.
      ...cites(6, 19, 'in the portal', documents('1', '2', '1')),
      says('.'),
      ...ended(),
    ])
    expect(events.map((event) => (event.type === 'text' ? event.text : event.type))).toEqual(['😀 Ask in the portal', 'citation', 'citation', '.', 'end'])
    const claim = { start: 7, end: 20 }
    expect(citationsIn(events)).toEqual([
      { type: 'citation', passage: 1, quote: undefined, claim },
      { type: 'citation', passage: 2, quote: undefined, claim },
    ])
    expect(events.at(-1)).toEqual({ type: 'end', usage: { inputTokens: 17, outputTokens: 12 } })
  })
  test('that is cited before it is written waits for its text, even when the same words stood before', async () => {
    const events = await written([started, begun, says('five and '), ...cites(9, 13, 'five', documents('2')), says('fi'), says('ve.'), ...ended()])
    expect(events.map((event) => (event.type === 'text' ? event.text : event.type))).toEqual(['five and five.', 'citation', 'end'])
    expect(citationsIn(events)).toEqual([{ type: 'citation', passage: 2, quote: undefined, claim: { start: 9, end: 13 } }])
  })
  test('whose citation is wrong about its place is placed by its words; one that fits nowhere has no place', async () => {
    const events = await written([
      started,
      begun,
      says('The portal.'),
      ...cites(900, 906, 'portal', documents('1')),
      ...cites(0, 4, 'gate', documents('1')),
      ...ended(),
    ])
    expect(citationsIn(events).map(({ claim }) => claim)).toEqual([{ start: 4, end: 10 }, undefined])
  })
  test('names no document that was not given, and none twice', async () => {
    const same = cites(0, 1, 'a', documents('1'))
    const bad = [documents('0'), documents('3'), documents('1.5'), documents('x'), [{ type: 'tool', id: 't' }], []]
    const wire = [...bad.flatMap((sources) => cites(0, 1, 'a', sources)), { type: 'citation-start', delta: {} }, ...same, ...same]
    expect(citationsIn(await written([started, begun, says('a'), ...wire, ...ended()]))).toHaveLength(1)
  })
  test('is right for any text and spans, in any pieces', async () => {
    const part = fc.constantFrom('a', 'bc ', 'ü', '世界', '😀', '. ')
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { minLength: 1, maxLength: 12 }),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 4 })), { maxLength: 4 }),
        async (parts, spans) => {
          const characters = [...parts.join('')]
          const wanted = spans.map(([at, length]) => ({ start: at % characters.length, end: Math.min(characters.length, (at % characters.length) + length) }))
          const citations = wanted.flatMap(({ start, end }, index) => cites(start, end, characters.slice(start, end).join(''), documents('1'), { index }))
          const events = await written([started, begun, ...parts.map(says), ...citations, ...ended()])
          expect(textIn(events)).toBe(parts.join(''))
          const claims = citationsIn(events).map(({ claim }) => textIn(events).slice(claim?.start, claim?.end))
          expect(claims.sort()).toEqual(wanted.map(({ start, end }) => characters.slice(start, end).join('')).sort())
        },
      ),
      { numRuns: 50 },
    )
  })
  test('that reached its limit is cut; without billed units tokens count', async () => {
    const tokens = { usage: { tokens: usage.tokens } }
    expect((await written([started, begun, says('a'), ...ended('MAX_TOKENS', tokens)])).at(-1)).toEqual({
      type: 'end',
      usage: { inputTokens: 600, outputTokens: 60 },
      cut: true,
    })
    expect((await written([started, begun, says('a'), ...ended('COMPLETE', { usage: undefined })])).at(-1)).toEqual({ type: 'end', usage: undefined })
  })
  test.each([
    ['it fails inside', ended('ERROR', { error: 'generation failed' }), 'model/unavailable'],
    ['it takes too long', ended('TIMEOUT'), 'model/unavailable'],
    ['the safety rules stop it', ended('ERROR_TOXIC'), 'model/refused'],
    ['it is an error', [{ message: 'invalid request: bad documents' } as unknown as Message], 'model/refused'],
    ['it breaks off', [], 'model/unavailable'],
  ] as const)('fails when %s', async (_, messages, code) => {
    reply = stream([started, begun, says('a'), ...messages])
    await expect(drain(chat())).rejects.toMatchObject({ code })
  })
  test('that was stopped by the safety rules tells what was read and written: it is paid for', async () => {
    reply = stream([started, begun, ...ended('ERROR_TOXIC', { usage: { billed_units: { input_tokens: 23, output_tokens: 2 } } })])
    await expect(drain(chat())).rejects.toMatchObject({ facts: { withheld: true, input_tokens: 23, output_tokens: 2 } })
  })
})

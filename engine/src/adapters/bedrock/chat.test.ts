import type { IncomingMessage, ServerResponse } from 'node:http'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '../../domain/errors.ts'
import { chatContract, drain } from '../../ports/chat.contract.ts'
import type { Chat, ChatEvent, ChatRequest } from '../../ports/chat.ts'
import { chatFaultsContract, FAULTS_SECRET, virtualClock } from '../../ports/chat-faults.contract.ts'
import { EVENT_STREAM } from '../aws-event-stream.ts'
import { eventFrame, exceptionFrame, frameOf, keysWith } from '../aws-frames.fixture.ts'
import { providerServer } from '../provider-server.fixture.ts'
import { THINKING_TOKENS } from '../thinking.ts'
import { bedrockChat } from './chat.ts'
import { familyOf } from './families.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void
interface SentBody {
  readonly messages: readonly Turn[]
  readonly system?: unknown
  readonly inferenceConfig?: unknown
}
interface Turn {
  readonly role: string
  readonly content: readonly { readonly text?: string; readonly document?: { readonly source: { readonly content: readonly { readonly text: string }[] } } }[]
}

let handler: Handler = (_, response) => response.end()
const { address: endpoint, seen } = await providerServer<SentBody>((response, _, request) => handler(request, response))

const CLAUDE = 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0'
const chat = (model = CLAUDE): Chat =>
  bedrockChat({ region: 'eu-central-1', endpoint, credentials: keysWith(FAULTS_SECRET), model, timeoutMs: 2000, clock: virtualClock() })
// Bedrock fills its messages up to other lengths with a field that means nothing.
const delta = (index: number, value: unknown) => eventFrame('contentBlockDelta', { contentBlockIndex: index, delta: value, p: 'abcdefgh' })
const started = eventFrame('messageStart', { role: 'assistant', p: 'abc' })
const blockEnd = (index: number) => eventFrame('contentBlockStop', { contentBlockIndex: index, p: 'a' })
const stopped = (stopReason: string) => eventFrame('messageStop', { stopReason })
const metadata = eventFrame('metadata', { usage: { inputTokens: 5, outputTokens: 7, totalTokens: 12, serverToolUsage: {} }, metrics: { latencyMs: 400 } })
const frames = (texts: readonly string[]) => [started, ...texts.map((text) => delta(0, { text })), blockEnd(0), stopped('end_turn'), metadata]
const sends =
  (...parts: readonly Uint8Array[]): Handler =>
  (_, response) => {
    response.writeHead(200, { 'content-type': EVENT_STREAM })
    response.end(Buffer.concat(parts))
  }

chatContract('bedrock', async () => {
  handler = sends(...frames(['Hel', 'lo']))
  return chat()
})

chatFaultsContract('bedrock', {
  open: (baseUrl, clock, timeoutMs) =>
    bedrockChat({ region: 'eu-central-1', endpoint: baseUrl, credentials: keysWith(FAULTS_SECRET), model: 'amazon.nova-lite-v1:0', timeoutMs, clock }),
  mediaType: EVENT_STREAM,
  frames,
  errorBody: (message) => JSON.stringify({ message }),
  errorFrame: (message) => exceptionFrame('throttlingException', message),
})

const PASSAGES = [
  { title: 'Lease', text: 'The rent is 900 € a month.  It is due on the first.\n\nPets are allowed 😀. Smoking is not.' },
  { title: '  ', text: 'The house was built in 1911.' },
  { title: 'Annex', text: ' \n' },
]
const asking = (over: Partial<ChatRequest> = {}): ChatRequest => ({
  system: 'Be brief.',
  messages: [{ role: 'user', text: 'How much is the rent?' }],
  maxTokens: 50,
  passages: PASSAGES,
  ...over,
})
async function answer(model: Chat, request: ChatRequest): Promise<ChatEvent[]> {
  const events: ChatEvent[] = []
  for await (const event of model.write(request, new AbortController().signal)) events.push(event)
  return events
}
/** The chunks that were sent, in order. */
const chunks = () =>
  seen
    .at(-1)
    ?.body.messages.at(-1)
    ?.content[0]?.document?.source.content.map(({ text }) => text) ?? []
const cite = (start: number, end: number, sourceContent?: unknown) =>
  delta(0, {
    citation: { title: 'passages', location: { documentChunk: { documentIndex: 0, start, end } }, ...(sourceContent === undefined ? {} : { sourceContent }) },
  })

describe('a request', () => {
  test('leaves room for the thoughts of models that think', async () => {
    handler = sends(...frames(['900.']))
    for (const [model, tokens] of [
      ['us.deepseek.r1-v1:0', THINKING_TOKENS],
      ['openai.gpt-oss-120b-1:0', THINKING_TOKENS],
      ['mistral.magistral-small-2509', THINKING_TOKENS],
      ['eu.anthropic.claude-sonnet-4-5-20250929-v1:0', 0],
      ['amazon.nova-lite-v1:0', 0],
      ['deepseek.v3-v1:0', 0],
    ] as const) {
      const asked = chat(model)
      await answer(asked, asking({ passages: [] }))
      expect([asked.thinking, seen.at(-1)?.body.inferenceConfig], model).toEqual([tokens, { maxTokens: 50 + tokens }])
    }
  })
  test('is signed, names the model whatever its characters are, and holds what was asked', async () => {
    handler = sends(...frames(['900.']))
    for (const model of ['amazon.nova-lite-v1:0', 'arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0']) {
      await answer(chat(model), asking({ passages: [] }))
      expect(seen.at(-1)?.path).toBe(`/model/${encodeURIComponent(model)}/converse-stream`)
      expect(seen.at(-1)?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/bedrock\/aws4_request, /)
      expect(seen.at(-1)?.headers).toMatchObject({ 'x-amz-security-token': FAULTS_SECRET, 'content-type': 'application/json', accept: EVENT_STREAM })
      expect(seen.at(-1)?.body).toEqual({
        system: [{ text: 'Be brief.' }],
        messages: [{ role: 'user', content: [{ text: 'How much is the rent?' }] }],
        inferenceConfig: { maxTokens: 50 },
      })
    }
  })
  test('begins with a person, alternates and holds no blank text, whatever the conversation is', async () => {
    const turn = fc.record({ role: fc.constantFrom('user' as const, 'assistant' as const), text: fc.string({ maxLength: 5 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { maxLength: 6 }), async (before) => {
        handler = sends(...frames(['x']))
        const messages = [...before, { role: 'user' as const, text: 'And now?' }]
        await answer(chat(), asking({ system: ' ', messages }))
        const { messages: sent = [], system } = seen.at(-1)?.body ?? {}
        expect(sent.map(({ role }) => role)).toEqual(sent.map((_, index) => (index % 2 === 0 ? 'user' : 'assistant')))
        for (const { content } of sent) for (const part of content) if (part.document === undefined) expect(part.text?.trim()).not.toBe('')
        const said = JSON.stringify(sent.map(({ content }) => content.map(({ text }) => text)))
        const fromFirst = messages.slice(messages.findIndex(({ role }) => role === 'user'))
        for (const { text } of fromFirst) if (text.trim() !== '') expect(said).toContain(JSON.stringify(text).slice(1, -1))
        expect([system, chunks().length > 0]).toEqual([undefined, true])
      }),
      { numRuns: 30 },
    )
  })
  test('gives Claude the passages in one document of sentences, and others none', async () => {
    handler = sends(...frames(['x']))
    await answer(chat(), asking())
    expect(chunks()).toEqual([
      'Passage 1: Lease',
      'The rent is 900 € a month.',
      'It is due on the first.',
      'Pets are allowed 😀.',
      'Smoking is not.',
      'Passage 2:',
      'The house was built in 1911.',
      'Passage 3: Annex',
    ])
    expect(seen[0]?.body.messages[0]?.content[0]).toMatchObject({ document: { format: 'txt', name: 'passages', citations: { enabled: true } } })
    await answer(chat('meta.llama3-3-70b-instruct-v1:0'), asking())
    expect(seen[1]?.body.messages).toEqual([{ role: 'user', content: [{ text: 'How much is the rent?' }] }])
  })
})

describe('an answer', () => {
  const citations = (events: readonly ChatEvent[]) => events.filter(({ type }) => type === 'citation')
  test('is cited by chunks: its citations follow the text of their block, with the places of both', async () => {
    // As Bedrock sends it: the citations of a block before its text, and no message that a block begins.
    handler = sends(
      started,
      cite(1, 3, [{ text: 'The rent is 900 € a month.' }, { text: 'It is due on the first.' }]),
      delta(0, { text: 'It is 😀 900 €' }),
      delta(0, { text: ', due on the first' }),
      blockEnd(0),
      delta(1, { text: '.' }),
      delta(1, { reasoningContent: { text: 'hm' } }),
      blockEnd(1),
      stopped('end_turn'),
      metadata,
    )
    const written = 'It is 😀 900 €, due on the first'
    expect(await answer(chat(), asking())).toEqual([
      { type: 'text', text: 'It is 😀 900 €' },
      { type: 'text', text: ', due on the first' },
      {
        type: 'citation',
        passage: 1,
        quote: 'The rent is 900 € a month.  It is due on the first.',
        start: 0,
        end: 51,
        claim: { start: 0, end: written.length },
      },
      { type: 'text', text: '.' },
      { type: 'end', usage: { inputTokens: 5, outputTokens: 7 } },
    ])
  })
  test.each([
    [
      'of several passages',
      cite(4, 7),
      [
        { passage: 1, quote: 'Smoking is not.', start: 74, end: 89 },
        { passage: 2, quote: 'The house was built in 1911.', start: 0, end: 28 },
      ],
    ],
    ['of a title alone', cite(7, 8), [{ passage: 3, quote: undefined }]],
    ['whose end is not behind its start', cite(6, 6), [{ passage: 2, start: 0, end: 28 }]],
    ['by another place than its quote', cite(1, 2, [{ text: 'The house was built in 1911.' }]), [{ passage: 2, quote: 'The house was built in 1911.' }]],
    ['out of range', cite(90, 91, [{ text: 'Smoking is not.' }]), [{ passage: 1, quote: 'Smoking is not.' }]],
    ['of an invented quote', cite(1, 2, [{ text: 'The rent is 1 €.' }]), []],
    ['by nothing', delta(0, { citation: { location: { web: {} } } }), []],
    [
      'by characters',
      delta(0, { citation: { location: { documentChar: { documentIndex: 0, start: 3, end: 9 } }, sourceContent: [{ text: 'Pets are allowed 😀.' }] } }),
      [{ passage: 1, quote: 'Pets are allowed 😀.' }],
    ],
    ['by garbage', delta(0, { citation: { location: { documentChunk: { start: 'x', end: -1 } }, sourceContent: [7, { text: 8 }] } }), []],
  ])('cites %s', async (_, frame, expected) => {
    handler = sends(started, delta(0, { text: 'Yes' }), frame, blockEnd(0), stopped('end_turn'), metadata)
    expect(citations(await answer(chat(), asking()))).toMatchObject(expected.map((one) => ({ ...one, claim: { start: 0, end: 3 } })))
  })
  test('cites exactly what stands in the passage, for any passages and any chunks', async () => {
    const passage = fc.record({
      title: fc.string({ unit: 'grapheme', maxLength: 10 }),
      text: fc.string({ unit: fc.constantFrom('a', 'B', '. ', '\n', '😀', '! ', '漢'), maxLength: 60 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(passage, { minLength: 1, maxLength: 5 }), fc.nat(20), fc.nat(20), async (passages, start, length) => {
        handler = sends(started, delta(0, { text: 'Yes' }), cite(start, start + length), blockEnd(0), stopped('end_turn'))
        for (const event of citations(await answer(chat(), asking({ passages })))) {
          if (event.type !== 'citation' || event.quote === undefined) continue
          expect(event.quote).toBe(passages[event.passage - 1]?.text.slice(event.start, event.end))
          expect(event.quote.trim()).toBe(event.quote)
        }
        expect(chunks().every((text) => text.trim() !== '')).toBe(true)
      }),
      { numRuns: 40 },
    )
  })
  test.each([
    ['max_tokens', true],
    ['model_context_window_exceeded', true],
    ['end_turn', undefined],
    ['stop_sequence', undefined],
  ])('that ended by %s is cut: %s', async (reason, cut) => {
    handler = sends(started, delta(0, { text: 'Yes' }), stopped(reason), metadata)
    expect((await drain(chat())).at(-1)).toEqual({ type: 'end', usage: { inputTokens: 5, outputTokens: 7 }, ...(cut === undefined ? {} : { cut }) })
  })
  test('that broke off after its end is complete, without usage', async () => {
    handler = sends(started, delta(0, { text: 'Yes' }), stopped('end_turn'), metadata.subarray(0, 30))
    expect(await drain(chat())).toEqual([
      { type: 'text', text: 'Yes' },
      { type: 'end', usage: undefined },
    ])
  })
  const WITHHELD = stopped('guardrail_intervened')
  test.each([
    ['guardrail_intervened', WITHHELD, 'model/refused'],
    ['content_filtered', stopped('content_filtered'), 'model/refused'],
    ['malformed_model_output', stopped('malformed_model_output'), 'model/unavailable'],
    ['validationException', exceptionFrame('validationException', 'The model returned the following errors: x'), 'model/refused'],
    ['modelStreamErrorException', exceptionFrame('modelStreamErrorException', 'Model tool output failed'), 'model/unavailable'],
    ['serviceUnavailableException', exceptionFrame('serviceUnavailableException', 'no'), 'model/unavailable'],
    ['internalServerException', exceptionFrame('internalServerException', 'no'), 'model/unavailable'],
    ['a message that is not JSON', frameOf({ ':message-type': 'event', ':event-type': 'contentBlockDelta' }, '{"delta":'), 'model/unavailable'],
  ])('with %s ends in one error', async (_, frame, code) => {
    handler = sends(started, delta(0, { text: 'Sorry' }), frame, metadata)
    const error: unknown = await drain(chat()).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(AppError)
    expect((error as AppError).code).toBe(code)
    const paid = frame === WITHHELD ? { withheld: true, input_tokens: 5, output_tokens: 7 } : {}
    expect((error as AppError).facts).toMatchObject(paid)
  })
  test.each([
    [424, 'model/unavailable', 3],
    [429, 'model/unavailable', 3],
    [403, 'model/refused', 1],
    [404, 'model/refused', 1],
  ])('that begins with %i', async (status, code, times) => {
    handler = (_, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ Message: 'You shall not' }))
    const error: unknown = await drain(chat()).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code, facts: { said: 'You shall not', status } })
    expect(seen).toHaveLength(times)
  })
})

test.each([
  ['anthropic.claude-v2:1', 'markers', 100_000],
  ['anthropic.claude-3-haiku-20240307-v1:0', 'markers', 200_000],
  ['anthropic.claude-3-7-sonnet-20250219-v1:0', 'native', 200_000],
  ['global.anthropic.claude-haiku-4-5-20251001-v1:0', 'native', 200_000],
  ['arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-1-20250805-v1:0', 'native', 200_000],
  ['arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123', 'markers', 32_000],
  ['us.amazon.nova-premier-v1:0', 'markers', 1_000_000],
  ['amazon.nova-micro-v1:0', 'markers', 128_000],
  ['meta.llama3-8b-instruct-v1:0', 'markers', 8_000],
  ['us.meta.llama3-3-70b-instruct-v1:0', 'markers', 128_000],
])('%s cites by %s and reads %i tokens', (model, citations, window) => {
  expect(familyOf(model)).toEqual({ citations, window })
  expect(chat(model)).toMatchObject({ name: `bedrock:${model}`, citations, window })
})

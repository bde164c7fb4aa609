import type { IncomingMessage, ServerResponse } from 'node:http'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '../../domain/errors.ts'
import { chatContract, drain } from '../../ports/chat.contract.ts'
import { chatFaultsContract, FAULTS_SECRET, virtualClock } from '../../ports/chat-faults.contract.ts'
import { embedderContract, expectModelFault } from '../../ports/embedder.contract.ts'
import { EVENT_STREAM } from '../aws-event-stream.ts'
import { exceptionFrame, keysWith, payloadFrame } from '../aws-frames.fixture.ts'
import { providerServer } from '../provider-server.fixture.ts'
import { sagemakerChat } from './chat.ts'
import { sagemakerEmbedders } from './embedder.ts'

interface Body {
  readonly inputs?: readonly string[]
  readonly text_inputs?: readonly string[]
  readonly input?: readonly string[]
}
type Handler = (body: Body, response: ServerResponse, request: IncomingMessage) => void
let handler: Handler = (_, response) => response.end()
const { address: endpoint, seen } = await providerServer<Body>((response, body, request) => handler(body, response, request))

const never = new AbortController().signal
const options = { region: 'eu-central-1', endpoint, credentials: keysWith(FAULTS_SECRET), clock: virtualClock(), timeoutMs: 5000 }
const json = (response: ServerResponse, value: unknown, status = 200) => {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(typeof value === 'string' ? value : JSON.stringify(value))
}
/** As SageMaker tells what a container refused. */
const refused = (response: ServerResponse, status: number, says: string) =>
  json(
    response,
    { ErrorCode: 'CLIENT_ERROR_FROM_MODEL', Message: `Received client error (${status}) from primary with message "${says}"`, OriginalStatusCode: status },
    424,
  )

const chunk = (content: string, finish: string | null = null) => ({
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta: { content }, finish_reason: finish }],
})
const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`
const usage = { object: 'chat.completion.chunk', choices: [], usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 } }
const streams =
  (...parts: readonly (string | Uint8Array)[]): Handler =>
  (_, response) => {
    response.writeHead(200, { 'content-type': EVENT_STREAM })
    for (const part of parts) response.write(typeof part === 'string' ? payloadFrame(part) : part)
    response.end()
  }
const chat = () => sagemakerChat({ ...options, model: 'my-endpoint' })
const END = { type: 'end', usage: { inputTokens: 5, outputTokens: 7 } }

chatContract('sagemaker', async () => {
  handler = streams(event(chunk('Hel')), event(chunk('lo')), event(chunk('', 'stop')), 'data: [DONE]\n\n')
  return chat()
})

chatFaultsContract('sagemaker', {
  open: (baseUrl, clock, timeoutMs) => sagemakerChat({ ...options, endpoint: baseUrl, model: 'my-endpoint', clock, timeoutMs }),
  mediaType: EVENT_STREAM,
  frames: (texts) => [...texts.map((text) => event(chunk(text))), event(chunk('', 'stop')), event(usage), 'data: [DONE]\n\n'].map(payloadFrame),
  errorBody: (Message) => JSON.stringify({ ErrorCode: 'INTERNAL', Message }),
  errorFrame: (message) => exceptionFrame('ModelStreamError', message),
})

describe('a chat endpoint', () => {
  test('is asked as documented', async () => {
    handler = streams(event(chunk('x', 'stop')))
    await drain(chat())
    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatchObject({
      path: '/endpoints/my-endpoint/invocations-response-stream',
      headers: { authorization: expect.stringContaining('/eu-central-1/sagemaker/aws4_request'), 'content-type': 'application/json' },
    })
    expect(seen[0]?.body).toEqual({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Say something.' },
      ],
      max_tokens: 100,
      stream: true,
      stream_options: { include_usage: true },
    })
  })
  const OPENAI = [chunk('Grüße, 世界 '), chunk('😀!'), chunk('', 'stop'), usage]
  const FORMS: readonly (readonly [string, string, unknown])[] = [
    ['server-sent events', `: hello\nevent: x\n${OPENAI.map(event).join('')}data: [DONE]\n\n`, END],
    ['lines of JSON', `${OPENAI.map((value) => JSON.stringify(value)).join('\r\n')}\n`, END],
    [
      'tokens of TGI',
      [
        { token: { id: 1, text: 'Grüße, 世界 ', special: false }, generated_text: null, details: null },
        { token: { id: 2, text: '😀!', special: false }, generated_text: null, details: null },
        { token: { id: 3, text: '</s>', special: true }, generated_text: 'Grüße, 世界 😀!', details: null },
      ]
        .map((value) => `data:${JSON.stringify(value)}\n\n`)
        .join(''),
      { type: 'end', usage: undefined },
    ],
    [
      'one reply on many lines',
      JSON.stringify({ choices: [{ message: { content: 'Grüße, 世界 😀!' }, finish_reason: 'stop' }], usage: usage.usage }, undefined, 2),
      END,
    ],
  ]
  test.each(FORMS)('may write %s, cut anywhere', async (_, whole, end) => {
    const bytes = Buffer.from(whole)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: bytes.length }), async (length) => {
        const parts = Array.from({ length: Math.ceil(bytes.length / length) }, (_value, index) =>
          payloadFrame(bytes.subarray(index * length, (index + 1) * length)),
        )
        handler = streams(Buffer.concat(parts))
        const events = await drain(chat())
        expect(events.map((one) => (one.type === 'text' ? one.text : '')).join('')).toBe('Grüße, 世界 😀!')
        expect(events.at(-1)).toEqual(end)
      }),
      { numRuns: 15, examples: [[1]] },
    )
  })
  test.each(['length', 'stop', 'eos_token'])('tells by %s whether it was cut', async (reason) => {
    handler = streams(event(chunk('x', reason)), event(usage))
    expect((await drain(chat())).at(-1)).toEqual({ ...END, ...(reason === 'length' ? { cut: true } : {}) })
  })
  test('that does not stream is asked again for a reply in one piece', async () => {
    handler = (_, response, { url }) =>
      url?.endsWith('-response-stream')
        ? refused(response, 400, 'this model does not support streaming')
        : json(response, { choices: [{ message: { content: 'whole' }, finish_reason: 'length' }], usage: usage.usage })
    expect(await drain(chat())).toEqual([
      { type: 'text', text: 'whole' },
      { ...END, cut: true },
    ])
    expect(seen.map(({ path, body }) => [path, 'stream' in body && body.stream])).toEqual([
      ['/endpoints/my-endpoint/invocations-response-stream', true],
      ['/endpoints/my-endpoint/invocations', false],
    ])
  })
  test.each([
    ['a damaged line', streams(event(chunk('x')), 'data: {"choices"\n\n'), 'model/unavailable', 1],
    ['lines that are nothing', streams('garbage\n'.repeat(1000)), 'model/unavailable', 1],
    ['an error amid its events', streams(event(chunk('x')), event({ error: { message: 'CUDA error', type: 'server_error' } })), 'model/unavailable', 1],
    ['a refusal amid its events', streams(event({ error: 'Input validation error' })), 'model/refused', 1],
    ['a filter', streams(event(chunk('x', 'content_filter'))), 'model/refused', 1],
    ['no text', ((_, response) => json(response, { id: 1 })) as Handler, 'model/unavailable', 1],
    ['a refusal of the container', ((_, response) => refused(response, 422, 'too long')) as Handler, 'model/refused', 1],
    ['a throttle of the container', ((_, response) => refused(response, 429, 'busy')) as Handler, 'model/unavailable', 3],
    [
      'a fault of the container',
      ((_, response) => json(response, { Message: 'Received server error (500) from primary' }, 424)) as Handler,
      'model/unavailable',
      3,
    ],
    ['no such endpoint', ((_, response) => json(response, { message: 'Endpoint my-endpoint of account 1 not found.' }, 400)) as Handler, 'model/refused', 1],
  ] as const)('with %s ends in one error', async (_, bad, code, times) => {
    handler = bad
    const error: unknown = await drain(chat()).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(AppError)
    expect([(error as AppError).code, seen.length]).toEqual([code, times])
  })
  test('has the window that is set', () => {
    expect([chat().window, sagemakerChat({ ...options, model: 'x', window: 32_000 }).window, chat().citations]).toEqual([8192, 32_000, 'markers'])
  })
})

const vectorOf = (text: string): number[] => {
  const codes = [...text].map((letter) => letter.codePointAt(0) ?? 0)
  return [codes.length + 1, codes.reduce((sum, code) => sum + code, 0) % 97, codes[0] ?? 0]
}
const CONTAINERS: readonly (readonly [string, Handler])[] = [
  ['of Hugging Face', ({ inputs }, response) => (inputs === undefined ? refused(response, 400, 'inputs') : json(response, inputs.map(vectorOf)))],
  [
    'of JumpStart',
    ({ text_inputs }, response) =>
      text_inputs === undefined ? refused(response, 400, 'text_inputs') : json(response, { embedding: text_inputs.map(vectorOf) }),
  ],
  ['that give embeddings by name', ({ inputs = [] }, response) => json(response, { embeddings: inputs.map(vectorOf) })],
  [
    'that speak as OpenAI does',
    ({ input }, response) =>
      input === undefined
        ? refused(response, 422, 'input')
        : json(response, { data: input.map((text, index) => ({ index, embedding: vectorOf(text) })).reverse() }),
  ],
  [
    'that take one text at a time',
    ({ inputs = [] }, response) => (inputs.length > 1 ? refused(response, 413, 'batch size 2 > 1') : json(response, { embedding: vectorOf(inputs[0] ?? '') })),
  ],
]
for (const [title, container] of CONTAINERS) {
  embedderContract(`sagemaker, containers ${title},`, async () => {
    handler = container
    return sagemakerEmbedders(options).open('my-endpoint', never)
  })
}

describe('an embedding endpoint', () => {
  const teiLike = CONTAINERS[0]?.[1] ?? handler
  test('is asked in batches, with what its model wants before a text', async () => {
    handler = teiLike
    const embedder = await sagemakerEmbedders(options).open('multilingual-e5-small-2024', never)
    seen.length = 0
    await embedder.embed(
      Array.from({ length: 70 }, (_, index) => `text ${index}`),
      'passage',
      never,
    )
    expect(seen.map(({ body }) => body.inputs?.length).sort()).toEqual([32, 32, 6])
    expect(seen[0]).toMatchObject({ path: '/endpoints/multilingual-e5-small-2024/invocations', body: { inputs: expect.arrayContaining(['passage: text 0']) } })
    await embedder.embed(['where?'], 'query', never)
    expect(seen.at(-1)?.body.inputs).toEqual(['query: where?'])
  })
  test.each([
    [
      'a vector for each token',
      ((_, response) =>
        json(response, [
          [
            [1, 2],
            [3, 4],
          ],
        ])) as Handler,
      'model/refused',
    ],
    ['words', ((_, response) => json(response, ['a'])) as Handler, 'model/unavailable'],
    ['nothing', ((_, response) => json(response, {})) as Handler, 'model/unavailable'],
    ['an error', ((_, response) => json(response, { error: 'no' })) as Handler, 'model/refused'],
    ['no permission', ((_, response) => json(response, { Message: 'User is not authorized' }, 403)) as Handler, 'model/refused'],
    ['zeros', ((_, response) => json(response, [[0, 0]])) as Handler, 'vectors/dimension'],
  ] as const)('that gives %s cannot be opened', async (_, bad, code) => {
    handler = bad
    await expectModelFault(sagemakerEmbedders(options).open('my-endpoint', never), code)
    expect(seen.length).toBeLessThanOrEqual(2)
  })
  test('that refuses all forms tells what it said first', async () => {
    handler = (body, response) => refused(response, 400, `not ${Object.keys(body)[0]}`)
    const error = await expectModelFault(sagemakerEmbedders(options).open('my-endpoint', never), 'model/refused')
    expect(error.facts.said).toContain('not inputs')
    expect(seen).toHaveLength(3)
  })
})

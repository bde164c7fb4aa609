import { AbstractChat, type ChatState, type ChatStatus, DefaultChatTransport, readUIMessageStream, type UIMessage } from 'ai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wordy } from '../../../test/live-fixture.ts'
import { bearer, type Person, person } from '../../../test/people-fixture.ts'
import { json, serverForTest, type TestServer } from '../../../test/server-fixture.ts'
import { AppError } from '../../domain/errors.ts'

// The clients of the AI SDK, as published, against a running server.

const { seen, flows } = wordy()
const asked: { question: string; history: readonly unknown[] }[] = []
let server: TestServer
let ann: Person
let api: string

beforeAll(async () => {
  server = await serverForTest({
    live: { graceMs: 3_000 },
    flows: {
      ...flows,
      ask: (world, caller, id, request, signal) => {
        asked.push({ question: request.question, history: request.history ?? [] })
        if (request.question === 'refused') throw new AppError('limit/spend')
        return flows.ask(world, caller, id, request, signal)
      },
    },
  })
  ann = await person(server.world, 'member')
  const reply = await fetch(`${server.address}/api/v1/databases`, {
    ...{ method: 'POST', headers: { ...bearer(ann.token), 'content-type': 'application/json' }, body: '{"name":"handbook"}' },
  })
  api = `${server.address}/api/v1/databases/${(await json(reply)).id}/ui-messages`
})
afterAll(() => server.stop())

const transport = (headers: Record<string, string> = {}) => new DefaultChatTransport<UIMessage>({ api, headers: { ...bearer(ann.token), ...headers } })

/** What a hook of a framework keeps; the chat itself is the SDK's. */
class PlainState implements ChatState<UIMessage> {
  status: ChatStatus = 'ready'
  error: Error | undefined = undefined
  messages: UIMessage[] = []
  pushMessage = (message: UIMessage) => void this.messages.push(message)
  popMessage = () => void this.messages.pop()
  replaceMessage = (index: number, message: UIMessage) => void this.messages.splice(index, 1, message)
  snapshot = <T>(thing: T): T => structuredClone(thing)
}
class PlainChat extends AbstractChat<UIMessage> {
  constructor(state: PlainState, headers: Record<string, string> = {}, id = 'chat-1') {
    super({ id, state, transport: transport(headers) })
  }
}

const textOf = ({ parts }: UIMessage) => parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('')

describe('useChat', () => {
  test('gets an answer with its sources and what is told of it, and goes on with it', async () => {
    const state = new PlainState()
    const chat = new PlainChat(state)
    await chat.sendMessage({ text: '3 words' })
    expect([state.status, state.error]).toEqual(['ready', undefined])
    const [question, answer] = state.messages
    expect([question?.role, answer?.role, answer === undefined ? '' : textOf(answer)]).toEqual(['user', 'assistant', 'w1 w2 w3 '])
    expect(answer?.parts.find(({ type }) => type === 'source-document')).toMatchObject({
      ...{ sourceId: '1', title: 'leave.txt, page 1', filename: 'leave.txt' },
      providerMetadata: { quarry: { page: 1, quote: 'Leave is requested in the portal.', verdict: 'verified', document_id: 'doc_1' } },
    })
    expect(answer?.metadata).toMatchObject({ writer: 'extractive', answered: true, stream_id: expect.stringMatching(/^str_/) })
    await chat.sendMessage({ text: '2 words' })
    expect(asked.at(-1)).toEqual({
      question: '2 words',
      history: [
        { role: 'user', text: '3 words' },
        { role: 'assistant', text: 'w1 w2 w3' },
      ],
    })
    await chat.regenerate()
    expect([state.messages.length, asked.at(-1)?.question]).toEqual([4, '2 words'])
  })

  test('is told once of an answer that fails, half-way or before it began', async () => {
    const state = new PlainState()
    const chat = new PlainChat(state)
    await chat.sendMessage({ text: '2 words fail' })
    expect([state.status, state.error?.message]).toEqual(['error', 'no'])
    const other = new PlainState()
    await new PlainChat(other).sendMessage({ text: 'refused' })
    expect([other.status, other.error?.message]).toEqual(['error', expect.stringContaining('limit/spend')])
  })

  test('stops at once, and the answer with it', async () => {
    const before = seen.aborted
    const state = new PlainState()
    const chat = new PlainChat(state)
    const sent = chat.sendMessage({ text: '5000 words' })
    await expect.poll(() => state.messages.length).toBe(2)
    await chat.stop()
    await sent
    expect(state.status).toBe('ready')
    await expect.poll(() => seen.aborted).toBe(before + 1)
  })

  test('finds its answer again after the page was reloaded, once', async () => {
    const resume = { 'quarry-resume': 'on' }
    const controller = new AbortController()
    const message: UIMessage = { id: 'm1', role: 'user', parts: [{ type: 'text', text: '80 words' }] }
    const request = { chatId: 'chat-2', messages: [message], messageId: undefined, abortSignal: controller.signal }
    const reader = (await transport(resume).sendMessages({ ...request, trigger: 'submit-message' })).getReader()
    await reader.read()
    controller.abort()
    const state = new PlainState()
    state.messages = [message]
    const reloaded = new PlainChat(state, resume, 'chat-2')
    await reloaded.resumeStream()
    expect(state.messages).toHaveLength(2)
    const words = Array.from({ length: 80 }, (_, index) => `w${index + 1} `).join('')
    expect(textOf(state.messages[1] as UIMessage)).toBe(words)
    await reloaded.resumeStream()
    expect(state.messages).toHaveLength(2)
    const other = await person(server.world, 'member')
    expect((await fetch(`${api}/chat-2/stream`, { headers: bearer(other.token) })).status).toBe(404)
    expect((await fetch(`${api}/chat-3/stream`, { headers: bearer(ann.token) })).status).toBe(204)
  })
})

test('the stream is what the SDK says it is, part for part', async () => {
  const messages: UIMessage[] = [{ id: 'm', role: 'user', parts: [{ type: 'text', text: '2 words' }] }]
  const request = { chatId: 'c', messages, messageId: undefined, abortSignal: undefined }
  const stream = await transport().sendMessages({ ...request, trigger: 'submit-message' })
  const [chunks, copy] = stream.tee()
  const types: string[] = []
  for await (const chunk of chunks as unknown as AsyncIterable<{ type: string }>) types.push(chunk.type)
  expect(types).toEqual([
    'start',
    'start-step',
    'data-status',
    'text-start',
    'text-delta',
    'text-delta',
    'source-document',
    'text-end',
    'finish-step',
    'finish',
  ])
  let last: UIMessage | undefined
  for await (const message of readUIMessageStream({ stream: copy })) last = message
  expect(last === undefined ? '' : textOf(last)).toBe('w1 w2 ')
  const raw = await fetch(api, {
    ...{ method: 'POST', headers: { ...bearer(ann.token), 'content-type': 'application/json' } },
    body: JSON.stringify({ id: 'c', messages, trigger: 'submit-message' }),
  })
  expect(raw.headers.get('x-vercel-ai-ui-message-stream')).toBe('v1')
  expect((await raw.text()).endsWith('data: [DONE]\n\n')).toBe(true)
})

test.each([
  ['no message', []],
  ['an answer at the end', [{ role: 'assistant', parts: [{ type: 'text', text: 'x' }] }]],
  ['a question without text', [{ role: 'user', parts: [{ type: 'file', url: 'data:x' }] }]],
  ['a role of its own', [{ role: 'tool', parts: [] }]],
])('refuses %s', async (_, messages) => {
  const reply = await fetch(api, {
    ...{ method: 'POST', headers: { ...bearer(ann.token), 'content-type': 'application/json' }, body: JSON.stringify({ id: 'c', messages }) },
  })
  expect([reply.status, (await json(reply)).error.code]).toEqual([400, 'request/invalid'])
})

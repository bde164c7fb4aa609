import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { newFolder, removeFolder, type ServerProcess, startProcess, until } from './server-process.ts'

// A real process that is killed while a model thinks, and the next one over its folder.

const LEAVE = 'Employees request leave in the portal at least two weeks ahead.'

/** Speaks as much of the OpenAI protocol as an answer needs; says nothing while it thinks. */
async function thinker() {
  const state = { thinks: true, asked: 0 }
  const server = createServer(async (request, reply) => {
    for await (const _ of request);
    state.asked += 1
    reply.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    if (state.thinks) return
    for (const content of ['Employees request leave in the portal ', `[1: "${LEAVE}"].`])
      reply.write(`data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`)
    reply.write(`data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: 'stop' }] })}\n\n`)
    reply.end('data: [DONE]\n\n')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    state,
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

test.each(['SIGKILL', 'SIGTERM'] as const)('an answer goes on after %s while its model thinks: one ending, one trace, one pair of messages', async (signal) => {
  const folder = newFolder()
  const model = await thinker()
  const environment = { OPENAI_BASE_URL: model.address, OPENAI_API_KEY: 'sk-test', CHAT_MODEL: 'openai:thinker' }
  let server: ServerProcess = await startProcess(folder, environment)
  try {
    const { id: database } = await server.client.call('createDatabase', { body: { name: 'handbook', model: 'none' } })
    const form = new FormData()
    form.append('files', new File([LEAVE], 'leave.txt', { type: 'text/plain' }))
    await server.send('POST', `/api/v1/databases/${database}/documents`, form)
    await server.idle(database)
    const body = { question: 'How do employees request leave?', conversation: 'new' }
    const reply = await server.send('POST', `/api/v1/databases/${database}/ask`, body, { 'quarry-resume': 'on' })
    const path = `/api/v1/streams/${reply.headers.get('x-stream-id')}`
    const reading = textOf(reply)
    await until(async () => (model.state.asked > 0 ? true : undefined), 'the model to be asked')
    await server.stop(signal)
    const before = eventsIn(await reading)
    model.state.thinks = false
    server = await startProcess(folder, environment)
    const after = eventsIn(await (await server.send('GET', path, undefined, { 'last-event-id': String(before.length) })).text())
    const all = [...before, ...after]
    expect(all.map(({ id }) => id)).toEqual(all.map((_, index) => index + 1))
    expect(all.map(({ event }) => event).filter((event) => /answer-(start|end|error)|passages-found/.test(event))).toEqual([
      'answer-start',
      'passages-found',
      'answer-end',
    ])
    const [start, end] = [all[0]?.data, all.at(-1)?.data]
    expect([end.trace_id, end.citations[0].verdict]).toEqual([start.trace_id, 'verified'])
    const talk = await server.client.call('getConversation', { parameters: { conversation: start.conversation_id } })
    expect(talk.messages.map(({ id }) => id)).toEqual([end.question_id, end.answer_id])
  } finally {
    await server.stop('SIGKILL')
    model.close()
    removeFolder(folder)
  }
})

/** What came until the connection broke. */
async function textOf(reply: Response): Promise<string> {
  const reader = (reply.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { done, value = '' } = await reader.read().catch(() => ({ done: true, value: '' }))
    text += value
    if (done) return text
  }
}

function eventsIn(text: string) {
  return [...text.matchAll(/^id: (\d+)\nevent: (\S+)\ndata: (.*)$/gm)].map(([, id, event = '', data = '{}']) => ({
    id: Number(id),
    event,
    data: JSON.parse(data),
  }))
}

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface ModelStub {
  /** What a server is started with to use it. */
  readonly environment: Readonly<Record<string, string>>
  close(): Promise<void>
}

/**
 * A language model of this machine, by the chat/completions protocol. `answer` gets the last message and gives the pieces
 * of the answer in order, when it likes; `pauseMs` between two of them.
 */
export async function modelStub(answer: (message: string) => Iterable<string> | AsyncIterable<string>, pauseMs = 0): Promise<ModelStub> {
  const server = createServer(async (request, reply) => {
    if (request.method !== 'POST') return void reply.writeHead(404).end()
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    if (parts.length === 0) return void reply.writeHead(400).end() // the connection was let go
    const { messages } = JSON.parse(Buffer.concat(parts).toString('utf8')) as { messages: { content: string }[] }
    reply.writeHead(200, { 'content-type': 'text/event-stream' })
    for await (const content of answer(messages.at(-1)?.content ?? '')) {
      if (reply.destroyed) return
      reply.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`)
      if (pauseMs > 0) await sleep(pauseMs)
    }
    reply.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\n`)
    reply.write(`data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 } })}\n\n`)
    reply.end('data: [DONE]\n\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    environment: { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_API_KEY: 'played', CHAT_MODEL: 'openai:played' },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

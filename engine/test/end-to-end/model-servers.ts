import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ModelServer {
  readonly address: string
  /** Texts that were embedded, in order. */
  readonly embedded: string[]
  /** Of each request, in order: its path, and the key that it showed. */
  readonly asked: { readonly path: string | undefined; readonly key: string | undefined }[]
  /** Prompts that were sent for an answer. */
  readonly prompts: string[]
  /** What the next answers say: made from the prompt. */
  answer: (prompt: string) => string
  /** While true every request is refused with 503. */
  down: boolean
  /** Called before each reply to an embedding request. */
  before: () => Promise<void>
  close(): Promise<void>
}

const DIMENSIONS = 64

/** Speaks as much of the OpenAI protocol as embedding and answering need. Vectors follow from the words of the text. */
export async function modelServer(): Promise<ModelServer> {
  const server = createServer((request, reply) => {
    handle(request, reply).catch((error: unknown) => reply.destroy(error instanceof Error ? error : undefined))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const state: ModelServer = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    embedded: [],
    asked: [],
    prompts: [],
    answer: () => '',
    down: false,
    before: async () => undefined,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }

  async function handle(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    state.asked.push({ path: request.url, key: request.headers.authorization })
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    if (state.down) return json(reply, 503, { error: { message: 'down for maintenance' } })
    if (request.url === '/v1/models') return json(reply, 200, { data: [{ id: 'words' }] })
    const body = JSON.parse(Buffer.concat(pieces).toString())
    if (request.url === '/v1/embeddings') {
      const texts: string[] = typeof body.input === 'string' ? [body.input] : body.input
      await state.before()
      // Asked when a model is opened, to learn its dimensions.
      state.embedded.push(...texts.filter((text) => text !== 'dimensions'))
      return json(reply, 200, { data: texts.map((text, index) => ({ index, embedding: vectorOf(text) })), usage: { total_tokens: 1 } })
    }
    const prompt = body.messages.map((message: { content: string }) => message.content).join('\n\n')
    state.prompts.push(prompt)
    const words = state.answer(prompt).split(/(?<= )/)
    reply.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const word of words) reply.write(`data: ${JSON.stringify({ choices: [{ delta: { content: word } }] })}\n\n`)
    reply.write(
      `data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: 'stop' }], usage: { prompt_tokens: 10, completion_tokens: words.length } })}\n\n`,
    )
    reply.end('data: [DONE]\n\n')
  }
  return state
}

function json(reply: ServerResponse, status: number, value: unknown): void {
  reply.writeHead(status, { 'content-type': 'application/json' })
  reply.end(JSON.stringify(value))
}

/** Texts that share words are near each other. */
function vectorOf(text: string): number[] {
  const vector = new Array<number>(DIMENSIONS).fill(0.01)
  for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? []) {
    const hash = createHash('sha256').update(word).digest()
    vector[hash.readUInt16LE(0) % DIMENSIONS] = (vector[hash.readUInt16LE(0) % DIMENSIONS] ?? 0) + (hash.readUInt8(2) % 2 === 0 ? 1 : -1)
  }
  return vector
}

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { openaiEmbedders } from './embedder.ts'

const never = new AbortController().signal
let usage: unknown
const server = createServer(async (request, response) => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  const { input }: { readonly input: readonly string[] } = JSON.parse(Buffer.concat(parts).toString())
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ data: input.map((_, index) => ({ index, embedding: [1, 2, 3] })), usage }))
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

test('an embedder tells what the server counted, which may be nothing', async () => {
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  const embedder = await openaiEmbedders({ provider: 'openai', baseUrl, apiKey: undefined }).open('tiny', never)
  for (const [told, tokens] of [
    [{ prompt_tokens: 9, total_tokens: 9 }, 9],
    [{ prompt_tokens: 0, total_tokens: 0 }, undefined],
    [{ prompt_tokens: '9' }, undefined],
    [undefined, undefined],
  ] as const) {
    usage = told
    const done: unknown[] = []
    await embedder.embed(['a', 'b'], 'passage', never, (...more) => done.push(more))
    expect(done).toEqual([[2, tokens]])
  }
})

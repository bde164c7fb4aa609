import { describe, expect, test } from 'vitest'
import { drain } from '../../ports/chat.contract.ts'
import { openaiChat } from './chat.ts'
import { openaiEmbedders } from './embedder.ts'

const apiKey = process.env.OPENAI_API_KEY
if (apiKey === undefined) console.info('Skipped, since OPENAI_API_KEY is not set: OpenAI itself is not asked.')

describe.skipIf(apiKey === undefined)('OpenAI itself', () => {
  const options = { provider: 'openai', baseUrl: process.env.OPENAI_BASE_URL ?? 'https://api.openai.com/v1', apiKey }
  test('writes', async () => {
    const events = await drain(openaiChat({ ...options, model: 'gpt-4o-mini' }))
    expect(events.at(-1)).toMatchObject({ type: 'end', usage: { inputTokens: expect.any(Number) } })
    expect(events.length).toBeGreaterThan(1)
  })
  test('embeds', async () => {
    const signal = AbortSignal.timeout(60_000)
    const embedder = await openaiEmbedders(options).open('text-embedding-3-small', signal)
    expect((await embedder.embed(['cat', 'dog'], 'passage', signal)).map((vector) => vector.length)).toEqual([1536, 1536])
  })
})

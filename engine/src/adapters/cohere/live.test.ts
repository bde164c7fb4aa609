import { describe, expect, test } from 'vitest'
import type { ChatEvent } from '../../ports/chat.ts'
import { cohereChat } from './chat.ts'
import { cohereEmbedders } from './embedder.ts'
import { cohereReranker } from './reranker.ts'

const apiKey = process.env.COHERE_API_KEY
if (apiKey === undefined) console.info('Skipped, since COHERE_API_KEY is not set: Cohere itself is not asked.')

describe.skipIf(apiKey === undefined)('Cohere itself', () => {
  const options = { baseUrl: process.env.COHERE_BASE_URL ?? 'https://api.cohere.com', apiKey: apiKey ?? '' }
  const signal = AbortSignal.timeout(60_000)
  test('writes, and cites the passage that it was given', async () => {
    const events: ChatEvent[] = []
    const request = {
      system: 'Begin your answer with 😀.',
      messages: [{ role: 'user', text: 'How long is the Pelican bridge?' }] as const,
      maxTokens: 200,
      passages: [{ title: 'Bridges', text: 'The Pelican bridge was opened in 1931. It is 412 metres long.' }],
    }
    for await (const event of cohereChat({ ...options, model: 'command-a-03-2025' }).write(request, signal)) events.push(event)
    expect(events.at(-1)).toMatchObject({ type: 'end', usage: { inputTokens: expect.any(Number) } })
    expect(events.find((event) => event.type === 'citation')).toMatchObject({ passage: 1, claim: { start: expect.any(Number) } })
  })
  test('embeds', async () => {
    const embedder = await cohereEmbedders(options).open('embed-v4.0', signal)
    expect((await embedder.embed(['cat', 'dog'], 'passage', signal)).map((vector) => vector.length)).toEqual([1536, 1536])
  })
  test('orders texts', async () => {
    const scores = await cohereReranker({ ...options, model: 'rerank-v3.5' }).rerank(
      'What is a bridge made of?',
      ['It rained.', 'Bridges are made of steel.'],
      signal,
    )
    expect(scores[1]).toBeGreaterThan(scores[0] ?? 1)
  })
})

import { describe, expect, test } from 'vitest'
import type { ChatEvent } from '../../ports/chat.ts'
import { anthropicChat } from './chat.ts'

const apiKey = process.env.ANTHROPIC_API_KEY
if (apiKey === undefined) console.info('Skipped, since ANTHROPIC_API_KEY is not set: Anthropic itself is not asked.')

describe.skipIf(apiKey === undefined)('Anthropic itself', () => {
  test('writes, and cites the passage that it was given', async () => {
    const chat = anthropicChat({ baseUrl: process.env.ANTHROPIC_BASE_URL ?? 'https://api.anthropic.com', apiKey: apiKey ?? '', model: 'claude-haiku-4-5' })
    const text = '😀 The Pelican bridge was opened in 1931. It is 412 metres long.'
    const events: ChatEvent[] = []
    const request = {
      system: 'Answer from the documents and cite them.',
      messages: [{ role: 'user', text: 'How long is the Pelican bridge?' }] as const,
      maxTokens: 200,
      passages: [{ title: 'Bridges', text }],
    }
    for await (const event of chat.write(request, AbortSignal.timeout(60_000))) events.push(event)
    expect(events.at(-1)).toMatchObject({ type: 'end', usage: { inputTokens: expect.any(Number) } })
    const citation = events.find((event) => event.type === 'citation')
    expect(citation).toMatchObject({ passage: 1, start: expect.any(Number) })
    expect(text.slice(citation?.start, citation?.end)).toBe(citation?.quote)
  })
})

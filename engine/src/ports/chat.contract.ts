import { describe, expect, test } from 'vitest'
import type { Chat, ChatEvent, ChatRequest } from './chat.ts'

const REQUEST: ChatRequest = { system: 'Be brief.', messages: [{ role: 'user', text: 'Say something.' }], maxTokens: 100 }

/** What every chat model promises. `open` gives one that answers REQUEST with some text. */
export function chatContract(name: string, open: () => Promise<Chat>): void {
  describe(`${name} as a chat model`, () => {
    test('streams texts, then exactly one end', async () => {
      const events: ChatEvent[] = []
      for await (const event of (await open()).write(REQUEST, new AbortController().signal)) events.push(event)
      expect(events.length).toBeGreaterThan(1)
      expect(events.filter((event) => event.type === 'end')).toHaveLength(1)
      expect(events.at(-1)?.type).toBe('end')
      for (const event of events) if (event.type === 'text') expect(event.text).not.toBe('')
    })
    test('ends with an AbortError when it is told to stop, before and during', async () => {
      const chat = await open()
      await expect(drain(chat, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
      const controller = new AbortController()
      const during = async () => {
        for await (const _event of chat.write(REQUEST, controller.signal)) controller.abort()
      }
      await expect(during()).rejects.toMatchObject({ name: 'AbortError' })
    })
    test('tells its name, how much it reads, and who writes citations', async () => {
      const chat = await open()
      expect(chat.name).toMatch(/^[a-z]+:\S+$/)
      expect(chat.window).toBeGreaterThanOrEqual(4_000)
      expect(['native', 'markers']).toContain(chat.citations)
    })
    test('lets go when nobody reads on', async () => {
      for await (const event of (await open()).write(REQUEST, new AbortController().signal)) {
        expect(event.type).toBe('text')
        break
      }
    })
  })
}

export async function drain(chat: Chat, signal: AbortSignal = new AbortController().signal): Promise<ChatEvent[]> {
  const events: ChatEvent[] = []
  for await (const event of chat.write(REQUEST, signal)) events.push(event)
  return events
}

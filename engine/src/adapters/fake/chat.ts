import type { Chat, ChatEvent } from '../../ports/chat.ts'

/**
 * A model for tests. By default it quotes the first sentence of each of its first two passages, in the form it was
 * asked for; with `reply` it says that, cut into pieces of `pieceLength` UTF-16 units.
 */
export function fakeChat(options: { readonly reply?: string; readonly pieceLength?: number } = {}): Chat {
  const pieceLength = options.pieceLength ?? 7
  return {
    name: 'fake:chat',
    window: 32_000,
    citations: 'markers',
    async *write(request, signal): AsyncGenerator<ChatEvent> {
      const asked = request.messages.at(-1)?.text ?? ''
      const text = options.reply ?? quoting(asked)
      for (let from = 0; from < text.length; from += pieceLength) {
        signal.throwIfAborted()
        yield { type: 'text', text: text.slice(from, from + pieceLength) }
      }
      signal.throwIfAborted()
      yield { type: 'end', usage: { inputTokens: Math.ceil(asked.length / 4), outputTokens: Math.ceil(text.length / 4) } }
    },
  }
}

function quoting(asked: string): string {
  const found = [...asked.matchAll(/<passage number="(\d+)"[^>]*>\n([^\n]{1,2000})/g)].slice(0, 2)
  if (found.length === 0) return 'NOT_IN_DOCUMENTS'
  return found
    .map(([, number, line = '']) => {
      const sentence = line.split(/(?<=[.!?])\s/)[0] ?? line
      return `${sentence} [${number}: "${sentence}"]`
    })
    .join(' ')
}

import type { AnswerEvent } from '../../domain/answer.ts'
import { AppError } from '../../domain/errors.ts'
import type { Chat, ChatEvent, ChatRequest } from '../../ports/chat.ts'
import { type AnswerState, newState } from './state.ts'
import type { Tools, Work } from './work.ts'

/** What a model is asked for, as it is told by the request itself. */
export const PURPOSES = {
  route: 'You choose which databases',
  condense: 'You rewrite the last question',
  grade: 'You judge whether passages',
  rewrite: 'A search found nothing',
  guard: 'You tell which topics',
  summary: 'You keep the minutes',
  talk: 'You answer a question about a conversation',
  write: 'You answer questions from numbered passages',
} as const
export type Purpose = keyof typeof PURPOSES

/** A text, one that the limit of tokens cut, or a fault: at once, or after what was written before it. */
export type Reply = string | { readonly cut: string } | { readonly fails: 'at once' | 'half-way' }

export interface ScriptedChat extends Chat {
  readonly asked: { readonly purpose: Purpose; readonly request: ChatRequest }[]
}

/** A model that replies by a script; without a line for a purpose it quotes its first passage, or says nothing. */
export function scriptedChat(script: (purpose: Purpose, request: ChatRequest, call: number) => Reply | undefined, facts: Partial<Chat> = {}): ScriptedChat {
  const asked: { readonly purpose: Purpose; readonly request: ChatRequest }[] = []
  return {
    name: 'fake:chat',
    window: 32_000,
    citations: 'markers',
    ...facts,
    asked,
    async *write(request, signal): AsyncGenerator<ChatEvent> {
      const purpose = purposeOf(request)
      asked.push({ purpose, request })
      const reply = script(purpose, request, asked.length) ?? (purpose === 'write' ? quoting(request) : '')
      const text = typeof reply === 'string' ? reply : 'cut' in reply ? reply.cut : reply.fails === 'at once' ? '' : 'The answer begins with '
      for (let from = 0; from < text.length; from += 9) {
        signal.throwIfAborted()
        yield { type: 'text', text: text.slice(from, from + 9) }
      }
      const isCut = typeof reply !== 'string' && 'cut' in reply
      if (typeof reply !== 'string' && !isCut) throw new AppError('model/unavailable', { service: 'scripted' })
      yield { type: 'end', usage: { inputTokens: 100, outputTokens: 10 }, ...(isCut ? { cut: true } : {}) }
    },
  }
}

function purposeOf({ system }: ChatRequest): Purpose {
  const found = Object.entries(PURPOSES).find(([, begins]) => system.startsWith(begins))
  if (found === undefined) throw new Error(`nobody asks this: ${system.slice(0, 60)}`)
  return found[0] as Purpose
}

function quoting({ messages }: ChatRequest): string {
  const [, number, sentence] = /<passage number="(\d+)"[^>]*>\n([^.\n]+)/.exec(messages.at(-1)?.text ?? '') ?? []
  return sentence === undefined ? 'NOT_IN_DOCUMENTS' : `${sentence} [${number}: "${sentence}"].`
}

/** Tools of a node that is run alone, and what it told. */
export function toolsFor(signal = new AbortController().signal): Tools & { readonly told: AnswerEvent[] } {
  const told: AnswerEvent[] = []
  return { told, signal, emit: async (event) => void told.push(event) }
}

export function stateFor({ request, places, chat, trace }: Work, facts: Partial<AnswerState> = {}): AnswerState {
  const databaseIds = places.map(({ databaseId }) => databaseId)
  return { ...newState({ traceId: trace.id, rights: '', question: request.question, databaseIds, writer: chat?.name ?? 'extractive' }), ...facts }
}

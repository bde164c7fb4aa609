import type { z } from 'zod'
import type { streamRoutes } from '../../api/streams.ts'
import { AppError } from '../../domain/errors.ts'
import type { LiveEvent } from './events.ts'

// Chats of the AI SDK: what `useChat` sends, and what it reads. One text part for each answer, a source-document part for each
// citation, and parts of our own, which a page may read or leave.

export const UI_HEADERS = { 'x-vercel-ai-ui-message-stream': 'v1' } as const

type Body = z.output<(typeof streamRoutes)['uiMessages']['body']>

type Turn = { readonly role: 'user' | 'assistant'; readonly text: string }

/** The question of a chat and what came before it. @throws request/invalid when the last message is not a question */
export function turnOf(messages: Body['messages']): { readonly question: string; readonly history: readonly Turn[] } {
  const last = messages.at(-1)
  const question = last?.role === 'user' ? textOf(last) : ''
  if (question === '' || question.length > 4000) {
    throw new AppError('request/invalid', { in: 'body', problems: ['messages: the last one must be of the user, with 1 to 4000 characters of text'] })
  }
  const history = messages.slice(0, -1).flatMap((message) => {
    const text = textOf(message).slice(0, 20_000)
    return message.role === 'system' || text === '' ? [] : [{ role: message.role, text }]
  })
  return { question, history: history.slice(-50) }
}

function textOf({ parts }: Body['messages'][number]): string {
  return parts
    .flatMap(({ type, text }) => (type === 'text' && text !== undefined ? [text] : []))
    .join('\n')
    .trim()
}

type Facts = Readonly<Record<string, unknown>>
type Part = { readonly type: string } & Facts

/** Turns the events of one answer into parts of a UI message, from its beginning on. */
export function uiRenderer(stream: string): (event: LiveEvent) => string {
  let isWriting = false
  const close = (): readonly Part[] => (isWriting ? [{ type: 'text-end', id: 'text' }] : [])

  function partsOf(event: string, data: Facts): readonly Part[] {
    switch (event) {
      case 'answer-start':
        return [{ type: 'start', messageId: `msg_${stream}`, messageMetadata: { stream_id: stream, ...data } }, { type: 'start-step' }]
      case 'answer-step':
        return [{ type: 'data-status', data: { status: data.step }, transient: true }]
      case 'passages-found':
        return [{ type: 'data-status', data: { status: 'found', passages: Array.isArray(data.passages) ? data.passages.length : 0 }, transient: true }]
      case 'text-delta': {
        const begin: readonly Part[] = isWriting ? [] : [{ type: 'text-start', id: 'text' }]
        isWriting = true
        return [...begin, { type: 'text-delta', id: 'text', delta: data.text }]
      }
      case 'citation-found':
        return [sourceOf(data.citation as Facts)]
      case 'sentence-checked':
        return [{ type: 'data-sentence', data: data.sentence }]
      case 'answer-end': {
        const { text: _, citations: __, sentences: ___, ...told } = data
        return [...close(), { type: 'finish-step' }, { type: 'finish', finishReason: 'stop', messageMetadata: told }]
      }
      case 'answer-error': {
        const { code, message } = data.error as { code: string; message: string }
        return [...close(), code === 'answer/stopped' ? { type: 'abort', reason: message } : { type: 'error', errorText: message }]
      }
      default:
        return []
    }
  }

  return ({ event, text }) => {
    const frames = partsOf(event, JSON.parse(text) as Facts).map((part) => `data: ${JSON.stringify(part)}\n\n`)
    const isLast = event === 'answer-end' || event === 'answer-error'
    return `${frames.join('')}${isLast ? 'data: [DONE]\n\n' : ''}`
  }
}

function sourceOf(citation: Facts): Part {
  return {
    type: 'source-document',
    sourceId: String(citation.number),
    mediaType: 'text/plain',
    title: citation.page === null ? citation.name : `${citation.name}, page ${citation.page}`,
    filename: citation.name,
    providerMetadata: { quarry: citation },
  }
}

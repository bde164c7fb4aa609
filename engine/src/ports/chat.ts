import type { Usage } from '../domain/answer.ts'

/**
 * A language model that writes.
 *
 * Order   `text` events in order, then one `end`.
 * Cancel  aborting the signal ends the request at the provider and the stream with an AbortError.
 * Errors  AppError `model/unavailable` (retry), `model/refused`.
 */
export interface Chat {
  /** `provider:model`. */
  readonly name: string
  write(request: ChatRequest, signal: AbortSignal): AsyncIterable<ChatEvent>
}

export interface ChatRequest {
  readonly system: string
  readonly messages: readonly { readonly role: 'user' | 'assistant'; readonly text: string }[]
  readonly maxTokens: number
}

export type ChatEvent = { readonly type: 'text'; readonly text: string } | { readonly type: 'end'; readonly usage: Usage | undefined }

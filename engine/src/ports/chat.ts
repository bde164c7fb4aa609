import type { Usage } from '../domain/answer.ts'

/**
 * A language model that writes.
 *
 * Order   `text` and `citation` events in order, then one `end`. A citation follows the text that it supports: what was
 *         written since the citation before, or the range that it names.
 * Cancel  aborting the signal ends the request at the provider and the stream with an AbortError.
 * Errors  AppError `model/unavailable` (retry), `model/refused`. A reply that breaks off is `model/unavailable`, never an end.
 *         An answer that was withheld after the model had read the request is paid for all the same: facts of that refusal hold
 *         `withheld: true`, with `input_tokens` and `output_tokens` where the provider tells them.
 */
export interface Chat {
  /** `provider:model`. */
  readonly name: string
  /** Tokens of request and answer together that the model reads; a careful guess where the provider does not tell. */
  readonly window: number
  /** `native`: it cites the `passages` of a request by itself; `markers`: it must be asked to write citations into its text. */
  readonly citations: 'native' | 'markers'
  /** Tokens that it may think before it writes, beside `maxTokens` of a request, and of the same window; 0 unless told. They are paid for. */
  readonly thinking?: number
  write(request: ChatRequest, signal: AbortSignal): AsyncIterable<ChatEvent>
}

export interface ChatRequest {
  readonly system: string
  readonly messages: readonly { readonly role: 'user' | 'assistant'; readonly text: string }[]
  /** Of what is written. */
  readonly maxTokens: number
  /** A small question of our own that needs little thought. */
  readonly brief?: true
  /** What the answer may cite, numbered from 1 in this order; only for models whose `citations` are native. They come before the last message. */
  readonly passages?: readonly ChatPassage[]
}

export interface ChatPassage {
  readonly title: string
  readonly text: string
}

export type ChatEvent =
  | { readonly type: 'text'; readonly text: string }
  | NativeCitation
  /** `cut`: the model reached its limit of tokens before it had ended; there may be no text at all. */
  | { readonly type: 'end'; readonly usage: Usage | undefined; readonly cut?: boolean }

/** As the provider told it, not checked. */
export interface NativeCitation {
  readonly type: 'citation'
  /** From 1, in `passages` of the request. */
  readonly passage: number
  /** What is cited of the passage, as the provider gives it; undefined when it names the passage alone. */
  readonly quote: string | undefined
  /** UTF-16 offsets in the passage's text, where the provider tells them in characters. */
  readonly start?: number
  readonly end?: number
  /** UTF-16 offsets in all text written so far; undefined: what was written since the citation before. */
  readonly claim?: { readonly start: number; readonly end: number }
}

/** Opens language models by name. */
export interface Chats {
  /** @throws model/unknown for a provider that there is not, model/refused where its key or region is not set */
  open(name: string): Promise<Chat>
  /** Writes when the chosen model fails before it has written anything; undefined: the sentences of the documents do. */
  fallback(): Promise<Chat | undefined>
}

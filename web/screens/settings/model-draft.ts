import type { Input, Reply } from 'quarry-engine/client'
import { MODELS } from '../../strings/settings.ts'

export type ModelSettings = Reply<'modelSettings'>
export type ModelChange = Input<'updateModelSettings'>['body']

/** What stands in the form. A setting that nobody chose is empty, so that its default can change. */
export interface ModelDraft {
  readonly chat: string
  readonly embedder: string
  readonly openaiUrl: string
  readonly ollamaUrl: string
  /** A new key; the stored one is never known here. */
  readonly key: string
  readonly isKeyForgotten: boolean
}

export type ModelProblems = Partial<Record<'chat' | 'embedder' | 'openaiUrl' | 'ollamaUrl' | 'key', string>>

const chosen = ({ value, from }: { readonly value: string | null; readonly from: string }) => (from === 'default' ? '' : (value ?? ''))

export function draftOf(settings: ModelSettings): ModelDraft {
  return {
    chat: chosen(settings.chat_model),
    embedder: chosen(settings.embedding_model),
    openaiUrl: chosen(settings.openai_base_url),
    ollamaUrl: chosen(settings.ollama_url),
    key: '',
    isKeyForgotten: false,
  }
}

/** Only what differs from what is saved; empty takes a choice back. */
export function changeOf(draft: ModelDraft, settings: ModelSettings): ModelChange {
  const before = draftOf(settings)
  const given = (text: string) => (text.trim() === '' ? null : text.trim())
  return {
    ...(draft.chat.trim() === before.chat ? {} : { chat_model: given(draft.chat) }),
    ...(draft.embedder.trim() === before.embedder ? {} : { embedding_model: given(draft.embedder) }),
    ...(draft.openaiUrl.trim() === before.openaiUrl ? {} : { openai_base_url: given(draft.openaiUrl) }),
    ...(draft.ollamaUrl.trim() === before.ollamaUrl ? {} : { ollama_url: given(draft.ollamaUrl) }),
    ...(draft.key.trim() !== '' ? { openai_api_key: draft.key.trim() } : draft.isKeyForgotten ? { openai_api_key: null } : {}),
  }
}

/** What can be told before anything is sent. */
export function problemsOf(draft: ModelDraft): ModelProblems {
  const isUrl = (text: string) => text.trim() === '' || (URL.canParse(text.trim()) && /^https?:/.test(text.trim()))
  return {
    ...(/^(?:|(?:openai|ollama):\S+)$/.test(draft.chat.trim()) ? {} : { chat: MODELS.problems.chat }),
    ...(/^(?:|none|[a-z0-9]+:\S+)$/.test(draft.embedder.trim()) ? {} : { embedder: MODELS.problems.embedder }),
    ...(isUrl(draft.openaiUrl) ? {} : { openaiUrl: MODELS.problems.url }),
    ...(isUrl(draft.ollamaUrl) ? {} : { ollamaUrl: MODELS.problems.url }),
    ...(draft.key.trim() === '' || /^[\x21-\x7e]{8,}$/.test(draft.key.trim()) ? {} : { key: MODELS.problems.key }),
  }
}

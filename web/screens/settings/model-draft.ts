import type { Input, Reply } from 'quarry-engine/client'
import { MODELS } from '../../strings/settings.ts'

export type ModelSettings = Reply<'modelSettings'>
export type ModelChange = Input<'updateModelSettings'>['body']

export const MODEL_FIELDS = ['chat_model', 'chat_fallback_model', 'rerank_model', 'embedding_model'] as const
export const ADDRESS_FIELDS = ['openai_base_url', 'anthropic_base_url', 'cohere_base_url', 'ollama_url'] as const
export const KEY_FIELDS = ['openai_api_key', 'anthropic_api_key', 'cohere_api_key'] as const
export type ModelField = (typeof MODEL_FIELDS)[number]
export type AddressField = (typeof ADDRESS_FIELDS)[number]
export type KeyField = (typeof KEY_FIELDS)[number]
export type TextFieldName = ModelField | AddressField

/** What stands in the form. A setting that nobody chose is empty, so that its default can change. */
export interface ModelDraft {
  readonly texts: Readonly<Record<TextFieldName, string>>
  /** New keys; stored ones are never known here. */
  readonly keys: Readonly<Record<KeyField, string>>
  readonly forgotten: ReadonlySet<KeyField>
}

export type ModelProblems = Partial<Record<TextFieldName | KeyField, string>>

const TEXT_FIELDS: readonly TextFieldName[] = [...MODEL_FIELDS, ...ADDRESS_FIELDS]
const NO_KEYS: ModelDraft['keys'] = { openai_api_key: '', anthropic_api_key: '', cohere_api_key: '' }

const chosen = ({ value, from }: { readonly value: string | null; readonly from: string }) => (from === 'default' ? '' : (value ?? ''))

export function draftOf(settings: ModelSettings): ModelDraft {
  const texts = Object.fromEntries(TEXT_FIELDS.map((name) => [name, chosen(settings[name])])) as Record<TextFieldName, string>
  return { texts, keys: NO_KEYS, forgotten: new Set() }
}

/** Only what differs from what is saved; empty takes a choice back. */
export function changeOf({ texts, keys, forgotten }: ModelDraft, settings: ModelSettings): ModelChange {
  const before = draftOf(settings).texts
  const given = (text: string) => (text.trim() === '' ? null : text.trim())
  const changed = TEXT_FIELDS.filter((name) => texts[name].trim() !== before[name])
  const keyed = KEY_FIELDS.filter((name) => keys[name].trim() !== '' || forgotten.has(name))
  const all: readonly (readonly [string, string | null])[] = [
    ...changed.map((name) => [name, given(texts[name])] as const),
    ...keyed.map((name) => [name, given(keys[name])] as const),
  ]
  return Object.fromEntries(all) as ModelChange
}

const MODEL_NAME = /^(?:|[a-z0-9]+:\S+)$/
const MODEL_NAME_OR_NONE = /^(?:|none|[a-z0-9]+:\S+)$/

/** What can be told before anything is sent. */
export function problemsOf({ texts, keys }: ModelDraft): ModelProblems {
  const isUrl = (text: string) => text.trim() === '' || (URL.canParse(text.trim()) && /^https?:/.test(text.trim()))
  const wrong = (name: ModelField, form: RegExp, problem: string) => (form.test(texts[name].trim()) ? [] : [[name, problem]])
  return Object.fromEntries([
    ...wrong('chat_model', MODEL_NAME, MODELS.problems.chat),
    ...wrong('chat_fallback_model', MODEL_NAME, MODELS.problems.chat),
    ...wrong('rerank_model', MODEL_NAME_OR_NONE, MODELS.problems.reranker),
    ...wrong('embedding_model', MODEL_NAME_OR_NONE, MODELS.problems.embedder),
    ...ADDRESS_FIELDS.flatMap((name) => (isUrl(texts[name]) ? [] : [[name, MODELS.problems.url]])),
    ...KEY_FIELDS.flatMap((name) => (keys[name].trim() === '' || /^[\x21-\x7e]{8,}$/.test(keys[name].trim()) ? [] : [[name, MODELS.problems.key]])),
  ]) as ModelProblems
}

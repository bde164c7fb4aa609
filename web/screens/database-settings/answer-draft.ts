import type { Input } from 'quarry-engine/client'
import type { Database } from '../databases/database-context.ts'

export type Answers = Database['answers']
export type AnswersChange = NonNullable<Input<'updateDatabase'>['body']['answers']>

/** As the server is set; no model at all; one of its own. */
export type Choice = 'server' | 'none' | 'own'

export interface ModelOfItsOwn {
  readonly choice: Choice
  readonly name: string
}

export interface AnswerDraft {
  readonly chat: ModelOfItsOwn
  readonly reranker: ModelOfItsOwn
  readonly voice: string
  readonly strictness: Answers['strictness']
}

const NO_CHAT = 'extractive'
const NO_RERANKER = 'none'

function chosen(value: string | null, none: string): ModelOfItsOwn {
  if (value === null) return { choice: 'server', name: '' }
  return value === none ? { choice: 'none', name: '' } : { choice: 'own', name: value }
}

export function draftOf({ chat_model, rerank_model, voice, strictness }: Answers): AnswerDraft {
  return { chat: chosen(chat_model, NO_CHAT), reranker: chosen(rerank_model, NO_RERANKER), voice: voice ?? '', strictness }
}

/** Only what differs from what is saved. */
export function changeOf(draft: AnswerDraft, saved: Answers): AnswersChange {
  const value = ({ choice, name }: ModelOfItsOwn, none: string) => (choice === 'server' ? null : choice === 'none' ? none : name.trim())
  const wanted = {
    chat_model: value(draft.chat, NO_CHAT),
    rerank_model: value(draft.reranker, NO_RERANKER),
    voice: draft.voice.trim() === '' ? null : draft.voice.trim(),
    strictness: draft.strictness,
  }
  const differs = (name: keyof typeof wanted) => wanted[name] !== saved[name]
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => differs(name as keyof typeof wanted)))
}

/** A model of its own needs the name of one. */
export function isNamed({ choice, name }: ModelOfItsOwn): boolean {
  return choice !== 'own' || /^[a-z0-9]+:\S+$/.test(name.trim())
}

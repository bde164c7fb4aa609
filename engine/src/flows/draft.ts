import type { AnswerEvent, Citation, SentenceCheck } from '../domain/answer.ts'
import type { Citer } from './cite.ts'

/** An answer as far as it is written: what was streamed of it is what it holds. */
export interface Draft {
  text: string
  readonly citations: Citation[]
  /** In the order of the text. */
  readonly sentences: SentenceCheck[]
  readonly cite: Citer
}

export function newDraft(cite: Citer): Draft {
  return { text: '', citations: [], sentences: [], cite }
}

export function say(draft: Draft, text: string): AnswerEvent {
  draft.text += text
  return { type: 'text-delta', text }
}

/** Undefined for a citation that was told already. */
export function tell(draft: Draft, citation: Citation): AnswerEvent | undefined {
  if (draft.citations.some(({ number }) => number === citation.number)) return undefined
  draft.citations.push(citation)
  return { type: 'citation-found', citation }
}

/** The same place again has the number that it has already. */
export function numbered(known: readonly Citation[], citation: Citation): Citation {
  const same = known.find((one) => isSamePlace(one, citation))
  return same ?? { ...citation, number: known.length + 1 }
}

export function isSamePlace(one: Citation, other: Citation): boolean {
  return (
    one.databaseId === other.databaseId &&
    one.documentId === other.documentId &&
    one.start === other.start &&
    one.end === other.end &&
    one.quote === other.quote
  )
}

export function judge(draft: Draft, sentence: SentenceCheck): AnswerEvent {
  draft.sentences.push(sentence)
  return { type: 'sentence-checked', sentence }
}

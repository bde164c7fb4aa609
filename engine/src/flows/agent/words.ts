import { contextOf, leansOnHistory } from '../../steps/agent/follow-up.ts'
import type { PastTurn } from '../../steps/agent/memory.ts'
import { analyzeQuery } from '../../steps/analyze/analyze.ts'
import { type AskedWord, askedWords } from '../../steps/answer/question.ts'

/** The words that carry a question, in the forms of the index. */
export function carryingWords(question: string): readonly AskedWord[] {
  return askedWords(analyzeQuery(question))
}

/** Questions that this one goes on from; empty when it stands for itself. */
export function leaningContext(question: string, history: readonly PastTurn[]): string {
  const asked = history.flatMap(({ role, text }) => (role === 'user' ? [text] : []))
  const count = (text: string) => carryingWords(text).length
  if (asked.length === 0 || !leansOnHistory(question, count(question))) return ''
  return contextOf(asked, count)
}

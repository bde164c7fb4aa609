import type { AnswerEvent, Passage } from '../domain/answer.ts'
import { analyze, analyzeQuery, detectLanguage } from '../steps/analyze/analyze.ts'
import { extractAnswer } from '../steps/answer/extract.ts'
import { type Draft, say, tell } from './draft.ts'

export const NOT_ANSWERED = 'The documents do not answer this.'

/** The best sentences, quoted and cited. Returns whether they answer. `context` is the question that a short follow-up goes on from. */
export async function* extractive(
  draft: Draft,
  question: string,
  context: string,
  passages: readonly Passage[],
  signal: AbortSignal,
): AsyncGenerator<AnswerEvent, boolean> {
  const found = extractAnswer({ question, terms: analyzeQuery(question), context: analyzeQuery(context), passages, analyze, languageOf: detectLanguage })
  for (const [index, excerpt] of found.excerpts.entries()) {
    signal.throwIfAborted()
    const citation = await draft.cite.quote(excerpt.passage, excerpt.quote, draft.citations)
    // A row or list keeps its lines; a sentence that the page had broken is joined.
    const shown = excerpt.kind === 'sentence' ? excerpt.quote.replace(/\s+/g, ' ') : excerpt.quote
    const before = found.excerpts[index - 1]
    const goesOn = before?.passage === excerpt.passage && before.kind === 'sentence' && excerpt.kind === 'sentence'
    const gap = draft.text === '' ? '' : goesOn ? ' ' : '\n\n'
    yield say(draft, `${gap}${excerpt.head === undefined ? '' : `${excerpt.head}\n`}${shown} [${citation.number}]`)
    const told = tell(draft, citation)
    if (told !== undefined) yield told
  }
  if (!found.answered) yield say(draft, NOT_ANSWERED)
  return found.answered
}

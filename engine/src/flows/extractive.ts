import type { AnswerEvent, Passage } from '../domain/answer.ts'
import { leansOnHistory } from '../steps/agent/follow-up.ts'
import { questionsIn } from '../steps/agent/several.ts'
import { analyze, analyzeQuery, detectLanguage } from '../steps/analyze/analyze.ts'
import { type ExtractiveAnswer, extractAnswer } from '../steps/answer/extract.ts'
import { withoutLinks } from '../steps/answer/links.ts'
import { sentencesOf } from '../steps/answer/sentence-ends.ts'
import { carryingWords } from './agent/words.ts'
import { checked } from './check-sentence.ts'
import { type Draft, judge, say, tell } from './draft.ts'

export const NOT_ANSWERED = 'The documents do not answer this.'
const NOT_ALL = 'The documents do not answer all of it.'

/** Of several questions in one, when the passages do not answer the whole, each that they do answer. */
function extracted(question: string, context: string, passages: readonly Passage[]): ExtractiveAnswer & { readonly isWhole: boolean } {
  const of = (one: string, before: string) =>
    extractAnswer({ question: one, terms: analyzeQuery(one), context: analyzeQuery(before), passages, analyze, languageOf: detectLanguage })
  const whole = of(question, context)
  const parts = whole.answered ? [] : questionsIn(question)
  const answers = parts.map((part, index) => of(part, leansOnHistory(part, carryingWords(part).length) ? parts.slice(0, index).join(' ') : ''))
  const excerpts = answers.flatMap((one) => (one.answered ? one.excerpts : []))
  const once = [...new Map(excerpts.map((one) => [`${one.passage} ${one.start}`, one])).values()]
  if (once.length === 0) return { ...whole, isWhole: true }
  return { answered: true, evidence: Math.max(...answers.map(({ evidence }) => evidence)), excerpts: once, isWhole: answers.every((one) => one.answered) }
}

/** The best sentences, quoted and cited. Returns whether they answer. `context` is the question that a short follow-up goes on from. */
export async function* extractive(
  draft: Draft,
  question: string,
  context: string,
  passages: readonly Passage[],
  signal: AbortSignal,
): AsyncGenerator<AnswerEvent, boolean> {
  const found = extracted(question, context, passages)
  for (const [index, excerpt] of found.excerpts.entries()) {
    signal.throwIfAborted()
    const citation = await draft.cite.quote(excerpt.passage, excerpt.quote, draft.citations)
    // A row or list keeps its lines; a sentence that the page had broken is joined.
    const shown = excerpt.kind === 'sentence' ? excerpt.quote.replace(/\s+/g, ' ') : excerpt.quote
    const before = found.excerpts[index - 1]
    const goesOn = before?.passage === excerpt.passage && before.kind === 'sentence' && excerpt.kind === 'sentence'
    const gap = draft.text === '' ? '' : goesOn ? ' ' : '\n\n'
    const head = excerpt.head === undefined ? '' : `${excerpt.head}\n`
    const text = withoutLinks(head + shown, (address) => draft.cite.holds(address))
    const start = draft.text.length + gap.length
    yield say(draft, `${gap}${text} [${citation.number}]`)
    const told = tell(draft, citation)
    if (told !== undefined) yield told
    const pieces = sentencesOf(text)
    for (const [place, piece] of pieces.entries()) {
      const ends = place === pieces.length - 1 ? draft.text.length : start + piece.end
      const { verdict, reason } = await checked(draft.cite, text.slice(piece.start, piece.end), [citation], true, excerpt.head)
      yield judge(draft, { start: start + piece.start, end: ends, verdict, citations: [citation.number], reason })
    }
  }
  if (!found.answered) yield say(draft, NOT_ANSWERED)
  else if (!found.isWhole) yield say(draft, `\n\n${NOT_ALL}`)
  return found.answered
}

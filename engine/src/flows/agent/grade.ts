import { coverageOf, gradeOf } from '../../steps/agent/coverage.ts'
import { holdsAnswer, newQueries } from '../../steps/agent/replies.ts'
import { holding, otherQueries } from '../../steps/agent/requests.ts'
import { askModel, mayAsk } from './ask-model.ts'
import type { AnswerState } from './state.ts'
import { tellStep } from './telling.ts'
import { carryingWords } from './words.ts'
import type { Tools, Work } from './work.ts'

/** Judges whether the passages hold what is asked: by its words, and in doubt by a model. */
export async function grade(work: Work, state: AnswerState, tools: Tools): Promise<Partial<AnswerState>> {
  await tellStep('grade', tools)
  const { byMeaning } = coverageOf(state.passages, [])
  const byWords = gradeOf({ together: state.holds.together, byMeaning }, state.passages.length)
  if (byWords === 'good') return { enough: true, note: `${share(state)} of the words are held` }
  if (byWords === 'poor' || !mayAsk(work)) return { enough: false, note: `${share(state)} of the words are held` }
  const reply = await askModel(work, 'grade', holding(state.whole, state.passages), tools.signal)
  const holds = reply === undefined ? undefined : holdsAnswer(reply)
  // Without a clear no it is written: whoever writes says when it is not there.
  return {
    enough: holds !== false,
    note: `${share(state)} of the words are held; the model says ${holds === undefined ? 'nothing clear' : holds ? 'yes' : 'no'}`,
  }
}

export const MOST_REWRITES = 2

/** Makes other queries, where those before found too little. */
export async function rewrite(work: Work, state: AnswerState, tools: Tools): Promise<Partial<AnswerState>> {
  await tellStep('rewrite', tools)
  const reply = await askModel(work, 'rewrite', otherQueries(state.whole, state.tried, state.passages), tools.signal)
  const made = reply === undefined ? undefined : newQueries(reply)
  const queries = (made ?? byRule(state)).filter((query) => !state.tried.includes(query))
  const measures = made === undefined ? state.measures : [state.whole, ...queries]
  // What a model chose before may have been the wrong place.
  return { queries, measures, rewrites: state.rewrites + 1, databaseIds: work.places.map(({ databaseId }) => databaseId), note: queries.join(' | ') }
}

/** The words that no passage holds, alone: the others have drowned them. */
function byRule({ whole, context, passages }: AnswerState): readonly string[] {
  const asked = context === '' ? whole : `${context}\n${whole}`
  const words = carryingWords(asked)
  const { missing } = coverageOf(passages, words)
  if (missing.length === 0 || missing.length === words.length) return []
  const wanted = new Set(missing.flatMap((index) => words[index]?.forms ?? []))
  const kept = (asked.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []).filter((word) => carryingWords(word).some(({ forms }) => forms.some((form) => wanted.has(form))))
  return kept.length === 0 ? [] : [[...new Set(kept)].join(' ')]
}

function share({ holds }: AnswerState): string {
  return `${Math.round(holds.together * 100)} %`
}

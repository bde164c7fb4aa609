import type { AnswerState } from './state.ts'
import { tellStep } from './telling.ts'
import type { Tools, Work } from './work.ts'

/** Each sentence and quote was checked as it was written; here is counted what came of it. */
export async function verify(_work: Work, { citations, sentences }: AnswerState, tools: Tools): Promise<Partial<AnswerState>> {
  await tellStep('verify', tools)
  const counts = (verdicts: readonly string[]) => {
    const each = [...new Set(verdicts)].map((verdict) => `${verdicts.filter((one) => one === verdict).length} ${verdict}`)
    return each.length === 0 ? 'none' : each.join(', ')
  }
  return { note: `citations: ${counts(citations.map(({ verdict }) => verdict))}; sentences: ${counts(sentences.map(({ verdict }) => verdict))}` }
}

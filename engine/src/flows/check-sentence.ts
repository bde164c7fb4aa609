import type { Citation } from '../domain/answer.ts'
import { analyze, detectLanguage } from '../steps/analyze/analyze.ts'
import { isCommonWord } from '../steps/analyze/language.ts'
import { type Language, type Support, supportOf } from '../steps/verify/support.ts'
import { onlyHeads } from '../steps/verify/tables.ts'
import { joins } from '../steps/verify/words.ts'
import type { Citer } from './cite.ts'

const LANGUAGE: Language = { analyze, languageOf: detectLanguage, isCommon: isCommonWord }

/**
 * Holds a sentence of an answer against what is stored at its citations. `marked`: a number stands in it. `head`: the head of
 * the table that the cited row is of, which counts as cited where the passage has it.
 */
export async function checked(cite: Citer, sentence: string, rests: readonly Citation[], marked: boolean, head?: string): Promise<Support> {
  const alone = claimsOf(sentence, cite)
  if (rests.length === 0 || (alone.verdict === 'uncited' && !marked)) return alone
  const evidence = await Promise.all(rests.map((citation) => cite.evidence(citation)))
  return supportOf(
    sentence,
    evidence.flatMap((one) => (one === undefined ? [] : [head !== undefined && one.around.includes(head) ? { ...one, cited: `${head}\n${one.cited}` } : one])),
    rests.length,
    LANGUAGE,
    cite.tells,
  )
}

/** What is to be said of a sentence that cites nothing. */
export function claimsOf(sentence: string, cite: Citer): Support {
  return supportOf(sentence, [], 0, LANGUAGE, cite.tells)
}

/** What is to be said of the heads of a table's columns, which are told with its rows or not at all; undefined when they claim more than heads do. */
export function headsOf(row: string, cite: Citer): Support | undefined {
  const carries = (word: string) => !joins(word) && !isCommonWord(word.toLowerCase())
  return onlyHeads(row, carries, cite.tells) ? { verdict: 'uncited', reason: 'It heads a table.' } : undefined
}

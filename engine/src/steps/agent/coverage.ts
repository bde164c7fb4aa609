import type { Passage } from '../../domain/answer.ts'

/** A word of the question in the forms that an index may have it in. */
export interface Word {
  readonly forms: readonly string[]
}

export interface Coverage {
  /** Share of the question's words that the passages hold together, 0 to 1. */
  readonly together: number
  /** The greatest share that one of them holds. */
  readonly best: number
  /** Some were found by their meaning, of which words tell nothing. */
  readonly byMeaning: boolean
  /** Words that none holds, by their place among those given. */
  readonly missing: readonly number[]
}

/** How much of a question its passages hold, by the words that the search told of. */
export function coverageOf(passages: readonly Passage[], words: readonly Word[]): Coverage {
  const held = passages.map(({ explanation }) => new Set((explanation.lexical?.terms ?? []).map(({ term }) => term)))
  const has = (terms: ReadonlySet<string>, { forms }: Word) => forms.some((form) => terms.has(form))
  const missing = words.flatMap((word, index) => (held.some((terms) => has(terms, word)) ? [] : [index]))
  const shares = held.map((terms) => words.filter((word) => has(terms, word)).length / Math.max(1, words.length))
  return {
    together: words.length === 0 ? 1 : 1 - missing.length / words.length,
    best: Math.max(0, ...shares),
    byMeaning: passages.some(({ explanation }) => explanation.dense !== undefined),
    missing,
  }
}

export type Grade = 'good' | 'doubt' | 'poor'

const GOOD = 0.5
const POOR = 0.3

/** Whether passages are likely to hold what is asked. Words that are missing prove nothing where the search went by meaning. */
export function gradeOf({ together, byMeaning }: Pick<Coverage, 'together' | 'byMeaning'>, found: number): Grade {
  if (found === 0) return 'poor'
  if (together >= GOOD) return 'good'
  return byMeaning || together >= POOR ? 'doubt' : 'poor'
}

/** Whether the second holds more of the question. */
export function isBetter(first: Pick<Coverage, 'together' | 'best'>, second: Pick<Coverage, 'together' | 'best'>): boolean {
  return second.together > first.together || (second.together === first.together && second.best > first.best)
}

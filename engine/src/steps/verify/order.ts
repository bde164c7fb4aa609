import { clauseTexts } from './polarity.ts'

/** A number of a clause, as it is compared. */
export interface Placed {
  readonly text: string
  /** The same for numbers that are the same in whatever form. */
  readonly key: string
  readonly unit: string | undefined
}

export interface Segment {
  readonly terms: ReadonlySet<string>
  readonly numbers: readonly Placed[]
}

/**
 * Pieces of a text to which its figures belong: rows of tables whole, sentences clause by clause. `read` gives the words
 * that carry a piece, and its numbers.
 */
export function segmentsOf(text: string, read: (piece: string) => Segment): Segment[] {
  return text
    .split('\n')
    .flatMap((line) => (line.includes(' | ') || /^\s*\|/.test(line) ? [line] : clauseTexts(line)))
    .map(read)
    .filter(({ terms, numbers }) => terms.size > 0 || numbers.length > 0)
}

/** A number that stands in what is cited, but belongs to something else there; `sure` when its own place has another one. */
export interface Misplaced {
  readonly text: string
  readonly sure: boolean
}

/** Numbers of a sentence that stand in another clause of the source than the one that says most of its own clause. */
export function misplaced(mine: readonly Segment[], theirs: readonly Segment[]): Misplaced | undefined {
  let doubt: Misplaced | undefined
  if (theirs.filter(({ numbers }) => numbers.length > 0).length < 2) return undefined
  for (const segment of mine) {
    for (const number of segment.numbers) {
      const at = theirs.filter(({ numbers }) => numbers.some(({ key }) => key === number.key))
      if (at.length === 0) continue
      const others = new Set(segment.numbers.filter(({ key }) => key !== number.key).map(({ key }) => key))
      const worth = (one: Segment) =>
        [...segment.terms].filter((term) => one.terms.has(term)).length + one.numbers.filter(({ key }) => key !== number.key && others.has(key)).length
      const most = Math.max(...theirs.map(worth))
      const best = theirs.filter((one) => worth(one) === most)
      const total = segment.terms.size + others.size
      if (most > 0 && !best.some((one) => at.includes(one)) && most * 2 >= total) {
        const rival = best.some(({ numbers }) => numbers.some(({ key, unit }) => unit === number.unit && !segment.numbers.some((own) => own.key === key)))
        const strange = at.every((one) => [...one.terms].some((term) => !segment.terms.has(term)) && worth(one) * 2 < most + 1)
        // The number that stands there stands elsewhere in the sentence, as if both had changed places.
        const swaps = best.some(({ numbers }) =>
          numbers.some(({ key, unit }) => unit === number.unit && mine.some((one) => one !== segment && one.numbers.some((own) => own.key === key))),
        )
        if (rival && (swaps || !isYear(number)) && strange && most - Math.max(...at.map(worth)) >= 1)
          return { text: number.text, sure: swaps && most * 4 >= total * 3 && at.every((one) => worth(one) === 0) }
      }
      // A word of it stands only beside another number, and its number beside another word.
      const strange = [...segment.terms].filter((term) => !at.some(({ terms }) => terms.has(term)))
      if (strange.length * 3 < segment.terms.size || isYear(number)) continue
      const beside = theirs.filter(
        (one) => !at.includes(one) && strange.some((term) => one.terms.has(term)) && one.numbers.some(({ unit }) => unit === number.unit),
      )
      if (beside.length > 0 && at.every((one) => [...one.terms].some((term) => !mine.some(({ terms }) => terms.has(term)))))
        doubt ??= { text: number.text, sure: false }
    }
  }
  return doubt
}

/** Told once for several clauses. */
function isYear({ key, unit }: Placed): boolean {
  return unit === undefined && /^(?:1[5-9]|20|21)\d\d$/.test(key)
}

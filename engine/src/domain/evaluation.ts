import type { Verdict } from './answer.ts'

/** A question with what a good answer to it draws on. Unanswerable: the documents do not hold the answer, and it should be refused. */
export interface GoldenCase {
  readonly id: string
  readonly databaseId: string
  readonly question: string
  readonly answerable: boolean
  /** External ids of the documents that hold the answer; of an unanswerable one none. */
  readonly documents: readonly string[]
  /** Pages of them, where they are known. */
  readonly pages: readonly GoldenPage[]
  /** As a person would write it; undefined: not compared. */
  readonly answer: string | undefined
  /** The answer of a conversation that it was made of. */
  readonly messageId: string | undefined
  readonly createdAt: number
}

export interface GoldenPage {
  readonly document: string
  readonly page: number
}

export type NewGoldenCase = Omit<GoldenCase, 'id' | 'databaseId' | 'createdAt'>

/** Source: a person can keep an eye on some hundred; beyond this a run takes hours. */
export const MOST_GOLDEN_CASES = 2000

/**
 * What is measured, 0 to 1 each, higher is better. Of retrieval: documents are ranked by their best passage. Of answers: see the
 * manual, "Evaluation".
 */
export const MEASURES = [
  'recall@5',
  'recall@10',
  'mrr',
  'ndcg@10',
  'page-recall@5',
  'answered',
  'refused',
  'citation-precision',
  'citation-recall',
  'page-precision',
  'groundedness',
  'answer-recall',
] as const
export type Measure = (typeof MEASURES)[number]
export type Measures = Readonly<Partial<Record<Measure, number>>>

/** Best first, one entry per document; pages of its passages in the order found. */
export interface RankedDocument {
  readonly document: string
  readonly pages: readonly number[]
}

/** What one question found, and undefined where it does not apply to the case. */
export function retrievalMeasures(golden: Pick<NewGoldenCase, 'answerable' | 'documents' | 'pages'>, ranked: readonly RankedDocument[]): Measures {
  const wanted = new Set(golden.documents)
  if (!golden.answerable || wanted.size === 0) return {}
  const hits = ranked.map(({ document }) => wanted.has(document))
  const first = hits.indexOf(true)
  const within = (most: number) => hits.slice(0, most).filter(Boolean).length / wanted.size
  const gain = (flags: readonly boolean[]) => flags.slice(0, 10).reduce((sum, hit, rank) => sum + (hit ? 1 / Math.log2(rank + 2) : 0), 0)
  const ideal = gain([...wanted].map(() => true))
  const pages = golden.pages.filter(({ document }) => wanted.has(document))
  const foundPage = ({ document, page }: GoldenPage) => ranked.slice(0, 5).some((one) => one.document === document && one.pages.includes(page))
  return {
    'recall@5': within(5),
    'recall@10': within(10),
    mrr: first === -1 ? 0 : 1 / (first + 1),
    'ndcg@10': gain(hits) / ideal,
    ...(pages.length === 0 ? {} : { 'page-recall@5': pages.filter(foundPage).length / pages.length }),
  }
}

/** An answer as far as it is measured. */
export interface MeasuredAnswer {
  readonly answered: boolean
  readonly text: string
  readonly citations: readonly { readonly document: string; readonly page: number | undefined; readonly verdict: Verdict }[]
  readonly sentences: readonly { readonly verdict: Verdict | 'uncited' }[]
}

export function answerMeasures(golden: Pick<NewGoldenCase, 'answerable' | 'documents' | 'pages' | 'answer'>, answer: MeasuredAnswer): Measures {
  const checked = answer.sentences.filter(({ verdict }) => verdict !== 'uncited')
  const grounded = checked.length === 0 ? {} : { groundedness: share(checked, ({ verdict }) => verdict === 'verified') }
  if (!golden.answerable) return { refused: answer.answered ? 0 : 1, ...(answer.answered ? grounded : {}) }
  if (!answer.answered) return { answered: 0, 'citation-recall': 0, ...(golden.answer === undefined ? {} : { 'answer-recall': 0 }) }
  const wanted = new Set(golden.documents)
  const sound = answer.citations.filter(({ verdict }) => verdict !== 'unsupported')
  const cited = new Set(sound.map(({ document }) => document))
  const onPages = answer.citations.filter(({ document, page }) => page !== undefined && golden.pages.some((one) => one.document === document))
  return {
    answered: 1,
    ...grounded,
    ...(wanted.size === 0 || answer.citations.length === 0
      ? {}
      : { 'citation-precision': share(answer.citations, ({ document, verdict }) => verdict !== 'unsupported' && wanted.has(document)) }),
    ...(wanted.size === 0 ? {} : { 'citation-recall': share([...wanted], (document) => cited.has(document)) }),
    ...(onPages.length === 0
      ? {}
      : {
          'page-precision': share(onPages, (citation) => golden.pages.some(({ document, page }) => document === citation.document && page === citation.page)),
        }),
    ...(golden.answer === undefined ? {} : { 'answer-recall': wordRecall(golden.answer, answer.text) }),
  }
}

function share<T>(items: readonly T[], holds: (item: T) => boolean): number {
  return items.filter(holds).length / items.length
}

/** The share of the words and numbers of the wanted answer that stand in the given one. */
export function wordRecall(wanted: string, given: string): number {
  const words = (text: string) =>
    new Set(
      text
        .normalize('NFKC')
        .toLowerCase()
        .match(/[\p{L}\p{M}]+|\p{N}+(?:[.,]\p{N}+)*/gu) ?? [],
    )
  const asked = [...words(wanted)]
  const has = words(given)
  return asked.length === 0 ? 1 : share(asked, (word) => has.has(word))
}

/** A mean over the cases that have the measure, with the interval in which 95 of 100 such sets of questions would leave it. */
export interface Estimate {
  readonly mean: number
  readonly low: number
  readonly high: number
  readonly cases: number
}

/** Source: the percentile bootstrap; at 1,000 draws the ends move by less than a hundredth between seeds. */
const DRAWS = 1000

/** Undefined when there are no values. The same seed gives the same interval. */
export function estimateOf(values: readonly number[], seed: number): Estimate | undefined {
  if (values.length === 0) return undefined
  const random = randomFrom(seed)
  const means = Array.from({ length: DRAWS }, () => {
    let sum = 0
    for (let drawn = 0; drawn < values.length; drawn += 1) sum += values[Math.floor(random() * values.length)] ?? 0
    return sum / values.length
  }).sort((a, b) => a - b)
  const at = (part: number) => means[Math.min(DRAWS - 1, Math.max(0, Math.round(part * (DRAWS - 1))))] ?? 0
  return { mean: values.reduce((sum, one) => sum + one, 0) / values.length, low: at(0.025), high: at(0.975), cases: values.length }
}

/** Of `other` minus `base`, case by case; only cases that both have count. */
export function differenceOf(base: readonly (number | undefined)[], other: readonly (number | undefined)[], seed: number): Estimate | undefined {
  const pairs = base.flatMap((one, index) => {
    const two = other[index]
    return one === undefined || two === undefined ? [] : [two - one]
  })
  return estimateOf(pairs, seed)
}

/** mulberry32: 32 bits of state, enough to draw cases. Uniform in [0, 1). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** The value below which the given part of the values lies, 0 to 1; undefined without values. */
export function quantileOf(values: readonly number[], part: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]
}

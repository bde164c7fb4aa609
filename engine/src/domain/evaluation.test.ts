import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answerMeasures, differenceOf, estimateOf, type RankedDocument, retrievalMeasures, wordRecall } from './evaluation.ts'

const name: fc.Arbitrary<string> = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g')
const ranked: fc.Arbitrary<RankedDocument[]> = fc.uniqueArray(fc.record({ document: name, pages: fc.array(fc.integer({ min: 1, max: 9 })) }), {
  selector: ({ document }) => document,
})
const golden = fc.record({
  answerable: fc.constant(true),
  documents: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }),
  pages: fc.array(fc.record({ document: name, page: fc.integer({ min: 1, max: 9 }) })),
  answer: fc.option(fc.string(), { nil: undefined }),
})
const verdict = fc.constantFrom('verified', 'weak', 'unsupported')
const answer = fc.record({
  answered: fc.boolean(),
  text: fc.string(),
  citations: fc.array(fc.record({ document: name, page: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }), verdict })),
  sentences: fc.array(fc.record({ verdict: fc.oneof(verdict, fc.constant('uncited' as const)) })),
})

test('every measure lies between 0 and 1, whatever was found and answered', () => {
  fc.assert(
    fc.property(golden, ranked, answer, fc.boolean(), (one, found, given, answerable) => {
      const all = {
        ...retrievalMeasures({ ...one, answerable }, found),
        ...answerMeasures({ ...one, answerable }, given as Parameters<typeof answerMeasures>[1]),
      }
      for (const [measure, value] of Object.entries(all)) {
        expect(value, measure).toBeGreaterThanOrEqual(0)
        expect(value, measure).toBeLessThanOrEqual(1)
      }
    }),
  )
})

test('right documents first are the best order, and moving one down never helps', () => {
  fc.assert(
    fc.property(golden, ranked, (one, found) => {
      const wanted = one.documents.map((document) => ({ document, pages: [] }))
      const others = found.filter(({ document }) => !one.documents.includes(document))
      const best = retrievalMeasures({ ...one, pages: [] }, [...wanted, ...others])
      expect(best).toEqual({ 'recall@5': 1, 'recall@10': 1, mrr: 1, 'ndcg@10': 1 })
      const worse = retrievalMeasures({ ...one, pages: [] }, [...others, ...wanted])
      for (const measure of ['recall@5', 'mrr', 'ndcg@10'] as const) expect(worse[measure]).toBeLessThanOrEqual(best[measure] ?? 0)
    }),
  )
})

test('known values', () => {
  const found = ['x', 'a', 'y', 'b'].map((document) => ({ document, pages: document === 'a' ? [3, 4] : [] }))
  const measures = retrievalMeasures(
    {
      answerable: true,
      documents: ['a', 'b', 'c'],
      pages: [
        { document: 'a', page: 4 },
        { document: 'b', page: 1 },
      ],
    },
    found,
  )
  expect(measures['recall@5']).toBeCloseTo(2 / 3)
  expect(measures.mrr).toBe(0.5)
  // DCG 1/log2(3) + 1/log2(5), ideal 1 + 1/log2(3) + 1/2
  expect(measures['ndcg@10']).toBeCloseTo((1 / Math.log2(3) + 1 / Math.log2(5)) / (1 + 1 / Math.log2(3) + 0.5))
  expect(measures['page-recall@5']).toBe(0.5)
})

test('what should be refused is measured by that alone', () => {
  const nothing = { answerable: false, documents: [], pages: [], answer: undefined }
  const refused = { answered: false, text: 'The documents do not answer this.', citations: [], sentences: [] }
  expect(answerMeasures(nothing, refused)).toEqual({ refused: 1 })
  expect(answerMeasures(nothing, { ...refused, answered: true, sentences: [{ verdict: 'unsupported' }] })).toEqual({ refused: 0, groundedness: 0 })
})

test('an unsupported citation counts neither as right nor as found', () => {
  const wanted = { answerable: true, documents: ['a'], pages: [{ document: 'a', page: 2 }], answer: 'It costs 1,200 euros' }
  const given = {
    answered: true,
    text: 'It costs 1,200 euros [1] [2]',
    citations: [
      { document: 'a', page: 2, verdict: 'unsupported' as const },
      { document: 'b', page: 1, verdict: 'verified' as const },
    ],
    sentences: [{ verdict: 'verified' as const }, { verdict: 'weak' as const }, { verdict: 'uncited' as const }],
  }
  expect(answerMeasures(wanted, given)).toEqual({
    answered: 1,
    'citation-precision': 0,
    'citation-recall': 0,
    'page-precision': 1,
    groundedness: 0.5,
    'answer-recall': 1,
  })
  expect(wordRecall('1,200 euros', 'It costs 12,00 euros')).toBe(0.5)
})

test('an interval holds its mean, is the same for the same seed, and covers the truth about as often as it says', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 }), fc.nat(), (values, seed) => {
      const one = estimateOf(values, seed)
      expect(one).toEqual(estimateOf(values, seed))
      expect(one?.low).toBeLessThanOrEqual((one?.mean ?? 0) + 1e-9)
      expect(one?.high).toBeGreaterThanOrEqual((one?.mean ?? 1) - 1e-9)
    }),
    { numRuns: 50 },
  )
  const coin = seeded(7)
  let covered = 0
  for (let trial = 0; trial < 100; trial += 1) {
    const interval = estimateOf(
      Array.from({ length: 60 }, () => (coin() < 0.7 ? 1 : 0)),
      trial,
    )
    if (interval !== undefined && interval.low <= 0.7 && 0.7 <= interval.high) covered += 1
  }
  expect(covered).toBeGreaterThan(85)
})

test('a difference counts only cases that both settings have', () => {
  expect(differenceOf([0, undefined, 0.5], [1, 1, undefined], 1)).toMatchObject({ mean: 1, cases: 1 })
  expect(differenceOf([undefined], [1], 1)).toBeUndefined()
})

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

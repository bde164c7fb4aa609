import { expect, test } from 'vitest'
import { afterEvaluation, type EvaluatedCase, isPoor, NOTHING_EVALUATED, verdictOf } from './evaluated.ts'

const CASE: EvaluatedCase = {
  setting: 0,
  index: 0,
  question: 'Where?',
  measures: { 'recall@5': 1, answered: 1, 'citation-recall': 1, groundedness: 1 },
  found: ['a'],
  missing: [],
  answer: null,
  search_ms: 1,
  answer_ms: null,
  first_ms: null,
  cost_usd: 0,
  error: null,
}

test('counts cases as they come, and keeps the ones of the first setting that went wrong', () => {
  const wrong = { ...CASE, index: 1, measures: { answered: 0 } }
  const events = [
    { event: 'evaluation-start', data: { cases: 2 } },
    { event: 'case-evaluated', data: CASE },
    { event: 'case-evaluated', data: wrong },
    { event: 'case-evaluated', data: { ...wrong, setting: 1 } },
  ] as const
  expect(events.reduce(afterEvaluation, { ...NOTHING_EVALUATED, isRunning: true })).toMatchObject({ total: 2, done: 2, poor: [wrong], isRunning: true })
})

test('one sentence without support is worth a look, a measure that does not apply is not', () => {
  expect(isPoor(CASE)).toBe(false)
  expect(isPoor({ ...CASE, measures: {} })).toBe(false)
  expect(isPoor({ ...CASE, measures: { groundedness: 0.9 } })).toBe(true)
  expect(isPoor({ ...CASE, error: 'The model does not answer.' })).toBe(true)
  expect(isPoor({ ...CASE, missing: ['no-such.pdf'] })).toBe(true)
})

test('a difference whose interval holds 0 says nothing', () => {
  expect([verdictOf({ low: -0.1, high: 0.2 }), verdictOf({ low: 0.01, high: 0.2 }), verdictOf({ low: -0.2, high: -0.01 })]).toEqual(['same', 'better', 'worse'])
})

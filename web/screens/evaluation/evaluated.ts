import type { StreamEvent } from 'quarry-engine/client'

type Event = StreamEvent<'evaluate'>
export type EvaluationEnd = Extract<Event, { event: 'evaluation-end' }>['data']
export type EvaluatedCase = Extract<Event, { event: 'case-evaluated' }>['data']

export interface Evaluated {
  readonly isRunning: boolean
  readonly isStopped: boolean
  readonly total: number
  /** Questions that were asked with every setting. */
  readonly done: number
  /** Of the first setting, those that somebody should look at. */
  readonly poor: readonly EvaluatedCase[]
  readonly end: EvaluationEnd | undefined
  readonly fault: unknown
}

export const NOTHING_EVALUATED: Evaluated = { isRunning: false, isStopped: false, total: 0, done: 0, poor: [], end: undefined, fault: undefined }

export function afterEvaluation(so: Evaluated, told: Event): Evaluated {
  switch (told.event) {
    case 'evaluation-start':
      return { ...so, total: told.data.cases }
    case 'case-evaluated':
      return { ...so, done: told.data.index + 1, poor: told.data.setting === 0 && isPoor(told.data) ? [...so.poor, told.data] : so.poor }
    case 'evaluation-end':
      return { ...so, isRunning: false, end: told.data }
    default:
      return so
  }
}

export function isPoor({ measures, error, missing }: EvaluatedCase): boolean {
  const none = ['recall@5', 'answered', 'refused', 'citation-recall'] as const
  return error !== null || missing.length > 0 || none.some((measure) => measures[measure] === 0) || (measures.groundedness ?? 1) < 1
}

/** Whether a difference is more than chance: its interval leaves out 0. */
export function verdictOf({ low, high }: { readonly low: number; readonly high: number }): 'better' | 'worse' | 'same' {
  if (low > 0) return 'better'
  return high < 0 ? 'worse' : 'same'
}

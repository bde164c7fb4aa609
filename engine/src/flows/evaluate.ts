import { pause } from '../domain/abort.ts'
import { EXTRACTIVE } from '../domain/answering.ts'
import type { Caller } from '../domain/caller.ts'
import { AppError } from '../domain/errors.ts'
import { differenceOf, type Estimate, estimateOf, MEASURES, type Measure, quantileOf } from '../domain/evaluation.ts'
import { sumOfCosts } from '../domain/prices.ts'
import type { Cache } from '../ports/cache.ts'
import type { World } from '../ports/world.ts'
import { type CaseResult, type EvaluatedSetting, evaluateCase, type Golden } from './evaluate-case.ts'
import { missingDocuments } from './golden.ts'

export interface EvaluationRequest {
  readonly cases: readonly Golden[]
  /** Passages that an answer may draw on. */
  readonly n: number
  /** False: retrieval alone is measured, and no model is asked. */
  readonly answers: boolean
  /** One, or two to compare. */
  readonly settings: readonly [EvaluatedSetting] | readonly [EvaluatedSetting, EvaluatedSetting]
  readonly seed: number
}

export interface EvaluationReport {
  readonly measures: Readonly<Partial<Record<Measure, Estimate>>>
  readonly cases: number
  readonly failed: number
  /** Cases that name a document which is not in the database: what they measure says little. */
  readonly missing: number
  readonly searchMs: Spread
  readonly answerMs: Spread | undefined
  readonly firstMs: Spread | undefined
  /** Micro-dollars of all cases together; undefined when that of one is not known. */
  readonly cost: number | undefined
}

export interface Spread {
  readonly p50: number
  readonly p95: number
}

export interface CheckedResult extends CaseResult {
  /** Documents that the case names and that are not in the database. */
  readonly missing: readonly string[]
}

export type EvaluationEvent =
  | { readonly type: 'case-evaluated'; readonly setting: number; readonly index: number; readonly result: CheckedResult }
  | {
      readonly type: 'evaluation-end'
      readonly reports: readonly EvaluationReport[]
      /** Of the second setting minus the first, case by case. */
      readonly differences: Readonly<Partial<Record<Measure, Estimate>>>
    }

/**
 * Asks the questions of a golden set, one after the other, each with both settings in turn, as anybody would ask them. A case that
 * fails is told and counts as not answered, and so does one that another writer answered than the one that is measured. A limit of
 * requests is waited for; what would meet every other question as well is thrown.
 * @throws database/not-found, version/not-found, model/unknown, model/refused for a model that cannot be opened, limit/spend, limit/quota,
 * limit/unpriced, limit/rate where waiting did not help, AbortError
 */
export async function* evaluate(
  world: World,
  caller: Caller,
  databaseId: string,
  { cases, n, answers, settings, seed }: EvaluationRequest,
  signal: AbortSignal,
): AsyncGenerator<EvaluationEvent> {
  for (const { chatModel } of settings) if (answers && chatModel !== undefined && chatModel !== EXTRACTIVE) await world.chats.open(chatModel)
  const uncached: World = { ...world, cache: NO_CACHE } // the second setting would be quick by what the first has found
  const missingOf = await missingDocuments(world, databaseId, cases)
  const results: CheckedResult[][] = settings.map(() => [])
  for (const [index, golden] of cases.entries()) {
    for (const [place, setting] of settings.entries()) {
      signal.throwIfAborted()
      const measured = await patiently(() => evaluateCase(uncached, caller, databaseId, golden, setting, { n, answers }, signal), signal)
      const result = { ...measured, missing: missingOf(golden) }
      results[place]?.push(result)
      yield { type: 'case-evaluated', setting: place, index, result }
    }
  }
  const [first, second] = results
  yield {
    type: 'evaluation-end',
    reports: results.map((all) => reportOf(all, seed)),
    differences:
      first === undefined || second === undefined ? {} : ofEach((measure) => differenceOf(valuesOf(first, measure), valuesOf(second, measure), seed)),
  }
}

const NO_CACHE: Cache = {
  get: async () => undefined,
  set: async () => undefined,
  take: async () => undefined,
  remove: async () => undefined,
  append: async () => undefined,
  read: async () => [],
  publish: async () => undefined,
  subscribe: async () => () => undefined,
  isShared: false,
  close: async () => undefined,
}

/** Source: limits of requests are by the minute. */
const WAITS = { most: 14, ms: 5000 } as const

async function patiently<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let waited = 0; ; waited += 1) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'limit/rate' || waited >= WAITS.most) throw error
      await pause(WAITS.ms, signal)
    }
  }
}

function reportOf(results: readonly CheckedResult[], seed: number): EvaluationReport {
  const spread = (values: readonly (number | undefined)[]): Spread | undefined => {
    const known = values.filter((one) => one !== undefined)
    const [p50, p95] = [quantileOf(known, 0.5), quantileOf(known, 0.95)]
    return p50 === undefined || p95 === undefined ? undefined : { p50, p95 }
  }
  return {
    measures: ofEach((measure) =>
      estimateOf(
        valuesOf(results, measure).filter((one) => one !== undefined),
        seed,
      ),
    ),
    cases: results.length,
    failed: results.filter(({ error }) => error !== undefined).length,
    missing: results.filter(({ missing }) => missing.length > 0).length,
    searchMs: spread(results.map(({ searchMs }) => searchMs)) ?? { p50: 0, p95: 0 },
    answerMs: spread(results.map(({ answerMs }) => answerMs)),
    firstMs: spread(results.map(({ firstMs }) => firstMs)),
    cost: sumOfCosts(results.map(({ cost }) => cost)),
  }
}

function valuesOf(results: readonly CaseResult[], measure: Measure): readonly (number | undefined)[] {
  return results.map(({ measures }) => measures[measure])
}

function ofEach(estimate: (measure: Measure) => Estimate | undefined): Readonly<Partial<Record<Measure, Estimate>>> {
  const known = MEASURES.map((measure) => [measure, estimate(measure)] as const).filter(([, one]) => one !== undefined)
  return Object.fromEntries(known)
}

import type { AnswerEvent, Citation, Passage } from '../domain/answer.ts'
import type { Caller } from '../domain/caller.ts'
import type { RetrievalWeights } from '../domain/database.ts'
import { AppError } from '../domain/errors.ts'
import {
  answerMeasures,
  differenceOf,
  type Estimate,
  estimateOf,
  type GoldenCase,
  MEASURES,
  type Measure,
  type Measures,
  type NewGoldenCase,
  quantileOf,
  type RankedDocument,
  retrievalMeasures,
} from '../domain/evaluation.ts'
import type { World } from '../ports/world.ts'
import { type AskRequest, ask } from './ask.ts'
import { search } from './search.ts'

/** What is asked with, where it is not as the database is set. */
export interface EvaluatedSetting {
  readonly versionId?: string
  readonly weights?: RetrievalWeights
  /** `provider:model`, or `extractive`. */
  readonly chatModel?: string
}

export interface EvaluationRequest {
  readonly cases: readonly Pick<GoldenCase, 'question' | 'answerable' | 'documents' | 'pages' | 'answer'>[]
  /** Passages that an answer may draw on. */
  readonly n: number
  /** False: retrieval alone is measured, and no model is asked. */
  readonly answers: boolean
  /** One, or two to compare. */
  readonly settings: readonly [EvaluatedSetting] | readonly [EvaluatedSetting, EvaluatedSetting]
  readonly seed: number
}

export interface CaseResult {
  readonly question: string
  readonly measures: Measures
  /** Best first, of the search. */
  readonly found: readonly string[]
  readonly answer: { readonly answered: boolean; readonly text: string; readonly writer: string; readonly cited: readonly string[] } | undefined
  /** Of the search alone, and of the answer as a whole and until its first word; ms. */
  readonly searchMs: number
  readonly answerMs: number | undefined
  readonly firstMs: number | undefined
  /** Micro-dollars; undefined: not known. */
  readonly cost: number | undefined
  /** What went wrong; it counts as a question that was not answered. */
  readonly error: string | undefined
}

export interface EvaluationReport {
  readonly measures: Readonly<Partial<Record<Measure, Estimate>>>
  readonly cases: number
  readonly failed: number
  readonly searchMs: Spread
  readonly answerMs: Spread | undefined
  readonly firstMs: Spread | undefined
  /** Of all answers together; undefined when that of one is not known. */
  readonly cost: number | undefined
}

export interface Spread {
  readonly p50: number
  readonly p95: number
}

export type EvaluationEvent =
  | { readonly type: 'case-evaluated'; readonly setting: number; readonly index: number; readonly result: CaseResult }
  | {
      readonly type: 'evaluation-end'
      readonly reports: readonly EvaluationReport[]
      /** Of the second setting minus the first, case by case. */
      readonly differences: Readonly<Partial<Record<Measure, Estimate>>>
    }

/** Source: ten documents are ranked, and a document has several passages that are alike. */
const RANKED_PASSAGES = 60

/**
 * Asks the questions of a golden set, one after the other, each with both settings in turn, as anybody would ask them. A case that
 * fails is told and counts as not answered; what ends everything is thrown.
 * @throws database/not-found, version/not-found, model/unknown, limit/spend, limit/quota, limit/unpriced, AbortError
 */
export async function* evaluate(
  world: World,
  caller: Caller,
  databaseId: string,
  { cases, n, answers, settings, seed }: EvaluationRequest,
  signal: AbortSignal,
): AsyncGenerator<EvaluationEvent> {
  const results: CaseResult[][] = settings.map(() => [])
  for (const [index, golden] of cases.entries()) {
    for (const [place, setting] of settings.entries()) {
      signal.throwIfAborted()
      const result = await evaluateCase(world, caller, databaseId, golden, setting, { n, answers }, signal)
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

async function evaluateCase(
  world: World,
  caller: Caller,
  databaseId: string,
  golden: EvaluationRequest['cases'][number],
  { versionId, weights, chatModel }: EvaluatedSetting,
  { n, answers }: Pick<EvaluationRequest, 'n' | 'answers'>,
  signal: AbortSignal,
): Promise<CaseResult> {
  const { question } = golden
  const narrowed = { ...(versionId === undefined ? {} : { versionId }), ...(weights === undefined ? {} : { weights }) }
  const begun = performance.now()
  const { passages } = await search(world, caller, databaseId, { query: question, n: RANKED_PASSAGES, ...narrowed }, signal)
  const searchMs = performance.now() - begun
  const ranked = rankedDocuments(passages)
  const found = { question, found: ranked.map(({ document }) => document), searchMs }
  const retrieval = retrievalMeasures(golden, ranked)
  if (!answers) return { ...found, measures: retrieval, answer: undefined, answerMs: undefined, firstMs: undefined, cost: 0, error: undefined }
  const asking: AskRequest = { question, n, ...narrowed, ...(chatModel === undefined ? {} : { chatModel }) }
  const asked = await answerOf(ask(world, caller, databaseId, asking, signal))
  if (asked.end === undefined) {
    const missed = answerMeasures(golden, { answered: false, text: '', citations: [], sentences: [] })
    const { refused: _notRefused, ...measures } = missed // a fault is no refusal
    return { ...found, ...asked, measures: { ...retrieval, ...measures }, answer: undefined, cost: undefined }
  }
  const { answered, text, citations, sentences, writer, cost } = asked.end
  const measures = answerMeasures(golden, { answered, text, sentences, citations: citations.map(citedPlace) })
  const answer = { answered, text, writer, cited: [...new Set(citations.map(({ externalId }) => externalId))] }
  const { answerMs, firstMs, error } = asked
  return { ...found, answerMs, firstMs, error, measures: { ...retrieval, ...measures }, answer, cost: writer === 'extractive' ? (cost ?? 0) : cost }
}

function citedPlace({ externalId, page, verdict }: Citation) {
  return { document: externalId, page, verdict }
}

interface Asked {
  readonly end: Extract<AnswerEvent, { type: 'answer-end' }> | undefined
  readonly answerMs: number
  readonly firstMs: number | undefined
  readonly error: string | undefined
}

/** Faults that would meet every other question as well. */
const ENDS_ALL: ReadonlySet<string> = new Set([
  'limit/spend',
  'limit/unpriced',
  'limit/quota',
  'limit/rate',
  'database/not-found',
  'version/not-found',
  'model/unknown',
])

async function answerOf(events: AsyncIterable<AnswerEvent>): Promise<Asked> {
  const begun = performance.now()
  let firstMs: number | undefined
  for await (const event of events) {
    if (event.type === 'text-delta') firstMs ??= performance.now() - begun
    if (event.type === 'answer-end') return { end: event, firstMs, answerMs: performance.now() - begun, error: undefined }
    if (event.type !== 'answer-error') continue
    const { code, facts, message } = event.error
    if (ENDS_ALL.has(code)) throw new AppError(code, facts)
    return { end: undefined, firstMs, answerMs: performance.now() - begun, error: message }
  }
  return { end: undefined, firstMs, answerMs: performance.now() - begun, error: 'The answer ended without an ending.' }
}

export function rankedDocuments(passages: readonly Pick<Passage, 'externalId' | 'pages'>[]): readonly RankedDocument[] {
  const ranked = new Map<string, number[]>()
  for (const { externalId, pages } of passages) {
    const known = ranked.get(externalId) ?? []
    ranked.set(externalId, known)
    for (let page = pages?.[0] ?? 1; pages !== undefined && page <= pages[1]; page += 1) if (!known.includes(page)) known.push(page)
  }
  return [...ranked].map(([document, pages]) => ({ document, pages }))
}

function reportOf(results: readonly CaseResult[], seed: number): EvaluationReport {
  const costs = results.map(({ cost }) => cost)
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
    searchMs: spread(results.map(({ searchMs }) => searchMs)) ?? { p50: 0, p95: 0 },
    answerMs: spread(results.map(({ answerMs }) => answerMs)),
    firstMs: spread(results.map(({ firstMs }) => firstMs)),
    cost: costs.some((cost) => cost === undefined) ? undefined : costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0),
  }
}

function valuesOf(results: readonly CaseResult[], measure: Measure): readonly (number | undefined)[] {
  return results.map(({ measures }) => measures[measure])
}

function ofEach(estimate: (measure: Measure) => Estimate | undefined): Readonly<Partial<Record<Measure, Estimate>>> {
  const known = MEASURES.map((measure) => [measure, estimate(measure)] as const).filter(([, one]) => one !== undefined)
  return Object.fromEntries(known)
}

/**
 * A case made of an answer that somebody found good: its question, the documents and pages that its verified citations stand in,
 * and its text without the numbers of citations. Undefined when no citation of this database is verified.
 */
export function caseFromAnswer(
  databaseId: string,
  question: string,
  answer: { readonly id: string; readonly text: string; readonly answered: boolean | undefined; readonly citations: readonly Citation[] },
): NewGoldenCase | undefined {
  if (answer.answered !== true) return { question, answerable: false, documents: [], pages: [], answer: undefined, messageId: answer.id }
  const sound = answer.citations.filter((citation) => citation.databaseId === databaseId && citation.verdict === 'verified')
  if (sound.length === 0) return undefined
  const pages = new Map(sound.flatMap(({ externalId, page }) => (page === undefined ? [] : [[`${page} ${externalId}`, { document: externalId, page }]])))
  const text = answer.text.replace(/ ?\[\d{1,4}\]/g, '').trim()
  return {
    question,
    answerable: true,
    documents: [...new Set(sound.map(({ externalId }) => externalId))],
    pages: [...pages.values()],
    answer: text,
    messageId: answer.id,
  }
}

import type { AnswerEvent, Citation, Passage } from '../domain/answer.ts'
import { EXTRACTIVE } from '../domain/answering.ts'
import type { Caller } from '../domain/caller.ts'
import type { RetrievalWeights } from '../domain/database.ts'
import { AppError } from '../domain/errors.ts'
import { answerMeasures, type GoldenCase, type Measures, type RankedDocument, retrievalMeasures } from '../domain/evaluation.ts'
import { sumOfCosts } from '../domain/prices.ts'
import type { ModelUse } from '../domain/trace.ts'
import type { World } from '../ports/world.ts'
import { WITHOUT_MODEL } from './agent/write.ts'
import { type AskRequest, ask } from './ask.ts'
import { search } from './search.ts'

/** What is asked with, where it is not as the database is set. */
export interface EvaluatedSetting {
  readonly versionId?: string
  readonly weights?: RetrievalWeights
  /** `provider:model`, or `extractive`. */
  readonly chatModel?: string
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
  /** Micro-dollars of all that models were asked for it, by the search and by the answer; undefined: not known. */
  readonly cost: number | undefined
  /** What went wrong; it counts as a question that was not answered. */
  readonly error: string | undefined
}

/** Source: ten documents are ranked, and a document has several passages that are alike. */
const RANKED_PASSAGES = 60

/** What is asked of a case. */
export type Golden = Pick<GoldenCase, 'question' | 'answerable' | 'documents' | 'pages' | 'answer'>

/** Asks one question as anybody would ask it. @throws what would meet every other question as well, limit/rate, AbortError */
export async function evaluateCase(
  world: World,
  caller: Caller,
  databaseId: string,
  golden: Golden,
  { versionId, weights, chatModel }: EvaluatedSetting,
  { n, answers }: { readonly n: number; readonly answers: boolean },
  signal: AbortSignal,
): Promise<CaseResult> {
  const { question } = golden
  const narrowed = { ...(versionId === undefined ? {} : { versionId }), ...(weights === undefined ? {} : { weights }) }
  const begun = performance.now()
  const took: ModelUse[] = []
  const looked = search(world, caller, databaseId, { query: question, n: RANKED_PASSAGES, ...narrowed }, signal, (use) => void took.push(use))
  const searching = await untilFault(looked)
  const searchMs = performance.now() - begun
  const ranked = searching.fault === undefined ? rankedDocuments(searching.value.passages) : []
  const found = { question, found: ranked.map(({ document }) => document), searchMs }
  const retrieval = retrievalMeasures(golden, ranked)
  const searchCost = sumOfCosts(took.map(({ cost }) => cost))
  const nothing = { answer: undefined, answerMs: undefined, firstMs: undefined, cost: searchCost }
  if (!answers) return { ...found, ...nothing, measures: retrieval, error: searching.fault }
  if (searching.fault !== undefined) return { ...found, ...nothing, measures: { ...retrieval, ...missed(golden) }, error: searching.fault }
  const asking: AskRequest = { question, n, ...narrowed, ...(chatModel === undefined ? {} : { chatModel }) }
  const asked = await answerOf(ask(world, caller, databaseId, asking, signal))
  const { answerMs, firstMs } = asked
  const wrong = asked.error ?? (asked.end === undefined ? undefined : otherWriter(asked.wanted, asked.end))
  if (asked.end === undefined)
    return { ...found, answerMs, firstMs, error: wrong, measures: { ...retrieval, ...missed(golden) }, answer: undefined, cost: undefined }
  const { answered, text, citations, sentences, writer } = asked.end
  const cost = sumOfCosts([searchCost, asked.end.cost])
  const measures = wrong === undefined ? answerMeasures(golden, { answered, text, sentences, citations: citations.map(citedPlace) }) : missed(golden)
  const answer = { answered, text, writer, cited: [...new Set(citations.map(({ externalId }) => externalId))] }
  return { ...found, answerMs, firstMs, error: wrong, measures: { ...retrieval, ...measures }, answer, cost }
}

/** A fault is no refusal. */
function missed(golden: Golden): Measures {
  if (!golden.answerable) return { refused: 0 }
  return answerMeasures(golden, { answered: false, text: '', citations: [], sentences: [] })
}

/** Says so when the model that should have written did not. */
function otherWriter(wanted: string | undefined, { writer, text }: AnswerEnd): string | undefined {
  const stoodIn = wanted !== undefined && wanted !== writer && (writer !== EXTRACTIVE || text.startsWith(WITHOUT_MODEL))
  return stoodIn ? `${wanted} did not answer; ${writer} did.` : undefined
}

async function untilFault<T>(work: Promise<T>): Promise<{ readonly value: T; readonly fault: undefined } | { readonly fault: string }> {
  try {
    return { value: await work, fault: undefined }
  } catch (error) {
    if (!(error instanceof AppError) || ENDS_ALL.has(error.code)) throw error
    return { fault: error.message }
  }
}

function citedPlace({ externalId, page, verdict }: Citation) {
  return { document: externalId, page, verdict }
}

type AnswerEnd = Extract<AnswerEvent, { type: 'answer-end' }>

interface Asked {
  /** Who should write. */
  readonly wanted: string | undefined
  readonly end: AnswerEnd | undefined
  readonly answerMs: number
  readonly firstMs: number | undefined
  readonly error: string | undefined
}

/** Faults that would meet every other question as well. */
const ENDS_ALL: ReadonlySet<string> = new Set(['limit/spend', 'limit/unpriced', 'limit/quota', 'limit/rate', 'database/not-found', 'version/not-found'])

async function answerOf(events: AsyncIterable<AnswerEvent>): Promise<Asked> {
  const begun = performance.now()
  let [firstMs, wanted]: [number | undefined, string | undefined] = [undefined, undefined]
  const told = (end: AnswerEnd | undefined, error: string | undefined): Asked => ({ wanted, end, firstMs, answerMs: performance.now() - begun, error })
  try {
    for await (const event of events) {
      if (event.type === 'answer-start') wanted = event.writer
      if (event.type === 'text-delta') firstMs ??= performance.now() - begun
      if (event.type === 'answer-end') return told(event, undefined)
      if (event.type === 'answer-error') throw new AppError(event.error.code, event.error.facts)
    }
  } catch (error) {
    if (!(error instanceof AppError) || ENDS_ALL.has(error.code)) throw error
    return told(undefined, error.message)
  }
  return told(undefined, 'The answer ended without an ending.')
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

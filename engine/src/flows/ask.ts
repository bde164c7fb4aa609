import type { AnswerEvent, Passage, Usage } from '../domain/answer.ts'
import type { Caller } from '../domain/caller.ts'
import type { SearchMode } from '../domain/database.ts'
import { AppError, type ErrorBody } from '../domain/errors.ts'
import type { Filter } from '../domain/filter.ts'
import type { World } from '../ports/world.ts'
import { analyzeQuery } from '../steps/analyze/analyze.ts'
import { answerRequest, type Turn } from '../steps/answer/prompt.ts'
import { askedWords } from '../steps/answer/question.ts'
import { mergePassages } from '../steps/merge.ts'
import { citer, type Place } from './cite.ts'
import { type Draft, newDraft, say } from './draft.ts'
import { extractive } from './extractive.ts'
import { countQuestion, isOverBudget, meteredChat } from './metered.ts'
import { search } from './search.ts'
import { type Written, written } from './written.ts'

export interface AskRequest {
  readonly question: string
  /** Passages to answer from. */
  readonly n: number
  readonly filter?: Filter
  /** Earlier turns, oldest first; only the last few are used. */
  readonly history?: readonly Turn[]
  /** Another index version than the live one, of the one database that is asked. */
  readonly versionId?: string
}

const WITHOUT_MODEL = 'The language model does not answer; these sentences of the documents do.'
/** A follow-up with fewer words of its own is searched together with the question before it. */
const FEW_WORDS = 3

/**
 * Answers from the documents, as a stream in the order that AnswerEvent states; exactly one terminal event. Faults
 * after the start come as `answer-error`; a model that fails before it wrote anything is replaced by extraction.
 * @throws AbortError when `signal` aborts; database/not-found and store faults before the first event
 */
export function ask(world: World, caller: Caller, databaseId: string, request: AskRequest, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  return askSeveral(world, [{ caller, databaseId }], request, signal)
}

/** As `ask`, from several databases together: each is searched in the name of the caller inside it. */
export async function* askSeveral(world: World, places: readonly Place[], request: AskRequest, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  const context = contextOf(request)
  const query = context === '' ? request.question : `${context}\n${request.question}`
  const { filter, versionId } = request
  const narrowed = { ...(filter === undefined ? {} : { filter }), ...(versionId === undefined ? {} : { versionId }) }
  const found = await Promise.all(places.map(({ caller, databaseId }) => search(world, caller, databaseId, { query, n: request.n, ...narrowed }, signal)))
  const lists = found.map(({ passages }) => passages)
  const passages = mergePassages(lists, askedWords(analyzeQuery(query)), request.n)
  const traceId = world.hash(world.newId('trace')).slice(0, 32)
  yield { type: 'answer-start', mode: modeOfAll(found.map(({ mode }) => mode)), writer: world.chat?.name ?? 'extractive', traceId }
  yield { type: 'passages-found', passages }
  const draft = newDraft(citer(world, places, passages))
  try {
    const [first] = places
    const about = places.length === 1 ? first?.databaseId : undefined
    if (first !== undefined) countQuestion(world, first.caller, about)
    const { answered, usage, writer } = yield* writtenOrExtractive(world, places, draft, request, context, passages, signal)
    yield { type: 'answer-end', answered, text: draft.text, citations: draft.citations, sentences: draft.sentences, writer, usage, cost: undefined, traceId }
  } catch (error) {
    signal.throwIfAborted()
    if (!isOverBudget(error)) world.log.error('answer-failed', { error })
    yield { type: 'answer-error', error: bodyOf(error) }
  }
}

async function* writtenOrExtractive(
  world: World,
  places: readonly Place[],
  draft: Draft,
  request: AskRequest,
  context: string,
  passages: readonly Passage[],
  signal: AbortSignal,
): AsyncGenerator<AnswerEvent, Written & { readonly writer: string }> {
  const [first] = places
  const { chat } = world
  if (chat !== undefined && first !== undefined && passages.length > 0) {
    const { request: prompt, shown } = answerRequest(request.question, passages, request.history ?? [])
    const about = places.length === 1 ? first.databaseId : undefined
    try {
      return { ...(yield* written(meteredChat(world, first.caller, about, chat), draft, prompt, shown, signal)), writer: chat.name }
    } catch (error) {
      signal.throwIfAborted()
      if (draft.text !== '' || draft.citations.length > 0 || !(error instanceof AppError) || isOverBudget(error)) throw error
      world.log.warn('answer-without-model', { model: chat.name, error })
      yield say(draft, WITHOUT_MODEL)
    }
  }
  const usage: Usage | undefined = undefined
  return { answered: yield* extractive(draft, request.question, context, passages, signal), usage, writer: 'extractive' }
}

/** What a search by meaning needs is told when any of them did one. */
function modeOfAll(modes: readonly SearchMode[]): SearchMode {
  return modes.find(({ mode }) => mode === 'hybrid') ?? { mode: 'lexical' }
}

/** The question that a short follow-up goes on from; empty when it stands for itself. */
function contextOf({ question, history = [] }: AskRequest): string {
  if (askedWords(analyzeQuery(question)).length >= FEW_WORDS) return ''
  return history.findLast((turn) => turn.role === 'user')?.text.slice(0, 500) ?? ''
}

function bodyOf(error: unknown): ErrorBody {
  return (error instanceof AppError ? error : new AppError('internal', {}, error)).body()
}

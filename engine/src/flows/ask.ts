import type { AnswerEvent, Citation, Passage, Usage } from '../domain/answer.ts'
import type { Caller } from '../domain/caller.ts'
import type { SearchMode } from '../domain/database.ts'
import { AppError, type ErrorBody } from '../domain/errors.ts'
import type { Filter } from '../domain/filter.ts'
import type { Chat } from '../ports/chat.ts'
import type { World } from '../ports/world.ts'
import { analyze, analyzeQuery, detectLanguage } from '../steps/analyze/analyze.ts'
import { extractAnswer } from '../steps/answer/extract.ts'
import { markerReader, type Piece } from '../steps/answer/markers.ts'
import { answerRequest, type Turn } from '../steps/answer/prompt.ts'
import { askedWords } from '../steps/answer/question.ts'
import { mergePassages } from '../steps/merge.ts'
import { citer, type Place } from './cite.ts'
import { countQuestion, isOverBudget, meteredChat } from './metered.ts'
import { search } from './search.ts'

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

export const NOT_ANSWERED = 'The documents do not answer this.'
const NOT_SUPPORTED = 'No passage of the documents supports this answer.'
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
  yield { type: 'answer-start', mode: modeOfAll(found.map(({ mode }) => mode)), writer: world.chat?.name ?? 'extractive' }
  yield { type: 'passages-found', passages }
  const draft: Draft = { text: '', citations: [], cite: citer(world, places, passages) }
  try {
    const [first] = places
    const about = places.length === 1 ? first?.databaseId : undefined
    if (first !== undefined) countQuestion(world, first.caller, about)
    if (world.chat === undefined || passages.length === 0 || first === undefined) yield* extractive(draft, request.question, context, passages, signal)
    else yield* written(world, meteredChat(world, first.caller, about, world.chat), draft, request, context, passages, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (!isOverBudget(error)) world.log.error('answer-failed', { error })
    yield { type: 'answer-error', error: bodyOf(error) }
  }
}

/** What a search by meaning needs is told when any of them did one. */
function modeOfAll(modes: readonly SearchMode[]): SearchMode {
  return modes.find(({ mode }) => mode === 'hybrid') ?? { mode: 'lexical' }
}

interface Draft {
  text: string
  readonly citations: Citation[]
  readonly cite: ReturnType<typeof citer>
}

/** The question that a short follow-up goes on from; empty when it stands for itself. */
function contextOf({ question, history = [] }: AskRequest): string {
  if (askedWords(analyzeQuery(question)).length >= FEW_WORDS) return ''
  return history.findLast((turn) => turn.role === 'user')?.text.slice(0, 500) ?? ''
}

function say(draft: Draft, text: string): AnswerEvent {
  draft.text += text
  return { type: 'text-delta', text }
}

function end(draft: Draft, answered: boolean, usage: Usage | undefined): AnswerEvent {
  return { type: 'answer-end', answered, text: draft.text, citations: draft.citations, usage }
}

async function* extractive(draft: Draft, question: string, context: string, passages: readonly Passage[], signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  const found = extractAnswer({ question, terms: analyzeQuery(question), context: analyzeQuery(context), passages, analyze, languageOf: detectLanguage })
  for (const [index, excerpt] of found.excerpts.entries()) {
    signal.throwIfAborted()
    const citation = await draft.cite.quote(excerpt.passage, excerpt.quote, draft.citations)
    // A row or list keeps its lines; a sentence that the page had broken is joined.
    const shown = excerpt.kind === 'sentence' ? excerpt.quote.replace(/\s+/g, ' ') : excerpt.quote
    const before = found.excerpts[index - 1]
    const goesOn = before?.passage === excerpt.passage && before.kind === 'sentence' && excerpt.kind === 'sentence'
    const gap = draft.text === '' ? '' : goesOn ? ' ' : '\n\n'
    yield say(draft, `${gap}${excerpt.head === undefined ? '' : `${excerpt.head}\n`}${shown} [${citation.number}]`)
    if (draft.citations.some(({ number }) => number === citation.number)) continue
    draft.citations.push(citation)
    yield { type: 'citation-found', citation }
  }
  if (!found.answered) yield say(draft, NOT_ANSWERED)
  yield end(draft, found.answered, undefined)
}

async function* written(
  world: World,
  chat: Chat,
  draft: Draft,
  request: AskRequest,
  context: string,
  passages: readonly Passage[],
  signal: AbortSignal,
): AsyncGenerator<AnswerEvent> {
  const { request: prompt, shown } = answerRequest(request.question, passages, request.history ?? [])
  const reader = markerReader()
  let usage: Usage | undefined
  let refused = false
  try {
    for await (const event of chat.write(prompt, signal)) {
      signal.throwIfAborted()
      if (event.type === 'end') usage = event.usage
      const pieces = event.type === 'end' ? reader.end() : reader.feed(event.text)
      refused = refused || pieces.some((piece) => piece.type === 'no-answer')
      if (!refused) yield* placed(draft, pieces, shown)
    }
  } catch (error) {
    signal.throwIfAborted()
    if (draft.text !== '' || draft.citations.length > 0 || !(error instanceof AppError) || isOverBudget(error)) throw error
    world.log.warn('answer-without-model', { model: chat.name, error })
    yield say(draft, WITHOUT_MODEL)
    yield* extractive(draft, request.question, context, passages, signal)
    return
  }
  if (refused || draft.text.trim() === '') {
    yield say(draft, NOT_ANSWERED)
    yield end(draft, false, usage)
    return
  }
  const supported = draft.citations.some(({ verdict }) => verdict !== 'unsupported')
  if (!supported) yield say(draft, `\n\n(${NOT_SUPPORTED})`)
  yield end(draft, supported, usage)
}

/** Numbers that the model made up are dropped; the numbers shown are ours. */
async function* placed(draft: Draft, pieces: readonly Piece[], shown: number): AsyncGenerator<AnswerEvent> {
  for (const piece of pieces) {
    if (piece.type === 'text') yield say(draft, piece.text)
    if (piece.type !== 'cite' || piece.passage < 1 || piece.passage > shown) continue
    const index = piece.passage - 1
    const citation =
      piece.quote === undefined ? await draft.cite.claim(index, piece.claim, draft.citations) : await draft.cite.quote(index, piece.quote, draft.citations)
    yield say(draft, ` [${citation.number}]`)
    if (draft.citations.some(({ number }) => number === citation.number)) continue
    draft.citations.push(citation)
    yield { type: 'citation-found', citation }
  }
}

function bodyOf(error: unknown): ErrorBody {
  return (error instanceof AppError ? error : new AppError('internal', {}, error)).body()
}

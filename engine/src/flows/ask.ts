import type { AnswerEvent } from '../domain/answer.ts'
import type { Caller } from '../domain/caller.ts'
import { modeOf, type SearchMode } from '../domain/database.ts'
import { AppError, type ErrorBody } from '../domain/errors.ts'
import { faultForLog } from '../domain/told.ts'
import { type Checkpoint, SEALED } from '../ports/graph.ts'
import type { World } from '../ports/world.ts'
import { answerGraph, KEEP_AFTER, MOST_STEPS } from './agent/graph.ts'
import { type AnswerState, newState } from './agent/state.ts'
import { type AskRequest, aboutOf, openWork, type Work } from './agent/work.ts'
import type { Place } from './cite.ts'
import { countQuestion, isOverBudget } from './metered.ts'
import { visibleDocument } from './visible-document.ts'

export type { AnswerTurn, AskRequest } from './agent/work.ts'

/**
 * Answers from the documents, as a stream in the order that AnswerEvent states; exactly one terminal event. Faults
 * after the start come as `answer-error`; a model that fails before it wrote anything is replaced by another, or by extraction.
 * @throws AbortError when `signal` aborts; database/not-found, version/not-found and faults of the catalog before the first event
 */
export function ask(world: World, caller: Caller, databaseId: string, request: AskRequest, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  return askSeveral(world, [{ caller, databaseId }], request, signal)
}

/** As `ask`, from several databases together: each is searched in the name of the caller inside it. */
export async function* askSeveral(world: World, places: readonly Place[], request: AskRequest, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  signal.throwIfAborted()
  const work = await openWork(world, places, request)
  yield* answer(work, stateOf(work), signal, false)
}

/**
 * Goes on with an answer that a server left behind when it stopped, kept under `request.runId`: from `answer-start` again, with the
 * same trace id and every event that was told, and then with what comes next. What was found and judged is not searched for anew.
 * @throws answer/interrupted where writing had begun, where whoever comes back may see less or other than the one who asked, or where
 * a document that was found is gone: what was kept is removed; as `ask`
 */
export async function* resumeAnswer(world: World, places: readonly Place[], request: AskRequest, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  signal.throwIfAborted()
  const { runId } = request
  const kept = runId === undefined ? undefined : await world.checkpoints.checkpoint(runId)
  const state = kept === undefined ? undefined : stateIn(kept)
  const isSame = state !== undefined && state.question === request.question && state.rights === rightsOf(world, places, request)
  if (runId === undefined || !isSame || !(await areSeen(world, places, state))) {
    if (runId !== undefined) await world.checkpoints.removeCheckpoint(runId)
    throw new AppError('answer/interrupted')
  }
  const work = await openWork(world, places, request, state)
  try {
    yield* answer(work, state, signal, true)
  } finally {
    // It may have been stopped before its graph began to run, which removes what it kept.
    const isClosing = signal.reason instanceof AppError && signal.reason.code === 'server/closing'
    if (signal.aborted && !isClosing) await world.checkpoints.removeCheckpoint(runId)
  }
}

/** Whether what was found is there still: of what was deleted since nothing is told, nor written. */
async function areSeen(world: World, places: readonly Place[], { passages }: AnswerState): Promise<boolean> {
  const documents = new Map(passages.map(({ databaseId, documentId }) => [documentId, databaseId]))
  try {
    for (const [documentId, databaseId] of documents) {
      const place = places.find((one) => one.databaseId === databaseId)
      if (place === undefined) return false
      await visibleDocument(world, place.caller, databaseId, documentId)
    }
    return true
  } catch (error) {
    if (error instanceof AppError && error.status < 500) return false
    throw error
  }
}

/** True of an answer that ends because its server closes, and that another process may go on with. */
export async function isLeft(world: Pick<World, 'checkpoints'>, runId: string | undefined, { reason }: AbortSignal): Promise<boolean> {
  if (runId === undefined || !(reason instanceof AppError) || reason.code !== 'server/closing') return false
  const kept = await world.checkpoints.checkpoint(runId)
  return kept !== undefined && kept.node !== SEALED
}

async function* answer(work: Work, begin: AnswerState, signal: AbortSignal, goOn: boolean): AsyncGenerator<AnswerEvent> {
  const { world, places, trace, chat } = work
  const [first] = places
  let isWrittenElsewhere = false
  try {
    yield { type: 'answer-start', mode: modeOfAll(work), writer: chat?.name ?? 'extractive', traceId: trace.id }
    for (const step of begin.told) yield { type: 'answer-step', step }
    let last: AnswerEvent
    try {
      if (first !== undefined && !goOn) countQuestion(world, first.caller, aboutOf(work))
      last = endOf(work, yield* run(work, begin, signal, goOn))
    } catch (error) {
      signal.throwIfAborted()
      if (!isOverBudget(error)) world.log.error('answer-failed', { error: faultForLog(error, first?.caller) })
      const body = bodyOf(error)
      isWrittenElsewhere = body.code === 'answer/interrupted'
      trace.ended({ outcome: 'failed', error: body.code })
      last = { type: 'answer-error', error: body }
    }
    yield last
  } finally {
    trace.ended({ outcome: 'stopped' })
    // Whoever goes on with it keeps the whole.
    if (!isWrittenElsewhere && !(await isLeft(world, work.request.runId, signal))) await trace.keep()
  }
}

async function* run(work: Work, begin: AnswerState, signal: AbortSignal, goOn: boolean): AsyncGenerator<AnswerEvent, AnswerState> {
  const { request, trace, world } = work
  const { runId, turn } = request
  let state = begin
  const options = {
    ...{ signal, goOn, keepAfter: KEEP_AFTER, mostSteps: MOST_STEPS },
    ...(runId === undefined ? {} : { id: runId }),
    ...(turn === undefined ? {} : { conversationId: turn.conversationId }),
  }
  for await (const told of world.graphs.run(answerGraph(work), begin, options)) {
    if (told.type === 'step') {
      const { node, startedAt, ms } = told
      state = told.state
      trace.step({ node, startedAt, ms, note: state.note })
      continue
    }
    trace.told(told.event)
    yield told.event
  }
  signal.throwIfAborted()
  return state
}

function endOf({ trace }: Work, { text, citations, sentences, writer, outcome }: AnswerState): AnswerEvent {
  trace.ended({ outcome, writer })
  return {
    type: 'answer-end',
    answered: outcome === 'answered',
    text,
    citations,
    sentences,
    writer,
    usage: trace.usage(),
    cost: trace.cost(),
    traceId: trace.id,
  }
}

function stateOf(work: Work): AnswerState {
  const { world, places, request, chat, trace } = work
  const { turn } = request
  return newState({
    traceId: trace.id,
    accountId: places[0]?.caller.accountId ?? '',
    rights: rightsOf(world, places, request),
    question: request.question,
    databaseIds: places.map(({ databaseId }) => databaseId),
    writer: chat?.name ?? 'extractive',
    asked: request.asked,
    turn: turn === undefined ? undefined : { conversationId: turn.conversationId, after: turn.after, begins: turn.begins },
  })
}

/** What decides which passages may be seen. */
function rightsOf(world: World, places: readonly Place[], { filter, versionId }: AskRequest): string {
  const seen = places.map(({ caller, databaseId }) => [databaseId, caller.kind, caller.id, caller.accountId, caller.ownerId, caller.filter ?? null])
  return world.hash(JSON.stringify([seen, filter ?? null, versionId ?? null]))
}

function stateIn({ graph, node, state }: Checkpoint): AnswerState | undefined {
  return graph === 'answer' && node !== SEALED ? (JSON.parse(state) as AnswerState) : undefined // what this same graph kept
}

/** What a search by meaning needs is told when any of them does one. */
function modeOfAll({ databases }: Work): SearchMode {
  return databases.map(({ version }) => modeOf(version.settings)).find(({ mode }) => mode === 'hybrid') ?? { mode: 'lexical' }
}

function bodyOf(error: unknown): ErrorBody {
  return (error instanceof AppError ? error : new AppError('internal', {}, error)).body()
}

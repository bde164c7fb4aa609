import type { z } from 'zod'
import type { EventOf } from '../../api/route.ts'
import type { filterInput } from '../../api/schemas.ts'
import type { searchRoutes } from '../../api/search.ts'
import type { AnswerEvent } from '../../domain/answer.ts'
import type { Caller } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import { type Filter, filterFromJson } from '../../domain/filter.ts'
import { filterFromText } from '../../domain/filter-text.ts'
import { type AskRequest, isLeft } from '../../flows/ask.ts'
import { converse, type Talk, type TalkEvent } from '../../flows/converse.ts'
import type { World } from '../../ports/world.ts'
import { assertGoesOn, databaseFor, versionFor } from '../access.ts'
import type { AnswerRun, Handler, Handlers, Workshop } from '../handler.ts'
import type { Asks } from '../live/stream.ts'
import { usdOf } from '../money.ts'
import { presentCitation, presentMode, presentPassage, presentProblem } from '../present.ts'
import { presentSentence } from '../present-chat.ts'
import { manages } from '../problems.ts'

export function searchHandlers({ world, flows, gate }: Workshop): Handlers<keyof typeof searchRoutes> {
  const query: Handler<typeof searchRoutes.query> = async ({ caller, database, body, signal }) => {
    const { threshold, weights, version } = body
    if (version !== undefined) await versionFor(world, caller, database, version)
    const found = await flows.search(
      world,
      caller,
      database.id,
      {
        query: body.query,
        n: body.n_results,
        ...optionalFilter(body.filter),
        ...(threshold === undefined ? {} : { threshold }),
        ...(weights === undefined ? {} : { weights }),
        ...(version === undefined ? {} : { versionId: version }),
      },
      signal,
    )
    return {
      database_id: found.database.id,
      version_id: version ?? found.database.liveVersionId,
      ...presentMode(found.mode),
      reranker: found.reranker ?? null,
      results: found.passages.map((passage) => presentPassage(passage, body.explain)),
      degraded: found.degraded ?? null,
      took_ms: found.tookMs,
    }
  }

  return {
    query,
    queryById: ({ parameters, ...input }) => query({ ...input, parameters: { database: parameters.id } }),
    suggestions: async ({ caller, database, query }) => ({
      suggestions: [...(await flows.suggest(world, [{ caller, databaseId: database.id }], query.n))],
    }),
    async *ask({ caller, database, body, signal, keepChecking, asks, run }) {
      asks([database.id])
      const { version } = body
      if (version !== undefined) {
        const look = () => versionFor(world, caller, database, version)
        keepChecking(look)
        await look()
      }
      const answer: Answer = (request) =>
        run?.left === undefined
          ? flows.ask(world, caller, database.id, { ...request, ...keptBy(run) }, signal)
          : flows.resumeAnswer(world, [{ caller, databaseId: database.id }], { ...request, ...keptBy(run) }, signal)
      for await (const event of answered({ world, caller, databaseIds: [database.id], run, asks, keepChecking, signal }, body, answer))
        yield presentAnswer(event, manages(caller))
    },
    async *askSeveral({ caller, body, client, signal, keepChecking, asks, run }) {
      const look = () => Promise.all([...new Set(body.databases)].map((wanted) => databaseFor(world, caller, wanted, 'ask')))
      keepChecking(look)
      const places = [...new Map((await look()).map(({ caller: inside, database: { id } }) => [id, { caller: inside, databaseId: id }])).values()]
      const ids = places.map(({ databaseId }) => databaseId)
      asks(ids)
      // One that is gone on with was counted when it was asked.
      if (run?.left === undefined) for (const id of ids) await gate.admitTo(id, caller, client.setHeader)
      const ask = run?.left === undefined ? flows.askSeveral : flows.resumeAnswer
      const answer: Answer = (request) => ask(world, places, { ...request, ...keptBy(run) }, signal)
      const isManager = places.every((place) => manages(place.caller))
      for await (const event of answered({ world, caller, databaseIds: ids, run, asks, keepChecking, signal }, body, answer))
        yield presentAnswer(event, isManager)
    },
  }
}

interface Answering {
  readonly world: World
  readonly caller: Caller
  readonly databaseIds: readonly string[]
  readonly run: AnswerRun | undefined
  readonly asks: Asks
  keepChecking(check: () => Promise<unknown>): void
  readonly signal: AbortSignal
}

type Answer = (request: AskRequest) => AsyncIterable<AnswerEvent>

/** Not kept: without the id of a conversation. */
type MaybeKept = Omit<TalkEvent, 'conversationId'> & { readonly conversationId: string | null }

/** With `conversation` as a turn of it, otherwise for itself. */
async function* answered(
  { world, caller, databaseIds, run, asks, keepChecking, signal }: Answering,
  body: z.output<(typeof searchRoutes)['ask']['body']>,
  answer: Answer,
): AsyncGenerator<MaybeKept> {
  const { history, conversation, parent, version } = body
  const other = version === undefined ? {} : { versionId: version }
  const request = { question: body.question, n: body.n_results, ...optionalFilter(body.filter), ...other }
  if (conversation === undefined) {
    for await (const event of answer({ ...request, ...(history === undefined ? {} : { history }) })) yield { conversationId: null, event }
    return
  }
  // Earlier answers may tell of what the key's filter leaves out.
  if (caller.filter !== undefined) throw new AppError('auth/forbidden', { reason: 'this key is bound to a part of its documents' })
  const talk: Talk = {
    holder: { accountId: caller.accountId },
    conversation,
    parent,
    databaseIds,
    publicationId: undefined,
    async goesOn(found) {
      const look = () => assertGoesOn(world, caller, found)
      keepChecking(look)
      await look()
    },
    deleteAt: () => undefined,
    ...leftBy(world, run, signal),
    storing: asks.storing,
  }
  yield* converse(world, talk, request.question, (earlier, turn) => answer({ ...request, history: earlier, turn }), signal)
}

export function keptBy(run: AnswerRun | undefined): Pick<AskRequest, 'runId' | 'asked'> {
  return run === undefined ? {} : { runId: run.id, asked: run.asked }
}

/** For its conversation. */
export function leftBy(world: World, run: AnswerRun | undefined, signal: AbortSignal): Pick<Talk, 'begun' | 'isLeft'> {
  return { begun: run?.left?.begins === true, isLeft: () => isLeft(world, run?.id, signal) }
}

export function optionalFilter(given: z.output<typeof filterInput> | undefined): { readonly filter?: Filter } {
  if (given === undefined) return {}
  return { filter: typeof given === 'string' ? filterFromText(given) : filterFromJson(given) }
}

function presentAnswer({ conversationId, event, stored }: MaybeKept, isManager: boolean): EventOf<typeof searchRoutes.ask> {
  switch (event.type) {
    case 'answer-start':
      return { event: event.type, data: { ...presentMode(event.mode), writer: event.writer, conversation_id: conversationId, trace_id: event.traceId } }
    case 'answer-step':
      return { event: event.type, data: { step: event.step } }
    case 'passages-found':
      return { event: event.type, data: { passages: event.passages.map((passage) => presentPassage(passage, true)) } }
    case 'text-delta':
      return { event: event.type, data: { text: event.text } }
    case 'citation-found':
      return { event: event.type, data: { citation: presentCitation(event.citation) } }
    case 'sentence-checked':
      return { event: event.type, data: { sentence: presentSentence(event.sentence) } }
    case 'answer-end': {
      const { answered, text, citations, sentences, writer, usage, cost, traceId } = event
      return {
        event: event.type,
        data: {
          answered,
          text,
          citations: citations.map(presentCitation),
          sentences: sentences.map(presentSentence),
          writer,
          usage: usage === undefined ? null : { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens },
          cost_usd: usdOf(cost),
          trace_id: traceId,
          question_id: stored?.questionId ?? null,
          answer_id: stored?.answerId ?? null,
        },
      }
    }
    case 'answer-error':
      return { event: event.type, data: { error: presentProblem(event.error, isManager) } }
  }
}

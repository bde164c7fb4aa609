import type { AnswerEvent } from '../../domain/answer.ts'
import { EXTRACTIVE, type GuardPolicy, NO_GUARD, type Strictness, strictestOf } from '../../domain/answering.ts'
import type { RetrievalWeights } from '../../domain/database.ts'
import { AppError } from '../../domain/errors.ts'
import type { Filter } from '../../domain/filter.ts'
import type { Chat } from '../../ports/chat.ts'
import type { NodeTools } from '../../ports/graph.ts'
import type { World } from '../../ports/world.ts'
import type { PastTurn } from '../../steps/agent/memory.ts'
import type { Place } from '../cite.ts'
import { type Opened, openDatabase } from '../retrieval.ts'
import type { AnswerState, TurnPlace } from './state.ts'
import { type TraceRecorder, traceRecorder } from './trace.ts'

export interface AskRequest {
  readonly question: string
  /** Passages to answer from. */
  readonly n: number
  readonly filter?: Filter
  /** Earlier turns, oldest first; what does not fit the model is told in short. */
  readonly history?: readonly PastTurn[]
  /** Another index version than the live one, of the one database that is asked. */
  readonly versionId?: string
  /** How the two searches are mixed, instead of what the databases say. */
  readonly weights?: RetrievalWeights
  /** `provider:model`, or `extractive`; instead of what the databases and the server say. */
  readonly chatModel?: string | undefined
  /** How a model is to write, instead of what the database says. */
  readonly voice?: string | undefined
  /** Databases may be stricter. */
  readonly strictness?: Strictness | undefined
  readonly guard?: GuardPolicy | undefined
  /** Under which the state of the answer is kept, for a server that goes on with it. */
  readonly runId?: string
  /** Kept beside it: what the server needs to ask the same again; JSON. */
  readonly asked?: unknown
  /** What it is a turn of. */
  readonly turn?: AnswerTurn
}

/** The conversation that an answer becomes a turn of. */
export interface AnswerTurn extends TurnPlace {
  /** Once it is stored. */
  answerId(): string | undefined
  /** Keeps what was said up to an answer, told in short. */
  keepSummary(answerId: string, summary: string): Promise<void>
}

/** What the nodes of one answer share and what is no JSON. */
export interface Work {
  readonly world: World
  readonly places: readonly Place[]
  readonly databases: readonly Opened[]
  readonly request: AskRequest
  /** Undefined: no model is asked. */
  readonly chat: Chat | undefined
  readonly voice: string | undefined
  readonly strictness: Strictness
  readonly guard: GuardPolicy
  readonly trace: TraceRecorder
  /** Of one that was asked besides the answer: the others are not waited for. */
  readonly failed: { model: boolean }
}

export type Tools = NodeTools<AnswerEvent>

/** Opens what is asked. @throws database/not-found, version/not-found, and faults of the catalog */
export async function openWork(world: World, places: readonly Place[], request: AskRequest, left?: AnswerState): Promise<Work> {
  const databases = await Promise.all(places.map(({ caller, databaseId }) => openDatabase(world, caller, databaseId, request.versionId)))
  const settings = databases.map(({ database }) => database.answers)
  const voices = new Set(settings.map(({ voice }) => voice))
  const work = {
    world,
    places,
    databases,
    request,
    chat: await chatOf(world, request, databases),
    voice: request.voice ?? (voices.size === 1 ? [...voices][0] : undefined),
    strictness: strictestOf([request.strictness ?? 'mark', ...settings.map(({ strictness }) => strictness)]),
    guard: request.guard ?? NO_GUARD,
    failed: { model: false },
  }
  return { ...work, trace: traceRecorder(work, left?.traceId, left?.noted) }
}

/** The model of the request; of the databases where they agree; of the server. One database without a model keeps the others from it. */
async function chatOf(world: World, { chatModel }: AskRequest, databases: readonly Opened[]): Promise<Chat | undefined> {
  const named = new Set(databases.map(({ database }) => database.answers.chatModel))
  const name = chatModel ?? (named.has(EXTRACTIVE) ? EXTRACTIVE : named.size === 1 ? [...named][0] : undefined)
  if (name === EXTRACTIVE) return undefined
  if (name === undefined) return world.chat
  try {
    return await world.chats.open(name)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    world.log.warn('model-not-opened', { model: name, error })
    return closedChat(name, error)
  }
}

/** Stands for a model that cannot be opened: asked, it fails as one that does not answer. */
function closedChat(name: string, fault: AppError): Chat {
  return {
    name,
    window: 8000,
    citations: 'markers',
    // biome-ignore lint/correctness/useYield: it fails before it could write anything
    async *write() {
      throw fault
    },
  }
}

/** The one database that is asked, for which use is counted. */
export function aboutOf({ places }: Pick<Work, 'places'>): string | undefined {
  return places.length === 1 ? places[0]?.databaseId : undefined
}

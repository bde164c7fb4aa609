import { AppError } from 'quarry-engine/client'
import type { Citation, Found, Sentence } from './message.ts'

/** What a stream of an answer tells, to those who signed in and to visitors. */
export type AnswerEvent =
  | { readonly event: 'answer-start'; readonly data: { readonly conversation_id: string | null; readonly writer?: string } }
  | { readonly event: 'passages-found'; readonly data: { readonly passages: readonly Found[] } }
  | { readonly event: 'text-delta'; readonly data: { readonly text: string } }
  | { readonly event: 'citation-found'; readonly data: { readonly citation: Citation } }
  | {
      readonly event: 'answer-end'
      readonly data: {
        readonly answered: boolean
        readonly text: string
        readonly citations: readonly Citation[]
        readonly sentences: readonly Sentence[]
        readonly writer?: string
        readonly cost_usd?: number | null
        readonly trace_id?: string
        readonly question_id: string | null
        readonly answer_id: string | null
      }
    }
  | { readonly event: 'answer-step'; readonly data: { readonly step: AnswerStep } }
  | { readonly event: 'sentence-checked'; readonly data: { readonly sentence: Sentence } }
  | { readonly event: 'answer-error'; readonly data: unknown }

export type AnswerStep = 'route' | 'condense' | 'retrieve' | 'grade' | 'rewrite' | 'write' | 'verify'

export type TurnState = 'searching' | 'writing' | 'ended' | 'stopped' | 'failed'

/** A question and what of its answer has come so far. */
export interface Turn {
  /** Begins the keys under which it is drawn, also after it was stored. */
  readonly key: string
  readonly question: string
  /** The answer that it stands after, or START. */
  readonly parent: string
  readonly state: TurnState
  readonly conversation: string | undefined
  readonly writer: string | undefined
  readonly passages: readonly Found[] | undefined
  readonly text: string
  readonly citations: readonly Citation[]
  readonly sentences: readonly Sentence[]
  /** What is being done now. */
  readonly step: AnswerStep | undefined
  readonly cost: number | undefined
  readonly trace: string | undefined
  readonly answered: boolean | undefined
  readonly questionId: string | undefined
  readonly answerId: string | undefined
  readonly fault: unknown
}

export function newTurn(key: string, question: string, parent: string): Turn {
  const nothing = {
    conversation: undefined,
    writer: undefined,
    passages: undefined,
    answered: undefined,
    questionId: undefined,
    answerId: undefined,
    fault: undefined,
    step: undefined,
    cost: undefined,
    trace: undefined,
  }
  return { key, question, parent, state: 'searching', text: '', citations: [], sentences: [], ...nothing }
}

export const isRunning = (turn: Turn | undefined): boolean => turn?.state === 'searching' || turn?.state === 'writing'

/** The turn after some events: whatever the pieces were that they came in, the end is the same. */
export function afterEvents(turn: Turn, events: readonly AnswerEvent[]): Turn {
  return events.reduce(afterEvent, turn)
}

function afterEvent(turn: Turn, told: AnswerEvent): Turn {
  if (!isRunning(turn)) return turn
  switch (told.event) {
    case 'answer-start':
      return { ...turn, conversation: told.data.conversation_id ?? undefined, writer: told.data.writer }
    case 'answer-step':
      return { ...turn, step: told.data.step }
    case 'sentence-checked':
      return { ...turn, sentences: [...turn.sentences, told.data.sentence] }
    case 'passages-found':
      return { ...turn, state: 'writing', passages: told.data.passages }
    case 'text-delta':
      return { ...turn, state: 'writing', text: turn.text + told.data.text }
    case 'citation-found': {
      const { citation } = told.data
      return { ...turn, citations: [...turn.citations.filter(({ number }) => number !== citation.number), citation] }
    }
    case 'answer-end': {
      const { answered, text, citations, sentences, writer, cost_usd, trace_id, question_id, answer_id } = told.data
      const about = { writer: writer ?? turn.writer, cost: cost_usd ?? undefined, trace: trace_id }
      // As it was stored: what is shown now is what is shown after a reload.
      return { ...turn, state: 'ended', answered, text, citations, sentences, ...about, questionId: question_id ?? undefined, answerId: answer_id ?? undefined }
    }
    default: // an error is thrown by the client; what a newer server tells besides is not shown
      return turn
  }
}

/** Of a turn that was broken off. What was streamed stays. */
export function brokenOff(turn: Turn, fault: unknown, stopped: boolean): Turn {
  if (!isRunning(turn)) return turn
  return stopped ? { ...turn, state: 'stopped' } : { ...turn, state: 'failed', fault }
}

/** The connection was lost: what became of the answer is not known. */
export function wasCut({ state, fault }: Turn): boolean {
  return state === 'failed' && fault instanceof AppError && fault.code === 'server/unreachable'
}

/** Whether the server may have kept the answer although its end did not arrive. */
export function mayBeKept(turn: Turn): boolean {
  return wasCut(turn) && turn.conversation !== undefined
}

/** Of an answer that is taken up: it ended long ago, was given up for want of a reader, or its process was gone before anything was read. */
export function isLeft({ state, text, fault }: Pick<Turn, 'state' | 'text' | 'fault'>): boolean {
  if (state !== 'failed' || !(fault instanceof AppError)) return false
  return fault.code === 'stream/not-found' || fault.code === 'request/aborted' || (fault.code === 'answer/interrupted' && text === '')
}

import { type Citation, type Feedback, type Found, type Message, type Sentence, START } from './message.ts'
import { type AnswerStep, isRunning, type Turn, type TurnState } from './turn.ts'

export interface QuestionItem {
  readonly role: 'user'
  readonly key: string
  readonly id: string | undefined
  readonly text: string
  readonly parent: string
  readonly versions: readonly string[]
}

export interface AnswerItem {
  readonly role: 'assistant'
  readonly key: string
  readonly id: string | undefined
  /** The words that it answers, and where they stand: for asking again. */
  readonly question: string
  readonly parent: string
  readonly text: string
  readonly citations: readonly Citation[]
  readonly sentences: readonly Sentence[]
  readonly answered: boolean | undefined
  readonly nearest: readonly Found[]
  readonly writer: string | undefined
  /** US dollars; undefined where it is not known or not told. */
  readonly cost: number | undefined
  /** Under which it is kept how it came about; undefined for strangers. */
  readonly trace: string | undefined
  readonly feedback: Feedback
  readonly versions: readonly string[]
  readonly state: TurnState
  readonly step: AnswerStep | undefined
  readonly passages: number | undefined
  readonly fault: unknown
}

export type Item = QuestionItem | AnswerItem

/** What the server keeps of a search that did not answer; a live one is shown the same. */
const NEAREST = { most: 5, characters: 2000 } as const
const NO_FEEDBACK: Feedback = { rating: null, comment: null }

/**
 * What a conversation shows: the stored messages, and in its place the turn that is being answered. `names` tells the keys of
 * messages that were drawn before they were stored, so that they are not drawn anew.
 */
export function itemsOf(messages: readonly Message[], turn: Turn | undefined, names: ReadonlyMap<string, string>): readonly Item[] {
  if (turn === undefined || isStored(messages, turn)) return storedItems(messages, names)
  const at = turn.parent === START ? -1 : messages.findIndex(({ id }) => id === turn.parent)
  const before = turn.parent !== START && at === -1 ? messages : messages.slice(0, at + 1)
  return [...storedItems(before, names), ...liveItems(turn)]
}

/** Whether the messages hold what the turn ended with. */
export function isStored(messages: readonly Message[], { state, answerId }: Turn): boolean {
  return state === 'ended' && answerId !== undefined && messages.some(({ id }) => id === answerId)
}

/** Which message a question at the end of what is shown follows. */
export function endOf(messages: readonly Message[], turn: Turn | undefined): string {
  const answered = turn?.state === 'ended' ? turn.answerId : undefined
  return answered ?? messages.findLast(({ role }) => role === 'assistant')?.id ?? START
}

/** Whether it is known where a question would stand: not before a conversation is loaded, nor while a new one gets its place. */
export function isReadyToAsk(conversation: string | undefined, isLoaded: boolean, turn: Turn | undefined): boolean {
  if (conversation !== undefined) return isLoaded
  return turn?.state !== 'ended' || turn.conversation === undefined || turn.answerId === undefined
}

/** An answer that the server kept although its end never came here: the one to the same words at the same place. */
export function keptAnswer(
  messages: readonly Message[],
  known: ReadonlySet<string>,
  turn: Turn,
): { readonly questionId: string; readonly answerId: string } | undefined {
  const answer = messages.at(-1)
  const question = messages.at(-2)
  if (answer?.role !== 'assistant' || question?.role !== 'user' || known.has(answer.id)) return undefined
  return question.text === turn.question && (question.parent_id ?? START) === turn.parent ? { questionId: question.id, answerId: answer.id } : undefined
}

function storedItems(messages: readonly Message[], names: ReadonlyMap<string, string>): readonly Item[] {
  let asked: Message | undefined
  return messages.map((message): Item => {
    const { id, text, versions } = message
    const key = names.get(id) ?? id
    if (message.role === 'user') {
      asked = message
      return { role: 'user', key, id, text, versions, parent: message.parent_id ?? START }
    }
    const { citations, sentences, nearest, feedback, answered, writer, cost_usd, trace_id } = message
    const about = { writer: writer ?? undefined, cost: cost_usd ?? undefined, trace: trace_id ?? undefined }
    const shown = { citations, sentences, nearest, feedback, answered: answered ?? undefined, ...about }
    return { role: 'assistant', key, id, text, versions, question: asked?.text ?? '', parent: asked?.parent_id ?? START, ...shown, ...ENDED }
  })
}
const ENDED = { state: 'ended', step: undefined, passages: undefined, fault: undefined } as const

function liveItems(turn: Turn): readonly [QuestionItem, AnswerItem] {
  const { text, citations, sentences, answered, writer, cost, trace, step, state, fault, parent, passages, question } = turn
  const nearest = answered === false ? (passages ?? []).slice(0, NEAREST.most).map(nearOf) : []
  const common = { parent, versions: [] }
  return [
    { role: 'user', key: `${turn.key}-question`, id: turn.questionId, text: question, ...common },
    {
      role: 'assistant',
      key: `${turn.key}-answer`,
      id: turn.answerId,
      question,
      ...common,
      text,
      citations,
      sentences,
      answered,
      nearest,
      writer,
      cost,
      trace,
      feedback: NO_FEEDBACK,
      state,
      step,
      passages: isRunning(turn) ? passages?.length : undefined,
      fault,
    },
  ]
}

function nearOf({ database_id, document_id, name, heading_path, pages, text, start, end }: Found): Found {
  return { database_id, document_id, name, heading_path, pages, text: text.slice(0, NEAREST.characters).toWellFormed(), start, end }
}

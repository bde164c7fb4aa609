import type { AnswerEvent, Passage } from '../domain/answer.ts'
import { type Conversation, type ConversationHolder, type NearPassage, type PlacedMessage, START } from '../domain/conversation.ts'
import type { SearchMode } from '../domain/database.ts'
import { AppError } from '../domain/errors.ts'
import type { World } from '../ports/world.ts'
import type { PastTurn } from '../steps/agent/memory.ts'
import type { AnswerTurn } from './ask.ts'

export interface Talk {
  readonly holder: ConversationHolder
  /** "new", or the id of one that the holder has. */
  readonly conversation: string
  /** The answer that the question stands after, or START; undefined: the last one of the current branch. */
  readonly parent: string | undefined
  /** That are asked now. */
  readonly databaseIds: readonly string[]
  /** Of a visitor: what is asked is what the chat opens now, whatever it was when the conversation began. */
  readonly publicationId: string | undefined
  /** Of one that is there: whether the caller may go on with it now. @throws what the caller is told then */
  goesOn(conversation: Conversation): Promise<void>
  /** When it is deleted unless it goes on, epoch ms; undefined: kept. Asked at each write. */
  deleteAt(): number | undefined
  /** It goes on with a question that a stopped server left, and that this conversation began with. */
  readonly begun?: boolean
  /** Asked of an answer that was broken off: whether another process goes on with it, for which all stays as it is. */
  isLeft?(): Promise<boolean>
  /** Called when question and answer are stored next: from then on no abort keeps them from it. */
  storing?(): void
}

export interface TalkEvent {
  readonly conversationId: string
  readonly event: AnswerEvent
  /** With the end of an answer: the ids of the messages that were stored. */
  readonly stored?: { readonly questionId: string; readonly answerId: string }
}

/** Source: a title is read in a list of a phone's width. */
const TITLE_LENGTH = 80
/** More is not read by those who answer. */
const MOST_TURNS = 50
/** Of what is kept of a search that did not answer; a reader wants to see that it is beside the point. */
const NEAREST = { most: 5, characters: 2000 } as const

const BARE = {
  ...{ citations: [], sentences: [], nearest: [], answered: undefined },
  ...{ writer: undefined, mode: undefined, usage: undefined, cost: undefined, traceId: undefined },
} as const

type Kept = Pick<World, 'conversations' | 'log'>

/**
 * An answer as a turn of a conversation. What is answered from is the chain of messages that the question stands after, and
 * there it stays, whatever else is asked meanwhile. Question and answer are stored together when the answer has ended, before
 * that is told. An answer that was broken off leaves nothing, and a conversation that would begin with it goes again; that of one that
 * a stopped server left stays until something is told: whoever goes on with it may try again, or ends it.
 * @throws conversation/not-found, message/not-found; request/invalid when it is about other databases; what `goesOn` throws
 */
export async function* converse(
  world: Kept,
  talk: Talk,
  question: string,
  answer: (history: readonly PastTurn[], turn: AnswerTurn) => AsyncIterable<AnswerEvent>,
  signal: AbortSignal,
): AsyncGenerator<TalkEvent> {
  const { holder } = talk
  const isNew = talk.conversation === 'new'
  const begins = isNew || talk.begun === true
  if (isNew && talk.parent !== undefined && talk.parent !== START) throw new AppError('message/not-found', { message: talk.parent })
  const { id: conversationId } = isNew ? await begin(world, talk, question) : await found(world, talk)
  let kept = !isNew
  try {
    const history = isNew ? [] : await historyOf(world, talk, conversationId)
    const after = history.at(-1)?.id ?? START
    const seen: Seen = { nearest: [], mode: undefined }
    let answerId: string | undefined
    const place: AnswerTurn = {
      ...{ conversationId, after, begins },
      answerId: () => answerId,
      keepSummary: (messageId, summary) => world.conversations.setSummary(holder, conversationId, messageId, summary),
    }
    let isTold = false
    const turns = history.map(({ id, role, text, summary }) => ({ id, role, text, summary }))
    for await (const event of answer(turns, place)) {
      look(seen, event)
      if (!isTold) kept = !begins
      isTold = true
      // Another process writes this answer, and stores it.
      kept ||= event.type === 'answer-error' && event.error.code === 'answer/interrupted'
      if (event.type !== 'answer-end') {
        yield { conversationId, event }
        continue
      }
      signal.throwIfAborted()
      const { text, answered, citations, sentences, writer, usage, cost, traceId } = event
      const { nearest, mode } = seen
      const turn = [
        { ...BARE, role: 'user', text: question },
        { ...BARE, role: 'assistant', text, answered, citations, sentences, nearest: answered ? [] : nearest, writer, mode, usage, cost, traceId },
      ] as const
      talk.storing?.()
      const [asked, said] = await world.conversations.addTurn(holder, conversationId, turn, talk.deleteAt(), after)
      kept = true
      answerId = said?.id
      yield { conversationId, event, ...(asked === undefined || said === undefined ? {} : { stored: { questionId: asked.id, answerId: said.id } }) }
    }
  } finally {
    if (!kept && (await talk.isLeft?.()) !== true) await forget(world, holder, conversationId)
  }
}

/** What was told before the end and is kept with it. */
interface Seen {
  nearest: readonly NearPassage[]
  mode: SearchMode | undefined
}

function look(seen: Seen, event: AnswerEvent): void {
  if (event.type === 'answer-start') seen.mode = event.mode
  if (event.type === 'passages-found') seen.nearest = event.passages.slice(0, NEAREST.most).map(nearOf)
}

function nearOf({ databaseId, documentId, name, headingPath, pages, text, start, end }: Passage): NearPassage {
  return { databaseId, documentId, name, headingPath, pages, text: text.slice(0, NEAREST.characters).toWellFormed(), start, end }
}

/** @throws message/not-found when the question would not stand after an answer of this conversation */
async function historyOf(world: Kept, { holder, parent }: Talk, id: string): Promise<readonly PlacedMessage[]> {
  if (parent === START) return []
  const history = await world.conversations.messages(holder, id, { most: MOST_TURNS, ...(parent === undefined ? {} : { upTo: parent }) })
  if (parent !== undefined && history.at(-1)?.role !== 'assistant') throw new AppError('message/not-found', { message: parent })
  return history
}

function begin(world: Kept, { holder, publicationId, databaseIds, deleteAt }: Talk, question: string): Promise<Conversation> {
  const title = [...question.replace(/\s+/g, ' ').trim()].slice(0, TITLE_LENGTH).join('').toWellFormed()
  return world.conversations.createConversation({ holder, publicationId, databaseIds, title, deleteAt: deleteAt() })
}

async function found(world: Kept, talk: Talk): Promise<Conversation> {
  const conversation = await world.conversations.conversation(talk.holder, talk.conversation)
  await talk.goesOn(conversation)
  const fits = talk.databaseIds.every((id) => conversation.databaseIds.includes(id))
  if (!fits && talk.publicationId === undefined) {
    throw new AppError('request/invalid', { in: 'body', problems: ['conversation: is about other databases; ask those, or begin a new one'] })
  }
  return conversation
}

async function forget(world: Kept, holder: ConversationHolder, id: string): Promise<void> {
  try {
    // Another process may have gone on with the answer, and stored it.
    const said = await world.conversations.messages(holder, id, { most: 1 })
    if (said.length === 0) await world.conversations.removeConversation(holder, id)
  } catch (error) {
    // Whatever ended the answer is what the caller is told.
    world.log.error('empty-conversation-stays', { conversation: id, error })
  }
}

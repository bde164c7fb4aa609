import type { AnswerEvent } from '../domain/answer.ts'
import type { Conversation, ConversationHolder } from '../domain/conversation.ts'
import { AppError } from '../domain/errors.ts'
import type { World } from '../ports/world.ts'
import type { Turn } from '../steps/answer/prompt.ts'

export interface Talk {
  readonly holder: ConversationHolder
  /** "new", or the id of one that the holder has. */
  readonly conversation: string
  /** That are asked now. */
  readonly databaseIds: readonly string[]
  /** Of a visitor: what is asked is what the chat opens now, whatever it was when the conversation began. */
  readonly publicationId: string | undefined
  /** Whether the caller, as it asks now, sees a database that the conversation is about. */
  sees(databaseId: string): boolean
  /** A program is given a part of what its maker sees, and is told nothing of the maker's other conversations. */
  readonly isProgram: boolean
  /** When it is deleted unless it goes on, epoch ms; undefined: kept. Asked at each write. */
  deleteAt(): number | undefined
}

export interface TalkEvent {
  readonly conversationId: string
  readonly event: AnswerEvent
}

/** Source: a title is read in a list of a phone's width. */
const TITLE_LENGTH = 80
/** More is not read by those who answer. */
const MOST_TURNS = 50

type Kept = Pick<World, 'conversations' | 'log'>

/**
 * An answer as a turn of a conversation. Question and answer are stored together when the answer has ended, before that is
 * told. An answer that was broken off leaves nothing, and a conversation that would begin with it goes again.
 * @throws conversation/not-found; request/invalid when it is about other databases
 */
export async function* converse(
  world: Kept,
  talk: Talk,
  question: string,
  answer: (history: readonly Turn[]) => AsyncIterable<AnswerEvent>,
  signal: AbortSignal,
): AsyncGenerator<TalkEvent> {
  const { holder } = talk
  const isNew = talk.conversation === 'new'
  const { id: conversationId } = isNew ? await begin(world, talk, question) : await found(world, talk)
  let kept = !isNew
  try {
    const history = isNew ? [] : (await world.conversations.messages(holder, conversationId)).slice(-MOST_TURNS)
    for await (const event of answer(history.map(({ role, text }) => ({ role, text })))) {
      if (event.type === 'answer-end') {
        signal.throwIfAborted()
        await world.conversations.addTurn(
          holder,
          conversationId,
          [
            { role: 'user', text: question, answered: undefined, citations: [], usage: undefined },
            { role: 'assistant', text: event.text, answered: event.answered, citations: event.citations, usage: event.usage },
          ],
          talk.deleteAt(),
        )
        kept = true
      }
      yield { conversationId, event }
    }
  } finally {
    if (!kept) await forget(world, holder, conversationId)
  }
}

function begin(world: Kept, { holder, publicationId, databaseIds, deleteAt }: Talk, question: string): Promise<Conversation> {
  const title = [...question.replace(/\s+/g, ' ').trim()].slice(0, TITLE_LENGTH).join('').toWellFormed()
  return world.conversations.createConversation({ holder, publicationId, databaseIds, title, deleteAt: deleteAt() })
}

async function found(world: Kept, talk: Talk): Promise<Conversation> {
  const conversation = await world.conversations.conversation(talk.holder, talk.conversation)
  const seen = conversation.databaseIds.every((id) => talk.sees(id))
  if (!seen && talk.isProgram) throw new AppError('conversation/not-found', { conversation: talk.conversation })
  const fits = talk.databaseIds.every((id) => conversation.databaseIds.includes(id))
  // Its history goes into the answer: all of what it is about must be open to the caller.
  if (!seen || (!fits && talk.publicationId === undefined)) {
    throw new AppError('request/invalid', { in: 'body', problems: ['conversation: is about other databases; ask those together, or begin a new one'] })
  }
  return conversation
}

async function forget(world: Kept, holder: ConversationHolder, id: string): Promise<void> {
  try {
    await world.conversations.removeConversation(holder, id)
  } catch (error) {
    // Whatever ended the answer is what the caller is told.
    world.log.error('empty-conversation-stays', { conversation: id, error })
  }
}

import { aboutConversation } from '../../steps/agent/about-conversation.ts'
import { chosenNumbers } from '../../steps/agent/replies.ts'
import { whichDatabases } from '../../steps/agent/requests.ts'
import { smallTalkOf } from '../../steps/agent/small-talk.ts'
import { askModel } from './ask-model.ts'
import type { AnswerState } from './state.ts'
import { tellStep } from './telling.ts'
import type { Tools, Work } from './work.ts'

/** So many databases are searched together in less time than a model takes to choose among them. */
const FEW_DATABASES = 3

/** Whether the documents are asked at all, and which. In doubt all of them. */
export async function route(work: Work, state: AnswerState, tools: Tools): Promise<Partial<AnswerState>> {
  await tellStep('route', tools)
  const { databases, request } = work
  const isFirst = (request.history ?? []).length === 0
  const talk = smallTalkOf(state.question)
  // "fine" alone may be looked for; after an answer it is said.
  if (talk !== undefined && !(isFirst && talk.kind === 'ready')) return { kind: { of: 'small-talk', talk: talk.kind }, note: 'small talk' }
  const about = isFirst ? undefined : aboutConversation(state.question)
  if (about !== undefined) return { kind: { of: 'conversation', about }, note: 'about the conversation' }
  if (databases.length <= FEW_DATABASES || databases.every(({ database }) => database.description === undefined)) return { note: undefined }
  const listed = databases.map(({ database: { name, description } }) => ({ name, description }))
  const reply = await askModel(work, 'route', whichDatabases(state.question, listed), tools.signal)
  const chosen = reply === undefined ? undefined : chosenNumbers(reply, databases.length)
  if (chosen === undefined) return { note: undefined }
  const kept = databases.filter((_, index) => chosen.includes(index + 1))
  return { databaseIds: kept.map(({ database }) => database.id), note: kept.map(({ database }) => database.name).join(', ') }
}

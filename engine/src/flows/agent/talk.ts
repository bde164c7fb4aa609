import type { AnswerEvent } from '../../domain/answer.ts'
import { AppError } from '../../domain/errors.ts'
import { faultForLog } from '../../domain/told.ts'
import type { AboutConversation } from '../../steps/agent/about-conversation.ts'
import { aboutIt } from '../../steps/agent/requests.ts'
import { sentencesIn } from '../../steps/agent/sentences.ts'
import { smallTalkOf } from '../../steps/agent/small-talk.ts'
import { markerReader } from '../../steps/answer/markers.ts'
import { type Draft, say } from '../draft.ts'
import { isOverBudget } from '../metered.ts'
import { CUT_OFF } from '../written.ts'
import { usable } from './ask-model.ts'
import { memoryOf } from './condense.ts'
import { spokenIn } from './speech.ts'
import type { AnswerState } from './state.ts'
import type { Work } from './work.ts'
import type { Ended } from './write.ts'

/** Answers what is not asked of the documents: small talk with a sentence, a question about the conversation from what was said. */
export async function* talked(work: Work, state: AnswerState, draft: Draft, signal: AbortSignal): AsyncGenerator<AnswerEvent, Ended> {
  const { kind, question } = state
  if (kind.of === 'small-talk') {
    const language = smallTalkOf(question)?.language ?? spokenIn(question)
    yield say(draft, sentencesIn(language)[kind.talk])
  } else if (kind.of === 'conversation') {
    const writer = yield* byModel(work, state, draft, signal)
    if (writer !== undefined) return { writer, outcome: 'answered' }
    yield say(draft, byRule(work, question, kind.about))
  }
  return { writer: 'extractive', outcome: 'answered' }
}

/** Undefined, and nothing said, when there is no model or it fails at once. */
async function* byModel(work: Work, state: AnswerState, draft: Draft, signal: AbortSignal): AsyncGenerator<AnswerEvent, string | undefined> {
  const { chat, world } = work
  if (chat === undefined) return undefined
  const reader = markerReader()
  try {
    for await (const event of usable(work, chat, 'talk').write(aboutIt(state.question, state.before, memoryOf(work).turns), signal)) {
      signal.throwIfAborted()
      if (event.type === 'citation') continue
      // What was cited then is cited there; a number alone would point nowhere.
      for (const piece of event.type === 'end' ? reader.end() : reader.feed(event.text)) if (piece.type === 'text') yield say(draft, piece.text)
      if (event.type === 'end' && event.cut === true && draft.text.trim() !== '') yield say(draft, `\n\n(${CUT_OFF})`)
    }
  } catch (error) {
    signal.throwIfAborted()
    if (draft.text !== '' || !(error instanceof AppError) || isOverBudget(error)) throw error
    world.log.warn('answer-without-model', { model: chat.name, error: faultForLog(error, work.places[0]?.caller) })
  }
  return draft.text.trim() === '' ? undefined : chat.name
}

const MOST_LISTED = 20
const LONGEST_LISTED = 300

function byRule({ request }: Work, question: string, about: AboutConversation): string {
  const history = request.history ?? []
  const sentences = sentencesIn(spokenIn(question))
  const last = history.findLast(({ role }) => role === 'assistant')
  if (about === 'retell' && last !== undefined) return `${sentences.retold}\n\n${last.text.replace(/ ?\[\d+\]/g, '')}`
  const asked = history.filter(({ role }) => role === 'user').slice(-MOST_LISTED)
  return `${sentences.listed}\n\n${asked.map(({ text }) => `- ${text.replace(/\s+/g, ' ').trim().slice(0, LONGEST_LISTED).toWellFormed()}`).join('\n')}`
}

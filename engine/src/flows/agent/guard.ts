import { GUARD_TOPICS, type GuardTopic } from '../../domain/answering.ts'
import { touchedBy, verdictOf } from '../../steps/agent/guard.ts'
import { disclaimerIn, refusalIn } from '../../steps/agent/guard-sentences.ts'
import { TOPICS } from '../../steps/agent/guard-words.ts'
import { touchedTopics } from '../../steps/agent/replies.ts'
import { touching } from '../../steps/agent/requests.ts'
import { askModel } from './ask-model.ts'
import { spokenIn } from './speech.ts'
import type { AnswerState } from './state.ts'
import { tellPassages } from './telling.ts'
import { leaningContext } from './words.ts'
import type { Tools, Work } from './work.ts'

/** Looks whether the question touches a topic that the chat does not answer, or answers with a disclaimer. */
export async function guardIn(work: Work, state: AnswerState, { signal }: Tools): Promise<Partial<AnswerState>> {
  const { guard: policy, request } = work
  // A follow-up touches what it goes on from.
  const asked = [leaningContext(state.question, request.history ?? []), state.question].filter((text) => text !== '').join('\n')
  const touched = touchedBy(asked, policy)
  const doubted = touched.maybe.length === 0 ? undefined : await askModel(work, 'guard', touching(asked, topicsOf(touched.maybe)), signal)
  const judged = doubted === undefined ? undefined : touchedTopics(doubted, touched.maybe)
  const guard = verdictOf(policy, judged === undefined ? touched : { sure: [...touched.sure, ...judged], maybe: [] })
  const note = guard.topics.length === 0 ? undefined : `${guard.verdict}: ${guard.topics.join(', ')}`
  return { guard, note, ...(guard.verdict === 'refuse' ? { kind: { of: 'refused' } } : {}) }
}

/** Says the refusal, or the disclaimer below what was written. */
export async function guardOut(work: Work, state: AnswerState, tools: Tools): Promise<Partial<AnswerState>> {
  const language = spokenIn(state.question)
  if (state.kind.of === 'refused') {
    await tellPassages([], tools)
    const text = refusalIn(language, first(state.guard.topics))
    await tools.emit({ type: 'text-delta', text })
    return { text, writer: 'extractive', outcome: 'refused', note: undefined }
  }
  const topics = await topicsOfAnswer(work, state)
  if (topics.length === 0) return { note: undefined }
  const said = `\n\n${disclaimerIn(language, first(topics))}`
  await tools.emit({ type: 'text-delta', text: said })
  return { text: state.text + said, note: `disclaimer: ${topics.join(', ')}` }
}

/** Also of an answer that says what the question did not let expect. Small talk and what is not known need none. */
async function topicsOfAnswer({ guard: policy }: Work, { guard, kind, outcome, text }: AnswerState): Promise<readonly GuardTopic[]> {
  if (kind.of === 'small-talk' || outcome === 'not-answered') return []
  return guard.topics.length > 0 ? guard.topics : touchedBy(text, policy).sure
}

function topicsOf(topics: readonly GuardTopic[]): Readonly<Record<string, string>> {
  return Object.fromEntries(topics.map((topic) => [topic, TOPICS[topic]]))
}

/** One sentence is said: of the topic that weighs most. */
function first(topics: readonly GuardTopic[]): GuardTopic {
  const order: readonly GuardTopic[] = ['harmful', ...GUARD_TOPICS]
  return order.find((topic) => topics.includes(topic)) ?? 'harmful'
}

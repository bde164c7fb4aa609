import { remembered, SUMMARY_EVERY, summaryByRule } from '../../steps/agent/memory.ts'
import { wholeQuestion } from '../../steps/agent/replies.ts'
import { standalone, summarising } from '../../steps/agent/requests.ts'
import { partsOf } from '../../steps/agent/several.ts'
import { likelyTokens } from '../metered.ts'
import { askModel } from './ask-model.ts'
import type { AnswerState } from './state.ts'
import { tellStep } from './telling.ts'
import { leaningContext } from './words.ts'
import type { Tools, Work } from './work.ts'

/** Of what a model reads at once, for the turns of the conversation. */
const SHARE = 0.1
const MOST_TOKENS = 2000
/** What a conversation without a model is cut to. */
const WINDOW = 20_000

/** Turns that are read whole, and what was said before them. */
export function memoryOf({ request, chat }: Pick<Work, 'request' | 'chat'>) {
  const room = Math.min(MOST_TOKENS, Math.floor((chat?.window ?? WINDOW) * SHARE))
  return remembered(request.history ?? [], room, likelyTokens)
}

/** Makes a follow-up a question that stands for itself, and tells what was said before the newest turns. */
export async function condense(work: Work, state: AnswerState, tools: Tools): Promise<Partial<AnswerState>> {
  if (state.kind.of === 'small-talk') return { note: undefined }
  const before = await whatWasBefore(work, tools)
  const known = { before, queries: [state.question, ...partsOf(state.question)], note: undefined }
  if (state.kind.of !== 'documents') return { before, note: undefined }
  const context = leaningContext(state.question, work.request.history ?? [])
  if (context === '') return known
  await tellStep('condense', tools)
  const { turns } = memoryOf(work)
  const said = before === undefined ? turns : [{ role: 'user' as const, text: before }, ...turns]
  const reply = await askModel(work, 'condense', standalone(state.question, said), tools.signal)
  const whole = reply === undefined ? undefined : wholeQuestion(reply)
  const query = whole ?? `${context}\n${state.question}`
  if (whole === undefined) return { ...known, context, queries: [query], measures: [query], note: 'searched with the question before it' }
  return { ...known, whole, queries: [whole, ...partsOf(whole)], measures: [whole], note: whole }
}

/** A model tells it anew every few turns; until then, and without one, the questions are listed. */
async function whatWasBefore(work: Work, { signal }: Tools): Promise<string | undefined> {
  const { told, untold, upTo } = memoryOf(work)
  const { turn } = work.request
  if (untold.length < SUMMARY_EVERY || turn === undefined || upTo === undefined) return summaryByRule(told, untold)
  const made = (await askModel(work, 'summary', summarising(told, untold.slice(-MOST_TOLD)), signal))?.trim() ?? ''
  if (made === '' || made.length > LONGEST_SUMMARY) return summaryByRule(told, untold)
  try {
    await turn.keepSummary(upTo, made)
  } catch (error) {
    work.world.log.warn('summary-not-kept', { error })
  }
  return made
}

const MOST_TOLD = 20
const LONGEST_SUMMARY = 2000

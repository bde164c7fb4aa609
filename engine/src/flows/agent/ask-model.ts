import { AppError } from '../../domain/errors.ts'
import { faultForLog } from '../../domain/told.ts'
import type { Chat, ChatRequest } from '../../ports/chat.ts'
import { isOverBudget, meteredChat } from '../metered.ts'
import { aboutOf, type Work } from './work.ts'

/** A person waits for the answer: without a reply by then the rules decide. */
const WAIT_MS = 15_000
/** Of a reply; one that goes on is no reply. */
const LONGEST_REPLY = 8000

/** Whether there is a model that may be asked something besides the answer. */
export function mayAsk(work: Work): boolean {
  return work.chat !== undefined && !work.failed.model
}

/** The model as the caller may use it: counted, and noted in the trace under a purpose. */
export function usable({ world, places, trace, ...work }: Work, chat: Chat, purpose: string): Chat {
  const [first] = places
  if (first === undefined) throw new AppError('internal', { reason: 'a question of no database' })
  return trace.recorded(meteredChat(world, first.caller, aboutOf({ ...work, places }), chat), purpose)
}

/**
 * What the model replies to a question of our own; undefined when there is none, when it fails or is cut off, or when no budget is left: then
 * rules decide instead. @throws what `signal` was aborted with
 */
export async function askModel(work: Work, purpose: string, request: ChatRequest, signal: AbortSignal): Promise<string | undefined> {
  const { chat, failed, world } = work
  if (chat === undefined || failed.model) return undefined
  const soon = AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)])
  let reply = ''
  try {
    for await (const event of usable(work, chat, purpose).write(request, soon)) {
      if (event.type === 'text') reply += event.text
      // Half of a reply says something else than the whole.
      if (event.type === 'end' && event.cut === true) return undefined
      if (reply.length > LONGEST_REPLY) return undefined
    }
    return reply
  } catch (error) {
    signal.throwIfAborted()
    failed.model = true
    if (!isOverBudget(error)) world.log.warn('model-not-asked', { purpose, model: chat.name, error: faultForLog(error, work.places[0]?.caller) })
    return undefined
  }
}

import type { AnswerStep, Passage } from '../../domain/answer.ts'
import { AppError } from '../../domain/errors.ts'
import type { Tools, Work } from './work.ts'

export async function tellStep(step: AnswerStep, { emit }: Tools): Promise<void> {
  await emit({ type: 'answer-step', step })
}

export async function tellPassages(passages: readonly Passage[], { emit }: Tools): Promise<void> {
  await emit({ type: 'passages-found', passages })
}

/**
 * From here on words are shown that nobody would write again: an answer that is broken off is not gone on with, but ends.
 * @throws answer/interrupted when another process wrote first, or took away what was kept: it believed this one to be gone
 */
export async function seal({ world, request }: Work, { signal }: Tools): Promise<void> {
  if (request.runId === undefined) return
  signal.throwIfAborted()
  if (!(await world.checkpoints.sealCheckpoint(request.runId))) throw new AppError('answer/interrupted')
}

import type { AnswerStep, Passage } from '../../domain/answer.ts'
import type { Tools, Work } from './work.ts'

export async function tellStep(step: AnswerStep, { emit }: Tools): Promise<void> {
  await emit({ type: 'answer-step', step })
}

/**
 * From here on something is shown that cannot be taken back: an answer that is broken off is not gone on with, but ends. So what
 * was kept of it goes first.
 */
export async function tellPassages({ world, request }: Work, passages: readonly Passage[], { emit }: Tools): Promise<void> {
  if (request.runId !== undefined) await world.checkpoints.removeCheckpoint(request.runId)
  await emit({ type: 'passages-found', passages })
}

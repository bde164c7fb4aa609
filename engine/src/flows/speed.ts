import type { World } from '../ports/world.ts'

// How fast this machine does what a rebuild consists of, measured while it is done: for telling how long the next one takes.

/** Chunking, analysis and writing, in chunks. */
export const INDEXING = 'index'
/** Of texts by a model, in tokens. */
export const embeddingWith = (model: string): string => `embed ${model}`

/** Source: one more write in five seconds is not felt; what was measured since goes with it. */
const EVERY_MS = 5_000

interface Sum {
  readonly units: number
  readonly ms: number
  readonly notedAt: number | undefined
}

/** By the queue that it is noted in: worlds may be put together anew around it. */
const sums = new WeakMap<object, Map<string, Sum>>()

/** Keeps a measurement; lost when the process ends within seconds, and never a reason for work to fail. */
export async function measured(world: Pick<World, 'queue' | 'log' | 'now'>, work: string, units: number, ms: number): Promise<void> {
  if (units <= 0) return
  const known = sums.get(world.queue) ?? new Map<string, Sum>()
  sums.set(world.queue, known)
  const before = known.get(work) ?? { units: 0, ms: 0, notedAt: undefined }
  const sum = { units: before.units + units, ms: before.ms + Math.max(0, ms), notedAt: before.notedAt }
  known.set(work, sum)
  const time = world.now()
  if ((sum.notedAt !== undefined && time - sum.notedAt < EVERY_MS) || sum.ms === 0) return
  known.set(work, { units: 0, ms: 0, notedAt: time })
  try {
    await world.queue.noteSpeed(work, sum.units, sum.ms)
  } catch (error) {
    world.log.warn('speed-not-noted', { work, cause: error })
  }
}

import type { Reply } from 'quarry-engine/client'
import type { Problem } from './send-files.ts'

export type Job = Reply<'getJob'>
export type Document = Reply<'getDocument'>

export type Step = 'queued' | 'reading' | 'chunking' | 'embedding' | 'indexing' | 'ready' | 'archive' | 'failed' | 'cancelled'

/** What is known of one document that is, or was a moment ago, on its way. */
export interface Tracked {
  readonly documentId: string
  readonly jobId: string | undefined
  /** Undefined until the documents were listed. */
  readonly path: string | undefined
  readonly size: number | undefined
  readonly step: Step
  /** Pages, entries or chunks of the step; total 0 while unknown. */
  readonly done: number
  readonly total: number
  readonly pages: number | undefined
  readonly chunks: number | undefined
  readonly problem: Problem | undefined
  readonly warnings: readonly string[]
  /** Of a job that waits to be tried again: how often it was. */
  readonly attempts: number
  readonly cancelRequested: boolean
  /** Epoch ms at which its job was made, by the server's clock: orders what is told out of order. */
  readonly since: number
  /** Whether it belongs to what is going on now, rather than to failures of before. */
  readonly isCurrent: boolean
  /** Its name or its end is not known yet from the document itself. */
  readonly needsDocument: boolean
}

const ENDED: ReadonlySet<Step> = new Set(['ready', 'archive', 'failed', 'cancelled'])
export const hasEnded = ({ step }: Pick<Tracked, 'step'>): boolean => ENDED.has(step)

/** Whether it must be asked for: nothing else would tell its name or its end. */
export const isUncertain = (tracked: Tracked): boolean => tracked.needsDocument || (!hasEnded(tracked) && tracked.jobId === undefined)

const STEPS: Readonly<Record<Job['stage'], Step>> = {
  waiting: 'queued',
  extract: 'reading',
  unpack: 'reading',
  chunk: 'chunking',
  embed: 'embedding',
  index: 'indexing',
  publish: 'indexing',
  purge: 'indexing',
  finished: 'ready',
}

function stepOf(job: Job): Step {
  switch (job.state) {
    case 'queued':
      return 'queued'
    case 'running':
      return STEPS[job.stage]
    case 'done':
      return 'ready'
    default:
      return job.state
  }
}

const FRESH = {
  jobId: undefined,
  path: undefined,
  size: undefined,
  done: 0,
  total: 0,
  pages: undefined,
  chunks: undefined,
  problem: undefined,
  warnings: [],
  attempts: 0,
  cancelRequested: false,
} as const

/** The same with what a job tells. Jobs of an earlier revision, which were superseded, tell nothing. */
export function withJob(known: Tracked | undefined, job: Job & { readonly document_id: string }): Tracked {
  const since = Date.parse(job.created_at)
  if (known?.jobId !== undefined && since < known.since) return known
  const before = known ?? { ...FRESH, documentId: job.document_id, step: 'queued' as const, since, isCurrent: true, needsDocument: true }
  const step = stepOf(job)
  const isCounting = step === 'reading' && job.stage === 'extract' && job.total > 0
  return {
    ...before,
    jobId: job.id,
    since,
    step,
    done: job.done,
    total: job.total,
    pages: isCounting ? job.total : before.pages,
    chunks: (step === 'embedding' || step === 'indexing') && job.total > 0 ? job.total : before.chunks,
    problem: job.state === 'failed' ? (job.error ?? undefined) : undefined,
    attempts: job.state === 'queued' ? job.attempts : 0, // one that is taken waits for nothing
    cancelRequested: job.cancel_requested,
    isCurrent: true,
    needsDocument: before.path === undefined || ENDED.has(step),
  }
}

/** The same with what the document itself says; the steps of one that is on its way are told by its job. */
export function withDocument(known: Tracked | undefined, document: Document, isCurrent: boolean): Tracked {
  const changed = Date.parse(document.updated_at)
  const before = known ?? {
    ...FRESH,
    documentId: document.id,
    step: 'queued' as const,
    since: Date.parse(document.created_at),
    isCurrent,
    needsDocument: false,
  }
  const named = { ...before, path: document.external_id, size: document.size, warnings: document.warnings }
  // A list that was on its way while a new job began tells of the revision before.
  if (before.jobId !== undefined && changed < before.since) return { ...named, needsDocument: hasEnded(before) }
  const ended = endOf(document)
  if (ended === undefined) return { ...named, needsDocument: hasEnded(before) }
  return {
    ...named,
    step: ended,
    problem: ended === 'failed' ? (document.error ?? undefined) : undefined,
    pages: document.pages ?? undefined,
    chunks: document.chunks,
    cancelRequested: false,
    needsDocument: false,
  }
}

function endOf({ state, error }: Document): Step | undefined {
  if (state === 'queued' || state === 'processing' || state === 'deleting') return undefined
  if (error !== null) return error.code === 'job/cancelled' ? 'cancelled' : 'failed'
  return state === 'archive' ? 'archive' : state === 'failed' ? 'failed' : 'ready'
}

/** Source: between the files of one upload there is the time of sending one; longer pauses part two uploads. */
const PAUSE_MS = 90_000

/**
 * The ingest jobs that belong to what is going on: those that follow one another without a pause, up to now. `jobs` is
 * newest first. Empty when the last one ended a while ago; `more` when older ones may belong to it too.
 */
export function currentJobs(jobs: readonly Job[], now: number): { readonly current: readonly Job[]; readonly more: boolean } {
  const current: Job[] = []
  let begun = now
  for (const job of jobs) {
    if (job.kind !== 'ingest') continue
    const isActive = job.state === 'queued' || job.state === 'running'
    if (!isActive && Date.parse(job.updated_at) < begun - PAUSE_MS) return { current, more: false }
    current.push(job)
    begun = Math.min(begun, Date.parse(job.created_at))
  }
  return { current, more: true }
}

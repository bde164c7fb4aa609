import type { Problem } from './send-files.ts'
import { hasEnded, type Step, type Tracked } from './tracked.ts'
import type { Upload } from './upload-queue.ts'

export type RowStep = 'unsent' | 'sending' | Step | 'unchanged'

/** One file as the panel shows it: its upload and what the server tells of it are one. */
export interface Row {
  readonly key: string
  /** Undefined while the name is not known yet. */
  readonly path: string | undefined
  readonly size: number | undefined
  readonly step: RowStep
  /** Bytes, pages, entries or chunks, by the step. */
  readonly done: number
  readonly total: number
  readonly pages: number | undefined
  readonly chunks: number | undefined
  readonly problem: Problem | undefined
  readonly warnings: readonly string[]
  readonly isCancelling: boolean
  readonly isCurrent: boolean
  readonly attempts: number
  readonly documentId: string | undefined
  readonly jobId: string | undefined
}

export type Group = 'active' | 'failed' | 'done'

export function groupOf({ step }: Pick<Row, 'step'>): Group {
  if (step === 'failed' || step === 'cancelled') return 'failed'
  return step === 'ready' || step === 'archive' || step === 'unchanged' ? 'done' : 'active'
}

/** Whether there is something to stop: an upload of this tab, or a job that is known. */
export const isStoppable = ({ step, jobId, isCancelling }: Pick<Row, 'step' | 'jobId' | 'isCancelling'>): boolean =>
  step === 'unsent' || step === 'sending' || (groupOf({ step }) === 'active' && jobId !== undefined && !isCancelling)

export const isWorkedOn = ({ step }: Pick<Row, 'step'>): boolean => step !== 'unsent' && step !== 'queued' && groupOf({ step }) === 'active'

/** In the order in which they came; the same file has the same key from its upload to its end. What did not change is the same row. */
export function rowsOf(tracked: ReadonlyMap<string, Tracked>, uploads: readonly Upload[]): readonly Row[] {
  const uploaded = new Set<string>()
  const paths = new Set<string>()
  const own: Row[] = []
  for (const upload of uploads) {
    paths.add(upload.path)
    const known = upload.documentId === undefined ? undefined : tracked.get(upload.documentId)
    if (upload.documentId !== undefined) uploaded.add(upload.documentId)
    own.push(known === undefined ? cached(upload, undefined, () => uploadRow(upload)) : cached(known, upload, () => joinedRow(known, upload)))
  }
  // A job may be told before the reply that says of which file it is: one without a name may be of a file that is being sent.
  const isSending = uploads.some(({ state }) => state === 'sending')
  const others = [...tracked.values()].filter(({ documentId, path }) => !uploaded.has(documentId) && (path === undefined ? !isSending : !paths.has(path)))
  others.sort((left, right) => left.since - right.since)
  return [...others.map((known) => cached(known, undefined, () => trackedRow(known))), ...own]
}

/** Rows by what they were made of, so that those that stay the same need not be drawn again. */
const rowCache = new WeakMap<Tracked | Upload, { readonly beside: Upload | undefined; readonly row: Row }>()

function cached(source: Tracked | Upload, beside: Upload | undefined, make: () => Row): Row {
  const known = rowCache.get(source)
  if (known !== undefined && known.beside === beside) return known.row
  const row = make()
  rowCache.set(source, { beside, row })
  return row
}

function joinedRow(known: Tracked, { path, size, unchanged, jobId }: Upload): Row {
  const row = trackedRow(known)
  return { ...row, key: path, path, size, jobId: row.jobId ?? jobId, step: unchanged && known.step === 'ready' ? 'unchanged' : row.step }
}

function uploadRow({ path, size, state, sent, problem, unchanged, documentId, jobId }: Upload): Row {
  const step = state === 'waiting' ? 'unsent' : state === 'sending' ? 'sending' : state === 'failed' ? 'failed' : unchanged ? 'unchanged' : 'queued'
  return {
    key: path,
    path,
    size,
    step,
    done: sent,
    total: size,
    pages: undefined,
    chunks: undefined,
    problem,
    warnings: [],
    isCancelling: false,
    isCurrent: true,
    attempts: 0,
    documentId,
    jobId,
  }
}

function trackedRow({
  documentId,
  jobId,
  path,
  size,
  step,
  done,
  total,
  pages,
  chunks,
  problem,
  warnings,
  cancelRequested,
  isCurrent,
  attempts,
}: Tracked): Row {
  const isCancelling = cancelRequested && !hasEnded({ step })
  return { key: path ?? documentId, path, size, step, done, total, pages, chunks, problem, warnings, isCancelling, isCurrent, attempts, documentId, jobId }
}

/** How much of the way each step is, roughly: reading takes the longest, then the vectors. */
const REACHED: Readonly<Record<RowStep, readonly [number, number]>> = {
  unsent: [0, 0],
  sending: [0, 0.1],
  queued: [0.1, 0.1],
  reading: [0.1, 0.5],
  chunking: [0.5, 0.5],
  embedding: [0.5, 0.95],
  indexing: [0.5, 0.95],
  ready: [1, 1],
  archive: [1, 1],
  unchanged: [1, 1],
  failed: [1, 1],
  cancelled: [1, 1],
}

export function shareOf({ step, done, total }: Pick<Row, 'step' | 'done' | 'total'>): number {
  const [from, to] = REACHED[step]
  return total > 0 ? from + (to - from) * Math.min(1, done / total) : from
}

/** A small file costs as much as this many bytes: starting to read it is work too. */
const LEAST_WEIGHT = 50_000

export interface Totals {
  readonly files: number
  readonly active: number
  readonly failed: number
  readonly done: number
  /** 0 to 1, of the files that are going on now. */
  readonly share: number
  /** Files of now that are through, failures included. */
  readonly through: number
  readonly current: number
  /** Failures among them. */
  readonly failedNow: number
  readonly bytesToSend: number
  readonly bytesSent: number
  readonly sending: number
}

export function totalsOf(rows: readonly Row[]): Totals {
  const groups = { active: 0, failed: 0, done: 0 }
  let [weight, reached, through, current, failedNow, bytesToSend, bytesSent, sending] = [0, 0, 0, 0, 0, 0, 0, 0]
  for (const row of rows) {
    const group = groupOf(row)
    groups[group] += 1
    if (!row.isCurrent) continue
    current += 1
    if (group !== 'active') through += 1
    if (group === 'failed') failedNow += 1
    const cost = Math.max(row.size ?? 0, LEAST_WEIGHT)
    weight += cost
    reached += cost * shareOf(row)
    if (row.step !== 'unsent' && row.step !== 'sending') continue
    sending += 1
    bytesToSend += row.total
    bytesSent += row.done
  }
  return { ...groups, files: rows.length, share: weight === 0 ? 1 : reached / weight, through, current, failedNow, bytesToSend, bytesSent, sending }
}

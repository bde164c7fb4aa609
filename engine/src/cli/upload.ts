import { setTimeout as sleep } from 'node:timers/promises'
import type { ReplyOf } from '../api/route.ts'
import type { Routes } from '../api/routes.ts'
import type { Client } from '../client/client.ts'
import { AppError } from '../domain/errors.ts'
import type { Metadata } from '../domain/metadata.ts'
import type { LocalFile } from './files.ts'
import { type FileProgress, type ProgressView, paceOf, progressView } from './progress.ts'
import { sendFiles } from './send.ts'
import { bytes, plural, quoted, say } from './show.ts'
import { type Problem, printSummary } from './summary.ts'
import { sentenceOf } from './words.ts'

type Document = ReplyOf<Routes['getDocument']>
type Job = ReplyOf<Routes['getJob']>

/** Documents without a job in sight that are asked for after one change of the counts. */
const LOOKS_PER_CHANGE = 20
const ENDED_JOBS: ReadonlySet<Job['state']> = new Set(['done', 'failed', 'cancelled'])

export interface Uploading {
  readonly client: Client
  readonly database: string
  /** As the person called it, for hints. */
  readonly name: string
  readonly files: readonly LocalFile[]
  readonly metadata: Metadata
  /** Whether the server is another machine, or may be. */
  readonly remote: boolean
  /** Such as `npx quarry`. */
  readonly command: string
  readonly signal: AbortSignal
}

/** What is known of the documents of one upload, by document id. */
interface Tracked {
  readonly names: Map<string, string>
  /** Not ours: of other uploads into the same database. */
  readonly foreign: Set<string>
  /** Documents that a job has been seen of. */
  readonly seen: Set<string>
}

/**
 * Uploads files and follows them until each is indexed or has failed; prints progress and a summary to stderr.
 * @returns how many failed, and how many are indexed
 */
export async function uploadAndFollow(uploading: Uploading): Promise<{ readonly failed: number; readonly indexed: number }> {
  const { client, database, files, signal } = uploading
  const started = Date.now()
  const total = files.reduce((sum, file) => sum + file.size, 0)
  const tracked: Tracked = { names: new Map(), foreign: new Set(), seen: new Set() }
  const view = progressView(() => ({
    files: Math.max(files.length, tracked.names.size),
    bytes: total,
    doneBytes: files.reduce((sum, file) => (view.hasEnded(file.externalId) ? sum + file.size : sum), 0),
  }))
  const progress: Progress = { view, tracked, pace: paceOf() }
  const refused: Problem[] = []
  let sending = true
  // Documents are read while others are still being sent; the stream of events ends whenever nothing is under way.
  const following = (async () => {
    for (;;) {
      const last = !sending
      if (tracked.names.size > 0) await follow(uploading, progress)
      if (last) return
      await sleep(200, undefined, { signal })
    }
  })()
  following.catch(() => undefined) // it is awaited below, after the sending
  try {
    await sendFiles(uploading, {
      progress: ({ externalId: name, size }, sent) =>
        view.update(name, { name, step: 'sending', detail: sent === 0 ? bytes(size) : `${bytes(sent)} of ${bytes(size)}` }),
      taken(documents) {
        for (const { document, outcome, job_id } of documents) {
          const name = document.external_id
          tracked.names.set(document.id, name)
          if (job_id !== null) view.update(name, { name, step: 'waiting', detail: bytes(document.size) })
          else if (document.state === 'ready') view.update(name, { name, step: 'unchanged', detail: outcome === 'relabelled' ? 'metadata set' : '' })
          else view.update(name, progressOf(document))
        }
      },
      refused(problem) {
        refused.push(problem)
        view.update(problem.name, { name: problem.name, step: 'failed', detail: shortly(problem) })
      },
    })
    sending = false
    await following
    const documents = await fetchAll(client, database, tracked, signal)
    for (const document of documents) view.update(document.external_id, progressOf(document))
    view.close()
    return printSummary({ documents, refused, size: total, took: Date.now() - started, ...uploading })
  } finally {
    sending = false
    view.close()
    const stored = tracked.names.size
    if (signal.aborted && stored < files.length)
      say(
        `\n${stored} of ${plural(files.length, 'file')} were stored. To send the rest, add the same files: ${uploading.command} add ${quoted(uploading.name)} …`,
      )
  }
}

interface Progress {
  readonly view: ProgressView
  readonly tracked: Tracked
  readonly pace: ReturnType<typeof paceOf>
}

async function follow({ client, database, signal }: Uploading, { view, tracked, pace }: Progress): Promise<void> {
  const { names, foreign, seen } = tracked
  const look = async (id: string): Promise<void> => {
    const document = await documentOf(client, database, id, signal)
    if (document === undefined) return
    // Entries of an archive are documents of their own: they belong to the upload too.
    if (!names.has(id)) {
      if (document.parent_id === null || !names.has(document.parent_id)) return void foreign.add(id)
      names.set(id, document.external_id)
    }
    if (document.state !== 'queued' && document.state !== 'processing') view.update(document.external_id, progressOf(document))
  }
  for await (const { event, data } of client.stream('databaseEvents', { parameters: { database }, signal })) {
    if (event === 'summary') {
      const unseen = [...names].filter(([id, name]) => !seen.has(id) && !view.hasEnded(name)).slice(0, LOOKS_PER_CHANGE)
      for (const [id] of unseen) await look(id)
    }
    if (event !== 'job' || data.document_id === null || data.kind !== 'ingest' || foreign.has(data.document_id)) continue
    seen.add(data.document_id)
    if (ENDED_JOBS.has(data.state) || !names.has(data.document_id)) await look(data.document_id)
    const name = names.get(data.document_id)
    if (name !== undefined && !ENDED_JOBS.has(data.state)) view.update(name, { name, ...stepOf(data, pace) })
  }
}

async function documentOf(client: Client, database: string, document: string, signal: AbortSignal): Promise<Document | undefined> {
  try {
    return await client.call('getDocument', { parameters: { database, document }, signal })
  } catch (error) {
    if (error instanceof AppError && error.code === 'document/not-found') return undefined // deleted meanwhile
    throw error
  }
}

function stepOf(job: Job, pace: Progress['pace']): Pick<FileProgress, 'step' | 'detail'> {
  const count = (unit: 'page' | 'entry' | 'chunk') => {
    const many = unit === 'entry' ? 'entries' : `${unit}s`
    if (job.done === 0 && job.total === 0) return ''
    const counted = job.total > 0 ? `${job.done.toLocaleString('en')} of ${plural(job.total, unit, many)}` : plural(job.done, unit, many)
    return counted + pace(`${job.id} ${job.stage}`, job.done, job.total, unit)
  }
  if (job.state === 'queued') return { step: 'waiting', detail: job.attempts > 0 ? `for attempt ${job.attempts + 1}` : '' }
  switch (job.stage) {
    case 'extract':
      return { step: 'reading', detail: count('page') }
    case 'unpack':
      return { step: 'reading', detail: count('entry') }
    case 'chunk':
      return { step: 'chunked', detail: '' }
    case 'embed':
      return { step: 'embedding', detail: count('chunk') }
    case 'index':
    case 'publish':
      return { step: 'indexing', detail: count('chunk') }
    default:
      return { step: 'waiting', detail: '' }
  }
}

function progressOf(document: Document): FileProgress {
  const name = document.external_id
  if (document.state === 'ready' && document.error === null) {
    const pages = document.pages === null ? '' : `${plural(document.pages, 'page')}, `
    const warnings = document.warnings.length === 0 ? '' : `, ${plural(document.warnings.length, 'warning')}`
    return { name, step: 'indexed', detail: `${pages}${plural(document.chunks, 'chunk')}${warnings}` }
  }
  if (document.state === 'archive') return { name, step: 'unpacked', detail: '' }
  return {
    name,
    step: document.error?.code === 'job/cancelled' ? 'cancelled' : 'failed',
    detail: document.error === null ? document.state : shortly(document.error),
  }
}

/** The sentence of the table alone; the summary tells the rest. */
function shortly({ code, message }: { readonly code: string; readonly message: string }): string {
  return sentenceOf({ code, message, facts: {} })
}

async function fetchAll(client: Client, database: string, { names }: Tracked, signal: AbortSignal): Promise<Document[]> {
  const found: Document[] = []
  let cursor: string | undefined
  do {
    const page = await client.call('listDocuments', { parameters: { database }, query: { limit: 200, ...(cursor === undefined ? {} : { cursor }) }, signal })
    found.push(...page.documents.filter((document) => names.has(document.id) || (document.parent_id !== null && names.has(document.parent_id))))
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  return found.reverse()
}

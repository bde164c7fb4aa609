import type { AppError, Client, StreamEvent } from 'quarry-engine/client'
import { findDocuments, readCurrentJobs, readFailed } from './documents-of.ts'
import { mayPass, waitAfter } from './faults.ts'
import { type Paces, paceKeeper } from './paces.ts'
import { type Row, rowsOf, type Totals, totalsOf } from './rows.ts'
import { pause } from './send-files.ts'
import { hasEnded, isUncertain, type Job, type Tracked, withDocument, withJob } from './tracked.ts'
import type { Upload, UploadQueue } from './upload-queue.ts'

/** idle: nothing goes on, looked at now and then. polling: the stream is cut, the server answers. lost: it does not. */
export type Connection = 'loading' | 'live' | 'idle' | 'polling' | 'lost'

export interface IngestionState extends Paces {
  readonly rows: readonly Row[]
  readonly totals: Totals
  readonly connection: Connection
  /** Why the connection is lost. */
  readonly fault: unknown
  /** Why nothing is sent. */
  readonly halted: AppError | undefined
  /** Grows whenever documents came or ended: lists of them are stale then. */
  readonly changes: number
}

export interface Ingestion {
  state(): IngestionState
  /** Watches the server while anybody listens. */
  subscribe(listener: () => void): () => void
  /** What a call told about a job, shown at once. */
  tell(job: Job): void
  /** Forgets what is through. */
  dismiss(): void
}

export interface IngestionNeeds {
  readonly client: Client
  readonly databaseId: string
  readonly uploads: UploadQueue
  /** Resolves when somebody looks at the page; the signal it gives ends when nobody does any more. */
  readonly seen?: (signal: AbortSignal) => Promise<AbortSignal>
}

const TOLD_EVERY_MS = 250
const MEASURED_EVERY_MS = 1000
const LOOK_EVERY_MS = 1500
const STREAM_EVERY_MS = 1000
const IDLE_LOOK_MS = 15_000
const POLL_MS = 3000
const LONGEST_WAIT_MS = 30_000
const STOPS_AFTER_MS = 1000

/** Follows what is on its way into one database: the uploads of this tab, and the jobs of the server whoever began them. */
export function ingestionOf({ client, databaseId, uploads, seen = async (signal) => signal }: IngestionNeeds): Ingestion {
  const tracked = new Map<string, Tracked>()
  const listeners = new Set<() => void>()
  const keeper = paceKeeper()
  let connection: Connection = 'loading'
  let fault: unknown
  let changes = 0
  let shown = shownNow()
  let isTelling = false
  let watching: AbortController | undefined
  let wake: () => void = () => undefined

  function shownNow(): IngestionState {
    const { uploads: sent, halted } = uploads.list(databaseId)
    const rows = rowsOf(tracked, sent)
    const totals = totalsOf(rows)
    return { rows, totals, connection, fault, halted, changes, ...keeper.measure(rows, totals.share, Date.now()) }
  }
  function publish(): void {
    if (isTelling) return
    isTelling = true
    setTimeout(() => {
      isTelling = false
      shown = shownNow()
      for (const listener of listeners) listener()
    }, TOLD_EVERY_MS)
  }
  function connected(now: Connection, why?: unknown): void {
    connection = now
    fault = why
    publish()
  }
  function put(news: Tracked): void {
    const before = tracked.get(news.documentId)
    if (news === before) return
    tracked.set(news.documentId, news)
    keeper.note(news)
    if (before === undefined || hasEnded(before) !== hasEnded(news)) changes += 1
    publish()
  }
  function tell(job: Job): void {
    if (job.document_id === null) return
    if (job.kind === 'remove' && tracked.delete(job.document_id)) publish()
    if (job.kind !== 'ingest') return
    put(withJob(tracked.get(job.document_id), { ...job, document_id: job.document_id }))
  }

  /** Asks for the documents whose name or end no job told. */
  async function look(signal: AbortSignal): Promise<void> {
    const wanted = new Set([...tracked.values()].filter(isUncertain).map(({ documentId }) => documentId))
    for (const upload of uploads.list(databaseId).uploads) if (upload.documentId !== undefined && isSent(upload)) wanted.add(upload.documentId)
    if (wanted.size === 0) return
    const { found, gone } = await findDocuments({ client, databaseId, signal }, wanted)
    for (const document of found) put(withDocument(tracked.get(document.id), document, true))
    for (const id of gone) tracked.delete(id)
    publish()
  }

  async function load(signal: AbortSignal): Promise<void> {
    const [jobs, failed] = await Promise.all([readCurrentJobs({ client, databaseId, signal }, Date.now()), readFailed({ client, databaseId, signal })])
    // Jobs that ended while nobody listened are told of no more: their documents are asked.
    const listed = new Set(jobs.map(({ id }) => id))
    for (const one of [...tracked.values()]) if (!hasEnded(one) && one.jobId !== undefined && !listed.has(one.jobId)) put({ ...one, jobId: undefined })
    for (const job of jobs.toReversed()) tell(job)
    const stillFailed = new Set(failed.map(({ id }) => id))
    for (const { documentId, step } of [...tracked.values()])
      if ((step === 'failed' || step === 'cancelled') && !stillFailed.has(documentId)) tracked.delete(documentId)
    for (const document of failed) put(withDocument(tracked.get(document.id), document, false))
    await look(signal)
    keeper.restart()
  }

  /** Follows the stream until no job is left. */
  async function follow(signal: AbortSignal): Promise<void> {
    let looking: Promise<void> | undefined
    let next = 0
    const lookNow = () => {
      if (looking !== undefined || Date.now() < next) return
      const began = Date.now()
      looking = look(signal)
        .catch(() => undefined) // the stream tells when the server is gone; the next look asks again
        .finally(() => {
          looking = undefined
          next = Date.now() + Math.max(LOOK_EVERY_MS, 10 * (Date.now() - began))
        })
    }
    const timer = setInterval(lookNow, LOOK_EVERY_MS)
    try {
      for await (const event of client.stream('databaseEvents', { parameters: { database: databaseId }, signal })) take(event)
    } finally {
      clearInterval(timer)
      await looking
    }
    await look(signal)
  }
  function take({ event, data }: StreamEvent<'databaseEvents'>): void {
    if (connection !== 'live') {
      connected('live')
      uploads.resume() // the server is there: what waited for it goes on
    }
    if (event === 'job') tell(data)
  }

  const isSent = ({ documentId, unchanged }: Upload) => documentId !== undefined && !unchanged && !tracked.has(documentId)
  const isUnsettled = () => uploads.list(databaseId).uploads.some(isSent) || [...tracked.values()].some((one) => !hasEnded(one) || one.needsDocument)

  /** Nothing goes on: until this tab sent something, or the server says that somebody else did. */
  async function rest(signal: AbortSignal): Promise<void> {
    connected('idle')
    for (let next = Date.now() + IDLE_LOOK_MS; !isUnsettled(); ) {
      await woken(next - Date.now(), signal)
      if (Date.now() < next) continue
      next = Date.now() + IDLE_LOOK_MS
      const { documents } = await client.call('databaseStatus', { parameters: { id: databaseId }, signal })
      const failed = [...tracked.values()].filter(({ step }) => step === 'failed' || step === 'cancelled')
      if (documents.queued + documents.processing > 0 || documents.failed < failed.length) return load(signal)
    }
  }
  async function woken(milliseconds: number, signal: AbortSignal): Promise<void> {
    const awake = new AbortController()
    wake = () => awake.abort()
    await pause(milliseconds, AbortSignal.any([signal, awake.signal])).catch(() => undefined)
    signal.throwIfAborted()
  }

  async function run(signal: AbortSignal): Promise<void> {
    let faults = 0
    let isLoaded = false
    let unsettled = 0
    while (!signal.aborted) {
      const closing = new AbortController()
      const open = await seen(AbortSignal.any([signal, closing.signal]))
      try {
        if (!isLoaded) await load(open)
        isLoaded = true
        faults = 0
        if (isUnsettled()) unsettled += 1
        else {
          unsettled = 0
          await rest(open)
        }
        // A stream that ends at once again and again, because a job is told late, is opened ever more rarely.
        if (unsettled > 1) await woken(Math.min(IDLE_LOOK_MS, STREAM_EVERY_MS * unsettled), open)
        await follow(open)
      } catch (why) {
        isLoaded = false
        if (signal.aborted || open.aborted) continue // nobody looks; it goes on from the beginning when somebody does
        faults += 1
        await poll(signal, why, Date.now() + (mayPass(why) ? waitAfter(why, faults, LONGEST_WAIT_MS) : LONGEST_WAIT_MS))
      } finally {
        closing.abort()
      }
    }
  }

  /** The stream is cut: looks every few seconds until it is tried again. */
  async function poll(signal: AbortSignal, why: unknown, until: number): Promise<void> {
    do {
      try {
        const { jobs } = await client.call('databaseStatus', { parameters: { id: databaseId }, signal })
        for (const job of jobs) tell(job)
        connected('polling', why)
        await look(signal)
      } catch (refused) {
        if (signal.aborted) return
        connected('lost', refused)
      }
      await pause(Math.max(500, Math.min(POLL_MS, until - Date.now())), signal).catch(() => undefined)
    } while (!signal.aborted && Date.now() < until)
  }

  function start(): void {
    if (watching !== undefined) return
    const controller = new AbortController()
    watching = controller
    const leave = uploads.subscribe(() => {
      const { unsent } = uploads.list(databaseId)
      // New files after all else was through: counted from their own beginning.
      if (unsent > 0 && shown.totals.active === 0) settleOld()
      publish()
      wake()
    })
    const timer = setInterval(() => {
      if (shown.totals.active > 0) publish()
    }, MEASURED_EVERY_MS)
    void run(controller.signal).finally(() => {
      leave()
      clearInterval(timer)
    })
  }
  function settleOld(): void {
    for (const one of [...tracked.values()]) {
      if (!hasEnded(one)) continue
      if (one.step === 'failed' || one.step === 'cancelled') tracked.set(one.documentId, { ...one, isCurrent: false })
      else tracked.delete(one.documentId)
    }
    keeper.restart()
    publish()
  }

  return {
    state: () => shown,
    subscribe(listener) {
      listeners.add(listener)
      start()
      return () => {
        listeners.delete(listener)
        // React leaves and comes back at once when it checks itself.
        setTimeout(() => {
          if (listeners.size > 0) return
          watching?.abort()
          watching = undefined
        }, STOPS_AFTER_MS)
      }
    },
    tell,
    dismiss() {
      settleOld()
      uploads.clear(databaseId)
    },
  }
}

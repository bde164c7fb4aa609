import { setTimeout as pause } from 'node:timers/promises'
import { abortable } from '../../domain/abort.ts'
import { AppError } from '../../domain/errors.ts'
import type { ServerEvent } from '../sse.ts'
import type { Followable, LiveEvent } from './events.ts'

/** What an answer tells of itself beside its events. */
export interface Asks {
  /** Which databases are asked, and of a published chat what it shows of its sources. */
  (databaseIds: readonly string[], sources?: 'documents' | 'quotes'): void
  /** From now on it is being stored: who stops it is told what comes of that, however long it takes. */
  storing(): void
}

/** An answer that is asked for, apart from whoever reads it. */
export interface LivePlan {
  readonly id: string
  readonly owner: string
  readonly publicationId: string | undefined
  /** Goes on for a while without a reader, and can be read again from any event on. Otherwise it ends with its reader. */
  readonly resumable: boolean
  /**
   * Goes on with what another process began: a reader may have seen more than is told so far, or than is told at all. Whoever has seen
   * that much is told the ending under the next number.
   */
  readonly retells?: boolean
  /** Of `last`, the name of the ending of an answer that failed. */
  readonly failed?: string
  readonly graceMs: number
  readonly startedAt: number // epoch ms
  /** The answer; `asks` is called before its first event. */
  source(signal: AbortSignal, asks: Asks): AsyncIterable<ServerEvent>
  /** Names of events that end a stream; exactly one of them comes. */
  readonly last: readonly string[]
  /** Checks and renders the data of an event. */
  render(event: ServerEvent): string
  /** What is told when the answer fails, is stopped, or ends without an ending. */
  failure(fault: unknown): ServerEvent
  /** Asked when the server closes: true where another process goes on with it. Then it ends here without an ending. */
  isLeft?(): Promise<boolean>
  /** Called for each event, the first one after `begun`. */
  onEvent?(event: LiveEvent, isLast: boolean): void
  /** A reader was sent all of it. */
  onDelivered?(): void
}

export interface LiveStream extends Followable {
  readonly resumable: boolean
  /** Resolves with the first event. @throws what the answer failed with before it: then nothing is left of it */
  readonly begun: Promise<void>
  /** Resolves when the last event is there. */
  readonly ended: Promise<void>
  /** Resolves when its source has let go as well. */
  readonly settled: Promise<void>
  /** True when a reader was sent all of it, and was there until the end. */
  readonly isDelivered: boolean
  /** Characters that are held. */
  readonly size: number
  /** Ends the answer with this as its last event. */
  end(reason: AppError): void
  /** Somebody reads it elsewhere. */
  attend(): void
}

/** Characters that the reader who is furthest may be behind: further the answer waits for it. */
const WINDOW = 262_144
/** Source: 50 passages of the largest chunks with their scores, and an answer to them, stay under it. */
const MOST_CHARACTERS = 8_388_608
/** Of one stream: a page, its copy, a phone, and the one that was cut and is not known to be gone. */
const MOST_READERS = 4
/** How long an answer that is not being stored gets to end by itself: its last event may be on the way. */
const SETTLE_MS = 1_000

interface Reader {
  next: number
  /** Characters up to where it is. */
  seen: number
  out: boolean
  wake(): void
}

/** Runs an answer and holds what it told. A slow reader slows it; without a reader it goes on for the grace, when it may. */
export function liveStream(plan: LivePlan): LiveStream {
  const { graceMs, resumable } = plan
  const log: (LiveEvent & { readonly upTo: number })[] = []
  /** Events before this place are let go of. */
  let base = 0
  let total = 0
  let isEnded = false
  let isDelivered = false
  let settles = false
  let isStoring = false
  let databaseIds: readonly string[] = []
  let sources: Followable['sources']
  let conversationId: string | undefined
  const readers = new Set<Reader>()
  /** Numbers under which readers were told the ending. */
  const endings = new Set<number>()
  const controller = new AbortController()
  const { signal } = controller
  const begun = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  const settled = Promise.withResolvers<void>()
  let grace: NodeJS.Timeout | undefined
  let onRoom: (() => void) | undefined

  function end(reason: AppError): void {
    if (isEnded || signal.aborted) return
    // What was stored in this moment is told as such, unless whoever asked may not know any longer.
    settles = reason.code === 'answer/stopped' || reason.code === 'request/aborted' || reason.code === 'server/closing'
    controller.abort(reason)
  }

  function unattended(): void {
    clearTimeout(grace)
    if (isEnded || readers.size > 0) return
    const leave = () => end(new AppError('request/aborted'))
    if (resumable) grace = setTimeout(leave, graceMs).unref()
    else leave()
  }

  function add(event: ServerEvent): void {
    const text = plan.render(event)
    total += text.length
    const told = { seq: base + log.length + 1, event: event.event, text, upTo: total }
    const isLast = plan.last.includes(event.event)
    if (told.seq === 1) conversationId = conversationIn(event.data)
    log.push(told)
    if (isLast) isEnded = true
    plan.onEvent?.(told, isLast)
    for (const reader of readers) reader.wake()
  }

  function isFull(): boolean {
    let furthest = -1
    for (const { seen } of readers) if (seen > furthest) furthest = seen
    return furthest >= 0 && total - furthest > WINDOW
  }

  async function room(): Promise<void> {
    while (isFull()) {
      await new Promise<void>((resolve) => {
        onRoom = resolve
      })
    }
  }

  async function run(): Promise<void> {
    const until = abortable(signal)
    const asks = (ids: readonly string[], shown?: Followable['sources']) => {
      databaseIds = ids
      sources = shown
    }
    const storing = () => {
      isStoring = true
    }
    const events = plan.source(signal, Object.assign(asks, { storing }))[Symbol.asyncIterator]()
    let pending: Promise<IteratorResult<ServerEvent>> | undefined
    try {
      for (;;) {
        pending = events.next()
        const step = await until(pending)
        pending = undefined
        if (step.done === true) throw new Error('the source of events ended without an ending')
        add(step.value)
        begun.resolve()
        if (isEnded) return
        if (resumable && total > MOST_CHARACTERS) throw new AppError('answer/too-long', { limit: MOST_CHARACTERS, unit: 'characters' })
        if (isFull()) await until(room())
      }
    } catch (fault) {
      const late = signal.aborted && settles ? await lateOf(pending) : undefined
      if (log.length === 0 && base === 0) begun.reject(fault)
      else if (late?.value !== undefined && plan.last.includes(late.value.event)) add(late.value)
      else if (!(await isLeft())) add(plan.failure(fault))
    } finally {
      isEnded = true
      clearTimeout(grace)
      for (const reader of readers) reader.wake()
      // The source may be in the middle of something that does not listen; whoever waits for us need not wait for it.
      void Promise.resolve(events.return?.())
        .catch(plan.failure)
        .then(() => settled.resolve())
      ended.resolve()
    }
  }

  /** What it was about to tell when it was stopped. */
  async function lateOf(pending: Promise<IteratorResult<ServerEvent>> | undefined): Promise<IteratorResult<ServerEvent> | undefined> {
    const step = pending?.catch(() => undefined)
    return isStoring ? step : Promise.race([step, pause(SETTLE_MS, undefined)])
  }

  /** What cannot be looked up is told to have failed. */
  async function isLeft(): Promise<boolean> {
    try {
      return resumable && (await plan.isLeft?.()) === true
    } catch {
      return false
    }
  }

  function join(after: number): Reader {
    clearTimeout(grace)
    if (readers.size >= MOST_READERS) {
      const [first] = readers
      if (first !== undefined) putOut(first)
    }
    const seen = after === 0 ? 0 : (log[after - 1 - base]?.upTo ?? total)
    const reader: Reader = { next: after + 1, seen, out: false, wake: () => undefined }
    readers.add(reader)
    return reader
  }

  function putOut(reader: Reader): void {
    reader.out = true
    readers.delete(reader)
    reader.wake()
  }

  function taken(reader: Reader, event: LiveEvent & { readonly upTo: number }): void {
    reader.next = event.seq + 1
    reader.seen = event.upTo
    if (plan.last.includes(event.event)) endings.add(event.seq)
    if (!resumable) {
      log.splice(0, event.seq - base)
      base = event.seq
    }
    onRoom?.()
  }

  async function* follow(given: number, until: AbortSignal): AsyncGenerator<LiveEvent, void> {
    const after = plan.retells === true ? given : Math.min(given, base + log.length)
    const reader = join(after)
    const onAbort = () => reader.wake()
    until.addEventListener('abort', onAbort, { once: true })
    try {
      while (!reader.out) {
        until.throwIfAborted()
        const event = log[reader.next - 1 - base]
        if (event !== undefined) {
          taken(reader, event)
          yield event
        } else if (isEnded) {
          const end = log.at(-1)
          // What it has seen was told by the process before: of this ending it knows nothing.
          if (plan.retells !== true || reader.next > after + 1 || end === undefined || !plan.last.includes(end.event)) return
          endings.add(after + 1)
          yield { ...end, seq: after + 1 }
          return
        } else {
          await new Promise<void>((resolve) => {
            reader.wake = resolve
          })
        }
      }
    } finally {
      until.removeEventListener('abort', onAbort)
      readers.delete(reader)
      onRoom?.()
      unattended()
    }
  }

  /**
   * Numbers of the process before are those of this one again. An answer that was written has more events than one that was broken off
   * before its first word; one that failed may have as many, so that its ending is rather told twice than not at all.
   */
  function isOver(after: number): boolean {
    if (!isEnded || after < base + log.length) return false
    if (plan.retells !== true) return true
    const end = log.at(-1)
    return endings.has(after) && !(after === end?.seq && end.event === plan.failed)
  }

  void run()
  return {
    id: plan.id,
    owner: plan.owner,
    publicationId: plan.publicationId,
    resumable,
    startedAt: plan.startedAt,
    begun: begun.promise,
    ended: ended.promise,
    settled: settled.promise,
    get databaseIds() {
      return databaseIds
    },
    get sources() {
      return sources
    },
    get conversationId() {
      return conversationId
    },
    get isDelivered() {
      return isDelivered
    },
    get size() {
      return total
    },
    isOver: async (after) => isOver(after),
    follow,
    stop: async () => end(new AppError('answer/stopped')),
    async delivered() {
      if (!isEnded || isDelivered) return
      isDelivered = true
      plan.onDelivered?.()
    },
    end,
    attend() {
      if (readers.size === 0 && resumable) unattended()
    },
  }
}

/** The first event of an answer names its conversation. */
function conversationIn(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null || !('conversation_id' in data)) return undefined
  return typeof data.conversation_id === 'string' ? data.conversation_id : undefined
}

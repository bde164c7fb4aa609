import { setTimeout as pause } from 'node:timers/promises'
import type { Cache } from '../../ports/cache.ts'
import type { World } from '../../ports/world.ts'
import type { Followable, LiveEvent } from './events.ts'
import type { LiveStream } from './stream.ts'

// Streams of this process for readers at others of the same server, and theirs for ours. All of it may be lost at any time:
// then a reader elsewhere is told that there is no such stream, and the one at home goes on.

export interface SharedOptions {
  readonly world: Pick<World, 'cache' | 'hash' | 'newId' | 'log'>
  /** How long what ended is kept, ms. */
  readonly keepMs: number
  /** How long an answer goes on without a reader, ms: readers elsewhere say that they are there more often. */
  readonly graceMs: number
  /** Streams of this process. */
  local(id: string): LiveStream | undefined
  /** One of this process is stopped, or one that it is about to go on with. */
  stop(id: string): Promise<void>
  /** What a reader elsewhere is told when the process of its stream is gone. */
  interrupted(code: 'answer/interrupted' | 'stream/not-found'): { readonly event: string; readonly text: string }
  readonly last: readonly string[]
  /** What streams were about was deleted, by another process. */
  forgotten(subject: string): void
  /** The process of a stream is gone: `left` where another one may go on with it for readers that come back. */
  abandoned(owner: string, id: string): Promise<'left' | 'ended'>
  /** Aborted when this process closes: readers of others' streams are let go without an ending, to go on elsewhere. */
  readonly closing: AbortSignal
  /** Milliseconds for which a process counts as alive after its last sign. */
  readonly leaseMs: number
}

/** Facts of a stream beside its events. */
interface Meta {
  readonly owner: string
  readonly process: string
  readonly databaseIds: readonly string[]
  readonly publicationId?: string
  readonly sources?: 'documents' | 'quotes'
  readonly conversationId?: string
  readonly startedAt: number
}

type Facts = Pick<LiveStream, 'id' | 'owner' | 'databaseIds' | 'publicationId' | 'sources' | 'conversationId' | 'startedAt'>

export interface Shared {
  /** Takes the events of a stream of this process as they come. */
  mirror(stream: Facts): (event: LiveEvent, isLast: boolean) => void
  find(id: string): Promise<Followable | undefined>
  /** Whether nothing was heard of the process of a stream for a while; false where nothing is known. */
  isGone(id: string): Promise<boolean>
  /** A stream of a process that is gone is this process's from now on, until what this gives is called. */
  take(stream: Facts): Promise<() => Promise<void>>
  /** Nothing of it is kept for others any longer. */
  drop(id: string): Promise<void>
  /** Tells the other processes what was deleted. */
  forget(subject: string): Promise<void>
  close(): Promise<void>
}

/** Longer than any answer takes. */
const RUNNING_MS = 3_600_000
/** Entries of a log: it takes few more, and a stream of which a part is missing is of no use. */
const MOST_ENTRIES = 65_000
/** Entries that are read at once. */
const BATCH = 200
/** Characters of an entry: values of the cache are bounded. */
const PIECE = 200_000
/** Longest time between a look and the next while nothing is announced: announcements may be lost. */
const LOOK_MS = 2_000
/** Streams that are looked after with each sign of life, in turn. */
const TENDED = 256
/** How long a reader waits for a cache that is away. */
const UNKNOWN_MS = 60_000

export const logOf = (id: string) => `live:log:${id}`
export const metaOf = (id: string) => `live:meta:${id}`
const channelOf = (id: string) => `live:more:${id}`
const signOf = (process: string) => `live:process:${process}`
const FORGOTTEN = 'live:forgotten'
const orders = (process: string) => `live:orders:${process}`

export function sharedStreams(options: SharedOptions): Shared {
  const { world, graceMs, keepMs, leaseMs, last } = options
  const { cache } = world
  const self = world.newId('proc')
  /** Between two looks while nothing is announced. */
  const waitMs = Math.min(LOOK_MS, leaseMs / 2)
  let sign: NodeJS.Timeout | undefined
  let unsubscribe: Promise<readonly (() => void)[]> | undefined
  /** Of this process, as long as others are told. */
  const mirrored = new Set<string>()
  /** Of this process, as long as others may read them: their facts, and until when, by `performance.now`. The one that waits longest is the first. */
  const readable = new Map<string, { readonly meta: string; readonly until: number }>()

  /** From the first stream on: a process without any need not say that it is alive. */
  function appear(): void {
    if (sign !== undefined) return
    const live = () => {
      void cache.set(signOf(self), 'alive', leaseMs)
      void tend()
    }
    live()
    sign = setInterval(live, leaseMs / 3)
    sign.unref()
    const ordered = cache.subscribe(orders(self), (message) => {
      const [order, id = ''] = message.split(' ')
      if (order === 'stop') void options.stop(id)
      if (order === 'attend') options.local(id)?.attend()
      if (order === 'lost') readable.delete(id)
      if (order === 'delivered') void options.local(id)?.delivered()
    })
    unsubscribe = Promise.all([ordered, cache.subscribe(FORGOTTEN, options.forgotten)])
  }

  async function tell(id: string, meta: string, ttl: number): Promise<void> {
    readable.set(id, { meta, until: performance.now() + ttl })
    await cache.set(metaOf(id), meta, ttl)
  }

  /** A cache that was away has lost what names the process of a stream, but not its events. */
  async function tend(): Promise<void> {
    for (const [id, known] of [...readable].slice(0, TENDED)) {
      const ttl = known.until - performance.now()
      const found = ttl > 0 ? await cache.get(metaOf(id)) : undefined
      if (readable.get(id) !== known) continue
      readable.delete(id)
      // Another one has taken it.
      if (ttl <= 0 || (found !== undefined && processIn(found) !== self)) continue
      readable.set(id, known)
      if (found === undefined) await cache.set(metaOf(id), known.meta, ttl)
    }
  }

  return {
    mirror(stream) {
      if (!cache.isShared) return () => undefined
      appear()
      const { id } = stream
      const meta = JSON.stringify(metaFor(stream))
      mirrored.add(id)
      let waiting: string[] = []
      let count = 0
      let isOver = false
      let isWriting = false
      async function write(): Promise<void> {
        if (isWriting) return
        isWriting = true
        while (waiting.length > 0) {
          const entries = waiting
          waiting = []
          count += entries.length
          if (count > MOST_ENTRIES && mirrored.has(id)) await drop(id)
          if (!mirrored.has(id)) continue
          const ttl = isOver ? keepMs : RUNNING_MS
          if (isOver) await tell(id, meta, ttl)
          await cache.append(logOf(id), entries, ttl)
          await cache.publish(channelOf(id), 'more')
        }
        isWriting = false
        if (isOver) mirrored.delete(id)
      }
      const begun = tell(id, meta, RUNNING_MS)
      return (event, isLast) => {
        waiting.push(...packed(event))
        isOver ||= isLast
        void begun.then(write)
      }
    },

    async find(id) {
      const found = await cache.get(metaOf(id))
      if (found === undefined) return undefined
      const meta = JSON.parse(found) as Meta
      return {
        id,
        owner: meta.owner,
        databaseIds: meta.databaseIds,
        publicationId: meta.publicationId,
        sources: meta.sources,
        conversationId: meta.conversationId,
        startedAt: meta.startedAt,
        isOver: async (after) => {
          if (after === 0) return false
          const all = await wholeLog(cache, id)
          const end = all.at(-1)
          // Whoever has seen as much as the process before told, of which this is the log as well, does not know the ending yet.
          return end !== undefined && last.includes(end.event) && after >= end.seq && after > formerIn(all)
        },
        follow: (after, signal) => followElsewhere({ id, owner: meta.owner, process: meta.process, after, signal: AbortSignal.any([signal, options.closing]) }),
        stop: () => cache.publish(orders(meta.process), `stop ${id}`),
        delivered: () => cache.publish(orders(meta.process), `delivered ${id}`),
      }
    },

    async isGone(id) {
      for (let looks = 0; looks < 2; looks += 1) {
        if (looks > 0) await pause(waitMs)
        if ((await stateOf(id)) !== 'gone') return false
      }
      return true
    },

    async take(stream) {
      if (!cache.isShared) return async () => undefined
      appear()
      const { id } = stream
      const former = await cache.get(metaOf(id))
      await tell(id, JSON.stringify(metaFor(stream)), RUNNING_MS)
      return async () => {
        readable.delete(id)
        await (former === undefined ? cache.remove(metaOf(id)) : cache.set(metaOf(id), former, RUNNING_MS))
      }
    },

    drop,
    forget: (subject) => cache.publish(FORGOTTEN, subject),

    async close() {
      clearInterval(sign)
      await cache.remove(signOf(self))
      for (const end of (await unsubscribe) ?? []) end()
    },
  }

  function metaFor({ owner, databaseIds, publicationId, sources, conversationId, startedAt }: Facts): Meta {
    const of = { ...(publicationId === undefined ? {} : { publicationId }), ...(sources === undefined ? {} : { sources }) }
    return { owner, process: self, databaseIds, startedAt, ...of, ...(conversationId === undefined ? {} : { conversationId }) }
  }

  async function drop(id: string): Promise<void> {
    if (!cache.isShared) return
    mirrored.delete(id)
    readable.delete(id)
    await cache.remove(metaOf(id))
    // A log goes with its time; whoever reads it until then sees that it is broken.
    await cache.append(logOf(id), packed({ seq: 0, event: '', text: '' }), 1)
  }

  async function* followElsewhere(where: {
    readonly id: string
    readonly owner: string
    readonly process: string
    readonly after: number
    readonly signal: AbortSignal
  }): AsyncGenerator<LiveEvent, void> {
    const { id, owner, process, after, signal } = where
    let wake: () => void = () => undefined
    let isAnnounced = false
    const listen = () => {
      isAnnounced = true
      wake()
    }
    const attend = async () => cache.publish(orders((await processOf(id)) ?? process), `attend ${id}`)
    const end = await cache.subscribe(channelOf(id), listen)
    signal.addEventListener('abort', listen, { once: true })
    const attending = setInterval(() => void attend(), Math.max(50, Math.min(5_000, graceMs / 3)))
    void attend()
    const unpack = unpacker()
    let place = 0
    let expected = 1
    let [missed, broken, namelessMs, unknownMs] = [0, 0, 0, 0]
    let isRetold = false
    const ending = (code: Parameters<SharedOptions['interrupted']>[0]) => ({ seq: Math.max(after, expected - 1) + 1, ...options.interrupted(code) })
    try {
      for (;;) {
        if (signal.aborted) {
          if (options.closing.aborted) return
          throw signal.reason
        }
        isAnnounced = false
        const entries = await cache.read(logOf(id), place, BATCH)
        place += entries.length
        for (const event of entries.flatMap(unpack)) {
          const isLast = last.includes(event.event)
          // A process that goes on with an answer tells what was told before, and may end sooner.
          if (event.seq > 0 && event.seq < expected) {
            isRetold = true
            if (!isLast) continue
            return yield { ...event, seq: Math.max(after, expected - 1) + 1 }
          }
          if (event.seq !== expected) {
            await lose(id, process)
            return yield ending('stream/not-found')
          }
          expected += 1
          if (event.seq > after) yield event
          // Whoever says that it has seen more than there is gets the ending all the same.
          else if (isLast && (isRetold || event.seq < after)) yield { ...event, seq: after + 1 }
          if (isLast) return
        }
        if (entries.length > 0 || isAnnounced) {
          ;[missed, broken] = [0, 0]
          continue
        }
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, waitMs)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
        if (isAnnounced) continue
        const state = await stateOf(id, process)
        missed = state === 'gone' ? missed + 1 : 0
        broken = state === 'alive' && !(await isWhole(id, place)) ? broken + 1 : 0
        unknownMs = state === 'unknown' ? unknownMs + waitMs : 0
        namelessMs = state === 'nameless' ? namelessMs + waitMs : 0
        if (broken >= 2) await lose(id, process)
        if (broken >= 2 || namelessMs > leaseMs || unknownMs > UNKNOWN_MS) return yield ending('stream/not-found')
        if (missed < 2) continue
        if ((await options.abandoned(owner, id)) === 'left') return
        return yield ending('answer/interrupted')
      }
    } finally {
      clearInterval(attending)
      signal.removeEventListener('abort', listen)
      end()
    }
  }

  /** A stream of which a part is missing is not found again. */
  async function lose(id: string, process: string): Promise<void> {
    await cache.publish(orders((await processOf(id)) ?? process), `lost ${id}`)
    await cache.remove(metaOf(id))
  }

  /** Whether all that was read of a stream is still there. */
  async function isWhole(id: string, place: number): Promise<boolean> {
    return (await cache.read(logOf(id), Math.max(0, place - 1), 1)).length > 0
  }

  /**
   * `gone`: the stream is known and its process is not; where neither is, the cache is away, and nothing is known of anybody.
   * `nameless`: the process lives, and says again what the cache has lost, unless the stream was dropped.
   */
  async function stateOf(id: string, first?: string): Promise<'alive' | 'nameless' | 'gone' | 'unknown'> {
    const known = await processOf(id)
    const process = known ?? first
    if (process !== undefined && (await cache.get(signOf(process))) !== undefined) return known === undefined ? 'nameless' : 'alive'
    return known === undefined ? 'unknown' : 'gone'
  }

  /** At this moment: another one may have taken the stream. */
  async function processOf(id: string): Promise<string | undefined> {
    const found = await cache.get(metaOf(id))
    return found === undefined ? undefined : processIn(found)
  }
}

function processIn(meta: string): string {
  return (JSON.parse(meta) as Meta).process
}

/** An event as entries of a log: a large one in pieces, all but the last of which begin with `+`. */
export function packed(event: LiveEvent): readonly string[] {
  const text = JSON.stringify([event.seq, event.event, event.text])
  if (text.length <= PIECE) return [`.${text}`]
  const pieces = Array.from({ length: Math.ceil(text.length / PIECE) }, (_, index) => text.slice(index * PIECE, (index + 1) * PIECE))
  return pieces.map((piece, index) => `${index === pieces.length - 1 ? '.' : '+'}${piece}`)
}

/** Puts the entries of one log together again, in their order. */
function unpacker(): (entry: string) => readonly LiveEvent[] {
  let begun = ''
  return (entry) => {
    begun += entry.slice(1)
    if (entry.startsWith('+')) return []
    const [seq, event, text] = JSON.parse(begun) as [number, string, string]
    begun = ''
    return [{ seq, event, text }]
  }
}

/** Number of the last event that was told before it was told from the first one on again; 0 when it was not. */
function formerIn(all: readonly LiveEvent[]): number {
  const again = all.findLastIndex(({ seq }) => seq === 1)
  return all.slice(0, Math.max(0, again)).reduce((most, { seq }) => Math.max(most, seq), 0)
}

async function wholeLog(cache: Cache, id: string): Promise<readonly LiveEvent[]> {
  const unpack = unpacker()
  const all: LiveEvent[] = []
  for (let place = 0; ; ) {
    const entries = await cache.read(logOf(id), place, BATCH)
    if (entries.length === 0) return all
    place += entries.length
    all.push(...entries.flatMap(unpack))
  }
}

import type { Caller } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import type { World } from '../../ports/world.ts'
import type { ServerEvent } from '../sse.ts'
import type { Followable } from './events.ts'
import { sharedStreams } from './shared.ts'
import { type LivePlan, type LiveStream, liveStream } from './stream.ts'

/** What a caller asks to be run; the hub adds what it knows itself. */
export type Asked = Omit<LivePlan, 'id' | 'graceMs' | 'onEvent' | 'onDelivered'> & {
  /** Aborted when whoever asked has left before the first event: nobody knows the stream yet, and it ends. */
  readonly gone: AbortSignal
  /** Under which its owner finds the newest one again. */
  readonly alias?: string
}

/** The answers that run in this process, and the way to those of others. */
export interface Hub {
  /** Resolves with the first event; whoever asked reads it then. @throws what the answer failed with before it */
  begin(asked: Asked): Promise<LiveStream>
  /** One of this owner that is not forgotten yet. */
  find(owner: string, id: string): Promise<Followable | undefined>
  /** The newest one under an alias, unless its end was told to a reader. */
  findAlias(owner: string, alias: string): Promise<Followable | undefined>
  /** Answers that run now. */
  readonly running: number
  /** Ends all with this. */
  close(reason: AppError): Promise<void>
}

export interface HubOptions {
  readonly world: Pick<World, 'cache' | 'hash' | 'newId' | 'log'>
  readonly graceMs: number
  /** Of the events of answers: names that end a stream, and how one is told that its process is gone. */
  readonly last: readonly string[]
  interrupted(error: AppError): ServerEvent
  readonly keepMs?: number
  readonly leaseMs?: number
}

/** Source: a phone that lost its network finds it again within minutes. */
const KEEP_MS = 300_000
const LEASE_MS = 15_000
/** Longer than any answer takes. */
const ALIAS_MS = 3_600_000
/** Characters of all that ended and is kept; the oldest goes first. */
const MOST_KEPT = 67_108_864

/** Who may read a stream again: the same account, key, or visitor of the same chat. */
export function ownerOf(caller: Pick<Caller, 'kind' | 'accountId' | 'id' | 'publicationId'>): string {
  return JSON.stringify([caller.kind, caller.accountId, caller.id, caller.publicationId ?? ''])
}

export function liveHub(options: HubOptions): Hub {
  const { world, graceMs, keepMs = KEEP_MS, leaseMs = LEASE_MS } = options
  const streams = new Map<string, LiveStream>()
  /** Ended, in that order. */
  const kept = new Map<string, NodeJS.Timeout>()
  const aliases = new Map<string, string>()
  const aliasNames = new Map<string, string>()
  const running = new Set<LiveStream>()
  const closing = new AbortController()
  let size = 0
  const shared = sharedStreams({
    ...{ world, keepMs, graceMs, leaseMs, last: options.last, closing: closing.signal },
    local: (id) => streams.get(id),
    interrupted(code) {
      const { event, data } = options.interrupted(new AppError(code))
      return { event, text: JSON.stringify(data) }
    },
  })

  const aliasOf = (owner: string, alias: string) => `live:alias:${world.hash(`${owner}\n${alias}`)}`

  function keep(stream: LiveStream): void {
    size += stream.size
    const timer = setTimeout(() => forget(stream.id), keepMs)
    timer.unref()
    kept.set(stream.id, timer)
    for (const id of kept.keys()) {
      if (size <= MOST_KEPT) break
      forget(id)
    }
  }

  function forget(id: string): void {
    const stream = streams.get(id)
    if (stream === undefined) return
    clearTimeout(kept.get(id))
    kept.delete(id)
    streams.delete(id)
    size -= stream.size
    const name = aliasNames.get(id)
    if (name === undefined) return
    aliasNames.delete(id)
    if (aliases.get(name) === id) aliases.delete(name)
  }

  async function find(owner: string, id: string): Promise<Followable | undefined> {
    const found = streams.get(id) ?? (/^str_[0-9a-zA-Z_-]{16,64}$/.test(id) ? await shared.find(id) : undefined)
    return found?.owner === owner ? found : undefined
  }

  return {
    async begin({ gone, alias, ...asked }) {
      if (closing.signal.aborted) throw new AppError('server/closing')
      let onEvent: NonNullable<LivePlan['onEvent']> = () => undefined
      const name = alias === undefined ? undefined : aliasOf(asked.owner, alias)
      const stream: LiveStream = liveStream({
        ...asked,
        ...{ id: world.newId('str'), graceMs },
        onEvent(event, isLast) {
          if (event.seq === 1 && asked.resumable) {
            if (stream.databaseIds.length === 0) throw new Error('an answer did not tell which databases are asked')
            onEvent = shared.mirror(stream)
          }
          onEvent(event, isLast)
        },
        onDelivered() {
          if (name !== undefined && world.cache.isShared) void world.cache.remove(name)
        },
      })
      running.add(stream)
      void stream.ended.then(() => running.delete(stream))
      const leave = () => stream.end(new AppError('request/aborted'))
      gone.addEventListener('abort', leave, { once: true })
      if (gone.aborted) leave()
      try {
        await stream.begun
      } finally {
        gone.removeEventListener('abort', leave)
      }
      if (!asked.resumable) return stream
      streams.set(stream.id, stream)
      if (name !== undefined) {
        aliases.set(name, stream.id)
        aliasNames.set(stream.id, name)
        if (world.cache.isShared) await world.cache.set(name, stream.id, ALIAS_MS)
      }
      void stream.ended.then(() => keep(stream))
      return stream
    },

    find,

    async findAlias(owner, alias) {
      const name = aliasOf(owner, alias)
      const id = aliases.get(name) ?? (await world.cache.get(name))
      if (id === undefined) return undefined
      return streams.get(id)?.isDelivered === true ? undefined : find(owner, id)
    },

    get running() {
      return running.size
    },

    async close(reason) {
      closing.abort()
      const all = [...running]
      for (const stream of all) stream.end(reason)
      await Promise.all(all.map(({ ended }) => ended))
      for (const timer of kept.values()) clearTimeout(timer)
      await shared.close()
    },
  }
}

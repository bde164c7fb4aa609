import { setTimeout as pause } from 'node:timers/promises'
import type { Caller } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import type { World } from '../../ports/world.ts'
import type { ServerEvent } from '../sse.ts'
import type { Followable } from './events.ts'
import type { LeftAnswer } from './left.ts'
import { sharedStreams } from './shared.ts'
import { type Asks, type LivePlan, type LiveStream, liveStream } from './stream.ts'

/** What a caller asks to be run; the hub adds what it knows itself. */
export type Asked = Omit<LivePlan, 'id' | 'graceMs' | 'startedAt' | 'source' | 'onEvent' | 'onDelivered'> & {
  /** The answer, under the id of its stream when it may be resumed; `asks` is called before its first event. */
  source(signal: AbortSignal, asks: Asks, streamId: string | undefined): AsyncIterable<ServerEvent>
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
  /** The newest one under an alias, unless a reader was sent all of it. */
  findAlias(owner: string, alias: string): Promise<Followable | undefined>
  /** Ends and forgets what is about a conversation, or what somebody asked, up to now: it was deleted. In every process. */
  forget(gone: Gone): Promise<void>
  /** Answers that run now. */
  readonly running: number
  /** Ends all with this, and waits for two seconds at most until what they asked has let go. */
  close(reason: AppError): Promise<void>
}

export type Gone = { readonly conversation: string } | { readonly owner: string }

export interface HubOptions {
  readonly world: Pick<World, 'cache' | 'hash' | 'newId' | 'now' | 'log'>
  /** Of a process that is gone, this owner's; `isGone`: that it is, is known. */
  left(owner: string, id: string, isGone?: boolean): Promise<LeftAnswer | undefined>
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
const FORGOTTEN_MS = 2 * ALIAS_MS
/** In the place of the id under an alias: all of it was sent. */
const OVER = 'over'
/** Source: a connection that closes and the row of a trace; what does not listen is not waited for. */
const LET_GO_MS = 2_000
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
  /** Not let go of by their sources yet. */
  const unsettled = new Set<LiveStream>()
  const closing = new AbortController()
  let size = 0
  const shared = sharedStreams({
    ...{ world, keepMs, graceMs, leaseMs, last: options.last, closing: closing.signal },
    local: (id) => streams.get(id),
    interrupted(code) {
      const { event, data } = options.interrupted(new AppError(code))
      return { event, text: JSON.stringify(data) }
    },
    forgotten: letGo,
    abandoned: async (owner, id) => (await options.left(owner, id, true))?.end(),
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

  /** A newer one under the same name stays. */
  async function delivered(name: string, id: string): Promise<void> {
    if ((await world.cache.get(name)) === id) await world.cache.set(name, OVER, ALIAS_MS)
  }

  async function find(owner: string, id: string): Promise<Followable | undefined> {
    if (!/^str_[0-9a-zA-Z_-]{16,64}$/.test(id)) return undefined
    const found = streams.get(id) ?? (await shared.find(id)) ?? (await leftOver(owner, id))
    if (found?.owner !== owner) return undefined
    for (const subject of subjectsOf(found)) {
      const at = await world.cache.get(forgottenOf(subject))
      if (at !== undefined && found.startedAt <= Number(at)) return undefined
    }
    return found
  }

  /** An answer whose process is gone, as a stream that holds its ending alone. */
  async function leftOver(owner: string, id: string): Promise<Followable | undefined> {
    const left = await options.left(owner, id)
    if (left === undefined) return undefined
    const { event, data } = options.interrupted(new AppError('answer/interrupted'))
    return {
      ...left.facts,
      isOver: async () => false,
      async *follow(after) {
        await left.end()
        yield { seq: after + 1, event, text: JSON.stringify(data) }
      },
      stop: left.end,
      delivered: async () => undefined,
    }
  }

  function subjectsOf({ owner, conversationId }: Pick<Followable, 'owner' | 'conversationId'>): readonly string[] {
    return [`owner ${owner}`, ...(conversationId === undefined ? [] : [`conversation ${conversationId}`])]
  }

  function forgottenOf(subject: string): string {
    return `live:forgotten:${world.hash(subject)}`
  }

  function letGo(subject: string): void {
    for (const stream of new Set([...streams.values(), ...running])) {
      if (!subjectsOf(stream).includes(subject)) continue
      stream.end(new AppError('stream/not-found', { stream: stream.id }))
      void stream.ended.then(async () => {
        await shared.drop(stream.id)
        forget(stream.id)
      })
    }
  }

  return {
    async begin({ gone, alias, ...asked }) {
      if (closing.signal.aborted) throw new AppError('server/closing')
      let onEvent: NonNullable<LivePlan['onEvent']> = () => undefined
      const name = alias === undefined ? undefined : aliasOf(asked.owner, alias)
      const id = world.newId('str')
      const stream: LiveStream = liveStream({
        ...asked,
        ...{ id, graceMs, startedAt: world.now() },
        source: (signal, asks) => asked.source(signal, asks, asked.resumable ? id : undefined),
        onEvent(event, isLast) {
          if (event.seq === 1 && asked.resumable) {
            if (stream.databaseIds.length === 0) throw new Error('an answer did not tell which databases are asked')
            onEvent = shared.mirror(stream)
          }
          onEvent(event, isLast)
        },
        onDelivered() {
          if (name !== undefined && world.cache.isShared) void delivered(name, id)
        },
      })
      running.add(stream)
      unsettled.add(stream)
      void stream.settled.then(() => unsettled.delete(stream))
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
      // Another process may know a newer one.
      const id = (world.cache.isShared ? await world.cache.get(name) : undefined) ?? aliases.get(name)
      if (id === undefined || id === OVER) return undefined
      return streams.get(id)?.isDelivered === true ? undefined : find(owner, id)
    },

    async forget(gone) {
      const subject = 'owner' in gone ? `owner ${gone.owner}` : `conversation ${gone.conversation}`
      await world.cache.set(forgottenOf(subject), String(world.now()), FORGOTTEN_MS)
      letGo(subject)
      if (world.cache.isShared) await shared.forget(subject)
    },

    get running() {
      return running.size
    },

    async close(reason) {
      closing.abort()
      const all = [...running]
      for (const stream of all) stream.end(reason)
      await Promise.all(all.map(({ ended }) => ended))
      const waited = new AbortController()
      const late = pause(LET_GO_MS, undefined, { signal: waited.signal }).catch(() => undefined)
      await Promise.race([Promise.all([...unsettled].map(({ settled }) => settled)), late])
      waited.abort()
      for (const timer of kept.values()) clearTimeout(timer)
      await shared.close()
    },
  }
}

import { setTimeout as pause } from 'node:timers/promises'
import { atMost } from '../../domain/abort.ts'
import type { Caller } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import type { World } from '../../ports/world.ts'
import type { ServerEvent } from '../sse.ts'
import type { Followable } from './events.ts'
import type { LeftAnswer, LeftAnswers } from './left.ts'
import { sharedStreams } from './shared.ts'
import { type Asks, type LivePlan, type LiveStream, liveStream } from './stream.ts'

/** What a caller asks to be run; the hub adds what it knows itself. */
export type Asked = Omit<LivePlan, 'id' | 'graceMs' | 'startedAt' | 'retells' | 'failed' | 'source' | 'onEvent' | 'onDelivered'> & {
  /** Of one that is gone on with; a new one unless told. */
  readonly id?: string
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
  /**
   * What a process that is gone left, gone on with by what `start` begins under the same id, or as it is where that cannot be.
   * `start` is called in one process of all that are asked at once; the others read what that one tells.
   * @throws what may be tried again, such as limit/streams
   */
  goOn(found: Followable, start: (left: LeftAnswer) => Promise<LiveStream>): Promise<Followable>
  /** One of this owner that is not forgotten yet; one that is being gone on with is waited for. @throws store/unavailable */
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
  /** Of processes that are gone. */
  readonly left: LeftAnswers
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
/** For answers that are being stored: longer than a store that is written to by others makes anybody wait. */
const STORED_MS = 20_000
/** After these an answer that was left stays as it was, for the next time that its asker comes back. */
const TRIED_AGAIN: ReadonlySet<string> = new Set(['request/aborted', 'limit/streams', 'limit/rate', 'server/closing', 'store/unavailable'])
/** Between two looks whether another process has taken what was left. */
const TAKEN_MS = 100
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
  /** Being gone on with. */
  const waking = new Map<string, { readonly left: LeftAnswer; readonly done: Promise<Followable> }>()
  /** Claimed, to be tried again, and not left again yet because the store was away. */
  const held = new Map<string, LeftAnswer>()
  const closing = new AbortController()
  const failed = options.interrupted(new AppError('answer/interrupted')).event
  let size = 0
  const shared = sharedStreams({
    ...{ world, keepMs, graceMs, leaseMs, last: options.last, closing: closing.signal },
    local: (id) => streams.get(id),
    stop: async (id) => (await here(id))?.stop(),
    interrupted(code) {
      const { event, data } = options.interrupted(new AppError(code))
      return { event, text: JSON.stringify(data) }
    },
    forgotten: letGo,
    async abandoned(owner, id) {
      const left = await options.left.find(owner, id, true)
      if (left?.asked !== undefined) return 'left'
      await left?.end()
      return 'ended'
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

  /** A newer one under the same name stays. */
  async function delivered(name: string, id: string): Promise<void> {
    if ((await world.cache.get(name)) === id) await world.cache.set(name, OVER, ALIAS_MS)
  }

  async function find(owner: string, id: string): Promise<Followable | undefined> {
    if (!/^str_[0-9a-zA-Z_-]{16,64}$/.test(id)) return undefined
    // It may be taken to be gone on with while it is looked for.
    const found = (await here(id, owner)) ?? (await elsewhere(owner, id)) ?? (await leftOver(owner, id)) ?? (await here(id, owner))
    if (found?.owner !== owner) return undefined
    for (const subject of subjectsOf(found)) {
      const at = await world.cache.get(forgottenOf(subject))
      if (at !== undefined && found.startedAt <= Number(at)) return undefined
    }
    return found
  }

  /** Runs here, or is about to. One that could not be gone on with is as it was. */
  async function here(id: string, owner?: string): Promise<Followable | undefined> {
    const woken = waking.get(id)
    if (streams.has(id) || woken === undefined || (owner !== undefined && woken.left.facts.owner !== owner)) return streams.get(id)
    return woken.done.catch(() => undefined)
  }

  async function elsewhere(owner: string, id: string): Promise<Followable | undefined> {
    const found = await shared.find(id)
    if (found?.owner !== owner) return found
    const left = await options.left.find(owner, id, true)
    return left?.asked !== undefined && (await shared.isGone(id)) ? endingOf(left) : found
  }

  async function leftOver(owner: string, id: string): Promise<Followable | undefined> {
    const claimed = held.get(id)
    if (claimed?.facts.owner === owner) {
      await claimed.release()
      held.delete(id)
    }
    const left = await options.left.find(owner, id)
    return left === undefined ? undefined : endingOf(left)
  }

  /** An answer whose process is gone, as a stream that holds its ending alone. */
  function endingOf(left: LeftAnswer): Followable {
    const { event, data } = options.interrupted(new AppError('answer/interrupted'))
    return {
      ...left.facts,
      left,
      isOver: async () => false,
      async *follow(after) {
        await left.end()
        yield { seq: after + 1, event, text: JSON.stringify(data) }
      },
      stop: () => stopLeft(left),
      delivered: async () => undefined,
    }
  }

  /** Whoever goes on with it stops. @throws stream/not-found */
  async function stopLeft(left: LeftAnswer): Promise<void> {
    const { id } = left.facts
    const woken = await here(id)
    if (woken !== undefined && woken.left === undefined) return woken.stop()
    if (left.asked === undefined || (await left.claim())) return left.end()
    return (await taken(id)).stop()
  }

  async function wake(left: LeftAnswer, start: (left: LeftAnswer) => Promise<LiveStream>): Promise<Followable> {
    const { id } = left.facts
    if (!(await left.claim())) return taken(id)
    const giveBack = await shared.take(left.facts)
    try {
      return await start(left)
    } catch (fault) {
      // Whoever waits for it elsewhere sees again that its process is gone.
      await giveBack()
      if (fault instanceof AppError && TRIED_AGAIN.has(fault.code)) {
        await left.release().catch(() => held.set(id, left))
        throw fault
      }
      world.log.warn('answer-not-gone-on-with', { stream: id, error: fault })
      // Tried again when the ending is read.
      await left.end().catch(() => undefined)
      return endingOf({ ...left, asked: undefined })
    }
  }

  /** Which stream has the name of one that begins: what is gone on with may be older than another one. */
  async function namedBy(name: string, alias: string, { id, owner }: LiveStream): Promise<string> {
    const left = waking.get(id)?.left
    if (left === undefined) return id
    const known = (world.cache.isShared ? await world.cache.get(name) : undefined) ?? aliases.get(name)
    if (known !== undefined) return known
    const other = await options.left.newest(owner, alias, id).catch(() => undefined)
    // Another one may have begun meanwhile.
    return aliases.get(name) ?? (other !== undefined && other.at > left.facts.startedAt ? other.id : id)
  }

  /** Another process has just taken it: it says so at once. @throws stream/not-found */
  async function taken(id: string): Promise<Followable> {
    for (let tries = 0; tries < 10; tries += 1) {
      const found = await shared.find(id)
      if (found !== undefined && !(await shared.isGone(id))) return found
      await pause(TAKEN_MS)
    }
    throw new AppError('stream/not-found', { stream: id })
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
    async goOn(found, start) {
      const { id, left } = found
      if (left?.asked === undefined) return found
      const begun = streams.get(id) ?? waking.get(id)?.done
      if (begun !== undefined) return begun
      // Before it is claimed: the store may answer at once.
      const done = Promise.resolve().then(() => wake(left, start))
      waking.set(id, { left, done })
      try {
        return await done
      } finally {
        waking.delete(id)
      }
    },

    async begin({ gone, alias, ...asked }) {
      if (closing.signal.aborted) throw new AppError('server/closing')
      let onEvent: NonNullable<LivePlan['onEvent']> = () => undefined
      const name = alias === undefined ? undefined : aliasOf(asked.owner, alias)
      const id = asked.id ?? world.newId('str')
      const stream: LiveStream = liveStream({
        ...asked,
        ...{ id, graceMs, startedAt: world.now(), retells: asked.id !== undefined, failed },
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
      if (name !== undefined && alias !== undefined) {
        aliasNames.set(id, name)
        const named = await namedBy(name, alias, stream)
        if (named !== OVER) aliases.set(name, named)
        if (world.cache.isShared && named === id) await world.cache.set(name, id, ALIAS_MS)
      }
      void stream.ended.then(() => keep(stream))
      return stream
    },

    find,

    async findAlias(owner, alias) {
      const name = aliasOf(owner, alias)
      // Another process may know a newer one.
      const id = (world.cache.isShared ? await world.cache.get(name) : undefined) ?? aliases.get(name) ?? (await options.left.newest(owner, alias))?.id
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
      await atMost(STORED_MS, Promise.all(all.map(({ ended }) => ended)))
      await atMost(LET_GO_MS, Promise.all([...unsettled].map(({ settled }) => settled)))
      for (const timer of kept.values()) clearTimeout(timer)
      await shared.close()
    },
  }
}

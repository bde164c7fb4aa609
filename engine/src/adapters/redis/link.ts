import { Redis, ReplyError } from 'ioredis'
import { AppError } from '../../domain/errors.ts'
import type { Health } from '../../ports/health.ts'
import type { Log } from '../../ports/world.ts'
import { connectorTo } from './connector.ts'

/** How long somebody may have to wait for Redis, in ms. */
const REPLY_MS = 500
const CONNECT_MS = 1000
/** A connection that lies still is asked so often whether it is there. */
const BEAT_MS = 15_000
/** Replies in a row that did not come, from which nobody waits any more until the connection is a new one. */
const FAULTS = 3
const RETRY = { leastMs: 50, mostMs: 2000 } as const
/** A connection that comes and goes, or a Redis that refuses because its memory is full, is logged so often at most. */
const LOG_MS = 30_000

/** `unsent`: Redis does not know of it. `unsure`: it may have done it or not. */
export type Reply<T> = { readonly done: true; readonly value: T } | { readonly done: false; readonly why: 'unsent' | 'unsure' }

/** One connection, made when it is first used and made again whenever it is lost. */
export interface Link {
  /** Never throws and waits for half a second at most, but for the first connection, and not at all while Redis is away. */
  ask<T>(work: (redis: Redis) => Promise<T>): Promise<Reply<T>>
  readonly isUp: () => boolean
  close(): void
}

export interface LinkOptions {
  /** redis:// or rediss:// (TLS), with user, password and number of the database where they are needed. */
  readonly url: string
  readonly health: Health
  readonly log: Log
  /** Called when a connection, the first or another one, can be used. */
  readonly onUp: (redis: Redis) => void
  readonly onMessage?: (channel: string, message: string) => void
  readonly beatMs?: number
  /** A certificate that is trusted instead of those that Node trusts. */
  readonly ca?: string
  /** In the log. */
  readonly name: string
}

export function redisLink({ url, ca, name, health, log, onUp, onMessage, beatMs = BEAT_MS }: LinkOptions): Link {
  const redis = new Redis({
    ...optionsOf(url, ca),
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    disableClientInfo: true,
    connectionName: 'quarry',
    connectTimeout: CONNECT_MS,
    commandTimeout: 2 * REPLY_MS, // for the commands that the library sends by itself
    retryStrategy: (times) => Math.min(RETRY.mostMs, RETRY.leastMs * 2 ** Math.min(times, 10)) * (0.5 + Math.random() / 2),
    // After a fail-over the former primary still answers, but takes nothing.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  })
  let faults = 0
  let isAway = false
  let isClosed = false
  /** While the first connection is being made it is waited for; later ones are not. */
  let first: Promise<unknown> | undefined
  let beat: NodeJS.Timeout | undefined
  let isTold = false
  const toldAt = new Map<string, number>()

  function bad(event: string, error: unknown): boolean {
    const reason = reasonOf(error)
    health.bad('cache', new AppError('store/unavailable', { store: 'cache', reason }))
    const isNews = performance.now() - (toldAt.get(event) ?? Number.NEGATIVE_INFINITY) > LOG_MS
    if (!isNews) return false
    toldAt.set(event, performance.now())
    log.warn(event, { connection: name, reason })
    return true
  }

  function away(error: unknown): void {
    if (isClosed) return
    const isNew = bad('cache-away', error)
    if (!isAway) isTold = isNew
    isAway = true
  }

  function lost(error: unknown): void {
    away(error)
    faults += 1
    if (faults === FAULTS && redis.status === 'ready') redis.disconnect(true)
  }

  function good(): void {
    faults = 0
    health.good('cache')
    if (isAway && isTold) log.info('cache-back', { connection: name })
    isAway = false
  }

  redis.on('error', away)
  redis.on('close', () => away(new Error('closed')))
  redis.on('ready', () => {
    good()
    onUp(redis)
  })
  if (onMessage !== undefined) redis.on('message', onMessage)

  const isUp = () => redis.status === 'ready' && faults < FAULTS

  async function begin(): Promise<void> {
    beat = setInterval(() => {
      if (isUp()) redis.ping().then(good, lost)
    }, beatMs)
    beat.unref()
    await within(redis.connect(), REPLY_MS).catch(away)
    first = undefined
  }

  return {
    isUp,
    async ask(work) {
      if (redis.status === 'wait' && !isClosed) first = begin()
      if (first !== undefined) await first
      if (isClosed || !isUp()) return { done: false, why: 'unsent' }
      try {
        const value = await within(work(redis), REPLY_MS)
        good()
        return { done: true, value }
      } catch (error) {
        // What Redis refused it has not done, and it is there.
        if (isRefusal(error)) {
          bad('cache-refused', error)
          return { done: false, why: 'unsent' }
        }
        lost(error)
        return { done: false, why: 'unsure' }
      }
    },
    close() {
      isClosed = true
      clearInterval(beat)
      redis.disconnect()
    },
  }
}

function optionsOf(url: string, ca: string | undefined) {
  const { protocol, hostname, port, username, password, pathname } = new URL(url)
  const database = Number(pathname.slice(1))
  const host = hostname.replace(/^\[|\]$/g, '')
  const isSafe = protocol === 'rediss:'
  return {
    Connector: connectorTo({ host, port: port === '' ? 6379 : Number(port), isSafe, ca }),
    db: Number.isInteger(database) ? database : 0,
    ...(username === '' ? {} : { username: decoded(username) }),
    ...(password === '' ? {} : { password: decoded(password) }),
    // Which event says that a connection stands.
    ...(isSafe ? { tls: {} } : {}),
  }
}

/** A password may hold a % that stands for nothing else. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** After a time in which this thread was busy itself, what came meanwhile is read before it is said to be late. */
async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => setImmediate(() => reject(new Error('timeout'))), ms)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}

/** The package does not say that it is an Error. */
function isRefusal(error: unknown): error is Error {
  return error instanceof Error && error instanceof ReplyError
}

/** A word: messages of the library may hold what was sent, and so a password. */
function reasonOf(error: unknown): string {
  if (isRefusal(error)) return /^[A-Z]{2,20}\b/.exec(error.message)?.[0] ?? 'refused'
  if (!(error instanceof Error)) return 'unknown'
  if ('code' in error && typeof error.code === 'string') return error.code
  if (/time(?:d )?out/i.test(error.message)) return 'timeout'
  return /clos|writ|flush/i.test(error.message) ? 'closed' : error.name
}

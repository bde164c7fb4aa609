import { beforeAbort, pause } from '../domain/abort.ts'
import { AppError, type ErrorCode } from '../domain/errors.ts'
import { breaker, type Leave } from './breaker.ts'
import { retryAfter, said, secretsIn, textOf } from './http-said.ts'
import { Passing, type Watch, watchOver } from './http-watch.ts'

/**
 * The only place of this room that calls `fetch`, but for `oidc/exchange.ts`, whose library speaks its protocol itself.
 *
 * Deadline  `timeoutMs` bounds one attempt as a whole (`json`), or the wait for each piece (`open`), where `totalMs` bounds the whole.
 * Retries   faults that may pass (network, 408, 425, 429, 5xx, cut or unreadable replies) up to `retries` times with
 *           full jitter, or as Retry-After says; a wait above `MAX_RETRY_AFTER_MS`, or beyond `patienceMs`, is not sat out but reported.
 * Breaker   after `BREAKER_FAULTS` calls in a row that ended with such a fault new ones fail at once for `BREAKER_REST_MS`, then one may
 *           try. 429 does not count: who asks us to wait is there. Nor is a call held up that has begun. Another 4xx ends the row
 *           like a good reply. A streamed reply counts when it has ended, by what `judge` was told.
 * Errors    `faults.unavailable` for what may pass, `faults.refused` for the rest; AbortError when `signal` aborts.
 * Secrecy   redirects are not followed (they could carry the key away); header values, signed ones too, never appear in facts.
 */
export interface Http {
  /** Sends and reads one JSON value. An AppError that `read` throws is retried when its code is `faults.unavailable`. */
  json<T>(call: HttpCall, read: (value: unknown) => T): Promise<T>
  /** Retries until the reply begins; after that a fault ends the stream. */
  open(call: HttpCall): Promise<HttpReply>
  /** What a provider said, cut, and without the values of our headers. */
  clean(text: string): string
}

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** Only for `open`: else a reply that drips byte by byte never ends. */
  readonly totalMs?: number
  readonly retries: number
  /** Milliseconds after the beginning of the call when the last attempt may begin: somebody waits. Unless told, only each wait is bounded. */
  readonly patienceMs?: number
  /** Of the reply after decompression; 64 MiB unless told. */
  readonly maxBytes?: number
  readonly signal: AbortSignal
}

export interface HttpReply {
  readonly status: number
  readonly mediaType: string
  readonly headers: Headers
  readonly content: AsyncIterable<Uint8Array>
  /** Whether the reply was good, for the breaker: only its reader knows. Faults of the connection are counted already; the first word holds. */
  judge(isGood: boolean): void
  /** Lets go of what has not come yet: `content` ends with an error, which is no fault of the service. */
  close(): void
}

export interface HttpOptions {
  /** Without a slash at the end; `path` is appended. */
  readonly baseUrl: string
  readonly headers?: Readonly<Record<string, string>>
  /** Gives headers to add to each attempt, within its deadline. AppErrors that it throws are final. */
  readonly sign?: Sign
  /** Shown in facts: who does not answer. */
  readonly service: string
  readonly faults: { readonly unavailable: ErrorCode; readonly refused: ErrorCode }
  /** Whether a fault with a status beyond the usual ones may pass; `says` is what its body says. */
  readonly passes?: (status: number, says: string) => boolean
  /** Host names to which redirects may lead (downloads from a hub); none by default. */
  readonly redirects?: boolean
  readonly clock?: HttpClock
  /** Instead of the global one, which goes wherever a name leads. */
  readonly fetch?: Fetch
}

/** `body` is sent byte for byte as it stands here. */
export type Sign = (request: {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}) => Promise<Readonly<Record<string, string>>>

/** What is used of `fetch`. AppErrors that it throws are final. */
export type Fetch = (
  address: string,
  init: {
    readonly method: string
    readonly headers: Readonly<Record<string, string>>
    readonly body?: string
    readonly redirect: 'follow' | 'error'
    readonly signal: AbortSignal
  },
) => Promise<Response>

export interface HttpClock {
  /** Monotonic milliseconds. */
  now(): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
  random(): number
}

export const MAX_RETRY_AFTER_MS = 60_000
const FIRST_WAIT_MS = 400
const LONGEST_WAIT_MS = 20_000
const MAX_REPLY_BYTES = 64 * 1024 * 1024
const MAX_SAID = 300
/** Of several attempts that are under way at once. */
const MAX_SIGNED_SECRETS = 200
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529])

export const SYSTEM_CLOCK: HttpClock = {
  now: () => performance.now(),
  random: Math.random,
  sleep: pause,
}

export function httpClient(options: HttpOptions): Http {
  const { service, faults } = options
  const clock = options.clock ?? SYSTEM_CLOCK
  const send: Fetch = options.fetch ?? fetch
  const secrets = secretsIn(options.headers ?? {})
  let signedSecrets: readonly string[] = []
  const gate = breaker(clock.now)

  const clean = (text: string): string => [...secrets, ...signedSecrets].reduce((left, secret) => left.replaceAll(secret, '***'), text).slice(0, MAX_SAID)

  async function once<T>(call: HttpCall, use: (reply: Opened) => Promise<T>, watch: Watch): Promise<T> {
    const { method } = call
    const url = options.baseUrl + call.path
    const body = call.body === undefined ? undefined : JSON.stringify(call.body)
    const headers = { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers, ...call.headers }
    let response: Response
    try {
      const signed = options.sign === undefined ? {} : await beforeAbort(options.sign({ method, url, headers, body }), watch.signal)
      signedSecrets = [...new Set([...secretsIn(signed), ...signedSecrets])].slice(0, MAX_SIGNED_SECRETS)
      response = await send(url, {
        method,
        headers: { ...headers, ...signed },
        ...(body === undefined ? {} : { body }),
        redirect: options.redirects === true ? 'follow' : 'error',
        signal: watch.signal,
      })
    } catch (error) {
      throw error instanceof AppError ? error : watch.explain(error)
    }
    const content = pieces(response, call.maxBytes ?? MAX_REPLY_BYTES, watch)
    if (!response.ok) await refuse(response, content)
    return use({ status: response.status, mediaType: (response.headers.get('content-type') ?? '').split(';')[0] ?? '', headers: response.headers, content })
  }

  async function* pieces(response: Response, maxBytes: number, watch: Watch): AsyncGenerator<Uint8Array> {
    if (response.body === null) return
    let bytes = 0
    try {
      for await (const piece of response.body) {
        bytes += piece.byteLength
        if (bytes > maxBytes) throw new AppError(faults.refused, { service, reason: `the reply is larger than ${maxBytes} bytes` })
        watch.pause()
        yield piece
        watch.await()
      }
    } catch (error) {
      throw error instanceof AppError ? error : watch.explain(error)
    }
  }

  async function refuse(response: Response, content: AsyncIterable<Uint8Array>): Promise<never> {
    const { message, code } = said(await textOf(content, 64 * 1024).catch(() => ''))
    const facts = { service, status: response.status, said: message === '' ? undefined : clean(message) }
    // An exhausted account answers 429 too, but waiting does not help.
    const passes = PASSING.has(response.status) || options.passes?.(response.status, message) === true
    if (passes && code !== 'insufficient_quota') throw new Passing(facts, retryAfter(response.headers.get('retry-after')))
    throw new AppError(faults.refused, facts)
  }

  function enter(): Leave {
    const leave = gate.enter()
    if (leave === undefined) throw new AppError(faults.unavailable, { service, reason: 'it failed several times in a row and is left alone for a moment' })
    return leave
  }

  /** False for what the breaker counts, true for a refusal: whoever refuses a request is there. */
  function verdictOn(error: unknown): boolean | undefined {
    if (!(error instanceof AppError)) return undefined
    const status = Number(error.facts.status)
    if (error.code === faults.refused) return status >= 400 && status < 500 && !PASSING.has(status) ? true : undefined
    return error.code === faults.unavailable && status !== 429 ? false : undefined
  }

  async function attempts<T>(call: HttpCall, use: (reply: Opened) => Promise<T>, makeWatch: () => Watch): Promise<T> {
    const begun = clock.now()
    for (let attempt = 0; ; attempt += 1) {
      call.signal.throwIfAborted()
      const watch = makeWatch()
      try {
        return await once(call, use, watch)
      } catch (error) {
        call.signal.throwIfAborted()
        const passing = error instanceof Passing ? error : undefined
        if (passing === undefined && !(error instanceof AppError && error.code === faults.unavailable)) throw error
        const wait = passing?.waitMs ?? clock.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt)
        const most = Math.min(MAX_RETRY_AFTER_MS, (call.patienceMs ?? Number.POSITIVE_INFINITY) - (clock.now() - begun))
        if (attempt >= call.retries || wait > most) throw final(error, passing)
        await clock.sleep(wait, call.signal)
      } finally {
        watch.end()
      }
    }
  }

  function final(error: unknown, passing: Passing | undefined): unknown {
    if (passing === undefined) return error
    const seconds = passing.waitMs === undefined ? undefined : Math.ceil(passing.waitMs / 1000)
    return new AppError(faults.unavailable, { ...passing.facts, retryAfterSeconds: seconds }, passing.cause)
  }

  return {
    async json(call, read) {
      const leave = enter()
      try {
        const result = await attempts(
          call,
          async (reply) => {
            const text = await textOf(reply.content, Number.POSITIVE_INFINITY)
            let value: unknown
            try {
              value = JSON.parse(text)
            } catch (error) {
              throw new Passing({ service, status: reply.status, reason: 'the reply is not JSON' }, undefined, error)
            }
            return read(value)
          },
          () => watchOver(call, service, false),
        )
        leave(true)
        return result
      } catch (error) {
        leave(verdictOn(error))
        throw error
      }
    },
    async open(call) {
      const leave = enter()
      let watch: Watch | undefined
      const reply = await attempts(
        call,
        async (opened) => opened,
        () => {
          watch?.end() // of the attempt before, whose timer would keep the process alive
          watch = watchOver(call, service, true)
          return { ...watch, end: () => undefined }
        },
      ).catch((error: unknown) => {
        watch?.end()
        leave(verdictOn(error))
        throw error
      })
      let isClosed = false
      const end = () => {
        watch?.end()
        leave(undefined) // of one that nobody reads on nothing may be heard any more
      }
      const content = endWith(reply.content, end, call.signal, (broken) => {
        if (!isClosed) leave(false)
        return new AppError(faults.unavailable, broken.facts, broken.cause)
      })
      const close = () => {
        isClosed = true
        watch?.end()
      }
      return { ...reply, content, judge: leave, close }
    },
    clean,
  }
}

type Opened = Omit<HttpReply, 'judge' | 'close'>

async function* endWith(
  content: AsyncIterable<Uint8Array>,
  end: () => void,
  signal: AbortSignal,
  unavailable: (fault: Passing) => AppError,
): AsyncGenerator<Uint8Array> {
  try {
    yield* content
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof Passing ? unavailable(error) : error
  } finally {
    end()
  }
}

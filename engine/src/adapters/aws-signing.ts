import { beforeAbort } from '../domain/abort.ts'
import { AppError } from '../domain/errors.ts'
import { type Fetch, type Http, type HttpClock, httpClient, type Sign } from './http.ts'

// What every service of AWS is asked with. The SDK's parts are loaded at the first request, so that starting costs nothing.

export interface AwsKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  /** Undefined: they hold until they are changed. */
  readonly expiration?: Date | undefined
}

/** @throws model/refused when there are none, model/unavailable when it took too long to find out */
export type AwsCredentials = () => Promise<AwsKeys>

export interface AwsOptions {
  /** Such as eu-central-1. */
  readonly region: string
  /** Instead of AWS's own address in the region (of a VPC endpoint, say). */
  readonly endpoint?: string
  readonly credentials: AwsCredentials
  /** Milliseconds: of one request, or of the wait for each piece of a stream. */
  readonly timeoutMs?: number
  readonly clock?: HttpClock
  /** Instead of the global one. */
  readonly fetch?: Fetch
}

export interface AwsService {
  /** The first part of its host name. */
  readonly host: string
  /** Its name in signatures. */
  readonly signing: string
  /** Shown in facts. */
  readonly name: string
}

const REGION = /^[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}$/
/** Renewed so long before they expire, since a request that is under way needs them too. */
const RENEW_MS = 5 * 60_000
/** Keys without an end may stand in a file that somebody changes. */
const LONGEST_KEPT_MS = 15 * 60_000

/** A program or a service that is asked for them may never answer. */
const SEARCH_MS = 30_000

/** @throws model/refused for a region that is none */
export function awsHttp(options: AwsOptions, service: AwsService): Http {
  const { region, credentials } = options
  if (!REGION.test(region)) throw new AppError('model/refused', { service: service.name, reason: 'the AWS region is not set, or not one: set AWS_REGION' })
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  return httpClient({
    baseUrl: options.endpoint?.replace(/\/$/, '') ?? `https://${service.host}.${region}.${domain}`,
    sign: awsSign({ service: service.signing, region, credentials }),
    service: service.name,
    faults: { unavailable: 'model/unavailable', refused: 'model/refused' },
    passes: mayPass,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  })
}

/** AWS says 424 when a model failed; what SageMaker's container refused does not pass. */
function mayPass(status: number, says: string): boolean {
  return status === 424 && !/client error \((?!408|429)4\d\d\)/i.test(says)
}

/** Signature version 4 of AWS, over all headers that are sent and the body. */
export function awsSign(options: { readonly service: string; readonly region: string; readonly credentials: AwsCredentials; now?(): number }): Sign {
  const { service, region, now = Date.now } = options
  return async ({ method, url, headers, body }) => {
    const { protocol, hostname, host, pathname, searchParams } = new URL(url)
    const [keys, { SignatureV4 }, { Sha256 }] = await Promise.all([options.credentials(), import('@smithy/signature-v4'), import('@aws-crypto/sha256-js')])
    const { accessKeyId, secretAccessKey, sessionToken } = keys
    const credentials = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
    const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 })
    const query: Record<string, string[]> = {}
    for (const name of searchParams.keys()) query[name] = searchParams.getAll(name)
    const request = { method, protocol, hostname, path: pathname, query, headers: { ...headers, host }, body }
    const signed = await signer.sign(request, { signingDate: new Date(now()) })
    // The host is sent by itself, and what was there before need not be added.
    return Object.fromEntries(Object.entries(signed.headers).filter(([name]) => name !== 'host' && !Object.hasOwn(headers, name)))
  }
}

/**
 * Credentials by AWS's usual chain: the environment, shared files, single sign-on, web identity, containers, instances. They are
 * kept until shortly before they expire, at most 15 minutes; callers at the same time share one search; one that fails, or that has
 * found nothing after `searchMs`, is not kept.
 */
export function awsCredentials({
  find = chain,
  now = Date.now,
  searchMs = SEARCH_MS,
}: {
  find?: () => Promise<AwsKeys>
  now?(): number
  searchMs?: number
} = {}): AwsCredentials {
  let kept: { readonly keys: Promise<AwsKeys>; until: number } | undefined
  return () => {
    if (kept !== undefined && now() < kept.until) return kept.keys
    const late = AbortSignal.timeout(searchMs)
    const keys = beforeAbort(find(), late).catch((error: unknown) => {
      if (late.aborted) throw new AppError('model/unavailable', { reason: `AWS credentials were not found within ${searchMs} ms` }, error)
      throw error instanceof AppError ? error : withoutKeys(error)
    })
    const search = { keys, until: Number.POSITIVE_INFINITY }
    kept = search
    keys.then(
      ({ expiration }) => {
        search.until = Math.min(now() + LONGEST_KEPT_MS, (expiration?.getTime() ?? Number.POSITIVE_INFINITY) - RENEW_MS)
      },
      () => {
        if (kept === search) kept = undefined
      },
    )
    return keys
  }
}

async function chain(): Promise<AwsKeys> {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node')
  return defaultProvider()() // anew each time: it keeps what it found for ever where keys have no end
}

/** Of what the chain says nothing is told on: it may quote what a program or a file holds. */
function withoutKeys(error: unknown): AppError {
  const isOver = error instanceof Error && /expired/i.test(error.message)
  const reason = isOver
    ? 'the AWS session has expired: sign in again ("aws sso login") or renew the credentials'
    : 'no AWS credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run with a role'
  return new AppError('model/refused', { reason })
}

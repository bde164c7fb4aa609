import { createLocalJWKSet, type JWK, type LocalJWKSet } from 'jose'
import type { ServerMetadata } from 'openid-client'
import { AppError } from '../../domain/errors.ts'
import { isObject } from '../compact-token.ts'
import type { Exchange } from './exchange.ts'
import { isSafe, type OidcOptions, withoutSlash } from './options.ts'

/** In the background, so that nobody waits for it. */
const REFRESH_MS = 10 * 60_000
/** Unknown key ids come from forgers too: they may not make us ask more often than this. */
const UNKNOWN_MS = 30_000
/** After an attempt that failed. */
const AGAIN_MS = 30_000
const FIRST_AGAIN_MS = 2_000
/** How long the last good set counts while the provider does not answer. */
const LAST_MS = 24 * 60 * 60_000
const DISCOVERY_MS = 60 * 60_000
const MOST_KEYS = 100

/** Signatures that only the provider can make; never HMAC, whose key we would know too, and never `none`. */
const ALGORITHMS: readonly string[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA']
const KEY_TYPES: readonly unknown[] = ['RSA', 'EC', 'OKP']

/** What tokens are checked against. */
export interface Trust {
  /** As the provider writes it. */
  readonly issuer: string
  readonly algorithms: readonly string[]
  readonly keys: LocalJWKSet
}

export interface KeySet {
  /** The keys that count now; asks for them again when this key id is not among them. @throws provider/unavailable */
  trust(keyId: string | undefined): Promise<Trust>
  /** The discovery document. @throws provider/unavailable */
  discovery(): Promise<ServerMetadata>
}

interface Held extends Trust {
  readonly keyIds: ReadonlySet<string>
  readonly at: number
}

export interface KeySetWorld {
  readonly ask: Exchange
  now(): number
  onFault(fault: AppError): void
}

/** The keys of one provider. Whoever asks at the same time waits for the same answer. */
export function keySet(options: Pick<OidcOptions, 'kind' | 'issuer'>, { ask, now, onFault }: KeySetWorld): KeySet {
  const provider = new URL(options.issuer).host
  let discovered: { readonly server: ServerMetadata; readonly at: number } | undefined
  let held: Held | undefined
  let running: Promise<void> | undefined
  let triedAt = Number.NEGATIVE_INFINITY
  let unknownAt = Number.NEGATIVE_INFINITY

  const fault = (reason: string, cause?: unknown) => new AppError('provider/unavailable', { provider, reason }, cause)

  async function json(url: string): Promise<unknown> {
    if (!isSafe(url)) throw fault('an address that it names does not begin with https:')
    const reply = await ask(url, { headers: { accept: 'application/json' } })
    if (!reply.ok) throw fault(`it answered ${reply.status}`)
    return reply.json().catch((cause: unknown) => {
      throw fault('its reply is not JSON', cause)
    })
  }

  async function discovery(): Promise<ServerMetadata> {
    if (discovered !== undefined && now() - discovered.at < DISCOVERY_MS) return discovered.server
    try {
      const found = await json(`${options.issuer}/.well-known/openid-configuration`)
      if (!isServer(found) || withoutSlash(found.issuer) !== options.issuer) throw fault('its discovery document names another issuer')
      discovered = { server: found, at: now() }
      return found
    } catch (error) {
      if (discovered === undefined || now() - discovered.at > LAST_MS) throw error
      return discovered.server
    }
  }

  async function load(): Promise<void> {
    const { issuer, jwksUri, algorithms } = options.kind === 'cognito' ? cognito(options.issuer) : generic(await discovery(), fault)
    const list = await json(jwksUri)
    const keys = isObject(list) && Array.isArray(list.keys) ? list.keys.filter(isPublicKey).slice(0, MOST_KEYS) : []
    if (keys.length === 0) throw fault('its key set holds no key that can be used')
    const keyIds = new Set(keys.map(({ kid }) => kid).filter((kid) => kid !== undefined))
    held = { issuer, algorithms, keys: createLocalJWKSet({ keys }), keyIds, at: now() }
  }

  /** Never rejects: a fault leaves the set as it was. */
  function refresh(): Promise<void> {
    triedAt = now()
    running ??= load()
      .catch((error: unknown) => onFault(error instanceof AppError ? error : fault('its keys cannot be read', error)))
      .finally(() => {
        running = undefined
      })
    return running
  }

  const counts = (set: Held | undefined): set is Held => set !== undefined && now() - set.at < LAST_MS

  return {
    discovery,
    async trust(keyId) {
      if (!counts(held)) {
        if (running !== undefined || now() - triedAt >= FIRST_AGAIN_MS) await (running ?? refresh())
      } else if (now() - held.at >= REFRESH_MS && now() - triedAt >= AGAIN_MS) {
        void refresh()
      }
      if (counts(held) && keyId !== undefined && !held.keyIds.has(keyId)) {
        if (running !== undefined) await running
        else if (now() - unknownAt >= UNKNOWN_MS && now() > held.at) {
          unknownAt = now()
          await refresh()
        }
      }
      if (!counts(held)) throw fault('its keys could not be read')
      return held
    },
  }
}

/** Source: "Verifying JSON web tokens" in the Amazon Cognito developer guide. */
function cognito(issuer: string): { readonly issuer: string; readonly jwksUri: string; readonly algorithms: readonly string[] } {
  return { issuer, jwksUri: `${issuer}/.well-known/jwks.json`, algorithms: ['RS256'] }
}

function generic(server: ServerMetadata, fault: (reason: string) => AppError): ReturnType<typeof cognito> {
  const announced: unknown = server.id_token_signing_alg_values_supported ?? ['RS256']
  const algorithms = ALGORITHMS.filter((name) => Array.isArray(announced) && announced.includes(name))
  if (typeof server.jwks_uri !== 'string' || algorithms.length === 0) throw fault('it announces no keys or no algorithm that can be used')
  return { issuer: server.issuer, jwksUri: server.jwks_uri, algorithms }
}

function isServer(value: unknown): value is ServerMetadata {
  return isObject(value) && typeof value.issuer === 'string'
}

function isPublicKey(value: unknown): value is JWK {
  if (!isObject(value) || !KEY_TYPES.includes(value.kty)) return false
  return value.use !== 'enc' && !Object.hasOwn(value, 'd') && (value.kid === undefined || typeof value.kid === 'string')
}

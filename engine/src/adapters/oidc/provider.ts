import { jwtVerify } from 'jose'
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  Configuration,
  calculatePKCECodeChallenge,
  clockSkew,
  customFetch,
  fetchUserInfo,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  type TokenEndpointResponse,
} from 'openid-client'
import { AppError } from '../../domain/errors.ts'
import type { IdentityProvider, VerifiedToken } from '../../ports/identity.ts'
import type { Log } from '../../ports/world.ts'
import { isObject, readCompact } from '../compact-token.ts'
import { isHeaderAllowed, profileOf, SKEW_MS, tokenOf } from './claims.ts'
import { exchange } from './exchange.ts'
import { keySet } from './key-set.ts'
import { isSafe, type OidcOptions } from './options.ts'

export interface OidcWorld {
  readonly fetched?: typeof fetch
  now?(): number
  readonly log?: Pick<Log, 'warn'>
}

/** A provider of OpenID Connect, or a user pool of Amazon Cognito. Asks it for nothing before it is needed. */
export function oidcProvider(options: OidcOptions, { fetched = fetch, now = Date.now, log }: OidcWorld = {}): IdentityProvider {
  const name = new URL(options.issuer).host
  const ask = exchange(name, fetched)
  const keys = keySet(options, { ask, now, onFault: (fault) => log?.warn('provider-keys-not-read', fault.facts) })

  async function verify(token: string): Promise<VerifiedToken> {
    const parts = readCompact(token)
    if (parts === undefined || !isHeaderAllowed(parts.header)) throw new AppError('auth/invalid')
    const { kid } = parts.header
    const trust = await keys.trust(typeof kid === 'string' ? kid : undefined)
    const { payload, protectedHeader } = await jwtVerify(token, trust.keys, {
      algorithms: [...trust.algorithms],
      issuer: trust.issuer,
      requiredClaims: ['exp', 'iat', 'sub'],
      currentDate: new Date(now()),
      clockTolerance: SKEW_MS / 1000,
    }).catch(() => {
      throw new AppError('auth/invalid')
    })
    const verified = tokenOf({ ...protectedHeader }, payload, options, now())
    if (verified === undefined) throw new AppError('auth/invalid')
    return verified
  }

  async function configuration(): Promise<Configuration> {
    const server = await keys.discovery()
    const endpoints = [server.authorization_endpoint, server.token_endpoint]
    if (!endpoints.every((address) => address !== undefined && isSafe(address)))
      throw new AppError('provider/unavailable', { provider: name, reason: 'it offers no sign-in for browsers' })
    const client = { [clockSkew]: Math.round((now() - Date.now()) / 1000) }
    const config = new Configuration(server, options.clientId, options.clientSecret === undefined ? client : { ...client, client_secret: options.clientSecret })
    config[customFetch] = (url, init) => ask(url, { method: init.method, headers: init.headers, ...(init.body === undefined ? {} : { body: init.body }) })
    if (options.issuer.startsWith('http:')) allowInsecureRequests(config) // this machine: see `isSafe`
    return config
  }

  /** Fills in what the id token leaves to the provider's reply about the person. */
  async function completed(config: Configuration, tokens: TokenEndpointResponse, verified: VerifiedToken): Promise<VerifiedToken> {
    const known = verified.email !== undefined && verified.groups !== undefined && verified.name !== undefined
    const { userinfo_endpoint: endpoint } = config.serverMetadata()
    if (known || endpoint === undefined || !isSafe(endpoint)) return verified
    const told: unknown = await fetchUserInfo(config, tokens.access_token, verified.identity.subject).catch(() => undefined)
    if (!isObject(told)) return verified
    const more = profileOf(told, { ...options, kind: 'generic' })
    return { ...verified, email: verified.email ?? more.email, name: verified.name ?? more.name, groups: verified.groups ?? more.groups }
  }

  return {
    name,
    issuer: options.issuer,
    verify,
    async begin(redirectUri) {
      const config = await configuration()
      const pending = { state: randomState(), nonce: randomNonce(), codeVerifier: randomPKCECodeVerifier() }
      const url = buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: options.scopes,
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await calculatePKCECodeChallenge(pending.codeVerifier),
        code_challenge_method: 'S256',
      })
      return { url: url.href, pending }
    },
    async finish(redirectUri, query, pending) {
      const config = await configuration()
      const cameBackTo = new URL(redirectUri)
      cameBackTo.search = new URLSearchParams({ ...query }).toString()
      try {
        const tokens = await authorizationCodeGrant(config, cameBackTo, {
          expectedState: pending.state,
          expectedNonce: pending.nonce,
          pkceCodeVerifier: pending.codeVerifier,
          idTokenExpected: true,
        })
        const verified = await verify(tokens.id_token ?? '')
        if (verified.use !== 'id') throw new AppError('auth/invalid')
        return await completed(config, tokens, verified)
      } catch (fault) {
        throw ownFaultIn(fault) ?? new AppError('auth/invalid', {}, fault)
      }
    },
  }
}

/** The library wraps what our own requests throw. */
function ownFaultIn(fault: unknown): AppError | undefined {
  if (fault instanceof AppError) return fault
  return fault instanceof Error ? ownFaultIn(fault.cause) : undefined
}

import { AppError } from '../../domain/errors.ts'

export interface OidcOptions {
  /** Amazon Cognito tells the use of a token in claims of its own, and publishes its keys at a fixed address. */
  readonly kind: 'generic' | 'cognito'
  /** Without a slash at the end, whether or not the provider writes one. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string | undefined
  /** What access tokens may name instead of the client id. */
  readonly audience: string | undefined
  /** With blanks. */
  readonly scopes: string
  readonly groupsClaim: string
}

/** The settings that tell a provider, by their names. */
export interface OidcSettings {
  readonly OIDC_ISSUER: string | undefined
  readonly OIDC_CLIENT_ID: string | undefined
  readonly OIDC_CLIENT_SECRET: string | undefined
  readonly OIDC_AUDIENCE: string | undefined
  readonly OIDC_SCOPES: string
  readonly OIDC_GROUPS_CLAIM: string
  readonly COGNITO_USER_POOL_ID: string | undefined
  readonly COGNITO_CLIENT_ID: string | undefined
  readonly COGNITO_ENDPOINT: string | undefined
  readonly AWS_REGION: string | undefined
}

const COGNITO_GROUPS = 'cognito:groups'
const USUAL_GROUPS = 'groups'

/** Undefined when no provider is set. @throws AppError settings/invalid for an address that others could read along */
export function oidcOptionsOf(settings: OidcSettings): OidcOptions | undefined {
  const shared = {
    clientSecret: settings.OIDC_CLIENT_SECRET,
    audience: settings.OIDC_AUDIENCE,
    scopes: settings.OIDC_SCOPES,
    groupsClaim: settings.OIDC_GROUPS_CLAIM,
  }
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, COGNITO_USER_POOL_ID: pool, COGNITO_CLIENT_ID: poolClient } = settings
  if (issuer !== undefined && clientId !== undefined) {
    assertSafe('OIDC_ISSUER', issuer)
    return { ...shared, kind: 'generic', issuer: withoutSlash(issuer), clientId }
  }
  if (pool === undefined || poolClient === undefined) return undefined
  const base = settings.COGNITO_ENDPOINT ?? `https://cognito-idp.${settings.AWS_REGION}.amazonaws.com`
  assertSafe('COGNITO_ENDPOINT', base)
  return {
    ...shared,
    kind: 'cognito',
    issuer: `${withoutSlash(base)}/${pool}`,
    clientId: poolClient,
    groupsClaim: shared.groupsClaim === USUAL_GROUPS ? COGNITO_GROUPS : shared.groupsClaim,
  }
}

export function withoutSlash(address: string): string {
  return address.replace(/\/+$/, '')
}

/** Keys and secrets travel encrypted, but for a provider on this machine. */
export function isSafe(address: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, hostname } = new URL(address)
  return protocol === 'https:' || (protocol === 'http:' && /^(?:localhost|\[::1\]|127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/.test(hostname))
}

function assertSafe(name: string, address: string): void {
  if (!isSafe(address)) throw new AppError('settings/invalid', { problems: [`${name} must begin with https: unless it names this machine`] })
}

import { EMAIL, EMAIL_LENGTH, emailKey } from '../../domain/account.ts'
import type { VerifiedToken } from '../../ports/identity.ts'
import { type Claims, timeOf } from '../compact-token.ts'
import type { OidcOptions } from './options.ts'

export const SKEW_MS = 60_000
const SUBJECT_LENGTH = 255
const NAME_LENGTH = 200
const MOST_GROUPS = 500
const GROUP_LENGTH = 200

/** Headers that name a key of the sender's own, or change what is signed. */
const REFUSED_HEADERS: readonly string[] = ['jku', 'jwk', 'x5u', 'b64', 'crit', 'zip']
const TYPES: readonly string[] = ['jwt', 'at+jwt', 'application/at+jwt']
/** What providers sign with the same keys and is no proof of who somebody is. */
const OTHER_USES: readonly string[] = ['refresh', 'offline', 'logout', 'serialized-id']

type Profile = Pick<VerifiedToken, 'email' | 'name' | 'groups'>

export function isHeaderAllowed(header: Claims): boolean {
  const { typ, cty, kid } = header
  if (REFUSED_HEADERS.some((name) => Object.hasOwn(header, name)) || cty !== undefined) return false
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > 500)) return false
  return typ === undefined || (typeof typ === 'string' && TYPES.includes(typ.toLowerCase()))
}

/**
 * What a token says whose signature, issuer, `exp` and `nbf` were checked; undefined when it was not made for us, is no
 * access or id token, or lacks what a token must have.
 */
export function tokenOf(header: Claims, claims: Claims, options: OidcOptions, now: number): VerifiedToken | undefined {
  const [issuedAt, expiresAt] = [timeOf(claims.iat), timeOf(claims.exp)]
  const { sub } = claims
  if (issuedAt === undefined || expiresAt === undefined || issuedAt > now + SKEW_MS || expiresAt < issuedAt) return undefined
  if (typeof sub !== 'string' || sub === '' || sub.length > SUBJECT_LENGTH) return undefined
  const use = options.kind === 'cognito' ? cognitoUse(claims, options) : genericUse(header, claims, options)
  if (use === undefined) return undefined
  return { identity: { issuer: options.issuer, subject: sub }, use, ...profileOf(claims, options), issuedAt, expiresAt }
}

/** Of a token or of the provider's reply about a person. */
export function profileOf(claims: Claims, options: Pick<OidcOptions, 'kind' | 'groupsClaim'>): Profile {
  return { email: emailOf(claims), name: nameOf(claims), groups: groupsOf(claims, options) }
}

/** Source: "Verifying JSON web tokens" in the Amazon Cognito developer guide: the two kinds name the client in different claims. */
function cognitoUse(claims: Claims, { clientId }: OidcOptions): VerifiedToken['use'] | undefined {
  if (claims.token_use === 'access') return claims.client_id === clientId ? 'access' : undefined
  if (claims.token_use === 'id') return claims.aud === clientId ? 'id' : undefined
  return undefined
}

function genericUse(header: Claims, claims: Claims, { clientId, audience }: OidcOptions): VerifiedToken['use'] | undefined {
  const audiences = (Array.isArray(claims.aud) ? claims.aud : [claims.aud]).filter((one) => typeof one === 'string')
  // A logout token is signed by the same keys for the same client, and tells that somebody is gone.
  if (claims.events !== undefined) return undefined
  const kind = typeof claims.typ === 'string' ? claims.typ.toLowerCase() : undefined
  if (kind !== undefined && OTHER_USES.includes(kind)) return undefined
  const isForClient = audiences.includes(clientId)
  const use = useOf(header, claims, kind) ?? (isForClient ? 'id' : 'access')
  const isOurs = isForClient && (claims.azp === undefined || claims.azp === clientId)
  if (use === 'id') return isOurs ? 'id' : undefined
  return isOurs || (audience !== undefined && audiences.includes(audience)) ? 'access' : undefined
}

/** Source: RFC 9068 names access tokens by `typ`; without it the claims that only one of the two has tell them apart. */
function useOf(header: Claims, claims: Claims, kind: string | undefined): VerifiedToken['use'] | undefined {
  if (typeof header.typ === 'string' && header.typ.toLowerCase().endsWith('at+jwt')) return 'access'
  if (kind === 'id' || kind === 'bearer') return kind === 'id' ? 'id' : 'access'
  if (['nonce', 'at_hash', 'c_hash', 's_hash'].some((name) => claims[name] !== undefined)) return 'id'
  return ['scope', 'scp', 'client_id'].some((name) => claims[name] !== undefined) ? 'access' : undefined
}

function emailOf({ email, email_verified: verified }: Claims): string | undefined {
  // Cognito writes attributes as texts.
  if (typeof email !== 'string' || (verified !== true && verified !== 'true')) return undefined
  const key = emailKey(email)
  return key.length <= EMAIL_LENGTH && EMAIL.test(key) ? key : undefined
}

function nameOf(claims: Claims): string | undefined {
  const texts = [claims.name, claims.preferred_username, claims['cognito:username'], claims.username]
  const shown = texts
    .filter((text) => typeof text === 'string')
    .map((text) =>
      text
        .normalize('NFC')
        .replace(/[\p{C}\s]+/gu, ' ')
        .trim(),
    )
  return shown.find((text) => text !== '' && text.length <= NAME_LENGTH)
}

function groupsOf(claims: Claims, { kind, groupsClaim }: Pick<OidcOptions, 'kind' | 'groupsClaim'>): readonly string[] | undefined {
  const claim: unknown = Object.hasOwn(claims, groupsClaim) ? claims[groupsClaim] : undefined
  // Cognito leaves the claim out for who is in no group; elsewhere a token without it tells nothing about groups.
  if (claim === undefined) return kind === 'cognito' ? [] : undefined
  if (!Array.isArray(claim)) return []
  return claim.filter((one) => typeof one === 'string' && one !== '' && one.length <= GROUP_LENGTH).slice(0, MOST_GROUPS)
}

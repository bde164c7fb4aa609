import { createSecretKey } from 'node:crypto'
import { jwtVerify } from 'jose'
import { AppError } from '../../domain/errors.ts'
import type { SharedSecretTokens } from '../../ports/identity.ts'
import { readCompact, timeOf } from '../compact-token.ts'

const AUDIENCE = 'quarry'
const SKEW_MS = 60_000
/** What a machine signs for itself it can sign again: a stolen one does not work for ever. */
const LONGEST_MS = 24 * 60 * 60 * 1000
const MOST = 1000
/** Headers that name another key, or change what is signed. */
const REFUSED_HEADERS: readonly string[] = ['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'cty']

/**
 * Tokens that machines sign themselves: HS256, `aud` "quarry", `sub` (id or e-mail address of an account), `iat` and `exp`
 * at most 24 hours apart; optional `scope` (with blanks) and `databases` (list of ids).
 */
export function sharedSecretTokens(secret: string, now: () => number = Date.now): SharedSecretTokens {
  const key = createSecretKey(Buffer.from(secret))
  return {
    async verify(token) {
      const parts = readCompact(token)
      if (parts === undefined || REFUSED_HEADERS.some((name) => Object.hasOwn(parts.header, name))) throw new AppError('auth/invalid')
      const { payload } = await jwtVerify(token, key, {
        algorithms: ['HS256'],
        audience: AUDIENCE,
        requiredClaims: ['sub', 'iat', 'exp'],
        currentDate: new Date(now()),
        clockTolerance: SKEW_MS / 1000,
      }).catch(() => {
        throw new AppError('auth/invalid')
      })
      const [issuedAt, expiresAt] = [timeOf(payload.iat), timeOf(payload.exp)]
      const { sub: subject } = payload
      const scopes = listOf(payload.scope, (text) => text.split(' ').filter((word) => word !== ''))
      const databaseIds = listOf(payload.databases)
      if (typeof subject !== 'string' || subject === '' || subject.length > 255 || scopes === null || databaseIds === null) throw new AppError('auth/invalid')
      if (issuedAt === undefined || expiresAt === undefined || issuedAt > now() + SKEW_MS) throw new AppError('auth/invalid')
      if (expiresAt <= issuedAt || expiresAt - issuedAt > LONGEST_MS) throw new AppError('auth/invalid')
      return { subject, scopes, databaseIds, issuedAt, expiresAt }
    },
  }
}

/** Undefined when the claim is absent, null when it is not a list of texts: less is never read as "all". */
function listOf(claim: unknown, split?: (text: string) => string[]): readonly string[] | undefined | null {
  if (claim === undefined) return undefined
  const list: unknown = split !== undefined && typeof claim === 'string' ? split(claim) : claim
  if (!Array.isArray(list) || list.length > MOST) return null
  const texts = list.filter((one) => typeof one === 'string')
  return texts.length === list.length ? texts : null
}

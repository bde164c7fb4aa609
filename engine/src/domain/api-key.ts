import type { Scope } from './caller.ts'
import type { Filter } from './filter.ts'

/**
 * A credential for a program. It never may more than its maker: what it really may is worked out anew for each request
 * from the maker's own rights.
 */
export interface ApiKey {
  readonly id: string
  readonly accountId: string
  readonly name: string
  /** The part of the key that may be shown: `qk_` and the id. */
  readonly prefix: string
  readonly scopes: readonly Scope[]
  readonly databaseIds: readonly string[] | 'all'
  /** Added to every query; documents that it leaves out do not exist for the key. Only with query, ask and read. */
  readonly filter: Filter | undefined
  /** Pages that may use it in a browser; empty: no page may. Each as `https://app.example.com`. */
  readonly origins: readonly string[]
  /** Addresses or ranges that may use it; empty is everywhere. */
  readonly addresses: readonly string[]
  /** Undefined: the default plan of keys. */
  readonly planId: string | undefined
  readonly limits: KeyLimits
  readonly createdAt: number
  readonly expiresAt: number | undefined
  readonly revokedAt: number | undefined
  readonly lastUsedAt: number | undefined
  /** After a rotation, until when the former secret still counts. */
  readonly formerSecretUntil: number | undefined
}

/** Of this key alone; they hold beside its plan. Money in micro-dollars: a millionth of a US dollar. */
export interface KeyLimits {
  readonly requestsPerMinute: number | undefined
  readonly requestsPerDay: number | undefined
  readonly tokensPerMonth: number | undefined
  readonly spendPerDay: number | undefined
  readonly spendPerMonth: number | undefined
}

export const NO_KEY_LIMITS: KeyLimits = {
  requestsPerMinute: undefined,
  requestsPerDay: undefined,
  tokensPerMonth: undefined,
  spendPerDay: undefined,
  spendPerMonth: undefined,
}

/** The kinds of secrets that Quarry hands out, by how they begin. */
export const SECRET_PREFIX = { key: 'qk', session: 'qs', visitor: 'qv', ticket: 'qt', link: 'ql' } as const

/** `qk_<16 hex: id>_<64 hex: 256 random bits>`. */
const SECRET = /^(q[klst])_([0-9a-f]{16})_([0-9a-f]{64})$/

export interface SecretParts {
  readonly prefix: string
  readonly id: string
  readonly secret: string
}

export function readSecret(text: string): SecretParts | undefined {
  const match = SECRET.exec(text)
  return match?.[1] === undefined || match[2] === undefined || match[3] === undefined ? undefined : { prefix: match[1], id: match[2], secret: match[3] }
}

export function writeSecret({ prefix, id, secret }: SecretParts): string {
  return `${prefix}_${id}_${secret}`
}

import type { ApiKey } from '../domain/api-key.ts'

/**
 * API keys. A key is looked up by its id; what is stored of its secret is the sha256 in lower-case hex.
 *
 * Errors  AppError `key/not-found` (also for another account's), `key/revoked`, and those of the stores.
 */
export interface Keys {
  /** @throws account/not-found when it is not there or suspended, plan/not-found */
  createKey(input: NewKey): Promise<ApiKey>
  /** For authentication: with the hashes that count now (the former one during the overlap of a rotation). Revoked and expired ones too. */
  keyById(id: string): Promise<{ readonly key: ApiKey; readonly secretHashes: readonly string[] } | undefined>
  key(accountId: string, id: string): Promise<ApiKey>
  /** Newest first, revoked ones too. */
  keys(accountId: string): Promise<readonly ApiKey[]>
  /** @throws key/revoked, plan/not-found */
  updateKey(accountId: string, id: string, change: KeyChange): Promise<ApiKey>
  /** The new secret counts at once, the former one until `formerUntil` (epoch ms). @throws key/revoked */
  rotateKey(accountId: string, id: string, secretHash: string, formerUntil: number): Promise<ApiKey>
  /** At once and for good; moves `rights()`. Again is harmless. */
  revokeKey(accountId: string, id: string): Promise<ApiKey>
  /** True when a key that counts may be used by pages of this origin: a browser asks before it shows the key. */
  originListed(origin: string): Promise<boolean>
  /** Notes the use; at most one write a minute. */
  keyUsed(id: string): Promise<void>
}

export type NewKey = Omit<ApiKey, 'createdAt' | 'revokedAt' | 'lastUsedAt' | 'formerSecretUntil'> & { readonly secretHash: string }

/** Rights are never widened by a change: they can only be given when a key is made. */
export type KeyChange = Partial<Pick<ApiKey, 'name' | 'origins' | 'addresses' | 'limits'>> & {
  /** Null: the default plan again. */
  readonly planId?: string | null
  /** Null: never. */
  readonly expiresAt?: number | null
}

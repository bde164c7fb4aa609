import { type ApiKey, type KeyLimits, NO_KEY_LIMITS, SECRET_PREFIX } from '../../domain/api-key.ts'
import type { Scope } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import type { Filter } from '../../domain/filter.ts'
import type { Keys } from '../../ports/keys.ts'
import { assertPlan, findActing, NOTE_EVERY_MS } from './accounts-rows.ts'
import { json, number, optionalNumber, optionalText, text } from './catalog-rows.ts'
import type { Row, SqliteFile } from './database.ts'
import type { Making } from './queue-rows.ts'

/** API keys in the file of the catalog. Those of an account that is removed go with it, in the same transaction. */
export function sqliteKeys(file: SqliteFile, { now }: Pick<Making, 'now'>): Keys {
  function find(accountId: string, id: string): ApiKey {
    const row = file.get('SELECT * FROM api_keys WHERE id = ? AND account_id = ?', id, accountId)
    if (row === undefined) throw new AppError('key/not-found', { key: id })
    return keyOf(row, now())
  }
  /** @throws key/revoked */
  function findUsable(accountId: string, id: string): ApiKey {
    const key = find(accountId, id)
    if (key.revokedAt !== undefined) throw new AppError('key/revoked', { key: id })
    return key
  }
  function listOrigins(id: string, origins: readonly string[]): void {
    file.run('DELETE FROM api_key_origins WHERE key_id = ?', id)
    for (const origin of new Set(origins)) file.run('INSERT INTO api_key_origins (origin, key_id) VALUES (?, ?)', origin, id)
  }

  return {
    async createKey({ id, accountId, name, scopes, databaseIds, filter, origins, addresses, planId, limits, expiresAt, secretHash }) {
      return file.write(() => {
        findActing(file, accountId)
        assertPlan(file, planId)
        file.run(
          `INSERT INTO api_keys (id, account_id, name, secret_hash, scopes, database_ids, filter, origins, addresses, plan_id, limits, created_at, expires_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          ...[id, accountId, name, secretHash, JSON.stringify(scopes), databaseIds === 'all' ? undefined : JSON.stringify(databaseIds)],
          ...[filter === undefined ? undefined : JSON.stringify(filter), JSON.stringify(origins), JSON.stringify(addresses), planId],
          ...[JSON.stringify(limits), now(), expiresAt],
        )
        listOrigins(id, origins)
        return find(accountId, id)
      })
    },
    async keyById(id) {
      const row = file.get('SELECT * FROM api_keys WHERE id = ?', id)
      if (row === undefined) return undefined
      const key = keyOf(row, now())
      const former = key.formerSecretUntil === undefined ? undefined : optionalText(row, 'former_secret_hash')
      return { key, secretHashes: former === undefined ? [text(row, 'secret_hash')] : [text(row, 'secret_hash'), former] }
    },
    async key(accountId, id) {
      return find(accountId, id)
    },
    async keys(accountId) {
      const time = now()
      return file.all('SELECT * FROM api_keys WHERE account_id = ? ORDER BY created_at DESC, id', accountId).map((row) => keyOf(row, time))
    },
    async updateKey(accountId, id, change) {
      return file.write(() => {
        const before = findUsable(accountId, id)
        const { name, origins, addresses, limits } = { ...before, ...change }
        const planId = change.planId === undefined ? before.planId : (change.planId ?? undefined)
        const expiresAt = change.expiresAt === undefined ? before.expiresAt : change.expiresAt
        if (planId !== before.planId) assertPlan(file, planId)
        file.run(
          'UPDATE api_keys SET name = ?, origins = ?, addresses = ?, plan_id = ?, limits = ?, expires_at = ? WHERE id = ?',
          ...[name, JSON.stringify(origins), JSON.stringify(addresses), planId, JSON.stringify(limits), expiresAt, id],
        )
        listOrigins(id, origins)
        return find(accountId, id)
      })
    },
    async rotateKey(accountId, id, secretHash, formerUntil) {
      return file.write(() => {
        findUsable(accountId, id)
        file.run(
          'UPDATE api_keys SET former_secret_hash = secret_hash, former_secret_until = ?, secret_hash = ? WHERE id = ?',
          ...[formerUntil, secretHash, id],
        )
        return find(accountId, id)
      })
    },
    async revokeKey(accountId, id) {
      return file.write(() => {
        find(accountId, id)
        file.run(
          'UPDATE api_keys SET revoked_at = ?, former_secret_hash = NULL, former_secret_until = NULL WHERE id = ? AND revoked_at IS NULL',
          ...[now(), id],
        )
        return find(accountId, id)
      })
    },
    async originListed(origin) {
      const row = file.get(
        `SELECT 1 FROM api_key_origins o JOIN api_keys k ON k.id = o.key_id JOIN accounts a ON a.id = k.account_id
         WHERE o.origin = ? AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > ?) AND a.state IN ('active', 'unclaimed') LIMIT 1`,
        ...[origin, now()],
      )
      return row !== undefined
    },
    async keyUsed(id) {
      const due = 'id = ? AND coalesce(last_used_at, 0) <= ?'
      // Looked up first: most of the time nothing is written, and no write lock is taken.
      if (file.get(`SELECT id FROM api_keys WHERE ${due}`, id, now() - NOTE_EVERY_MS) === undefined) return
      file.run(`UPDATE api_keys SET last_used_at = ? WHERE ${due}`, now(), id, now() - NOTE_EVERY_MS)
    },
  }
}

function keyOf(row: Row, time: number): ApiKey {
  const formerUntil = optionalNumber(row, 'former_secret_until')
  return {
    id: text(row, 'id'),
    accountId: text(row, 'account_id'),
    name: text(row, 'name'),
    prefix: `${SECRET_PREFIX.key}_${text(row, 'id')}`,
    scopes: json<Scope[]>(row, 'scopes'),
    databaseIds: row.database_ids === null ? 'all' : json<string[]>(row, 'database_ids'),
    filter: row.filter === null ? undefined : json<Filter>(row, 'filter'),
    origins: json<string[]>(row, 'origins'),
    addresses: json<string[]>(row, 'addresses'),
    planId: optionalText(row, 'plan_id'),
    limits: { ...NO_KEY_LIMITS, ...json<Partial<KeyLimits>>(row, 'limits') },
    createdAt: number(row, 'created_at'),
    expiresAt: optionalNumber(row, 'expires_at'),
    revokedAt: optionalNumber(row, 'revoked_at'),
    lastUsedAt: optionalNumber(row, 'last_used_at'),
    formerSecretUntil: formerUntil !== undefined && formerUntil > time ? formerUntil : undefined,
  }
}

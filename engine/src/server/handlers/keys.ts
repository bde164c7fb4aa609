import type { z } from 'zod'
import type { keyRoutes } from '../../api/keys.ts'
import { type ApiKey, type KeyLimits, NO_KEY_LIMITS, readSecret, SECRET_PREFIX } from '../../domain/api-key.ts'
import { type Caller, LEVELS, type Level, type Scope, scopesOfLevel } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import { asksForPages, type Filter } from '../../domain/filter.ts'
import { databaseFor } from '../access.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { microOf } from '../money.ts'
import { presentKey } from '../present-people.ts'
import { personOf } from './people.ts'
import { optionalFilter } from './search.ts'

const DONE = { done: true } as const
type WireLimits = z.output<(typeof keyRoutes)['updateKey']['body']>['limits']

export function keyHandlers({ world, gate }: Workshop): Handlers<keyof typeof keyRoutes> {
  const { keys } = world

  return {
    async createKey({ caller, body }) {
      const wider = body.scopes.find((scope) => !caller.scopes.has(scope))
      if (wider !== undefined) throw new AppError('key/too-wide', { scope: wider, role: caller.role })
      const { filter } = optionalFilter(body.filter)
      checkFilter(filter, body.scopes)
      const expiresAt = body.expires_at === undefined ? undefined : Date.parse(body.expires_at)
      checkExpiry(expiresAt, world.now())
      const databaseIds = body.databases === 'all' ? 'all' : await idsOf(caller, body.databases, body.scopes)
      const made = world.secrets.make(SECRET_PREFIX.key)
      const key = await keys.createKey({
        id: made.id,
        accountId: caller.accountId,
        name: body.name,
        prefix: `${SECRET_PREFIX.key}_${made.id}`,
        scopes: body.scopes,
        databaseIds,
        filter,
        origins: body.origins,
        addresses: body.addresses,
        planId: undefined,
        limits: limitsOf(body.limits, NO_KEY_LIMITS),
        expiresAt,
        secretHash: made.secretHash,
      })
      return { key: presentKey(key), secret: made.text }
    },

    listKeys: async ({ caller }) => ({ keys: (await keys.keys(caller.accountId)).map(presentKey) }),

    getKey: async ({ caller, parameters }) => presentKey(await keys.key(caller.accountId, parameters.key)),

    async updateKey({ caller, parameters, body }) {
      const { name, origins, addresses, limits, expires_at } = body
      const expiresAt = expires_at === undefined || expires_at === null ? expires_at : Date.parse(expires_at)
      if (typeof expiresAt === 'number') checkExpiry(expiresAt, world.now())
      const known = await keys.key(caller.accountId, parameters.key)
      return presentKey(
        await keys.updateKey(caller.accountId, parameters.key, {
          ...(name === undefined ? {} : { name }),
          ...(origins === undefined ? {} : { origins }),
          ...(addresses === undefined ? {} : { addresses }),
          ...(limits === undefined ? {} : { limits: limitsOf(limits, known.limits) }),
          ...(expiresAt === undefined ? {} : { expiresAt }),
        }),
      )
    },

    async rotateKey({ caller, parameters, body }) {
      const known = await keys.key(caller.accountId, parameters.key)
      // The id stays: it is what usage and the audit log know the key by.
      const made = world.secrets.make(SECRET_PREFIX.key, known.id)
      const key = await keys.rotateKey(caller.accountId, known.id, made.secretHash, world.now() + body.overlap_seconds * 1000)
      return { key: presentKey(key), secret: made.text }
    },

    revokeKey: async ({ caller, parameters }) => presentKey(await keys.revokeKey(caller.accountId, parameters.key)),

    async validateKey({ caller, body, client }) {
      await gate.attempt(client.address, `account:${caller.accountId}`)
      const found = await keyOf(body.key)
      if (found === undefined || found.accountId !== caller.accountId) return { valid: false, reason: 'unknown', key: null }
      await gate.succeeded(client.address, `account:${caller.accountId}`)
      const reason = found.revokedAt !== undefined ? 'revoked' : found.expiresAt !== undefined && found.expiresAt <= world.now() ? 'expired' : null
      return { valid: reason === null, reason, key: presentKey(found) }
    },

    async setKeyPlan({ parameters, body }) {
      const person = await personOf(world.accounts, parameters.user)
      if (body.plan_id !== null) await world.ledger.plan(body.plan_id)
      await keys.updateKey(person.id, parameters.key, { planId: body.plan_id })
      return DONE
    },
  }

  async function keyOf(text: string): Promise<ApiKey | undefined> {
    const parts = readSecret(text)
    if (parts?.prefix !== SECRET_PREFIX.key) return undefined
    const found = await keys.keyById(parts.id)
    return found?.secretHashes.some((hash) => world.secrets.matches(parts, hash)) === true ? found.key : undefined
  }

  /** Each database must be seen, and allow everything that the key shall do there. */
  async function idsOf(caller: Caller, wanted: readonly string[], scopes: readonly Scope[]): Promise<readonly string[]> {
    const ids = new Set<string>()
    for (const one of wanted) {
      const { database, caller: inside } = await databaseFor(world, caller, one, 'read')
      const wider = scopes.find((scope) => !inside.scopes.has(scope))
      if (wider !== undefined) throw new AppError('key/too-wide', { database: one, scope: wider, level: levelOf(inside.scopes) })
      ids.add(database.id)
    }
    return [...ids]
  }
}

function levelOf(scopes: ReadonlySet<Scope>): Level {
  return LEVELS.findLast((level) => [...scopesOfLevel(level)].every((scope) => scopes.has(scope))) ?? 'read'
}

/** A key that sees a part of the documents cannot write: what it wrote might lie outside that part. */
function checkFilter(filter: Filter | undefined, scopes: readonly Scope[]): void {
  if (filter === undefined) return
  const other = scopes.find((scope) => scope === 'write' || scope === 'manage')
  if (other !== undefined) throw new AppError('request/invalid', { at: 'filter', expected: 'a key with the scopes query, ask and read alone', got: other })
  if (asksForPages(filter)) throw new AppError('filter/invalid', { at: 'filter', expected: 'fields of whole documents', got: '@page' })
}

function checkExpiry(expiresAt: number | undefined, now: number): void {
  if (expiresAt !== undefined && expiresAt <= now) throw new AppError('request/invalid', { at: 'expires_at', expected: 'a time that is yet to come' })
}

/** What is not given stays, null takes a limit away. */
function limitsOf(wire: WireLimits, before: KeyLimits): KeyLimits {
  const kept = <T>(given: T | null | undefined, former: T | undefined): T | undefined => (given === undefined ? former : (given ?? undefined))
  const money = (given: number | null | undefined, former: number | undefined) => kept(typeof given === 'number' ? microOf(given) : given, former)
  return {
    requestsPerMinute: kept(wire?.requests_per_minute, before.requestsPerMinute),
    requestsPerDay: kept(wire?.requests_per_day, before.requestsPerDay),
    tokensPerMonth: kept(wire?.tokens_per_month, before.tokensPerMonth),
    spendPerDay: money(wire?.spend_per_day, before.spendPerDay),
    spendPerMonth: money(wire?.spend_per_month, before.spendPerMonth),
  }
}

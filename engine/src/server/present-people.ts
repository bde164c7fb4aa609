import type { z } from 'zod'
import type { accountReply, sessionReply } from '../api/account-schemas.ts'
import type { keyReply } from '../api/keys.ts'
import type { shareReply } from '../api/sharing.ts'
import type { Account, AccountSession } from '../domain/account.ts'
import type { ApiKey } from '../domain/api-key.ts'
import type { Share } from '../ports/catalog.ts'
import { usdOf } from './money.ts'
import { iso } from './present.ts'

// What leaves the server of people and keys, chosen field by field.

const isoOrNull = (epochMs: number | undefined): string | null => (epochMs === undefined ? null : iso(epochMs))

export function presentAccount(account: Account): z.input<typeof accountReply> {
  return {
    id: account.id,
    email: account.email ?? null,
    name: account.name ?? null,
    role: account.role,
    state: account.state,
    plan_id: account.planId ?? null,
    has_password: account.hasPassword,
    provider: account.provider?.issuer ?? null,
    created_at: iso(account.createdAt),
    last_seen_at: isoOrNull(account.lastSeenAt),
  }
}

export function presentSession(session: AccountSession, current: string | undefined): z.input<typeof sessionReply> {
  return {
    id: session.id,
    label: session.label,
    current: session.id === current,
    created_at: iso(session.createdAt),
    last_seen_at: iso(session.lastSeenAt),
    expires_at: iso(session.expiresAt),
  }
}

export function presentKey(key: ApiKey): z.input<typeof keyReply> {
  const { limits } = key
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: [...key.scopes],
    databases: key.databaseIds === 'all' ? 'all' : [...key.databaseIds],
    filter: key.filter === undefined ? null : JSON.stringify(key.filter),
    origins: [...key.origins],
    addresses: [...key.addresses],
    plan_id: key.planId ?? null,
    limits: {
      requests_per_minute: limits.requestsPerMinute ?? null,
      requests_per_day: limits.requestsPerDay ?? null,
      tokens_per_month: limits.tokensPerMonth ?? null,
      spend_per_day: usdOf(limits.spendPerDay),
      spend_per_month: usdOf(limits.spendPerMonth),
    },
    created_at: iso(key.createdAt),
    expires_at: isoOrNull(key.expiresAt),
    revoked_at: isoOrNull(key.revokedAt),
    last_used_at: isoOrNull(key.lastUsedAt),
    former_secret_until: isoOrNull(key.formerSecretUntil),
  }
}

export function presentShare(share: Share, account: Account | undefined): z.input<typeof shareReply> {
  return {
    grantee: share.grantee,
    email: account?.email ?? null,
    name: account?.name ?? null,
    level: share.level,
    created_at: iso(share.createdAt),
  }
}

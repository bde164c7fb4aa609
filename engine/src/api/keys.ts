import { z } from 'zod'
import { addressRange, dollars, done, label, moment, origin, scope } from './account-schemas.ts'
import { route } from './route.ts'
import { filterInput, time } from './schemas.ts'

const resource = 'API keys'
const whole = z.int().min(1).max(1_000_000_000).nullable()

/** Null is "no limit of its own"; the plan holds besides. */
const limitsInput = z.strictObject({
  requests_per_minute: whole.optional(),
  requests_per_day: whole.optional(),
  tokens_per_month: whole.optional(),
  spend_per_day: dollars.nullable().optional(),
  spend_per_month: dollars.nullable().optional(),
})

export const keyReply = z
  .object({
    id: z.string(),
    name: z.string(),
    prefix: z.string().describe('What may be shown of it; the rest cannot be read back'),
    scopes: z.array(scope),
    databases: z.union([z.literal('all'), z.array(z.string())]),
    filter: z.string().nullable().describe('Bound filter, as JSON'),
    origins: z.array(z.string()),
    addresses: z.array(z.string()),
    plan_id: z.string().nullable(),
    limits: z.object({
      requests_per_minute: z.int().nullable(),
      requests_per_day: z.int().nullable(),
      tokens_per_month: z.int().nullable(),
      spend_per_day: z.number().nullable(),
      spend_per_month: z.number().nullable(),
    }),
    created_at: time,
    expires_at: time.nullable(),
    revoked_at: time.nullable(),
    last_used_at: time.nullable(),
    former_secret_until: time.nullable().describe('After a rotation: until then the former secret counts too'),
  })
  .meta({ id: 'Key' })

const shownOnce = z.object({ key: keyReply, secret: z.string().describe('Shown this once') }).meta({ id: 'KeyMade' })

export const keyRoutes = {
  createKey: route({
    method: 'POST',
    path: '/api/v1/keys',
    resource,
    says: 'Makes a key for a program; it is shown this once.',
    details:
      'A key never may more than its maker: what it may is worked out anew for each request. A bound filter is added to each of its queries, and documents that it leaves out do not exist for the key; it goes with query, ask and read.',
    allow: 'person',
    secret: true,
    audit: { action: 'key.create', target: { reply: 'key.id' } },
    body: z.strictObject({
      name: label,
      scopes: z.array(scope).min(1).max(5).default(['query', 'ask', 'read']),
      databases: z
        .union([z.literal('all'), z.array(z.string().min(1).max(200)).min(1).max(100)])
        .default('all')
        .describe('Ids or names'),
      filter: filterInput.optional().describe('Bound filter: row-level tenancy'),
      origins: z.array(origin).max(20).default([]).describe('Pages that may use it in a browser; empty: it is for programs'),
      addresses: z.array(addressRange).max(50).default([]).describe('Addresses or ranges that may use it; empty is everywhere'),
      limits: limitsInput.default({}),
      expires_at: moment.optional(),
    }),
    reply: { kind: 'json', status: 201, schema: shownOnce },
    errors: ['database/not-found', 'database/ambiguous', 'filter/invalid', 'key/too-wide'],
    example: { name: 'web shop', scopes: ['query', 'ask'] },
  }),
  listKeys: route({
    method: 'GET',
    path: '/api/v1/keys',
    resource,
    says: 'Lists your keys, newest first.',
    allow: 'person',
    reply: { kind: 'json', status: 200, schema: z.object({ keys: z.array(keyReply) }).meta({ id: 'KeyList' }) },
    errors: [],
  }),
  getKey: route({
    method: 'GET',
    path: '/api/v1/keys/{key}',
    resource,
    says: 'Tells what a key may do and when it was used last.',
    allow: 'person',
    reply: { kind: 'json', status: 200, schema: keyReply },
    errors: ['key/not-found'],
  }),
  updateKey: route({
    method: 'PATCH',
    path: '/api/v1/keys/{key}',
    resource,
    says: 'Renames a key or changes where, how much and until when it may be used; never what it may do.',
    allow: 'person',
    audit: { action: 'key.change', target: { parameter: 'key' } },
    body: z
      .strictObject({
        name: label.optional(),
        origins: z.array(origin).max(20).optional(),
        addresses: z.array(addressRange).max(50).optional(),
        limits: limitsInput.optional(),
        expires_at: moment.nullable().optional(),
      })
      .refine((change) => Object.keys(change).length > 0, 'needs at least one field'),
    reply: { kind: 'json', status: 200, schema: keyReply },
    errors: ['key/not-found', 'key/revoked'],
    example: { name: 'web shop, staging' },
  }),
  rotateKey: route({
    method: 'POST',
    path: '/api/v1/keys/{key}/rotate',
    resource,
    says: 'Gives a key a new secret, shown this once; the former one counts for the overlap.',
    allow: 'person',
    secret: true,
    audit: { action: 'key.rotate', target: { parameter: 'key' } },
    body: z.strictObject({ overlap_seconds: z.int().min(0).max(2_592_000).default(86_400).describe('0 ends the former secret at once') }),
    reply: { kind: 'json', status: 200, schema: shownOnce },
    errors: ['key/not-found', 'key/revoked'],
    example: { overlap_seconds: 3600 },
  }),
  revokeKey: route({
    method: 'DELETE',
    path: '/api/v1/keys/{key}',
    resource,
    says: 'Revokes a key, at once and for good; streams that it holds open end.',
    allow: 'person',
    audit: { action: 'key.revoke', target: { parameter: 'key' } },
    reply: { kind: 'json', status: 200, schema: keyReply },
    errors: ['key/not-found'],
  }),
  validateKey: route({
    method: 'POST',
    path: '/api/v1/keys/validate',
    resource,
    says: 'Tells whether a key of yours counts now, and if not, why. A key of somebody else is told like one that does not exist.',
    allow: 'person',
    attempt: true,
    body: z.strictObject({ key: z.string().max(200) }),
    reply: {
      kind: 'json',
      status: 200,
      schema: z
        .object({ valid: z.boolean(), reason: z.enum(['revoked', 'expired', 'unknown']).nullable(), key: keyReply.nullable() })
        .meta({ id: 'KeyValidity' }),
    },
    errors: ['limit/rate'],
    example: { key: 'qk_…' },
  }),
  setKeyPlan: route({
    method: 'POST',
    path: '/api/v1/users/{user}/keys/{key}/plan',
    resource,
    says: 'Gives a key of somebody a plan.',
    allow: 'owner',
    audit: { action: 'key.plan', target: { parameter: 'key' } },
    body: z.strictObject({ plan_id: z.string().max(100).nullable() }),
    reply: { kind: 'json', status: 200, schema: done },
    errors: ['account/not-found', 'key/not-found', 'plan/not-found'],
    example: { plan_id: null },
  }),
} as const

import { z } from 'zod'
import { EMAIL, EMAIL_LENGTH, PASSWORD_LENGTH } from '../domain/account.ts'
import { METADATA_LIMITS } from '../domain/metadata.ts'
import { time } from './schemas.ts'

// Shapes of people and of what they hold. Secrets come in through these and never go out, but where they are shown once.

export const email = z.string().max(EMAIL_LENGTH).regex(EMAIL, 'must be an e-mail address').describe('Case does not matter')
export const personName = z.string().trim().min(1).max(200)
export const newPassword = z
  .string()
  .min(PASSWORD_LENGTH.least)
  .max(PASSWORD_LENGTH.most)
  .describe(`${PASSWORD_LENGTH.least} to ${PASSWORD_LENGTH.most} characters; length counts, composition does not`)
/** One that was chosen earlier: whether it fits is all that matters. */
export const givenPassword = z.string().min(1).max(PASSWORD_LENGTH.most)
export const ticket = z.string().max(200).describe('The part of the link behind #claim=, #reset= or #invitation=')
export const role = z.enum(['owner', 'member', 'viewer'])
export const scope = z.enum(['query', 'ask', 'read', 'write', 'manage'])
export const level = z.enum(['read', 'write', 'manage'])
export const origin = z
  .string()
  .max(300)
  .refine((text) => URL.canParse(text) && new URL(text).origin === text && /^https?:/.test(text), 'must be an origin such as https://app.example.com')
export const addressRange = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], 'must be an address or a range such as 10.0.0.0/8')
export const label = z.string().trim().min(1).max(METADATA_LIMITS.stringLength).max(200)
export const moment = z.iso.datetime({ offset: true }).describe('ISO 8601')
export const dollars = z.number().min(0).max(1_000_000).describe('US dollars')
export const transport = z
  .enum(['token', 'cookie'])
  .default('token')
  .describe('token: the session comes in the reply, for programs; cookie: it goes into the browser, out of reach of scripts')

export const accountReply = z
  .object({
    id: z.string(),
    email: z.string().nullable(),
    name: z.string().nullable(),
    role,
    state: z.enum(['unclaimed', 'active', 'suspended', 'deleting']),
    plan_id: z.string().nullable().describe('Null: the default plan of people'),
    has_password: z.boolean(),
    provider: z.string().nullable().describe('Issuer that vouches for it'),
    created_at: time,
    last_seen_at: time.nullable(),
  })
  .meta({ id: 'Account' })

export const sessionReply = z
  .object({
    id: z.string(),
    label: z.string().describe('Kind of program'),
    current: z.boolean(),
    created_at: time,
    last_seen_at: time,
    expires_at: time,
  })
  .meta({ id: 'Session' })

export const signedIn = z
  .object({
    account: accountReply,
    token: z.string().nullable().describe('Send it as "Authorization: Bearer …"; null when it went into a cookie'),
    expires_at: time.describe('It is prolonged by use, up to 90 days in all'),
  })
  .meta({ id: 'SignedIn' })

export const done = z.object({ done: z.literal(true) }).meta({ id: 'Done' })

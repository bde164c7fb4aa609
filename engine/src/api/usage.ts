import { z } from 'zod'
import { dayOf, USAGE_DIMENSIONS, type UsageDimension } from '../domain/usage.ts'
import { route } from './route.ts'
import { time } from './schemas.ts'

const resource = 'Usage and limits'
const day = z.iso.date().describe('A day of UTC, such as 2026-11-26')
const usd = z.number().describe('US dollars, with 6 decimals')
const budget = z.number().min(0).max(100_000_000).nullable().describe('US dollars; null: no limit')

/** Days that one report may span: one year and the day of today. */
export const LONGEST_REPORT_DAYS = 367
/** Lines of one report. */
export const MOST_USAGE_LINES = 10_000

const dimensions = z
  .string()
  .max(100)
  .transform((text, context): readonly UsageDimension[] => {
    const parts = [
      ...new Set(
        text
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== ''),
      ),
    ]
    const known = parts.filter((part): part is UsageDimension => USAGE_DIMENSIONS.some((one) => one === part))
    if (known.length < parts.length) context.addIssue({ code: 'custom', message: `must be some of ${USAGE_DIMENSIONS.join(', ')}, with commas` })
    return known
  })

const usageQuery = z
  .strictObject({
    from: day.optional().describe('First day of UTC; by default the first of this month'),
    to: day.optional().describe('Last day of UTC; by default today'),
    by: dimensions.default(['day']).describe(`How the sums are grouped: some of ${USAGE_DIMENSIONS.join(', ')}, with commas`),
    database: z.string().min(1).max(200).optional().describe('Only what was used in this database, by id or name'),
    key: z.string().min(1).max(200).optional().describe('Only what this key used'),
    everyone: z
      .enum(['true', 'false'])
      .default('false')
      .transform((text) => text === 'true')
      .describe('The whole server instead of your own account; for owners'),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, { path: ['to'], message: 'must not be before from' })

const usageLine = z
  .object({
    day: z.string().nullable(),
    account: z.string().nullable(),
    database: z.string().nullable(),
    key: z.string().nullable(),
    visitor: z.string().nullable(),
    publication: z.string().nullable(),
    requests: z.int(),
    questions: z.int().describe('Answers that were asked for'),
    input_tokens: z.int().describe('Read by language models'),
    output_tokens: z.int().describe('Written by language models'),
    embedded_tokens: z.int().describe('Read by embedding models'),
    cost_usd: usd.describe('What the models cost, by the prices that this server knows'),
    stored_bytes: z.int().nullable().describe('At the end of the last day of the line; only by database'),
    chunks: z.int().nullable(),
  })
  .meta({ id: 'UsageLine' })

const spendCaps = z
  .object({
    per_day_usd: budget,
    per_month_usd: budget,
    spent_today_usd: usd,
    spent_this_month_usd: usd,
  })
  .meta({ id: 'SpendCaps' })

const auditEntry = z
  .object({
    seq: z.int(),
    at: time,
    actor_kind: z.string().describe('user, key, visitor, operator; anyone for a sign-in that failed'),
    actor_id: z.string().nullable(),
    action: z.string(),
    target: z.string().nullable(),
    address: z.string().nullable(),
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    hash: z.string().describe('sha256 over the entry and the hash before it'),
  })
  .meta({ id: 'AuditEntry' })

export const usageRoutes = {
  usage: route({
    method: 'GET',
    path: '/api/v1/usage',
    resource,
    says: 'Tells what was used, summed up.',
    details: 'A line holds the dimensions that were asked for in "by"; the others are null, and so is one that does not apply.',
    allow: 'person',
    query: usageQuery,
    reply: {
      kind: 'json',
      status: 200,
      schema: z
        .object({
          from: z.string(),
          to: z.string(),
          by: z.array(z.enum(USAGE_DIMENSIONS)),
          lines: z.array(usageLine),
          complete: z.boolean().describe(`False when there are more than ${MOST_USAGE_LINES} lines: ask for fewer days or dimensions`),
        })
        .meta({ id: 'Usage' }),
    },
    errors: ['auth/forbidden', 'database/not-found', 'database/ambiguous', 'key/not-found'],
  }),
  usageCsv: route({
    method: 'GET',
    path: '/api/v1/usage.csv',
    resource,
    says: 'The same as a table for a spreadsheet.',
    allow: 'person',
    audit: { action: 'usage.export' },
    query: usageQuery,
    reply: { kind: 'bytes', says: 'CSV in UTF-8 with a line of headings (text/csv)' },
    errors: ['auth/forbidden', 'database/not-found', 'database/ambiguous', 'key/not-found'],
  }),
  limits: route({
    method: 'GET',
    path: '/api/v1/limits',
    resource,
    says: 'Tells which limits hold for you and what is left.',
    allow: 'caller',
    reply: {
      kind: 'json',
      status: 200,
      schema: z
        .object({
          limits: z.array(
            z.object({
              of: z.enum(['account', 'key', 'visitor']).describe('Whose limit it is: a key has its own and that of its account'),
              what: z.enum(['requests', 'tokens', 'streams', 'stored_bytes', 'spend_usd']),
              window: z.enum(['minute', 'day', 'month']).nullable().describe('Days and months are those of UTC'),
              most: z.number(),
              remaining: z.number().nullable(),
              resets_at: time.nullable(),
            }),
          ),
        })
        .meta({ id: 'Limits' }),
    },
    errors: [],
  }),
  spendCaps: route({
    method: 'GET',
    path: '/api/v1/spend-caps',
    resource,
    says: 'Tells the budget of the whole server for models, and what was spent.',
    allow: 'owner',
    reply: { kind: 'json', status: 200, schema: spendCaps },
    errors: [],
  }),
  setSpendCaps: route({
    method: 'PATCH',
    path: '/api/v1/spend-caps',
    resource,
    says: 'Sets or takes away the budget of the whole server for models.',
    details: 'When it is used up, models are asked nothing more until the day or month of UTC is over; searching by words goes on.',
    allow: 'owner',
    audit: { action: 'spend-caps.change' },
    body: z
      .strictObject({ per_day_usd: budget.optional(), per_month_usd: budget.optional() })
      .refine((change) => Object.keys(change).length > 0, 'needs at least one field'),
    reply: { kind: 'json', status: 200, schema: spendCaps },
    errors: [],
    example: { per_day_usd: 5, per_month_usd: 50 },
  }),
  audit: route({
    method: 'GET',
    path: '/api/v1/audit',
    resource,
    says: 'Lists who did what, newest first.',
    allow: 'owner',
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(200).default(50),
      before: z.coerce.number().int().min(1).optional().describe('next_before of the page before'),
      action: z.string().min(1).max(100).optional().describe('Only this action, such as key.create'),
      actor: z.string().min(1).max(200).optional().describe('Only what this account, key or visitor did'),
    }),
    reply: {
      kind: 'json',
      status: 200,
      schema: z.object({ entries: z.array(auditEntry), next_before: z.int().nullable() }).meta({ id: 'AuditPage' }),
    },
    errors: [],
  }),
  checkAudit: route({
    method: 'GET',
    path: '/api/v1/audit/check',
    resource,
    says: 'Checks that no entry of the audit log was changed or taken out.',
    details:
      'It finds what was changed in the file by hand. Who may write the file can also compute the whole chain anew: keep the last hash elsewhere to see that.',
    allow: 'owner',
    reply: {
      kind: 'json',
      status: 200,
      schema: z.object({ sound: z.boolean(), first_fault: z.int().nullable().describe('The first entry that does not fit') }).meta({ id: 'AuditCheck' }),
    },
    errors: [],
  }),
} as const

/** The days of a report, from what was asked. */
export function reportDays(
  query: { readonly from?: string | undefined; readonly to?: string | undefined },
  now: number,
): { readonly fromDay: string; readonly toDay: string } {
  const toDay = query.to ?? dayOf(now)
  return { fromDay: query.from ?? `${toDay.slice(0, 7)}-01`, toDay }
}

import { z } from 'zod'
import { done, label } from './account-schemas.ts'
import { route } from './route.ts'

const resource = 'Plans'
const whole = z.int().min(0).max(1_000_000_000_000).nullable()
const usd = z.number().min(0).max(100_000_000).nullable()

const limits = {
  requests_per_minute: whole,
  requests_per_day: whole,
  tokens_per_minute: whole.describe('Tokens that language and embedding models take and give'),
  tokens_per_month: whole,
  streams: whole.describe('Streams that are open at the same time'),
  stored_bytes: whole.describe('Of all documents in the databases of an account'),
  spend_per_day_usd: usd,
  spend_per_month_usd: usd,
}
const limitsInput = z.strictObject(limits).partial()

const planReply = z
  .object({ id: z.string(), name: z.string(), built_in: z.boolean().describe('Holds where no other plan is given'), ...limits })
  .describe('Null is "no limit"; days and months are those of UTC')
  .meta({ id: 'Plan' })

export const planRoutes = {
  listPlans: route({
    method: 'GET',
    path: '/api/v1/plans',
    resource,
    says: 'Lists the named bundles of limits that can be given to people, keys and published chats.',
    allow: 'owner',
    reply: { kind: 'json', status: 200, schema: z.object({ plans: z.array(planReply) }).meta({ id: 'PlanList' }) },
    errors: [],
  }),
  createPlan: route({
    method: 'POST',
    path: '/api/v1/plans',
    resource,
    says: 'Makes a plan.',
    allow: 'owner',
    audit: { action: 'plan.create', target: { reply: 'id' } },
    body: limitsInput.extend({ name: label }),
    reply: { kind: 'json', status: 201, schema: planReply },
    errors: ['plan/exists'],
    example: { name: 'large', requests_per_day: 100_000, spend_per_month_usd: 20 },
  }),
  updatePlan: route({
    method: 'PATCH',
    path: '/api/v1/plans/{plan}',
    resource,
    says: 'Renames a plan or changes its limits; it holds within a second for everybody who has it.',
    allow: 'owner',
    audit: { action: 'plan.change', target: { parameter: 'plan' } },
    body: limitsInput.extend({ name: label.optional() }).refine((change) => Object.keys(change).length > 0, 'needs at least one field'),
    reply: { kind: 'json', status: 200, schema: planReply },
    errors: ['plan/not-found', 'plan/exists'],
    example: { requests_per_day: 200_000 },
  }),
  removePlan: route({
    method: 'DELETE',
    path: '/api/v1/plans/{plan}',
    resource,
    says: 'Deletes a plan that nobody has.',
    allow: 'owner',
    audit: { action: 'plan.remove', target: { parameter: 'plan' } },
    reply: { kind: 'json', status: 200, schema: done },
    errors: ['plan/not-found', 'plan/in-use'],
  }),
} as const

import { z } from 'zod'
import { GUARD_ACTIONS, STRICTNESS } from '../domain/answering.ts'
import { label, moment, origin } from './account-schemas.ts'
import { route } from './route.ts'
import { time } from './schemas.ts'

const resource = 'Published chats'

const action = z.enum(GUARD_ACTIONS)

const fields = {
  title: label.describe('Shown above the chat'),
  greeting: z.string().trim().min(1).max(2000).describe('What visitors read before they ask'),
  databases: z.array(z.string().min(1).max(200)).min(1).max(20).describe('Ids or names; you need "manage" on each'),
  origins: z.array(origin).max(20).describe("Pages that may embed or call it, such as https://www.example.com; empty: only this server's own page"),
  sources: z.enum(['quotes', 'documents']).describe('What visitors may read: the quotes of answers, or the text of the documents around them'),
  guard: z
    .strictObject({ medical: action.optional(), financial: action.optional(), legal: action.optional(), harmful: action.optional() })
    .describe('What becomes of questions that touch a topic: answered, answered with a disclaimer, or refused; a topic that is not named is off'),
  voice: z
    .string()
    .trim()
    .min(1)
    .max(1000)
    .describe('How a language model is to write, such as "Friendly, in short sentences"; by default as the databases say'),
  strictness: z
    .enum(STRICTNESS)
    .describe('What becomes of sentences that their sources do not support: marked, removed, or the answer is withheld; the databases may be stricter'),
  keep_days: z.int().min(1).max(365).describe('Visitors and their conversations are deleted this many days after the last message'),
  expires_at: moment,
  plan_id: z.string().max(100).describe('Limits of its visitors; only an owner may give a plan'),
}

export const publicationReply = z
  .object({
    id: z.string(),
    title: z.string(),
    greeting: z.string().nullable(),
    databases: z.array(z.string()).describe('Ids'),
    origins: z.array(z.string()),
    sources: z.enum(['quotes', 'documents']),
    guard: z.object({ medical: action, financial: action, legal: action, harmful: action }),
    voice: z.string().nullable(),
    strictness: z.enum(STRICTNESS).nullable(),
    keep_days: z.int(),
    plan_id: z.string().nullable().describe('Null: the default plan of visitors'),
    state: z.enum(['open', 'expired', 'revoked']),
    created_at: time,
    expires_at: time.nullable(),
    revoked_at: time.nullable(),
    feedback: z.object({ up: z.int(), down: z.int() }).describe('How many answers its visitors rated so, also in conversations that are gone'),
    page: z.string().describe('Address of the chat; whoever knows it may ask'),
    script: z.string().describe('Put this into a page whose origin is listed: a button that opens the chat'),
    iframe: z.string().describe('Or this: the chat as a part of the page'),
  })
  .meta({ id: 'Publication' })

const parameter = { parameter: 'publication' } as const

export const publicationRoutes = {
  createPublication: route({
    method: 'POST',
    path: '/api/v1/publications',
    resource,
    says: 'Opens one or several databases to strangers, as a chat.',
    details:
      'Whoever knows the address of the chat may ask. A database counts as long as you may manage it; when none is left, the chat is closed. Other pages may embed or call it only when their origins are listed.',
    allow: 'person',
    audit: { action: 'publication.create', target: { reply: 'id' } },
    body: z.strictObject({
      title: fields.title,
      greeting: fields.greeting.optional(),
      databases: fields.databases,
      origins: fields.origins.default([]),
      sources: fields.sources.default('quotes'),
      guard: fields.guard.default({}),
      voice: fields.voice.optional(),
      strictness: fields.strictness.optional(),
      keep_days: fields.keep_days.default(30),
      expires_at: fields.expires_at.optional(),
      plan_id: fields.plan_id.optional(),
    }),
    reply: { kind: 'json', status: 201, schema: publicationReply },
    errors: ['database/not-found', 'database/ambiguous', 'plan/not-found'],
    example: { title: 'Ask the handbook', databases: ['handbook'] },
  }),
  listPublications: route({
    method: 'GET',
    path: '/api/v1/publications',
    resource,
    says: 'Lists your published chats, newest first.',
    allow: 'person',
    reply: { kind: 'json', status: 200, schema: z.object({ publications: z.array(publicationReply) }).meta({ id: 'PublicationList' }) },
    errors: [],
  }),
  getPublication: route({
    method: 'GET',
    path: '/api/v1/publications/{publication}',
    resource,
    says: 'Tells what a published chat opens to whom.',
    allow: 'person',
    reply: { kind: 'json', status: 200, schema: publicationReply },
    errors: ['publication/not-found'],
  }),
  updatePublication: route({
    method: 'PATCH',
    path: '/api/v1/publications/{publication}',
    resource,
    says: 'Changes a published chat, at once.',
    allow: 'person',
    audit: { action: 'publication.change', target: parameter },
    body: z
      .strictObject({
        title: fields.title.optional(),
        greeting: fields.greeting.nullable().optional(),
        databases: fields.databases.optional(),
        origins: fields.origins.optional(),
        sources: fields.sources.optional(),
        guard: fields.guard.optional().describe('Topics that are not named are off'),
        voice: fields.voice.nullable().optional(),
        strictness: fields.strictness.nullable().optional(),
        keep_days: fields.keep_days.optional(),
        expires_at: fields.expires_at.nullable().optional(),
        plan_id: fields.plan_id.nullable().optional(),
      })
      .refine((change) => Object.keys(change).length > 0, 'needs at least one field'),
    reply: { kind: 'json', status: 200, schema: publicationReply },
    errors: ['publication/not-found', 'database/not-found', 'database/ambiguous', 'plan/not-found'],
    example: { origins: ['https://www.example.com'] },
  }),
  revokePublication: route({
    method: 'DELETE',
    path: '/api/v1/publications/{publication}',
    resource,
    says: 'Closes a published chat, at once and for good; answers that are being written end.',
    allow: 'person',
    audit: { action: 'publication.revoke', target: parameter },
    reply: { kind: 'json', status: 200, schema: publicationReply },
    errors: ['publication/not-found'],
  }),
} as const

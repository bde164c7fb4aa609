import { z } from 'zod'
import { done } from './account-schemas.ts'
import { route } from './route.ts'
import { listQuery, nextCursor, time } from './schemas.ts'

const resource = 'Conversations'

/** What is kept of a citation. Its places are null when it was told to a stranger, who may see no more than the quote. */
export const keptCitation = z
  .object({
    number: z.int().describe('From 1, as in the text of the answer'),
    database_id: z.string().nullable(),
    document_id: z.string().nullable(),
    start: z.int().nullable().describe('UTF-16 offset in the extracted text'),
    end: z.int().nullable(),
    name: z.string(),
    page: z.int().nullable(),
    heading_path: z.array(z.string()),
    quote: z.string(),
    verdict: z.enum(['verified', 'weak', 'unsupported']),
    reason: z.string().nullable(),
  })
  .meta({ id: 'KeptCitation' })

export const messageReply = z
  .object({
    id: z.string(),
    role: z.enum(['user', 'assistant']),
    text: z.string(),
    answered: z.boolean().nullable().describe('Of an answer: whether the documents held one'),
    citations: z.array(keptCitation),
    created_at: time,
  })
  .meta({ id: 'Message' })

const facts = {
  id: z.string(),
  title: z.string(),
  messages: z.int(),
  created_at: time,
  updated_at: time,
  delete_at: time.nullable().describe('Null: kept until somebody deletes it'),
}
export const conversationReply = z.object({ ...facts, databases: z.array(z.string()).describe('Ids') }).meta({ id: 'Conversation' })
export const visitorConversation = z.object(facts).meta({ id: 'VisitorConversation' })

const parameter = { parameter: 'conversation' } as const

export const conversationRoutes = {
  listConversations: route({
    method: 'GET',
    path: '/api/v1/conversations',
    resource,
    says: 'Lists your conversations, last changed first.',
    allow: 'person',
    query: z.strictObject(listQuery),
    reply: {
      kind: 'json',
      status: 200,
      schema: z.object({ conversations: z.array(conversationReply), next_cursor: nextCursor }).meta({ id: 'ConversationList' }),
    },
    errors: [],
  }),
  getConversation: route({
    method: 'GET',
    path: '/api/v1/conversations/{conversation}',
    resource,
    says: 'Gives a conversation with its messages in order, at most the newest 1,000.',
    allow: 'person',
    reply: {
      kind: 'json',
      status: 200,
      schema: z.object({ conversation: conversationReply, messages: z.array(messageReply) }).meta({ id: 'ConversationWithMessages' }),
    },
    errors: ['conversation/not-found'],
  }),
  renameConversation: route({
    method: 'PATCH',
    path: '/api/v1/conversations/{conversation}',
    resource,
    says: 'Renames a conversation.',
    allow: 'person',
    body: z.strictObject({ title: z.string().trim().min(1).max(200) }),
    reply: { kind: 'json', status: 200, schema: conversationReply },
    errors: ['conversation/not-found'],
    example: { title: 'Leave' },
  }),
  removeConversation: route({
    method: 'DELETE',
    path: '/api/v1/conversations/{conversation}',
    resource,
    says: 'Deletes a conversation with its messages, at once.',
    allow: 'person',
    audit: { action: 'conversation.remove', target: parameter },
    reply: { kind: 'json', status: 200, schema: done },
    errors: ['conversation/not-found'],
  }),
  exportConversation: route({
    method: 'GET',
    path: '/api/v1/conversations/{conversation}/export',
    resource,
    says: 'Gives a conversation with its citations as a Markdown file.',
    details: 'What people, documents and models wrote is quoted, and nothing in it is taken as Markdown: no links, no images, no HTML.',
    allow: 'person',
    audit: { action: 'conversation.export', target: parameter },
    reply: { kind: 'bytes', says: 'Markdown in UTF-8' },
    errors: ['conversation/not-found'],
  }),
  claimVisitor: route({
    method: 'POST',
    path: '/api/v1/me/visitor',
    resource,
    says: 'Takes over the conversations that you had as a visitor of a published chat; they are yours from then on, without a deletion date.',
    allow: 'person',
    attempt: true,
    audit: { action: 'visitor.claim' },
    body: z.strictObject({ token: z.string().min(1).max(4000).describe('The token of the visitor; it no longer counts afterwards') }),
    reply: { kind: 'json', status: 200, schema: z.object({ conversations: z.int().describe('How many came along') }).meta({ id: 'VisitorClaimed' }) },
    errors: ['visitor/not-found', 'limit/rate'],
    example: { token: 'qv_…' },
  }),
} as const

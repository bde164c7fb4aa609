import { z } from 'zod'
import { done } from './account-schemas.ts'
import { route } from './route.ts'
import { listQuery, nextCursor, offset, pages, searchMode, time, tokens } from './schemas.ts'

const resource = 'Conversations'

/** What is kept of a citation: all that was told with the answer. Its places are null when it was told to a stranger, who may see no more than the quote. */
export const keptCitation = z
  .object({
    number: z.int().describe('From 1, as in the text of the answer'),
    database_id: z.string().nullable(),
    document_id: z.string().nullable(),
    revision: z.int().nullable(),
    chunk_id: z.string().nullable(),
    external_id: z.string().nullable(),
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

export const sentenceReply = z
  .object({
    start: offset.describe('UTF-16 offset in the text of the answer'),
    end: offset,
    verdict: z.enum(['verified', 'weak', 'unsupported', 'uncited']).describe('"uncited": it claims nothing that would need a source'),
    citations: z.array(z.int()).describe('Numbers of its citations'),
    reason: z.string().nullable().describe('Why it is not verified, for a person'),
  })
  .meta({ id: 'SentenceCheck' })

export const costUsd = z
  .number()
  .nullable()
  .describe('US dollars for all that models were asked for it, embedding of queries and reranking among it; null when it is not known')

/** A passage without its scores and metadata. */
export const plainPassage = z
  .object({
    database_id: z.string(),
    document_id: z.string(),
    name: z.string(),
    heading_path: z.array(z.string()),
    pages,
    text: z.string(),
    start: offset,
    end: offset,
  })
  .meta({ id: 'PlainPassage' })

export const feedbackReply = z
  .object({ rating: z.enum(['up', 'down']).nullable(), comment: z.string().nullable() })
  .meta({ id: 'Feedback', description: 'Rating null: none was given' })

export const messageReply = z
  .object({
    id: z.string(),
    parent_id: z.string().nullable().describe('The message that it follows; null for a first one'),
    versions: z.array(z.string()).describe('Ids of the messages that follow the same one, itself among them, oldest first'),
    role: z.enum(['user', 'assistant']),
    text: z.string().describe('Of an answer with its marks, such as [1]'),
    answered: z.boolean().nullable().describe('Of an answer: whether the documents held one'),
    citations: z.array(keptCitation),
    sentences: z.array(sentenceReply).describe('Of an answer: its sentences as they were checked'),
    nearest: z.array(plainPassage).describe('When they did not: the nearest passages, at most 5, each cut off after 2,000 characters'),
    writer: z.string().nullable().describe('Of an answer: "extractive", or the language model; null for strangers'),
    mode: searchMode.mode.nullable().describe('Of an answer: which search came before it; null for strangers'),
    model: searchMode.model,
    usage: tokens.nullable(),
    cost_usd: costUsd,
    trace_id: z.string().nullable().describe('Of an answer: how it came about; null for strangers'),
    feedback: feedbackReply,
    created_at: time,
  })
  .meta({ id: 'Message' })

const facts = {
  id: z.string(),
  title: z.string(),
  messages: z.int().describe('In all branches'),
  created_at: time,
  updated_at: time,
  delete_at: time.nullable().describe('Null: kept until somebody deletes it'),
}
export const conversationReply = z
  .object({
    ...facts,
    databases: z.array(z.string()).describe('Ids'),
    link: z.object({ created_at: time, expires_at: time.nullable() }).nullable().describe('Null: no link opens it'),
  })
  .meta({ id: 'Conversation' })
export const visitorConversation = z.object(facts).meta({ id: 'VisitorConversation' })

/** What whoever has a link sees of a message: no way into the documents. */
const sharedMessage = z
  .object({
    role: z.enum(['user', 'assistant']),
    text: z.string(),
    answered: z.boolean().nullable(),
    citations: z.array(keptCitation.pick({ number: true, name: true, page: true, heading_path: true, quote: true, verdict: true, reason: true })),
    sentences: z.array(sentenceReply),
    created_at: time,
  })
  .meta({ id: 'SharedMessage' })

/** Shared with the chats of visitors. */
export const branchQuery = {
  leaf: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('Id of a message: the branch through it, as it went on last; by default the one that was written to last'),
}
export const feedbackBody = z
  .strictObject({ rating: z.enum(['up', 'down']).nullable().describe('Null takes it back'), comment: z.string().trim().min(1).max(2000).optional() })
  .refine(({ rating, comment }) => rating !== null || comment === undefined, { path: ['comment'], message: 'goes with a rating' })
export const parentField = z
  .string()
  .min(1)
  .max(100)
  .optional()
  .describe(
    'Where in the conversation the question stands: id of the answer that it follows, or "start"; by default the end of the branch that was written to last. It is answered from what stands before it',
  )
export const storedIds = {
  question_id: z.string().describe('Of the message that was stored'),
  answer_id: z.string(),
}

const parameter = { parameter: 'conversation' } as const

export const conversationRoutes = {
  listConversations: route({
    method: 'GET',
    path: '/api/v1/conversations',
    resource,
    says: 'Lists your conversations, last changed first, or finds them by words.',
    details:
      'One whose first answer is still being written is not among them. With q a page may hold fewer conversations than limit although others follow: go on as long as there is a next_cursor.',
    allow: 'person',
    query: z.strictObject({
      ...listQuery,
      q: z.string().trim().max(200).optional().describe('Words that stand in the title or in the messages, all of them, in any case'),
    }),
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
    says: 'Gives a conversation with the messages of one branch in order, at most the newest 1,000.',
    details:
      'The messages are a tree: a question that was edited, and an answer that was asked for again, stand beside the former ones, each with what followed. The versions of a message are the ids to look at another branch with.',
    allow: 'person',
    query: z.strictObject(branchQuery),
    reply: {
      kind: 'json',
      status: 200,
      schema: z.object({ conversation: conversationReply, messages: z.array(messageReply) }).meta({ id: 'ConversationWithMessages' }),
    },
    errors: ['conversation/not-found', 'message/not-found'],
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
    says: 'Gives one branch of a conversation with its citations as a Markdown file, at most the newest 1,000 messages.',
    details: 'What people, documents and models wrote is quoted, and nothing in it is taken as Markdown: no links, no images, no HTML.',
    allow: 'person',
    query: z.strictObject(branchQuery),
    audit: { action: 'conversation.export', target: parameter },
    reply: { kind: 'bytes', says: 'Markdown in UTF-8' },
    errors: ['conversation/not-found', 'message/not-found'],
  }),
  setFeedback: route({
    method: 'PUT',
    path: '/api/v1/conversations/{conversation}/messages/{message}/feedback',
    resource,
    says: 'Says whether an answer was good.',
    allow: 'person',
    body: feedbackBody,
    reply: { kind: 'json', status: 200, schema: feedbackReply },
    errors: ['conversation/not-found', 'message/not-found'],
    example: { rating: 'up', comment: 'Just what I looked for.' },
  }),
  linkConversation: route({
    method: 'POST',
    path: '/api/v1/conversations/{conversation}/link',
    resource,
    says: 'Makes a link that shows a conversation as it is now to whoever has it; a former link no longer works.',
    details:
      'It shows the title and the messages of the branch that was written to last, answers with their quotes, and nothing that is said later. It opens no documents.',
    allow: 'person',
    secret: true,
    audit: { action: 'conversation.link', target: parameter },
    body: z.strictObject({ expires_in_days: z.int().min(1).max(365).optional().describe('By default it works until it is taken back') }),
    reply: {
      kind: 'json',
      status: 201,
      schema: z
        .object({
          token: z.string().describe('Shown once'),
          link: z.string().describe('Address with the token behind the #'),
          created_at: time,
          expires_at: time.nullable(),
        })
        .meta({ id: 'ConversationLink' }),
    },
    errors: ['conversation/not-found'],
    example: { expires_in_days: 30 },
  }),
  unlinkConversation: route({
    method: 'DELETE',
    path: '/api/v1/conversations/{conversation}/link',
    resource,
    says: 'Takes the link of a conversation back, at once.',
    allow: 'person',
    audit: { action: 'conversation.unlink', target: parameter },
    reply: { kind: 'json', status: 200, schema: done },
    errors: ['conversation/not-found', 'link/not-found'],
  }),
  openLink: route({
    method: 'POST',
    path: '/api/v1/shared-conversations',
    resource,
    says: 'Shows a conversation to whoever has its link, as it was when the link was made.',
    allow: 'anyone',
    attempt: true,
    body: z.strictObject({ token: z.string().min(1).max(200).describe('What stands behind the # of the link') }),
    reply: {
      kind: 'json',
      status: 200,
      schema: z
        .object({ title: z.string(), shared_at: time, expires_at: time.nullable(), messages: z.array(sharedMessage) })
        .meta({ id: 'SharedConversation' }),
    },
    errors: ['link/not-found', 'limit/rate'],
    example: { token: 'ql_…' },
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

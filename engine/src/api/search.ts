import { z } from 'zod'
import { costUsd, parentField, sentenceReply, storedIds } from './conversations.ts'
import { route } from './route.ts'
import { errorBody, filterInput, metadataOutput, offset, pages, searchMode, tokens, weights } from './schemas.ts'

const rankedScore = z.object({ rank: z.int(), score: z.number() })

export const explanationReply = z
  .object({
    dense: rankedScore.nullable().describe('Cosine similarity; null when the dense search did not find it'),
    lexical: rankedScore
      .extend({
        terms: z.array(z.object({ term: z.string(), score: z.number() })),
        document: z.number().optional().describe('Part of the score that the whole document earned by words of the question, wherever they stand in it'),
      })
      .nullable(),
    fused: z.number(),
    reranked: rankedScore.nullable().describe('What a reranker made of it: the order follows it; null when none was asked'),
    merged: z.array(z.string()).describe('Chunks folded into this hit'),
  })
  .meta({ id: 'Explanation' })

export const passageReply = z
  .object({
    database_id: z.string(),
    chunk_id: z.string(),
    document_id: z.string(),
    revision: z.int(),
    external_id: z.string(),
    name: z.string(),
    title: z.string().nullable(),
    media_type: z.string(),
    metadata: metadataOutput,
    text: z.string(),
    start: offset,
    end: offset,
    heading_path: z.array(z.string()),
    pages,
    score: z.number().describe('0 to 1 within one reply'),
    explanation: explanationReply.nullable().describe('Null unless explain is true'),
  })
  .meta({ id: 'Passage' })

export const citationReply = z
  .object({
    number: z.int().describe('From 1, as in the text of the answer'),
    database_id: z.string(),
    document_id: z.string(),
    revision: z.int(),
    chunk_id: z.string(),
    external_id: z.string(),
    name: z.string(),
    page: z.int().nullable(),
    heading_path: z.array(z.string()),
    start: offset,
    end: offset,
    quote: z.string().describe('When verified: exactly the extracted text between start and end'),
    verdict: z.enum(['verified', 'weak', 'unsupported']),
    reason: z.string().nullable(),
  })
  .meta({ id: 'Citation' })

/** Shared with the chats of visitors. */
export const suggestionsQuery = z.strictObject({ n: z.coerce.number().int().min(1).max(12).default(4) })
export const suggestionsReply = z
  .object({ suggestions: z.array(z.string()).describe('At most n; fewer, or none, when the documents give no more') })
  .meta({ id: 'Suggestions' })

const otherVersion = z
  .string()
  .min(1)
  .max(100)
  .optional()
  .describe('Id of another index version than the live one, to compare them; for those who manage the database')

const queryInput = z.strictObject({
  query: z.string().trim().min(1).max(4000),
  n_results: z.int().min(1).max(100).default(5),
  filter: filterInput.optional(),
  threshold: z.number().min(0).max(1).optional().describe('Leaves out passages with a lower score'),
  weights: weights.optional(),
  explain: z.boolean().default(false),
  version: otherVersion,
})

export const queryReply = z
  .object({
    database_id: z.string(),
    version_id: z.string().describe('The index version that was searched'),
    ...searchMode,
    reranker: z.string().nullable().describe('The model that ordered the results; null: the search itself'),
    results: z.array(passageReply),
    degraded: z.string().nullable().describe('Why part of the search was left out this time; null when nothing was'),
    took_ms: z.number(),
  })
  .meta({ id: 'QueryReply' })

const query = {
  method: 'POST',
  resource: 'Search and answers',
  allow: 'query',
  bound: true,
  body: queryInput,
  reply: { kind: 'json', status: 200, schema: queryReply },
  errors: ['database/not-found', 'version/not-found', 'filter/invalid', 'vectors/dimension'],
  example: { query: 'How do I request leave?', n_results: 5, filter: { year: { $gte: 2023 } } },
} as const

/** Shared with the route for chats of the AI SDK. */
export const askFields = {
  question: z.string().trim().min(1).max(4000),
  n_results: z.int().min(1).max(50).default(8).describe('Passages that the answer may draw on'),
  filter: filterInput.optional(),
  history: z
    .array(z.strictObject({ role: z.enum(['user', 'assistant']), text: z.string().max(20_000) }))
    .max(50)
    .optional()
    .describe('Earlier turns, oldest first, when they are kept elsewhere'),
  conversation: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('"new", or the id of a conversation: its messages are the history, and question and answer are added to it'),
  parent: parentField,
}
/** For `superRefine`. */
export function keepsOneHistory(body: { history?: unknown; conversation?: unknown; parent?: unknown; version?: unknown }, context: z.RefinementCtx): void {
  const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
  if (body.history !== undefined && body.conversation !== undefined) wrong('history', 'goes without conversation: that one keeps its own')
  if (body.parent !== undefined && body.conversation === undefined) wrong('parent', 'goes with conversation')
  if (body.version !== undefined && body.conversation !== undefined) wrong('version', 'goes without conversation: kept is what the live version answers')
}
const KEPT =
  'In a conversation question and answer are kept together once the answer has ended. An answer that was broken off, by the client or by a fault, is not kept, and a new conversation goes with it. With parent a question is asked anew elsewhere in the conversation, and nothing is lost: in other words it becomes another version of the question, in the same words its answer becomes another version of the answer. What was said before goes into the answer: a conversation goes on only while every database that it is about is there and open to the caller for asking.'

/** Shared with the chats of visitors. */
export const answerStep = z.object({
  step: z.enum(['route', 'condense', 'retrieve', 'grade', 'rewrite', 'write', 'verify']).describe('What is being done; others may be added'),
})

/** Shared with the routes that read an answer again. */
export const answerEvents = {
  kind: 'events',
  live: 'asks',
  events: {
    'answer-start': z.object({
      ...searchMode,
      writer: z.string().describe('"extractive", or the language model'),
      conversation_id: z.string().nullable().describe('Null when it is not kept'),
      trace_id: z.string().describe('Under which it is kept how this answer came about'),
    }),
    'answer-step': answerStep,
    'passages-found': z.object({ passages: z.array(passageReply) }),
    'text-delta': z.object({ text: z.string() }),
    'citation-found': z.object({ citation: citationReply }),
    'sentence-checked': z.object({ sentence: sentenceReply }),
    'answer-end': z.object({
      answered: z.boolean(),
      text: z.string(),
      citations: z.array(citationReply),
      sentences: z.array(sentenceReply),
      writer: z.string().describe('Who wrote it in the end: another than was told at the start when that one failed'),
      usage: tokens.nullable(),
      cost_usd: costUsd,
      trace_id: z.string(),
      question_id: storedIds.question_id.nullable().describe('Of the message that was stored; null when it is not kept'),
      answer_id: storedIds.answer_id.nullable(),
    }),
    'answer-error': z.object({ error: errorBody }),
  },
  last: ['answer-end', 'answer-error'],
  failure: 'answer-error',
} as const
/** What may be told instead of an answer, whatever form it is asked in. */
export const ASK_ERRORS = [
  'database/not-found',
  'conversation/not-found',
  'conversation/closed',
  'message/not-found',
  'filter/invalid',
  'model/unavailable',
  'model/refused',
  'limit/spend',
  'limit/unpriced',
] as const

export const searchRoutes = {
  queryById: route({ ...query, path: '/api/v1/database/{id}/query', says: 'Finds the passages nearest to a question.' }),
  query: route({ ...query, path: '/api/v1/databases/{database}/query', says: 'Finds the passages nearest to a question; the same as the short route.' }),
  ask: route({
    method: 'POST',
    path: '/api/v1/databases/{database}/ask',
    resource: 'Search and answers',
    says: 'Answers a question from the documents, with citations that were checked, as a stream.',
    details: KEPT,
    allow: 'ask',
    bound: true,
    body: z.strictObject({ ...askFields, version: otherVersion }).superRefine(keepsOneHistory),
    reply: answerEvents,
    errors: [...ASK_ERRORS, 'version/not-found'],
    example: { question: 'How do I request leave?' },
  }),
  askSeveral: route({
    method: 'POST',
    path: '/api/v1/ask',
    resource: 'Search and answers',
    says: 'Answers a question from several databases together, as a stream.',
    details: `Each passage and citation tells its database. ${KEPT} A conversation stays with the databases that it began with, all of them or some.`,
    allow: 'ask',
    bound: true,
    body: z.strictObject({ databases: z.array(z.string().min(1).max(200)).min(1).max(20).describe('Ids or names'), ...askFields }).superRefine(keepsOneHistory),
    reply: answerEvents,
    errors: [...ASK_ERRORS, 'database/ambiguous'],
    example: { databases: ['handbook'], question: 'How do I request leave?' },
  }),
  suggestions: route({
    method: 'GET',
    path: '/api/v1/databases/{database}/suggestions',
    resource: 'Search and answers',
    says: 'Gives questions that the documents answer, for somebody who does not know yet what to ask.',
    details:
      'They are made of headings and sentences of the documents, without a model, and each was tried: a search by words finds the place that it came from, and sentences there answer it. The same documents give the same questions.',
    allow: 'ask',
    bound: true,
    query: suggestionsQuery,
    reply: { kind: 'json', status: 200, schema: suggestionsReply },
    errors: ['database/not-found'],
  }),
} as const

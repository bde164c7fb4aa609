import { z } from 'zod'
import { costUsd } from './conversations.ts'
import { route } from './route.ts'
import { listQuery, nextCursor, searchMode, time, tokens } from './schemas.ts'

const resource = 'Traces'
const ms = z.number().describe('Milliseconds')

const summary = {
  id: z.string().describe('32 hexadecimal digits; the same in OpenTelemetry'),
  conversation_id: z.string().nullable(),
  answer_id: z.string().nullable().describe('Of the message in the conversation'),
  databases: z.array(z.string()).describe('Ids'),
  question: z.string(),
  started_at: time,
  ms,
  outcome: z
    .enum(['answered', 'not-answered', 'withheld', 'refused', 'failed', 'stopped'])
    .describe('"withheld": sources did not support it; "refused": by policy; "stopped": somebody left'),
  writer: z.string().describe('"extractive", or the language model'),
  usage: tokens.nullable(),
  cost_usd: costUsd,
}
const traceSummary = z.object(summary).meta({ id: 'TraceSummary' })

const traceReply = z
  .object({
    ...summary,
    visitor_id: z.string().nullable().describe('Whoever asked in a published chat'),
    publication_id: z.string().nullable(),
    steps: z.array(z.object({ node: z.string(), started_at: time, ms, note: z.string().nullable().describe('What it decided') })).describe('In order'),
    searches: z.array(
      z.object({
        database_id: z.string(),
        version_id: z.string(),
        query: z.string().describe('What was searched for, which may be another wording than the question'),
        ...searchMode,
        degraded: z.string().nullable().describe('Why part of the search was left out; null when nothing was'),
        reranker: z.string().nullable(),
        cached: z.boolean().describe('Nothing was searched: the same was found before, and nothing has changed since'),
        models: z
          .array(
            z.object({
              purpose: z.enum(['embed', 'rerank']),
              model: z.string(),
              tokens: z.int().describe('That it read: as the provider tells, or an estimate'),
              searches: z.int().describe('As rerankers are paid; 0 of an embedder'),
              started_at: time,
              ms,
              cost_usd: z.number().nullable().describe('US dollars; null when the price is not known'),
            }),
          )
          .describe('What models took to embed the query and to order what was found; none of what a cache gave'),
        started_at: time,
        ms,
        hits: z.array(
          z.object({
            chunk_id: z.string(),
            document_id: z.string(),
            name: z.string(),
            score: z.number(),
            dense: z.number().nullable().describe('Cosine similarity'),
            lexical: z.number().nullable(),
          }),
        ),
      }),
    ),
    calls: z
      .array(
        z.object({
          purpose: z.string(),
          model: z.string(),
          system: z.string(),
          messages: z.array(z.object({ role: z.enum(['user', 'assistant']), text: z.string() })).describe('As the model was given them, passages among them'),
          reply: z.string(),
          started_at: time,
          ms_to_first: z.number().nullable().describe('Milliseconds until the first token'),
          ms,
          usage: tokens.nullable(),
          cost_usd: costUsd,
          error: z.string().nullable(),
        }),
      )
      .describe('Requests to language models, in order'),
    sentences: z.array(
      z.object({
        text: z.string(),
        verdict: z.enum(['verified', 'weak', 'unsupported', 'uncited']),
        citations: z.array(z.int()),
        reason: z.string().nullable(),
      }),
    ),
    text: z.string().describe('Of the answer'),
    error: z.string().nullable(),
    settings: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .describe('What was asked with, such as n, chatModel, strictness, and filter as JSON'),
  })
  .meta({ id: 'Trace' })

const WHO =
  'They are shown to whoever asked, and of a published chat to whoever published it, as long as they may ask all of its databases. They hold what others asked with the same account, and so no API key reads them.'

export const traceRoutes = {
  listTraces: route({
    method: 'GET',
    path: '/api/v1/traces',
    resource,
    says: 'Lists how your questions were answered, newest first.',
    details: `${WHO} A page may hold fewer traces than limit although others follow: go on as long as there is a next_cursor.`,
    allow: 'person',
    query: z.strictObject({
      ...listQuery,
      database: z.string().min(1).max(200).optional().describe('Only answers from this database, by id or name'),
      conversation: z.string().min(1).max(100).optional().describe('Only answers in this conversation'),
    }),
    reply: { kind: 'json', status: 200, schema: z.object({ traces: z.array(traceSummary), next_cursor: nextCursor }).meta({ id: 'TraceList' }) },
    errors: ['database/not-found', 'database/ambiguous'],
  }),
  getTrace: route({
    method: 'GET',
    path: '/api/v1/traces/{trace}',
    resource,
    says: 'Tells how an answer came about: steps, searches with their hits, what models were given and wrote, verdicts, times and cost.',
    details: `${WHO} They are kept for TRACE_KEEP_DAYS and go with their conversation, visitor and databases; very long texts are cut.`,
    allow: 'person',
    reply: { kind: 'json', status: 200, schema: traceReply },
    errors: ['trace/not-found'],
  }),
} as const

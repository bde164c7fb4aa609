import { z } from 'zod'
import { route } from './route.ts'
import { errorBody, filterInput, metadataOutput, offset, pages, searchMode, weights } from './schemas.ts'

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
    merged: z.array(z.string()).describe('Chunks folded into this hit'),
  })
  .meta({ id: 'Explanation' })

export const passageReply = z
  .object({
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

const queryInput = z.strictObject({
  query: z.string().trim().min(1).max(4000),
  n_results: z.int().min(1).max(100).default(5),
  filter: filterInput.optional(),
  threshold: z.number().min(0).max(1).optional().describe('Leaves out passages with a lower score'),
  weights: weights.optional(),
  explain: z.boolean().default(false),
})

export const queryReply = z
  .object({
    database_id: z.string(),
    ...searchMode,
    results: z.array(passageReply),
    degraded: z.string().nullable().describe('Why part of the search was left out this time; null when nothing was'),
    took_ms: z.number(),
  })
  .meta({ id: 'QueryReply' })

const query = {
  method: 'POST',
  resource: 'Search and answers',
  allow: 'query',
  body: queryInput,
  reply: { kind: 'json', status: 200, schema: queryReply },
  errors: ['database/not-found', 'filter/invalid', 'vectors/dimension'],
  example: { query: 'How do I request leave?', n_results: 5, filter: { year: { $gte: 2023 } } },
} as const

export const searchRoutes = {
  queryById: route({ ...query, path: '/api/v1/database/{id}/query', says: 'Finds the passages nearest to a question.' }),
  query: route({ ...query, path: '/api/v1/databases/{database}/query', says: 'Finds the passages nearest to a question; the same as the short route.' }),
  ask: route({
    method: 'POST',
    path: '/api/v1/databases/{database}/ask',
    resource: 'Search and answers',
    says: 'Answers a question from the documents, with citations that were checked, as a stream.',
    allow: 'ask',
    body: z.strictObject({
      question: z.string().trim().min(1).max(4000),
      n_results: z.int().min(1).max(50).default(8).describe('Passages that the answer may draw on'),
      filter: filterInput.optional(),
      history: z
        .array(z.strictObject({ role: z.enum(['user', 'assistant']), text: z.string().max(20_000) }))
        .max(50)
        .optional(),
    }),
    reply: {
      kind: 'events',
      events: {
        'answer-start': z.object({ ...searchMode, writer: z.string().describe('"extractive", or the language model') }),
        'passages-found': z.object({ passages: z.array(passageReply) }),
        'text-delta': z.object({ text: z.string() }),
        'citation-found': z.object({ citation: citationReply }),
        'answer-end': z.object({
          answered: z.boolean(),
          text: z.string(),
          citations: z.array(citationReply),
          usage: z.object({ input_tokens: z.int(), output_tokens: z.int() }).nullable(),
        }),
        'answer-error': z.object({ error: errorBody }),
      },
      last: ['answer-end', 'answer-error'],
      failure: 'answer-error',
    },
    errors: ['database/not-found', 'filter/invalid', 'model/unavailable', 'model/refused'],
    example: { question: 'How do I request leave?' },
  }),
} as const

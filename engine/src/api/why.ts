import { z } from 'zod'
import { route } from './route.ts'
import { errorBody, filterInput, searchMode } from './schemas.ts'

const rankedScore = z.object({ rank: z.int(), score: z.number() }).nullable()

export const whyReply = z
  .object({
    document_id: z.string(),
    external_id: z.string(),
    name: z.string(),
    reason: z.enum(['not-ready', 'failed', 'archive', 'filtered-out', 'nothing-in-common', 'found', 'merged', 'below-threshold', 'ranked-lower']),
    explanation: z.string().describe('The same in whole sentences'),
    ...searchMode,
    degraded: z.string().nullable(),
    error: errorBody.nullable(),
    conditions: z
      .array(z.object({ condition: z.string(), has: z.array(z.union([z.string(), z.number(), z.boolean()])) }))
      .describe('Conditions of the filter that the document does not meet, with what it has instead'),
    dense: rankedScore.describe('Its best chunk in the dense search; null when it is not among the first "depth"'),
    lexical: rankedScore.describe('Its best chunk in the lexical search'),
    terms: z.object({ found: z.array(z.string()), missing: z.array(z.string()) }).describe('Analysed words of the question'),
    rank: z.int().nullable().describe('Among passages, after merging'),
    merged_into: z.object({ document_id: z.string(), chunk_id: z.string() }).nullable(),
    depth: z.int().describe('How many chunks were looked at in each search'),
  })
  .meta({ id: 'WhyReply' })

export const whyRoutes = {
  why: route({
    method: 'POST',
    path: '/api/v1/databases/{database}/why',
    resource: 'Search and answers',
    says: 'Tells why a document is, or is not, among the results of a question.',
    allow: 'query',
    bound: true,
    body: z.strictObject({
      query: z.string().trim().min(1).max(4000),
      document: z.string().min(1).max(1024).describe('Its id or external_id'),
      n_results: z.int().min(1).max(100).default(5),
      filter: filterInput.optional(),
      threshold: z.number().min(0).max(1).optional(),
    }),
    reply: { kind: 'json', status: 200, schema: whyReply },
    errors: ['database/not-found', 'document/not-found', 'filter/invalid'],
    example: { query: 'How do I request leave?', document: 'leave.txt' },
  }),
} as const

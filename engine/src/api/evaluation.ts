import { z } from 'zod'
import { MEASURES, MOST_GOLDEN_CASES } from '../domain/evaluation.ts'
import { route } from './route.ts'
import { errorBody, listQuery, nextCursor, time, weights } from './schemas.ts'

const resource = 'Evaluation'

const externalIds = z.array(z.string().min(1).max(1000)).max(100)
const goldenFields = {
  question: z.string().trim().min(1).max(4000),
  answerable: z.boolean().default(true).describe('False: the documents do not hold the answer, and it should be refused'),
  expected: externalIds.default([]).describe('External ids of the documents that hold the answer'),
  pages: z
    .array(z.strictObject({ of: z.string().min(1).max(1000).describe('External id'), page: z.int().min(1) }))
    .max(200)
    .default([])
    .describe('Where in them, when it is known'),
  answer: z.string().trim().min(1).max(20_000).optional().describe('As a person would write it'),
}
const goldenInput = z.strictObject(goldenFields).refine(({ answerable, expected }) => answerable === expected.length > 0, {
  path: ['expected'],
  message: 'names at least one document, or answerable is false and it names none',
})

const missing = z.array(z.string()).describe('External ids that it names, in expected or pages, and that no document of the database has now')

const goldenReply = z
  .object({
    id: z.string(),
    question: z.string(),
    answerable: z.boolean(),
    expected: z.array(z.string()),
    pages: z.array(z.object({ of: z.string(), page: z.int() })),
    answer: z.string().nullable(),
    from_answer: z.string().nullable().describe('Id of the message that it was made of'),
    missing,
    created_at: time,
  })
  .meta({ id: 'GoldenCase' })

const settingInput = z.strictObject({
  version: z.string().min(1).max(100).optional().describe('Id of an index version; by default the live one'),
  weights: weights.optional(),
  chat_model: z.string().min(1).max(200).optional().describe('provider:model, or "extractive"; by default as the database is set'),
})

const measure = z.enum(MEASURES)
const estimate = z.object({ mean: z.number(), low: z.number(), high: z.number(), cases: z.int() }).meta({ id: 'Estimate' })
const estimates = z.partialRecord(measure, estimate).describe('Means with 95 % bootstrap intervals; what does not apply is left out')
const spread = z.object({ p50: z.number(), p95: z.number() })

const reportReply = z
  .object({
    measures: estimates,
    cases: z.int(),
    failed: z.int().describe('Questions that ended in an error; they count as not answered'),
    missing: z.int().describe('Cases that name a document which is not in the database'),
    search_ms: spread,
    answer_ms: spread.nullable(),
    first_ms: spread.nullable().describe('Until the first word'),
    cost_usd: z.number().nullable().describe('Of all models, for all searches and answers together; null when that of one is not known'),
  })
  .meta({ id: 'EvaluationReport' })

const caseReply = z
  .object({
    setting: z.int().describe('0, or 1 for the second of two settings'),
    index: z.int().describe('Of the case, from 0'),
    question: z.string(),
    measures: z.partialRecord(measure, z.number()),
    found: z.array(z.string()).describe('External ids, best first'),
    missing,
    answer: z.object({ answered: z.boolean(), text: z.string(), writer: z.string(), cited: z.array(z.string()) }).nullable(),
    search_ms: z.number(),
    answer_ms: z.number().nullable(),
    first_ms: z.number().nullable(),
    cost_usd: z.number().nullable(),
    error: z.string().nullable(),
  })
  .meta({ id: 'EvaluatedCase' })

export const evaluationRoutes = {
  listGolden: route({
    method: 'GET',
    path: '/api/v1/databases/{database}/golden',
    resource,
    says: 'Lists the golden set of a database: questions with what a good answer draws on, oldest first.',
    allow: 'manage',
    query: z.strictObject(listQuery),
    reply: { kind: 'json', status: 200, schema: z.object({ cases: z.array(goldenReply), next_cursor: nextCursor }).meta({ id: 'GoldenSet' }) },
    errors: ['database/not-found'],
  }),
  putGolden: route({
    method: 'POST',
    path: '/api/v1/databases/{database}/golden',
    resource,
    says: 'Adds cases to the golden set, all or none; one with the same question takes the place of the one before.',
    details:
      'A case may name documents that come later. Look at missing in the reply: what it names is not in the database, and a typing error would measure 0.',
    allow: 'manage',
    body: z.strictObject({ cases: z.array(goldenInput).min(1).max(500) }),
    reply: { kind: 'json', status: 200, schema: z.object({ cases: z.array(goldenReply) }).meta({ id: 'GoldenCases' }) },
    errors: ['database/not-found', 'golden/too-many'],
    example: { cases: [{ question: 'How do I request leave?', expected: ['handbook.md'] }] },
  }),
  goldenFromAnswer: route({
    method: 'POST',
    path: '/api/v1/databases/{database}/golden/from-answer',
    resource,
    says: 'Makes a case of an answer in one of your conversations that you found good.',
    details:
      'Its question, the documents and pages of its verified citations and its text become the case. An answer that said that the documents do not hold it becomes a case that should be refused. Correct it afterwards by adding the same question again.',
    allow: 'manage',
    body: z.strictObject({
      conversation: z.string().min(1).max(100),
      message: z.string().min(1).max(100).describe('Id of the answer'),
      question: z.string().trim().min(1).max(4000).optional().describe('In words that stand for themselves; needed where it leans on the turns before it'),
    }),
    reply: { kind: 'json', status: 201, schema: goldenReply },
    errors: ['database/not-found', 'conversation/not-found', 'message/not-found', 'golden/too-many'],
    example: { conversation: 'conv_0', message: 'msg_0' },
  }),
  removeGolden: route({
    method: 'DELETE',
    path: '/api/v1/databases/{database}/golden/{case}',
    resource,
    says: 'Takes a case out of the golden set.',
    allow: 'manage',
    reply: { kind: 'json', status: 200, schema: z.object({ done: z.boolean() }) },
    errors: ['database/not-found', 'golden/not-found'],
  }),
  evaluate: route({
    method: 'POST',
    path: '/api/v1/databases/{database}/evaluation',
    resource,
    says: 'Asks the questions of the golden set, or of the request, and measures what is found and answered, as a stream.',
    details:
      'Questions are asked one after the other and cost what they always cost. With two settings each question is asked with both, and the differences are told case by case. The manual tells what is measured, under "Evaluation".',
    allow: 'manage',
    body: z.strictObject({
      cases: z.array(goldenInput).min(1).max(MOST_GOLDEN_CASES).optional().describe('Instead of the golden set that is kept'),
      n_results: z.int().min(1).max(50).default(8).describe('Passages that an answer may draw on'),
      answers: z.boolean().default(true).describe('False measures retrieval alone and asks no language model'),
      settings: z.array(settingInput).min(1).max(2).default([{}]).describe('One, or two to compare'),
      seed: z.int().min(0).max(4_294_967_295).default(1).describe('Of the bootstrap'),
    }),
    reply: {
      kind: 'events',
      events: {
        'evaluation-start': z.object({ cases: z.int() }),
        'case-evaluated': caseReply,
        'evaluation-end': z.object({
          reports: z.array(reportReply).describe('One per setting'),
          differences: estimates.describe('Of the second setting minus the first, case by case; empty with one setting'),
        }),
        'evaluation-error': z.object({ error: errorBody }),
      },
      last: ['evaluation-end', 'evaluation-error'],
      failure: 'evaluation-error',
    },
    errors: ['database/not-found', 'version/not-found', 'model/unknown', 'limit/spend', 'limit/unpriced'],
    example: { answers: false },
  }),
} as const

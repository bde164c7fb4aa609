import { z } from 'zod'
import { STRICTNESS } from '../domain/answering.ts'
import { DATABASE_NAME } from '../domain/database.ts'
import { ERRORS } from '../domain/errors.ts'
import { METADATA_KEY, METADATA_LIMITS } from '../domain/metadata.ts'

// In a page zod would try to compile checks from text; the policy of the app forbids that, and each try is told as a breach.
if ('document' in globalThis) z.config({ jitless: true })

// Shapes that several resources share. JSON on the wire is snake_case; what may be missing is null, never absent.

const line = z.string().max(METADATA_LIMITS.stringLength)
const metadataValue = z.union([
  line,
  z.number(),
  z.boolean(),
  z.array(line).max(METADATA_LIMITS.listLength),
  z.array(z.number()).max(METADATA_LIMITS.listLength),
])

export const metadataInput = z
  .record(z.string().regex(METADATA_KEY), metadataValue)
  .refine((metadata) => Object.keys(metadata).length <= METADATA_LIMITS.keys, `at most ${METADATA_LIMITS.keys} fields`)
  .describe('Fields that filters read: texts, numbers, true or false, or lists of texts or of numbers.')

/** What left the store is not measured again. */
export const metadataOutput = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.array(z.number())]))

export const time = z.iso.datetime().describe('ISO 8601 in UTC')
export const pages = z.tuple([z.int(), z.int()]).nullable().describe('First and last page, from 1; null when the format has none')
export const offset = z.int().describe('UTF-16 offset in the extracted text')

export const errorBody = z
  .object({
    code: z.string().describe(`One of: ${Object.keys(ERRORS).join(', ')}`),
    message: z.string(),
    facts: z.record(z.string(), z.unknown()),
    hint: z.string(),
    retry: z.boolean().describe('True when the same request may work later'),
  })
  .meta({ id: 'Problem' })

export const errorReply = z.object({ error: errorBody.extend({ request_id: z.string() }) }).meta({ id: 'ErrorReply' })

/** What a client takes from an error reply: less than is sent, so that newer servers are understood too. */
export const toldError = z.object({ code: z.string(), facts: z.record(z.string(), z.unknown()).optional(), request_id: z.string().optional() })
export const toldFact = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])

export const databaseName = z.string().regex(DATABASE_NAME).describe('1 to 100 characters, without slashes or control characters')
export const description = z.string().max(2000)
export const modelName = z.string().min(1).max(200).describe('"none" for lexical search alone, or provider:model as GET /api/v1/models lists them')
/** Whether there is such a provider is looked at later, and told as model/unknown. */
export const chatModelName = z.string().regex(/^[a-z0-9]+:\S{1,180}$/, 'must be PROVIDER:NAME')
export const rerankModelName = z.string().regex(/^(?:none|[a-z0-9]+:\S{1,180})$/, 'must be none or PROVIDER:NAME')

export const strictness = z
  .enum(STRICTNESS)
  .describe('What becomes of a sentence that no passage supports: mark shows it as such, remove leaves it out, withhold gives no answer but what was found')
export const voice = z.string().trim().max(2000)
/** How questions to a database are answered; what is not named stays, null brings back what holds for the whole server. */
export const answersInput = z
  .strictObject({
    chat_model: z
      .union([z.literal('extractive'), chatModelName])
      .nullable()
      .optional()
      .describe('Language model that writes; extractive: the best sentences are quoted, and no model is asked'),
    rerank_model: rerankModelName.nullable().optional().describe('Model that orders what a search found; none: it stays as it is'),
    voice: voice.nullable().optional().describe('How a model is to write, in your words; rules of citing stay'),
    strictness: strictness.nullable().optional(),
  })
  .describe('How questions are answered. What is not named stays as it is; null: as the server is set')
export const answersReply = z
  .object({
    chat_model: z.string().nullable().describe('Null: as the server is set'),
    rerank_model: z.string().nullable().describe('Null: as the server is set'),
    voice: z.string().nullable(),
    strictness,
  })
  .meta({ id: 'AnswerSettings' })

export const chunkSize = z.int().min(32).max(8192).describe('Tokens per chunk')
export const chunkOverlap = z.int().min(0).max(4096).describe('Tokens that neighbouring chunks share: 64, or a quarter of a smaller chunk_size, by default')
/** The same in a form, where everything is text. */
export const formChunkSize = z.coerce.number().int().min(32).max(8192).describe('Tokens per chunk')
export const formChunkOverlap = z.coerce
  .number()
  .int()
  .min(0)
  .max(4096)
  .describe(chunkOverlap.description ?? '')
export const weights = z.strictObject({ dense: z.number().min(0).max(1), lexical: z.number().min(0).max(1) }).describe('How the two searches are mixed')

/** Arguments of `refine`: chunks overlap by half at most. */
export const overlapRule: [
  (input: { chunk_size?: number | undefined; chunk_overlap?: number | undefined }) => boolean,
  { path: PropertyKey[]; message: string },
] = [
  (input) => input.chunk_overlap === undefined || input.chunk_size === undefined || input.chunk_overlap * 2 <= input.chunk_size,
  { path: ['chunk_overlap'], message: 'must be at most half of chunk_size' },
]

export const listQuery = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional().describe('next_cursor of the page before'),
}
export const nextCursor = z.string().nullable().describe('Send it as cursor for the next page; null on the last')

export const searchMode = {
  mode: z.enum(['lexical', 'hybrid']).describe('Which search this database does'),
  model: z.string().nullable().describe('The embedding model; null in lexical mode'),
}

export const tokens = z.object({ input_tokens: z.int(), output_tokens: z.int() })

export const filterInput = z
  .union([z.string().max(20_000), z.record(z.string(), z.unknown())])
  .describe('A JSON filter such as {"year":{"$gte":2023}}, or the same as text: year >= 2023')

export const externalId = z.string().min(1).max(1000).describe('Your own id; unique in the database; by default the file name')
export const title = z.string().min(1).max(1000)

/** A JSON object sent as a form field. */
export function jsonText<S extends z.ZodType>(schema: S) {
  return z
    .string()
    .max(200_000)
    .transform((text, context) => {
      const read = readJson(text)
      if (!read.ok) context.addIssue({ code: 'custom', message: 'is not JSON' })
      return read.ok ? read.value : z.NEVER
    })
    .pipe(schema)
    .describe('A JSON object')
}

/** Reads JSON and refuses keys that could reach a prototype. */
export function readJson(text: string): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  try {
    return { ok: true, value: /__proto__|\\u/.test(text) ? JSON.parse(text, refusePrototype) : JSON.parse(text) }
  } catch {
    return { ok: false } // the caller says where; the text itself is never told
  }
}

function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('forbidden key')
  return value
}

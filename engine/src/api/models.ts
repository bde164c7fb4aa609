import { z } from 'zod'
import { providerAddress } from '../domain/provider-address.ts'
import { route } from './route.ts'
import { errorBody } from './schemas.ts'

const resource = 'Model settings'

const source = z
  .enum(['environment', 'stored', 'default'])
  .describe('environment: a variable of the server sets it, and comes first; stored: an owner chose it; default: nobody did')
const fixedBy = z
  .string()
  .nullable()
  .describe('The variable that must be unset in the environment of the server before this can be changed here; null: it can be')
const setting = z.object({ value: z.string(), from: source, fixed_by: fixedBy })

const modelSettingsReply = z
  .object({
    chat_model: z.object({ value: z.string().nullable().describe('Null: answers are the best sentences, quoted'), from: source, fixed_by: fixedBy }),
    embedding_model: setting.describe('Of new databases that name none'),
    openai_base_url: setting.describe('Where openai: models are asked'),
    ollama_url: setting.describe('Where ollama: models are asked'),
    openai_api_key: z
      .object({
        set: z.boolean(),
        last_four: z.string().nullable().describe('Null: none is set, or it is too short to tell a part of it'),
        from: z.enum(['environment', 'stored']).nullable(),
        fixed_by: fixedBy,
        problem: z
          .enum(['other-secret', 'other-address'])
          .nullable()
          .describe('Why a key that is stored does not count: it was stored under another secret of the server, or for another openai_base_url'),
      })
      .describe('Never told itself'),
  })
  .meta({ id: 'ModelSettings' })

const address = z
  .string()
  .max(500)
  .refine((text) => providerAddress(text) !== undefined, 'must be an http or https address of a server that may be asked, without user, query or fragment')
const back = 'Null takes the choice back'

const test = z
  .object({
    model: z.string().nullable(),
    state: z.enum(['ok', 'failed', 'none']).describe('none: no model is chosen, so nothing was asked'),
    ms: z.int().nullable().describe('How long it took, in milliseconds'),
    dimensions: z.int().nullable().describe('Of an embedding model'),
    error: errorBody.nullable(),
  })
  .meta({ id: 'ModelTest' })

export const modelRoutes = {
  modelSettings: route({
    method: 'GET',
    path: '/api/v1/model-settings',
    resource,
    says: 'Tells which models are used, where they are asked and whether a key is set; the key itself is never told.',
    allow: 'owner',
    reply: { kind: 'json', status: 200, schema: modelSettingsReply },
    errors: [],
  }),
  updateModelSettings: route({
    method: 'PATCH',
    path: '/api/v1/model-settings',
    resource,
    says: 'Changes which models are used and how they are reached, from the next question on; no restart is needed.',
    details:
      'What the environment sets comes first and cannot be changed here. A key is stored encrypted and is sent to the address it was stored for alone: with another openai_base_url it is forgotten unless it is given anew.',
    allow: 'owner',
    audit: { action: 'models.change' },
    body: z
      .strictObject({
        chat_model: z
          .string()
          .regex(/^(?:openai|ollama):\S{1,180}$/, 'must be openai:NAME or ollama:NAME')
          .nullable()
          .optional()
          .describe(back),
        embedding_model: z
          .string()
          .regex(/^(?:none|[a-z0-9]+:\S{1,180})$/, 'must be none or PROVIDER:NAME')
          .nullable()
          .optional()
          .describe(back),
        openai_base_url: address.nullable().optional().describe(back),
        ollama_url: address.nullable().optional().describe(back),
        openai_api_key: z
          .string()
          .trim()
          .regex(/^[\x21-\x7e]{8,2000}$/, 'must be 8 to 2000 printable ASCII characters without blanks')
          .nullable()
          .optional()
          .describe('Null forgets the key'),
      })
      .refine((change) => Object.keys(change).length > 0, 'needs at least one field'),
    reply: { kind: 'json', status: 200, schema: modelSettingsReply },
    errors: ['settings/fixed'],
    example: { chat_model: 'openai:gpt-4o-mini', openai_api_key: 'the-key-of-your-provider' },
  }),
  testModelSettings: route({
    method: 'POST',
    path: '/api/v1/model-settings/test',
    resource,
    says: 'Asks the language model and the default embedding model one small thing each, and tells how it went.',
    details: 'A model that fails is told in the reply, with the reason. What it costs is counted for you.',
    allow: 'owner',
    reply: { kind: 'json', status: 200, schema: z.object({ chat: test, embedder: test }).meta({ id: 'ModelTests' }) },
    errors: [],
  }),
} as const

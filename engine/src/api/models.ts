import { z } from 'zod'
import { CHAT_PROVIDERS, EMBEDDING_PROVIDERS, RERANK_PROVIDERS } from '../domain/models.ts'
import { providerAddress } from '../domain/provider-address.ts'
import { route } from './route.ts'
import { chatModelName, errorBody, rerankModelName } from './schemas.ts'

const resource = 'Model settings'

const source = z
  .enum(['environment', 'stored', 'default'])
  .describe('environment: a variable of the server sets it, and comes first; stored: an owner chose it; default: nobody did')
const fixedBy = z
  .string()
  .nullable()
  .describe('The variable that must be unset in the environment of the server before this can be changed here; null: it can be')
const setting = z.object({ value: z.string(), from: source, fixed_by: fixedBy })

const optional = z.object({ value: z.string().nullable(), from: source, fixed_by: fixedBy })
const keyReply = z
  .object({
    set: z.boolean(),
    last_four: z.string().nullable().describe('Null: none is set, or it is too short to tell a part of it'),
    from: z.enum(['environment', 'stored']).nullable(),
    fixed_by: fixedBy,
    problem: z
      .enum(['other-secret', 'other-address'])
      .nullable()
      .describe('Why a key that is stored does not count: it was stored under another secret of the server, or for another address'),
  })
  .meta({ id: 'ModelKey' })

const modelSettingsReply = z
  .object({
    chat_model: optional.describe('Null: answers are the best sentences, quoted'),
    chat_fallback_model: optional.describe('Writes when the chosen model fails before it has written anything; null: the best sentences are quoted then'),
    rerank_model: optional.describe('Orders what a search found; null or none: it stays as it is'),
    embedding_model: setting.describe('Of new databases that name none'),
    openai_base_url: setting.describe('Where openai: models are asked'),
    anthropic_base_url: setting.describe('Where anthropic: models are asked'),
    cohere_base_url: setting.describe('Where cohere: models are asked'),
    ollama_url: setting.describe('Where ollama: models are asked'),
    openai_api_key: keyReply.describe('Never told itself'),
    anthropic_api_key: keyReply.describe('Never told itself'),
    cohere_api_key: keyReply.describe('Never told itself'),
    aws_region: z
      .string()
      .nullable()
      .describe('Where bedrock: and sagemaker: models are asked, with credentials of the environment; null: AWS_REGION is not set, so they are not'),
  })
  .meta({ id: 'ModelSettings' })

const address = z
  .string()
  .max(500)
  .refine((text) => providerAddress(text) !== undefined, 'must be an http or https address of a server that may be asked, without user, query or fragment')
const back = 'Null takes the choice back'
const keyInput = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]{8,2000}$/, 'must be 8 to 2000 printable ASCII characters without blanks')
  .nullable()
  .optional()
  .describe('Null forgets the key')
const named = (...providers: readonly string[]) => `${back}. Providers: ${providers.join(', ')}`

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
      'What the environment sets comes first and cannot be changed here. A key is stored encrypted and is sent to the address it was stored for alone: when the address of its provider changes it is forgotten, unless it is given anew.',
    allow: 'owner',
    audit: { action: 'models.change' },
    body: z
      .strictObject({
        chat_model: chatModelName
          .nullable()
          .optional()
          .describe(named(...CHAT_PROVIDERS)),
        chat_fallback_model: chatModelName
          .nullable()
          .optional()
          .describe(named(...CHAT_PROVIDERS)),
        rerank_model: rerankModelName
          .nullable()
          .optional()
          .describe(named(...RERANK_PROVIDERS)),
        embedding_model: z
          .string()
          .regex(/^(?:none|[a-z0-9]+:\S{1,180})$/, 'must be none or PROVIDER:NAME')
          .nullable()
          .optional()
          .describe(named(...EMBEDDING_PROVIDERS)),
        openai_base_url: address.nullable().optional().describe(back),
        anthropic_base_url: address.nullable().optional().describe(back),
        cohere_base_url: address.nullable().optional().describe(back),
        ollama_url: address.nullable().optional().describe(back),
        openai_api_key: keyInput,
        anthropic_api_key: keyInput,
        cohere_api_key: keyInput,
      })
      .refine((change) => Object.keys(change).length > 0, 'needs at least one field'),
    reply: { kind: 'json', status: 200, schema: modelSettingsReply },
    errors: ['settings/fixed', 'model/unknown'],
    example: { chat_model: 'openai:gpt-4o-mini', openai_api_key: 'the-key-of-your-provider' },
  }),
  testModelSettings: route({
    method: 'POST',
    path: '/api/v1/model-settings/test',
    resource,
    says: 'Asks the language model, its fallback, the reranker and the default embedding model one small thing each, and tells how it went.',
    details: 'A model that fails is told in the reply, with the reason. What it costs is counted for you.',
    allow: 'owner',
    reply: { kind: 'json', status: 200, schema: z.object({ chat: test, fallback: test, reranker: test, embedder: test }).meta({ id: 'ModelTests' }) },
    errors: [],
  }),
} as const

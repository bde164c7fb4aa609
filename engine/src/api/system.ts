import { z } from 'zod'
import { route } from './route.ts'

export const systemRoutes = {
  health: route({
    method: 'GET',
    path: '/health',
    resource: 'Server',
    says: 'Says that the process is alive.',
    allow: 'anyone',
    reply: { kind: 'json', status: 200, schema: z.object({ status: z.literal('ok') }).meta({ id: 'Health' }) },
    errors: [],
  }),
  ready: route({
    method: 'GET',
    path: '/ready',
    resource: 'Server',
    says: 'Says that the stores answer and requests are taken.',
    allow: 'anyone',
    reply: { kind: 'json', status: 200, schema: z.object({ status: z.literal('ready') }).meta({ id: 'Ready' }) },
    errors: ['store/unavailable', 'store/damaged', 'server/closing'],
  }),
  listModels: route({
    method: 'GET',
    path: '/api/v1/models',
    resource: 'Server',
    says: 'Lists the embedding models that a database can use, and the language model that writes answers.',
    allow: 'read',
    reply: {
      kind: 'json',
      status: 200,
      schema: z
        .object({
          models: z.array(z.object({ name: z.string(), where: z.enum(['local', 'remote']), ready: z.boolean(), note: z.string() })),
          chat: z.string().nullable().describe('Null: answers are the best sentences, quoted'),
          default_model: z.string().describe('Embedding model of new databases that name none'),
        })
        .meta({ id: 'ModelList' }),
    },
    errors: [],
  }),
  openapi: route({
    method: 'GET',
    path: '/api/openapi.json',
    resource: 'Server',
    says: 'Gives this reference as OpenAPI 3.1.',
    allow: 'anyone',
    reply: { kind: 'page', mediaType: 'application/json; charset=utf-8' },
    errors: [],
  }),
  reference: route({
    method: 'GET',
    path: '/api/docs',
    resource: 'Server',
    says: 'Shows this reference as a page.',
    allow: 'anyone',
    reply: { kind: 'page', mediaType: 'text/html; charset=utf-8' },
    errors: [],
  }),
} as const

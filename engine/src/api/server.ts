import { z } from 'zod'
import { route } from './route.ts'
import { errorBody, time } from './schemas.ts'

const partState = z.enum(['ok', 'degraded', 'down'])

export const PART_NAMES = [
  'catalog',
  'chunks',
  'blobs',
  'queue',
  'worker',
  'extraction',
  'chat',
  'reranker',
  'embedder',
  'keys',
  'cache',
  'mail',
  'identity',
] as const

export const serverRoutes = {
  serverParts: route({
    method: 'GET',
    path: '/api/v1/server/parts',
    resource: 'Server',
    says: 'Tells how each part of the server is, by what is known of its last use.',
    details: 'Nothing is asked over the network for it: POST /api/v1/model-settings/test does that for models.',
    allow: 'owner',
    reply: {
      kind: 'json',
      status: 200,
      schema: z
        .object({
          state: partState.describe('The worst of the parts'),
          version: z.string(),
          started_at: time,
          uptime_seconds: z.int(),
          memory: z.object({ rss_bytes: z.int() }),
          parts: z.array(
            z
              .object({
                name: z.enum(PART_NAMES),
                about: z.string().nullable().describe('Which one, when there can be several: the name of a model'),
                state: partState,
                says: z.string().describe('One sentence'),
                hint: z.string().nullable().describe('What to do about it; null when nothing needs to be done'),
                facts: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
                last_error: z.object({ at: time, error: errorBody }).nullable().describe('However long ago'),
              })
              .meta({ id: 'ServerPart' }),
          ),
        })
        .meta({ id: 'ServerParts' }),
    },
    errors: [],
  }),
  about: route({
    method: 'GET',
    path: '/api/v1/about',
    resource: 'Server',
    says: 'Tells the version of Quarry, its licence, and the packages that it is made of with theirs.',
    allow: 'caller',
    reply: {
      kind: 'json',
      status: 200,
      schema: z
        .object({
          version: z.string(),
          node: z.string(),
          license: z.string(),
          packages: z
            .array(z.object({ name: z.string(), version: z.string().nullable(), license: z.string().nullable() }))
            .describe('Of this installation, by name; null where a package does not tell'),
        })
        .meta({ id: 'About' }),
    },
    errors: [],
  }),
} as const

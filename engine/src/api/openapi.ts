import { z } from 'zod'
import { ERRORS, type ErrorCode } from '../domain/errors.ts'
import { type FormShape, parametersOf, type RouteShape } from './route.ts'
import { ROUTES } from './routes.ts'
import { errorReply } from './schemas.ts'

type Json = { readonly [key: string]: unknown }

/** What can happen on any route; the others stand with the routes. */
export const COMMON_ERRORS: readonly ErrorCode[] = [
  'request/invalid',
  'request/misdirected',
  'server/closing',
  'store/unavailable',
  'store/damaged',
  'internal',
]
const CALLER_ERRORS: readonly ErrorCode[] = [
  'auth/required',
  'auth/invalid',
  'auth/forbidden',
  'auth/person-needed',
  'auth/foreign-origin',
  'limit/rate',
  'limit/quota',
]
const BODY_ERRORS: readonly ErrorCode[] = ['request/too-large', 'request/unsupported-type', 'request/timeout']

export function errorsOf(route: RouteShape): ErrorCode[] {
  const takesBody = route.body !== undefined || route.form !== undefined || route.bytes === true
  const once: ErrorCode[] = route.method !== 'GET' && route.reply.kind === 'json' ? ['request/idempotency-conflict'] : []
  return [...new Set([...route.errors, ...(route.allow === 'anyone' ? [] : CALLER_ERRORS), ...(takesBody ? BODY_ERRORS : []), ...once, ...COMMON_ERRORS])]
}

/** The route table as OpenAPI 3.1. Schemas with an id are components; the error reply is one of them. */
export function openApi(): Json {
  const components = new Map<string, unknown>()
  const schemaOf = (schema: z.ZodType, io: 'input' | 'output') =>
    hoist(z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' }), components)
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [name, route] of Object.entries(ROUTES) as [string, RouteShape][]) {
    const methods = paths[route.path] ?? {}
    methods[route.method.toLowerCase()] = operation(name, route, schemaOf)
    paths[route.path] = methods
  }
  schemaOf(errorReply, 'output')
  return {
    openapi: '3.1.0',
    info: {
      title: 'Quarry',
      version: '1',
      description: 'Documents become named vector databases that people and programs can question, with citations that were checked.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(Object.values(ROUTES).map((route) => route.resource))].map((tag) => ({ name: tag })),
    paths,
    components: {
      schemas: Object.fromEntries([...components].sort(([left], [right]) => (left < right ? -1 : 1))),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'An API key, the token of a session, or a token of the sign-in provider' },
        key: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key' },
        session: { type: 'apiKey', in: 'cookie', name: 'quarry_session', description: 'The session of a browser' },
      },
    },
    security: [{ token: [] }, { key: [] }, { session: [] }],
  }
}

type SchemaOf = (schema: z.ZodType, io: 'input' | 'output') => unknown

function operation(name: string, route: RouteShape, schemaOf: SchemaOf): Json {
  const content = requestContent(route, schemaOf)
  return {
    operationId: name,
    tags: [route.resource],
    summary: route.says,
    ...(route.details === undefined ? {} : { description: route.details }),
    ...(route.allow === 'anyone' ? { security: [] } : { 'x-scope': route.allow }),
    parameters: [
      ...parametersOf(route.path).map((parameter) => ({
        name: parameter,
        in: 'path',
        required: true,
        description: PARAMETERS[parameter] ?? parameter,
        schema: { type: 'string' },
      })),
      ...queryParameters(route, schemaOf),
      ...(route.method !== 'GET' && route.reply.kind === 'json'
        ? [
            {
              name: 'Idempotency-Key',
              in: 'header',
              required: false,
              description: 'The same key again within a day gives the same reply and does nothing',
              schema: { type: 'string', maxLength: 200 },
            },
          ]
        : []),
    ],
    ...(content === undefined ? {} : { requestBody: { required: true, content } }),
    responses: { ...success(route, schemaOf), ...failures(route) },
  }
}

export const PARAMETERS: Readonly<Record<string, string>> = {
  database: 'Id or name of a database',
  id: 'Id or name of a database',
  document: 'Id or external_id of a document',
  version: 'Id of an index version',
  job: 'Id of a job',
  upload: 'Id of an upload in pieces',
  session: 'Id of a session, or "current"',
  invitation: 'Id of an invitation',
  user: 'Id or e-mail address of an account',
  key: 'Id of a key',
  conversation: 'Id of a conversation',
  message: 'Id of a message',
  case: 'Id of a case of a golden set',
  plan: 'Id of a plan',
  trace: 'Id of a trace, as the answer told it',
  publication: 'Id of a published chat',
  stream: 'Id of a stream: the header x-stream-id of an answer, or `stream` in the messages of a WebSocket',
  chat: 'Id of a chat, as the page made it',
  grantee: 'Id or e-mail address of an account, or "everyone"',
}

function queryParameters(route: RouteShape, schemaOf: SchemaOf) {
  const { properties = {}, required = [] } = schemaOf(route.query, 'input') as { properties?: Record<string, Json>; required?: string[] }
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(typeof schema.description === 'string' ? { description: schema.description } : {}),
    schema,
  }))
}

function requestContent(route: RouteShape, schemaOf: SchemaOf): Json | undefined {
  const json =
    route.body === undefined
      ? {}
      : { 'application/json': { schema: schemaOf(route.body, 'input'), ...(route.example === undefined ? {} : { example: route.example }) } }
  const form = route.form === undefined ? {} : { 'multipart/form-data': { schema: formSchema(route.form, schemaOf) } }
  const bytes = route.bytes === true ? { 'application/offset+octet-stream': { schema: { type: 'string', contentMediaType: 'application/octet-stream' } } } : {}
  const content = { ...json, ...form, ...bytes }
  return Object.keys(content).length === 0 ? undefined : content
}

function formSchema(form: FormShape, schemaOf: SchemaOf): Json {
  const lead = schemaOf(form.fields, 'input') as { properties?: Json; required?: string[] }
  const perFile = schemaOf(form.fileFields, 'input') as { properties?: Json }
  const file = { type: 'string', contentMediaType: 'application/octet-stream' }
  return {
    type: 'object',
    properties: { ...lead.properties, ...perFile.properties, [form.fileName]: form.many ? { type: 'array', items: file } : file },
    ...(lead.required === undefined ? {} : { required: lead.required }),
    additionalProperties: false,
  }
}

function success(route: RouteShape, schemaOf: SchemaOf): Json {
  const { reply } = route
  switch (reply.kind) {
    case 'json':
      return { [reply.status]: { description: route.says, content: { 'application/json': { schema: schemaOf(reply.schema, 'output') } } } }
    case 'events': {
      const events = Object.entries(reply.events).map(([event, schema]) => ({
        type: 'object',
        properties: { event: { const: event }, data: schemaOf(schema, 'output') },
        required: ['event', 'data'],
      }))
      const description = `Server-sent events; ends with ${reply.last.join(' or ')}. The schema shows each event with its data.`
      return { 200: { description, content: { 'text/event-stream': { schema: { oneOf: events } } } } }
    }
    case 'bytes':
      return {
        200: { description: reply.says, content: { 'application/octet-stream': { schema: { type: 'string', contentMediaType: 'application/octet-stream' } } } },
      }
    case 'redirect':
      return { 303: { description: reply.says } }
    case 'ui-messages': {
      const stream = { 200: { description: reply.says, content: { 'text/event-stream': { schema: { type: 'string' } } } } }
      return reply.live === 'replays' ? { ...stream, 204: { description: 'No answer is on its way' } } : stream
    }
    case 'socket':
      return { 101: { description: reply.says } }
    case 'page':
      return { 200: { description: route.says, content: { [reply.mediaType]: { schema: { type: 'string' } } } } }
  }
}

function failures(route: RouteShape): Json {
  const byStatus = Map.groupBy(errorsOf(route), (code) => ERRORS[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      { description: codes.join(', '), content: { 'application/json': { schema: { $ref: '#/components/schemas/ErrorReply' } } } },
    ]),
  )
}

/** Moves definitions to the components and points to them there. */
function hoist(schema: unknown, components: Map<string, unknown>): unknown {
  if (Array.isArray(schema)) return schema.map((part) => hoist(part, components))
  if (typeof schema !== 'object' || schema === null) return schema
  const { $schema: _, $defs, id, ...rest } = schema as Record<string, unknown>
  for (const [name, definition] of Object.entries(($defs ?? {}) as Record<string, unknown>)) components.set(name, hoist(definition, components))
  const moved = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [
      key,
      key === '$ref' && typeof value === 'string' ? value.replace('#/$defs/', '#/components/schemas/') : hoist(value, components),
    ]),
  )
  // A schema that is itself a component carries its id only at the top; a property that happens to be called "id" is an object.
  if (typeof id !== 'string') return id === undefined ? moved : { ...moved, id: hoist(id, components) }
  components.set(id, moved)
  return { $ref: `#/components/schemas/${id}` }
}

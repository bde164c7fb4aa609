import { z } from 'zod'
import { parametersOf, type RouteShape } from './route.ts'
import { ROUTES } from './routes.ts'

/** A field of a body, form or query, for people. */
export interface FieldLine {
  readonly name: string
  readonly type: string
  readonly required: boolean
  readonly fallback: string | undefined
  readonly says: string
}

export function fieldsOf(schema: z.ZodObject): FieldLine[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, Readonly<Record<string, unknown>>>
    required?: string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    type: typeOf(property),
    required: required.includes(name),
    fallback: property.default === undefined ? undefined : JSON.stringify(property.default),
    says: typeof property.description === 'string' ? property.description : '',
  }))
}

function typeOf(property: Readonly<Record<string, unknown>>): string {
  if (Array.isArray(property.enum)) return property.enum.join(' | ')
  if (Array.isArray(property.anyOf)) return [...new Set(property.anyOf.map((part: Readonly<Record<string, unknown>>) => typeOf(part)))].join(' | ')
  const type = typeof property.type === 'string' ? property.type : 'any'
  const bounds = [property.minimum, property.maximum].map((bound) => (typeof bound === 'number' && Math.abs(bound) < 2 ** 50 ? bound : undefined))
  return bounds[0] === undefined && bounds[1] === undefined ? type : `${type} ${bounds[0] ?? ''}…${bounds[1] ?? ''}`
}

/** A command line that works against a server on this machine, with the token in $TOKEN. */
export function curlOf(route: RouteShape): string {
  const address = `http://127.0.0.1:8000${parametersOf(route.path).reduce((path, name) => path.replace(`{${name}}`, SAMPLES[name] ?? name), route.path)}`
  const parts = [
    'curl',
    ...(route.method === 'GET' ? [] : [`-X ${route.method}`]),
    ...(route.reply.kind === 'events' ? ['-N'] : []),
    ...(route.reply.kind === 'bytes' ? ['-OJ'] : []),
    route.bytes === true ? `'${address}?offset=0'` : address,
  ]
  if (route.allow !== 'anyone') parts.push('-H "Authorization: Bearer $TOKEN"')
  if (route.body !== undefined && route.example !== undefined) parts.push("-H 'Content-Type: application/json'", `-d '${JSON.stringify(route.example)}'`)
  else if (route.form !== undefined) parts.push(...Object.entries(route.example ?? {}).map(([name, value]) => `-F ${name}=${String(value)}`))
  else if (route.bytes === true) parts.push("-H 'Content-Type: application/offset+octet-stream'", '--data-binary @piece')
  return parts.join(' ')
}

const SAMPLES: Readonly<Record<string, string>> = {
  database: 'handbook',
  id: 'handbook',
  document: 'leave.txt',
  version: 'ver_1',
  job: 'job_1',
  upload: 'up_1',
}

/** The routes by resource, in the order of the table. */
export function routesByResource(): ReadonlyMap<string, readonly (readonly [name: string, route: RouteShape])[]> {
  return Map.groupBy(Object.entries(ROUTES) as [string, RouteShape][], ([, route]) => route.resource)
}

/** Who may call a route, as a sentence. */
export function needsOf({ allow, bound }: Pick<RouteShape, 'allow' | 'bound'>): string {
  switch (allow) {
    case 'anyone':
      return 'Open to anyone.'
    case 'caller':
      return 'Needs any valid credential.'
    case 'person':
      return 'Needs a person who signed in.'
    case 'owner':
      return 'Needs an owner of the server.'
    case 'visitor':
      return 'Needs the session of a visitor of this chat.'
    default:
      return `Needs the scope \`${allow}\`.${bound === true ? ' A key with a bound filter may call it, too.' : ''}`
  }
}

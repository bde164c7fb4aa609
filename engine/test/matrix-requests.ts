import { parametersOf, type RouteShape } from '../src/api/route.ts'
import { ROUTES } from '../src/api/routes.ts'
import { contentOf } from './route-requests.ts'
import type { Belongings } from './tenants.ts'

// Where a route takes ids, and which thing of a tenant each of them names. What is missing here fails the matrix.

export const UNKNOWN = 'x_00000000000000000000000000000000'
/** Malformed, hostile, or meant for something else. */
export const ODD_IDS = ["' OR 1=1--", '../../etc/passwd', '__proto__'] as const

/** Names that a page makes up, and that mean something to whoever made them alone. */
const CHAT = 'chat-1'

type ThingOf = (theirs: Belongings) => string

/** Each parameter that stands in any path. */
export const PARAMETER_KINDS: Readonly<Record<string, ThingOf>> = {
  database: ({ databaseId }) => databaseId,
  id: ({ databaseId }) => databaseId,
  document: ({ documentId }) => documentId,
  version: ({ versionId }) => versionId,
  job: ({ jobId }) => jobId,
  session: ({ sessionId }) => sessionId,
  invitation: ({ invitationId }) => invitationId,
  user: ({ account }) => account.id,
  key: ({ keyId }) => keyId,
  grantee: ({ account }) => account.id,
  publication: ({ publicationId }) => publicationId,
  conversation: ({ conversationId }) => conversationId,
  message: ({ messageId }) => messageId,
  upload: ({ uploadId }) => uploadId,
  plan: ({ planId }) => planId,
  stream: ({ streamId }) => streamId,
  chat: () => CHAT,
  case: ({ caseId }) => caseId,
  trace: ({ traceId }) => traceId,
}

/** In chats of visitors these are the visitor's. */
const VISITOR_KINDS: Readonly<Record<string, ThingOf>> = {
  conversation: ({ visitorConversationId }) => visitorConversationId,
  message: ({ visitorMessageId }) => visitorMessageId,
  stream: ({ visitorStreamId }) => visitorStreamId,
}

interface IdField {
  readonly field: string
  readonly where: 'query' | 'body'
  readonly kind: string
  value(theirs: Belongings): unknown
}

/** Fields of bodies and queries that name something, by the route's name. */
const ID_FIELDS: Readonly<Record<string, readonly IdField[]>> = {
  listJobs: [
    { field: 'database', where: 'query', kind: 'database', value: ({ databaseId }) => databaseId },
    { field: 'document', where: 'query', kind: 'document', value: ({ documentId }) => documentId },
  ],
  why: [{ field: 'document', where: 'body', kind: 'document', value: ({ documentId }) => documentId }],
  query: [{ field: 'version', where: 'body', kind: 'version', value: ({ versionId }) => versionId }],
  queryById: [{ field: 'version', where: 'body', kind: 'version', value: ({ versionId }) => versionId }],
  ask: [
    { field: 'version', where: 'body', kind: 'version', value: () => undefined },
    { field: 'conversation', where: 'body', kind: 'ask-conversation', value: () => undefined },
    { field: 'parent', where: 'body', kind: 'ask-parent', value: () => undefined },
  ],
  askSeveral: [
    { field: 'databases', where: 'body', kind: 'databases', value: ({ databaseId }) => [databaseId] },
    { field: 'conversation', where: 'body', kind: 'ask-conversation', value: () => undefined },
    { field: 'parent', where: 'body', kind: 'ask-parent', value: () => undefined },
  ],
  uiMessages: [
    { field: 'id', where: 'body', kind: 'chat', value: () => CHAT },
    { field: 'messages', where: 'body', kind: 'chat-messages', value: () => undefined },
    { field: 'messageId', where: 'body', kind: 'chat-message', value: () => undefined },
    { field: 'conversation', where: 'body', kind: 'ask-conversation', value: () => undefined },
    { field: 'parent', where: 'body', kind: 'ask-parent', value: () => undefined },
  ],
  getConversation: [{ field: 'leaf', where: 'query', kind: 'message', value: ({ messageId }) => messageId }],
  exportConversation: [{ field: 'leaf', where: 'query', kind: 'message', value: ({ messageId }) => messageId }],
  visitorConversation: [{ field: 'leaf', where: 'query', kind: 'message', value: ({ visitorMessageId }) => visitorMessageId }],
  openLink: [{ field: 'token', where: 'body', kind: 'link-token', value: ({ linkToken }) => linkToken }],
  createKey: [{ field: 'databases', where: 'body', kind: 'databases', value: ({ databaseId }) => [databaseId] }],
  createPublication: [
    { field: 'databases', where: 'body', kind: 'databases', value: ({ databaseId }) => [databaseId] },
    { field: 'plan_id', where: 'body', kind: 'plan', value: () => undefined },
  ],
  updatePublication: [
    { field: 'databases', where: 'body', kind: 'databases', value: ({ databaseId }) => [databaseId] },
    { field: 'plan_id', where: 'body', kind: 'plan', value: () => undefined },
  ],
  publicAsk: [
    { field: 'conversation', where: 'body', kind: 'visitor-conversation', value: ({ visitorConversationId }) => visitorConversationId },
    { field: 'parent', where: 'body', kind: 'visitor-message', value: ({ visitorMessageId }) => visitorMessageId },
  ],
  updateUser: [{ field: 'plan_id', where: 'body', kind: 'plan', value: () => undefined }],
  setKeyPlan: [{ field: 'plan_id', where: 'body', kind: 'plan', value: ({ planId }) => planId }],
  usage: [
    { field: 'database', where: 'query', kind: 'narrows', value: ({ databaseId }) => databaseId },
    { field: 'key', where: 'query', kind: 'key', value: ({ keyId }) => keyId },
  ],
  usageCsv: [
    { field: 'database', where: 'query', kind: 'narrows', value: ({ databaseId }) => databaseId },
    { field: 'key', where: 'query', kind: 'key', value: ({ keyId }) => keyId },
  ],
  audit: [{ field: 'actor', where: 'query', kind: 'narrows', value: ({ account }) => account.id }],
  validateKey: [{ field: 'key', where: 'body', kind: 'narrows', value: ({ keyId }) => keyId }],
  claimVisitor: [{ field: 'token', where: 'body', kind: 'visitor-token', value: ({ visitorToken }) => visitorToken }],
  goldenFromAnswer: [
    { field: 'conversation', where: 'body', kind: 'conversation', value: ({ conversationId }) => conversationId },
    { field: 'message', where: 'body', kind: 'message', value: ({ messageId }) => messageId },
  ],
  listTraces: [
    { field: 'database', where: 'query', kind: 'database', value: ({ databaseId }) => databaseId },
    { field: 'conversation', where: 'query', kind: 'narrows', value: ({ conversationId }) => conversationId },
  ],
  share: [{ field: 'with', where: 'body', kind: 'grantee', value: ({ account }) => account.email }],
}

/** A field with such a name could name something of somebody. */
const NAMES_SOMETHING =
  /database|document|version|job|session|invitation|user|account|actor|(?<!group_)key|grantee|with$|publication|conversation|message|parent|leaf|upload|plan|visitor|token$|owner|tenant|trace|_id$|(?<!external_)id$/
/** Names that look like it and are labels that a caller chooses, or amounts. */
const LABELS = new Set([
  'external_id',
  'openai_api_key',
  'anthropic_api_key',
  'cohere_api_key',
  'session_state',
  'tokens_per_month',
  'tokens_per_minute',
  'with_text',
])

const NAME_OF = new Map(Object.entries(ROUTES).map(([name, route]) => [route as RouteShape, name]))

/** @throws when a field that could name something is not described above */
export function bodyIds(route: RouteShape): readonly IdField[] {
  const name = NAME_OF.get(route) ?? ''
  const known = ID_FIELDS[name] ?? []
  const fields = [...Object.keys(route.query.shape), ...Object.keys(route.body?.shape ?? {}), ...Object.keys(route.form?.fields.shape ?? {})]
  const missing = fields.filter((field) => NAMES_SOMETHING.test(field) && !LABELS.has(field) && !known.some((one) => one.field === field))
  if (missing.length > 0) throw new Error(`${name}: the matrix does not know what ${missing.join(', ')} names`)
  return known
}

export function pathFor(route: RouteShape, theirs: Belongings, instead: Readonly<Record<string, unknown>> = {}): string {
  const visits = route.allow === 'visitor'
  const path = parametersOf(route.path).reduce((so, name) => {
    const thing = PARAMETER_KINDS[name]
    if (thing === undefined) throw new Error(`The matrix does not know what {${name}} names`)
    const value = String(instead[name] ?? ((visits ? VISITOR_KINDS[name] : undefined) ?? thing)(theirs))
    return so.replace(`{${name}}`, encodeURIComponent(value))
  }, route.path as string)
  const query = new URLSearchParams()
  if (Object.hasOwn(route.query.shape, 'offset') && route.bytes === true) query.set('offset', '0')
  for (const { field, where, value } of bodyIds(route)) {
    const given = instead[field] ?? value(theirs)
    if (where === 'query' && given !== undefined) query.set(field, String(given))
  }
  return query.size === 0 ? path : `${path}?${query}`
}

export function contentFor(route: RouteShape, theirs: Belongings, instead: Readonly<Record<string, unknown>> = {}): RequestInit {
  if (route.body === undefined || route.form !== undefined) return contentOf(route) as RequestInit
  const body: Record<string, unknown> = { ...route.example }
  for (const { field, where, value } of bodyIds(route)) {
    if (where !== 'body') continue
    const own = value(theirs)
    const given = Object.hasOwn(instead, field) ? (Array.isArray(own) ? [instead[field]] : instead[field]) : own
    if (given !== undefined) body[field] = given
  }
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

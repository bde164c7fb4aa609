import { z } from 'zod'
import type { Scope } from '../domain/caller.ts'
import type { ErrorCode } from '../domain/errors.ts'

/**
 * A route is data: the server, the OpenAPI description, the manual and the typed client read the same table.
 * `path` names its parameters in braces. `{database}` (and `{id}` of the three short routes) is looked up, with its
 * owner, before a byte of the body is read.
 */
export interface RouteShape {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: `/${string}`
  readonly resource: string // heading in the manual
  readonly says: string // one sentence
  readonly details?: string
  readonly allow: Allow
  /**
   * True when the handler leaves out what a key's own filter leaves out, documents and counts alike. Every other route is
   * closed to a key with a filter.
   */
  readonly bound?: true
  /** An attempt on a secret: counted by address and by what is tried. */
  readonly attempt?: true
  /** The reply holds a secret that is shown once: it is never remembered for an Idempotency-Key. */
  readonly secret?: true
  /** Kept in the audit log when it succeeds. */
  readonly audit?: AuditShape
  readonly query: z.ZodObject
  /** JSON body. A route may take JSON, a form, either, or nothing. */
  readonly body?: z.ZodObject
  readonly form?: FormShape
  /** The body is taken as it is (application/offset+octet-stream) and given to the handler as a stream. */
  readonly bytes?: true
  readonly reply: ReplyShape
  readonly errors: readonly ErrorCode[]
  /** A body that works, for the manual; form routes name files instead. */
  readonly example?: Readonly<Record<string, unknown>>
}

/**
 * Who may call: a scope (and with a database in the path, that scope on it), `caller`: anything with a valid credential,
 * `person`: somebody who signed in, `owner`: a person who is an owner of this server, `visitor`: a stranger at the published
 * chat in the path, `anyone`: no credential is looked at.
 */
export type Allow = Scope | 'caller' | 'person' | 'owner' | 'visitor' | 'anyone'
export const SCOPES_OF_ROUTES: readonly Allow[] = ['query', 'ask', 'read', 'write', 'manage']

export interface AuditShape {
  /** Such as `key.create`. */
  readonly action: string
  /** To what: a parameter of the path, or a place in the reply such as `key.id`. */
  readonly target?: { readonly parameter: string } | { readonly reply: string }
  /** The target is the account of who did it: of a sign-in, say, where no credential was shown. */
  readonly byTarget?: true
}

/**
 * A multipart form. Fields come before the files they speak of: `fields` before the first file, and of `fileFields`
 * those named in `once` hold for the next file only, the others for all that follow.
 */
export interface FormShape {
  readonly fields: z.ZodObject
  readonly fileFields: z.ZodObject
  readonly once: readonly string[]
  readonly fileName: string
  readonly many: boolean
}

export type ReplyShape =
  | { readonly kind: 'json'; readonly status: 200 | 201 | 202; readonly schema: z.ZodType }
  | {
      readonly kind: 'events'
      readonly events: Readonly<Record<string, z.ZodType>>
      /** Events that end the stream; `failure` is the one that carries an error. */
      readonly last: readonly string[]
      readonly failure: string
      /** An answer, which may outlive the connection, or one that is read again. */
      readonly live?: 'asks' | 'replays'
    }
  /** An answer in the stream format that the clients of the AI SDK read. */
  | { readonly kind: 'ui-messages'; readonly live: 'asks' | 'replays'; readonly says: string }
  /** The connection becomes a WebSocket. */
  | { readonly kind: 'socket'; readonly says: string }
  | { readonly kind: 'bytes'; readonly says: string }
  | { readonly kind: 'page'; readonly mediaType: string }
  /** Sends a browser on. */
  | { readonly kind: 'redirect'; readonly says: string }

const NO_QUERY = z.strictObject({})
type NoQuery = typeof NO_QUERY

export function route<const R extends Omit<RouteShape, 'query'> & { readonly query?: z.ZodObject }>(
  shape: R,
): R & { readonly query: R['query'] extends z.ZodObject ? R['query'] : NoQuery } {
  return { query: NO_QUERY, ...shape } as R & { readonly query: R['query'] extends z.ZodObject ? R['query'] : NoQuery }
}

export type ParameterNames<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | ParameterNames<Rest> : never
export type Parameters<R extends RouteShape> = Readonly<Record<ParameterNames<R['path']>, string>>

export type QueryOf<R extends RouteShape> = z.output<R['query']>
export type BodyOf<R extends RouteShape> = R extends { readonly body: infer B extends z.ZodObject } ? z.output<B> : undefined
export type FormOf<R extends RouteShape> = R extends { readonly form: infer F extends FormShape } ? F : undefined
export type ReplyOf<R extends RouteShape> = R['reply'] extends { readonly kind: 'json'; readonly schema: infer S extends z.ZodType } ? z.output<S> : never
export type EventOf<R extends RouteShape> = R['reply'] extends { readonly kind: 'events'; readonly events: infer E extends Readonly<Record<string, z.ZodType>> }
  ? { [Name in keyof E & string]: { readonly event: Name; readonly data: z.output<E[Name]> } }[keyof E & string]
  : never

/** What a caller gives, before defaults are filled in. */
export type QueryInput<R extends RouteShape> = z.input<R['query']>
export type BodyInput<R extends RouteShape> = R extends { readonly body: infer B extends z.ZodObject } ? { readonly body: z.input<B> } : unknown
export type FieldsInput<R extends RouteShape> = R extends { readonly form: infer F extends FormShape } ? z.input<F['fields']> : never

export function parametersOf(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '')
}

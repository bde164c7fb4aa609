import type { Readable } from 'node:stream'
import type { z } from 'zod'
import type { BodyOf, EventOf, FormShape, ParameterNames, Parameters, QueryOf, RouteShape } from '../api/route.ts'
import type { RouteName, Routes } from '../api/routes.ts'
import type { Caller, Scope } from '../domain/caller.ts'
import type { Database } from '../domain/database.ts'
import type { World } from '../ports/world.ts'
import type { Settings } from '../settings.ts'
import type { Client } from './client.ts'
import type { Flows } from './flows.ts'
import type { FormReader } from './form.ts'
import type { Gate } from './gate.ts'
import type { Followable } from './live/events.ts'
import type { Hub } from './live/hub.ts'
import type { Asked, LeftAnswer } from './live/left.ts'
import type { Asks } from './live/stream.ts'
import type { ServerEvent } from './sse.ts'
import type { WebFiles } from './web-files.ts'

/** How the state of an answer is kept. */
export interface AnswerRun {
  readonly id: string
  readonly asked: Asked
  /** It goes on with what a stopped server left under this id. */
  readonly left: Pick<LeftAnswer, 'begins'> | undefined
}

/** What handlers are made of. */
export interface Workshop {
  readonly world: World
  readonly flows: Flows
  readonly settings: Settings
  readonly gate: Gate
  readonly web: WebFiles | undefined
  readonly hub: Hub
  /** Milliseconds between two looks at a job that is being watched. */
  readonly pollMs: number
}

type Content<R extends RouteShape> = R extends { readonly body: z.ZodObject; readonly form: infer F extends FormShape }
  ? { readonly body: BodyOf<R>; readonly form: undefined } | { readonly body: undefined; readonly form: FormReader<F> }
  : R extends { readonly bytes: true }
    ? { readonly bytes: Readable }
    : R extends { readonly form: infer F extends FormShape }
      ? { readonly form: FormReader<F> }
      : { readonly body: BodyOf<R> }

/** Looked up for routes that need a scope; a visitor's databases are those of the chat. */
type Target<R extends RouteShape> = R['allow'] extends Scope
  ? Extract<ParameterNames<R['path']>, 'database' | 'id'> extends never
    ? unknown
    : { readonly database: Database }
  : unknown

/** What a handler gets: everything is checked, and the database of the path is found and allowed. */
export type Input<R extends RouteShape> = {
  readonly parameters: Parameters<R>
  readonly query: QueryOf<R>
  /** Aborted when the client leaves; for streams also when the server closes. */
  readonly signal: AbortSignal
  /**
   * For rights that stand elsewhere than in the path: `check` looks them up now and again whenever a right was taken from
   * anybody, and the request ends with what it throws then.
   */
  keepChecking(check: () => Promise<unknown>): void
  /** The program at the other end. */
  readonly client: Client
  /** Of an answer, before its first event: which databases are asked. Whoever reads it again must see all of them. */
  readonly asks: Asks
  /** Of an answer that may be resumed. */
  readonly run: AnswerRun | undefined
  /** Adds to the audit entry of the request; of several calls all facts are kept. */
  note(facts: Readonly<Record<string, string | number | boolean>>, target?: string): void
} & (R['allow'] extends 'anyone' ? unknown : { readonly caller: Caller }) &
  Content<R> &
  Target<R>

export interface BytesReply {
  readonly stream: Readable
  readonly headers: Readonly<Record<string, string>>
}

export interface RedirectReply {
  readonly to: string
}

export interface PageReply {
  readonly text: string
  /** Other pages may put it into a frame, as far as its own policy says. */
  readonly embeddable?: true
  readonly headers: Readonly<Record<string, string>>
}

export interface SocketReply {
  /** Undefined: for people who sign in and for programs. */
  readonly publicationId: string | undefined
}

type Output<R extends RouteShape> = R['reply'] extends { readonly live: 'replays'; readonly kind: infer K }
  ? Promise<K extends 'ui-messages' ? Followable | undefined : Followable>
  : Told<R>

type Told<R extends RouteShape> = R['reply'] extends { readonly kind: 'json'; readonly schema: infer S extends z.ZodType }
  ? Promise<z.input<S>>
  : R['reply'] extends { readonly kind: 'events' }
    ? AsyncIterable<EventOf<R>>
    : R['reply'] extends { readonly kind: 'bytes' }
      ? Promise<BytesReply>
      : R['reply'] extends { readonly kind: 'redirect' }
        ? Promise<RedirectReply>
        : R['reply'] extends { readonly kind: 'ui-messages' }
          ? AsyncIterable<ServerEvent>
          : R['reply'] extends { readonly kind: 'socket' }
            ? Promise<SocketReply>
            : Promise<PageReply>

export type Handler<R extends RouteShape> = (input: Input<R>) => Output<R>
/** One per route: a missing, surplus or wrongly typed one does not compile. */
export type Handlers<Names extends RouteName = RouteName> = { readonly [Name in Names]: Handler<Routes[Name]> }

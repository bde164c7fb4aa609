import type { z } from 'zod'
import type { Caller } from '../domain/caller.ts'
import { AppError, type ErrorBody } from '../domain/errors.ts'
import type { Log } from '../ports/world.ts'

/**
 * The one place where a fault becomes what a caller is told. Only `AppError` is told; anything else is `internal`,
 * and its cause stays in the log under the request id.
 */
export function appErrorOf(fault: unknown): AppError {
  if (fault instanceof AppError) return fault
  const { code, name, statusCode } = traits(fault)
  if (name === 'AbortError') return new AppError('request/aborted', {}, fault)
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new AppError('request/too-large', { limit: JSON_LIMIT_BYTES, unit: 'bytes' }, fault)
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new AppError('request/unsupported-type', {}, fault)
    case 'ECONNRESET':
    case 'ERR_STREAM_PREMATURE_CLOSE':
      return new AppError('request/aborted', {}, fault)
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return new AppError('request/invalid', {}, fault)
  return new AppError('internal', {}, fault)
}

/** Source: a question with a long history and a large filter stays under 200 KB; files have a route of their own. */
export const JSON_LIMIT_BYTES = 1_048_576

export function replyOf(error: AppError, requestId: string): { readonly error: ErrorBody & { readonly request_id: string } } {
  return { error: { ...error.body(), request_id: requestId } }
}

/**
 * What is told to those who do not manage the database: not what a provider said, which may name its accounts and roles.
 * That stands in the log, and in what those who manage it read.
 */
export function withoutSaid(error: AppError): AppError {
  if (error.facts.said === undefined) return error
  const { said: _, ...facts } = error.facts
  return new AppError(error.code, facts, error)
}

export function manages(caller: Caller | undefined): boolean {
  return caller?.scopes.has('manage') === true
}

/** Server faults and everything unexpected go to the log with their cause; what a caller did wrong does not. */
export function logFault(log: Log, error: AppError, facts: Readonly<Record<string, unknown>>): void {
  if (error.status < 500) return
  log.error('request-failed', { ...facts, code: error.code, facts: error.facts, cause: describe(error.cause ?? error) })
}

/** @throws AppError request/invalid with the place of each fault; values are not repeated */
export function checked<S extends z.ZodType>(schema: S, value: unknown, where: 'body' | 'query' | 'form'): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const problems = result.error.issues.slice(0, 20).map((issue) => {
    const path = issue.path.map((part) => String(part).slice(0, 80)).slice(0, 8)
    return `${path.length === 0 ? where : path.join('.')}: ${issue.message.slice(0, 300)}`
  })
  throw new AppError('request/invalid', { in: where, problems })
}

function traits(fault: unknown): { readonly code?: string; readonly name?: string; readonly statusCode?: number } {
  if (typeof fault !== 'object' || fault === null) return {}
  const { code, name, statusCode } = fault as { code?: unknown; name?: unknown; statusCode?: unknown }
  return {
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof statusCode === 'number' ? { statusCode } : {}),
  }
}

function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause).slice(0, 2000)
  const below = cause.cause === undefined ? '' : `\ncaused by ${describe(cause.cause)}`
  return `${cause.stack ?? cause.message}${below}`.slice(0, 8000)
}

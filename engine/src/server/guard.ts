import type { IncomingMessage } from 'node:http'
import type { RouteShape } from '../api/route.ts'
import { AppError } from '../domain/errors.ts'
import { isLoopback, type Settings } from '../settings.ts'
import { cookieOf } from './client.ts'
import { JSON_LIMIT_BYTES } from './problems.ts'

// What is decided from the head of a request alone, before a byte of its body is read.

/**
 * A page elsewhere can make a browser connect here under its own name (DNS rebinding), but cannot change the Host
 * header: so only known names are answered. Addresses cannot be rebound and are fine once we listen beyond loopback.
 */
export function hostGuard(settings: Pick<Settings, 'HOST' | 'ALLOWED_HOSTS' | 'PUBLIC_URL'>): (header: string | undefined) => void {
  const named = settings.PUBLIC_URL === undefined ? [] : [new URL(settings.PUBLIC_URL).hostname]
  const known = new Set([settings.HOST, ...named, ...settings.ALLOWED_HOSTS].map(normal))
  const open = !isLoopback(settings.HOST)
  return (header) => {
    const host = header === undefined ? undefined : /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?$/.exec(header)?.[1]
    if (host === undefined) throw new AppError('request/misdirected')
    const name = normal(host)
    const isAddress = /^[0-9.]+$/.test(name) || name.includes(':')
    if (!isLoopback(name) && !known.has(name) && !(open && isAddress)) throw new AppError('request/misdirected')
  }
}

function normal(host: string): string {
  return host.replace(/^\[|\]$/g, '').toLowerCase()
}

/**
 * The credential of a request: Authorization or X-API-Key, else the cookie of a session. It is never taken from the address.
 * @throws auth/invalid for another scheme, for two different ones, and for what cannot be one
 */
export function credentialOf(
  headers: IncomingMessage['headers'],
  sessionCookie: string,
): { readonly credential: string | undefined; readonly from: 'header' | 'cookie' } {
  const bearer = bearerOf(headers.authorization)
  const key = headers['x-api-key']
  if (key !== undefined && (typeof key !== 'string' || !TOKEN.test(key))) throw new AppError('auth/invalid')
  if (bearer !== undefined && key !== undefined && bearer !== key) throw new AppError('auth/invalid')
  const shown = bearer ?? key
  if (shown !== undefined) return { credential: shown, from: 'header' }
  return { credential: cookieOf(headers.cookie, sessionCookie), from: 'cookie' }
}

/** Source: tokens of a provider with many groups stay under 4 KiB. */
const TOKEN = /^[\x21-\x7e]{1,8192}$/

function bearerOf(header: string | undefined): string | undefined {
  if (header === undefined || header === '') return undefined
  const token = /^Bearer +([\x21-\x7e]{1,8192})$/i.exec(header)?.[1]
  if (token === undefined) throw new AppError('auth/invalid')
  return token
}

export function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length']
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
}

/** @throws request/unsupported-type, request/too-large; a route takes exactly the types that it names */
export function checkContent(route: RouteShape, request: IncomingMessage): void {
  if (!hasBody(request)) return
  const takes = typesOf(route)
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') throw new AppError('request/unsupported-type', { content_encoding: 'identity', takes })
  const header = request.headers['content-type'] ?? ''
  const [type = '', ...parameters] = header.split(';').map((part) => part.trim())
  const essence = type.toLowerCase()
  if (!takes.includes(essence)) throw new AppError('request/unsupported-type', { takes })
  const charset = parameters.find((parameter) => /^charset=/i.test(parameter))
  if (charset !== undefined && !/^charset="?utf-8"?$/i.test(charset)) throw new AppError('request/unsupported-type', { charset: 'utf-8' })
  if (essence === 'application/json' && Number(request.headers['content-length'] ?? 0) > JSON_LIMIT_BYTES) {
    throw new AppError('request/too-large', { limit: JSON_LIMIT_BYTES, unit: 'bytes' })
  }
}

/** Pieces of a file. */
export const PIECE_TYPE = 'application/offset+octet-stream'

/** A route without a body takes an empty JSON object, because many clients send one. */
export function typesOf(route: RouteShape): string[] {
  if (route.method === 'GET') return []
  if (route.bytes === true) return [PIECE_TYPE]
  const json = route.body !== undefined || route.form === undefined ? ['application/json'] : []
  return route.form === undefined ? json : [...json, 'multipart/form-data']
}

/** @returns undefined without the header @throws request/invalid */
export function idempotencyKeyOf(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(header)) {
    throw new AppError('request/invalid', { at: 'Idempotency-Key', expected: '1 to 200 printable ASCII characters without blanks' })
  }
  return header
}

import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Pages of other origins may call the API only when they are listed; without a list nothing is ever sent. There are no
 * cookies, so credentials are not allowed across origins either. @returns true when the request was the browser's question beforehand
 */
export function crossOrigin(origins: readonly string[], request: FastifyRequest, reply: FastifyReply): boolean {
  if (origins.length === 0) return false
  reply.header('vary', 'Origin')
  const { origin } = request.raw.headers
  if (origin === undefined || !origins.includes(origin)) return false
  reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': 'X-Request-Id, Idempotency-Replayed' })
  if (request.method !== 'OPTIONS' || request.raw.headers['access-control-request-method'] === undefined) return false
  reply.headers({
    'access-control-allow-methods': 'GET, POST, PATCH, DELETE',
    'access-control-allow-headers': 'Authorization, Content-Type, Idempotency-Key',
    'access-control-max-age': '600',
  })
  return true
}

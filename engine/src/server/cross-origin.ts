import type { FastifyReply, FastifyRequest } from 'fastify'
import type { World } from '../ports/world.ts'

/**
 * Pages of other origins may call the API only when they are listed: for the whole server, for a key, or for a published
 * chat. Credentials of the browser are never allowed across origins: such a page shows a token of its own.
 * @returns true when the request was the browser's question beforehand
 */
export async function crossOrigin(
  world: Pick<World, 'keys' | 'publications'>,
  origins: readonly string[],
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  const { origin } = request.raw.headers
  reply.header('vary', 'Origin')
  if (origin === undefined || origin.length > 300 || !(await isListed(world, origins, request.raw.url ?? '/', origin))) return false
  reply.headers({
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'X-Request-Id, X-Stream-Id, Idempotency-Replayed, Retry-After, RateLimit, RateLimit-Policy',
  })
  if (request.method !== 'OPTIONS' || request.raw.headers['access-control-request-method'] === undefined) return false
  reply.headers({
    'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
    'access-control-allow-headers': 'Authorization, X-API-Key, Content-Type, Idempotency-Key, Quarry-Resume, Last-Event-ID',
    'access-control-max-age': '600',
  })
  return true
}

async function isListed(world: Pick<World, 'keys' | 'publications'>, origins: readonly string[], url: string, origin: string): Promise<boolean> {
  if (origins.includes(origin)) return true
  // The origins of a published chat open that chat alone.
  const publication = /^\/api\/v1\/public\/([\w-]{1,80})(?:[/?]|$)/.exec(url)?.[1]
  if (publication !== undefined) return (await world.publications.openPublication(publication))?.origins.includes(origin) === true
  return world.keys.originListed(origin)
}

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { LIVE_TICKET_SECONDS } from '../../api/streams.ts'
import type { Presented } from '../../ports/auth.ts'
import type { World } from '../../ports/world.ts'

// Tickets for WebSockets. What the caller showed is kept sealed with the ticket, and of the ticket only a hash: neither whoever
// reads the cache nor whoever reads an old ticket has a credential.

/** What a ticket stands for. `publicationId` is that of the route which gave it. */
export interface Admission {
  readonly presented: Presented
  readonly publicationId: string | undefined
}

type TicketWorld = Pick<World, 'cache' | 'now' | 'hash'>

export async function giveTicket(world: TicketWorld, admission: Admission): Promise<{ readonly ticket: string; readonly expiresAt: number }> {
  const ticket = `lt_${randomBytes(32).toString('base64url')}`
  const lifeMs = LIVE_TICKET_SECONDS * 1000
  const expiresAt = world.now() + lifeMs
  await world.cache.set(keyOf(world, ticket), seal(ticket, JSON.stringify({ ...admission, expiresAt })), lifeMs)
  return { ticket, expiresAt }
}

/** Undefined for one that is wrong, old or used, or that was given to another page or for another chat. */
export async function takeTicket(
  world: TicketWorld,
  ticket: string,
  at: { readonly origin: string | undefined; readonly publicationId: string | undefined },
): Promise<Admission | undefined> {
  if (!/^lt_[\w-]{43}$/.test(ticket)) return undefined
  const sealed = await world.cache.take(keyOf(world, ticket))
  if (sealed === undefined) return undefined
  const { expiresAt, ...admission } = JSON.parse(unseal(ticket, sealed)) as Admission & { readonly expiresAt: number }
  const fits = admission.presented.origin === at.origin && admission.publicationId === at.publicationId
  return fits && expiresAt > world.now() ? admission : undefined
}

function keyOf(world: TicketWorld, ticket: string): string {
  return `live:ticket:${world.hash(ticket)}`
}

function secretOf(ticket: string): Buffer {
  return createHash('sha256').update(`seal\n${ticket}`).digest()
}

function seal(ticket: string, text: string): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', secretOf(ticket), nonce)
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64')
}

/** @throws when somebody changed it */
function unseal(ticket: string, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', secretOf(ticket), bytes.subarray(0, 12), { authTagLength: 16 })
  decipher.setAuthTag(bytes.subarray(-16))
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8')
}

import type { peopleRoutes } from '../../api/accounts.ts'
import { type Account, EMAIL, outranks, type Ticket } from '../../domain/account.ts'
import type { Caller } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import { RESET_MS } from '../../flows/accounts.ts'
import { invitationLetter } from '../../flows/letters.ts'
import type { Accounts } from '../../ports/accounts.ts'
import type { Client } from '../client.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { presentAccount } from '../present-people.ts'
import { handOver } from '../signed-in.ts'
import { pageOf } from './databases.ts'

const DONE = { done: true } as const

/** A person by id or by e-mail address. @throws account/not-found */
export async function personOf(accounts: Pick<Accounts, 'account' | 'accountByEmail'>, idOrEmail: string): Promise<Account> {
  if (!EMAIL.test(idOrEmail)) return accounts.account(idOrEmail)
  const found = await accounts.accountByEmail(idOrEmail)
  if (found === undefined) throw new AppError('account/not-found', { account: idOrEmail })
  return found
}

export function peopleHandlers({ world, flows, gate }: Workshop): Handlers<keyof typeof peopleRoutes> {
  const { accounts } = world

  /** Nobody changes who stands above them; owners are equals, and the operator of the machine stands above all. */
  function assertMayChange(caller: Caller, person: Account): void {
    if (caller.kind !== 'operator' && !outranks(caller.role, person.role)) throw new AppError('auth/forbidden', { role: person.role })
  }

  return {
    async claimTicket({ caller, client }) {
      if (caller.kind !== 'operator') throw new AppError('auth/forbidden', { needs: 'operator' })
      const ticket = await flows.makeClaimTicket(world)
      return { ticket, link: `${client.publicUrl}/#claim=${ticket}` }
    },

    async invite({ caller, body, client }) {
      const inviter = await accounts.account(caller.accountId)
      const { text, id, expiresAt } = await flows.invite(world, inviter, body.email, body.role)
      const link = `${client.publicUrl}/#invitation=${text}`
      const found = await accounts.ticket(id)
      if (found === undefined) throw new AppError('ticket/invalid')
      return { invitation: presentInvitation(found.ticket), link, sent: await sent(inviter, body.email, link, expiresAt, client) }
    },

    async listInvitations({ caller }) {
      return { invitations: (await accounts.invitations(caller.role === 'owner' ? undefined : caller.accountId)).map(presentInvitation) }
    },

    async revokeInvitation({ caller, parameters }) {
      const removed = await accounts.revokeTicket(parameters.invitation, caller.role === 'owner' ? undefined : caller.accountId)
      if (!removed) throw new AppError('invitation/not-found', { invitation: parameters.invitation })
      return DONE
    },

    async acceptInvitation({ body, client }) {
      if (body.transport === 'cookie') client.assertOwnOrigin()
      await gate.attempt(client.address, undefined)
      const signedIn = await flows.acceptInvitation(world, body.ticket, { password: body.password, name: body.name }, client.label)
      await gate.succeeded(client.address, undefined)
      return handOver(signedIn, body.transport, client)
    },

    async listUsers({ query }) {
      const page = await accounts.accounts({ ...pageOf(query), ...(query.search === undefined ? {} : { search: query.search }) })
      return { users: page.items.map(presentAccount), next_cursor: page.nextCursor ?? null }
    },

    getUser: async ({ parameters }) => presentAccount(await personOf(accounts, parameters.user)),

    async updateUser({ caller, parameters, body, note }) {
      const person = await personOf(accounts, parameters.user)
      assertMayChange(caller, person)
      const { role, state, plan_id, email } = body
      if (plan_id !== undefined && plan_id !== null) await world.ledger.plan(plan_id)
      note({ ...(role === undefined ? {} : { role }), ...(state === undefined ? {} : { state }), ...(plan_id === undefined ? {} : { plan: plan_id ?? '' }) })
      const changed = await accounts.updateAccount(person.id, {
        // A role that a person set stays, whatever groups the provider tells.
        ...(role === undefined ? {} : { role, roleSetAt: null }),
        ...(state === undefined ? {} : { state }),
        ...(plan_id === undefined ? {} : { planId: plan_id }),
        ...(email === undefined ? {} : { email }),
      })
      // Who comes back signs in anew: a session may be what was stolen.
      if (state === 'suspended') await accounts.endSessions(person.id)
      return presentAccount(changed)
    },

    async removeUser({ caller, parameters, note }) {
      const person = await personOf(accounts, parameters.user)
      assertMayChange(caller, person)
      note({}, person.id)
      await flows.removeAccount(world, person.id)
      return DONE
    },

    async makeResetLink({ caller, parameters, client, note }) {
      const person = await personOf(accounts, parameters.user)
      if (person.state === 'unclaimed') throw new AppError('account/unclaimed')
      if (caller.kind !== 'operator' && person.role === 'owner') throw new AppError('auth/forbidden', { needs: 'operator' })
      const made = person.email === undefined ? undefined : await flows.makeResetTicket(world, person.email)
      if (made === undefined) throw new AppError('account/not-found', { account: parameters.user, reason: 'it cannot sign in with a password now' })
      note({}, person.id)
      return { link: `${client.publicUrl}/#reset=${made.text}`, expires_at: new Date(world.now() + RESET_MS).toISOString() }
    },
  }

  /** A letter that cannot be sent leaves the link, which the inviter hands over. */
  async function sent(inviter: Account, to: string, link: string, expiresAt: number, client: Client): Promise<boolean> {
    if (world.mailer === undefined) return false
    try {
      await world.mailer.send(invitationLetter({ to, from: inviter.name ?? inviter.email ?? 'The owner', server: client.publicUrl, link, expiresAt }))
      return true
    } catch (cause) {
      world.log.warn('letter-not-sent', { cause })
      return false
    }
  }
}

function presentInvitation(ticket: Ticket) {
  return {
    id: ticket.id,
    email: ticket.email ?? '',
    role: ticket.role ?? 'viewer',
    invited_by: ticket.accountId,
    created_at: new Date(ticket.createdAt).toISOString(),
    expires_at: new Date(ticket.expiresAt).toISOString(),
  }
}

import type { accountRoutes } from '../../api/accounts.ts'
import type { Account } from '../../domain/account.ts'
import type { Caller } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import { RESET_MS, type SignedIn } from '../../flows/accounts.ts'
import { passwordChangedLetter, resetLetter } from '../../flows/letters.ts'
import type { Client } from '../client.ts'
import type { Handlers, Workshop } from '../handler.ts'
import { presentAccount, presentSession } from '../present-people.ts'
import { handOver } from '../signed-in.ts'

const DONE = { done: true } as const
const PENDING_MS = 15 * 60_000

export function accountHandlers({ world, flows, gate }: Workshop): Handlers<keyof typeof accountRoutes> {
  const { accounts } = world
  const own = (caller: Caller) => accounts.account(caller.accountId)

  /** What is tried again and again is counted by whom it is tried on, too, and forgotten once it was right. */
  async function attempt<T>(client: Client, subject: string | undefined, work: () => Promise<T>): Promise<T> {
    await gate.attempt(client.address, subject)
    const result = await work()
    await gate.succeeded(client.address, subject)
    return result
  }

  async function recordFailure(client: Client, action: string, work: () => Promise<SignedIn>): Promise<SignedIn> {
    try {
      return await work()
    } catch (fault) {
      if (fault instanceof AppError && fault.status < 500 && fault.status !== 429) {
        await world.ledger.record({ actorKind: 'anyone', actorId: undefined, action, target: undefined, address: client.address, facts: { code: fault.code } })
      }
      throw fault
    }
  }

  return {
    async serverInfo() {
      const { identity } = world
      return {
        claimed: await accounts.hasOwner(),
        sign_in: { password: true, provider: identity === undefined ? null : { name: identity.name, start: '/api/v1/provider/start' } },
      }
    },

    async claimServer({ body, client }) {
      if (body.transport === 'cookie') client.assertOwnOrigin()
      const person = { email: body.email, password: body.password, name: body.name }
      return handOver(await attempt(client, undefined, () => flows.claim(world, body.ticket, person, client.label)), body.transport, client)
    },

    async signIn({ body, client, note }) {
      if (body.transport === 'cookie') client.assertOwnOrigin()
      const signedIn = await recordFailure(client, 'session.refused', () =>
        attempt(client, `email:${body.email.toLowerCase()}`, () => flows.signIn(world, body.email, body.password, client.label)),
      )
      note({ session: signedIn.session.id })
      return handOver(signedIn, body.transport, client)
    },

    async listSessions({ caller }) {
      return { sessions: (await accounts.sessions(caller.accountId)).map((session) => presentSession(session, caller.sessionId)) }
    },

    async endSession({ caller, parameters, client, note }) {
      const id = parameters.session === 'current' ? caller.sessionId : parameters.session
      if (id === undefined || !(await accounts.endSession(caller.accountId, id))) throw new AppError('account/not-found', { session: parameters.session })
      if (id === caller.sessionId) client.setSession(undefined)
      note({}, id)
      return DONE
    },

    async endSessions({ caller, client }) {
      await accounts.endSessions(caller.accountId)
      client.setSession(undefined)
      return DONE
    },

    async startProvider({ client }) {
      if (world.identity === undefined) throw new AppError('provider/none')
      const { url, pending } = await world.identity.begin(callbackOf(client))
      client.setPending(await world.secrets.sign('sign-in', { ...pending }, world.now() + PENDING_MS))
      return { to: url }
    },

    async finishProvider({ query, client, note }) {
      const { identity } = world
      if (identity === undefined) throw new AppError('provider/none')
      const pending = client.pending === undefined ? undefined : await world.secrets.readSigned('sign-in', client.pending)
      const { state, nonce, codeVerifier } = pending ?? {}
      if (state === undefined || nonce === undefined || codeVerifier === undefined)
        throw new AppError('auth/invalid', { reason: 'this sign-in was not begun here' })
      const given = Object.fromEntries(Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined))
      const account = await attempt(client, undefined, async () =>
        world.auth.accountOf(await identity.finish(callbackOf(client), given, { state, nonce, codeVerifier })),
      )
      const { session, text } = await flows.startSession(world, account, client.label)
      client.setPending(undefined)
      // The browser comes from the provider's page: the state that it brought back is what shows that it began here.
      client.setSession({ text, expiresAt: session.expiresAt }, 'from-provider')
      note({ session: session.id, provider: true }, account.id)
      return { to: '/' }
    },

    async whoAmI({ caller }) {
      const account = presentAccount(await own(caller))
      return {
        kind: caller.kind === 'visitor' ? 'user' : caller.kind,
        account: { id: account.id, email: account.email, name: account.name, role: account.role },
        key_id: caller.kind === 'key' ? caller.id : null,
        scopes: [...caller.scopes],
        databases: caller.databaseIds === 'all' ? ('all' as const) : [...caller.databaseIds],
        filtered: caller.filter !== undefined,
        expires_at: caller.expiresAt === undefined ? null : new Date(caller.expiresAt).toISOString(),
      }
    },

    updateMe: async ({ caller, body }) => presentAccount(await accounts.updateAccount(caller.accountId, { name: body.name })),

    async changePassword({ caller, body, client }) {
      await attempt(client, `account:${caller.accountId}`, () => flows.changePassword(world, caller.accountId, body.current, body.password, caller.sessionId))
      await tellChanged(await own(caller), client)
      return DONE
    },

    async removeMe({ caller, body, client }) {
      await attempt(client, `account:${caller.accountId}`, () => flows.confirm(world, caller.accountId, body.password))
      await flows.removeAccount(world, caller.accountId)
      client.setSession(undefined)
      return DONE
    },

    async requestReset({ body, client }) {
      await gate.attempt(client.address, `reset:${body.email.toLowerCase()}`)
      // After the reply, so that it takes as long whether there is such an account or not.
      setImmediate(() => void sendReset(body.email, client.publicUrl))
      return DONE
    },

    async redeemReset({ body, client }) {
      const account = await attempt(client, undefined, () => flows.redeemReset(world, body.ticket, body.password))
      await tellChanged(account, client)
      return { account_id: account.id }
    },
  }

  async function sendReset(email: string, publicUrl: string): Promise<void> {
    try {
      if (world.mailer === undefined) return
      const made = await flows.makeResetTicket(world, email)
      if (made?.account.email === undefined) return
      const letter = { to: made.account.email, server: publicUrl, link: `${publicUrl}/#reset=${made.text}`, expiresAt: world.now() + RESET_MS }
      await world.mailer.send(resetLetter(letter))
    } catch (cause) {
      world.log.error('reset-letter-not-sent', { cause })
    }
  }

  /** A courtesy to who did not do it: a letter that cannot be sent changes nothing. */
  async function tellChanged({ email }: Account, client: Client): Promise<void> {
    if (world.mailer === undefined || email === undefined) return
    const letter = passwordChangedLetter({ to: email, server: client.publicUrl, changedAt: world.now() })
    await world.mailer.send(letter).catch((cause: unknown) => world.log.warn('letter-not-sent', { cause }))
  }
}

function callbackOf(client: Client): string {
  return `${client.publicUrl}/api/v1/provider/callback`
}

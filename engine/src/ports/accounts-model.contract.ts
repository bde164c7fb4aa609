import { type Account, type AccountSession, emailKey, FIRST_OWNER_ID, outranks, type Ticket } from '../domain/account.ts'
import { AppError } from '../domain/errors.ts'
import type { AccountChange, Accounts, NewAccount } from './accounts.ts'
import type { Making } from './catalog.contract.ts'

/** The rules of `Accounts` in plain maps, for one caller at a time: what other adapters are compared with. */
export function modelAccounts({ now, newId }: Making): Accounts {
  const people = new Map<string, Account & { readonly hash: string | undefined }>()
  const sessions = new Map<string, AccountSession & { readonly secretHash: string }>()
  const tickets = new Map<string, Ticket & { readonly secretHash: string }>()
  let rights = 0
  people.set(FIRST_OWNER_ID, { ...blank({ email: undefined, name: undefined, role: 'owner' }, FIRST_OWNER_ID, 0), state: 'unclaimed', hash: undefined })

  const shown = ({ hash, ...account }: Account & { readonly hash: string | undefined }): Account => ({ ...account, hasPassword: hash !== undefined })
  const known = () => [...people.values()].filter((each) => each.state !== 'deleting')
  const activeOwners = () => known().filter((each) => each.role === 'owner' && each.state === 'active')
  function find(id: string): Account & { readonly hash: string | undefined } {
    const person = people.get(id)
    if (person === undefined || person.state === 'deleting') throw new AppError('account/not-found', { account: id })
    return person
  }
  function change(id: string, what: Partial<Account & { readonly hash: string | undefined }>): void {
    people.set(id, { ...find(id), ...what })
  }
  function assertFree(email: string | undefined, exceptId: string): void {
    if (email !== undefined && known().some((each) => each.email === email && each.id !== exceptId)) throw new AppError('account/exists', { email })
  }
  function assertStays(id: string, after: Pick<Account, 'role' | 'state'> | undefined): void {
    const before = find(id)
    if (before.role === after?.role && before.state === after.state) return
    const one = activeOwners().length === 1 && activeOwners()[0]?.id === id
    const stays = after?.role === 'owner' && after.state === 'active'
    if (before.state === 'unclaimed' || (one && !stays)) throw new AppError('account/last-owner')
  }
  function add(input: Pick<NewAccount, 'email' | 'name' | 'role'> & { readonly hash: string | undefined }): Account {
    assertFree(input.email, '')
    const id = newId('usr')
    people.set(id, { ...blank(input, id, now()), hash: input.hash })
    return shown(find(id))
  }
  function leave(accountId: string, exceptSession: string | undefined): void {
    const { validAfter } = find(accountId)
    change(accountId, { validAfter: Math.max(now(), validAfter + 1) })
    for (const each of sessions.values()) if (each.accountId === accountId && each.id !== exceptSession) sessions.delete(each.id)
    rights += 1
  }
  function password(accountId: string, hash: string, exceptSession: string | undefined): void {
    change(accountId, { hash })
    dropResets(accountId)
    leave(accountId, exceptSession)
  }
  function dropResets(accountId: string): void {
    for (const each of tickets.values()) if (each.accountId === accountId && each.purpose === 'reset') tickets.delete(each.id)
  }
  function openTicket(id: string): (Ticket & { readonly secretHash: string }) | undefined {
    const ticket = tickets.get(id)
    if (ticket === undefined || ticket.expiresAt <= now()) return undefined
    const holder = people.get(ticket.accountId)
    const fits = {
      claim: holder?.state === 'unclaimed',
      reset: holder?.state === 'active',
      invitation: (holder?.state === 'active' || holder?.state === 'unclaimed') && ticket.role !== undefined && outranks(holder.role, ticket.role),
    }
    return fits[ticket.purpose] ? ticket : undefined
  }
  function usable(id: string, secretHash: string, purpose: Ticket['purpose']): Ticket {
    const ticket = openTicket(id)
    if (ticket?.purpose !== purpose || ticket.secretHash !== secretHash) throw new AppError('ticket/invalid')
    return ticket
  }
  const plain = ({ secretHash: _, ...rest }: Ticket & { readonly secretHash: string }): Ticket => rest
  const bare = ({ secretHash: _, ...rest }: AccountSession & { readonly secretHash: string }): AccountSession => rest
  const alive = (id: string) => {
    const session = sessions.get(id)
    return session !== undefined && session.expiresAt > now() ? session : undefined
  }

  return {
    hasOwner: async () => activeOwners().length > 0,
    account: async (id) => shown(find(id)),
    accountByEmail: async (email) =>
      known()
        .filter((each) => each.email === emailKey(email))
        .map(shown)[0],
    accountByProvider: async () => undefined,
    accounts: async () => ({ items: known().sort(newest).map(shown), nextCursor: undefined }),
    createAccount: async ({ email, name, role, passwordHash }) =>
      add({ email: email === undefined ? undefined : emailKey(email), name, role, hash: passwordHash }),
    async updateAccount(id, { email, name, role, state }: AccountChange) {
      const before = find(id)
      const after = { ...before, role: role ?? before.role, state: state ?? before.state, email: email === undefined ? before.email : emailKey(email) }
      assertStays(id, after)
      assertFree(after.email, id)
      if (after.email !== before.email) dropResets(id)
      if (after.role !== before.role || after.state !== before.state) rights += 1
      change(id, { ...after, name: name === undefined ? before.name : (name ?? undefined), roleSetAt: undefined })
      return shown(find(id))
    },
    passwordHash: async (id) => known().find((each) => each.id === id)?.hash,
    setPassword: async (id, hash, exceptSession) => password(id, hash, exceptSession),
    async seen(id) {
      const account = known().find((each) => each.id === id)
      if (account !== undefined && (account.lastSeenAt ?? 0) <= now() - 60_000) change(id, { lastSeenAt: now() })
    },
    async removeAccount(id) {
      find(id)
      if (id === FIRST_OWNER_ID) throw new AppError('account/last-owner')
      assertStays(id, undefined)
      for (const each of sessions.values()) if (each.accountId === id) sessions.delete(each.id)
      for (const each of tickets.values()) if (each.accountId === id) tickets.delete(each.id)
      change(id, { state: 'deleting' })
      rights += 1
    },
    removedAccounts: async () =>
      [...people.values()]
        .filter((each) => each.state === 'deleting')
        .map((each) => each.id)
        .sort(),
    async forgetAccount(id) {
      if (people.get(id)?.state === 'deleting') people.delete(id)
    },
    async createSession({ id, accountId, secretHash, label, expiresAt, validAfter }) {
      const account = find(accountId)
      if (account.state !== 'active' || (validAfter !== undefined && validAfter !== account.validAfter)) {
        throw new AppError('account/not-found', { account: accountId })
      }
      const session = { id, accountId, label, createdAt: now(), lastSeenAt: now(), expiresAt }
      sessions.set(id, { ...session, secretHash })
      return session
    },
    async session(id) {
      const session = alive(id)
      const account = session === undefined ? undefined : people.get(session.accountId)
      return session === undefined || account?.state !== 'active'
        ? undefined
        : { session: bare(session), secretHash: session.secretHash, account: shown(account) }
    },
    sessions: async (accountId) =>
      [...sessions.values()]
        .filter((each) => each.accountId === accountId && each.expiresAt > now())
        .sort(newest)
        .map(bare),
    async touchSession(id, expiresAt) {
      const session = alive(id)
      if (session === undefined || session.lastSeenAt > now() - 60_000) return
      sessions.set(id, { ...session, lastSeenAt: now(), expiresAt: Math.max(session.expiresAt, expiresAt) })
    },
    async endSession(accountId, id) {
      if (alive(id)?.accountId !== accountId) return false
      rights += 1
      return sessions.delete(id)
    },
    endSessions: async (accountId, exceptSession) => leave(accountId, exceptSession),
    async createTicket({ secretHash, ...input }) {
      find(input.accountId)
      if (input.purpose === 'claim') for (const each of tickets.values()) if (each.purpose === 'claim') tickets.delete(each.id)
      const ticket = { ...input, email: input.email === undefined ? undefined : emailKey(input.email), createdAt: now() }
      tickets.set(ticket.id, { ...ticket, secretHash })
      return ticket
    },
    async ticket(id) {
      const ticket = openTicket(id)
      return ticket === undefined ? undefined : { ticket: plain(ticket), secretHash: ticket.secretHash }
    },
    invitations: async (inviterId) =>
      [...tickets.values()]
        .filter((each) => each.purpose === 'invitation' && openTicket(each.id) !== undefined && (inviterId ?? each.accountId) === each.accountId)
        .sort(newest)
        .map(plain),
    async revokeTicket(id, inviterId) {
      const ticket = tickets.get(id)
      const there = ticket?.purpose === 'invitation' && ticket.expiresAt > now() && (inviterId ?? ticket.accountId) === ticket.accountId
      return there && tickets.delete(id)
    },
    async redeemClaim(ticketId, secretHash, person) {
      if (find(FIRST_OWNER_ID).state !== 'unclaimed') throw new AppError('account/claimed')
      usable(ticketId, secretHash, 'claim')
      const email = emailKey(person.email)
      assertFree(email, FIRST_OWNER_ID)
      tickets.delete(ticketId)
      change(FIRST_OWNER_ID, { state: 'active', email, name: person.name, hash: person.passwordHash })
      rights += 1
      return shown(find(FIRST_OWNER_ID))
    },
    async redeemReset(ticketId, secretHash, passwordHash) {
      const { accountId } = usable(ticketId, secretHash, 'reset')
      password(accountId, passwordHash, undefined)
      return shown(find(accountId))
    },
    async redeemInvitation(ticketId, secretHash, { name, passwordHash }) {
      const { email, role = 'viewer' } = usable(ticketId, secretHash, 'invitation')
      const account = add({ email, name, role, hash: passwordHash })
      tickets.delete(ticketId)
      return account
    },
    rights: async () => rights,
    async sweepAccounts() {
      for (const map of [sessions, tickets]) for (const each of map.values()) if (each.expiresAt <= now()) map.delete(each.id)
    },
  }
}

function blank({ email, name, role }: Pick<NewAccount, 'email' | 'name' | 'role'>, id: string, createdAt: number): Account {
  const nothing = { planId: undefined, provider: undefined, roleSetAt: undefined, lastSeenAt: undefined, hasPassword: false }
  return { id, email, name, role, state: 'active', validAfter: 0, createdAt, ...nothing }
}

function newest(a: { readonly createdAt: number; readonly id: string }, b: { readonly createdAt: number; readonly id: string }): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1)
}

import { type Account, emailKey, outranks, type Role, type Ticket } from '../../domain/account.ts'
import { AppError, type ErrorCode } from '../../domain/errors.ts'
import type { AccountChange, Accounts } from '../../ports/accounts.ts'
import type { VerifiedToken } from '../../ports/identity.ts'

export interface ProviderAccountsOptions {
  readonly accounts: Accounts
  /** What groups of the provider are here; the highest counts. */
  readonly roles: readonly { readonly group: string; readonly role: Role }[]
  /** Of who is in none of them; undefined keeps them out. */
  readonly defaultRole: Role | undefined
}

/** Before any token: a role that the first one with groups sets. */
const NEVER = 0
const ATTEMPTS = 4

/** Accounts of people that a provider vouches for: `accountOf` of the port `Auth`. */
export function providerAccounts({ accounts, roles, defaultRole }: ProviderAccountsOptions): (token: VerifiedToken) => Promise<Account> {
  const inTurn = oneAtATime()

  /** Undefined for who is kept out. */
  function roleOf(groups: readonly string[] | undefined): Role | undefined {
    const mapped = roles.filter(({ group }) => groups?.includes(group) === true).map(({ role }) => role)
    return mapped.reduce<Role | undefined>((best, role) => (best === undefined || outranks(role, best) ? role : best), undefined) ?? defaultRole
  }

  async function invitationFor(email: string | undefined): Promise<Ticket | undefined> {
    return email === undefined ? undefined : (await accounts.invitations(undefined)).find((one) => one.email === emailKey(email) && one.role !== undefined)
  }

  async function firstTime(token: VerifiedToken): Promise<Account> {
    const { email, name, identity, groups } = token
    const owner = email === undefined ? undefined : await accounts.accountByEmail(email)
    if (owner !== undefined) {
      // The address is somebody's. It is the same person when nobody else vouches for them.
      if (owner.provider !== undefined || !isAdmitted(owner, token)) throw new AppError('auth/invalid')
      return accounts.updateAccount(owner.id, { provider: identity })
    }
    const invitation = await invitationFor(email)
    const role = invitation?.role ?? roleOf(groups)
    if (role === undefined) throw new AppError('auth/invalid')
    return accounts.createAccount({
      email,
      name,
      role,
      passwordHash: undefined,
      provider: identity,
      // Of an invitation a person set the role.
      ...(invitation === undefined ? { roleSetAt: groups === undefined ? NEVER : token.issuedAt } : { invitationId: invitation.id }),
    })
  }

  /** What the token tells anew about somebody known. */
  async function refreshed(known: Account, token: VerifiedToken): Promise<Account> {
    const account = known.email === undefined && token.email !== undefined ? await learnEmail(known, token.email) : known
    const isNewer = account.roleSetAt !== undefined && token.issuedAt > account.roleSetAt
    if (token.groups === undefined || !isNewer || roleOf(token.groups) === account.role) return account
    // Looked up again: of two tokens at the same time the newer one counts, whichever comes first.
    return inTurn(async () => {
      const latest = await accounts.account(account.id)
      if (latest.roleSetAt === undefined || token.issuedAt <= latest.roleSetAt) return latest
      const role = roleOf(token.groups)
      if (role === undefined) {
        await accounts.endSessions(latest.id) // tokens from before count no more either
        throw new AppError('auth/invalid')
      }
      return (await tried('account/last-owner', latest.id, { role, roleSetAt: token.issuedAt })) ?? latest
    })
  }

  async function learnEmail(account: Account, email: string): Promise<Account> {
    const invitation = await invitationFor(email)
    const role = invitation?.role === undefined ? {} : { role: invitation.role, roleSetAt: null }
    const learned = await tried('account/exists', account.id, { email, ...role })
    if (learned !== undefined && invitation !== undefined) await accounts.revokeTicket(invitation.id, undefined)
    return learned ?? account // the address is somebody else's here
  }

  /** Undefined when it cannot be, for the reason that is expected. */
  function tried(expected: ErrorCode, id: string, change: AccountChange): Promise<Account | undefined> {
    return accounts.updateAccount(id, change).catch((fault: unknown) => {
      if (isFault(fault, expected)) return undefined
      throw fault
    })
  }

  return async (token) => {
    for (let attempt = 1; ; attempt += 1) {
      const known = await accounts.accountByProvider(token.identity)
      if (known !== undefined) {
        if (!isAdmitted(known, token)) throw new AppError('auth/invalid')
        return refreshed(known, token)
      }
      try {
        return await firstTime(token)
      } catch (fault) {
        // Somebody was quicker: another token of the same person, or another use of the invitation.
        const isRace = isFault(fault, 'account/exists') || isFault(fault, 'ticket/invalid')
        if (!isRace || attempt === ATTEMPTS) throw fault
      }
    }
  }
}

function isAdmitted(account: Account, token: VerifiedToken): boolean {
  return account.state === 'active' && token.issuedAt >= account.validAfter
}

function isFault(fault: unknown, code: ErrorCode): boolean {
  return fault instanceof AppError && fault.code === code
}

function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }
}

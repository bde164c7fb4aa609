import type { Account, AccountSession, AccountState, ProviderIdentity, Role, Ticket } from '../domain/account.ts'
import type { PageOf, PageRequest } from './catalog.ts'

/**
 * People: accounts, sessions and the tickets of claim, reset and invitation. Each method is one transaction, durable when
 * its promise resolves. Secrets come in as sha256 in lower-case hex, passwords as what `Passwords` made of them; neither
 * can be read back into what a person typed.
 *
 * Hidden   accounts in state `deleting` are found by no method but `removedAccounts` and `forgetAccount`.
 * Rights   whatever may take a right away (suspension, role, sign-out, revocation, sharing) moves `rights()` in the same
 *          transaction.
 * Order    lists are newest first, then by id.
 * Errors   AppError `account/not-found`, `account/exists` (the e-mail is taken), `account/claimed`, `account/last-owner`,
 *          `ticket/invalid`, and those of the stores.
 */
export interface Accounts {
  /** True once somebody claimed the server, or an account of a provider is an active owner. */
  hasOwner(): Promise<boolean>
  account(id: string): Promise<Account>
  /** Any spelling of the address. */
  accountByEmail(email: string): Promise<Account | undefined>
  accountByProvider(identity: ProviderIdentity): Promise<Account | undefined>
  accounts(page: PageRequest & { readonly search?: string }): Promise<PageOf<Account>>
  /** With an invitation, uses that up. @throws account/exists, ticket/invalid */
  createAccount(input: NewAccount): Promise<Account>
  /**
   * The last active owner stays an active owner, and the first one as it is until it was claimed: @throws account/last-owner,
   * account/exists, plan/not-found. A new e-mail address makes open reset tickets worthless.
   */
  updateAccount(id: string, change: AccountChange): Promise<Account>
  passwordHash(id: string): Promise<string | undefined>
  /** Ends all sessions but `exceptSession`, makes open reset tickets worthless, and sets `validAfter`. */
  setPassword(id: string, passwordHash: string, exceptSession?: string): Promise<void>
  /** Notes that it was here; at most one write a minute, and none of it moves `rights()`. */
  seen(id: string): Promise<void>
  /**
   * Hides the account at once, with its sessions, tickets, keys, publications, visitors and what was shared with it.
   * Its databases and conversations are purged by the flow that calls this. @throws account/last-owner; the first owner
   * stays: its e-mail address can be changed
   */
  removeAccount(id: string): Promise<void>
  /** Accounts whose removal is under way. */
  removedAccounts(): Promise<readonly string[]>
  /** Deletes the row of a removed account. */
  forgetAccount(id: string): Promise<void>

  /**
   * `validAfter` is what the account said when the password was checked: when it has moved since, the check no longer
   * counts. @throws account/not-found then, and when the account is not active
   */
  createSession(input: {
    readonly id: string
    readonly accountId: string
    readonly secretHash: string
    readonly label: string
    readonly expiresAt: number
    readonly validAfter?: number
  }): Promise<AccountSession>
  /** With its secret's hash; undefined when it has ended, its time is over, or its account is not active. */
  session(id: string): Promise<{ readonly session: AccountSession; readonly secretHash: string; readonly account: Account } | undefined>
  sessions(accountId: string): Promise<readonly AccountSession[]>
  /** Prolongs it when it was used; at most one write a minute. */
  touchSession(id: string, expiresAt: number): Promise<void>
  /** Returns whether there was one. */
  endSession(accountId: string, id: string): Promise<boolean>
  /** Sign-out everywhere: all sessions but `exceptSession` end, and tokens from outside that were issued until now are refused. */
  endSessions(accountId: string, exceptSession?: string): Promise<void>

  /** A new claim ticket replaces the one before; the others stand beside one another. */
  createTicket(input: Omit<Ticket, 'createdAt'> & { readonly secretHash: string }): Promise<Ticket>
  /**
   * Without using it up: to show what a link is for. Undefined when it is unknown, used or over: a claim when the server was
   * claimed, a reset when its account is not active, an invitation when its inviter is not active or has no longer the role
   * that it hands over.
   */
  ticket(id: string): Promise<{ readonly ticket: Ticket; readonly secretHash: string } | undefined>
  /** Open invitations; of one inviter, or of all. */
  invitations(inviterId: string | undefined): Promise<readonly Ticket[]>
  /** Takes an invitation back; of one inviter, or of any. Returns whether there was one. */
  revokeTicket(id: string, inviterId: string | undefined): Promise<boolean>
  /** Uses a claim up: the first owner becomes a person. Of many at the same time exactly one does. @throws account/claimed, ticket/invalid */
  redeemClaim(ticketId: string, secretHash: string, person: NewPerson): Promise<Account>
  /** Uses a reset up; like `setPassword`. @throws ticket/invalid */
  redeemReset(ticketId: string, secretHash: string, passwordHash: string): Promise<Account>
  /** Uses an invitation up; role and e-mail are the ticket's. @throws ticket/invalid, account/exists */
  redeemInvitation(ticketId: string, secretHash: string, person: Omit<NewPerson, 'email'>): Promise<Account>

  /** Grows whenever anything took a right away, in whatever process; cheap enough to be asked several times a second. */
  rights(): Promise<number>
  /** Deletes sessions and tickets whose time is over. */
  sweepAccounts(): Promise<void>
}

export interface NewAccount {
  readonly email: string | undefined
  readonly name: string | undefined
  readonly role: Role
  readonly passwordHash: string | undefined
  readonly provider: ProviderIdentity | undefined
  readonly roleSetAt?: number
  /** Who was invited came by a provider that vouches for the e-mail address: role and address must be the ticket's. */
  readonly invitationId?: string
}

export interface NewPerson {
  readonly email: string
  readonly name: string | undefined
  readonly passwordHash: string
}

export interface AccountChange {
  readonly email?: string
  readonly name?: string | null
  readonly role?: Role
  readonly state?: Extract<AccountState, 'active' | 'suspended'>
  /** Null: the default plan again. */
  readonly planId?: string | null
  readonly provider?: ProviderIdentity
  /** With `role`: the token that it comes from; null when a person sets it. */
  readonly roleSetAt?: number | null
}

/** Hashes passwords slowly, and checks them without blocking the thread. */
export interface Passwords {
  hash(password: string): Promise<string>
  /** Takes the same time without a hash: whether an account exists cannot be told from it. Never throws. */
  verify(hash: string | undefined, password: string): Promise<boolean>
}

/** What a person is on this server. Owners manage people, limits and plans, not other people's databases. */
export type Role = 'owner' | 'member' | 'viewer'
export const ROLES: readonly Role[] = ['owner', 'member', 'viewer']

/** `unclaimed`: the first owner before somebody claimed the server; `deleting`: hidden from every look-up. */
export type AccountState = 'unclaimed' | 'active' | 'suspended' | 'deleting'

/** The account that the claim link makes a person of. It is there from the first start, so that what is made before belongs to it. */
export const FIRST_OWNER_ID = 'owner'

export interface Account {
  readonly id: string
  /** Lower case, NFC; unique on the server. Undefined before the claim, and when a provider told none. */
  readonly email: string | undefined
  readonly name: string | undefined
  readonly role: Role
  readonly state: AccountState
  /** Undefined: the default plan of people. */
  readonly planId: string | undefined
  readonly hasPassword: boolean
  /** Who vouches for it, when it came by OpenID Connect. */
  readonly provider: ProviderIdentity | undefined
  /** Epoch ms. Sessions and tokens that were issued before this moment are refused: "sign out everywhere". */
  readonly validAfter: number
  /** Epoch ms of the token whose groups set the role last; undefined when a person set it. */
  readonly roleSetAt: number | undefined
  readonly createdAt: number
  readonly lastSeenAt: number | undefined
}

export interface ProviderIdentity {
  readonly issuer: string
  readonly subject: string
}

/** True when `role` may do at least what `other` may. */
export function outranks(role: Role, other: Role): boolean {
  return ROLES.indexOf(role) <= ROLES.indexOf(other)
}

/** Source: RFC 5321, 4.5.3.1. */
export const EMAIL_LENGTH = 254
/** Deliberately loose: whether an address exists only a message to it can tell. */
export const EMAIL = /^[^\s@<>()[\]\\,;:"\p{Cc}]{1,64}@[^\s@<>()[\]\\,;:"\p{Cc}]{1,189}$/u

export function emailKey(email: string): string {
  return email.normalize('NFC').toLowerCase()
}

/** Source: NIST SP 800-63B: length counts, composition rules do not; an upper bound keeps hashing cheap. */
export const PASSWORD_LENGTH = { least: 12, most: 256 } as const

export interface AccountSession {
  readonly id: string
  readonly accountId: string
  /** What a person recognises it by: the kind of program, never an address. */
  readonly label: string
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly expiresAt: number
}

/** A right that is handed over once: to claim the server, to set a new password, to join. */
export interface Ticket {
  readonly id: string
  readonly purpose: 'claim' | 'reset' | 'invitation'
  /** The account that it is for (claim, reset) or that handed it out (invitation). */
  readonly accountId: string
  /** Of an invitation: who is invited, and as what. */
  readonly email: string | undefined
  readonly role: Role | undefined
  readonly createdAt: number
  readonly expiresAt: number
}

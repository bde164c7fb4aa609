import { type Account, type AccountSession, emailKey, outranks, type Role } from '../domain/account.ts'
import { readSecret, SECRET_PREFIX, type SecretParts } from '../domain/api-key.ts'
import { AppError } from '../domain/errors.ts'
import { DAY_MS } from '../domain/usage.ts'
import type { World } from '../ports/world.ts'

export const SESSION_MS = 30 * DAY_MS
/** Source: ASVS 5.0, 6.5.5: a link to a new password counts for minutes. */
export const RESET_MS = 15 * 60_000
export const INVITATION_MS = 7 * DAY_MS
/** Until the server is claimed each start makes a new link; a week is as long as a first start is looked at. */
export const CLAIM_MS = 7 * DAY_MS

export interface SignedIn {
  readonly account: Account
  readonly session: AccountSession
  /** The session's secret: handed over once. */
  readonly text: string
}

type People = Pick<World, 'accounts' | 'passwords' | 'secrets' | 'now'>

export interface NewCredentials {
  readonly email: string
  readonly password: string
  readonly name: string | undefined
}

/** A link to claim the server; the one before no longer counts. @throws account/claimed */
export async function makeClaimTicket(world: People): Promise<string> {
  if (await world.accounts.hasOwner()) throw new AppError('account/claimed')
  return makeTicket(world, { purpose: 'claim', accountId: 'owner', email: undefined, role: undefined, lifeMs: CLAIM_MS })
}

/** Makes the first owner a person, once. @throws ticket/invalid, account/claimed, account/weak-password */
export async function claim(world: People, ticketText: string, person: NewCredentials, label: string): Promise<SignedIn> {
  const parts = ticketOf(ticketText)
  checkPassword(person.password, person.email)
  await openTicket(world, parts, 'claim')
  const passwordHash = await world.passwords.hash(person.password)
  const account = await world.accounts.redeemClaim(parts.id, world.secrets.digest(parts), { email: emailKey(person.email), name: person.name, passwordHash })
  return startSession(world, account, label)
}

/** @throws auth/wrong-password for whatever does not fit, after the same work */
export async function signIn(world: People, email: string, password: string, label: string): Promise<SignedIn> {
  const account = await world.accounts.accountByEmail(email)
  const hash = account === undefined ? undefined : await world.accounts.passwordHash(account.id)
  const fits = await world.passwords.verify(hash, password)
  if (account === undefined || !fits || account.state !== 'active') throw new AppError('auth/wrong-password')
  try {
    return await startSession(world, account, label)
  } catch (fault) {
    // The password was changed, or everybody signed out, while this one was being checked.
    if (fault instanceof AppError && fault.code === 'account/not-found') throw new AppError('auth/wrong-password')
    throw fault
  }
}

export async function startSession(world: People, account: Account, label: string): Promise<SignedIn> {
  const made = world.secrets.make(SECRET_PREFIX.session)
  const session = await world.accounts.createSession({
    id: made.id,
    accountId: account.id,
    secretHash: made.secretHash,
    label,
    expiresAt: world.now() + SESSION_MS,
    validAfter: account.validAfter,
  })
  await world.accounts.seen(account.id)
  return { account, session, text: made.text }
}

/** Asks for the password again before something that cannot be taken back. @throws auth/wrong-password, account/unclaimed */
export async function confirm(world: People, accountId: string, password: string | undefined): Promise<void> {
  const account = await world.accounts.account(accountId)
  if (account.state === 'unclaimed') throw new AppError('account/unclaimed')
  const hash = await world.accounts.passwordHash(accountId)
  if (hash === undefined) return // of a provider: it has none to ask for
  if (password === undefined || !(await world.passwords.verify(hash, password))) throw new AppError('auth/wrong-password')
}

export async function changePassword(world: People, accountId: string, current: string, password: string, sessionId: string | undefined): Promise<void> {
  await confirm(world, accountId, current)
  const { email } = await world.accounts.account(accountId)
  checkPassword(password, email)
  await world.accounts.setPassword(accountId, await world.passwords.hash(password), sessionId)
}

/** Undefined when there is nobody to send it to. */
export async function makeResetTicket(world: People, email: string): Promise<{ readonly text: string; readonly account: Account } | undefined> {
  const account = await world.accounts.accountByEmail(email)
  if (account?.state !== 'active') return undefined
  return { text: await makeTicket(world, { purpose: 'reset', accountId: account.id, email: undefined, role: undefined, lifeMs: RESET_MS }), account }
}

/** @throws ticket/invalid, account/weak-password */
export async function redeemReset(world: People, ticketText: string, password: string): Promise<Account> {
  const parts = ticketOf(ticketText)
  const { accountId } = await openTicket(world, parts, 'reset')
  checkPassword(password, (await world.accounts.account(accountId)).email)
  return world.accounts.redeemReset(parts.id, world.secrets.digest(parts), await world.passwords.hash(password))
}

/** @throws auth/forbidden for a role above the inviter's own, account/exists */
export async function invite(
  world: People,
  inviter: Account,
  email: string,
  role: Role,
): Promise<{ readonly text: string; readonly id: string; readonly expiresAt: number }> {
  if (inviter.state === 'unclaimed') throw new AppError('account/unclaimed')
  if (inviter.role === 'viewer' || !outranks(inviter.role, role)) throw new AppError('auth/forbidden', { role: inviter.role, invites: role })
  if ((await world.accounts.accountByEmail(email)) !== undefined) throw new AppError('account/exists', { email })
  const text = await makeTicket(world, { purpose: 'invitation', accountId: inviter.id, email: emailKey(email), role, lifeMs: INVITATION_MS })
  return { text, id: readSecret(text)?.id ?? '', expiresAt: world.now() + INVITATION_MS }
}

/** @throws ticket/invalid, account/exists, account/weak-password */
export async function acceptInvitation(world: People, ticketText: string, person: Omit<NewCredentials, 'email'>, label: string): Promise<SignedIn> {
  const parts = ticketOf(ticketText)
  const { email } = await openTicket(world, parts, 'invitation')
  checkPassword(person.password, email)
  const passwordHash = await world.passwords.hash(person.password)
  const account = await world.accounts.redeemInvitation(parts.id, world.secrets.digest(parts), { name: person.name, passwordHash })
  return startSession(world, account, label)
}

/** Hides an account at once; what it owns is purged right after, and after a kill at the next start. */
export async function removeAccount(world: World, accountId: string): Promise<void> {
  await world.accounts.removeAccount(accountId)
  world.reach('account/hidden')
  await purgeAccount(world, accountId)
}

/** Goes on with removals that a kill interrupted. */
export async function finishRemovals(world: World): Promise<void> {
  for (const id of await world.accounts.removedAccounts()) await purgeAccount(world, id)
}

async function purgeAccount(world: World, accountId: string): Promise<void> {
  for (const id of await world.catalog.databasesOf(accountId)) await world.catalog.removeDatabase(accountId, id)
  await world.conversations.removeConversations(accountId)
  await world.uploads.sweep(accountId)
  world.reach('account/purged')
  await world.accounts.forgetAccount(accountId)
}

async function makeTicket(
  world: People,
  input: {
    readonly purpose: 'claim' | 'reset' | 'invitation'
    readonly accountId: string
    readonly email: string | undefined
    readonly role: Role | undefined
    readonly lifeMs: number
  },
): Promise<string> {
  const { lifeMs, ...ticket } = input
  const made = world.secrets.make(SECRET_PREFIX.ticket)
  await world.accounts.createTicket({ ...ticket, id: made.id, secretHash: made.secretHash, expiresAt: world.now() + lifeMs })
  return made.text
}

function ticketOf(text: string): SecretParts {
  const parts = readSecret(text)
  if (parts?.prefix !== SECRET_PREFIX.ticket) throw new AppError('ticket/invalid')
  return parts
}

/** Looked at before the slow work of hashing; it is used up by the store, in one step. */
async function openTicket(world: People, parts: SecretParts, purpose: string) {
  const found = await world.accounts.ticket(parts.id)
  if (found === undefined || found.ticket.purpose !== purpose || !world.secrets.matches(parts, found.secretHash)) throw new AppError('ticket/invalid')
  return found.ticket
}

/** Source: NIST SP 800-63B, 5.1.1.2: no composition rules, but nothing that stands for the account itself. */
export function checkPassword(password: string, email: string | undefined): void {
  const bare = password.toLowerCase()
  const own = email === undefined ? [] : [email, email.split('@')[0] ?? '']
  if (own.includes(bare)) throw new AppError('account/weak-password', { reason: 'it is your e-mail address' })
  if (new Set(bare).size < 4) throw new AppError('account/weak-password', { reason: 'it repeats a few characters' })
}

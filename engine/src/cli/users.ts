import type { ReplyOf } from '../api/route.ts'
import type { Routes } from '../api/routes.ts'
import { createClient } from '../client/client.ts'
import type { Role } from '../domain/account.ts'
import { AppError } from '../domain/errors.ts'
import { printJson } from './manage.ts'
import { askNewPassword, checkNewPassword, readSecret } from './secrets.ts'
import type { Session } from './session.ts'
import { listing, paint, printable, quoted, say } from './show.ts'
import { CommandFault } from './words.ts'

type User = ReplyOf<Routes['getUser']>
type Invitation = ReplyOf<Routes['listInvitations']>['invitations'][number]

/** Newest first. */
export async function allUsers({ client, signal }: Pick<Session, 'client' | 'signal'>, search?: string): Promise<User[]> {
  const users: User[] = []
  let cursor: string | undefined
  do {
    const query = { limit: 200, ...(search === undefined ? {} : { search }), ...(cursor === undefined ? {} : { cursor }) }
    const page = await client.call('listUsers', { query, signal })
    users.push(...page.users)
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  return users
}

/** People, then who is invited. */
export async function listUsers(session: Session, options: { readonly search?: string; readonly json?: boolean }): Promise<void> {
  const { client, command, signal } = session
  const users = await allUsers(session, options.search)
  const { invitations } = await client.call('listInvitations', { signal })
  if (options.json === true) return printJson({ users, invitations })
  if (users.length === 0 && options.search !== undefined) return console.log('There are none.')
  const plans = users.some(({ plan_id }) => plan_id !== null) ? (await client.call('listPlans', { signal })).plans : []
  const planNames = new Map(plans.map(({ id, name }) => [id, name]))
  console.log(listing([...users.map((user) => userRow(user, planNames)), ...(options.search === undefined ? invitations.map(invitationRow) : [])]))
  if (users.some(({ state }) => state === 'unclaimed')) say(`\nThis server has no owner yet: ${command} users claim EMAIL`)
}

function userRow(user: User, planNames: ReadonlyMap<string, string>): string[] {
  const seen = user.last_seen_at === null ? 'never seen' : `seen ${user.last_seen_at.slice(0, 10)}`
  const told = [
    user.name === null ? '' : printable(user.name),
    user.plan_id === null ? '' : `plan ${printable(planNames.get(user.plan_id) ?? user.plan_id)}`,
    user.provider === null ? '' : printable(user.provider),
  ]
  return [printable(user.email ?? user.id), user.role, user.state === 'active' ? seen : user.state, told.filter((part) => part !== '').join(', ')]
}

function invitationRow({ email, role, expires_at }: Invitation): string[] {
  return [printable(email), role, `invited until ${expires_at.slice(0, 10)}`, '']
}

/** Makes the owner account of the server of this machine, whose operator asks. */
export async function claim(session: Session, email: string, options: { readonly passwordStdin?: boolean; readonly name?: string }): Promise<void> {
  const { client, address, remote, signal, own } = session
  if (remote)
    throw new CommandFault(
      'A server is claimed on its own machine, or with the link that it printed.',
      'Run this where its data folder is, with --profile local; or open the link.',
    )
  const { ticket } = await client.call('claimTicket', { signal })
  const otherwise = 'Send it alone on standard input, with --password-stdin.'
  const password = options.passwordStdin === true ? checkNewPassword(await readSecret('password')) : await askNewPassword(otherwise)
  const body = { ticket, email, password, ...(options.name === undefined ? {} : { name: options.name }) }
  const { account, token } = await client.call('claimServer', { body, signal })
  // Who claims here goes on as the operator, and signs in where that is wanted.
  if (token !== null) await createClient({ address, token }).call('endSession', { parameters: { session: 'current' }, signal })
  console.log(`${paint('bold', printable(account.email ?? email))} is the owner of this server.`)
  say(own ? 'Start the server with npm start and sign in there.' : `Sign in: ${session.command} login ${address}`)
}

export async function invite({ client, signal }: Session, email: string, options: { readonly role: Role; readonly json?: boolean }): Promise<void> {
  const made = await client.call('invite', { body: { email, role: options.role }, signal })
  if (options.json === true) return printJson(made)
  say(`${printable(made.invitation.email)} is invited as ${made.invitation.role}, until ${made.invitation.expires_at.slice(0, 10)}.`)
  say(made.sent ? 'The link was sent by e-mail; it works once:' : 'No mail server is set: hand this link over yourself. It works once:')
  console.log(made.link)
}

export async function uninvite({ client, signal }: Session, email: string): Promise<void> {
  const { invitations } = await client.call('listInvitations', { signal })
  const open = invitations.filter((one) => one.email === email.toLowerCase() || one.id === email)
  if (open.length === 0) throw new CommandFault(`${printable(email)} is not invited.`, '"quarry users" lists who is.')
  for (const { id } of open) await client.call('revokeInvitation', { parameters: { invitation: id }, signal })
  console.log(`The invitation of ${printable(email)} is taken back.`)
}

export async function changeUser(
  { client, signal }: Session,
  user: string,
  change: { readonly role?: Role; readonly state?: 'active' | 'suspended'; readonly plan_id?: string | null },
): Promise<User> {
  return client.call('updateUser', { parameters: { user }, body: change, signal })
}

export async function setRole(session: Session, user: string, role: Role): Promise<void> {
  const changed = await changeUser(session, user, { role })
  console.log(`${printable(changed.email ?? changed.id)} is ${changed.role} now.`)
}

export async function setState(session: Session, user: string, state: 'active' | 'suspended'): Promise<void> {
  const changed = await changeUser(session, user, { state })
  const name = printable(changed.email ?? changed.id)
  console.log(state === 'suspended' ? `${name} is suspended: every sign-in, key and published chat of theirs is closed.` : `${name} may sign in again.`)
}

export async function resetUser({ client, signal }: Session, user: string, options: { readonly json?: boolean }): Promise<void> {
  const made = await client.call('makeResetLink', { parameters: { user }, signal })
  if (options.json === true) return printJson(made)
  say(`Hand this link over; it sets a new password, once, until ${made.expires_at.slice(11, 16)} UTC:`)
  console.log(made.link)
}

export async function deleteUser({ client, command, signal }: Session, user: string, options: { readonly yes?: boolean }): Promise<void> {
  const { email, id } = await client.call('getUser', { parameters: { user }, signal })
  const name = printable(email ?? id)
  if (options.yes !== true)
    throw new CommandFault(
      `Nothing was deleted: this would delete ${name} with all databases, keys, published chats and conversations of theirs.`,
      `If that is meant: ${command} users delete ${quoted(user)} --yes`,
    )
  await client.call('removeUser', { parameters: { user: id }, signal })
  console.log(`${name} is deleted, with everything that the account owned.`)
}

/** Changes the own password, after the present one was given. */
export async function changePassword(session: Session, ask: () => Promise<{ readonly current: string; readonly password: string }>): Promise<void> {
  await session.client.call('changePassword', { body: await ask(), signal: session.signal }).catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code !== 'auth/wrong-password') throw error
    throw new CommandFault('The present password is not right; nothing was changed.', '"quarry users reset EMAIL", run by an owner, gives a link to a new one.')
  })
  console.log('Your password is changed. You are signed out everywhere else.')
}

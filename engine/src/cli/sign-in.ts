import type { ReplyOf } from '../api/route.ts'
import type { Routes } from '../api/routes.ts'
import type { Client } from '../client/client.ts'
import { EMAIL } from '../domain/account.ts'
import { AppError } from '../domain/errors.ts'
import { connectTo, loadWire } from './connect.ts'
import { printJson } from './manage.ts'
import { isProfileName, LOCAL, type Profile, type ProfileStore, type Profiles } from './profiles.ts'
import { askLine, askNewPassword, askSecret, checkNewPassword, readSecret } from './secrets.ts'
import { profilesOf, type Surroundings } from './session.ts'
import { listing, paint, printable, say, table } from './show.ts'
import { type Chosen, refuseClearText, serverAddress, targetOf } from './target.ts'
import { CommandFault } from './words.ts'

type WhoAmI = ReplyOf<Routes['whoAmI']>

export interface LoginOptions {
  readonly email?: string
  readonly passwordStdin?: boolean
  readonly tokenStdin?: boolean
}

/** Sessions can be ended by who holds them; other credentials are only forgotten here. */
const isSession = (token: string) => token.startsWith('qs_')

/** Signs in, keeps the sign-in as a profile and makes it the current one. */
export async function login(given: Surroundings, chosen: Chosen, server: string | undefined, options: LoginOptions): Promise<void> {
  const store = profilesOf(given)
  const before = store.read() // a damaged file is told before anything is asked
  const address = await addressFor(given, chosen, server, before)
  refuseClearText(address, chosen.insecureHttp === true)
  if (chosen.profile !== undefined && !isProfileName(chosen.profile))
    throw new CommandFault(
      `${printable(chosen.profile)} cannot be the name of a profile.`,
      `Letters, digits, dots, @ and hyphens can; ${LOCAL} is this machine.`,
    )
  const open = connectTo({ address, token: undefined }).client
  await knownServer(open, address, given.signal)
  const { token, expiresAt } = options.tokenStdin === true ? { token: await readSecret('token'), expiresAt: null } : await withPassword(open, given, options)
  const who = await connectTo({ address, token }).client.call('whoAmI', { signal: given.signal })
  const email = who.account.email
  const profile = {
    name: chosen.profile ?? freeName(address, email, before.profiles),
    server: address,
    token,
    email,
    expiresAt: expiresAt ?? who.expires_at,
    insecureHttp: chosen.insecureHttp === true,
  }
  await keep(store, profile, given.signal)
  console.log(`Signed in to ${address} as ${described(who)}.`)
  say(`Commands go there now. This sign-in is the profile ${profile.name}; for this machine's own server: --profile ${LOCAL}`)
}

/** Takes an invitation up: makes the account, and signs in. */
export async function join(given: Surroundings, chosen: Chosen, options: { readonly stdin?: boolean; readonly name?: string }): Promise<void> {
  const store = profilesOf(given)
  const before = store.read()
  const otherwise = 'Send the link and the password, one line each, on standard input, with --stdin.'
  const [link = '', typedPassword] =
    options.stdin === true ? (await readSecret('link and password')).split(/\r?\n/) : [await askLine('Invitation link: ', otherwise), undefined]
  const { address, ticket } = readLink(link, 'invitation')
  refuseClearText(address, chosen.insecureHttp === true)
  const client = connectTo({ address, token: undefined }).client
  await knownServer(client, address, given.signal)
  const password = typedPassword === undefined ? await askNewPassword(otherwise) : checkNewPassword(typedPassword)
  const body = { ticket, password, ...(options.name === undefined ? {} : { name: options.name }) }
  const { account, token, expires_at: expiresAt } = await client.call('acceptInvitation', { body, signal: given.signal })
  if (token === null) throw new AppError('internal', { reason: 'the server sent no token' })
  const name = chosen.profile ?? freeName(address, account.email, before.profiles)
  await keep(store, { name, server: address, token, email: account.email, expiresAt, insecureHttp: chosen.insecureHttp === true }, given.signal)
  console.log(`Welcome. You are ${printable(account.email ?? account.id)}, ${account.role}, on ${address}.`)
}

/** Ends the session at the server, and forgets the profile in any case. */
export async function logout(given: Surroundings, chosen: Chosen, options: { readonly everywhere?: boolean }): Promise<void> {
  const store = profilesOf(given)
  const target = targetOf(chosen, { QUARRY_SERVER: undefined, QUARRY_API_KEY: undefined }, store.read())
  if (target.kind === 'local' || target.profile === undefined)
    throw new CommandFault(
      target.kind === 'local' ? 'You are not signed in.' : `You are not signed in to ${target.address}.`,
      '"quarry profiles" lists where you are.',
    )
  const { name, token, server } = target.profile
  const { client } = connectTo({ address: server, token })
  let left = ''
  try {
    if (options.everywhere === true) await client.call('endSessions', { signal: given.signal })
    else if (isSession(token)) await client.call('endSession', { parameters: { session: 'current' }, signal: given.signal })
  } catch (error) {
    if (!(error instanceof AppError) || given.signal.aborted) throw error
    if (options.everywhere === true && error.status !== 401) throw error
    // Whoever wants to be signed out is: what cannot be ended there is told.
    if (error.status !== 401) left = ` The server could not be told, so the session lasts until ${target.profile.expiresAt ?? 'it ends by itself'}.`
  }
  await store.change(({ current, profiles }) => ({ current: current === name ? null : current, profiles: profiles.filter((one) => one.name !== name) }))
  console.log(`Signed out of ${server}${options.everywhere === true ? ', everywhere' : ''}.${left}`)
  if (!isSession(token)) say('The token itself still counts: revoke it where it was made if others may have it.')
}

export function printWho(who: WhoAmI, address: string, local: boolean): void {
  const lines = [
    ['server', local ? `${address} (the data folder of this machine)` : address],
    ['account', printable(who.account.email ?? who.account.name ?? who.account.id)],
    ['role', who.account.role],
    ['by', BY[who.kind]],
    ['rights', who.scopes.join(', ')],
    ['databases', who.databases === 'all' ? 'all that the account sees' : who.databases.map(printable).join(', ')],
    ...(who.filtered ? [['filter', 'only the documents that its filter lets through']] : []),
    ...(who.key_id === null ? [] : [['key', who.key_id]]),
    ['until', who.expires_at === null ? 'no end is set' : who.expires_at.slice(0, 10)],
  ]
  console.log(table(lines, { styles: ['dim'], flexible: 1 }))
}

export async function listProfiles(given: Surroundings, options: { readonly json?: boolean }): Promise<void> {
  const { current, profiles } = profilesOf(given).read()
  if (options.json === true) {
    const shown = profiles.map(({ name, server, email, expiresAt }) => ({ name, server, email, expires_at: expiresAt, current: name === current }))
    return printJson(shown)
  }
  const known = profiles.some(({ name }) => name === current)
  const marked = (name: string, used: boolean) => `${used ? '*' : ' '} ${name}`
  const rows = [
    ...profiles.map(({ name, server, email }) => [marked(name, name === current), server, printable(email ?? 'a token')]),
    [marked(LOCAL, !known), 'the server of this machine', 'its operator'],
  ]
  console.log(listing(rows))
}

export async function useProfile(given: Surroundings, name: string): Promise<void> {
  const used = await profilesOf(given).change((was) => {
    if (name !== LOCAL && !was.profiles.some((one) => one.name === name))
      throw new CommandFault(`There is no profile ${printable(name)}.`, '"quarry profiles" lists those that there are.')
    return { ...was, current: name === LOCAL ? null : name }
  })
  const server = used.profiles.find((one) => one.name === used.current)?.server
  console.log(`Commands go to ${server ?? 'the server of this machine'} now.`)
}

/** `https://host/#invitation=qt_…` */
export function readLink(text: string, purpose: 'invitation' | 'reset'): { readonly address: string; readonly ticket: string } {
  const [, server, named, ticket] = /^(https?:\/\/\S+?)\/?#(\w+)=(qt_[0-9a-f_]+)$/.exec(text.trim()) ?? []
  if (server === undefined || ticket === undefined || named !== purpose)
    throw new CommandFault(
      `This is not the link of ${purpose === 'reset' ? 'a new password' : 'an invitation'}.`,
      `Give it whole, from https:// to the end behind #${purpose}=.`,
    )
  return { address: serverAddress(server), ticket }
}

const BY: Readonly<Record<WhoAmI['kind'], string>> = { operator: 'the token of this machine', user: 'a sign-in', key: 'an API key' }

function described(who: WhoAmI): string {
  const name = printable(who.account.email ?? who.account.name ?? who.account.id)
  if (who.kind === 'key') return `a key of ${name} (${who.scopes.join(', ')})`
  return who.kind === 'operator' ? 'its operator' : `${paint('bold', name)}, ${who.account.role}`
}

async function addressFor(given: Surroundings, chosen: Chosen, server: string | undefined, { profiles }: Profiles): Promise<string> {
  const named = server ?? chosen.server
  if (named !== undefined) return serverAddress(named)
  const again = profiles.find(({ name }) => name === chosen.profile)
  if (again !== undefined) return again.server
  const settings = given.settings()
  if (settings.QUARRY_SERVER !== undefined) return serverAddress(settings.QUARRY_SERVER)
  const running = (await loadWire()).serverOf(settings)
  if (running !== undefined) return running.address
  throw new CommandFault('No server is named, and none runs on this machine.', 'Name it: "quarry login https://quarry.example.com".')
}

/** Before a password is typed or sent: is there a server that knows what to do with it? */
async function knownServer(client: Client, address: string, signal: AbortSignal): Promise<void> {
  try {
    const { claimed } = await client.call('serverInfo', { signal })
    if (!claimed) throw new AppError('account/unclaimed')
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'internal') throw error
    throw new CommandFault(`What answers at ${address} is no Quarry server.`, 'Check the address.')
  }
}

async function withPassword(client: Client, given: Surroundings, options: LoginOptions): Promise<{ readonly token: string; readonly expiresAt: string }> {
  const otherwise = 'Send it alone on standard input with --password-stdin, and name --email; or send an API key with --token-stdin.'
  const email = options.email ?? (options.passwordStdin === true ? undefined : await askLine('E-mail: ', otherwise))
  if (email === undefined) throw new CommandFault('With --password-stdin the e-mail address is needed.', 'Name it with --email.')
  if (!EMAIL.test(email)) throw new CommandFault(`${printable(email)} is not an e-mail address.`, 'It must be such as ann@example.com.')
  const password = options.passwordStdin === true ? await readSecret('password') : await askSecret('Password: ', otherwise)
  const { token, expires_at: expiresAt } = await client.call('signIn', { body: { email, password }, signal: given.signal })
  if (token === null) throw new AppError('internal', { reason: 'the server sent no token' })
  return { token, expiresAt }
}

/** In place of a profile of the same name, whose session is ended. */
async function keep(store: ProfileStore, profile: Profile, signal: AbortSignal): Promise<void> {
  let former: Profile | undefined
  await store.change(({ profiles }) => {
    former = profiles.find(({ name }) => name === profile.name)
    return { current: profile.name, profiles: [...profiles.filter(({ name }) => name !== profile.name), profile] }
  })
  if (former === undefined || !isSession(former.token) || former.token === profile.token) return
  const { client } = connectTo({ address: former.server, token: former.token })
  // It ends by itself in the end; whether it could be ended now changes nothing for who has just signed in.
  await client.call('endSession', { parameters: { session: 'current' }, signal }).catch(() => undefined)
}

/** The host; with who it is before it when that is taken by somebody else. */
function freeName(address: string, email: string | null, profiles: readonly Profile[]): string {
  const { host, pathname } = new URL(address)
  const name = `${host}${pathname.replace(/\/+$/, '').replaceAll(/[^A-Za-z0-9._-]+/g, '-')}`
  const taken = profiles.find((one) => one.name === name)
  if (taken === undefined || (taken.server === address && taken.email === email)) return name
  const own = `${email ?? 'token'}@${name}`.replaceAll(/[^A-Za-z0-9._:@+[\]-]+/g, '-')
  return isProfileName(own) ? own : `x-${own}`.slice(0, 200)
}

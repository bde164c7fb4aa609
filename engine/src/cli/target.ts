import { isLoopback, type Settings } from '../settings.ts'
import { LOCAL, type Profile, type Profiles } from './profiles.ts'
import { CommandFault } from './words.ts'

/** What the options that every command takes said. */
export interface Chosen {
  readonly server?: string
  readonly profile?: string
  readonly insecureHttp?: boolean
}

export interface RemoteTarget {
  readonly kind: 'remote'
  /** Without a slash at the end. */
  readonly address: string
  /** Undefined: not signed in there. */
  readonly token: string | undefined
  /** Where the token is from; undefined when it is none of the profiles. */
  readonly profile: Profile | undefined
  /** Nothing named it for this command: it is the profile that is used by default. */
  readonly isDefault: boolean
}

/** The server that owns the data folder of this machine; `token` instead of its operator's. */
export interface LocalTarget {
  readonly kind: 'local'
  readonly token: string | undefined
}

type ClientSettings = Pick<Settings, 'QUARRY_SERVER' | 'QUARRY_API_KEY'>

/**
 * Which server a command goes to and with what. Options come before the environment, the environment before the profile
 * that is current, and without any it is this machine. A token goes to the server that it was given for, and to no other:
 * that of a profile to the profile's, QUARRY_API_KEY to QUARRY_SERVER when that is set.
 * @throws CommandFault
 */
export function targetOf(chosen: Chosen, settings: ClientSettings, { current, profiles }: Profiles): LocalTarget | RemoteTarget {
  const { QUARRY_SERVER: server, QUARRY_API_KEY: key } = settings
  const named = chosen.server === undefined ? undefined : serverAddress(chosen.server)
  if (chosen.profile !== undefined) return ofProfile(chosen.profile, named, chosen, profiles)
  if (named !== undefined) {
    const ownKey = server === undefined || serverAddress(server) === named ? key : undefined
    if (ownKey !== undefined) return remote(named, ownKey, undefined, chosen)
    return atServer(named, chosen, { current, profiles })
  }
  if (server !== undefined) {
    const address = serverAddress(server)
    return key === undefined ? atServer(address, chosen, { current, profiles }) : remote(address, key, undefined, chosen)
  }
  if (key !== undefined) return { kind: 'local', token: key }
  const profile = profiles.find(({ name }) => name === current)
  return profile === undefined ? { kind: 'local', token: undefined } : { ...remote(profile.server, profile.token, profile, chosen), isDefault: true }
}

function ofProfile(name: string, server: string | undefined, chosen: Chosen, profiles: readonly Profile[]): LocalTarget | RemoteTarget {
  if (name === LOCAL && server === undefined) return { kind: 'local', token: undefined }
  const profile = profiles.find((one) => one.name === name)
  if (profile === undefined)
    throw new CommandFault(
      `There is no profile ${name}.`,
      profiles.length === 0
        ? 'Sign in to make one: "quarry login SERVER".'
        : `There are ${profiles.map((one) => one.name).join(', ')}, and ${LOCAL} for this machine.`,
    )
  if (server !== undefined && server !== profile.server)
    throw new CommandFault(`The profile ${name} is for ${profile.server}, not for ${server}.`, 'Give --profile or --server, not both.')
  return remote(profile.server, profile.token, profile, chosen)
}

function atServer(address: string, chosen: Chosen, { current, profiles }: Profiles): RemoteTarget {
  const here = profiles.filter(({ server }) => server === address)
  const profile = here.find(({ name }) => name === current) ?? here[0]
  if (here.length > 1 && profile?.name !== current)
    throw new CommandFault(`You are signed in to ${address} more than once.`, `Say as whom with --profile: ${here.map(({ name }) => name).join(', ')}.`)
  return remote(address, profile?.token, profile, chosen)
}

function remote(address: string, token: string | undefined, profile: Profile | undefined, chosen: Chosen): RemoteTarget {
  refuseClearText(address, chosen.insecureHttp === true || profile?.insecureHttp === true)
  return { kind: 'remote', address, token, profile, isDefault: false }
}

/** @throws CommandFault when a token would travel in clear, without the person's consent */
export function refuseClearText(address: string, agreed: boolean): void {
  const { protocol, hostname } = new URL(address)
  if (protocol === 'https:' || isLoopback(hostname) || agreed) return
  throw new CommandFault(
    `${address} is not encrypted: passwords, keys and documents would travel in clear.`,
    'Use its https address. In a network that you trust, add --insecure-http.',
  )
}

/**
 * `quarry.example.com`, `https://quarry.example.com/`: a name alone is https, on this machine http.
 * @throws CommandFault, which never repeats what was typed: it may hold a password
 */
export function serverAddress(text: string): string {
  const bare = text.trim()
  const schemed = /^[a-z][a-z0-9+.-]*:\/\//i.test(bare) ? bare : `https://${bare}`
  const url = URL.canParse(schemed) ? new URL(schemed) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '')
    throw new CommandFault('This is not the address of a server.', 'It must be such as https://quarry.example.com or 127.0.0.1:8000.')
  if (url.username !== '' || url.password !== '')
    throw new CommandFault('The address of a server holds no name and no password.', 'Give the address alone, and sign in with "quarry login".')
  if (schemed !== bare && isLoopback(url.hostname)) return serverAddress(`http://${bare}`)
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

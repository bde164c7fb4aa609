import type { ReplyOf } from '../api/route.ts'
import type { Routes } from '../api/routes.ts'
import type { Scope } from '../domain/caller.ts'
import { allDatabases, printJson } from './manage.ts'
import { askSecret, readSecret } from './secrets.ts'
import type { Session } from './session.ts'
import { listing, money, paint, plural, printable, quoted, say, wrap } from './show.ts'
import { CommandFault } from './words.ts'

type Key = ReplyOf<Routes['getKey']>

export interface KeyOptions {
  readonly database?: readonly string[]
  readonly scope?: readonly Scope[]
  readonly where?: string
  readonly origin?: readonly string[]
  readonly address?: readonly string[]
  readonly expires?: string
  readonly perMinute?: number
  readonly perDay?: number
  readonly tokensPerMonth?: number
  readonly spendPerDay?: number
  readonly spendPerMonth?: number
  readonly json?: boolean
}

export async function createKey(session: Session, name: string, options: KeyOptions): Promise<void> {
  const { client, signal } = session
  const { database, scope, where, origin, address, expires } = options
  const body = {
    name,
    ...(database === undefined ? {} : { databases: [...database] }),
    ...(scope === undefined ? {} : { scopes: [...scope] }),
    ...(where === undefined ? {} : { filter: where }),
    ...(origin === undefined ? {} : { origins: [...origin] }),
    ...(address === undefined ? {} : { addresses: [...address] }),
    ...(expires === undefined ? {} : { expires_at: expires }),
    limits: limitsBody(options),
  }
  const made = await client.call('createKey', { body, signal })
  if (options.json === true) return printJson(made)
  const { key } = made
  say(
    `${paint('bold', printable(key.name), process.stderr)} may ${key.scopes.join(', ')} in ${(await databasesOf(session, [key]))(key)}. The key is shown this once:`,
  )
  console.log(made.secret)
}

function limitsBody({ perMinute, perDay, tokensPerMonth, spendPerDay, spendPerMonth }: KeyOptions) {
  return {
    ...(perMinute === undefined ? {} : { requests_per_minute: perMinute }),
    ...(perDay === undefined ? {} : { requests_per_day: perDay }),
    ...(tokensPerMonth === undefined ? {} : { tokens_per_month: tokensPerMonth }),
    ...(spendPerDay === undefined ? {} : { spend_per_day: spendPerDay }),
    ...(spendPerMonth === undefined ? {} : { spend_per_month: spendPerMonth }),
  }
}

export async function listKeys(session: Session, options: { readonly json?: boolean }): Promise<void> {
  const { client, command, signal } = session
  const { keys } = await client.call('listKeys', { signal })
  if (options.json === true) return printJson(keys)
  if (keys.length === 0) return console.log(`You have no keys. Make one: ${command} keys create NAME`)
  const places = await databasesOf(session, keys)
  const rows = keys.map((key) => [key.prefix, printable(key.name), stateOf(key), `${key.scopes.join(', ')} in ${places(key)}`])
  console.log(listing(rows))
}

export async function showKey(session: Session, wanted: string, options: { readonly json?: boolean }): Promise<void> {
  const key = await keyOf(session, wanted)
  if (options.json === true) return printJson(key)
  const { limits } = key
  const places = await databasesOf(session, [key])
  const line = (label: string, text: string) => `${paint('dim', label.padEnd(10))} ${wrap(text, ' '.repeat(11)).trimStart()}`
  const told = [
    limits.requests_per_minute === null ? '' : `${limits.requests_per_minute.toLocaleString('en')} requests a minute`,
    limits.requests_per_day === null ? '' : `${limits.requests_per_day.toLocaleString('en')} requests a day`,
    limits.tokens_per_month === null ? '' : `${limits.tokens_per_month.toLocaleString('en')} tokens a month`,
    limits.spend_per_day === null ? '' : `${money(limits.spend_per_day)} a day`,
    limits.spend_per_month === null ? '' : `${money(limits.spend_per_month)} a month`,
  ].filter((part) => part !== '')
  console.log(
    [
      paint('bold', printable(key.name)),
      line('id', key.id),
      line('key', `${key.prefix}_… (the rest cannot be read back)`),
      line('state', stateOf(key)),
      line('rights', key.scopes.join(', ')),
      line('databases', places(key)),
      ...(key.filter === null ? [] : [line('filter', key.filter)]),
      line('origins', key.origins.length === 0 ? 'none: it is for programs, not for pages' : key.origins.join(', ')),
      line('addresses', key.addresses.length === 0 ? 'any' : key.addresses.join(', ')),
      line('limits', told.length === 0 ? `those of the plan${key.plan_id === null ? '' : ` ${key.plan_id}`}` : told.join(', ')),
      line('made', key.created_at.slice(0, 10)),
      line('last used', key.last_used_at === null ? 'never' : `${key.last_used_at.slice(0, 16).replace('T', ' ')} UTC`),
      ...(key.former_secret_until === null ? [] : [line('rotated', `the former secret counts until ${key.former_secret_until}`)]),
    ].join('\n'),
  )
}

export async function renameKey(session: Session, wanted: string, name: string): Promise<void> {
  const { id } = await keyOf(session, wanted)
  const key = await session.client.call('updateKey', { parameters: { key: id }, body: { name }, signal: session.signal })
  console.log(`The key ${key.prefix} is called ${printable(key.name)} now.`)
}

export async function rotateKey(session: Session, wanted: string, options: { readonly overlap?: number; readonly json?: boolean }): Promise<void> {
  const { client, signal } = session
  const { id } = await keyOf(session, wanted)
  const body = options.overlap === undefined ? {} : { overlap_seconds: options.overlap }
  const made = await client.call('rotateKey', { parameters: { key: id }, body, signal })
  if (options.json === true) return printJson(made)
  const until = made.key.former_secret_until
  say(
    `${printable(made.key.name)} has a new secret; ${until === null ? 'the former one no longer counts' : `the former one counts until ${until}`}. It is shown this once:`,
  )
  console.log(made.secret)
}

export async function revokeKey(session: Session, wanted: string): Promise<void> {
  const { id } = await keyOf(session, wanted)
  const key = await session.client.call('revokeKey', { parameters: { key: id }, signal: session.signal })
  console.log(`The key ${printable(key.name)} (${key.prefix}) is revoked, for good.`)
}

/** The key comes from standard input or is typed unseen: what stands in a command line others can read. @returns 1 when it does not count */
export async function validateKey(session: Session, options: { readonly json?: boolean }): Promise<number> {
  const text = process.stdin.isTTY === true ? await askSecret('Key: ', 'Send it alone on standard input.') : await readSecret('key')
  const told = await session.client.call('validateKey', { body: { key: text.trim() }, signal: session.signal })
  if (options.json === true) printJson(told)
  else if (told.valid && told.key !== null) {
    const places = await databasesOf(session, [told.key])
    console.log(`${paint('green', 'valid')}  ${printable(told.key.name)}: ${told.key.scopes.join(', ')} in ${places(told.key)}`)
  } else console.log(`${paint('red', 'not valid')}  ${REASONS[told.reason ?? 'unknown']}${told.key === null ? '' : `: ${printable(told.key.name)}`}`)
  return told.valid ? 0 : 1
}

const REASONS = { revoked: 'it is revoked', expired: 'its time is over', unknown: 'it is no key of yours' } as const

/** By id, by the part that is shown, or by name. @throws CommandFault when several have the name */
async function keyOf({ client, command, signal }: Session, wanted: string): Promise<Key> {
  const { keys } = await client.call('listKeys', { signal })
  const byId = keys.find(({ id, prefix }) => id === wanted || prefix === wanted)
  if (byId !== undefined) return byId
  const named = keys.filter(({ name }) => name === wanted)
  // Two of one name are often an old one that was revoked and its successor.
  const alive = named.filter(({ revoked_at }) => revoked_at === null)
  const [only, ...others] = alive.length > 0 ? alive : named
  // Part of a key may be part of its secret: it is not repeated.
  if (only === undefined)
    throw new CommandFault(`You have no key ${wanted.startsWith('qk_') ? 'that begins so' : printable(wanted)}.`, '"quarry keys" lists them.')
  if (others.length > 0)
    throw new CommandFault(
      `${plural(alive.length > 0 ? alive.length : named.length, 'key')} have the name ${printable(wanted)}.`,
      `Give the id: ${[only, ...others].map(({ id }) => id).join(', ')}, as in ${command} keys show ${quoted(only.id)}`,
    )
  return only
}

/** The databases of keys by their names; what is gone, or no longer shared, by its id. */
async function databasesOf(session: Session, keys: readonly Key[]): Promise<(key: Key) => string> {
  const known = keys.every(({ databases }) => databases === 'all') ? [] : await allDatabases(session)
  const names = new Map(known.map(({ id, name }) => [id, name]))
  return ({ databases }) => (databases === 'all' ? 'all databases' : printable(databases.map((id) => names.get(id) ?? id).join(', ')))
}

function stateOf({ revoked_at, expires_at }: Key, now = Date.now()): string {
  if (revoked_at !== null) return `revoked ${revoked_at.slice(0, 10)}`
  if (expires_at === null) return 'valid'
  return Date.parse(expires_at) <= now ? `over since ${expires_at.slice(0, 10)}` : `valid until ${expires_at.slice(0, 10)}`
}

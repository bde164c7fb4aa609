import { InvalidArgumentError } from 'commander'
import { EMAIL, ROLES, type Role } from '../domain/account.ts'
import { ALL_SCOPES, type Scope } from '../domain/caller.ts'
import type { Metadata } from '../domain/metadata.ts'

// What is typed behind options, read. Each throws an InvalidArgumentError that says what is expected.

export function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

export function share(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be a number from 0 to 1.')
  return value
}

/** `year=2023 lang=en`: numbers, true and false are taken as such. */
export function field(text: string, so: Metadata = {}): Metadata {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('It must be NAME=VALUE.')
  const value = text.slice(at + 1)
  const typed = value === 'true' ? true : value === 'false' ? false : /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value
  return { ...so, [text.slice(0, at)]: typed }
}

/** For an option that may be given several times, or once with commas. */
export function several(text: string, so: readonly string[] = []): readonly string[] {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  if (parts.length === 0) throw new InvalidArgumentError('It is empty.')
  return [...so, ...parts]
}

/** As `several`, for names that may hold commas. */
export function oneMore(text: string, so: readonly string[] = []): readonly string[] {
  return [...so, text]
}

export function scopes(text: string, so: readonly Scope[] = []): readonly Scope[] {
  const named = several(text)
  const known = named.filter((name): name is Scope => (ALL_SCOPES as readonly string[]).includes(name))
  if (known.length < named.length) throw new InvalidArgumentError(`It must be one or more of ${ALL_SCOPES.join(', ')}.`)
  return [...new Set([...so, ...known])]
}

export function role(text: string): Role {
  const known = ROLES.find((one) => one === text)
  if (known === undefined) throw new InvalidArgumentError(`It must be one of ${ROLES.join(', ')}.`)
  return known
}

export function email(text: string): string {
  if (!EMAIL.test(text)) throw new InvalidArgumentError('It must be an e-mail address.')
  return text
}

const UNITS = { s: 1, min: 60, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 } as const
const DURATION = /^(\d{1,9})(s|min|m|h|d|w|y)$/

/** `90d`, `1h`, `30min`; 0 needs no unit. @returns seconds */
export function seconds(text: string): number {
  const [, count, unit] = DURATION.exec(text === '0' ? '0s' : text) ?? []
  if (count === undefined || unit === undefined) throw new InvalidArgumentError('It must be a time such as 30min, 12h or 90d.')
  return Number(count) * UNITS[unit as keyof typeof UNITS]
}

/** An ISO day, or a moment with its zone. A day means its beginning in UTC. @returns epoch ms */
export function moment(text: string): number {
  const form = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/.exec(text)
  const at = form === null ? Number.NaN : Date.parse(text)
  // Date.parse takes 31 February for 3 March.
  if (Number.isNaN(at) || form?.[1] === undefined || new Date(`${form[1]}T00:00:00Z`).toISOString().slice(0, 10) !== form[1])
    throw new InvalidArgumentError('It must be a day such as 2027-01-31, or a moment such as 2027-01-31T12:00Z.')
  return at
}

/** `90d` from now, or a day or moment that is still to come. @returns ISO 8601 */
export function expiryFrom(text: string, now: number): string {
  if (!DURATION.test(text) && !/^\d{4}-/.test(text)) throw new InvalidArgumentError('It must be a time such as 90d, or a day such as 2027-01-31.')
  const at = DURATION.test(text) ? now + seconds(text) * 1000 : moment(text)
  if (at <= now) throw new InvalidArgumentError('It must be in the future.')
  if (at > Date.UTC(9999, 11, 31)) throw new InvalidArgumentError('It is too far away.')
  return new Date(at).toISOString()
}

export function expiry(text: string): string {
  return expiryFrom(text, Date.now())
}

/** A day of UTC, as `2026-11-26`. */
export function day(text: string): string {
  if (text === 'today') return new Date().toISOString().slice(0, 10)
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) throw new InvalidArgumentError('It must be a day such as 2027-01-31, or today.')
  moment(text)
  return text
}

/** `5`, `$5`, `0.25`; at most a million, no finer than a millionth. @returns US dollars */
export function dollars(text: string): number {
  const [, amount] = /^\$?(\d{1,7}(?:\.\d{1,6})?)$/.exec(text) ?? []
  const value = Number(amount)
  if (amount === undefined || value > 1_000_000) throw new InvalidArgumentError('It must be an amount of US dollars such as 5 or 0.25.')
  return value
}

/** `none` takes a limit away. It stays a word until it is sent: commander drops an option that is null. */
export function orNone<T>(read: (text: string) => T): (text: string) => T | 'none' {
  return (text) => (text === 'none' ? 'none' : read(text))
}

/** As a limit is sent: null is none, and what was not given is left as it is. */
export function limit<Name extends string>(name: Name, given: number | 'none' | undefined): { readonly [N in Name]?: number | null } {
  return given === undefined ? {} : ({ [name]: given === 'none' ? null : given } as { readonly [N in Name]?: number | null })
}

/** `500MB`, `20 GB`, as sizes are shown: powers of 1000. @returns bytes */
export function size(text: string): number {
  const [, count, unit] = /^(\d{1,12}(?:\.\d{1,3})?)\s?(B|KB|MB|GB|TB)$/i.exec(text) ?? []
  const power = ['B', 'KB', 'MB', 'GB', 'TB'].indexOf((unit ?? '').toUpperCase())
  const value = Math.round(Number(count) * 1000 ** power)
  if (count === undefined || !Number.isSafeInteger(value)) throw new InvalidArgumentError('It must be a size such as 500MB or 20GB.')
  return value
}

import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { ApiKey } from '../../domain/api-key.ts'

/** Whether a key may be used from there: a bound that cannot be checked holds. */
export function mayBeUsedFrom(key: Pick<ApiKey, 'addresses' | 'origins'>, address: string | undefined, origin: string | undefined): boolean {
  const hasAddress = key.addresses.length === 0 || (address !== undefined && key.addresses.some((range) => isWithin(address, range)))
  const hasOrigin = key.origins.length === 0 || (origin !== undefined && key.origins.includes(origin))
  return hasAddress && hasOrigin
}

/** `range` is an address, or one with a prefix length. IPv4 written as IPv6 (`::ffff:192.0.2.1`) is IPv4, on both sides. */
export function isWithin(address: string, range: string): boolean {
  const [base = '', length] = range.split('/')
  if (isIP(address) === 0 || isIP(base) === 0) return false
  const wanted = ipaddr.parse(base)
  const isMapped = wanted.kind() === 'ipv6' && wanted.toString() !== ipaddr.process(base).toString()
  const whole = wanted.kind() === 'ipv4' ? 32 : 128
  const bits = length === undefined ? whole : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN
  if (!(bits <= whole) || range.split('/').length > 2) return false
  const [one, network] = [ipaddr.process(address), ipaddr.process(base)]
  // A mapped range that is wider than all of IPv4 is one of IPv6 that no address is told in.
  const left = isMapped ? bits - 96 : bits
  if (one.kind() !== network.kind() || left < 0) return false
  return one.match(network, left)
}

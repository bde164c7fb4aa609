import ipaddr from 'ipaddr.js'

/**
 * What a client is counted by: an IPv4 address, or the /64 of an IPv6 address, which one customer of a provider has to
 * itself and can change within. Every spelling of an address gives the same; an IPv4 address that is mapped into IPv6 is
 * itself. What is no address (some proxy wrote it) is counted together.
 */
export function addressKey(address: string): string {
  const bare = withoutPort(address.trim())
  if (!ipaddr.isValid(bare)) return 'unknown'
  const parsed = ipaddr.process(bare)
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString()
  const network = parsed.parts.slice(0, 4).map((part) => part.toString(16))
  return `${network.join(':')}::/64`
}

/** Some proxies write `203.0.113.7:4711` or `[2001:db8::1]:4711`. */
function withoutPort(address: string): string {
  const inBrackets = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(address)?.[1]
  return inBrackets ?? /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/.exec(address)?.[1] ?? address
}

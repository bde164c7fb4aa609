/**
 * Why a server of models that an owner chose must not be asked at an IP address; undefined when it may. Own networks and this
 * machine may, because model servers stand there. What may not are addresses that no such server has and that give out the
 * credentials of a machine in a cloud, however they are spelled.
 */
export function refusedAddress(address: string): string | undefined {
  const text = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  const v4 = bytesOfV4(text)
  if (v4 !== undefined) return refusedV4(v4)
  const v6 = wordsOfV6(text)
  return v6 === undefined ? 'it is no address' : refusedV6(v6)
}

/**
 * What an owner may choose as the address of a server: http or https, without user, query or fragment, not at a refused IP
 * address. Host names are looked at again whenever they are connected to. @returns it without slashes at the end, or undefined
 */
export function providerAddress(text: string): string | undefined {
  if (text.length > 500 || !URL.canParse(text)) return undefined
  const { protocol, username, password, search, hash, hostname } = new URL(text)
  if ((protocol !== 'https:' && protocol !== 'http:') || username !== '' || password !== '' || search !== '' || hash !== '') return undefined
  if (text.includes('?') || text.includes('#')) return undefined
  const isLiteral = hostname.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(hostname)
  if (isLiteral && refusedAddress(hostname) !== undefined) return undefined
  return new URL(text).href.replace(/\/+$/, '')
}

type Bytes = readonly [number, number, number, number]

function refusedV4([a, b, c, d]: Bytes): string | undefined {
  if (a === 0) return 'it is no address of a server'
  if (a === 169 && b === 254) return 'link-local addresses are not asked'
  if (a >= 224) return 'it is no address of one server'
  const whole = `${a}.${b}.${c}.${d}`
  return METADATA_V4.has(whole) || (a === 192 && b === 0 && c === 0) ? 'it gives out credentials of a machine' : undefined
}

// Source: the documentation of Alibaba Cloud and of Azure; 192.0.0.192 of Oracle Cloud lies in a reserved network.
const METADATA_V4: ReadonlySet<string> = new Set(['100.100.100.200', '168.63.129.16'])
// Source: the documentation of Google Cloud.
const METADATA_V6: ReadonlySet<string> = new Set(['fd20:ce:0:0:0:0:0:254'])

function refusedV6(words: readonly number[]): string | undefined {
  const [w0 = 0, w1 = 0, w2 = 0, , , w5 = 0, w6 = 0, w7 = 0] = words
  const isZero = (from: number, to: number) => words.slice(from, to).every((word) => word === 0)
  const lastFour: Bytes = [w6 >> 8, w6 & 255, w7 >> 8, w7 & 255]
  if (isZero(0, 7) && w7 === 1) return undefined
  if (isZero(0, 5) && (w5 === 0xffff || w5 === 0)) return refusedV4(lastFour) // an IPv4 address that is mapped, or compatible
  if (isZero(0, 4) && words[4] === 0xffff && w5 === 0) return refusedV4(lastFour) // an IPv4 address that is translated
  if (w0 === 0x64 && w1 === 0xff9b) return w2 === 0 && isZero(2, 6) ? refusedV4(lastFour) : 'addresses of translators are not asked'
  if (w0 === 0x2002) return refusedV4([w1 >> 8, w1 & 255, w2 >> 8, w2 & 255])
  if (w0 === 0x2001 && w1 === 0) return 'addresses of tunnels are not asked'
  if ((w0 & 0xffc0) === 0xfe80) return 'link-local addresses are not asked'
  if (w0 >= 0xff00) return 'it is no address of one server'
  if (w0 === 0xfd00 && w1 === 0xec2) return 'it gives out credentials of a machine' // Source: AWS has all its services for a machine there
  return METADATA_V6.has(words.map((word) => word.toString(16)).join(':')) ? 'it gives out credentials of a machine' : undefined
}

function bytesOfV4(text: string): Bytes | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  const [a = 256, b = 256, c = 256, d = 256] = (match?.slice(1) ?? []).map(Number)
  return Math.max(a, b, c, d) > 255 ? undefined : [a, b, c, d]
}

function wordsOfV6(text: string): readonly number[] | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  const tail = bytesOfV4(dotted?.[2] ?? '')
  if (dotted !== null && tail === undefined) return undefined
  const whole = tail === undefined ? text : `${dotted?.[1]}${((tail[0] << 8) | tail[1]).toString(16)}:${((tail[2] << 8) | tail[3]).toString(16)}`
  const halves = whole.split('::')
  const parts = halves.map((half) => (half === '' ? [] : half.split(':')))
  if (halves.length > 2 || parts.flat().some((part) => !/^[0-9a-f]{1,4}$/i.test(part))) return undefined
  const [head = [], rest = []] = parts
  const missing = 8 - head.length - rest.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  return [...head, ...Array.from({ length: missing }, () => '0'), ...rest].map((part) => Number.parseInt(part, 16))
}

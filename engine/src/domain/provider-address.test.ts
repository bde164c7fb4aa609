import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, test } from 'vitest'
import { providerAddress, refusedAddress } from './provider-address.ts'

/** What another reader of addresses says: the oracle for what is link-local, no server, or embeds one that is. */
function mayBeAsked(address: string): boolean {
  const parsed = ipaddr.parse(address)
  if (parsed instanceof ipaddr.IPv4) {
    const [a = 0, b = 0] = parsed.octets
    if (['linkLocal', 'multicast', 'broadcast', 'unspecified'].includes(parsed.range()) || a === 0 || a >= 240) return false
    return !(a === 192 && b === 0 && parsed.octets[2] === 0) && !['100.100.100.200', '168.63.129.16'].includes(parsed.toString())
  }
  return true
}

const byte = fc.nat(255)
const v4 = fc.oneof(
  fc.tuple(byte, byte, byte, byte),
  fc.tuple(fc.constant(169), fc.constant(254), byte, byte),
  fc.constantFrom([127, 0, 0, 1], [10, 0, 0, 7], [100, 100, 100, 200], [0, 0, 0, 0], [255, 255, 255, 255], [192, 0, 0, 192], [168, 63, 129, 16]),
)
/** IPv6 addresses that a system turns into a connection to the IPv4 address. */
const EMBEDDINGS: readonly ((a: number, b: number, c: number, d: number) => string)[] = [
  (a, b, c, d) => `::ffff:${a}.${b}.${c}.${d}`,
  (a, b, c, d) => `0:0:0:0:0:ffff:${hex(a, b)}:${hex(c, d)}`,
  (a, b, c, d) => `::FFFF:${hex(a, b).toUpperCase()}:${hex(c, d).toUpperCase()}`,
  (a, b, c, d) => `64:ff9b::${hex(a, b)}:${hex(c, d)}`,
  (a, b, c, d) => `64:ff9b::${a}.${b}.${c}.${d}`,
  (a, b, c, d) => `2002:${hex(a, b)}:${hex(c, d)}::1`,
]
const hex = (high: number, low: number) => ((high << 8) | low).toString(16)

test('an IPv4 address is refused by its range, and so is whatever embeds it', () => {
  fc.assert(
    fc.property(v4, fc.nat(EMBEDDINGS.length - 1), ([a = 0, b = 0, c = 0, d = 0], way) => {
      const plain = `${a}.${b}.${c}.${d}`
      expect(refusedAddress(plain) === undefined, plain).toBe(mayBeAsked(plain))
      const embedded = EMBEDDINGS[way]?.(a, b, c, d) ?? ''
      expect(ipaddr.isValid(embedded)).toBe(true)
      expect(refusedAddress(embedded) === undefined, embedded).toBe(mayBeAsked(plain))
    }),
    { numRuns: 2000 },
  )
})

test('every spelling of an IPv6 address is judged alike', () => {
  const word = fc.oneof(fc.constant(0), fc.nat(0xffff), fc.constantFrom(0xfe80, 0xff02, 0xfd00, 0x2001, 0x2002, 0x64, 0xff9b, 0xffff, 0xec2, 0x254))
  fc.assert(
    fc.property(fc.array(word, { minLength: 8, maxLength: 8 }), (words) => {
      const long = words.map((one) => one.toString(16).padStart(4, '0')).join(':')
      const short = ipaddr.parse(long).toString()
      expect(refusedAddress(long)).toBe(refusedAddress(short))
      expect(refusedAddress(`[${short.toUpperCase()}]`)).toBe(refusedAddress(short))
      const range = ipaddr.parse(long).range()
      if (range === 'linkLocal' || range === 'multicast' || range === 'unspecified' || range === 'teredo') expect(refusedAddress(short), short).toBeDefined()
    }),
    { numRuns: 2000 },
  )
})

describe('addresses of machines that give out credentials', () => {
  test.each([
    '169.254.169.254',
    'fd00:ec2::254',
    'fd20:ce::254',
    'fe80::1%eth0',
    '100.100.100.200',
    '168.63.129.16',
    '::ffff:a9fe:a9fe',
    '::a9fe:a9fe',
    'fd00:ec2::253',
    'fd00:ec2:1::1',
    '::ffff:0:a9fe:a9fe',
    '::ffff:0:169.254.169.254',
  ])('%s', (address) => {
    expect(refusedAddress(address)).toBeDefined()
  })
  test.each([
    '127.0.0.1',
    '::1',
    '10.1.2.3',
    '192.168.1.5',
    '172.16.0.1',
    'fd12:3456::1',
    '104.18.6.192',
    '2606:4700::6812:7c0',
    '::ffff:127.0.0.1',
    '::ffff:0:10.1.2.3',
    'fd00:ec3::1',
  ])('but not %s, where a server of models may stand', (address) => {
    expect(refusedAddress(address)).toBeUndefined()
  })
  test.each(['', 'localhost', '1.2.3', '1.2.3.4.5', '1.2.3.256', ':::', '1::2::3', 'g::1', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '::1.2.3.400'])(
    '"%s" is no address',
    (text) => {
      expect(refusedAddress(text)).toBeDefined()
    },
  )
})

describe('what an owner may type', () => {
  test.each([
    ['https://api.openai.com/v1', 'https://api.openai.com/v1'],
    ['https://api.openai.com/v1///', 'https://api.openai.com/v1'],
    ['HTTP://LocalHost:8080/', 'http://localhost:8080'],
    ['http://192.168.1.5:11434', 'http://192.168.1.5:11434'],
    ['http://[::1]:8000/v1', 'http://[::1]:8000/v1'],
    ['https://bücher.example/v1', 'https://xn--bcher-kva.example/v1'],
  ])('%s', (text, kept) => {
    expect(providerAddress(text)).toBe(kept)
  })

  // The spellings that a browser's reader of addresses turns into the same place.
  const metadata = ['2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '169.254.43518', '0xa9.0xfe.0xa9.0xfe', '169.254.169.254.', '①⑥⑨.254.169.254']
  const more = [
    '[::ffff:169.254.169.254]',
    '[::ffff:a9fe:a9fe]',
    '[64:ff9b::169.254.169.254]',
    '[2002:a9fe:a9fe::]',
    '[fe80::1]',
    '[fd00:ec2::254]',
    '0',
    '0.0.0.0',
    '[::]',
  ]
  test.each([...metadata, ...more].flatMap((host) => [`http://${host}/`, `https://${host}:8080/v1`]))('not %s', (text) => {
    expect(providerAddress(text)).toBeUndefined()
  })

  test.each([
    ...['', 'api.openai.com', '//api.openai.com', 'file:///etc/passwd', 'ftp://a.example/', 'gopher://a.example', 'data:,x', 'javascript:1'],
    ...[
      'https://user@a.example/',
      'https://user:word@a.example/',
      'https://:word@a.example',
      'https://a.example/?x=1',
      'https://a.example/?',
      'https://a.example/#x',
    ],
    ...[`https://a.example/${'x'.repeat(500)}`, 'http://', 'https://a b.example/'],
  ])('nor "%s"', (text) => {
    expect(providerAddress(text)).toBeUndefined()
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressKey } from './address.ts'

const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }).filter((parts) => !isMapped(parts))
const isMapped = (parts: readonly number[]) => parts.slice(0, 5).every((part) => part === 0) && parts[5] === 0xffff
const octets = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 })
const style = fc.record({
  upper: fc.boolean(),
  pad: fc.boolean(),
  squeeze: fc.nat(7),
  dotted: fc.boolean(),
  port: fc.option(fc.integer({ min: 1, max: 65_535 })),
  zone: fc.boolean(),
})

interface Style {
  readonly upper: boolean
  readonly pad: boolean
  readonly squeeze: number
  readonly dotted: boolean
  readonly port: number | null
  readonly zone: boolean
}

/** One of the many ways to write it: letters, leading zeros, `::`, dotted end, zone, port. */
function spelled(parts: readonly number[], { upper, pad, squeeze, dotted, port, zone }: Style): string {
  const words = parts.map((part) => part.toString(16).padStart(pad ? 4 : 1, '0'))
  const [high = 0, low = 0] = parts.slice(6)
  if (dotted) words.splice(6, 2, [high >> 8, high & 255, low >> 8, low & 255].join('.'))
  let text = words.join(':')
  const numbers = words.length - (dotted ? 1 : 0)
  let length = 0
  while (squeeze + length < numbers && parts[squeeze + length] === 0) length += 1
  if (length > 0) text = `${words.slice(0, squeeze).join(':')}::${words.slice(squeeze + length).join(':')}`
  if (upper) text = text.toUpperCase()
  if (zone) text += '%eth0'
  return port === null ? text : `[${text}]:${port}`
}

test('every spelling of an IPv6 address is counted by its /64, wherever in it the client moves', () => {
  fc.assert(
    fc.property(groups, groups, style, style, (parts, others, left, right) => {
      const moved = [...parts.slice(0, 4), ...others.slice(4)]
      fc.pre(!isMapped(moved))
      expect(addressKey(spelled(moved, right))).toBe(addressKey(spelled(parts, left)))
      expect(addressKey(spelled(parts, left))).toMatch(/^[0-9a-f]{1,4}(:[0-9a-f]{1,4}){3}::\/64$/)
    }),
    { numRuns: 500 },
  )
})

test('different networks are counted apart', () => {
  fc.assert(
    fc.property(groups, groups, style, (parts, others, how) => {
      fc.pre(parts.slice(0, 4).join() !== others.slice(0, 4).join())
      expect(addressKey(spelled(others, how))).not.toBe(addressKey(spelled(parts, how)))
    }),
  )
})

test('an IPv4 address is itself in every spelling, mapped into IPv6 too', () => {
  fc.assert(
    fc.property(octets, style, (bytes, how) => {
      const [a = 0, b = 0, c = 0, d = 0] = bytes
      const plain = bytes.join('.')
      const mapped = spelled([0, 0, 0, 0, 0, 0xffff, a * 256 + b, c * 256 + d], how)
      for (const text of [plain, `${plain}:4711`, mapped, `::ffff:${plain}`, `::FFFF:${plain}`, ` ${plain} `]) expect(addressKey(text)).toBe(plain)
    }),
  )
})

test.each(['', 'unknown', '_hidden', '1.2.3.4, 5.6.7.8', '1.2.3', 'example.com', '::1::', '1.2.3.4:99999999', "'; DROP TABLE", '\u0000'])(
  'what is no address, such as %j, is counted with its like',
  (text) => {
    // A shortened number is an address to old programs; it never comes from a socket.
    expect(['unknown', '1.2.0.3']).toContain(addressKey(text))
  },
)

import { expect, test } from 'vitest'
import type { ApiKey } from '../../domain/api-key.ts'
import { mayBeUsedFrom } from './key-bounds.ts'

const addresses: [string, string, boolean][] = [
  ['192.0.2.7', '192.0.2.7', true],
  ['192.0.2.7', '192.0.2.0/24', true],
  ['192.0.3.7', '192.0.2.0/24', false],
  ['192.0.2.7', '0.0.0.0/0', true],
  ['::ffff:192.0.2.7', '192.0.2.0/24', true],
  ['::ffff:c000:207', '192.0.2.7', true],
  ['192.0.2.7', '::ffff:192.0.2.0/120', true],
  ['192.0.3.7', '::ffff:192.0.2.0/120', false],
  ['192.0.2.7', '::ffff:192.0.2.7', true],
  ['192.0.2.7', '::ffff:0:0/8', false],
  ['2001:db8::1', '2001:db8::/32', true],
  ['2001:DB8:0:0::1', '2001:db8::1', true],
  ['2001:db9::1', '2001:db8::/32', false],
  ['2001:db8::1', '0.0.0.0/0', false],
  ['192.0.2.7', '::/0', false],
  ['192.0.2.7', '192.0.2.7/33', false],
  ['192.0.2.7', '192.0.2.7/', false],
  ['192.0.2.7', '192.0.2.7/-1', false],
  ['192.0.2.7', '192.0.2.0/24/24', false],
  ['192.0.2.7', 'everywhere', false],
  ['192.0.2.7', '', false],
  ['0300.0.2.7', '192.0.2.7', false],
  ['3221226023', '192.0.2.7', false],
  ['192.0.2.7, 198.51.100.1', '192.0.2.7', false],
  ['unknown', '0.0.0.0/0', false],
  ['', '0.0.0.0/0', false],
]
test.each(addresses)('address %s in %s: %s', (address, range, expected) => {
  expect(mayBeUsedFrom({ addresses: [range], origins: [] }, address, undefined)).toBe(expected)
  expect(mayBeUsedFrom({ addresses: ['203.0.113.1', range], origins: [] }, address, undefined)).toBe(expected)
})

test('bounds hold together', () => {
  const bounds: Pick<ApiKey, 'addresses' | 'origins'> = { addresses: ['192.0.2.1'], origins: ['https://app.example.com'] }
  expect(mayBeUsedFrom(bounds, '192.0.2.1', 'https://app.example.com')).toBe(true)
  for (const origin of [undefined, 'null', 'https://app.example.com.evil.example', 'http://app.example.com', 'https://app.example.com:444']) {
    expect(mayBeUsedFrom(bounds, '192.0.2.1', origin), origin).toBe(false)
  }
  expect(mayBeUsedFrom(bounds, undefined, 'https://app.example.com')).toBe(false)
  expect(mayBeUsedFrom({ addresses: [], origins: [] }, undefined, undefined)).toBe(true)
})

import fc from 'fast-check'
import { zipSync } from 'fflate'
import { expect, test } from 'vitest'
import { codeOf, zipped } from './ooxml.contract.ts'
import { EXTRACT_LIMITS, type ExtractLimits } from './reader.ts'
import { openZip } from './zip.ts'

const open = (bytes: Uint8Array, limits: Partial<ExtractLimits> = {}) => openZip({ bytes: () => bytes }, { ...EXTRACT_LIMITS, ...limits })
const readAll = async (bytes: Uint8Array, limits: Partial<ExtractLimits> = {}) => {
  const zip = open(bytes, limits)
  for (const name of zip.names) await zip.read(name)
  return zip
}
const find = (bytes: Uint8Array, signature: number): number => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + 4 <= bytes.length; at += 1) if (view.getUint32(at, true) === signature) return at
  return -1
}

test('what was packed comes back, packed or stored, also behind other bytes', async () => {
  const file = fc.record({ content: fc.uint8Array({ maxLength: 5_000 }), level: fc.constantFrom(0 as const, 6 as const) })
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.stringMatching(/^[a-zä東]{1,8}(\/[a-z]{1,8})?$/), file, { maxKeys: 6 }),
      fc.uint8Array({ maxLength: 50 }),
      async (files, before) => {
        const packed = zipSync(Object.fromEntries(Object.entries(files).map(([name, { content, level }]) => [name, [content, { level }]])))
        const zip = open(Buffer.concat([before, packed]))
        for (const [name, { content }] of Object.entries(files)) expect(Buffer.from((await zip.read(name)) ?? [])).toEqual(Buffer.from(content))
        expect(zip.damaged).toEqual([])
      },
    ),
    { numRuns: 60 },
  )
})

test('limits count what is really unpacked, whatever the directory claims', async () => {
  const bomb = zipped({ a: '0'.repeat(5_000_000) })
  const directory = find(bomb, 0x02014b50)
  new DataView(bomb.buffer, bomb.byteOffset).setUint32(directory + 24, 10, true)
  expect(await codeOf(readAll(bomb))).toBe('document/hostile')
  expect(await codeOf(readAll(zipped({ a: 'x'.repeat(900), b: 'y'.repeat(900) }), { unpackedBytes: 1_500 }))).toBe('document/hostile')
  expect(await codeOf(readAll(zipped({ a: 'x', b: 'y', c: 'z' }), { entries: 2 }))).toBe('document/hostile')
})

test('encrypted parts, wrong checksums, missing parts', async () => {
  const bytes = zipped({ a: 'some text that is here' })
  const directory = find(bytes, 0x02014b50)
  const encrypted = bytes.slice()
  encrypted[directory + 8] = 1
  expect(await codeOf(readAll(encrypted))).toBe('document/encrypted')
  const wrong = bytes.slice()
  wrong[directory + 16] = (wrong[directory + 16] ?? 0) ^ 1
  expect((await readAll(wrong)).damaged).toEqual(['a'])
  expect(await open(bytes).read('b')).toBeUndefined()
})

test.each([
  ['no zip', 'hello there, this is no zip at all', 'document/corrupt'],
  ['empty', '', 'document/corrupt'],
  ['the beginning of a zip', 'PK\u0003\u0004 and then nothing', 'document/truncated'],
])('%s', async (_, text, code) => {
  expect(await codeOf(readAll(new TextEncoder().encode(text)))).toBe(code)
})

test('any damage ends in an AppError or a result', async () => {
  const whole = zipped({ a: 'x'.repeat(2_000), 'b/c': 'hello', d: '' })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 10 }), fc.nat(whole.length), async (changes, length) => {
      const bytes = whole.slice()
      for (const [at, value] of changes) bytes[at] = value
      expect(await codeOf(readAll(bytes.slice(0, length)))).toMatch(/^(read|document\/(truncated|corrupt|encrypted|unsupported|hostile))$/)
    }),
    { numRuns: 300 },
  )
})

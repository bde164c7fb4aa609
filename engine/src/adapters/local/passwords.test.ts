import { type Argon2Parameters, argon2Sync } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { localPasswords } from './passwords.ts'

const PASSWORD = 'correct horse battery staple'
const passwords = localPasswords()

test('a password matches its own hash and no other', async () => {
  const [hash, again, other] = await Promise.all([passwords.hash(PASSWORD), passwords.hash(PASSWORD), passwords.hash(`${PASSWORD}.`)])
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  expect(again).not.toBe(hash)
  expect(await Promise.all([hash, again, other].map((one) => passwords.verify(one, PASSWORD)))).toEqual([true, true, false])
  for (const wrong of ['', PASSWORD.toUpperCase(), ` ${PASSWORD}`, `${PASSWORD}\0`, hash]) expect(await passwords.verify(hash, wrong), wrong).toBe(false)
})

test('the hash is argon2id of the password', async () => {
  const hash = await passwords.hash('pässwörd')
  const [, , , , nonce = '', tag = ''] = hash.split('$')
  const expected = argon2Sync('argon2id', {
    message: Buffer.from('pässwörd'),
    nonce: Buffer.from(nonce, 'base64'),
    memory: 19_456,
    passes: 2,
    parallelism: 1,
    tagLength: 32,
  })
  expect(Buffer.from(tag, 'base64').equals(expected)).toBe(true)
})

test('the same text in another Unicode form is the same password', async () => {
  const hash = await passwords.hash('pa\u0308sswo\u0308rd is long enough')
  expect(await passwords.verify(hash, 'p\u00e4ssw\u00f6rd is long enough')).toBe(true)
})

test('a known account, an unknown one and a broken hash take the same work', async () => {
  const good = await passwords.hash(PASSWORD)
  const work: Omit<Argon2Parameters, 'message' | 'nonce'>[] = []
  const nonces = new Set<string>()
  const counted = localPasswords(async ({ message: _, nonce, ...cost }) => {
    work.push(cost)
    nonces.add(Buffer.from(nonce as Buffer).toString('hex'))
    expect((nonce as Buffer).byteLength).toBe(16)
    return Buffer.alloc(32)
  })
  const broken = [
    undefined,
    '',
    'not a hash',
    good.slice(1),
    good.slice(0, -1),
    `${good}A`,
    good.replace('argon2id', 'argon2i'),
    good.replace('m=19456', 'm=8'),
    good.replace('m=19456', 'm=99999999'),
    good.replace('t=2', 't=1'),
    good.replace('v=19', 'v=16'),
    good.replace('p=1', 'p=01'),
    `${good}\n`,
    `${good}=`,
    good.replace(/.$/, '/'), // bits that base64 has to spare
    '$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234',
    'x'.repeat(1_000_000),
  ]
  for (const hash of [good, ...broken]) await counted.verify(hash, PASSWORD)
  expect(work).toHaveLength(broken.length + 1)
  expect(new Set(work.map((one) => JSON.stringify(one)))).toEqual(new Set([JSON.stringify({ tagLength: 32, memory: 19_456, passes: 2, parallelism: 1 })]))
  expect(nonces.size, 'the nonce of the good hash, and one for all others').toBe(2)
  for (const hash of broken) expect(await passwords.verify(hash, PASSWORD), String(hash).slice(0, 80)).toBe(false)
})

test('no text is a hash of anything', async () => {
  const quick = localPasswords(async () => Buffer.alloc(32))
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.string({ unit: 'binary' }), async (hash, password) => {
      expect(await quick.verify(hash, password)).toBe(false)
    }),
  )
  const zeros = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`
  expect(await quick.verify(zeros, 'x'), 'such a test can fail').toBe(true)
})

test('a fault of the hashing is a no, and the next one has its turn', async () => {
  let faults = 5
  const failing = localPasswords(async () => {
    faults -= 1
    if (faults >= 0) throw new Error('no memory')
    return Buffer.alloc(32)
  })
  const hash = await passwords.hash(PASSWORD)
  expect(await Promise.all(Array.from({ length: 8 }, () => failing.verify(hash, PASSWORD)))).toEqual(Array(8).fill(false))
  await expect(failing.hash(PASSWORD)).resolves.toMatch(/^\$argon2id/)
})

test('a flood waits in turn', async () => {
  let running = 0
  let most = 0
  let order = 0
  const began: number[] = []
  const slow = localPasswords(async () => {
    began.push(order++)
    running += 1
    most = Math.max(most, running)
    await new Promise((resolve) => setTimeout(resolve, 1))
    running -= 1
    return Buffer.alloc(32)
  })
  await Promise.all(Array.from({ length: 100 }, () => slow.verify(undefined, PASSWORD)))
  expect(began).toHaveLength(100)
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThanOrEqual(4)
})

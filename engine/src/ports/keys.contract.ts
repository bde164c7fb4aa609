import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NO_KEY_LIMITS } from '../domain/api-key.ts'
import { code } from './catalog.contract.ts'
import { DAY, hashOf, newAccount, newKey, type OpenPeople, type Stage, stage } from './people.contract.ts'

export function keysContract(name: string, open: OpenPeople): void {
  describe(`${name} keeps the promises of Keys`, () => {
    let it: Stage
    let [ann, bob] = ['', '']
    beforeEach(async () => {
      it = await stage(open)
      ann = (await it.here.accounts.createAccount(newAccount('ann@example.com'))).id
      bob = (await it.here.accounts.createAccount(newAccount('bob@example.com'))).id
    })
    afterEach(() => it.close())

    test('a key comes back as it was made', async () => {
      const { here, there } = it
      const input = newKey(ann, {
        name: 'Zähler',
        scopes: ['query', 'read'],
        databaseIds: ['db_1', 'db_2'],
        filter: { field: 'tenant', op: 'eq', value: 'x' },
        origins: ['https://a.example.com'],
        addresses: ['10.0.0.0/8'],
        planId: 'plan_keys',
        limits: { ...NO_KEY_LIMITS, requestsPerDay: 5 },
        expiresAt: it.ruled.time + DAY,
      })
      const { secretHash, ...shown } = input
      const key = await here.keys.createKey(input)
      expect(key).toEqual({ ...shown, createdAt: it.ruled.time, revokedAt: undefined, lastUsedAt: undefined, formerSecretUntil: undefined })
      expect(await there.keys.keyById(input.id)).toEqual({ key, secretHashes: [secretHash] })
      it.ruled.time += 2 * DAY // it is over, and found all the same
      expect((await there.keys.keyById(input.id))?.key).toEqual(key)
      const plain = await here.keys.createKey(newKey(ann))
      expect(plain).toMatchObject({ databaseIds: 'all', filter: undefined, limits: NO_KEY_LIMITS, expiresAt: undefined })
      expect((await here.keys.keys(ann)).map((each) => each.id)).toEqual([plain.id, key.id])
      expect(await here.keys.keys(bob)).toEqual([])
      expect(await code(here.keys.createKey(newKey('usr_none')))).toBe('account/not-found')
      expect(await code(here.keys.createKey(newKey(ann, { planId: 'plan_none' })))).toBe('plan/not-found')
      await here.accounts.updateAccount(ann, { state: 'suspended' })
      expect(await code(here.keys.createKey(newKey(ann)))).toBe('account/not-found')
      expect(await here.keys.keyById('0')).toBeUndefined()
    })

    test('a foreign key is answered like an unknown one, by every method that takes an account', async () => {
      const { keys } = it.here
      const { id } = await keys.createKey(newKey(ann))
      const calls = (of: string) => [
        keys.key(bob, of),
        keys.updateKey(bob, of, { name: 'x' }),
        keys.rotateKey(bob, of, hashOf('x'), it.ruled.time + DAY),
        keys.revokeKey(bob, of),
      ]
      const foreign = await Promise.all(calls(id).map(code))
      expect(foreign).toEqual(await Promise.all(calls('ffffffffffffffff').map(code)))
      expect(new Set(foreign)).toEqual(new Set(['key/not-found']))
      expect(await keys.key(ann, id)).toMatchObject({ name: 'key', revokedAt: undefined })
    })

    test('a change changes what it names', async () => {
      const { keys } = it.here
      const before = await keys.createKey(newKey(ann, { planId: 'plan_keys', expiresAt: 9 }))
      expect(await keys.updateKey(ann, before.id, {})).toEqual(before)
      const limits = { ...NO_KEY_LIMITS, spendPerDay: 7 }
      expect(await keys.updateKey(ann, before.id, { name: 'n', origins: ['https://b'], addresses: ['::1'], limits })).toEqual({
        ...before,
        name: 'n',
        origins: ['https://b'],
        addresses: ['::1'],
        limits,
      })
      expect(await keys.updateKey(ann, before.id, { planId: null, expiresAt: null })).toMatchObject({ planId: undefined, expiresAt: undefined, name: 'n' })
      expect(await code(keys.updateKey(ann, before.id, { planId: 'plan_none' }))).toBe('plan/not-found')
    })

    test('after a rotation both secrets count until the overlap is over', async () => {
      const { here, there } = it
      const { id, secretHash: first } = { ...(await here.keys.createKey(newKey(ann, { secretHash: hashOf('1') }))), secretHash: hashOf('1') }
      const hashes = async () => (await there.keys.keyById(id))?.secretHashes
      const rotated = await here.keys.rotateKey(ann, id, hashOf('2'), it.ruled.time + 1000)
      expect(rotated.formerSecretUntil).toBe(it.ruled.time + 1000)
      expect(await hashes()).toEqual([hashOf('2'), first])
      await here.keys.rotateKey(ann, id, hashOf('3'), it.ruled.time + 1000)
      expect(await hashes()).toEqual([hashOf('3'), hashOf('2')]) // of the former ones the last alone
      it.ruled.time += 999
      expect((await hashes())?.length).toBe(2)
      it.ruled.time += 1
      expect(await hashes()).toEqual([hashOf('3')])
      expect((await here.keys.key(ann, id)).formerSecretUntil).toBeUndefined()
      await here.keys.rotateKey(ann, id, hashOf('4'), it.ruled.time) // at once
      expect(await hashes()).toEqual([hashOf('4')])
    })

    test('a revoked key stays revoked, whatever is tried', async () => {
      const { keys } = it.here
      const { id } = await keys.createKey(newKey(ann))
      await keys.rotateKey(ann, id, hashOf('2'), it.ruled.time + DAY)
      const revoked = await keys.revokeKey(ann, id)
      expect(revoked.revokedAt).toBe(it.ruled.time)
      it.ruled.time += 5
      expect(await keys.revokeKey(ann, id)).toEqual(revoked)
      expect(await code(keys.updateKey(ann, id, { expiresAt: null }))).toBe('key/revoked')
      expect(await code(keys.rotateKey(ann, id, hashOf('3'), it.ruled.time + DAY))).toBe('key/revoked')
      expect(await keys.keyById(id)).toEqual({ key: revoked, secretHashes: [hashOf('2')] })
    })

    test('an origin is listed while a key with it counts', async () => {
      const { keys, accounts } = it.here
      const origin = 'https://app.example.com'
      expect(await keys.originListed(origin)).toBe(false)
      const first = await keys.createKey(newKey(ann, { origins: ['https://x.example.com', origin, origin] }))
      const second = await keys.createKey(newKey(bob, { origins: [origin], expiresAt: it.ruled.time + 10 }))
      for (const other of ['https://app.example.co', 'http://app.example.com', '%', `${origin}/`]) expect(await keys.originListed(other)).toBe(false)
      expect(await keys.originListed(origin)).toBe(true)
      await keys.updateKey(ann, first.id, { origins: ['https://y.example.com'] })
      expect([await keys.originListed(origin), await keys.originListed('https://y.example.com')]).toEqual([true, true])
      await accounts.updateAccount(bob, { state: 'suspended' })
      expect(await keys.originListed(origin)).toBe(false)
      await accounts.updateAccount(bob, { state: 'active' })
      it.ruled.time += 10
      expect(await keys.originListed(origin)).toBe(false)
      await keys.updateKey(bob, second.id, { expiresAt: null })
      expect(await keys.originListed(origin)).toBe(true)
      await keys.revokeKey(bob, second.id)
      expect(await keys.originListed(origin)).toBe(false)
      await accounts.removeAccount(ann)
      expect(await keys.originListed('https://y.example.com')).toBe(false)
    })

    test('the use of a key is written once a minute', async () => {
      const { keys } = it.here
      const { id } = await keys.createKey(newKey(ann))
      const note = async () => {
        const before = it.writes()
        await keys.keyUsed(id)
        return it.writes() - before
      }
      expect([await note(), await note()]).toEqual([1, 0])
      it.ruled.time += 59_999
      expect(await note()).toBe(0)
      it.ruled.time += 1
      expect([await note(), await note()]).toEqual([1, 0])
      expect((await keys.key(ann, id)).lastUsedAt).toBe(it.ruled.time)
      await keys.keyUsed('ffffffffffffffff')
    })
  })
}

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cacheContract } from '../../ports/cache.contract.ts'
import { memoryCache } from './cache.ts'

cacheContract('memory', async () => {
  let time = 0
  const cache = memoryCache({ now: () => time })
  return {
    cache,
    other: cache,
    async pass(ms) {
      time += ms
    },
    close: () => cache.close(),
  }
})

const LONG = 60_000

test('whatever is set, it holds no more bytes and entries than it may, and gives back nothing but what was set last', async () => {
  const operation = fc.oneof(
    fc.record({ set: fc.integer({ min: 0, max: 30 }), size: fc.oneof(fc.nat(50), fc.integer({ min: 2000, max: 12_000 })) }),
    fc.record({ log: fc.integer({ min: 0, max: 10 }), size: fc.nat(3000) }),
    fc.record({ take: fc.integer({ min: 0, max: 30 }) }),
    fc.record({ wait: fc.nat(20_000) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 150 }), async (operations) => {
      let time = 0
      const cache = memoryCache({ maxBytes: 100_000, maxEntries: 12, now: () => time })
      const last = new Map<string, string>()
      for (const [index, one] of operations.entries()) {
        if ('wait' in one) time += one.wait
        else if ('log' in one) await cache.append(`l${one.log}`, ['y'.repeat(one.size)], LONG)
        else if ('set' in one) {
          const value = `${index} ${'x'.repeat(one.size)}`
          await cache.set(`k${one.set}`, value, LONG)
          last.set(`k${one.set}`, value)
        } else {
          expect([last.get(`k${one.take}`), undefined]).toContain(await cache.take(`k${one.take}`))
          last.delete(`k${one.take}`)
        }
        expect(cache.bytes()).toBeLessThanOrEqual(100_000)
        expect(cache.size()).toBeLessThanOrEqual(36)
        for (const [key, value] of last) if (index % 10 === 0) expect([value, undefined]).toContain(await cache.get(key))
      }
      await cache.close()
      expect([cache.bytes(), cache.size()]).toEqual([0, 0])
    }),
  )
})

test('what was used least lately goes first, and many large values push out no small one', async () => {
  const cache = memoryCache({ maxBytes: 400_000, now: () => 0 })
  await cache.set('ticket', 'small', LONG)
  await cache.set('used', 'x'.repeat(10_000), LONG)
  await cache.set('unused', 'x'.repeat(10_000), LONG)
  for (let index = 0; index < 50; index += 1) {
    await cache.get('used')
    await cache.set(`large${index}`, 'x'.repeat(10_000), LONG)
  }
  expect([await cache.get('ticket'), (await cache.get('used'))?.length, await cache.get('unused')]).toEqual(['small', 10_000, undefined])
})

test('what has ended goes while others are set, without being asked for', async () => {
  let time = 0
  const cache = memoryCache({ now: () => time })
  for (let index = 0; index < 10_000; index += 1) await cache.set(`a${index}`, 'value', 1000)
  time = 1000
  for (let index = 0; index < 5000; index += 1) await cache.set(`b${index}`, 'value', 1000)
  expect(cache.size()).toBe(5000)
})

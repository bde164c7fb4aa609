import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Cache } from './cache.ts'

export interface CacheForTest {
  readonly cache: Cache
  /** The same cache as another process sees it; `cache` itself where it is not shared. */
  readonly other: Cache
  /** Lets so many ms pass for what is kept. */
  pass(ms: number): Promise<void>
  close(): Promise<void>
}

const LONG = 60_000
const SHORT = 40
const MOST = 2 ** 20
const text = fc.string({ unit: 'binary', maxLength: 40 })

let count = 0
/** A name that no other test has. */
function fresh(what: string): string {
  count += 1
  return `${what}:${count}`
}

export function cacheContract(name: string, open: () => Promise<CacheForTest>): void {
  describe(`${name} keeps the promises of Cache`, () => {
    let opened: CacheForTest
    let cache: Cache
    let other: Cache
    beforeEach(async () => {
      opened = await open()
      ;({ cache, other } = opened)
    })
    afterEach(() => opened.close())

    test('any text comes back as it was set, for everybody, until it is replaced, taken or removed', async () => {
      await fc.assert(
        fc.asyncProperty(text, text, async (first, second) => {
          const key = fresh('value')
          expect(await cache.get(key)).toBeUndefined()
          await cache.set(key, first, LONG)
          expect(await other.get(key)).toBe(first.toWellFormed())
          await other.set(key, second, LONG)
          expect(await cache.get(key)).toBe(second.toWellFormed())
          expect(await other.take(key)).toBe(second.toWellFormed())
          expect(await cache.get(key)).toBeUndefined()
          await cache.set(key, first, LONG)
          await other.remove(key)
          expect(await cache.take(key)).toBeUndefined()
        }),
        { numRuns: 60 },
      )
    })

    test('half a surrogate pair comes back as the character that stands for it, in values, entries and messages', async () => {
      const key = fresh('half')
      const half = 'a\ud83d!'
      const heard: string[] = []
      await other.subscribe(key, (message) => heard.push(message))
      await cache.set(key, half, LONG)
      await cache.append(key, [half], LONG)
      await cache.publish(key, half)
      expect(await other.get(key)).toBe('a\ufffd!')
      expect(await other.read(key, 0, 9)).toEqual(['a\ufffd!'])
      await expect.poll(() => heard).toEqual(['a\ufffd!'])
    })

    test('of many who take at the same time one gets it', async () => {
      for (let round = 0; round < 20; round += 1) {
        const key = fresh('ticket')
        await cache.set(key, 'mine', LONG)
        const taken = await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? cache : other).take(key)))
        expect(taken.filter((value) => value === 'mine')).toHaveLength(1)
        expect(taken.filter((value) => value !== undefined)).toHaveLength(1)
      }
    })

    test('values and logs end with their time; each addition to a log gives it a new one', async () => {
      const [key, log] = [fresh('short'), fresh('short')]
      await cache.set(key, 'value', SHORT)
      await cache.append(log, ['one'], SHORT)
      await cache.append(log, ['two'], LONG)
      await opened.pass(SHORT * 2)
      expect(await cache.get(key)).toBeUndefined()
      expect(await cache.take(key)).toBeUndefined()
      expect(await cache.read(log, 0, 9)).toEqual(['one', 'two'])
      await cache.append(log, ['three'], SHORT)
      await opened.pass(SHORT * 2)
      expect(await cache.read(log, 0, 9)).toEqual([])
      expect(await other.read(log, 0, 9)).toEqual([])
      await cache.append(log, ['anew'], LONG)
      expect(await other.read(log, 0, 9)).toEqual(['anew'])
    })

    test('what cannot be kept is not kept, replaces what was there, and throws nothing', async () => {
      const key = fresh('limits')
      const values: readonly (readonly [string, number])[] = [
        ['x'.repeat(MOST + 1), LONG],
        ['ü'.repeat(MOST / 2 + 1), LONG],
        ['value', 0],
        ['value', -5],
        ['value', Number.NaN],
      ]
      for (const [value, ttl] of values) {
        await cache.set(key, 'former', LONG)
        await cache.set(key, value, ttl)
        expect(await cache.get(key)).toBeUndefined()
        await cache.append(key, ['kept', value], ttl)
        expect(await cache.read(key, 0, 9)).toEqual([])
      }
      for (const wrong of ['', 'k'.repeat(513), 'half\ud83d']) {
        await cache.set(wrong, 'value', LONG)
        await cache.append(wrong, ['value'], LONG)
        const heard: string[] = []
        const end = await cache.subscribe(wrong, (message) => heard.push(message))
        await cache.publish(wrong, 'value')
        await cache.remove(wrong)
        expect([await cache.get(wrong), await cache.take(wrong), await cache.read(wrong, 0, 9), heard]).toEqual([undefined, undefined, [], []])
        end()
      }
      const [largest, longest] = ['x'.repeat(MOST), 'k'.repeat(512)]
      await cache.set(longest, largest, Number.POSITIVE_INFINITY)
      expect((await other.take(longest)) === largest).toBe(true)
    })

    test('a value, a log and a channel of the same name do not meet', async () => {
      const key = fresh('same')
      const heard: string[] = []
      await cache.subscribe(key, (message) => heard.push(message))
      await cache.set(key, 'value', LONG)
      await cache.append(key, ['entry'], LONG)
      await cache.publish(key, 'message')
      await cache.remove(key)
      expect(await cache.read(key, 0, 9)).toEqual(['entry'])
      expect(await cache.get(key)).toBeUndefined()
      await expect.poll(() => heard).toEqual(['message'])
    })

    test('a log gives back its entries from any position, in the order in which they were added, awaited or not', async () => {
      const operation = fc.oneof(
        fc.record({ entries: fc.array(text, { maxLength: 5 }), waits: fc.boolean() }),
        fc.record({ from: fc.integer({ min: -2, max: 30 }), most: fc.integer({ min: -1, max: 30 }) }),
      )
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { maxLength: 20 }), async (operations) => {
          const log = fresh('log')
          const model: string[] = []
          const waiting: Promise<void>[] = []
          for (const one of operations) {
            if ('entries' in one) {
              waiting.push(cache.append(log, one.entries, LONG))
              if (one.waits) await waiting.at(-1)
              model.push(...one.entries.map((entry) => entry.toWellFormed()))
              continue
            }
            await Promise.all(waiting)
            const from = Math.max(0, one.from)
            const expected = model.slice(from, from + Math.max(0, one.most))
            expect(await cache.read(log, one.from, one.most)).toEqual(expected)
            expect(await other.read(log, one.from, one.most)).toEqual(expected)
          }
        }),
        { numRuns: 60 },
      )
    })

    test('a log takes 65,536 entries and no more', async () => {
      const log = fresh('long')
      await cache.append(
        log,
        Array.from({ length: 65_530 }, (_, index) => String(index)),
        LONG,
      )
      await cache.append(log, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], LONG)
      await cache.append(log, ['i'], LONG)
      for (const one of [cache, other]) expect(await one.read(log, 65_528, 100)).toEqual(['65528', '65529', 'a', 'b', 'c', 'd', 'e', 'f'])
    })

    test('messages reach all that listen, once, in the order of their publisher, until they end it', async () => {
      const [channel, elsewhere] = [fresh('channel'), fresh('channel')]
      const heard: Record<'own' | 'twin' | 'other', string[]> = { own: [], twin: [], other: [] }
      await cache.publish(channel, 'too early')
      const endOwn = await cache.subscribe(channel, (message) => heard.own.push(message))
      await cache.subscribe(channel, () => {
        throw new Error('a listener that fails')
      })
      const endTwin = await cache.subscribe(channel, (message) => heard.twin.push(message))
      await other.subscribe(channel, (message) => heard.other.push(message))
      const numbers = Array.from({ length: 100 }, (_, index) => String(index))
      await Promise.all(numbers.map((number) => cache.publish(channel, number)))
      await cache.publish(elsewhere, 'not for them')
      for (const who of ['own', 'twin', 'other'] as const) await expect.poll(() => heard[who]).toEqual(numbers)
      endOwn()
      endOwn()
      await other.publish(channel, 'back')
      await expect.poll(() => heard.twin.at(-1)).toBe('back')
      endTwin()
      await cache.publish(channel, 'last')
      await expect.poll(() => heard.other.slice(100)).toEqual(['back', 'last'])
      expect([heard.own.length, heard.twin.length]).toEqual([100, 101])
    })

    test('who listens again after everybody ended hears again', async () => {
      const channel = fresh('again')
      for (let round = 0; round < 10; round += 1) {
        const heard: string[] = []
        const end = await other.subscribe(channel, (message) => heard.push(message))
        await cache.publish(channel, String(round))
        await expect.poll(() => heard).toEqual([String(round)])
        end()
      }
    })

    test('what a listener publishes comes after what it answers, for everybody', async () => {
      const channel = fresh('reentrant')
      const heard: string[] = []
      await cache.subscribe(channel, (message) => {
        if (message === 'question') void cache.publish(channel, 'answer')
      })
      await cache.subscribe(channel, (message) => heard.push(message))
      await cache.publish(channel, 'question')
      await expect.poll(() => heard).toEqual(['question', 'answer'])
    })

    test('after it is closed nothing throws', async () => {
      const key = fresh('closed')
      await cache.set(key, 'value', LONG)
      await cache.close()
      await cache.close()
      await cache.set(key, 'value', LONG)
      await cache.append(key, ['entry'], LONG)
      await cache.publish(key, 'message')
      ;(await cache.subscribe(key, () => undefined))()
      await cache.remove(key)
    })
  })
}

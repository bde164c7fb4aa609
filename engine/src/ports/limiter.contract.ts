import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Limit } from '../domain/limits.ts'
import type { Limiter } from './limiter.ts'

/** A limiter whose clock the test turns, in ms. */
export type OpenLimiter = (now: () => number) => Limiter

const limit = (name: string, subject: string, most: number, windowSeconds = 60): Limit => ({ name, subject, most, windowSeconds })
const DAY = 86_400

export function limiterContract(name: string, open: OpenLimiter): void {
  describe(`${name} keeps the promises of Limiter`, () => {
    let time = 0
    let limiter: Limiter
    beforeEach(() => {
      time = Date.UTC(2026, 10, 26, 12)
      limiter = open(() => time)
    })

    test('a refused request is counted by none of its limits, and what refused it is named', async () => {
      const [wide, narrow] = [limit('account', 'a', 10), limit('key', 'k', 2)]
      for (let round = 0; round < 2; round += 1) expect((await limiter.take([wide, narrow], 1)).refused).toBeUndefined()
      const { refused, states } = await limiter.take([wide, narrow], 1)
      expect(refused).toEqual({ limit: narrow, remaining: 0, resetSeconds: 60 })
      expect(states.map(({ remaining }) => remaining)).toEqual([8, 0])
      expect((await limiter.take([wide], 8)).refused).toBeUndefined()
      expect((await limiter.take([wide], 1)).refused?.limit).toEqual(wide)
      expect((await limiter.take([limit('key', 'other', 2)], 2)).refused).toBeUndefined()
    })

    test('a count named twice in one request is taken from once, and a narrower view of it sees the same count', async () => {
      await limiter.take([limit('key', 'k', 10), limit('key', 'k', 10)], 3)
      expect((await limiter.look([limit('key', 'k', 10), limit('key', 'k', 5)])).map(({ remaining }) => remaining)).toEqual([7, 2])
    })

    test('what is charged afterwards may go below nothing, and what is given back never above the whole', async () => {
      const tokens = limit('tokens', 'a', 100)
      await limiter.charge([tokens], 250)
      expect((await limiter.look([tokens]))[0]?.remaining).toBe(-150)
      expect((await limiter.take([tokens], 1)).refused?.remaining).toBe(-150)
      await limiter.charge([tokens], -500)
      expect((await limiter.look([tokens]))[0]?.remaining).toBe(100)
    })

    test('a window begins with its first request; a day is the day of UTC', async () => {
      const [minute, day] = [limit('a', 's', 1), limit('a', 's', 1, DAY)]
      time = Date.UTC(2026, 10, 26, 23, 59, 30)
      await limiter.take([minute, day], 1)
      time += 29_000
      expect((await limiter.look([minute, day])).map(({ remaining, resetSeconds }) => [remaining, resetSeconds])).toEqual([
        [0, 31],
        [0, 1],
      ])
      time += 1000
      expect((await limiter.look([minute, day])).map(({ remaining }) => remaining)).toEqual([0, 1])
      time += 30_000
      expect((await limiter.take([minute, day], 1)).refused).toBeUndefined()
    })

    test('forgetting begins the count anew in every window, of this subject alone', async () => {
      const [own, day, other] = [limit('sign-in', 'ann', 1), limit('sign-in', 'ann', 1, DAY), limit('sign-in', 'bob', 1)]
      await limiter.take([own, day, other], 1)
      await limiter.forget('sign-in', 'ann')
      expect((await limiter.look([own, day, other])).map(({ remaining }) => remaining)).toEqual([1, 1, 0])
    })

    test('places are held until they are left, and leaving twice frees one place', () => {
      const [first, second] = [limiter.enter('streams', 'a', 2), limiter.enter('streams', 'a', 2)]
      expect(limiter.enter('streams', 'a', 2)).toBeUndefined()
      expect(limiter.enter('streams', 'b', 1)).toBeDefined()
      first?.()
      first?.()
      expect(limiter.enter('streams', 'a', 2)).toBeDefined()
      expect(limiter.enter('streams', 'a', 2)).toBeUndefined()
      second?.()
      expect(limiter.enter('streams', 'a', 0)).toBeUndefined()
    })

    test('whatever is asked in whatever order, no window lets more through than its limit', async () => {
      const request = fc.record({
        wait: fc.nat(40_000),
        cost: fc.integer({ min: 1, max: 4 }),
        subjects: fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(request, { maxLength: 60 }), fc.integer({ min: 0, max: 12 }), async (requests, most) => {
          const own = open(() => time)
          const windows = new Map<string, { end: number; used: number }>()
          for (const { wait, cost, subjects } of requests) {
            time += wait
            const { refused } = await own.take(
              subjects.map((subject) => limit('n', subject, most)),
              cost,
            )
            const expected = [...new Set(subjects)].map((subject) => {
              const known = windows.get(subject)
              return { subject, window: known === undefined || known.end <= time ? { end: time + 60_000, used: 0 } : known }
            })
            expect(refused === undefined).toBe(expected.every(({ window }) => window.used + cost <= most))
            if (refused !== undefined) continue
            for (const { subject, window } of expected) windows.set(subject, { ...window, used: window.used + cost })
          }
        }),
      )
    })
  })
}

import { expect, test } from 'vitest'
import { limiterContract } from '../../ports/limiter.contract.ts'
import { memoryLimiter } from './limiter.ts'

limiterContract('memory', (now) => memoryLimiter(now))

test('windows that have ended are forgotten while others are counted', async () => {
  let time = 1_000_000
  const limiter = memoryLimiter(() => time)
  for (let index = 0; index < 100_000; index += 1) await limiter.take([{ name: 'address', subject: `s${index}`, most: 5, windowSeconds: 60 }], 1)
  expect(limiter.size()).toBe(100_000)
  time += 60_000
  for (let index = 0; index < 20_000; index += 1) await limiter.take([{ name: 'address', subject: `t${index}`, most: 5, windowSeconds: 60 }], 1)
  expect(limiter.size()).toBeLessThanOrEqual(20_000)
})

test('with more subjects than fit, the memory stays bounded and the newest counts stay', async () => {
  const limiter = memoryLimiter(() => 0, 1000)
  for (let index = 0; index < 100_000; index += 1) await limiter.take([{ name: 'address', subject: `s${index}`, most: 1, windowSeconds: 60 }], 1)
  expect(limiter.size()).toBe(1000)
  expect((await limiter.take([{ name: 'address', subject: 's99999', most: 1, windowSeconds: 60 }], 1)).refused).toBeDefined()
})

test('a clock that was set back does not keep a count for longer than its window', async () => {
  let time = 10 * 86_400_000
  const limiter = memoryLimiter(() => time)
  const limit = { name: 'address', subject: 's', most: 1, windowSeconds: 60 }
  await limiter.take([limit], 1)
  time -= 5 * 86_400_000
  expect((await limiter.take([limit], 1)).refused).toBeUndefined()
})

import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { abortable, atMost, beforeAbort } from './abort.ts'

const forever = () => new Promise<never>(() => undefined)
const gone = new Error('gone')

/** Both ways to wait for one thing, or for several one after the other. */
const WAYS: readonly (readonly [string, (signal: AbortSignal) => <T>(work: Promise<T>) => Promise<T>])[] = [
  ['beforeAbort', (signal) => (work) => beforeAbort(work, signal)],
  ['abortable', abortable],
]

test.each(WAYS)('%s gives what comes, or the fault, until the signal aborts, and from then on its reason alone', async (_, waiting) => {
  const stop = new AbortController()
  const until = waiting(stop.signal)
  expect(await until(Promise.resolve(1))).toBe(1)
  await expect(until(Promise.reject(gone))).rejects.toBe(gone)
  const pending = until(forever())
  stop.abort('stopped')
  await expect(pending).rejects.toBe('stopped')
  await expect(until(forever())).rejects.toBe('stopped')
  await expect(waiting(stop.signal)(Promise.resolve(1))).rejects.toBe('stopped')
})

test('one thing leaves nothing at the signal, and a stream a single listener', async () => {
  const { signal } = new AbortController()
  for (let round = 0; round < 20; round += 1) {
    await beforeAbort(Promise.resolve(round), signal)
    await beforeAbort(Promise.reject(gone), signal).catch(() => undefined)
  }
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  const until = abortable(signal)
  for (let round = 0; round < 20; round += 1) await until(Promise.resolve(round))
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
})

test('work is waited for until a moment has passed, and its fault is told until then', async () => {
  const never = new Promise<void>(() => undefined)
  await atMost(1, never)
  await atMost(60_000, Promise.resolve())
  await expect(atMost(60_000, Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  await atMost(1, new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 5)))
})

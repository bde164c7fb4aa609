import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { sparingly } from './sparingly.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Work of one second that tells whether it was begun twice at once. */
function reading(restMs = () => 4000) {
  const state = { begun: 0, running: 0, most: 0 }
  const work = async () => {
    state.begun += 1
    state.running += 1
    state.most = Math.max(state.most, state.running)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    state.running -= 1
  }
  return { state, ask: sparingly({ restMs, isBusy: () => state.running > 0, work }) }
}

test('many changes at once are one reading, soon', async () => {
  const { state, ask } = reading()
  for (let change = 0; change < 100; change += 1) ask()
  await vi.advanceTimersByTimeAsync(499)
  expect(state.begun).toBe(0)
  await vi.advanceTimersByTimeAsync(20_000)
  expect(state.begun).toBe(1)
})

test('while all changes without end, every reading comes to its end and a rest follows', async () => {
  const { state, ask } = reading()
  const changing = setInterval(ask, 100)
  await vi.advanceTimersByTimeAsync(60_000)
  clearInterval(changing)
  expect(state.most).toBe(1)
  expect(state.begun).toBe(12)
})

test('a change during a reading, however late, is followed by another one', async () => {
  const { state, ask } = reading(() => 0)
  ask()
  await vi.advanceTimersByTimeAsync(600)
  expect(state.running).toBe(1)
  ask()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(state.begun).toBe(2)
})

test('waits for a reading that somebody else began', async () => {
  let isBusy = true
  const work = vi.fn(async () => undefined)
  sparingly({ restMs: () => 0, isBusy: () => isBusy, work })()
  await vi.advanceTimersByTimeAsync(30_000)
  expect(work).not.toHaveBeenCalled()
  isBusy = false
  await vi.advanceTimersByTimeAsync(500)
  expect(work).toHaveBeenCalledOnce()
})

test('what has grown meanwhile rests longer', async () => {
  let restMs = 4000
  const { state, ask } = reading(() => restMs)
  ask()
  await vi.advanceTimersByTimeAsync(1500)
  ask()
  restMs = 15_000
  await vi.advanceTimersByTimeAsync(14_900)
  expect(state.begun).toBe(1)
  await vi.advanceTimersByTimeAsync(200)
  expect(state.begun).toBe(2)
})

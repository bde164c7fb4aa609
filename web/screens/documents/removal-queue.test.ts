import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { removalQueue } from './removal-queue.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function setUp(fails: ReadonlySet<string> = new Set()) {
  const removed: string[] = []
  const queue = removalQueue((database, document) => {
    if (fails.has(document)) return Promise.reject(new Error(document))
    removed.push(`${database}/${document}`)
    return Promise.resolve()
  }, 1000)
  return { queue, removed }
}

test('hides at once, removes later and tells when it is done', async () => {
  const { queue, removed } = setUp()
  const done = vi.fn()
  const changes = vi.fn()
  queue.subscribe(changes)
  queue.remove('d', ['a', 'b'], done)
  expect([...queue.hidden()]).toEqual(['a', 'b'])
  expect(changes).toHaveBeenCalledOnce()
  await vi.advanceTimersByTimeAsync(999)
  expect(removed).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(removed).toEqual(['d/a', 'd/b'])
  expect(done).toHaveBeenCalledWith(undefined)
  expect([...queue.hidden()]).toEqual(['a', 'b']) // a list that comes late may still hold them
})

test('what is taken back in time is never removed', async () => {
  const { queue, removed } = setUp()
  const undo = queue.remove('d', ['a'], vi.fn())
  queue.remove('d', ['b'], vi.fn())
  undo()
  undo()
  expect([...queue.hidden()]).toEqual(['b'])
  await vi.advanceTimersByTimeAsync(2000)
  expect(removed).toEqual(['d/b'])
})

test('taken back too late, it stays removed', async () => {
  const { queue, removed } = setUp()
  const undo = queue.remove('d', ['a'], vi.fn())
  await vi.advanceTimersByTimeAsync(1000)
  undo()
  expect(removed).toEqual(['d/a'])
  expect([...queue.hidden()]).toEqual(['a'])
})

test('leaving the page does not wait', () => {
  const { queue, removed } = setUp()
  const many = Array.from({ length: 20 }, (_, index) => `x${index}`)
  queue.remove('d', many, vi.fn())
  queue.flush()
  expect(removed).toHaveLength(20) // all were sent before anything else ran
  queue.flush()
  expect(removed).toHaveLength(20)
})

test('what the server keeps comes back, with the reason; the rest is gone', async () => {
  const { queue, removed } = setUp(new Set(['b']))
  const done = vi.fn()
  queue.remove('d', ['a', 'b', 'c'], done)
  await vi.advanceTimersByTimeAsync(1000)
  expect(removed).toEqual(['d/a', 'd/c'])
  expect(done.mock.calls[0]?.[0]).toMatchObject({ message: 'b' })
  expect([...queue.hidden()]).toEqual(['a', 'c'])
})

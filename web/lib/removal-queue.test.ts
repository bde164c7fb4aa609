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
  const queue = removalQueue(1000)
  const send = (id: string) => {
    if (fails.has(id)) return Promise.reject(new Error(id))
    removed.push(id)
    return Promise.resolve()
  }
  return { queue, removed, send }
}

test('hides at once, removes later and tells when it is done', async () => {
  const { queue, removed, send } = setUp()
  const done = vi.fn()
  const changes = vi.fn()
  queue.subscribe(changes)
  queue.remove(['a', 'b'], send, done)
  expect([...queue.hidden()]).toEqual(['a', 'b'])
  expect(changes).toHaveBeenCalledOnce()
  await vi.advanceTimersByTimeAsync(999)
  expect(removed).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(removed).toEqual(['a', 'b'])
  expect(done).toHaveBeenCalledWith(undefined)
  expect([...queue.hidden()]).toEqual(['a', 'b']) // a list that comes late may still hold them
})

test('what is taken back in time is never removed', async () => {
  const { queue, removed, send } = setUp()
  const undo = queue.remove(['a'], send, vi.fn())
  queue.remove(['b'], send, vi.fn())
  undo()
  undo()
  expect([...queue.hidden()]).toEqual(['b'])
  await vi.advanceTimersByTimeAsync(2000)
  expect(removed).toEqual(['b'])
})

test('taken back too late, it stays removed', async () => {
  const { queue, removed, send } = setUp()
  const undo = queue.remove(['a'], send, vi.fn())
  await vi.advanceTimersByTimeAsync(1000)
  undo()
  expect(removed).toEqual(['a'])
  expect([...queue.hidden()]).toEqual(['a'])
})

test('leaving the page does not wait', () => {
  const { queue, removed, send } = setUp()
  const many = Array.from({ length: 20 }, (_, index) => `x${index}`)
  queue.remove(many, send, vi.fn())
  queue.flush()
  expect(removed).toHaveLength(20) // all were sent before anything else ran
  queue.flush()
  expect(removed).toHaveLength(20)
})

test('what the server keeps comes back, with the reason; the rest is gone', async () => {
  const { queue, removed, send } = setUp(new Set(['b']))
  const done = vi.fn()
  queue.remove(['a', 'b', 'c'], send, done)
  await vi.advanceTimersByTimeAsync(1000)
  expect(removed).toEqual(['a', 'c'])
  expect(done.mock.calls[0]?.[0]).toMatchObject({ message: 'b' })
  expect([...queue.hidden()]).toEqual(['a', 'c'])
})

test('each batch is sent in its own way, however it is left', async () => {
  const { queue, removed, send } = setUp()
  const others: string[] = []
  queue.remove(['a'], send, vi.fn())
  queue.remove(['b'], async (id) => others.push(id), vi.fn())
  queue.flush()
  await vi.advanceTimersByTimeAsync(0)
  expect([removed, others]).toEqual([['a'], ['b']])
  expect([...queue.hidden()]).toEqual(['a', 'b'])
})

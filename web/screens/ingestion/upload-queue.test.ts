import { AppError } from 'quarry-engine/client'
import { describe, expect, test, vi } from 'vitest'
import type { Sent, ToSend } from './send-files.ts'
import { type SendBatch, uploadQueue } from './upload-queue.ts'

const file = (name: string, size = 10) => new File([new Uint8Array(size)], name, { lastModified: 1 })
const taken = (path: string) => ({ path, taken: { document: { id: `doc_${path}`, size: 10 }, outcome: 'created', job_id: 'job' } }) as unknown as Sent

/** A server that answers when it is told to. */
function server() {
  const asked: { batch: readonly ToSend[]; signal: AbortSignal; answer: (sent: readonly Sent[]) => void; fail: (fault: unknown) => void }[] = []
  const send: SendBatch = (_database, batch, signal) =>
    new Promise((answer, fail) => {
      asked.push({ batch, signal, answer, fail })
      signal.addEventListener('abort', () => fail(signal.reason))
    })
  const queue = uploadQueue(send, { toldEveryMs: 0 })
  const states = async () => {
    await new Promise((resolve) => setTimeout(resolve, 2))
    return Object.fromEntries(queue.list('db').uploads.map(({ path, state }) => [path, state]))
  }
  return { asked, queue, states }
}
const paths = ({ batch }: { readonly batch: readonly ToSend[] }) => batch.map(({ path }) => path)

describe('the queue of uploads', () => {
  test('small files go together, large ones alone, three at a time', async () => {
    const { asked, queue, states } = server()
    const small = Array.from({ length: 25 }, (_, index) => file(`s${index}`))
    queue.add('db', [...small, file('large1', 2_000_000), file('large2', 2_000_000)])
    expect(asked.map((one) => one.batch.length)).toEqual([20, 5, 1])
    expect((await states()).large2).toBe('waiting')
    asked[0]?.answer(asked[0].batch.map(({ path }) => taken(path)))
    await vi.waitFor(() => expect(asked).toHaveLength(4))
    expect(paths(asked[3] ?? { batch: [] })).toEqual(['large2'])
    expect(queue.isBusy()).toBe(true)
    for (const one of asked.slice(1)) one.answer(one.batch.map(({ path }) => taken(path)))
    await vi.waitFor(() => expect(queue.isBusy()).toBe(false))
    expect(queue.list('db').uploads).toHaveLength(27)
  })

  test('the same file again while it waits is one upload', async () => {
    const { asked, queue, states } = server()
    queue.add('db', [file('a')])
    queue.add('db', [file('a')])
    expect(asked).toHaveLength(1)
    expect(await states()).toEqual({ a: 'sending' })
  })

  test('the fault of one file is its own', async () => {
    const { asked, queue, states } = server()
    queue.add('db', [file('a'), file('b')])
    asked[0]?.answer([taken('a'), { path: 'b', problem: new AppError('document/encrypted').body() }])
    await vi.waitFor(async () => expect(await states()).toEqual({ a: 'sent', b: 'failed' }))
    queue.retry('db', 'b')
    await vi.waitFor(() => expect(asked).toHaveLength(2))
    expect(paths(asked[1] ?? { batch: [] })).toEqual(['b'])
  })

  test('a lost server halts the queue, and nothing is lost', async () => {
    const { asked, queue, states } = server()
    queue.add('db', [file('a'), file('large', 2_000_000)])
    asked[0]?.fail(new AppError('server/unreachable'))
    asked[1]?.fail(new AppError('server/unreachable'))
    expect(await states()).toEqual({ a: 'waiting', large: 'waiting' })
    expect(queue.list('db').halted?.code).toBe('server/unreachable')
    expect(asked).toHaveLength(2)
    queue.resume()
    expect(asked).toHaveLength(4)
  })

  test('what was sent keeps its job', async () => {
    const { asked, queue, states } = server()
    queue.add('db', [file('a')])
    asked[0]?.answer([taken('a')])
    await vi.waitFor(async () => expect(await states()).toEqual({ a: 'sent' }))
    expect(queue.list('db').uploads[0]).toMatchObject({ documentId: 'doc_a', jobId: 'job' })
  })

  test('a lost sign-in halts the queue until the same person is back', async () => {
    const { asked, queue, states } = server()
    queue.add('db', [file('a')])
    asked[0]?.fail(new AppError('auth/required'))
    expect(await states()).toEqual({ a: 'waiting' })
    queue.resume()
    expect(asked).toHaveLength(1)
    queue.resumeAfterSignIn()
    expect(asked).toHaveLength(2)
    expect(await states()).toEqual({ a: 'sending' })
    expect(queue.list('db').halted).toBeUndefined()
  })

  test('after it was told to forget, nothing goes on and nothing is left', async () => {
    const { asked, queue, states } = server()
    queue.add('db', [file('a'), ...Array.from({ length: 5 }, (_, index) => file(`large${index}`, 2_000_000))])
    queue.add('other', [file('b')])
    const heard = vi.fn(() => queue.isBusy())
    queue.subscribe(heard)
    queue.forget()
    expect(asked.every(({ signal }) => signal.aborted)).toBe(true)
    expect(await states()).toEqual({})
    expect(queue.list('other').uploads).toEqual([])
    expect(heard).toHaveLastReturnedWith(false)
    queue.resumeAfterSignIn()
    expect(asked).toHaveLength(3)
    queue.add('db', [file('c')])
    expect(await states()).toEqual({ c: 'sending' })
  })

  test('cancelling one file of a request sends the others again', async () => {
    const { asked, queue, states } = server()
    queue.add('db', [file('a'), file('b')])
    queue.cancel('db', 'a')
    expect(asked[0]?.signal.aborted).toBe(true)
    await vi.waitFor(() => expect(asked).toHaveLength(2))
    expect(paths(asked[1] ?? { batch: [] })).toEqual(['b'])
    expect(await states()).toEqual({ b: 'sending' })
    queue.cancel('db')
    expect(await states()).toEqual({})
    expect(queue.isBusy()).toBe(false)
  })

  test('a fault of our own ends in a failure, not in a circle', async () => {
    const { asked, queue, states } = server()
    queue.add('db', [file('a')])
    asked[0]?.fail(new TypeError('oops'))
    expect(await states()).toEqual({ a: 'failed' })
    expect(asked).toHaveLength(1)
  })

  test('a database that was deleted takes its uploads with it', async () => {
    const { asked, queue } = server()
    queue.add('db', [file('a'), file('large', 2_000_000)])
    asked[0]?.fail(new AppError('database/not-found'))
    await vi.waitFor(() => expect(queue.isBusy()).toBe(false))
    expect(queue.list('db').uploads).toEqual([])
  })
})

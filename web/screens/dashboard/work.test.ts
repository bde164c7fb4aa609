import { describe, expect, test } from 'vitest'
import { isBusy, shareDone } from './work.ts'

const documents = { queued: 0, processing: 0, ready: 0, failed: 0, archive: 0, total: 0 }

describe('how far a database is', () => {
  test('counts documents that are through, those that failed too', () =>
    expect(shareDone({ ...documents, queued: 5, processing: 1, ready: 3, failed: 1, total: 10 }, [{ done: 1, total: 2 }])).toBe(0.4))
  test('is that of the running job when every document is through', () =>
    expect(
      shareDone({ ...documents, ready: 4, total: 4 }, [
        { done: 0, total: 0 },
        { done: 3, total: 4 },
      ]),
    ).toBe(0.75))
  test('is not known before a job knows its total', () => expect(shareDone(documents, [{ done: 0, total: 0 }])).toBeUndefined())
})

test('a database is busy while a job or a document is on its way', () => {
  expect(isBusy({ documents: { ...documents, ready: 2, total: 2 }, jobs: { queued: 0, running: 0 } })).toBe(false)
  expect(isBusy({ documents, jobs: { queued: 1, running: 0 } })).toBe(true)
  expect(isBusy({ documents: { ...documents, processing: 1, total: 1 }, jobs: { queued: 0, running: 0 } })).toBe(true)
})

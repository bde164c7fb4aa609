import { describe, expect, test } from 'vitest'
import { paceOf, sumOfMany } from './pace.ts'
import { groupOf, isStoppable, rowsOf, shareOf, totalsOf } from './rows.ts'
import type { Tracked } from './tracked.ts'
import type { Upload } from './upload-queue.ts'

const tracked = (documentId: string, news: Partial<Tracked> = {}): Tracked => ({
  documentId,
  jobId: `job_${documentId}`,
  path: undefined,
  size: 100_000,
  step: 'reading',
  done: 0,
  total: 0,
  pages: undefined,
  chunks: undefined,
  problem: undefined,
  warnings: [],
  attempts: 1,
  cancelRequested: false,
  since: 0,
  isCurrent: true,
  needsDocument: false,
  ...news,
})
const upload = (path: string, news: Partial<Upload> = {}): Upload => ({
  path,
  size: 100,
  state: 'waiting',
  sent: 0,
  documentId: undefined,
  jobId: undefined,
  unchanged: false,
  problem: undefined,
  ...news,
})
const mapOf = (...list: Tracked[]) => new Map(list.map((one) => [one.documentId, one]))

describe('rows', () => {
  test('an upload and its document are one row with one key', () => {
    const rows = rowsOf(mapOf(tracked('d1')), [upload('a.txt', { state: 'sent', documentId: 'd1' }), upload('b.txt')])
    expect(rows.map(({ key, step }) => [key, step])).toEqual([
      ['a.txt', 'reading'],
      ['b.txt', 'unsent'],
    ])
  })

  test('what was just sent can be stopped before the server tells of its job', () => {
    const sent = upload('a.txt', { state: 'sent', documentId: 'd1', jobId: 'job' })
    for (const known of [mapOf(), mapOf(tracked('d1', { jobId: undefined, step: 'queued' }))]) {
      const [row] = rowsOf(known, [sent])
      expect(row).toMatchObject({ step: 'queued', jobId: 'job' })
      expect(row && isStoppable(row)).toBe(true)
    }
    expect(rowsOf(mapOf(tracked('d1', { jobId: 'newer' })), [sent])[0]?.jobId).toBe('newer')
  })

  test('nothing is offered to stop where nothing could be', () => {
    const [unknown, ended, stopping] = rowsOf(
      mapOf(tracked('d1', { jobId: undefined, path: 'a' }), tracked('d2', { step: 'ready', path: 'b' }), tracked('d3', { cancelRequested: true, path: 'c' })),
      [],
    )
    for (const row of [unknown, ended, stopping]) expect(row && isStoppable(row)).toBe(false)
    expect(rowsOf(mapOf(), [upload('x'), upload('y', { state: 'sending' })]).every(isStoppable)).toBe(true)
  })

  test('what did not change is the same row', () => {
    const known = mapOf(tracked('d1'), tracked('d2', { path: 'other' }))
    const sent = [upload('a.txt', { state: 'sent', documentId: 'd1' }), upload('b.txt')]
    const [before, after] = [rowsOf(known, sent), rowsOf(known, [...sent])]
    expect(after).toHaveLength(3)
    for (const [index, row] of after.entries()) expect(row).toBe(before[index])
  })

  test('while files are sent, a document without a name is not shown twice', () => {
    expect(rowsOf(mapOf(tracked('d1')), [upload('a.txt', { state: 'sending' })]).map(({ key }) => key)).toEqual(['a.txt'])
  })

  test('documents of others come first, in their order', () => {
    const rows = rowsOf(mapOf(tracked('d2', { since: 2, path: 'two' }), tracked('d1', { since: 1, path: 'one' })), [upload('mine')])
    expect(rows.map(({ key }) => key)).toEqual(['one', 'two', 'mine'])
  })

  test('an upload that replaces a document stands for it', () => {
    expect(rowsOf(mapOf(tracked('d1', { path: 'a', step: 'failed' })), [upload('a')]).map(({ step }) => step)).toEqual(['unsent'])
  })

  test('the whole is what is going on now; failures of before are listed alone', () => {
    const rows = rowsOf(
      mapOf(tracked('d1', { step: 'ready' }), tracked('d2', { step: 'reading', done: 1, total: 2 }), tracked('old', { step: 'failed', isCurrent: false })),
      [],
    )
    const totals = totalsOf(rows)
    expect(totals).toMatchObject({ files: 3, current: 2, through: 1, active: 1, failed: 1, done: 1 })
    expect(totals.share).toBeCloseTo(0.65)
    expect(totalsOf([]).share).toBe(1)
  })

  test('no step takes the share back', () => {
    const steps = ['unsent', 'sending', 'queued', 'reading', 'chunking', 'embedding', 'ready'] as const
    const ends = steps.flatMap((step) => [shareOf({ step, done: 0, total: 1 }), shareOf({ step, done: 1, total: 1 })])
    expect(ends).toEqual(ends.toSorted((left, right) => left - right))
    expect(groupOf({ step: 'cancelled' })).toBe('failed')
  })
})

describe('pace', () => {
  test('is the average over the window', () => {
    const pace = paceOf(10_000)
    for (let at = 0; at <= 20_000; at += 1000) pace.note(at, at < 10_000 ? 0 : (at - 10_000) / 100)
    expect(pace.perSecond(20_000)).toBeCloseTo(10)
  })
  test('is not told from too little, and falls when nothing happens', () => {
    const pace = paceOf(10_000)
    pace.note(0, 0)
    expect(pace.perSecond(1000)).toBeUndefined()
    pace.note(2000, 20)
    expect(pace.perSecond(2000)).toBe(10)
    expect(pace.perSecond(4000)).toBe(5)
  })
  test('a total that shrank begins anew', () => {
    const pace = paceOf(10_000)
    pace.note(0, 50)
    pace.note(5000, 3)
    expect(pace.perSecond(6000)).toBeUndefined()
  })
  test('many totals are one', () => {
    const sum = sumOfMany()
    sum.note('a', 3)
    sum.note('b', 2)
    sum.note('a', 5)
    sum.note('b', 0) // tried again from the beginning
    sum.note('b', 1)
    expect(sum.total).toBe(8)
  })
})

import { describe, expect, test } from 'vitest'
import { currentJobs, type Document, isUncertain, type Job, withDocument, withJob } from './tracked.ts'

const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1000).toISOString()

function job(news: Partial<Job> = {}): Job & { readonly document_id: string } {
  return {
    id: 'job_1',
    kind: 'ingest',
    state: 'running',
    stage: 'extract',
    done: 3,
    total: 12,
    attempts: 1,
    database_id: 'db_1',
    revision: 1,
    version_id: null,
    error: null,
    cancel_requested: false,
    run_after: at(0),
    created_at: at(0),
    updated_at: at(1),
    ...news,
    document_id: news.document_id ?? 'doc_1',
  }
}

function document(news: Partial<Document> = {}): Document {
  return {
    id: 'doc_1',
    database_id: 'db_1',
    external_id: 'a/leave.pdf',
    name: 'leave.pdf',
    title: null,
    media_type: 'application/pdf',
    size: 1234,
    sha256: '',
    metadata: {},
    state: 'ready',
    revision: 1,
    live_revision: 1,
    error: null,
    warnings: [],
    pages: 12,
    chunks: 40,
    tokens: 9000,
    parent_id: null,
    created_at: at(0),
    updated_at: at(9),
    ...news,
  }
}
const encrypted = { code: 'document/encrypted', message: 'It is protected.', facts: {}, hint: 'Save a copy.', retry: false }

describe('what is known of a document', () => {
  test('one that was taken for the first time and waits for a reader is not said to be tried again', () => {
    expect(withJob(undefined, job({ state: 'running', stage: 'waiting', attempts: 1 })).attempts).toBe(0)
    expect(withJob(undefined, job({ state: 'queued', stage: 'waiting', attempts: 1 })).attempts).toBe(1)
  })

  test('a job tells the step, the document its name', () => {
    const reading = withJob(undefined, job())
    expect(reading).toMatchObject({ step: 'reading', done: 3, total: 12, pages: 12, path: undefined, needsDocument: true })
    const named = withDocument(reading, document({ state: 'processing', updated_at: at(2) }), true)
    expect(named).toMatchObject({ step: 'reading', path: 'a/leave.pdf', size: 1234, needsDocument: false })
  })

  test('the end is asked of the document, with its counts', () => {
    const ended = withJob(withDocument(withJob(undefined, job()), document({ state: 'processing' }), true), job({ state: 'done', stage: 'finished' }))
    expect(isUncertain(ended)).toBe(true)
    const settled = withDocument(ended, document(), true)
    expect(settled).toMatchObject({ step: 'ready', pages: 12, chunks: 40 })
    expect(isUncertain(settled)).toBe(false)
  })

  test('failures keep their reason; what a person cancelled is no failure; an archive is through', () => {
    expect(withDocument(undefined, document({ state: 'failed', error: encrypted }), false)).toMatchObject({
      step: 'failed',
      problem: encrypted,
      isCurrent: false,
    })
    expect(withDocument(undefined, document({ state: 'failed', error: { ...encrypted, code: 'job/cancelled' } }), false)).toMatchObject({
      step: 'cancelled',
      problem: undefined,
    })
    expect(withDocument(undefined, document({ state: 'archive' }), true).step).toBe('archive')
  })

  test('an update that failed is a failure, although the revision before answers', () => {
    expect(withDocument(undefined, document({ state: 'ready', error: encrypted }), true).step).toBe('failed')
  })

  test('told out of order, the newest job and document count', () => {
    const retried = withJob(undefined, job({ id: 'job_2', created_at: at(20), state: 'queued', stage: 'waiting' }))
    expect(withJob(retried, job({ state: 'failed', error: encrypted }))).toBe(retried)
    expect(withDocument(retried, document({ state: 'failed', error: encrypted, updated_at: at(10) }), true).step).toBe('queued')
  })

  test('a document that was listed before its job takes what the job tells', () => {
    const listed = withDocument(undefined, document({ state: 'processing', updated_at: at(5) }), true)
    expect(isUncertain(listed)).toBe(true)
    expect(withJob(listed, job({ created_at: at(0) }))).toMatchObject({ step: 'reading', path: 'a/leave.pdf', needsDocument: false })
  })
})

describe('what goes on now', () => {
  const ended = (created: number, updated: number, id: string) => job({ id, state: 'done', created_at: at(created), updated_at: at(updated) })
  const now = 1_700_000_000_000 + 1000 * 1000

  test('jobs that follow one another belong together, those before a pause do not', () => {
    const jobs = [job({ id: 'c', state: 'queued', created_at: at(990) }), ended(900, 960, 'b'), ended(890, 900, 'a'), ended(100, 200, 'old')]
    const { current, more } = currentJobs(jobs, now)
    expect(current.map(({ id }) => id)).toEqual(['c', 'b', 'a'])
    expect(more).toBe(false)
  })

  test('nothing goes on when the last one ended a while ago', () => expect(currentJobs([ended(100, 200, 'old')], now)).toEqual({ current: [], more: false }))
  test('all that was listed may not be all', () => expect(currentJobs([job({ state: 'queued', created_at: at(990) })], now).more).toBe(true))
  test('other kinds of jobs are none of it', () => expect(currentJobs([job({ kind: 'build' })], now).current).toEqual([]))
})

import { AppError, type ErrorBody } from '../../domain/errors.ts'
import { JOB_TERMINAL, type Job, type JobKind, type JobState } from '../../domain/job.ts'
import type { Queue } from '../../ports/queue.ts'
import { pageOf, pageSize, readCursor, SPEED_FADES } from '../catalog-rules.ts'
import { jobOf, number, text } from './catalog-rows.ts'
import type { Row, SqliteFile, Value } from './database.ts'
import { abandon, CANCELLED, type Making } from './queue-rows.ts'

const KINDS: readonly JobKind[] = ['ingest', 'remove', 'drop', 'switch', 'build']
/** Work on jobs must go on when the disk is full: removals are jobs. */
const FREES = { freesSpace: true } as const

/** The queue in the file of the catalog. `worker` must differ between slots that work side by side: it is what tells whose lease it is. */
export function sqliteQueue(file: SqliteFile, { now }: Pick<Making, 'now'>): Queue {
  function next(kinds: readonly JobKind[], time: number): Row | undefined {
    const expired = file
      .all("SELECT id, kind, run_after, seq FROM jobs WHERE state = 'running' AND lease_until <= ? ORDER BY run_after, seq", time)
      .find((row) => kinds.some((kind) => kind === row.kind))
    const queued = kinds.map((kind) => file.get(kind === 'drop' ? NEXT_DROP : NEXT, kind, time))
    const found = [expired, ...queued].filter((row) => row !== undefined)
    return found.sort((a, b) => number(a, 'run_after') - number(b, 'run_after') || number(a, 'seq') - number(b, 'seq'))[0]
  }

  function held(jobId: string, worker: string): Job {
    const row = file.get('SELECT * FROM jobs WHERE id = ?', jobId)
    if (row === undefined) throw new AppError('job/not-found', { job: jobId })
    const job = jobOf(row)
    if (JOB_TERMINAL.has(job.state)) throw new AppError('job/finished', { job: jobId, state: job.state })
    if (job.state !== 'running' || row.worker !== worker) throw new AppError('job/lease-lost', { job: jobId })
    return job
  }

  function end(job: Job, state: JobState, error: ErrorBody | undefined): void {
    const kept = error === undefined ? null : JSON.stringify(error)
    file.run(
      "UPDATE jobs SET state = ?, stage = iif(? = 'done', 'finished', stage), error = ?, worker = NULL, lease_until = NULL, updated_at = ? WHERE id = ?",
      ...[state, state, kept, now(), job.id],
    )
    if (state !== 'done') abandon(file, job, error ?? CANCELLED)
  }

  function find(accountId: string, jobId: string): Job {
    const row = file.get(`SELECT * FROM jobs WHERE id = ? AND ${SEEN}`, jobId, accountId, accountId)
    if (row === undefined) throw new AppError('job/not-found', { job: jobId })
    return jobOf(row)
  }

  return {
    async claim(worker, leaseMs, kinds = KINDS) {
      const time = now()
      if (file.read(() => next(kinds, time)) === undefined) return undefined // an idle worker takes no write lock
      return file.write(() => {
        const row = next(kinds, time)
        if (row === undefined) return undefined
        const claimed = file.get(
          "UPDATE jobs SET state = 'running', worker = ?, lease_until = ?, attempts = attempts + 1, updated_at = ? WHERE id = ? RETURNING *",
          ...[worker, time + leaseMs, time, text(row, 'id')],
        )
        return claimed === undefined ? undefined : jobOf(claimed)
      }, FREES)
    },
    async renew(jobId, worker, leaseMs, progress) {
      return file.write(() => {
        const job = held(jobId, worker)
        const { stage, done, total } = progress ?? job
        file.run(
          'UPDATE jobs SET lease_until = ?, stage = ?, done = ?, total = ?, updated_at = ? WHERE id = ?',
          ...[now() + leaseMs, stage, done, total, now(), jobId],
        )
        return { cancelRequested: job.cancelRequested }
      }, FREES)
    },
    async checkpoint(jobId, worker, checkpoint) {
      file.write(() => {
        held(jobId, worker)
        file.run('UPDATE jobs SET checkpoint = ?, updated_at = ? WHERE id = ?', checkpoint, now(), jobId)
      }, FREES)
    },
    async finish(jobId, worker) {
      file.write(() => end(held(jobId, worker), 'done', undefined), FREES)
    },
    async retryLater(jobId, worker, error, runAfter) {
      file.write(() => {
        const job = held(jobId, worker)
        if (job.cancelRequested) return end(job, 'cancelled', undefined)
        file.run(
          "UPDATE jobs SET state = 'queued', stage = 'waiting', error = ?, run_after = ?, worker = NULL, lease_until = NULL, updated_at = ? WHERE id = ?",
          ...[JSON.stringify(error), runAfter, now(), jobId],
        )
      }, FREES)
    },
    async release(jobId, worker) {
      file.write(() => {
        const job = held(jobId, worker)
        if (job.cancelRequested) return end(job, 'cancelled', undefined)
        file.run(
          "UPDATE jobs SET state = 'queued', stage = 'waiting', attempts = attempts - 1, worker = NULL, lease_until = NULL, updated_at = ? WHERE id = ?",
          ...[now(), jobId],
        )
      }, FREES)
    },
    async fail(jobId, worker, error) {
      file.write(() => end(held(jobId, worker), 'failed', error), FREES)
    },
    async cancelled(jobId, worker) {
      file.write(() => end(held(jobId, worker), 'cancelled', undefined), FREES)
    },
    async requestCancel(accountId, jobId) {
      return file.write(() => {
        const job = find(accountId, jobId)
        if (JOB_TERMINAL.has(job.state)) throw new AppError('job/finished', { job: jobId, state: job.state })
        if (job.kind === 'remove' || job.kind === 'drop') throw new AppError('job/uncancellable', { job: jobId, kind: job.kind })
        file.run('UPDATE jobs SET cancel_requested = 1, updated_at = ? WHERE id = ?', now(), jobId)
        if (job.state === 'queued') end(job, 'cancelled', undefined)
        return find(accountId, jobId)
      }, FREES)
    },
    async job(accountId, jobId) {
      return find(accountId, jobId)
    },
    async jobs(accountId, { limit, cursor, databaseId, documentId, state }) {
      const size = pageSize(limit)
      const place = readCursor(cursor)
      const conditions: [string, ...Value[]][] = []
      if (databaseId !== undefined) conditions.push(['database_id = ?', databaseId])
      if (documentId !== undefined) conditions.push(['document_id = ?', documentId])
      if (state !== undefined) conditions.push(['state = ?', state])
      if (place !== undefined) conditions.push(['created_at <= ? AND (created_at < ? OR id > ?)', place.createdAt, place.createdAt, place.id])
      const rest = conditions.map(([sql]) => ` AND ${sql}`).join('')
      const values = conditions.flatMap(([, ...given]) => given)
      // Two halves, each read in the order of its index: one "or" over both would sort all jobs of the account.
      const half = (whose: string) => `SELECT * FROM (SELECT * FROM jobs WHERE ${whose}${rest} ORDER BY created_at DESC, id LIMIT ?)`
      const rows = file.all(
        `${half('owner_id = ?')} UNION ALL ${half(`owner_id <> ? AND ${SHARED}`)} ORDER BY created_at DESC, id LIMIT ?`,
        ...[accountId, ...values, size + 1, accountId, accountId, ...values, size + 1, size + 1],
      )
      return pageOf(rows.map(jobOf), size)
    },
    async endLeases() {
      return file.write(() => file.run("UPDATE jobs SET lease_until = ?, updated_at = ? WHERE state = 'running'", now(), now()), FREES)
    },
    async depth() {
      const count = (state: 'queued' | 'running') => number(file.get(`SELECT count(*) AS count FROM jobs WHERE state = '${state}'`) ?? { count: 0 }, 'count')
      return file.read(() => ({ queued: count('queued'), running: count('running') }))
    },
    async noteSpeed(work, units, ms) {
      file.write(
        () =>
          file.run(
            `INSERT INTO speeds (work, units, ms) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET units = units * ?4 + excluded.units, ms = ms * ?4 + excluded.ms`,
            ...[work, units, ms, SPEED_FADES],
          ),
        FREES,
      )
    },
    async speed(work) {
      const row = file.get('SELECT units, ms FROM speeds WHERE work = ? AND ms > 0', work)
      return row === undefined ? undefined : (number(row, 'units') * 1000) / number(row, 'ms')
    },
    async waitingSince() {
      // Each kind has its part of the index, whose first entry is the answer.
      const oldest = KINDS.map((kind) => file.get("SELECT min(run_after) AS time FROM jobs WHERE kind = ? AND state = 'queued'", kind)?.time)
      const times = oldest.filter((time) => typeof time === 'number' && time <= now()) as number[]
      return times.length === 0 ? undefined : Math.min(...times)
    },
    async active(databaseIds) {
      const rows = file.all(
        `SELECT database_id, sum(state = 'queued') AS queued, sum(state = 'running') AS running FROM jobs
         WHERE database_id IN (SELECT value FROM json_each(?)) AND state IN ('queued', 'running') GROUP BY database_id`,
        JSON.stringify(databaseIds),
      )
      return new Map(rows.map((row) => [text(row, 'database_id'), { queued: number(row, 'queued'), running: number(row, 'running') }]))
    },
    async forgetBefore(time) {
      return file.write(() => file.run("DELETE FROM jobs WHERE state IN ('done', 'failed', 'cancelled') AND updated_at < ?", time), FREES)
    },
  }
}

/** Jobs of an account's own databases and of those that are shared with it. */
const SHARED = "database_id IN (SELECT database_id FROM shares WHERE grantee = ? OR grantee = 'everyone')"
const SEEN = `(owner_id = ? OR ${SHARED})`

const FIRST_OF_LANE = `SELECT id, run_after, seq FROM jobs j WHERE kind = ? AND state = 'queued' AND run_after <= ?
  AND NOT EXISTS (SELECT 1 FROM jobs e WHERE e.lane = j.lane AND e.state IN ('queued', 'running')
    AND (e.state = 'running' OR (e.seq < j.seq AND e.kind NOT IN ('build', 'drop'))))`
const IN_ORDER = 'ORDER BY run_after, seq LIMIT 1'
/** Work in a database that is going away is not begun. */
const NEXT = `${FIRST_OF_LANE} AND NOT EXISTS (SELECT 1 FROM databases d WHERE d.id = j.database_id AND d.state = 'deleting') ${IN_ORDER}`
/**
 * A database is purged when nothing works in it any more: a late writer would bring files back. What is still queued for
 * it, because a kill came before it was cancelled, is never begun and so is not waited for. The purge of one version waits
 * only for work on its whole database: uploads may never end.
 */
const NEXT_DROP = `SELECT id, run_after, seq FROM jobs j WHERE kind = ? AND state = 'queued' AND run_after <= ? AND NOT EXISTS
  (SELECT 1 FROM jobs r WHERE r.database_id = j.database_id AND r.state IN ('queued', 'running') AND r.state = 'running'
    AND (j.version_id IS NULL OR r.lane = j.lane)) ${IN_ORDER}`

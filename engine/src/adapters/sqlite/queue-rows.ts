import type { Document } from '../../domain/document.ts'
import { AppError, type ErrorBody } from '../../domain/errors.ts'
import type { Job, JobSeed } from '../../domain/job.ts'
import { BRING_UP_AFTER } from '../catalog-rules.ts'
import { jobOf, text } from './catalog-rows.ts'
import type { SqliteFile } from './database.ts'

/** What catalog and queue need besides the file. */
export interface Making {
  now(): number
  /** `<prefix>_…`, unique. */
  newId(prefix: string): string
}

export const CANCELLED: ErrorBody = new AppError('job/cancelled').body()

/** Within the caller's transaction. It is begun after `delay` ms at the earliest. */
export function insertJob(file: SqliteFile, { now, newId }: Making, seed: JobSeed, delay = 0): Job {
  const id = newId('job')
  const time = now()
  const lane = seed.documentId ?? seed.databaseId
  const row = file.get(
    `INSERT INTO jobs (id, kind, owner_id, database_id, document_id, revision, version_id, lane, state, stage, done, total, attempts, cancel_requested,
       run_after, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'queued', 'waiting', 0, 0, 0, 0, ?, ?, ?) RETURNING *`,
    ...[id, seed.kind, seed.ownerId, seed.databaseId, seed.documentId, seed.revision, seed.versionId, lane, time + delay, time, time],
  )
  if (row === undefined) throw new AppError('internal', { reason: 'an inserted job is not there' })
  return jobOf(row)
}

/**
 * Versions that wait beside the live one take what it took: by a job each, a little later, unless one is still to begin. Those that are being
 * switched to as well: the switch may be cancelled.
 */
export function bringUpBuilt(file: SqliteFile, making: Making, document: Document): void {
  const behind = file.all(
    `SELECT v.id, d.owner_id FROM versions v JOIN databases d ON d.id = v.database_id
     WHERE v.database_id = ?1 AND v.state IN ('built', 'building') AND v.built_at IS NOT NULL AND v.switched_at IS NULL AND d.state = 'live'
       AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.lane = ?1 AND j.state = 'queued' AND j.kind = 'build' AND j.version_id = v.id)
     ORDER BY v.ordinal`,
    document.databaseId,
  )
  for (const row of behind) {
    const place = { ownerId: text(row, 'owner_id'), databaseId: document.databaseId, versionId: text(row, 'id') }
    insertJob(file, making, { kind: 'build', ...place, documentId: undefined, revision: undefined }, BRING_UP_AFTER)
  }
}

/** Ends the older ingest jobs of a document: queued ones at once, a running one is asked to stop. */
export function supersedeIngests(file: SqliteFile, documentId: string, time: number): void {
  const active = "lane = ? AND kind = 'ingest' AND state"
  file.run(`UPDATE jobs SET state = 'cancelled', cancel_requested = 1, updated_at = ? WHERE ${active} = 'queued'`, time, documentId)
  file.run(`UPDATE jobs SET cancel_requested = 1, updated_at = ? WHERE ${active} = 'running' AND cancel_requested = 0`, time, documentId)
}

/**
 * A job has ended without its result: its document must not stay `queued`, nor its version `building`, unless another
 * job is to bring them on.
 */
export function abandon(file: SqliteFile, job: Job, error: ErrorBody): void {
  if (job.kind === 'ingest') {
    file.run(
      `UPDATE documents SET state = 'failed', error = ? WHERE id = ? AND revision = ? AND state IN ('queued', 'processing')
         AND NOT EXISTS (SELECT 1 FROM jobs e WHERE e.lane = ? AND e.kind = 'ingest' AND e.state IN ('queued', 'running') AND e.id <> ?)`,
      ...[JSON.stringify(error), job.documentId, job.revision, job.documentId, job.id],
    )
  } else if (job.kind === 'switch') {
    file.run(
      `UPDATE versions SET state = iif(switched_at IS NOT NULL, 'retired', iif(built_at IS NOT NULL, 'built', 'dropped')) WHERE id = ? AND state = 'building'`,
      job.versionId,
    )
  } else if (job.kind === 'build') {
    // One that was complete before is being switched to now: that is the business of another job.
    file.run("UPDATE versions SET state = 'dropped' WHERE id = ? AND state = 'building' AND built_at IS NULL AND switched_at IS NULL", job.versionId)
  }
}

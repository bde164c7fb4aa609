import { type Database, type IndexVersion, isAnswering } from '../../domain/database.ts'
import { AppError } from '../../domain/errors.ts'
import type { JobKind } from '../../domain/job.ts'
import type { Catalog, VersionCoverage } from '../../ports/catalog.ts'
import { MISSING_LIMIT, MOST_BUILT, nameKey } from '../catalog-rules.ts'
import { BATCH, inBatches } from './batches.ts'
import { answersJson, databaseOf, number, text, versionOf } from './catalog-rows.ts'
import { dropCheckpoints } from './checkpoints.ts'
import type { Row, SqliteFile } from './database.ts'
import { insertJob, type Making } from './queue-rows.ts'

type DatabaseMethods = Pick<
  Catalog,
  | 'createDatabase'
  | 'database'
  | 'updateDatabase'
  | 'removeDatabase'
  | 'forgetDatabase'
  | 'databaseById'
  | 'versions'
  | 'droppedVersions'
  | 'version'
  | 'createVersion'
  | 'settleVersion'
  | 'coverage'
  | 'coverages'
  | 'removeVersion'
  | 'requestSwitch'
  | 'switchLive'
  | 'setVersionState'
>

const FREES = { freesSpace: true } as const

export function databaseMethods(file: SqliteFile, making: Making): DatabaseMethods {
  const { now, newId } = making

  function find(ownerId: string, id: string): Database {
    const row = file.get("SELECT * FROM databases WHERE id = ? AND owner_id = ? AND state = 'live'", id, ownerId)
    if (row === undefined) throw new AppError('database/not-found', { database: id })
    return databaseOf(row)
  }
  const isDeleting = (id: string) => file.get("SELECT id FROM databases WHERE id = ? AND state = 'deleting'", id) !== undefined
  /** For workers, who have no owner. */
  function findLive(id: string): Database {
    const row = file.get("SELECT * FROM databases WHERE id = ? AND state = 'live'", id)
    if (row === undefined) throw new AppError('database/not-found', { database: id })
    return databaseOf(row)
  }
  function assertFree(ownerId: string, name: string, exceptId: string): void {
    const taken = file.get("SELECT id FROM databases WHERE owner_id = ? AND name_key = ? AND state = 'live' AND id <> ?", ownerId, nameKey(name), exceptId)
    if (taken !== undefined) throw new AppError('database/exists', { name })
  }
  function versionById(id: string): IndexVersion {
    const row = file.get('SELECT * FROM versions WHERE id = ?', id)
    if (row === undefined) throw new AppError('version/not-found', { version: id })
    return versionOf(row)
  }
  function assertNoneBuilding(databaseId: string): void {
    const building = file.get("SELECT id FROM versions WHERE database_id = ? AND state = 'building'", databaseId)
    if (building !== undefined) throw new AppError('database/busy', { database: databaseId, version: text(building, 'id') })
  }
  function assertRoomBeside(databaseId: string): void {
    const built = file.all("SELECT id FROM versions WHERE database_id = ? AND state = 'built'", databaseId).length
    if (built >= MOST_BUILT) throw new AppError('version/too-many', { database: databaseId, waiting: built, most: MOST_BUILT })
  }
  function drop(versionId: string): void {
    file.run("UPDATE versions SET state = 'dropped' WHERE id = ?", versionId)
    file.run('DELETE FROM published WHERE version_id = ?', versionId)
  }
  /** No job of a hidden database is claimed any more but its `drop`; so this may go on after a kill, and in small steps. */
  async function cancelQueued(databaseId: string): Promise<void> {
    await inBatches(
      file,
      `UPDATE jobs SET state = 'cancelled', cancel_requested = 1, updated_at = ? WHERE seq IN
         (SELECT seq FROM jobs WHERE database_id = ? AND state IN ('queued', 'running') AND state = 'queued' AND (kind <> 'drop' OR version_id IS NOT NULL) LIMIT ?)`,
      ...[now(), databaseId],
    )
  }
  const versionJob = (kind: JobKind, database: Database, versionId: string) =>
    insertJob(file, making, { kind, ownerId: database.ownerId, databaseId: database.id, documentId: undefined, revision: undefined, versionId })
  /** Documents that answer, and are not published in the version as they do. */
  const missingIn = (databaseId: string, versionId: string, limit: number) =>
    file
      .all(
        `SELECT d.id FROM documents d LEFT JOIN published p ON p.version_id = ? AND p.document_id = d.id
         WHERE d.database_id = ? AND d.live_revision IS NOT NULL AND d.state <> 'deleting' AND p.revision IS NOT d.live_revision ORDER BY d.id LIMIT ?`,
        ...[versionId, databaseId, limit],
      )
      .map((row) => text(row, 'id'))

  return {
    async createDatabase({ ownerId, name, description, weights, settings, answers = {} }) {
      return file.write(() => {
        const leaving = file.get("SELECT id FROM accounts WHERE id = ? AND state = 'deleting'", ownerId)
        if (leaving !== undefined) throw new AppError('account/not-found', { account: ownerId })
        assertFree(ownerId, name, '')
        const [id, versionId, time] = [newId('db'), newId('ver'), now()]
        file.run(
          `INSERT INTO databases (id, owner_id, name, name_key, description, weight_dense, weight_lexical, live_version_id, state, created_at, updated_at, answers)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'live', ?, ?, ?)`,
          ...[id, ownerId, name, nameKey(name), description, weights.dense, weights.lexical, versionId, time, time, answersJson(answers)],
        )
        file.run(
          "INSERT INTO versions (id, database_id, ordinal, settings, state, created_at, switched_at) VALUES (?, ?, 1, ?, 'live', ?, ?)",
          ...[versionId, id, JSON.stringify(settings), time, time],
        )
        return { database: find(ownerId, id), version: versionById(versionId) }
      })
    },
    async database(ownerId, idOrName) {
      const own = "owner_id = ? AND state = 'live'"
      const row =
        file.get(`SELECT * FROM databases WHERE id = ? AND ${own}`, idOrName, ownerId) ??
        file.get(`SELECT * FROM databases WHERE name_key = ? AND ${own}`, nameKey(idOrName), ownerId)
      if (row === undefined) throw new AppError('database/not-found', { database: idOrName })
      return databaseOf(row)
    },
    async updateDatabase(ownerId, id, change) {
      return file.write(() => {
        const before = find(ownerId, id)
        const { name, weights, description } = { ...before, ...change }
        assertFree(ownerId, name, id)
        file.run(
          'UPDATE databases SET name = ?, name_key = ?, description = ?, weight_dense = ?, weight_lexical = ?, updated_at = ?, answers = ? WHERE id = ?',
          ...[name, nameKey(name), description === '' ? undefined : description, weights.dense, weights.lexical, now()],
          ...[answersJson({ ...before.answers, ...change.answers }), id],
        )
        return find(ownerId, id)
      })
    },
    async removeDatabase(ownerId, id) {
      const drop = file.write(() => {
        find(ownerId, id)
        file.run("UPDATE databases SET state = 'deleting', updated_at = ? WHERE id = ?", now(), id)
        file.run(
          "UPDATE jobs SET cancel_requested = 1, updated_at = ? WHERE database_id = ? AND state IN ('queued', 'running') AND state = 'running'",
          now(),
          id,
        )
        return insertJob(file, making, { kind: 'drop', ownerId, databaseId: id, documentId: undefined, revision: undefined, versionId: undefined })
      }, FREES)
      await cancelQueued(id)
      return drop
    },
    async databaseById(id) {
      const row = file.get('SELECT * FROM databases WHERE id = ?', id)
      if (row === undefined) throw new AppError('database/not-found', { database: id })
      return databaseOf(row)
    },
    async forgetDatabase(id) {
      if (!isDeleting(id)) return []
      await cancelQueued(id)
      const blobs = new Set<string>()
      const batch = (): number => {
        if (!isDeleting(id)) return 0
        const gone = file.all(
          'DELETE FROM documents WHERE id IN (SELECT id FROM documents WHERE database_id = ? LIMIT ?) RETURNING sha256, extracted_sha256, next_extracted_sha256',
          ...[id, BATCH],
        )
        for (const row of gone) for (const sha256 of Object.values(row)) if (sha256 !== null) blobs.add(String(sha256))
        return gone.length
      }
      while (file.write(batch, FREES) > 0) await new Promise((resolve) => setImmediate(resolve))
      file.write(() => {
        if (!isDeleting(id)) return
        file.run('DELETE FROM document_counts WHERE database_id = ?', id)
        dropCheckpoints(file, { databaseId: id })
        file.run('DELETE FROM databases WHERE id = ?', id)
      }, FREES)
      return [...blobs]
    },

    async versions(databaseId) {
      return file.all("SELECT * FROM versions WHERE database_id = ? AND state <> 'dropped' ORDER BY ordinal", databaseId).map(versionOf)
    },
    async droppedVersions(databaseId) {
      return file.all("SELECT * FROM versions WHERE database_id = ? AND state = 'dropped' ORDER BY ordinal", databaseId).map(versionOf)
    },
    async version(id) {
      return versionById(id)
    },
    async createVersion(databaseId, settings, kind = 'switch') {
      return file.write(() => {
        const database = findLive(databaseId)
        assertNoneBuilding(databaseId)
        if (kind === 'build') assertRoomBeside(databaseId)
        const id = newId('ver')
        file.run(
          `INSERT INTO versions (id, database_id, ordinal, settings, state, created_at)
           SELECT ?, ?, max(ordinal) + 1, ?, 'building', ? FROM versions WHERE database_id = ?`,
          ...[id, databaseId, JSON.stringify(settings), now(), databaseId],
        )
        return { version: versionById(id), job: versionJob(kind, database, id) }
      })
    },
    async settleVersion(databaseId, versionId) {
      return file.write(() => {
        const { id } = findLive(databaseId)
        const version = versionById(versionId)
        if (version.databaseId !== id) throw new AppError('version/not-found', { version: versionId })
        if (version.state !== 'building' || isAnswering(version)) return true
        if (missingIn(databaseId, versionId, 1).length > 0) return false
        file.run("UPDATE versions SET state = 'built', built_at = ? WHERE id = ?", now(), versionId)
        return true
      })
    },
    async coverage(databaseId, versionId) {
      const row = file.get(
        `SELECT count(*) AS documents, coalesce(sum(p.chunks), 0) AS chunks, coalesce(sum(p.tokens), 0) AS tokens FROM published p
         JOIN documents d ON d.id = p.document_id AND d.live_revision = p.revision AND d.state <> 'deleting'
         WHERE p.version_id = ? AND d.database_id = ?`,
        ...[versionId, databaseId],
      )
      return row === undefined ? { documents: 0, chunks: 0, tokens: 0 } : coverageOf(row)
    },
    async coverages(databaseId) {
      // The live version holds what answers, and of that the sums are kept.
      const rows = file.read(() => [
        ...file.all(
          `SELECT d.live_version_id AS id, coalesce(sum(c.chunks), 0) AS chunks, coalesce(sum(c.tokens), 0) AS tokens,
             (SELECT count(*) FROM documents o WHERE o.database_id = d.id AND o.live_revision IS NOT NULL AND o.state <> 'deleting') AS documents
           FROM databases d JOIN versions v ON v.id = d.live_version_id AND v.state = 'live'
           LEFT JOIN document_counts c ON c.database_id = d.id AND c.state <> 'deleting' WHERE d.id = ? GROUP BY d.id`,
          databaseId,
        ),
        ...file.all(
          `SELECT v.id, count(*) AS documents, sum(p.chunks) AS chunks, sum(p.tokens) AS tokens FROM versions v
           JOIN published p ON p.version_id = v.id
           JOIN documents d ON d.id = p.document_id AND d.live_revision = p.revision AND d.state <> 'deleting' AND d.database_id = v.database_id
           WHERE v.database_id = ? AND v.state NOT IN ('live', 'dropped') GROUP BY v.id`,
          databaseId,
        ),
      ])
      return new Map(rows.map((row) => [text(row, 'id'), coverageOf(row)]))
    },
    async removeVersion(databaseId, versionId) {
      return file.write(() => {
        const database = findLive(databaseId)
        const { state, databaseId: place } = versionById(versionId)
        if (place !== databaseId || state === 'dropped') throw new AppError('version/not-found', { version: versionId })
        if (state === 'live') throw new AppError('version/live', { version: versionId })
        if (state === 'building') throw new AppError('database/busy', { database: databaseId, version: versionId })
        drop(versionId)
        return versionJob('drop', database, versionId)
      }, FREES)
    },
    async requestSwitch(databaseId, versionId) {
      return file.write(() => {
        const database = findLive(databaseId)
        const version = versionById(versionId)
        if (version.databaseId !== databaseId) throw new AppError('version/not-found', { version: versionId })
        assertNoneBuilding(databaseId)
        if (version.state !== 'retired' && version.state !== 'built') throw new AppError('version/not-found', { version: versionId, state: version.state })
        file.run("UPDATE versions SET state = 'building' WHERE id = ?", versionId)
        return versionJob('switch', database, versionId)
      })
    },
    async switchLive(databaseId, versionId) {
      return file.write(() => {
        const database = findLive(databaseId)
        const version = versionById(versionId)
        if (version.databaseId !== databaseId || version.state === 'dropped') throw new AppError('version/not-found', { version: versionId })
        if (version.state === 'live') return { switched: true, missing: [] }
        const missing = missingIn(databaseId, versionId, MISSING_LIMIT)
        if (missing.length > 0) return { switched: false, missing }
        file.run("UPDATE versions SET state = 'retired' WHERE id = ?", database.liveVersionId)
        file.run("UPDATE versions SET state = 'live', switched_at = ? WHERE id = ?", now(), versionId)
        file.run('UPDATE databases SET live_version_id = ?, updated_at = ? WHERE id = ?', versionId, now(), databaseId)
        file.run(
          `UPDATE documents SET chunks = p.chunks, tokens = p.tokens FROM published p
           WHERE p.version_id = ? AND p.document_id = documents.id AND documents.database_id = ? AND documents.live_revision IS NOT NULL
             AND (documents.chunks <> p.chunks OR documents.tokens <> p.tokens)`,
          ...[versionId, databaseId],
        )
        return { switched: true, missing: [] }
      })
    },
    async setVersionState(id, state) {
      file.write(() => {
        const version = versionById(id)
        if (version.state === state) return
        // Only switchLive makes a version live or retires the live one: a database has exactly one, until it is purged.
        const purged = state === 'dropped' && isDeleting(version.databaseId)
        if ((version.state === 'live' && !purged) || state === 'live') throw new AppError('version/stale', { version: id, state: version.state })
        if (state === 'building') assertNoneBuilding(version.databaseId)
        if (state === 'dropped') drop(id)
        else file.run('UPDATE versions SET state = ? WHERE id = ?', state, id)
      }, FREES)
    },
  }
}

function coverageOf(row: Row): VersionCoverage {
  return { documents: number(row, 'documents'), chunks: number(row, 'chunks'), tokens: number(row, 'tokens') }
}

/** Before every item of a list. */
export const FIRST = { createdAt: Number.MAX_SAFE_INTEGER, id: '' } as const

export function liveDatabase(file: SqliteFile, ownerId: string, databaseId: string): void {
  const row = file.get("SELECT count(*) AS count FROM databases WHERE id = ? AND owner_id = ? AND state = 'live'", databaseId, ownerId)
  if (row === undefined || number(row, 'count') === 0) throw new AppError('database/not-found', { database: databaseId })
}

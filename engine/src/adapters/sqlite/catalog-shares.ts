import { LEVELS, type Level } from '../../domain/caller.ts'
import { AppError } from '../../domain/errors.ts'
import { type Catalog, EVERYONE, type Share, type VisibleDatabase } from '../../ports/catalog.ts'
import { nameKey, pageOf, pageSize, readCursor } from '../catalog-rules.ts'
import { findActing } from './accounts-rows.ts'
import { FIRST, liveDatabase } from './catalog-databases.ts'
import { databaseOf, number, text } from './catalog-rows.ts'
import type { Row, SqliteFile } from './database.ts'
import type { Making } from './queue-rows.ts'

type ShareMethods = Pick<Catalog, 'access' | 'level' | 'visible' | 'embeddersInUse' | 'databasesOf' | 'share' | 'unshare' | 'shares'>

/** The place of the highest level in LEVELS that an account, `?1`, has in the database `d`; NULL when it does not see it. */
const LEVEL = `iif(d.owner_id = ?1, 2, (SELECT max(CASE s.level WHEN 'read' THEN 0 WHEN 'write' THEN 1 ELSE 2 END) FROM shares s
  WHERE s.database_id = d.id AND s.grantee IN (?1, 'everyone'))) AS place`
const SHARED = "d.id IN (SELECT database_id FROM shares WHERE grantee IN (?1, 'everyone'))"
const PAGE = `d.state = 'live' AND d.created_at <= ?2 AND (d.created_at < ?2 OR d.id > ?3) AND (?4 IS NULL OR d.id IN (SELECT value FROM json_each(?4)))
  ORDER BY d.created_at DESC, d.id LIMIT ?5`

export function shareMethods(file: SqliteFile, { now }: Making): ShareMethods {
  return {
    async access(accountId, idOrName) {
      return file.read(() => {
        const known = file.get(`SELECT d.*, ${LEVEL} FROM databases d WHERE d.id = ?2 AND d.state = 'live'`, accountId, idOrName)
        if (known !== undefined && known.place !== null) return visibleOf(known)
        const key = nameKey(idOrName)
        const named = `SELECT d.*, ${LEVEL} FROM databases d WHERE d.name_key = ?2 AND d.state = 'live' AND`
        const own = file.get(`${named} d.owner_id = ?1`, accountId, key)
        if (own !== undefined) return visibleOf(own)
        const [shared, other] = file.all(`${named} ${SHARED} LIMIT 2`, accountId, key)
        if (shared === undefined) throw new AppError('database/not-found', { database: idOrName })
        if (other !== undefined) throw new AppError('database/ambiguous', { database: idOrName })
        return visibleOf(shared)
      })
    },
    async level(accountId, databaseId) {
      const row = file.get(`SELECT ${LEVEL} FROM databases d WHERE d.id = ?2`, accountId, databaseId)
      return row === undefined || row.place === null ? undefined : levelOf(row)
    },
    async visible(accountId, { limit, cursor, only }) {
      const size = pageSize(limit)
      const place = readCursor(cursor) ?? FIRST
      const ids = only === undefined ? undefined : JSON.stringify([...only])
      const own = `SELECT d.*, ${LEVEL} FROM databases d WHERE d.owner_id = ?1 AND ${PAGE}`
      const shared = `SELECT d.*, ${LEVEL} FROM databases d WHERE ${SHARED} AND d.owner_id <> ?1 AND ${PAGE}`
      const rows = file.all(
        `SELECT * FROM (${own}) UNION ALL SELECT * FROM (${shared}) ORDER BY created_at DESC, id LIMIT ?5`,
        ...[accountId, place.createdAt, place.id, ids, size + 1],
      )
      const page = pageOf(
        rows.map((row) => ({ createdAt: number(row, 'created_at'), id: text(row, 'id'), row })),
        size,
      )
      return { items: page.items.map(({ row }) => visibleOf(row)), nextCursor: page.nextCursor }
    },
    async embeddersInUse() {
      const rows = file.all(
        `SELECT v.settings ->> '$.embedder' AS embedder, count(*) AS databases FROM versions v JOIN databases d ON d.live_version_id = v.id
         WHERE v.state = 'live' AND d.state = 'live' AND embedder <> 'none' GROUP BY embedder ORDER BY embedder`,
      )
      return rows.map((row) => ({ embedder: text(row, 'embedder'), databases: number(row, 'databases') }))
    },
    async databasesOf(ownerId) {
      return file.all("SELECT id FROM databases WHERE owner_id = ? AND state = 'live' ORDER BY created_at, id", ownerId).map((row) => text(row, 'id'))
    },
    async share(ownerId, databaseId, grantee, level) {
      return file.write(() => {
        liveDatabase(file, ownerId, databaseId)
        if (grantee === ownerId) throw new AppError('request/invalid', { at: 'account', reason: 'the database is its own' })
        if (grantee !== EVERYONE) findActing(file, grantee)
        const row = file.get(
          `INSERT INTO shares (database_id, grantee, level, created_at) VALUES (?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET level = excluded.level RETURNING *`,
          ...[databaseId, grantee, level, now()],
        )
        if (row === undefined) throw new AppError('internal', { reason: 'a share is not there' })
        return shareOf(row)
      })
    },
    async unshare(ownerId, databaseId, grantee) {
      file.write(() => {
        liveDatabase(file, ownerId, databaseId)
        const gone = file.run('DELETE FROM shares WHERE database_id = ? AND grantee = ?', databaseId, grantee)
        if (gone === 0) throw new AppError('share/not-found', { account: grantee })
      })
    },
    async shares(ownerId, databaseId) {
      return file.read(() => {
        liveDatabase(file, ownerId, databaseId)
        return file.all('SELECT * FROM shares WHERE database_id = ? ORDER BY created_at, grantee', databaseId).map(shareOf)
      })
    },
  }
}

function visibleOf(row: Row): VisibleDatabase {
  return { database: databaseOf(row), level: levelOf(row) }
}

function levelOf(row: Row): Level {
  const level = LEVELS[number(row, 'place')]
  if (level === undefined) throw new AppError('internal', { reason: 'a level that does not exist' })
  return level
}

function shareOf(row: Row): Share {
  return {
    databaseId: text(row, 'database_id'),
    grantee: text(row, 'grantee'),
    level: text(row, 'level') as Level,
    createdAt: number(row, 'created_at'),
  }
}

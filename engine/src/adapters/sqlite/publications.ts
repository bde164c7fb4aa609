import { type GuardPolicy, NO_GUARD, type Strictness } from '../../domain/answering.ts'
import { AppError } from '../../domain/errors.ts'
import type { Publication, Visitor } from '../../domain/publication.ts'
import type { PublicationChange, Publications } from '../../ports/publications.ts'
import { assertPlan, findActing, NOTE_EVERY_MS } from './accounts-rows.ts'
import { inBatches } from './batches.ts'
import { json, number, optionalNumber, optionalText, text } from './catalog-rows.ts'
import type { Row, SqliteFile } from './database.ts'
import type { Making } from './queue-rows.ts'

const KNOWN = "SELECT p.* FROM publications p JOIN accounts a ON a.id = p.account_id AND a.state <> 'deleting'"
/** Whoever published a chat that is gone with its maker has taken its visitors' way in with it. */
const VISITORS = `SELECT v.* FROM visitors v JOIN publications p ON p.id = v.publication_id
  JOIN accounts a ON a.id = p.account_id AND a.state <> 'deleting' WHERE v.id = ?`

/** Published chats and their visitors in the file of the catalog. */
export function sqlitePublications(file: SqliteFile, { now }: Pick<Making, 'now'>): Publications {
  function find(accountId: string, id: string): Publication {
    const row = file.get(`${KNOWN} WHERE p.id = ? AND p.account_id = ?`, id, accountId)
    if (row === undefined) throw new AppError('publication/not-found', { publication: id })
    return publicationOf(row)
  }
  function findOpen(id: string): Publication | undefined {
    const row = file.get(
      `${KNOWN} WHERE p.id = ? AND p.revoked_at IS NULL AND (p.expires_at IS NULL OR p.expires_at > ?) AND a.state IN ('active', 'unclaimed')`,
      ...[id, now()],
    )
    return row === undefined ? undefined : publicationOf(row)
  }
  function findVisitor(id: string): Visitor | undefined {
    const row = file.get(VISITORS, id)
    return row === undefined ? undefined : visitorOf(row)
  }

  return {
    async createPublication({ id, accountId, title, greeting, databaseIds, origins, sources, guard, voice, strictness, planId, keepDays, expiresAt }) {
      return file.write(() => {
        findActing(file, accountId)
        assertPlan(file, planId)
        file.run(
          `INSERT INTO publications (id, account_id, title, greeting, database_ids, origins, sources, guard, voice, strictness, plan_id, keep_days, created_at, expires_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          ...[id, accountId, title, greeting, JSON.stringify(databaseIds), JSON.stringify(origins), sources, JSON.stringify(guard)],
          ...[voice, strictness, planId, keepDays, now(), expiresAt],
        )
        return find(accountId, id)
      })
    },
    async publication(accountId, id) {
      return find(accountId, id)
    },
    async publications(accountId) {
      return file.all(`${KNOWN} WHERE p.account_id = ? ORDER BY p.created_at DESC, p.id`, accountId).map(publicationOf)
    },
    async openPublication(id) {
      return findOpen(id)
    },
    async updatePublication(accountId, id, change) {
      return file.write(() => {
        const before = find(accountId, id)
        const { title, databaseIds, origins, sources, guard, keepDays, greeting, voice, strictness, planId, expiresAt } = changed(before, change)
        if (planId !== before.planId) assertPlan(file, planId)
        file.run(
          `UPDATE publications SET title = ?, greeting = ?, database_ids = ?, origins = ?, sources = ?, guard = ?, voice = ?, strictness = ?,
           plan_id = ?, keep_days = ?, expires_at = ? WHERE id = ?`,
          ...[title, greeting, JSON.stringify(databaseIds), JSON.stringify(origins), sources, JSON.stringify(guard), voice, strictness],
          ...[planId, keepDays, expiresAt, id],
        )
        return find(accountId, id)
      })
    },
    async revokePublication(accountId, id) {
      return file.write(() => {
        find(accountId, id)
        file.run('UPDATE publications SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL', now(), id)
        return find(accountId, id)
      })
    },

    async createVisitor({ id, publicationId, deleteAt }) {
      return file.write(() => {
        const open = findOpen(publicationId)
        if (open === undefined) throw new AppError('publication/not-found', { publication: publicationId })
        file.run(
          'INSERT INTO visitors (id, publication_id, created_at, last_seen_at, delete_at) VALUES (?1, ?2, ?3, ?3, ?4) ON CONFLICT (id) DO NOTHING',
          ...[id, publicationId, now(), deleteAt],
        )
        const visitor = findVisitor(id)
        if (visitor?.publicationId !== publicationId) throw new AppError('visitor/not-found', { visitor: id })
        return visitor
      })
    },
    async visitor(id) {
      return findVisitor(id)
    },
    async seenVisitor(id, deleteAt) {
      const due = 'id = ? AND claimed_by IS NULL AND last_seen_at <= ?'
      // Looked up first: most of the time nothing is written, and no write lock is taken.
      if (file.get(`SELECT id FROM visitors WHERE ${due}`, id, now() - NOTE_EVERY_MS) === undefined) return
      file.run(`UPDATE visitors SET last_seen_at = ?, delete_at = max(delete_at, ?) WHERE ${due}`, now(), deleteAt, id, now() - NOTE_EVERY_MS)
    },
    async claimVisitor(id, accountId) {
      return file.write(() => {
        findActing(file, accountId)
        const visitor = findVisitor(id)
        if (visitor === undefined) throw new AppError('visitor/not-found', { visitor: id })
        if (visitor.claimedBy !== undefined) return 0
        file.run('UPDATE visitors SET claimed_by = ? WHERE id = ?', accountId, id)
        return file.run('UPDATE chat_sessions SET account_id = ?, visitor_id = NULL, delete_at = NULL WHERE visitor_id = ?', accountId, id)
      })
    },
    async removeVisitor(id) {
      return file.write(() => file.run('DELETE FROM visitors WHERE id = ? AND claimed_by IS NULL', id) > 0, { freesSpace: true })
    },
    async sweepVisitors() {
      const time = now()
      await inBatches(file, 'DELETE FROM chat_sessions WHERE id IN (SELECT id FROM chat_sessions WHERE delete_at <= ? LIMIT ?)', time)
      return inBatches(file, 'DELETE FROM visitors WHERE id IN (SELECT id FROM visitors WHERE delete_at <= ? LIMIT ?)', time)
    },
  }
}

/** Null takes a field back. */
function changed(before: Publication, change: PublicationChange): Publication {
  const given = Object.entries(change).filter(([, value]) => value !== undefined)
  return { ...before, ...Object.fromEntries(given.map(([name, value]) => [name, value ?? undefined])) }
}

function publicationOf(row: Row): Publication {
  return {
    id: text(row, 'id'),
    accountId: text(row, 'account_id'),
    title: text(row, 'title'),
    greeting: optionalText(row, 'greeting'),
    databaseIds: json<string[]>(row, 'database_ids'),
    origins: json<string[]>(row, 'origins'),
    sources: text(row, 'sources') as Publication['sources'],
    guard: { ...NO_GUARD, ...json<Partial<GuardPolicy>>(row, 'guard') },
    voice: optionalText(row, 'voice'),
    strictness: optionalText(row, 'strictness') as Strictness | undefined,
    planId: optionalText(row, 'plan_id'),
    keepDays: number(row, 'keep_days'),
    createdAt: number(row, 'created_at'),
    expiresAt: optionalNumber(row, 'expires_at'),
    revokedAt: optionalNumber(row, 'revoked_at'),
    feedback: { up: number(row, 'votes_up'), down: number(row, 'votes_down') },
  }
}

function visitorOf(row: Row): Visitor {
  return {
    id: text(row, 'id'),
    publicationId: text(row, 'publication_id'),
    createdAt: number(row, 'created_at'),
    lastSeenAt: number(row, 'last_seen_at'),
    deleteAt: number(row, 'delete_at'),
    claimedBy: optionalText(row, 'claimed_by'),
  }
}

import { createHash } from 'node:crypto'
import { AppError } from '../../domain/errors.ts'
import type { AuditEntry } from '../../domain/usage.ts'
import type { Ledger } from '../../ports/ledger.ts'
import { pageSize } from '../catalog-rules.ts'
import { number, optionalText, text } from './catalog-rows.ts'
import type { Row, SqliteFile, Value } from './database.ts'
import type { Making } from './queue-rows.ts'

/** What the first entry is chained to. */
const BEGINNING = '0'.repeat(64)
/** Entries that are checked in one go: some ms. */
const BATCH = 1000

export function auditMethods(file: SqliteFile, { now }: Pick<Making, 'now'>): Pick<Ledger, 'record' | 'audit' | 'checkAudit'> {
  return {
    async record({ actorKind, actorId, action, target, address, facts }) {
      return file.write(() => {
        const last = file.get('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1')
        const seq = (last === undefined ? 0 : number(last, 'seq')) + 1
        const entry: Row = {
          ...{ seq, at: now(), actor_kind: actorKind, actor_id: actorId ?? null, action },
          ...{ target: target ?? null, address: address ?? null, facts: JSON.stringify(facts) },
        }
        const hash = hashOf(entry, last === undefined ? BEGINNING : text(last, 'hash'))
        const row = file.get(
          'INSERT INTO audit (seq, at, actor_kind, actor_id, action, target, address, facts, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *',
          ...[...CHAINED.map((column) => entry[column]), hash],
        )
        if (row === undefined) throw new AppError('internal', { reason: 'an inserted audit entry is not there' })
        return entryOf(row)
      })
    },
    async audit({ limit, before, action, actorId }) {
      const conditions: [string, Value][] = []
      if (before !== undefined) conditions.push(['seq < ?', before])
      if (action !== undefined) conditions.push(['action = ?', action])
      if (actorId !== undefined) conditions.push(['actor_id = ?', actorId])
      const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(([sql]) => sql).join(' AND ')}`
      return file.all(`SELECT * FROM audit ${where} ORDER BY seq DESC LIMIT ?`, ...conditions.map(([, value]) => value), pageSize(limit)).map(entryOf)
    },
    async checkAudit() {
      let seq = 0
      let hash = BEGINNING
      for (;;) {
        const rows = file.all('SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?', seq, BATCH)
        for (const row of rows) {
          if (number(row, 'seq') !== seq + 1 || text(row, 'hash') !== hashOf(row, hash)) return seq + 1
          seq = number(row, 'seq')
          hash = text(row, 'hash')
        }
        if (rows.length < BATCH) break
        await new Promise((resolve) => setImmediate(resolve))
      }
      // SQLite remembers the highest number that it ever gave: an end that was cut off shows.
      const given = file.get("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")
      return given !== undefined && number(given, 'seq') > seq && file.get('SELECT 1 FROM audit WHERE seq > ?', seq) === undefined ? seq + 1 : undefined
    },
  }
}

const CHAINED = ['seq', 'at', 'actor_kind', 'actor_id', 'action', 'target', 'address', 'facts'] as const

/** Over the columns as they are stored, so that nothing depends on how they are read. */
function hashOf(row: Row, before: string): string {
  return createHash('sha256')
    .update(JSON.stringify([before, ...CHAINED.map((column) => row[column])]))
    .digest('hex')
}

function entryOf(row: Row): AuditEntry {
  return {
    seq: number(row, 'seq'),
    at: number(row, 'at'),
    actorKind: text(row, 'actor_kind'),
    actorId: optionalText(row, 'actor_id'),
    action: text(row, 'action'),
    target: optionalText(row, 'target'),
    address: optionalText(row, 'address'),
    facts: JSON.parse(text(row, 'facts')) as AuditEntry['facts'],
    hash: text(row, 'hash'),
  }
}

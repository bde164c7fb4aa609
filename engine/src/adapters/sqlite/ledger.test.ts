import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NO_LIMITS } from '../../domain/limits.ts'
import { NO_USAGE, type UsageSubject } from '../../domain/usage.ts'
import { code, rule } from '../../ports/catalog.contract.ts'
import { ledgerContract, type OpenLedger } from '../../ports/ledger.contract.ts'
import { sqliteCatalog } from './catalog.ts'
import { openCatalogFile } from './catalog-file.ts'
import type { SqliteFile } from './database.ts'
import { sqliteLedger } from './ledger.ts'

// In memory where there is such a place: what is durable is tested in database.test.ts.
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

const open: OpenLedger = async (making) => {
  const folder = mkdtempSync(join(PLACE, 'quarry-ledger-'))
  const path = join(folder, 'quarry.sqlite')
  const [file, second] = [openCatalogFile({ path }), openCatalogFile({ path })]
  return {
    ledger: sqliteLedger(file, making),
    other: sqliteLedger(second, making),
    catalog: sqliteCatalog(file, making),
    async close() {
      file.close()
      second.close()
      rmSync(folder, { recursive: true })
    },
  }
}

ledgerContract('sqlite', open, { runs: 60 })

const ANN: UsageSubject = { accountId: 'ann', databaseId: undefined, keyId: undefined, visitorId: undefined, publicationId: undefined }
const DEED = { actorKind: 'user', actorId: 'ann', action: 'key.create', target: 'k', address: undefined, facts: { n: 1 } }

let folder: string
let file: SqliteFile
beforeEach(() => {
  folder = mkdtempSync(join(PLACE, 'quarry-ledger-'))
  file = openCatalogFile({ path: join(folder, 'quarry.sqlite') })
})
afterEach(() => {
  file.close()
  rmSync(folder, { recursive: true })
})

test('the audit log can be neither changed nor deleted, whatever the statement', async () => {
  const ledger = sqliteLedger(file, rule())
  await ledger.record(DEED)
  for (const sql of ["UPDATE audit SET action = 'x'", 'UPDATE audit SET seq = 9', 'DELETE FROM audit', 'UPDATE audit SET hash = hash WHERE seq = 1']) {
    expect(() => file.run(sql)).toThrow(/append-only/)
  }
  expect(await ledger.checkAudit()).toBeUndefined()
})

test.each([
  ['a changed column', "UPDATE audit SET actor_id = 'bob' WHERE seq = 1200", 1200],
  ['a changed fact', `UPDATE audit SET facts = '{"n":2}' WHERE seq = 7`, 7],
  ['a changed time', 'UPDATE audit SET at = at + 1 WHERE seq = 1', 1],
  ['a deleted entry', 'DELETE FROM audit WHERE seq = 3', 3],
  ['a deleted end', 'DELETE FROM audit WHERE seq >= 1250', 1250],
  [
    'an entry put in by hand',
    'INSERT INTO audit SELECT 1251, at, actor_kind, actor_id, action, target, address, facts, hash FROM audit WHERE seq = 1250',
    1251,
  ],
  [
    'two entries that changed places',
    'UPDATE audit SET seq = CASE seq WHEN 5 THEN -5 ELSE 5 END WHERE seq IN (5, 6); UPDATE audit SET seq = 6 WHERE seq = -5',
    5,
  ],
])('with the triggers dropped, %s is found', async (_what, sql, found) => {
  const ledger = sqliteLedger(file, rule())
  for (let index = 0; index < 1250; index += 1) await ledger.record(DEED)
  const db = new DatabaseSync(file.path)
  db.exec(`DROP TRIGGER audit_kept; DROP TRIGGER audit_stays; ${sql}`)
  db.close()
  expect(await ledger.checkAudit()).toBe(found)
})

test.each(['accounts', 'api_keys', 'publications'])('a plan that is given to one of %s is in use until that no longer counts', async (table) => {
  const ledger = sqliteLedger(file, rule())
  const { id } = await ledger.createPlan('large', NO_LIMITS)
  const columns: Readonly<Record<string, string>> = {
    accounts: "UPDATE accounts SET plan_id = ? WHERE id = 'owner'",
    api_keys: `INSERT INTO api_keys (id, account_id, name, secret_hash, scopes, origins, addresses, limits, plan_id, created_at)
      VALUES ('a', 'owner', 'k', 'h', '[]', '[]', '[]', '{}', ?, 0)`,
    publications: `INSERT INTO publications (id, account_id, title, database_ids, origins, sources, keep_days, plan_id, created_at)
      VALUES ('a', 'owner', 't', '[]', '[]', 'quotes', 30, ?, 0)`,
  }
  file.run(columns[table] ?? '', id)
  expect(await code(ledger.removePlan(id))).toBe('plan/in-use')
  file.run(table === 'accounts' ? "UPDATE accounts SET state = 'deleting'" : `UPDATE ${table} SET revoked_at = 1`)
  await ledger.removePlan(id)
  expect(await code(ledger.plan(id))).toBe('plan/not-found')
})

test('counts that cannot be written are kept, and the fault is told', async () => {
  const faults: unknown[] = []
  let broken = true
  const shaky: SqliteFile = {
    ...file,
    write(work, options) {
      if (broken) throw new Error('no space')
      return file.write(work, options)
    },
  }
  const ledger = sqliteLedger(shaky, rule(), { onFault: (fault) => faults.push(fault) })
  ledger.count(ANN, { requests: 1 })
  await expect(ledger.flush()).rejects.toThrow('no space')
  for (let index = 0; index < 10_000; index += 1) ledger.count({ ...ANN, keyId: `k${index}` }, { requests: 1 })
  expect(faults.length).toBeGreaterThan(0)
  broken = false
  expect(await ledger.used({ accountId: 'ann' }, '1970-01-01')).toEqual({ ...NO_USAGE, requests: 10_001 })
  await ledger.flush()
  expect(await sqliteLedger(file, rule()).used({ accountId: 'ann' }, '1970-01-01')).toEqual({ ...NO_USAGE, requests: 10_001 })
})

test('what is counted is written by itself in time', async () => {
  const ledger = sqliteLedger(file, rule())
  ledger.count(ANN, { requests: 1 })
  const written = async () => (await sqliteLedger(file, rule()).used({ accountId: 'ann' }, '1970-01-01')).requests
  expect(await written()).toBe(0)
  await expect.poll(written, { timeout: 5000 }).toBe(1)
})

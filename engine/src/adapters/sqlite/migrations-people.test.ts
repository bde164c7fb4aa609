import { expect, test } from 'vitest'
import { catalogPath } from '../../../test/sqlite-folder.ts'
import { FIRST_OWNER_ID } from '../../domain/account.ts'
import { rule, SETTINGS } from '../../ports/catalog.contract.ts'
import { sqliteAccounts } from './accounts.ts'
import { sqliteCatalog } from './catalog.ts'
import { openCatalogFile } from './catalog-file.ts'
import { openSqliteFile } from './database.ts'
import { CATALOG_MIGRATIONS } from './migrations.ts'
import { PEOPLE_MIGRATION } from './migrations-people.ts'

const pathOf = catalogPath()

/** As the version before people left it: two databases of the one who used it, one of them going away, a document and a job. */
function formerFile(): void {
  const file = openSqliteFile({ path: pathOf(), migrations: CATALOG_MIGRATIONS.slice(0, 1), applicationId: 0x51_52_59_31 })
  file.write(() => {
    for (const [id, name, state] of [
      ['db_1', 'handbook', 'live'],
      ['db_2', 'gone', 'deleting'],
    ] as const) {
      file.run("INSERT INTO databases VALUES (?, 'owner', ?, ?, NULL, 0.5, 0.5, ?, ?, 7, 8)", id, name, name, `ver_${id}`, state)
      file.run("INSERT INTO versions VALUES (?, ?, 1, ?, 'live', 7, 7)", `ver_${id}`, id, JSON.stringify(SETTINGS))
    }
    file.run(
      `INSERT INTO documents (id, database_id, external_id, name, media_type, size, sha256, metadata, state, revision, live_revision, warnings, chunks, tokens,
         search_key, created_at, updated_at) VALUES ('doc_1', 'db_1', 'a.txt', 'a.txt', 'text/plain', 5, 'aa', '{"year":1}', 'ready', 1, 1, '[]', 3, 30, 'a.txt', 7, 8)`,
    )
  })
  file.close()
}

test('a file from before there were people gets them, and keeps what it holds', async () => {
  formerFile()
  const file = openCatalogFile({ path: pathOf() })
  const [catalog, accounts] = [sqliteCatalog(file, rule()), sqliteAccounts(file, rule())]
  const database = await catalog.database(FIRST_OWNER_ID, 'handbook')
  expect(database).toMatchObject({ id: 'db_1', ownerId: FIRST_OWNER_ID, createdAt: 7, updatedAt: 8, liveVersionId: 'ver_db_1' })
  expect(await catalog.visible(FIRST_OWNER_ID, { limit: 9 })).toEqual({ items: [{ database, level: 'manage' }], nextCursor: undefined })
  expect((await catalog.databaseById('db_2')).state).toBe('deleting')
  expect((await catalog.versions('db_1')).map((version) => version.settings)).toEqual([SETTINGS])
  expect(await catalog.document(FIRST_OWNER_ID, 'db_1', 'a.txt')).toMatchObject({ metadata: { year: 1 }, state: 'ready', chunks: 3 })
  expect((await catalog.summary('db_1')).tokens).toBe(30)
  expect(await accounts.account(FIRST_OWNER_ID)).toMatchObject({ role: 'owner', state: 'unclaimed' })
  expect(await accounts.hasOwner()).toBe(false)
  const { id } = await accounts.createAccount({ email: 'ann@example.com', name: undefined, role: 'member', passwordHash: undefined, provider: undefined })
  const before = await accounts.rights()
  await catalog.share(FIRST_OWNER_ID, 'db_1', id, 'read')
  expect((await catalog.access(id, 'handbook')).level).toBe('read')
  await catalog.removeDatabase(FIRST_OWNER_ID, 'db_1')
  expect(await accounts.rights()).toBe(before + 1)
  file.check()
  file.close()
  const again = openCatalogFile({ path: pathOf() })
  expect(again.all('SELECT name FROM migrations ORDER BY name').map((row) => row.name)).toEqual(CATALOG_MIGRATIONS.map((migration) => migration.name))
  again.close()
})

test('a step that fails leaves the file as the former version wrote it', () => {
  formerFile()
  const [first] = CATALOG_MIGRATIONS
  if (first === undefined) throw new Error('no migrations')
  const broken = { ...PEOPLE_MIGRATION, sql: `${PEOPLE_MIGRATION.sql}; INSERT INTO nowhere VALUES (1);` }
  expect(() => openSqliteFile({ path: pathOf(), migrations: [first, broken], applicationId: 0x51_52_59_31 })).toThrow()
  const former = openSqliteFile({ path: pathOf(), migrations: [first], applicationId: 0x51_52_59_31 })
  expect(former.get("SELECT count(*) AS count FROM sqlite_schema WHERE name = 'accounts'")).toEqual({ count: 0 })
  expect(former.get('SELECT count(*) AS count FROM databases')).toEqual({ count: 2 })
  former.close()
  const file = openCatalogFile({ path: pathOf() })
  expect(file.get('SELECT id FROM accounts')).toEqual({ id: FIRST_OWNER_ID })
  file.close()
})

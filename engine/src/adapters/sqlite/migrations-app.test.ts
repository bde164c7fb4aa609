import { expect, test } from 'vitest'
import { catalogPath } from '../../../test/sqlite-folder.ts'
import { newDatabase, newUpload, rule } from '../../ports/catalog.contract.ts'
import { sqliteCatalog } from './catalog.ts'
import { openCatalogFile } from './catalog-file.ts'
import { openSqliteFile } from './database.ts'
import { CATALOG_MIGRATIONS } from './migrations.ts'
import { APP_MIGRATION } from './migrations-app.ts'
import { sqliteModelChoices } from './model-choices.ts'

const pathOf = catalogPath()

test('a file from before gets the time of the last activity from its jobs, and goes on from there', async () => {
  const before = openSqliteFile({
    path: pathOf(),
    migrations: CATALOG_MIGRATIONS.slice(0, CATALOG_MIGRATIONS.indexOf(APP_MIGRATION)),
    applicationId: 0x51_52_59_31,
  })
  before.run(
    `INSERT INTO databases (id, owner_id, name, name_key, weight_dense, weight_lexical, live_version_id, state, created_at, updated_at)
     VALUES ('db_1', 'owner', 'handbook', 'handbook', 0.5, 0.5, 'ver_1', 'live', 7, 8), ('db_2', 'owner', 'idle', 'idle', 0.5, 0.5, 'ver_2', 'live', 7, 9)`,
  )
  before.run(
    `INSERT INTO jobs (id, kind, owner_id, database_id, lane, state, stage, done, total, attempts, cancel_requested, run_after, created_at, updated_at)
     VALUES ('job_1', 'ingest', 'owner', 'db_1', 'doc_1', 'done', 'finished', 0, 0, 1, 0, 50, 50, 70), ('job_2', 'drop', 'owner', 'db_gone', 'db_gone', 'done', 'finished', 0, 0, 1, 0, 1, 1, 99)`,
  )
  before.close()
  const file = openCatalogFile({ path: pathOf() })
  const ruled = rule()
  const catalog = sqliteCatalog(file, ruled)
  expect([(await catalog.database('owner', 'handbook')).activeAt, (await catalog.database('owner', 'idle')).activeAt]).toEqual([70, 9])
  await catalog.acceptUpload(newUpload('owner', 'db_1', 'a', 'A'))
  expect((await catalog.database('owner', 'handbook')).activeAt).toBe(ruled.time)
  expect(await sqliteModelChoices(file).read()).toEqual({ values: {}, keys: {} })
  expect((await catalog.createDatabase(newDatabase('owner', 'new'))).database.activeAt).toBe(ruled.time)
  file.check()
  file.close()
})

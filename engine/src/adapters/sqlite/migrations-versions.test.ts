import { expect, test } from 'vitest'
import { catalogPath } from '../../../test/sqlite-folder.ts'
import { rule, SETTINGS } from '../../ports/catalog.contract.ts'
import { sqliteCatalog } from './catalog.ts'
import { openCatalogFile } from './catalog-file.ts'
import { openSqliteFile } from './database.ts'
import { CATALOG_MIGRATIONS } from './migrations.ts'
import { VERSIONS_MIGRATION } from './migrations-versions.ts'
import { sqliteQueue } from './queue.ts'

const pathOf = catalogPath()

test('a file from before versions could wait keeps its versions, what is published in them, and its jobs in their order', async () => {
  const before = CATALOG_MIGRATIONS.slice(0, CATALOG_MIGRATIONS.indexOf(VERSIONS_MIGRATION))
  const former = openSqliteFile({ path: pathOf(), migrations: before, applicationId: 0x51_52_59_31 })
  const tables = ['versions', 'published', 'jobs']
  const indexes = () => former.all("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name IN ('versions', 'published', 'jobs') ORDER BY name")
  former.write(() => {
    former.run(
      `INSERT INTO databases (id, owner_id, name, name_key, weight_dense, weight_lexical, live_version_id, state, created_at, updated_at)
       VALUES ('db_1', 'owner', 'a', 'a', 0.5, 0.5, 'ver_1', 'live', 7, 8)`,
    )
    for (const [ordinal, id, state, switched] of [
      [1, 'ver_2', 'retired', 7],
      [2, 'ver_1', 'live', 9],
      [3, 'ver_0', 'building', null],
    ] as const) {
      former.run(
        "INSERT INTO versions (id, database_id, ordinal, settings, state, created_at, switched_at) VALUES (?, 'db_1', ?, ?, ?, 7, ?)",
        ...[id, ordinal, JSON.stringify(SETTINGS), state, switched],
      )
    }
    former.run(
      `INSERT INTO documents (id, database_id, external_id, name, media_type, size, sha256, metadata, state, revision, live_revision, warnings, chunks, tokens,
         search_key, created_at, updated_at) VALUES ('doc_1', 'db_1', 'a.txt', 'a.txt', 'text/plain', 5, 'aa', '{}', 'ready', 2, 2, '[]', 3, 30, 'a.txt', 7, 8)`,
    )
    former.run("INSERT INTO published VALUES ('ver_1', 'doc_1', 2, 3, 30), ('ver_2', 'doc_1', 1, 4, 40)")
    for (const [id, kind, version] of [
      ['job_2', 'switch', 'ver_0'],
      ['job_1', 'ingest', null],
    ] as const) {
      former.run(
        `INSERT INTO jobs (id, kind, owner_id, database_id, document_id, revision, version_id, lane, state, stage, done, total, attempts, checkpoint,
           cancel_requested, run_after, created_at, updated_at)
         VALUES (?, ?, 'owner', 'db_1', ?, 2, ?, ?, 'queued', 'waiting', 0, 0, 1, 'here', 0, 5, 5, 5)`,
        ...[id, kind, version === null ? 'doc_1' : null, version, version === null ? 'doc_1' : 'db_1'],
      )
    }
  })
  const kept = tables.map((table) => former.all(`SELECT * FROM ${table} ORDER BY 1, 2`))
  const indexed = indexes()
  former.close()

  const file = openCatalogFile({ path: pathOf() })
  const columns = (table: string) => (table === 'versions' ? 'id, database_id, ordinal, settings, state, created_at, switched_at' : '*')
  expect(tables.map((table) => file.all(`SELECT ${columns(table)} FROM ${table} ORDER BY 1, 2`))).toEqual(kept)
  expect(file.all("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name IN ('versions', 'published', 'jobs') ORDER BY name")).toEqual(indexed)
  file.check()
  const [catalog, queue] = [sqliteCatalog(file, rule()), sqliteQueue(file, rule())]
  expect((await catalog.versions('db_1')).map(({ id, builtAt }) => [id, builtAt])).toEqual([
    ['ver_2', undefined],
    ['ver_1', undefined],
    ['ver_0', undefined],
  ])
  expect(await catalog.coverage('db_1', 'ver_1')).toEqual({ documents: 1, chunks: 3, tokens: 30 })
  expect([(await queue.claim('v', 10))?.id, (await queue.claim('w', 10))?.id]).toEqual(['job_2', 'job_1'])
  await queue.cancelled('job_2', 'v')
  expect((await catalog.createVersion('db_1', SETTINGS, 'build')).job.kind).toBe('build')
  file.close()
})

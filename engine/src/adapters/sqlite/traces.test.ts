import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { catalogPath } from '../../../test/sqlite-folder.ts'
import { rule } from '../../ports/catalog.contract.ts'
import { newTrace } from '../../ports/trace-samples.contract.ts'
import { type OpenTraces, tracesContract } from '../../ports/traces.contract.ts'
import { sqliteAccounts } from './accounts.ts'
import { sqliteCatalog } from './catalog.ts'
import { openCatalogFile } from './catalog-file.ts'
import { sqliteCheckpoints } from './checkpoints.ts'
import { sqliteConversations } from './conversations.ts'
import { openSqliteFile, type SqliteFile, type Value } from './database.ts'
import { sqliteKeys } from './keys.ts'
import { CATALOG_MIGRATIONS } from './migrations.ts'
import { TRACES_MIGRATION } from './migrations-traces.ts'
import { newCatalogFolder } from './new-file.fixture.ts'
import { sqlitePublications } from './publications.ts'
import { sqliteTraces } from './traces.ts'

const KEEPS = { keeps: true, togetherMs: 2 } as const

const open: OpenTraces = async (making) => {
  const { folder, path } = newCatalogFolder()
  const [file, second] = [openCatalogFile({ path }), openCatalogFile({ path })]
  return {
    here: {
      accounts: sqliteAccounts(file, making),
      keys: sqliteKeys(file, making),
      publications: sqlitePublications(file, making),
      conversations: sqliteConversations(file, making),
      catalog: sqliteCatalog(file, making),
    },
    traces: [sqliteTraces(file, KEEPS), sqliteTraces(second, KEEPS)],
    checkpoints: [sqliteCheckpoints(file), sqliteCheckpoints(second)],
    keepsNone: sqliteTraces(file, { keeps: false }),
    check: () => file.check(),
    async close() {
      file.close()
      second.close()
      rmSync(folder, { recursive: true })
    },
  }
}

tracesContract('sqlite', open)

const pathOf = catalogPath()

test('a file from before holds no traces and takes some', async () => {
  const before = CATALOG_MIGRATIONS.slice(0, CATALOG_MIGRATIONS.indexOf(TRACES_MIGRATION))
  openSqliteFile({ path: pathOf(), migrations: before, applicationId: 0x51_52_59_31 }).close()
  const file = openCatalogFile({ path: pathOf() })
  const traces = sqliteTraces(file, KEEPS)
  expect((await traces.traces('owner', { limit: 5 })).items).toEqual([])
  await traces.keepTrace(newTrace('owner'))
  expect((await traces.traces('owner', { limit: 5 })).items).toHaveLength(1)
  file.check()
  file.close()
})

test('traces are found by an index, however many there are', async () => {
  const said: string[] = []
  const real = openCatalogFile({ path: pathOf() })
  const told =
    <T>(work: (sql: string, ...values: Value[]) => T) =>
    (sql: string, ...values: Value[]) => {
      said.push(sql)
      return work(sql, ...values)
    }
  const file: SqliteFile = { ...real, all: told(real.all), get: told(real.get), run: told(real.run) }
  const { database } = await sqliteCatalog(real, rule()).createDatabase({
    ownerId: 'owner',
    name: 'd',
    description: undefined,
    weights: { dense: 0.5, lexical: 0.5 },
    settings: { embedder: 'none', dimensions: 0, chunkSize: 512, chunkOverlap: 64, analyzer: 'quarry-1' },
  })
  const traces = sqliteTraces(file, KEEPS)
  const trace = newTrace('owner', { databaseIds: [database.id] })
  await traces.keepTrace(trace)
  await traces.trace('owner', trace.id)
  for (const filter of [{}, { databaseId: database.id }, { conversationId: 'conv_1' }, { databaseId: database.id, conversationId: 'conv_1' }]) {
    await traces.traces('owner', { limit: 5, ...filter })
  }
  await traces.sweepTraces(1)
  const checkpoints = sqliteCheckpoints(file)
  await checkpoints.keep('run', { graph: 'g', node: 'n', state: '{}', at: 1, conversationId: undefined })
  await checkpoints.checkpoint('run')
  await checkpoints.removeCheckpoint('run')
  await checkpoints.sweepCheckpoints(1)
  expect(said.length).toBeGreaterThan(15)
  for (const sql of new Set(said)) {
    const plan = real.all(`EXPLAIN QUERY PLAN ${sql}`).map((row) => String(row.detail))
    expect(
      plan.filter((step) => /^SCAN (?!named$|CONSTANT ROW)|TEMP B-TREE/.test(step)),
      `${sql}\n${plan.join('\n')}`,
    ).toEqual([])
  }
  real.close()
})

import { expect, test } from 'vitest'
import { catalogPath } from '../../../test/sqlite-folder.ts'
import { DEFAULT_ANSWERS } from '../../domain/answering.ts'
import { rule } from '../../ports/catalog.contract.ts'
import { sqliteCatalog } from './catalog.ts'
import { openCatalogFile } from './catalog-file.ts'
import { openSqliteFile } from './database.ts'
import { CATALOG_MIGRATIONS } from './migrations.ts'
import { MODELS_MIGRATION } from './migrations-models.ts'
import { sqliteModelChoices } from './model-choices.ts'

const pathOf = catalogPath()

test('a file from before keeps what was chosen of models, takes keys of more providers, and its databases answer as by default', async () => {
  const before = openSqliteFile({
    path: pathOf(),
    migrations: CATALOG_MIGRATIONS.slice(0, CATALOG_MIGRATIONS.indexOf(MODELS_MIGRATION)),
    applicationId: 0x51_52_59_31,
  })
  before.run(
    `INSERT INTO databases (id, owner_id, name, name_key, weight_dense, weight_lexical, live_version_id, state, created_at, updated_at)
     VALUES ('db_1', 'owner', 'handbook', 'handbook', 0.5, 0.5, 'ver_1', 'live', 7, 8)`,
  )
  before.run("INSERT INTO model_choices VALUES ('CHAT_MODEL', 'openai:a', NULL), ('OPENAI_API_KEY', 'sealed', 'http://10.0.0.1/v1')")
  before.close()
  const file = openCatalogFile({ path: pathOf() })
  const catalog = sqliteCatalog(file, rule())
  expect((await catalog.database('owner', 'handbook')).answers).toEqual(DEFAULT_ANSWERS)
  const choices = sqliteModelChoices(file)
  const kept = { values: { CHAT_MODEL: 'openai:a' }, keys: { OPENAI_API_KEY: { sealed: 'sealed', address: 'http://10.0.0.1/v1' } } }
  expect(await choices.read()).toEqual(kept)
  const key = { sealed: 'other', address: 'https://api.cohere.com' }
  expect((await choices.change({ values: {}, keys: { COHERE_API_KEY: key } })).keys).toEqual({ ...kept.keys, COHERE_API_KEY: key })
  expect(() => file.run("INSERT INTO model_choices VALUES ('ANTHROPIC_API_KEY', 'x', NULL)")).toThrow()
  expect(() => file.run("INSERT INTO model_choices VALUES ('RERANK_MODEL', 'x', 'an address')")).toThrow()
  file.check()
  file.close()
})

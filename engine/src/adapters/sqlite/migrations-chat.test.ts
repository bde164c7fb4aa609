import { expect, test } from 'vitest'
import { catalogPath } from '../../../test/sqlite-folder.ts'
import { rule } from '../../ports/catalog.contract.ts'
import { newAccount } from '../../ports/people.contract.ts'
import { sqliteAccounts } from './accounts.ts'
import { openCatalogFile } from './catalog-file.ts'
import { sqliteConversations } from './conversations.ts'
import { openSqliteFile } from './database.ts'
import { CATALOG_MIGRATIONS } from './migrations.ts'
import { CHAT_MIGRATION } from './migrations-chat.ts'

const pathOf = catalogPath()

test('conversations from before are found by their words like later ones, in any script and spelling', async () => {
  const migrations = CATALOG_MIGRATIONS.slice(0, CATALOG_MIGRATIONS.indexOf(CHAT_MIGRATION))
  const before = openSqliteFile({ path: pathOf(), migrations, applicationId: 0x51_52_59_31 })
  const { id: accountId } = await sqliteAccounts(before, rule()).createAccount(newAccount('ann@example.com'))
  before.run(`INSERT INTO chat_sessions (id, account_id, database_ids, title, created_at, updated_at) VALUES ('c', ?, '[]', 'ÜBER Leave', 7, 7)`, accountId)
  before.run("INSERT INTO chat_messages (id, session_id, ordinal, role, text, citations, created_at) VALUES ('m', 'c', 0, 'user', 'ПРИВЕТ, ﬁne', '[]', 7)")
  before.close()
  const file = openCatalogFile({ path: pathOf() })
  const conversations = sqliteConversations(file, rule(), () => 0)
  for (const word of ['über', 'LEAVE', 'привет', 'fine', 'ﬁne'])
    expect((await conversations.conversations({ accountId }, { limit: 5, words: [word] })).items, word).toHaveLength(1)
  file.check()
  file.close()
})

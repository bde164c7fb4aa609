import { rmSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { rule } from '../../ports/catalog.contract.ts'
import { newAccount } from '../../ports/people.contract.ts'
import { sqliteAccounts } from './accounts.ts'
import { openCatalogFile } from './catalog-file.ts'
import { sqliteConversations } from './conversations.ts'
import type { SqliteFile } from './database.ts'
import { newCatalogFolder } from './new-file.fixture.ts'

let folder: string
let file: SqliteFile
let accountId: string
beforeEach(async () => {
  const made = newCatalogFolder()
  folder = made.folder
  file = openCatalogFile({ path: made.path })
  accountId = (await sqliteAccounts(file, rule()).createAccount(newAccount('ann@example.com'))).id
})
afterEach(() => {
  file.close()
  rmSync(folder, { recursive: true })
})

function fill(conversations: number): void {
  file.run(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO chat_sessions (id, account_id, database_ids, title, search_key, created_at, updated_at) SELECT 'c' || i, ?, '[]', 'Leave', 'leave', i, i FROM n`,
    ...[conversations, accountId],
  )
}

test.each([
  [30, 2],
  [1000, 1],
])('a page ends after its time, when each look takes %d ms after %d of them, and the next goes on behind it', async (ms, looks) => {
  fill(7)
  let time = 0
  const conversations = sqliteConversations(file, rule(), () => {
    time += ms
    return time
  })
  const seen: string[] = []
  const pages: number[] = []
  for (let cursor: string | undefined; pages.length < 20; ) {
    const page = await conversations.conversations({ accountId }, { limit: 50, words: ['leave'], ...(cursor === undefined ? {} : { cursor }) })
    seen.push(...page.items.map(({ id }) => id))
    pages.push(page.items.length)
    cursor = page.nextCursor
    if (cursor === undefined) break
  }
  expect(seen).toEqual(['c7', 'c6', 'c5', 'c4', 'c3', 'c2', 'c1'])
  expect(Math.max(...pages)).toBe(looks)
})

test('of a conversation the newest 1,000 messages are looked at', async () => {
  fill(1)
  file.run(
    `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
     INSERT INTO chat_messages (id, session_id, ordinal, role, text, citations, search_key, created_at)
     SELECT 'm' || i, 'c1', i, 'user', 't', '[]', 'word' || i || '.', i FROM n`,
  )
  const conversations = sqliteConversations(file, rule())
  const found = async (word: string) => (await conversations.conversations({ accountId }, { limit: 5, words: [word] })).items.length
  expect([await found('word1000.'), await found('word1.'), await found('word0.')]).toEqual([1, 1, 0])
})

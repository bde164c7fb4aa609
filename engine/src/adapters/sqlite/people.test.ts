import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { accountsContract } from '../../ports/accounts.contract.ts'
import { accountsHistoryContract } from '../../ports/accounts-history.contract.ts'
import { code, type Making, newDatabase, rule } from '../../ports/catalog.contract.ts'
import { conversationsContract } from '../../ports/conversations.contract.ts'
import { branchesContract } from '../../ports/conversations-branches.contract.ts'
import { keysContract } from '../../ports/keys.contract.ts'
import {
  answer,
  DAY,
  hashOf,
  newAccount,
  newKey,
  newSession,
  newTicket,
  type OpenPeople,
  type PeopleStores,
  question,
  stage,
} from '../../ports/people.contract.ts'
import { publicationsContract } from '../../ports/publications.contract.ts'
import { rightsContract } from '../../ports/rights.contract.ts'
import { sqliteAccounts } from './accounts.ts'
import { sqliteCatalog } from './catalog.ts'
import { openCatalogFile } from './catalog-file.ts'
import { number } from './catalog-rows.ts'
import { sqliteConversations } from './conversations.ts'
import type { SqliteFile, Value } from './database.ts'
import { sqliteKeys } from './keys.ts'
import { newCatalogFolder } from './new-file.fixture.ts'
import { sqlitePublications } from './publications.ts'

const storesOver = (file: SqliteFile, making: Making): PeopleStores => ({
  accounts: sqliteAccounts(file, making),
  keys: sqliteKeys(file, making),
  publications: sqlitePublications(file, making),
  conversations: sqliteConversations(file, making, () => 0), // time stands still: pages are as long as they may be
  catalog: sqliteCatalog(file, making),
})

const open: OpenPeople = async (making) => {
  const { folder, path } = newCatalogFolder()
  const [file, second] = [openCatalogFile({ path }), openCatalogFile({ path })]
  return {
    here: storesOver(file, making),
    there: storesOver(second, making),
    writes: () => number(file.get('SELECT total_changes() AS changes') ?? {}, 'changes'),
    bytes: () => Buffer.concat(readdirSync(folder).map((each) => readFileSync(join(folder, each)))),
    check: () => file.check(),
    async close() {
      file.check()
      file.close()
      second.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** A store whose connection tells which statements it ran. */
async function watched(): Promise<{ readonly stores: PeopleStores; readonly file: SqliteFile; readonly said: string[]; close(): void }> {
  const { folder, path } = newCatalogFolder()
  const file = openCatalogFile({ path })
  const said: string[] = []
  const told =
    <T>(work: (sql: string, ...values: Value[]) => T) =>
    (sql: string, ...values: Value[]) => {
      said.push(sql)
      return work(sql, ...values)
    }
  const telling: SqliteFile = { ...file, all: told(file.all), get: told(file.get), run: told(file.run) }
  return {
    stores: storesOver(telling, rule()),
    file,
    said,
    close() {
      file.close()
      rmSync(folder, { recursive: true })
    },
  }
}

test('what every request asks is looked up by an index, however many keys, people and shares there are', async () => {
  const { stores, file, said, close } = await watched()
  const { accounts, keys, publications, catalog, conversations } = stores
  const { id } = await accounts.createAccount(newAccount('ann@example.com'))
  const rows = (count: number, sql: string) =>
    file.write(() => file.run(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) ${sql}`))
  rows(
    100_000,
    `INSERT INTO api_keys (id, account_id, name, secret_hash, scopes, origins, addresses, limits, created_at)
       SELECT printf('%016x', i), '${id}', 'k', 'h', '[]', '[]', '[]', '{}', i FROM n`,
  )
  rows(5000, "INSERT INTO api_key_origins SELECT 'https://' || i, printf('%016x', i) FROM n")
  const key = '00000000000003e8'
  const talk = await conversations.createConversation({ holder: { accountId: id }, publicationId: undefined, databaseIds: [], title: 't', deleteAt: undefined })
  said.length = 0
  expect((await keys.keyById(key))?.key.createdAt).toBe(1000)
  expect([await keys.originListed('https://1000'), await keys.originListed('https://none')]).toEqual([true, false])
  await keys.keyUsed(key)
  await accounts.account(id)
  await accounts.accountByEmail('ann@example.com')
  await accounts.accountByProvider({ issuer: 'i', subject: 's' })
  await accounts.seen(id)
  await accounts.session('s')
  await accounts.touchSession('s', 5)
  await accounts.ticket('t')
  await accounts.sessions(id)
  await publications.openPublication('p')
  await publications.visitor('v')
  await publications.seenVisitor('v', 5)
  await catalog.level(id, 'd')
  await catalog.access(id, 'd').catch(() => undefined)
  await catalog.visible(id, { limit: 5 })
  await conversations.conversation({ visitorId: 'v' }, 'c').catch(() => undefined)
  await conversations.conversations({ accountId: id }, { limit: 5 })
  await conversations.conversations({ accountId: id }, { limit: 5, words: ['w'] })
  await conversations.conversations({ accountId: id }, { limit: 5, told: true })
  const [, answered] = await conversations.addTurn({ accountId: id }, talk.id, [question('q'), answer('a')], undefined)
  for (const place of [{}, { upTo: answered?.id ?? '' }, { through: answered?.id ?? '' }]) await conversations.messages({ accountId: id }, talk.id, place)
  await conversations.setFeedback({ accountId: id }, talk.id, answered?.id ?? '', { rating: 'up', comment: undefined })
  await conversations.createLink(id, talk.id, { id: 'l', secretHash: 'h', expiresAt: undefined })
  await conversations.link('l')
  await accounts.sweepAccounts()
  await publications.sweepVisitors()
  expect(said.length).toBeGreaterThan(20)
  for (const sql of new Set(said)) {
    const plan = file.all(`EXPLAIN QUERY PLAN ${sql}`).map((row) => String(row.detail))
    expect(
      plan.filter((step) => /^SCAN (?!json_each|branch$|below$|CONSTANT ROW|\(subquery|\(?subquery-)/.test(step)),
      `${sql}\n${plan.join('\n')}`,
    ).toEqual([])
  }
  close()
})

test('what lies on the disk holds no secret and no password', async () => {
  const it = await stage(open)
  const { accounts, keys } = it.here
  const [password, other] = ['correct horse battery staple', 'another battery staple']
  const { id } = await accounts.createAccount(newAccount('ann@example.com', 'owner', { passwordHash: `$scrypt$${hashOf(password)}` }))
  const secrets = ['key', 'rotated', 'session', 'reset', 'invitation'].map((each) => `${each}-${randomBytes(32).toString('hex')}`)
  const [key = '', rotated = '', session = '', reset = '', invitation = ''] = secrets
  const made = await keys.createKey(newKey(id, { secretHash: hashOf(key) }))
  await keys.rotateKey(id, made.id, hashOf(rotated), it.ruled.time + DAY)
  await accounts.createSession({ ...newSession(id, it.ruled.time + DAY), secretHash: hashOf(session) })
  await accounts.createTicket({ ...newTicket('reset', id, it.ruled.time + DAY), secretHash: hashOf(reset) })
  const invited = { ...newTicket('invitation', id, it.ruled.time + DAY, { email: 'b@example.com', role: 'viewer' }), secretHash: hashOf(invitation) }
  await accounts.createTicket(invited)
  await accounts.redeemInvitation(invited.id, invited.secretHash, { name: undefined, passwordHash: `$scrypt$${hashOf(other)}` })
  const stored = it.bytes()
  for (const secret of [...secrets, password, other]) {
    const [digits] = secret.match(/[0-9a-f]{64}$/) ?? [secret]
    expect(stored.includes(digits), secret).toBe(false)
    expect(stored.includes(Buffer.from(digits, 'hex')) && digits.length === 64, secret).toBe(false)
  }
  for (const secret of [key, rotated, session, password]) expect(stored.includes(hashOf(secret)), secret).toBe(true)
  await it.close()
})

test('a database is shared with people who are there and may act', async () => {
  const it = await stage(open)
  const { accounts, catalog } = it.here
  const [ann, bob, cem] = [
    await accounts.createAccount(newAccount('ann@example.com')),
    await accounts.createAccount(newAccount('bob@example.com')),
    await accounts.createAccount(newAccount('cem@example.com')),
  ]
  const { database } = await catalog.createDatabase(newDatabase(ann.id, 'd'))
  const share = (grantee: string) => code(catalog.share(ann.id, database.id, grantee, 'read'))
  await accounts.updateAccount(bob.id, { state: 'suspended' })
  await accounts.removeAccount(cem.id)
  for (const grantee of ['usr_none', '', bob.id, cem.id, 'bob@example.com']) expect(await share(grantee)).toBe('account/not-found')
  expect(await share(ann.id)).toBe('request/invalid')
  expect(await catalog.shares(ann.id, database.id)).toEqual([])
  await accounts.updateAccount(bob.id, { state: 'active' })
  for (const grantee of [bob.id, 'everyone', 'owner']) expect(await share(grantee)).toBe('no error')
  await it.close()
})

accountsContract('sqlite', open)
accountsHistoryContract('sqlite', open, { runs: 80 })
keysContract('sqlite', open)
publicationsContract('sqlite', open)
conversationsContract('sqlite', open)
branchesContract('sqlite', open)
rightsContract('sqlite', open)

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FIRST_OWNER_ID } from '../../domain/account.ts'
import { rule } from '../../ports/catalog.contract.ts'
import { answer, DAY, newAccount, newTicket, question } from '../../ports/people.contract.ts'
import { sqliteAccounts } from './accounts.ts'
import { openCatalogFile } from './catalog-file.ts'
import { sqliteConversations } from './conversations.ts'
import type { SqliteFile } from './database.ts'

// Threads with a connection each, and nothing in between that would put their calls in a row.

let folder: string
let file: SqliteFile
const ruled = rule()
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quarry-race-'))
  file = openCatalogFile({ path: join(folder, 'quarry.sqlite') })
})
afterEach(() => {
  file.check()
  file.close()
  rmSync(folder, { recursive: true })
})

type Call = readonly [store: 'accounts' | 'conversations', method: string, ...values: unknown[]]

const RACER = `
const { workerData, parentPort } = require('node:worker_threads')
async function work() {
  const [{ openCatalogFile }, { sqliteAccounts }, { sqliteConversations }] = await Promise.all(workerData.modules.map((each) => import(each)))
  const { randomUUID } = await import('node:crypto')
  const file = openCatalogFile({ path: workerData.path })
  const making = { now: () => workerData.time, newId: (prefix) => prefix + '_' + randomUUID() }
  const stores = { accounts: sqliteAccounts(file, making), conversations: sqliteConversations(file, making) }
  const start = new Int32Array(workerData.start)
  Atomics.add(start, 0, 1)
  while (Atomics.load(start, 0) < workerData.threads) {}
  const endings = []
  for (const [store, method, ...values] of workerData.calls) {
    endings.push(await stores[store][method](...values).then(() => 'done', (error) => error.code ?? String(error)))
  }
  file.close()
  parentPort.postMessage(endings)
}
work()`

/** Each list of calls in a thread of its own, all beginning at the same moment. Returns all endings, sorted. */
async function race(...threads: readonly (readonly Call[])[]): Promise<string[]> {
  const start = new SharedArrayBuffer(4)
  const modules = ['catalog-file.ts', 'accounts.ts', 'conversations.ts'].map((name) => pathToFileURL(join(import.meta.dirname, name)).href)
  const endings = await Promise.all(
    threads.map(
      (calls) =>
        new Promise<string[]>((resolve, reject) => {
          const workerData = { modules, path: file.path, time: ruled.time, start, threads: threads.length, calls }
          const worker = new Worker(RACER, { eval: true, workerData, execArgv: ['--disable-warning=ExperimentalWarning'] })
          worker.once('message', resolve)
          worker.once('error', reject)
        }),
    ),
  )
  return endings.flat().sort()
}
const many = (count: number, call: (index: number) => Call): Call[] => Array.from({ length: count }, (_, index) => call(index))

test('50 claims from two threads make one owner', async () => {
  const accounts = sqliteAccounts(file, ruled)
  const ticket = newTicket('claim', FIRST_OWNER_ID, ruled.time + DAY)
  await accounts.createTicket(ticket)
  const claim = (index: number): Call => [
    'accounts',
    'redeemClaim',
    ticket.id,
    ticket.secretHash,
    { email: `p${index}@example.com`, name: undefined, passwordHash: '$' },
  ]
  const endings = await race(
    many(25, claim),
    many(25, (index) => claim(index + 25)),
  )
  expect(endings.length).toBe(50)
  expect(endings.filter((each) => each === 'done').length).toBe(1)
  expect(endings.filter((each) => !['done', 'account/claimed', 'ticket/invalid'].includes(each))).toEqual([])
  expect((await accounts.accounts({ limit: 9 })).items.map((each) => each.state)).toEqual(['active'])
})

test('an invitation and a reset are used once from two threads, and an address is taken once', async () => {
  const accounts = sqliteAccounts(file, ruled)
  const { id } = await accounts.createAccount(newAccount('owner@example.com', 'owner'))
  const invitation = newTicket('invitation', id, ruled.time + DAY, { email: 'new@example.com', role: 'member' })
  const reset = newTicket('reset', id, ruled.time + DAY)
  for (const ticket of [invitation, reset]) await accounts.createTicket(ticket)
  const person = { name: undefined, passwordHash: '$' }
  const calls: Call[] = [
    ...many(10, (): Call => ['accounts', 'redeemInvitation', invitation.id, invitation.secretHash, person]),
    ...many(10, (): Call => ['accounts', 'redeemReset', reset.id, reset.secretHash, '$']),
    ...many(10, (): Call => ['accounts', 'createAccount', newAccount('Same@example.com')]),
  ]
  const endings = await race(calls, calls)
  expect(endings.filter((each) => each === 'done').length).toBe(3)
  expect(endings.filter((each) => each === 'ticket/invalid').length).toBe(38)
  expect(endings.filter((each) => each === 'account/exists').length).toBe(19)
})

test('two threads that take the rights of all owners leave one', async () => {
  const accounts = sqliteAccounts(file, ruled)
  const ids: string[] = []
  for (let index = 0; index < 12; index += 1) ids.push((await accounts.createAccount(newAccount(`o${index}@example.com`, 'owner'))).id)
  const take = (id: string, index: number): Call => {
    if (index % 3 === 0) return ['accounts', 'removeAccount', id]
    return ['accounts', 'updateAccount', id, index % 3 === 1 ? { role: 'member' } : { state: 'suspended' }]
  }
  // Towards one another: what each leaves for last is what the other takes first.
  const endings = await race(
    ids.map((id, index) => take(id, index)),
    ids.toReversed().map((id, index) => take(id, index)),
  )
  expect(endings).toContain('account/last-owner')
  const { items } = await accounts.accounts({ limit: 99 })
  expect(items.filter((each) => each.role === 'owner' && each.state === 'active').length).toBe(1)
})

test('turns from two threads are whole and stand one after the other', async () => {
  const { id: accountId } = await sqliteAccounts(file, ruled).createAccount(newAccount('ann@example.com'))
  const conversations = sqliteConversations(file, ruled)
  const holder = { accountId }
  const { id } = await conversations.createConversation({ holder, publicationId: undefined, databaseIds: [], title: 't', deleteAt: undefined })
  const turns = (thread: string) =>
    many(40, (index) => ['conversations', 'addTurn', holder, id, [question(`q${thread}${index}`), answer(`a${thread}${index}`)], undefined])
  expect(new Set(await race(turns('x'), turns('y')))).toEqual(new Set(['done']))
  const messages = await conversations.messages(holder, id)
  expect(messages.map((each) => each.ordinal)).toEqual(Array.from({ length: 160 }, (_, index) => index + 1))
  for (let index = 0; index < 160; index += 2) expect(messages[index + 1]?.text).toBe(messages[index]?.text.replace('q', 'a'))
})

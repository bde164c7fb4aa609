import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatServer, eventsOf } from '../../test/chat-fixture.ts'
import { bearer, type Person, person } from '../../test/people-fixture.ts'
import { json } from '../../test/server-fixture.ts'
import { limitGate } from './gate-limits.ts'

let server: Awaited<ReturnType<typeof chatServer>>
let ann: Person
let bob: Person
let databaseId: string
beforeAll(async () => {
  server = await chatServer()
  ann = await person(server.world, 'member')
  bob = await person(server.world, 'member')
  databaseId = (await json(await call('POST', '/api/v1/databases', ann.token, { name: 'handbook' }))).id
})
afterAll(() => server.stop())

function call(method: string, path: string, token: string | undefined, body?: unknown, address = server.address): Promise<Response> {
  return fetch(address + path, {
    method,
    headers: { ...(token === undefined ? {} : bearer(token)), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}
async function asked(question: string, conversation = 'new', parent?: string): Promise<string> {
  const body = { question, conversation, ...(parent === undefined ? {} : { parent }) }
  const [start] = await eventsOf(await call('POST', `/api/v1/databases/${databaseId}/ask`, ann.token, body))
  return start?.data.conversation_id
}
const link = (id: string, body: unknown = {}, token = ann.token) => call('POST', `/api/v1/conversations/${id}/link`, token, body)
const open = (token: string) => call('POST', '/api/v1/shared-conversations', undefined, { token })
const facts = async (id: string) => (await json(await call('GET', `/api/v1/conversations/${id}`, ann.token))).conversation.link
async function told(reply: Response): Promise<string> {
  return `${reply.status} ${(await reply.text()).replace(/"request_id":"[^"]*"/, '')}`
}

test('whoever has the link sees the conversation as it was, with quotes and no way into the documents', async () => {
  const id = await asked('leave')
  expect(await facts(id)).toBeNull()
  const made = await link(id)
  expect(made.status).toBe(201)
  const { token, link: address, created_at, expires_at } = await json(made)
  expect(token).toMatch(/^ql_[0-9a-f]{16}_[0-9a-f]{64}$/)
  expect(address).toBe(`${server.address}/shared#${token}`)
  expect([await facts(id), expires_at]).toEqual([{ created_at, expires_at: null }, null])
  expect((await json(await call('GET', '/api/v1/conversations', ann.token))).conversations[0].link).toEqual({ created_at, expires_at: null })
  await asked('said later', id)
  await asked('edited later', id, 'start')
  await call('PATCH', `/api/v1/conversations/${id}`, ann.token, { title: 'renamed later' })
  const shared = await json(await open(token))
  expect(shared).toEqual({
    title: 'leave',
    shared_at: created_at,
    expires_at: null,
    messages: [
      { role: 'user', text: 'leave', answered: null, citations: [], sentences: [], created_at: expect.any(String) },
      {
        role: 'assistant',
        text: 'It says leave [1]',
        answered: true,
        citations: [
          { number: 1, name: 'leave.txt', page: 3, heading_path: ['Leave'], quote: 'Leave is requested in the portal.', verdict: 'verified', reason: null },
        ],
        sentences: [{ start: 0, end: 7, verdict: 'verified', citations: [1], reason: null }],
        created_at: expect.any(String),
      },
    ],
  })
  expect(JSON.stringify(shared)).not.toMatch(/secret|hr\/|later|db_|conv_|msg_/)
})

test('it is gone when it is renewed, taken back or over, when the conversation goes, and when its holder may not act: always the same', async () => {
  const carl = await person(server.world, 'member')
  await server.world.catalog.share(ann.account.id, databaseId, carl.account.id, 'read')
  const begun = async (who: Person) =>
    (await eventsOf(await call('POST', `/api/v1/databases/${databaseId}/ask`, who.token, { question: 'x', conversation: 'new' })))[0]?.data.conversation_id
  const tokenOf = async (id: string, who: Person, body = {}) => (await json(await link(id, body, who.token))).token
  const unknown = await told(await open(`ql_${'0'.repeat(16)}_${'0'.repeat(64)}`))
  expect(unknown).toMatch(/^404.*link\/not-found/)
  const [one, two, three] = [await begun(carl), await begun(carl), await begun(carl)]
  const renewed = await tokenOf(one, carl)
  const current = await tokenOf(one, carl)
  expect([(await open(renewed)).status, (await open(current)).status]).toEqual([404, 200])
  const taken = await tokenOf(two, carl)
  expect((await call('DELETE', `/api/v1/conversations/${two}/link`, carl.token)).status).toBe(200)
  expect((await call('DELETE', `/api/v1/conversations/${two}/link`, carl.token)).status).toBe(404)
  const removed = await tokenOf(three, carl)
  await call('DELETE', `/api/v1/conversations/${three}`, carl.token)
  const expired = await tokenOf(two, carl, { expires_in_days: 1 })
  server.file.run('UPDATE chat_links SET expires_at = ? WHERE expires_at IS NOT NULL', Date.now() - 1)
  await server.world.accounts.updateAccount(carl.account.id, { state: 'suspended' })
  const wrong = [renewed, taken, removed, expired, current, current.replace(/.$/, 'x'), `${current.slice(0, 20)}${'0'.repeat(64)}`, 'ql_', carl.token]
  for (const token of wrong) expect(await told(await open(token)), token).toBe(unknown)
  await server.world.accounts.updateAccount(carl.account.id, { state: 'active' })
  expect((await open(current)).status).toBe(200)
  await server.world.accounts.removeAccount(carl.account.id)
  expect(await told(await open(current))).toBe(unknown)
})

test('only who holds the conversation makes and takes it back; both are on record, the token is not', async () => {
  const id = await asked('mine')
  for (const [method, body] of [['POST', {}], ['DELETE']] as const) {
    const request = (conversation: string) => call(method, `/api/v1/conversations/${conversation}/link`, bob.token, body)
    const foreign = (await told(await request(id))).replaceAll(id, 'ID')
    expect(foreign).toBe((await told(await request('conv_none'))).replaceAll('conv_none', 'ID'))
    expect(foreign).toMatch(/^404/)
  }
  for (const wrong of [{ expires_in_days: 0 }, { expires_in_days: 366 }, { expires_in_days: 1.5 }, { title: 'x' }])
    expect((await link(id, wrong)).status).toBe(400)
  const { token, expires_at } = await json(await link(id, { expires_in_days: 7 }))
  expect(Math.round((Date.parse(expires_at) - Date.now()) / 86_400_000)).toBe(7)
  await open(token)
  await open(token.replace(/.$/, (last: string) => (last === '0' ? '1' : '0')))
  await call('DELETE', `/api/v1/conversations/${id}/link`, ann.token)
  const entries = (await server.world.ledger.audit({ limit: 50, actorId: ann.account.id })).filter(({ target }) => target === id)
  expect(entries.map(({ action }) => action)).toEqual(['conversation.unlink', 'conversation.link'])
  const secret = token.slice(-64)
  expect(JSON.stringify([entries, server.logged])).not.toContain(secret)
  expect(JSON.stringify(server.file.all('SELECT * FROM chat_links'))).not.toContain(secret)
})

test('dead links are limited by address, apart from signing in; the right ones are not counted', async () => {
  const limited = await chatServer({ environment: { LIMIT_SIGN_IN_PER_QUARTER_HOUR: '5' }, gateOf: limitGate })
  try {
    const who = await person(limited.world, 'member')
    const { id } = await limited.world.conversations.createConversation({
      holder: { accountId: who.account.id },
      publicationId: undefined,
      databaseIds: [],
      title: 'Empty',
      deleteAt: undefined,
    })
    const { token } = await json(await call('POST', `/api/v1/conversations/${id}/link`, who.token, {}, limited.address))
    const tried = async (text: string) => (await call('POST', '/api/v1/shared-conversations', undefined, { token: text }, limited.address)).status
    for (let index = 0; index < 12; index += 1) expect(await tried(token)).toBe(200)
    for (let index = 0; index < 60; index += 1) expect(await tried('ql_wrong')).toBe(404)
    expect([await tried('ql_wrong'), await tried(token)]).toEqual([429, 429])
    const signIn = { email: 'ann@example.com', password: 'a wrong password' }
    expect((await call('POST', '/api/v1/sessions', undefined, signIn, limited.address)).status).toBe(401)
  } finally {
    await limited.stop()
  }
})

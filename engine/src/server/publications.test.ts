import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { chatServer, eventsOf, openStream, readEvents } from '../../test/chat-fixture.ts'
import { bearer, type Person, person, publicationOf, visitorOf } from '../../test/people-fixture.ts'
import { contentOf } from '../../test/route-requests.ts'
import { json } from '../../test/server-fixture.ts'
import { parametersOf, type RouteShape } from '../api/route.ts'
import { ROUTES } from '../api/routes.ts'
import { AppError } from '../domain/errors.ts'
import type { Publication } from '../domain/publication.ts'

const PAGE = 'https://shop.example.com'
const XSS = '</title></script><script>alert(1)</script><img src=x onerror=alert(2)>"\'&'

let server: Awaited<ReturnType<typeof chatServer>>
let ann: Person
let bob: Person
let ids: readonly [string, string]
beforeAll(async () => {
  server = await chatServer()
  ann = await person(server.world, 'member')
  bob = await person(server.world, 'member')
  ids = [await database(ann, 'handbook'), await database(ann, 'travel')]
})
afterAll(() => server.stop())

function call(method: string, path: string, token?: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(server.address + path, {
    method,
    headers: { ...(token === undefined ? {} : bearer(token)), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}
async function database(owner: Person, name: string): Promise<string> {
  return (await json(await call('POST', '/api/v1/databases', owner.token, { name }))).id
}
const publish = (change: Partial<Publication> = {}, databaseIds: readonly string[] = [ids[0]], owner = ann) =>
  publicationOf(server.world, owner.account.id, databaseIds, change)
const visit = async (id: string): Promise<string> => (await json(await call('POST', `/api/v1/public/${id}/visits`))).token
const ask = (id: string, token: string, question: string, conversation = 'new', signal?: AbortSignal) =>
  fetch(`${server.address}/api/v1/public/${id}/ask`, {
    method: 'POST',
    headers: { ...bearer(token), 'content-type': 'application/json' },
    body: JSON.stringify({ question, conversation }),
    ...(signal === undefined ? {} : { signal }),
  })
async function talk(id: string, token: string, question = 'leave'): Promise<string> {
  const [start] = await eventsOf(await ask(id, token, question))
  return start?.data.conversation_id
}
const conversations = async (id: string, token: string) => (await json(await call('GET', `/api/v1/public/${id}/conversations`, token))).conversations
/** Replies that may differ in nothing but the id that was asked for. */
async function told(reply: Response, ...asked: string[]): Promise<string> {
  const text = (await reply.text()).replace(/"request_id":"[^"]*"/, '')
  return `${reply.status} ${asked.reduce((all, one) => all.replaceAll(one, 'ID'), text)}`
}

describe('the maker of a published chat', () => {
  test('makes it with safe defaults, sees its snippets, changes and closes it; all of it is on record', async () => {
    const made = await json(await call('POST', '/api/v1/publications', ann.token, { title: 'A "chat" & more', databases: ['handbook', ids[0], 'travel'] }))
    expect(made).toMatchObject({ databases: ids, origins: [], sources: 'quotes', keep_days: 30, state: 'open', greeting: null, plan_id: null })
    expect(made.id).toMatch(/^pub_[0-9a-f]{32}$/)
    expect(made.page).toBe(`${server.address}/embed/${made.id}`)
    expect(made.script).toBe(`<script src="${server.address}/embed/${made.id}.js" async></script>`)
    expect(made.iframe).toContain('title="A &#34;chat&#34; &#38; more"')
    const path = `/api/v1/publications/${made.id}`
    expect(await json(await call('PATCH', path, ann.token, { greeting: 'Hello', databases: ['travel'], origins: [PAGE] }))).toMatchObject({
      greeting: 'Hello',
      databases: [ids[1]],
      origins: [PAGE],
    })
    expect((await json(await call('GET', '/api/v1/publications', ann.token))).publications.map(({ id }: { id: string }) => id)).toContain(made.id)
    expect((await json(await call('DELETE', path, ann.token))).state).toBe('revoked')
    expect((await call('GET', `/api/v1/public/${made.id}`)).status).toBe(404)
    const entries = await server.world.ledger.audit({ limit: 50, actorId: ann.account.id })
    const actions = entries.filter(({ target }) => target === made.id).map(({ action }) => action)
    expect(actions).toEqual(['publication.revoke', 'publication.change', 'publication.create'])
  })

  test('needs "manage" on every database, now and at each change; a database of somebody else is like none', async () => {
    const [open, shared] = [await database(bob, 'secret'), await database(bob, 'shared')]
    await server.world.catalog.share(bob.account.id, shared, ann.account.id, 'write')
    const mine = await publish()
    for (const send of [
      (databases: readonly string[]) => call('POST', '/api/v1/publications', ann.token, { title: 'x', databases }),
      (databases: readonly string[]) => call('PATCH', `/api/v1/publications/${mine.id}`, ann.token, { databases }),
    ]) {
      const foreign = await told(await send([ids[0], open]), open)
      expect(foreign).toBe(await told(await send([ids[0], 'db_unknown']), 'db_unknown'))
      expect(foreign).toContain('404')
      expect((await send([shared])).status).toBe(403)
    }
    expect((await server.world.publications.publication(ann.account.id, mine.id)).databaseIds).toEqual([ids[0]])
  })

  test('is the only one who finds it, and gives it a plan only as an owner', async () => {
    const mine = await publish()
    for (const [method, body] of [['GET'], ['PATCH', { title: 'y' }], ['DELETE']] as const) {
      const foreign = await told(await call(method, `/api/v1/publications/${mine.id}`, bob.token, body), mine.id)
      expect(foreign).toBe(await told(await call(method, '/api/v1/publications/pub_unknown', bob.token, body), 'pub_unknown'))
      expect(foreign).toMatch(/^404/)
    }
    const owner = await person(server.world, 'owner')
    expect((await call('PATCH', `/api/v1/publications/${mine.id}`, ann.token, { plan_id: 'plan_people' })).status).toBe(403)
    expect((await call('POST', '/api/v1/publications', ann.token, { title: 'x', databases: ids, plan_id: 'plan_people' })).status).toBe(403)
    const theirs = await publish({}, [await database(owner, 'theirs')], owner)
    const path = `/api/v1/publications/${theirs.id}`
    expect((await json(await call('PATCH', path, owner.token, { plan_id: 'plan_people' }))).plan_id).toBe('plan_people')
    expect((await call('PATCH', path, owner.token, { plan_id: 'plan_unknown' })).status).toBe(404)
    expect((await call('PATCH', path, owner.token, { expires_at: '2020-01-01T00:00:00Z' })).status).toBe(400)
  })
})

describe('a stranger', () => {
  test('is told title, greeting and what may be opened, and the page holds nothing that somebody wrote', async () => {
    const { id } = await publish({ title: XSS, greeting: XSS, origins: [PAGE] })
    expect(await json(await call('GET', `/api/v1/public/${id}`))).toEqual({ title: XSS, greeting: XSS, sources: 'quotes' })
    const page = await call('GET', `/embed/${id}`)
    const [html, policy] = [await page.text(), page.headers.get('content-security-policy') ?? '']
    expect(html).not.toContain('alert(')
    expect(html).not.toContain(id)
    expect(html).not.toMatch(/innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|href|javascript:| on\w+=| style=/)
    expect(page.headers.get('x-frame-options')).toBeNull()
    expect(page.headers.get('set-cookie')).toBeNull()
    expect(policy).toContain(`frame-ancestors 'self' ${PAGE}`)
    expect(policy).toContain("require-trusted-types-for 'script'")
    expect(policy).not.toMatch(/unsafe|\*/)
    const closed = await publish()
    expect((await call('GET', `/embed/${closed.id}`)).headers.get('content-security-policy')).toMatch(/frame-ancestors 'self'$/)
    expect((await call('GET', '/api/docs')).headers.get('x-frame-options')).toBe('DENY')
  })

  test('is not told of what stands behind the chat when questions to start with cannot be made', async () => {
    const { id } = await publish()
    const token = await visit(id)
    vi.spyOn(server.world.catalog, 'summary').mockRejectedValueOnce(new AppError('store/damaged', { file: 'secret.sqlite', retry_after: 7 }))
    const { error } = await json(await call('GET', `/api/v1/public/${id}/suggestions`, token))
    expect(error).toMatchObject({ code: 'store/damaged', facts: { retry_after: 7 }, message: expect.not.stringContaining('secret') })
  })

  test('loads the script into a page elsewhere; an unknown or closed chat has neither page nor script', async () => {
    const { id } = await publish()
    const script = await call('GET', `/embed/${id}.js`)
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(script.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
    expect(script.headers.get('set-cookie')).toBeNull()
    const text = await script.text()
    expect(() => new Function(text)).not.toThrow()
    expect(text).not.toMatch(/innerHTML|cookie|setAttribute\('style'|localStorage/)
    await server.world.publications.revokePublication(ann.account.id, id)
    for (const path of [`/embed/${id}`, `/embed/${id}.js`, '/embed/pub_unknown', '/embed/pub_unknown.js', `/api/v1/public/${id}`]) {
      const reply = await call('GET', path)
      expect([path, reply.status, (await json(reply)).error.code]).toEqual([path, 404, 'publication/not-found'])
    }
  })

  test('leaves nothing behind by a visit; the first question makes the visitor, each one puts the deletion off', async () => {
    const { id } = await publish({ keepDays: 2 })
    const token = await visit(id)
    const visitor = await server.world.secrets.readVisitor(token)
    expect(await conversations(id, token)).toEqual([])
    expect(await server.world.publications.visitor(visitor?.visitorId ?? '')).toBeUndefined()
    const first = await talk(id, token)
    const row = await server.world.publications.visitor(visitor?.visitorId ?? '')
    expect(row?.deleteAt).toBeGreaterThan(Date.now() + 86_400_000)
    const again = await eventsOf(await ask(id, token, 'and then?', first))
    expect(again[0]?.data.conversation_id).toBe(first)
    expect(server.asked.at(-1)?.history).toMatchObject([
      { role: 'user', text: 'leave' },
      { role: 'assistant', text: 'It says leave [1]' },
    ])
    const whole = await json(await call('GET', `/api/v1/public/${id}/conversations/${first}`, token))
    expect(whole.messages.map(({ text }: { text: string }) => text)).toEqual(['leave', 'It says leave [1]', 'and then?', 'It says and then? [1]'])
    expect(whole.conversation).toMatchObject({ title: 'leave', messages: 4 })
  })

  test('reads quotes alone, without ids, paths, models and passages; documents only when they are open', async () => {
    const quotes = await publish()
    const token = await visit(quotes.id)
    const stream = await (await ask(quotes.id, token, 'leave')).text()
    const [{ id }] = await conversations(quotes.id, token)
    const kept = await (await call('GET', `/api/v1/public/${quotes.id}/conversations/${id}`, token)).text()
    const failed = await (await ask(quotes.id, token, 'fail')).text()
    for (const text of [stream, kept, failed]) {
      for (const secret of ['doc_secret', 'external.txt', 'hr/', 'secret:', 'Beyond the quote', ids[0], ann.account.id]) expect(text).not.toContain(secret)
    }
    expect(stream).toContain('"name":"leave.txt"')
    expect(readEvents(stream).find(({ event }) => event === 'passages-found')?.data).toEqual({ passages: [] })
    expect(readEvents(failed).at(-1)?.data.error.code).toBe('model/refused')
    const text = `/api/v1/public/${quotes.id}/documents/${ids[0]}/doc_secret/text`
    expect((await call('GET', text, token)).status).toBe(404)
    const open = await publish({ sources: 'documents' })
    const events = await eventsOf(await ask(open.id, await visit(open.id), 'leave'))
    expect(events.at(-1)?.data.citations[0]).toMatchObject({ database_id: ids[0], document_id: 'doc_secret' })
  })

  test('finds no conversation of another visitor, and nothing with a token of another chat', async () => {
    const [one, two] = [await publish(), await publish()]
    const [mine, theirs, elsewhere] = [await visit(one.id), await visit(one.id), await visit(two.id)]
    const conversation = await talk(one.id, mine)
    await talk(one.id, theirs)
    expect(await conversations(one.id, theirs)).toHaveLength(1)
    for (const method of ['GET', 'DELETE']) {
      const path = (id: string) => `/api/v1/public/${one.id}/conversations/${id}`
      expect(await told(await call(method, path(conversation), theirs), conversation)).toBe(
        await told(await call(method, path('conv_none'), theirs), 'conv_none'),
      )
      expect((await call(method, path(conversation), elsewhere)).status).toBe(404)
    }
    expect((await ask(one.id, theirs, 'go on', conversation)).status).toBe(404)
    for (const [name, route] of Object.entries(ROUTES) as [string, RouteShape][]) {
      if (route.allow !== 'visitor') continue
      const path = pathOf(route, { publication: one.id, conversation, database: ids[0], document: 'doc_secret' })
      const reply = await call(route.method, path, elsewhere, route.body === undefined ? undefined : route.example)
      expect([name, reply.status, (await json(reply)).error.code]).toEqual([name, 404, 'publication/not-found'])
    }
    expect(await conversations(one.id, mine)).toHaveLength(1)
  })

  test('with the token of a visitor gets nowhere else: every other route refuses it', async () => {
    const { id } = await publish({ sources: 'documents' })
    const token = await visit(id)
    await talk(id, token)
    let refused = 0
    for (const [name, route] of Object.entries(ROUTES) as [string, RouteShape][]) {
      if (route.allow === 'anyone' || route.allow === 'visitor') continue
      const { headers, body } = contentOf(route)
      const reply = await fetch(server.address + pathOf(route, { database: ids[0], id: ids[0], publication: id }), {
        method: route.method,
        headers: { ...headers, ...bearer(token) },
        ...(body === undefined ? {} : { body }),
      })
      expect([name, reply.status]).toEqual([name, 403])
      refused += 1
    }
    expect(refused).toBeGreaterThan(40)
  })

  test('may not make visits without end from one address', async () => {
    const limited = await chatServer()
    try {
      const maker = await person(limited.world, 'member')
      const { id: db } = await json(
        await fetch(`${limited.address}/api/v1/databases`, {
          method: 'POST',
          headers: { ...bearer(maker.token), 'content-type': 'application/json' },
          body: '{"name":"x"}',
        }),
      )
      const { id } = await publicationOf(limited.world, maker.account.id, [db])
      const replies = await Promise.all(Array.from({ length: 70 }, () => fetch(`${limited.address}/api/v1/public/${id}/visits`, { method: 'POST' })))
      expect(replies.filter(({ status }) => status === 201)).toHaveLength(60)
      expect(Number(replies.find(({ status }) => status === 429)?.headers.get('retry-after'))).toBeGreaterThan(0)
    } finally {
      await limited.stop()
    }
  })
})

test('only listed pages may call a chat from a browser, and only that chat', async () => {
  const [listed, other] = [await publish({ origins: [PAGE] }), await publish()]
  const preflight = (path: string, origin: string) => call('OPTIONS', path, undefined, undefined, { origin, 'access-control-request-method': 'POST' })
  const path = `/api/v1/public/${listed.id}/ask`
  const allowed = await preflight(path, PAGE)
  expect([allowed.status, allowed.headers.get('access-control-allow-origin'), allowed.headers.get('access-control-allow-credentials')]).toEqual([
    204,
    PAGE,
    null,
  ])
  for (const [to, origin] of [
    [path, 'https://evil.example.com'],
    [path, 'null'],
    [path, `${PAGE}.evil.com`],
    [`/api/v1/public/${other.id}/ask`, PAGE],
    ['/api/v1/databases', PAGE],
    [`/api/v1/publications/${listed.id}`, PAGE],
  ] as const) {
    expect([to, origin, (await preflight(to, origin)).headers.get('access-control-allow-origin')]).toEqual([to, origin, null])
  }
  const reply = await call('GET', `/api/v1/public/${listed.id}`, undefined, undefined, { origin: PAGE })
  expect(reply.headers.get('access-control-allow-origin')).toBe(PAGE)
  expect(reply.headers.get('vary')).toContain('Origin')
})

function pathOf(route: RouteShape, values: Readonly<Record<string, string>>): string {
  return parametersOf(route.path).reduce((path, name) => path.replace(`{${name}}`, values[name] ?? 'none'), route.path)
}

describe('a chat is open as long as its maker may open it', () => {
  test.each([
    ['revoked', (id: string, maker: Person) => server.world.publications.revokePublication(maker.account.id, id)],
    ['over', (id: string, maker: Person) => server.world.publications.updatePublication(maker.account.id, id, { expiresAt: Date.now() - 1 })],
    ['of a suspended maker', (_: string, maker: Person) => server.world.accounts.updateAccount(maker.account.id, { state: 'suspended' })],
    ['of a maker who is a viewer now', (_: string, maker: Person) => server.world.accounts.updateAccount(maker.account.id, { role: 'viewer' })],
    ['of a database that is deleted', async (_: string, maker: Person, db: string) => server.world.catalog.removeDatabase(maker.account.id, db)],
  ])('%s: an open answer ends at once, and nothing begins', async (_, end) => {
    const maker = await person(server.world, 'member')
    const db = await database(maker, 'mine')
    const { id } = await publish({}, [db], maker)
    const token = await visit(id)
    const kept = await talk(id, token)
    const stream = await openStream(await ask(id, token, 'wait', kept), (text) => text.includes('text-delta'))
    const started = performance.now()
    await end(id, maker, db)
    const events = readEvents(await stream.rest())
    expect(events.at(-1)?.event).toBe('answer-error')
    expect(performance.now() - started).toBeLessThan(5000)
    for (const reply of [await ask(id, token, 'leave'), await call('GET', `/api/v1/public/${id}/conversations`, token)]) {
      expect([401, 404]).toContain(reply.status)
    }
    expect((await call('GET', `/api/v1/public/${id}`)).status).toBe(404)
    expect((await call('POST', `/api/v1/public/${id}/visits`)).status).toBe(404)
  })

  test('a database that the maker no longer manages drops out; answers over it end; with none left the chat is closed', async () => {
    const maker = await person(server.world, 'member')
    const shared = await database(bob, `lent ${maker.account.id}`)
    const own = await database(maker, 'own')
    await server.world.catalog.share(bob.account.id, shared, maker.account.id, 'manage')
    const [both, lent] = [await publish({}, [own, shared], maker), await publish({}, [shared], maker)]
    const [token, other] = [await visit(both.id), await visit(lent.id)]
    const kept = await talk(both.id, token)
    expect(server.asked.at(-1)?.places.map(({ databaseId }) => databaseId)).toEqual([own, shared])
    const stream = await openStream(await ask(both.id, token, 'wait', kept), (text) => text.includes('text-delta'))
    await server.world.catalog.share(bob.account.id, shared, maker.account.id, 'write')
    expect(readEvents(await stream.rest()).at(-1)?.event).toBe('answer-error')
    await talk(both.id, token)
    expect(server.asked.at(-1)?.places.map(({ databaseId }) => databaseId)).toEqual([own])
    expect((await ask(lent.id, other, 'leave')).status).toBe(404)
    expect((await call('GET', `/api/v1/public/${lent.id}`)).status).toBe(404)
  })
})

describe('what is kept of a visitor', () => {
  test('an answer that was broken off or failed is not kept, nor the conversation that began with it', async () => {
    const { id } = await publish()
    const token = await visit(id)
    const leaving = new AbortController()
    await openStream(await ask(id, token, 'wait', 'new', leaving.signal), (text) => text.includes('text-delta'))
    leaving.abort()
    await (await ask(id, token, 'fail')).text()
    await expect.poll(() => conversations(id, token)).toEqual([])
    const first = await talk(id, token)
    await (await ask(id, token, 'fail', first)).text()
    expect((await conversations(id, token)).map(({ messages }: { messages: number }) => messages)).toEqual([2])
  })

  test('goes with one request, on record, and with its date', async () => {
    const { id } = await publish()
    const [gone, due, stays] = [await visit(id), await visit(id), await visit(id)]
    for (const token of [gone, due, stays]) await talk(id, token)
    expect((await call('DELETE', `/api/v1/public/${id}/visitor`, gone)).status).toBe(200)
    expect(await conversations(id, gone)).toEqual([])
    const [entry] = await server.world.ledger.audit({ limit: 1, action: 'visitor.remove' })
    expect(entry?.target).toBe((await server.world.secrets.readVisitor(gone))?.visitorId)
    const { visitorId = '' } = (await server.world.secrets.readVisitor(due)) ?? {}
    server.file.run('UPDATE visitors SET delete_at = 1 WHERE id = ?', visitorId)
    expect(await server.world.publications.sweepVisitors()).toBe(1)
    expect(await server.world.publications.visitor(visitorId)).toBeUndefined()
    expect(await conversations(id, due)).toEqual([])
    expect(await conversations(id, stays)).toHaveLength(1)
  })

  test('comes along with who signs in, once; the token is worth nothing then', async () => {
    const { id } = await publish()
    const token = await visit(id)
    const conversation = await talk(id, token)
    const claims = await Promise.all(Array.from({ length: 8 }, () => call('POST', '/api/v1/me/visitor', bob.token, { token }).then(json)))
    expect(claims.map((claim) => claim.conversations ?? 0).reduce((sum, count) => sum + count, 0)).toBe(1)
    expect((await call('GET', `/api/v1/public/${id}/conversations`, token)).status).toBe(401)
    const taken = await json(await call('GET', `/api/v1/conversations/${conversation}`, bob.token))
    expect(taken.conversation).toMatchObject({ delete_at: null, databases: [] })
    expect(JSON.stringify(taken)).not.toMatch(/doc_secret|external\.|hr\//)
    expect((await call('GET', `/api/v1/conversations/${conversation}`, ann.token)).status).toBe(404)
    expect((await server.world.ledger.audit({ limit: 20, action: 'visitor.claim' })).length).toBeGreaterThan(0)
  })

  test.each([
    ['of nobody', async () => 'qv_nothing'],
    ['that never asked', async () => visit((await publish()).id)],
    ['of a closed chat', async () => closedVisit()],
    ['signed for another purpose', async () => ann.token],
  ])('a token %s claims nothing', async (_, token) => {
    const reply = await call('POST', '/api/v1/me/visitor', bob.token, { token: await token() })
    expect([reply.status, (await json(reply)).error.code]).toEqual([404, 'visitor/not-found'])
  })

  async function closedVisit(): Promise<string> {
    const { id } = await publish()
    const { token } = await visitorOf(server.world, id)
    await talk(id, token)
    await server.world.publications.revokePublication(ann.account.id, id)
    return token
  }
})

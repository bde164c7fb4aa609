import { randomBytes, randomInt } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { castOf, PRINCIPALS } from '../../test/cast.ts'
import { contentFor, pathFor } from '../../test/matrix-requests.ts'
import { bearer, keyFor, type Person, person, publicationOf, visitorOf } from '../../test/people-fixture.ts'
import { ALL } from '../../test/route-requests.ts'
import { json, PASSAGE, serverForTest, type TestServer, TOKEN, TOLD, TRACE } from '../../test/server-fixture.ts'
import { type Belongings, belongingsOf } from '../../test/tenants.ts'
import type { AnswerEvent } from '../domain/answer.ts'
import type { Caller } from '../domain/caller.ts'

// Of many requests at the same time each gets its own reply, and what was remembered for one caller is nobody else's.

/** What was asked, and in whose name, comes back with it: after a while, so that many are under way. */
async function* echo(caller: Caller, text: string): AsyncGenerator<AnswerEvent> {
  yield { type: 'answer-start', mode: { mode: 'lexical' }, writer: 'extractive', traceId: TRACE }
  for (const part of [text, ` of-${caller.id}-`]) {
    await pause(randomInt(4))
    yield { type: 'text-delta', text: part }
  }
  yield { type: 'answer-end', answered: true, text: `${text} of-${caller.id}-`, citations: [], ...TOLD }
}

let server: TestServer
beforeAll(async () => {
  server = await serverForTest({
    flows: {
      async search(world, caller, id, { query }) {
        await pause(randomInt(6))
        const database = await world.catalog.database(caller.ownerId, id)
        return { database, mode: { mode: 'lexical' }, passages: [{ ...PASSAGE, text: `${query} of-${caller.id}-` }], reranker: undefined, tookMs: 1 }
      },
      ask: (_world, caller, _id, { question }) => echo(caller, question),
      askSeveral(_world, [place], { question }) {
        if (place === undefined) throw new Error('a question needs a database')
        return echo(place.caller, question)
      },
    },
  })
})
afterAll(() => server.stop())

describe('an Idempotency-Key', () => {
  const counted = { routes: 0, replayed: 0, apart: 0, secret: 0 }
  const CHANGING = ALL.filter(([, route]) => route.method !== 'GET' && route.reply.kind === 'json' && route.allow !== 'visitor' && route.bytes !== true)

  async function asked(
    path: string,
    method: string,
    content: RequestInit,
    token: string,
  ): Promise<{ readonly ok: boolean; readonly replayed: boolean; readonly text: string }> {
    const headers = { ...content.headers, ...bearer(token), 'idempotency-key': 'the-same-for-all' }
    const reply = await fetch(server.address + path, { method, ...content, headers })
    return { ok: reply.ok, replayed: reply.headers.get('idempotency-replayed') === 'true', text: await reply.text() }
  }

  test.each(CHANGING)('of %s is that of one caller', async (name, route) => {
    const { world } = server
    const [mine, other] = await Promise.all([person(world, 'owner'), person(world, 'owner')])
    const things = await belongingsOf(world, mine)
    await world.catalog.share(things.account.id, things.databaseId, other.account.id, 'manage')
    const { token: key } = await keyFor(world, mine.account.id)
    const path = pathFor(route, things)
    const content = contentFor(route, things)
    // A form is another one each time that it is made: its bytes are kept.
    const kept = content.body instanceof FormData ? await fixed(content.body) : content

    const first = await asked(path, route.method, kept, mine.token)
    const again = await asked(path, route.method, kept, mine.token)
    if (route.secret === true || route.allow === 'anyone') {
      expect(again.replayed, name).toBe(false)
      if (route.secret === true && first.ok && again.ok) expect(again.text, name).not.toBe(first.text)
      counted.secret += 1
    } else if (again.replayed) {
      expect(again.text, name).toBe(first.text)
      counted.replayed += 1
    }
    for (const [whose, token] of [
      ['another owner', other.token],
      ['a key of the same person', key],
      ['the operator', TOKEN],
    ] as const) {
      const told = await asked(path, route.method, kept, token)
      expect(told.replayed, `${name} by ${whose}`).toBe(false)
      counted.apart += 1
    }
    counted.routes += 1
  })

  test('remembers nothing that is shown once', () => {
    for (const row of server.file.all('SELECT * FROM replies')) expect(JSON.stringify(row)).not.toMatch(/q[klst]_[0-9a-f]{16}_[0-9a-f]{64}|qv_[\w-]+\./)
    console.log(`idempotency: ${JSON.stringify(counted)}`)
    expect(counted.replayed).toBeGreaterThan(15)
    expect(counted.secret).toBeGreaterThan(8)
  })

  async function fixed(form: FormData): Promise<RequestInit> {
    const made = new Response(form)
    const type = made.headers.get('content-type') ?? ''
    return { headers: { 'content-type': type }, body: await made.arrayBuffer() }
  }
})

describe('at the same time', () => {
  const CLIENTS = 200
  const EACH = 10

  test('200 clients with 10 requests each, half of which they leave, hear nothing of one another', { timeout: 120_000 }, async () => {
    const { world } = server
    const people = await Promise.all([person(world, 'member'), person(world, 'member')])
    const owned = await Promise.all(people.map((one) => belongingsOf(world, one)))
    const counts = { heard: 0, left: 0, foreign: 0 }

    async function client(index: number): Promise<void> {
      const who = people[index % 2] as Person
      const { databaseId, account } = owned[index % 2] as Belongings
      for (let round = 0; round < EACH; round += 1) {
        const nonce = `nonce-${randomBytes(8).toString('hex')}-`
        const leaves = randomInt(2) === 0
        const [path, body] = [
          [`/api/v1/databases/${databaseId}/query`, { query: nonce }],
          [`/api/v1/databases/${databaseId}/ask`, { question: nonce }],
          ['/api/v1/ask', { question: nonce, databases: [databaseId] }],
          [`/api/v1/databases/${databaseId}/${nonce}`, undefined], // there is no such route
        ][randomInt(4)] as [string, object | undefined]
        const controller = new AbortController()
        const timer = leaves ? setTimeout(() => controller.abort(), randomInt(12)) : undefined
        try {
          const reply = await fetch(server.address + path, {
            method: body === undefined ? 'GET' : 'POST',
            headers: { ...bearer(who.token), 'content-type': 'application/json', 'idempotency-key': `k${Math.floor(index / 2)}-${round}` },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
            signal: controller.signal,
          })
          const text = await reply.text()
          const nonces = text.match(/nonce-[0-9a-f]{16}-/g) ?? []
          const names = text.match(/of-[\w]+-/g) ?? []
          if (nonces.some((one) => one !== nonce) || names.some((one) => one !== `of-${account.id}-`)) counts.foreign += 1
          if (body !== undefined) {
            expect(reply.status).toBe(200)
            expect([nonces.length > 0, names.length > 0]).toEqual([true, true])
          }
          counts.heard += 1
        } catch (fault) {
          if (!controller.signal.aborted) throw fault
          counts.left += 1
        } finally {
          clearTimeout(timer)
        }
      }
    }

    await Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)))
    console.log(`cross-request: ${JSON.stringify(counts)} of ${CLIENTS * EACH}`)
    expect(counts.foreign).toBe(0)
    expect(counts.heard + counts.left).toBe(CLIENTS * EACH)
    expect(counts.left).toBeGreaterThan(200)
    expect(counts.heard).toBeGreaterThan((CLIENTS * EACH) / 3)
  })

  test('everybody gets himself', async () => {
    const cast = await castOf(server.world)
    const alone = new Map<string, string>()
    const asking = PRINCIPALS.filter(({ kind, valid }) => valid && kind !== 'visitor')
    const me = async (name: string) => {
      const who = PRINCIPALS.find((one) => one.name === name)
      if (who === undefined) throw new Error(name)
      return (await fetch(`${server.address}/api/v1/me`, { headers: cast.headers(who) })).text()
    }
    for (const { name } of asking) alone.set(name, await me(name))
    expect(new Set(alone.values()).size).toBe(asking.length)
    await Promise.all(Array.from({ length: 30 }, () => asking.map(async ({ name }) => expect(await me(name)).toBe(alone.get(name)))).flat())
  })

  test('visitors of one chat have their own conversations', async () => {
    const { world } = server
    const maker = await person(world, 'member')
    const { databaseId } = await belongingsOf(world, maker)
    const publication = await publicationOf(world, maker.account.id, [databaseId])
    const visitors = await Promise.all(Array.from({ length: 20 }, () => visitorOf(world, publication.id)))
    const base = `${server.address}/api/v1/public/${publication.id}`
    await Promise.all(
      visitors.map(async ({ id, token }) => {
        for (let round = 0; round < 3; round += 1) {
          const reply = await fetch(`${base}/ask`, {
            method: 'POST',
            headers: { ...bearer(token), 'content-type': 'application/json' },
            body: JSON.stringify({ question: `asked-by-${id}-${round}` }),
          })
          expect((await reply.text()).match(/asked-by-vis_\w+/g)?.every((one) => one.startsWith(`asked-by-${id}`))).toBe(true)
        }
        const { conversations } = await json(await fetch(`${base}/conversations`, { headers: bearer(token) }))
        expect(conversations).toHaveLength(3)
        for (const { title } of conversations) expect(title).toContain(`asked-by-${id}`)
      }),
    )
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memoryCache } from '../src/adapters/memory/cache.ts'
import { redisCache } from '../src/adapters/redis/cache.ts'
import { HAS_REDIS, type RedisServer, redisServer } from '../src/adapters/redis/server.fixture.ts'
import { createClient } from '../src/client/client.ts'
import type { Cache } from '../src/ports/cache.ts'
import { wordy } from './live-fixture.ts'
import { bearer, type Person, person } from './people-fixture.ts'
import { serverForTest, type TestServer } from './server-fixture.ts'
import { signedOn } from './socket-client.ts'

// Two processes of one server over a real Redis, which goes away in the middle.

const { flows } = wordy(20)

describe.skipIf(!HAS_REDIS)('over Redis', () => {
  let redis: RedisServer
  let caches: Cache[]
  let one: TestServer
  let two: TestServer
  let ann: Person
  let database: string

  beforeAll(async () => {
    redis = await redisServer()
    const first = await serverForTest()
    const { health, log } = first.world
    caches = [0, 1].map(() => redisCache({ url: redis.url, health, log, beatMs: 100, local: () => memoryCache() }))
    const live = { graceMs: 5_000, leaseMs: 1_500 }
    one = await serverForTest({ flows, live, world: { ...first.world, cache: caches[0] as Cache } })
    two = await serverForTest({ flows, live, world: { ...first.world, cache: caches[1] as Cache } })
    closers.push(() => first.stop())
    ann = await person(one.world, 'member')
    database = (await createClient({ address: one.address, token: ann.token }).call('createDatabase', { body: { name: 'handbook' } })).id
  })
  const closers: (() => Promise<void>)[] = []
  afterAll(async () => {
    await two.stop()
    await one.stop()
    for (const close of closers) await close()
    for (const cache of caches) await cache.close()
    await redis.stop()
  })

  const begin = (words: number) =>
    fetch(`${one.address}/api/v1/databases/${database}/ask`, {
      method: 'POST',
      headers: { ...bearer(ann.token), 'content-type': 'application/json', 'quarry-resume': 'on' },
      body: JSON.stringify({ question: `${words} words` }),
    })
  const idsIn = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

  test('an answer is read, resumed and stopped at the other process, and a ticket of one opens the other once', async () => {
    const reply = await begin(40)
    const path = `${two.address}/api/v1/streams/${reply.headers.get('x-stream-id')}`
    const [here, there] = await Promise.all([reply.text(), fetch(path, { headers: bearer(ann.token) }).then((far) => far.text())])
    expect([idsIn(here), idsIn(there)]).toEqual([upTo(44), upTo(44)])
    expect(there).toBe(here)
    const line = await signedOn(two.address, ann.token)
    const other = await begin(5000)
    line.say({ type: 'resume', stream: other.headers.get('x-stream-id') })
    await line.until(({ event }) => event === 'text-delta')
    line.say({ type: 'stop', stream: other.headers.get('x-stream-id') })
    expect((await line.until(({ event }) => event === 'answer-error')).data.error.code).toBe('answer/stopped')
    expect((await other.text()).match(/event: answer-error/g)).toHaveLength(1)
    line.ws.close()
  })

  test('Redis is killed and comes back empty: at home nothing is missing, and elsewhere neither, or it is told', async () => {
    const reply = await begin(150)
    const path = `${two.address}/api/v1/streams/${reply.headers.get('x-stream-id')}`
    const here = reply.text()
    const far = fetch(path, { headers: bearer(ann.token) }).then((one) => one.text())
    await new Promise((resolve) => setTimeout(resolve, 700))
    await redis.kill()
    await new Promise((resolve) => setTimeout(resolve, 500))
    await redis.start()
    expect(idsIn(await here)).toEqual(upTo(154))
    const there = await far
    expect(there.match(/event: answer-(?:end|error)/g)).toHaveLength(1)
    if (there.includes('event: answer-end')) expect(idsIn(there)).toEqual(upTo(154))
    else expect(there).toContain('stream/not-found')
  })

  test.each(['frozen', 'killed'])('an answer that ends while Redis is %s is read at the other process once it is back', async (how) => {
    const reply = await begin(150)
    const path = `${two.address}/api/v1/streams/${reply.headers.get('x-stream-id')}`
    const far = (headers: Record<string, string> = {}) => fetch(path, { headers: { ...bearer(ann.token), ...headers } })
    expect((await far()).status).toBe(200)
    if (how === 'killed') await redis.kill()
    else redis.freeze()
    const here = await reply.text()
    expect(idsIn(here)).toEqual(upTo(154))
    if (how === 'killed') await redis.start()
    else redis.thaw()
    await expect.poll(async () => (await far({ 'last-event-id': '154' })).status, { timeout: 15_000, interval: 100 }).toBe(204)
    expect(await (await far()).text()).toBe(here)
    expect(idsIn(await (await far({ 'last-event-id': '100' })).text())).toEqual(upTo(154).slice(100))
  })
})

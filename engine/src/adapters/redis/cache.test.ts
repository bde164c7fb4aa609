import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { isFailing } from '../../domain/health.ts'
import { cacheContract } from '../../ports/cache.contract.ts'
import type { Cache } from '../../ports/cache.ts'
import { memoryCache } from '../memory/cache.ts'
import { memoryHealth } from '../memory/health.ts'
import { redisCache } from './cache.ts'
import { freePort, HAS_REDIS, type RedisServer, redisServer } from './server.fixture.ts'

const LONG = 60_000
const PATIENCE = { timeout: 10_000, interval: 20 }

interface Process {
  readonly cache: Cache
  readonly logged: readonly { readonly event: string; readonly facts: unknown }[]
  isFailing(): boolean
}

/** A cache as one process of several has it. */
function processOver(url: string, options: { readonly prefix?: string; readonly ca?: string } = {}): Process {
  const health = memoryHealth(() => performance.now())
  const logged: { readonly event: string; readonly facts: unknown }[] = []
  const note = (event: string, facts?: unknown) => void logged.push({ event, facts })
  const log = { info: note, warn: note, error: note }
  const cache = redisCache({ url, health, log, beatMs: 50, local: () => memoryCache(), ...options })
  return { cache, logged, isFailing: () => isFailing(health.last('cache') ?? { part: 'cache', goodAt: undefined, fault: undefined }) }
}

/** Nobody waits long for a cache: a call that takes seconds hangs. */
async function soon<T>(work: Promise<T>): Promise<T> {
  const timer = Promise.withResolvers<never>()
  const handle = setTimeout(() => timer.reject(new Error('it hangs')), 2500)
  try {
    return await Promise.race([work, timer.promise])
  } finally {
    clearTimeout(handle)
  }
}

/** Every call there is, at once. */
async function everything(cache: Cache): Promise<void> {
  const end = await soon(cache.subscribe('all', () => undefined))
  await soon(
    Promise.all([
      cache.set('all', 'value', LONG),
      cache.get('all'),
      cache.take('all'),
      cache.remove('all'),
      cache.append('all', ['a', 'b'], LONG),
      cache.read('all', 0, 10),
      cache.publish('all', 'message'),
    ]),
  )
  end()
}

describe.skipIf(!HAS_REDIS)('over a real server', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await redisServer()
  })
  afterAll(() => server.stop())

  cacheContract('redis', async () => {
    const [one, two] = [processOver(server.url), processOver(server.url)]
    return {
      cache: one.cache,
      other: two.cache,
      pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      async close() {
        await Promise.all([one.cache.close(), two.cache.close()])
        expect([one.logged, two.logged]).toEqual([[], []])
      },
    }
  })

  test('servers with another prefix, or another number of a database, do not meet', async () => {
    const all = [processOver(server.url), processOver(server.url, { prefix: 'staging:' }), processOver(`${server.url}/3`)]
    for (const [index, { cache }] of all.entries()) await cache.set('key', String(index), LONG)
    expect(await Promise.all(all.map(({ cache }) => cache.get('key')))).toEqual(['0', '1', '2'])
    const heard: string[] = []
    await all[1]?.cache.subscribe('channel', (message) => heard.push(message))
    await all[0]?.cache.publish('channel', 'not for it')
    await all[1]?.cache.publish('channel', 'for it')
    await expect.poll(() => heard).toEqual(['for it'])
    for (const { cache } of all) await cache.close()
  })

  test('everything that is written ends by itself; a log that was dropped before is whole again with the next entry', async () => {
    const { cache } = processOver(server.url, { prefix: 'ending:' })
    await cache.set('value', 'v', LONG)
    for (let index = 0; index < 5; index += 1) await cache.append('log', ['entry'], LONG)
    const { Redis } = await import('ioredis')
    const redis = new Redis(server.port, '127.0.0.1')
    const names = await redis.keys('ending:*')
    expect(names).toHaveLength(2)
    for (const name of names) expect(await redis.pttl(name)).toBeGreaterThan(0)

    // Room may be made at any time.
    await redis.del(names)
    await cache.append('log', ['last'], LONG)
    expect(await redis.lrange('ending:l:log', 0, 9)).toEqual([...Array(5).fill('entry'), 'last'])
    redis.disconnect()
    await cache.close()
  })
})

describe.skipIf(!HAS_REDIS)('over a server that fails', () => {
  let server: RedisServer
  let one: Process
  let two: Process
  beforeEach(async () => {
    server = await redisServer()
    ;[one, two] = [processOver(server.url), processOver(server.url)]
  })
  afterEach(async () => {
    await Promise.all([one.cache.close(), two.cache.close()])
    await server.stop()
  })

  const reaches = (cache: Cache) => async () => {
    await cache.set('probe', 'there', LONG)
    return (cache === one.cache ? two : one).cache.get('probe')
  }

  test('killed in the middle of everything no call throws or hangs; when it is back, so are values, messages and logs', async () => {
    const heard: string[] = []
    await two.cache.subscribe('channel', (message) => heard.push(message))
    await one.cache.append('log', ['1', '2'], LONG)
    expect(await two.cache.read('log', 0, 9)).toEqual(['1', '2'])

    let isKilled = false
    const busy = Array.from({ length: 8 }, async (_, lane) => {
      for (let index = 0; !isKilled || index < 50; index += 1) {
        await soon(one.cache.set(`k${lane}`, String(index), LONG))
        await soon(one.cache.get(`k${lane}`))
        await soon(one.cache.take(`k${lane}`))
        await soon(two.cache.publish('busy', 'x'))
        await new Promise(setImmediate)
      }
    })
    await server.kill()
    isKilled = true
    await Promise.all(busy)
    await everything(one.cache)

    expect(one.isFailing()).toBe(true)
    await one.cache.set('away', 'kept here', LONG)
    expect(await one.cache.get('away')).toBe('kept here')
    expect(await two.cache.get('away')).toBeUndefined()
    await one.cache.append('log', ['3'], LONG)
    await one.cache.append('begun', ['while it was away'], LONG)
    expect(await one.cache.read('log', 0, 9)).toEqual(['1', '2', '3'])
    const own: string[] = []
    await one.cache.subscribe('channel', (message) => own.push(message))
    await one.cache.publish('channel', 'to its own')
    expect(own).toEqual(['to its own'])

    await server.start()
    await expect.poll(reaches(one.cache), PATIENCE).toBe('there')
    await expect.poll(reaches(two.cache), PATIENCE).toBe('there')
    expect(await one.cache.get('away')).toBeUndefined()
    await expect.poll(() => two.cache.read('log', 0, 9), PATIENCE).toEqual(['1', '2', '3'])
    await expect.poll(() => two.cache.read('begun', 0, 9), PATIENCE).toEqual(['while it was away'])
    await one.cache.append('log', ['4'], LONG)
    expect(await two.cache.read('log', 1, 9)).toEqual(['2', '3', '4'])
    await expect
      .poll(async () => {
        await one.cache.publish('channel', 'again')
        return heard.at(-1)
      }, PATIENCE)
      .toBe('again')
    await expect
      .poll(async () => {
        await two.cache.publish('channel', 'from the other')
        return own.at(-1)
      }, PATIENCE)
      .toBe('from the other')
    await expect.poll(() => one.isFailing(), PATIENCE).toBe(false)
    expect(one.logged.filter(({ event }) => event === 'cache-away').length).toBeGreaterThan(0)
    expect(JSON.stringify(one.logged)).not.toContain('kept here')
  })

  test('killed again and again under a log that grows, the log is whole in every process in the end', async () => {
    const entries: string[] = []
    for (let round = 0; round < 3; round += 1) {
      const appending: Promise<void>[] = []
      for (let index = 0; index < 200; index += 1) {
        const entry = `${round}.${index}`
        entries.push(entry)
        appending.push(soon(one.cache.append('log', [entry], LONG)))
        if (index % 50 === 10) await new Promise((resolve) => setTimeout(resolve, 2))
        if (index === 120) void server.kill()
      }
      await Promise.all(appending)
      expect(await one.cache.read('log', 0, 1000)).toEqual(entries)
      await server.kill()
      await server.start()
    }
    await expect.poll(() => two.cache.read('log', 0, 1000), PATIENCE).toEqual(entries)
  })

  test('a server that stands still is waited for a few times, then not at all; it is found again when it goes on', async () => {
    const heard: string[] = []
    await two.cache.subscribe('channel', (message) => heard.push(message))
    await one.cache.set('ticket', 'mine', LONG)
    server.freeze()
    await everything(one.cache)
    let hasTurned = false
    setImmediate(() => {
      hasTurned = true
    })
    await one.cache.get('key')
    expect(hasTurned).toBe(false)
    for (let index = 0; index < 5; index += 1) await everything(one.cache)
    await everything(two.cache)
    expect(await soon(one.cache.take('ticket'))).toBeUndefined()
    server.thaw()
    await expect.poll(reaches(one.cache), PATIENCE).toBe('there')
    await expect
      .poll(async () => {
        await one.cache.publish('channel', 'again')
        return heard.at(-1)
      }, PATIENCE)
      .toBe('again')

    // It was told of these, and nobody heard that it was.
    await one.cache.append('log', ['before'], LONG)
    server.freeze()
    await Promise.all([one.cache.set('unsure', 'mine', LONG), one.cache.append('log', ['meanwhile'], LONG)])
    server.thaw()
    await expect.poll(() => two.cache.get('unsure'), PATIENCE).toBe('mine')
    expect([await two.cache.take('unsure'), await one.cache.take('unsure')]).toEqual(['mine', undefined])
    await one.cache.append('log', ['after'], LONG)
    expect(await two.cache.read('log', 0, 9)).toEqual(['before', 'meanwhile', 'after'])
  })

  test('what may have been taken is given to nobody else', async () => {
    for (let round = 0; round < 5; round += 1) {
      await expect.poll(reaches(one.cache), PATIENCE).toBe('there')
      await expect.poll(reaches(two.cache), PATIENCE).toBe('there')
      const tickets = Array.from({ length: 200 }, (_, index) => `${round}.${index}`)
      const setting = Promise.all(tickets.map((ticket) => one.cache.set(ticket, 'x', LONG)))
      if (round % 2 === 0) await setting
      const taking = tickets.map(async (ticket) => (await Promise.all([one, two].map(({ cache }) => soon(cache.take(ticket))))).filter(Boolean).length)
      await server.kill()
      expect(Math.max(...(await Promise.all(taking)))).toBeLessThanOrEqual(1)
      await setting
      await server.start()
      const later = tickets.map(async (ticket) => (await one.cache.take(ticket)) ?? (await two.cache.take(ticket)))
      await Promise.all(later)
    }
  })

  test('a server whose memory is full refuses, and is not thought to be away', async () => {
    const full = await redisServer(['--maxmemory', '1', '--maxmemory-policy', 'noeviction'])
    onTestFinished(() => full.stop())
    const { cache, isFailing: fails, logged } = processOver(full.url)
    onTestFinished(() => cache.close())
    for (let index = 0; index < 5; index += 1) await everything(cache)
    // A beat in between finds that it is there.
    const failsAfterSet = async () => {
      await cache.set('key', 'kept here', LONG)
      return fails()
    }
    await expect.poll(failsAfterSet, PATIENCE).toBe(true)
    await cache.append('log', ['one', 'two'], LONG)
    expect(await cache.read('log', 0, 9)).toEqual(['one', 'two'])
    expect(logged.map(({ event, facts }) => [event, facts])).toEqual([['cache-refused', { connection: 'values', reason: 'OOM' }]])
  })

  test('over TLS, with a certificate that holds; with one that does not hold nothing is sent', async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'quarry-redis-tls-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const [key, cert] = [join(folder, 'key'), join(folder, 'cert')]
    const asked = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert, '-days', '2']
    const made = spawnSync('openssl', [...asked, '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'], { stdio: 'ignore' })
    if (made.status !== 0) return context.skip('there is no openssl')
    const port = await freePort()
    const guarded = await redisServer(['--tls-port', String(port), '--tls-cert-file', cert, '--tls-key-file', key, '--tls-auth-clients', 'no'])
    onTestFinished(() => guarded.stop())
    const right = processOver(`rediss://localhost:${port}`, { ca: readFileSync(cert, 'utf8') })
    const plain = processOver(guarded.url)
    await right.cache.set('key', 'value', LONG)
    expect([await plain.cache.get('key'), right.isFailing()]).toEqual(['value', false])
    for (const wrong of [processOver(`rediss://localhost:${port}`), processOver(`rediss://127.0.0.1:${port}`, { ca: readFileSync(cert, 'utf8') })]) {
      await everything(wrong.cache)
      await wrong.cache.set('other', 'here', LONG)
      expect([wrong.isFailing(), await plain.cache.get('other')]).toEqual([true, undefined])
      await wrong.cache.close()
    }
    await Promise.all([right.cache.close(), plain.cache.close()])
  })

  test('a server that has become full gives no former value for one that it refused', async () => {
    const { Redis } = await import('ioredis')
    const redis = new Redis(server.port, '127.0.0.1')
    await one.cache.set('key', 'former', LONG)
    await redis.config('SET', 'maxmemory', '1')
    await redis.config('SET', 'maxmemory-policy', 'noeviction')
    await one.cache.set('key', 'new', LONG)
    expect([await one.cache.get('key'), await two.cache.get('key')]).toEqual(['new', undefined])
    expect([await one.cache.take('key'), await one.cache.get('key')]).toEqual(['new', undefined])
    redis.disconnect()
  })

  test('what was removed or replaced while a server did not answer does not come back with it', async () => {
    for (const key of ['removed', 'replaced', 'taken', 'kept']) await one.cache.set(key, 'former', LONG)
    server.freeze()
    for (let index = 0; index < 5; index += 1) await soon(one.cache.get('kept'))
    await soon(one.cache.remove('removed'))
    await soon(one.cache.remove('taken'))
    await soon(one.cache.set('replaced', 'new', LONG))
    expect([await one.cache.get('removed'), await one.cache.get('replaced')]).toEqual([undefined, 'new'])
    server.thaw()
    await expect.poll(() => one.cache.get('kept'), PATIENCE).toBe('former')
    expect([await one.cache.get('removed'), await one.cache.get('replaced'), await one.cache.take('taken')]).not.toContain('former')
    await expect.poll(() => Promise.all(['removed', 'replaced', 'taken'].map((key) => two.cache.get(key))), PATIENCE).toEqual(Array(3).fill(undefined))
    await one.cache.set('removed', 'again', LONG)
    expect([await one.cache.get('removed'), await two.cache.get('removed')]).toEqual(['again', 'again'])
  })

  test('with a password: the right one is used, a wrong one is a fault that is told without it', async () => {
    const guarded = await redisServer(['--requirepass', 'pa:ss/w%rd'])
    onTestFinished(() => guarded.stop())
    const right = processOver(`redis://:${encodeURIComponent('pa:ss/w%rd')}@127.0.0.1:${guarded.port}`)
    await right.cache.set('key', 'value', LONG)
    expect([await right.cache.get('key'), right.isFailing()]).toEqual(['value', false])
    for (const url of [`redis://:wrong-secret@127.0.0.1:${guarded.port}`, `redis://someone:wrong-secret@127.0.0.1:${guarded.port}`, guarded.url]) {
      const wrong = processOver(url)
      await everything(wrong.cache)
      await wrong.cache.set('key', 'here', LONG)
      expect([await wrong.cache.get('key'), wrong.isFailing()]).toEqual(['here', true])
      expect(JSON.stringify(wrong.logged)).toMatch(/WRONGPASS|NOAUTH/)
      expect(JSON.stringify(wrong.logged)).not.toContain('wrong-secret')
      await wrong.cache.close()
    }
    await right.cache.close()
  })
})

describe('over what is no server of its kind', () => {
  const sockets = new Set<Socket>()
  let stranger: Server | undefined
  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    stranger?.close()
  })

  async function listening(answer: (socket: Socket) => void): Promise<string> {
    stranger = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      answer(socket)
    }).listen(0, '127.0.0.1')
    await once(stranger, 'listening')
    const address = stranger.address()
    return `redis://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  }

  test.each([
    ['one that accepts and never answers', () => undefined],
    ['one that answers with something else', (socket: Socket) => socket.on('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))],
    ['one that hangs up', (socket: Socket) => socket.destroy()],
    ['one that answers with a frame that never ends', (socket: Socket) => socket.write('$1000000000\r\nx')],
    ['one that answers what was not asked', (socket: Socket) => socket.on('data', () => socket.write('+OK\r\n+OK\r\n+OK\r\n+OK\r\n'))],
  ])('%s: calls answer, and the process goes on with what it has', async (_, answer) => {
    const { cache, logged } = processOver(await listening(answer))
    const heard: string[] = []
    await soon(cache.subscribe('channel', (message) => heard.push(message)))
    for (let index = 0; index < 4; index += 1) await everything(cache)
    await soon(cache.append('log', ['one'], LONG))
    await soon(cache.publish('channel', 'message'))
    expect(heard).toEqual(['message'])
    expect(await soon(cache.read('log', 0, 9))).toEqual(['one'])
    expect(logged.length).toBeLessThan(50)
    await cache.close()
  })

  test('with nobody there, or a name that leads nowhere, calls answer', async () => {
    for (const url of ['redis://127.0.0.1:1', 'rediss://127.0.0.1:1', 'redis://nobody.invalid:6379']) {
      const { cache, isFailing: fails } = processOver(url)
      await everything(cache)
      await cache.set('key', 'here', LONG)
      expect([await cache.take('key'), await cache.take('key')]).toEqual(['here', undefined])
      expect(fails()).toBe(true)
      await cache.close()
    }
  })
})
